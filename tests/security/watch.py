"""Whoever is shown a word of COUNTY-S that is not for the own eyes is told by the word."""

import io
import zipfile
from xml.sax.saxutils import unescape

from tests.canaries import CANARY, strangers


class Watch:
    """What the answers to one person show: the marks `seen`, and per address what was none of the person's business."""

    def __init__(self, county, person):
        self.secrets, self.leaks, self.seen, self.strange = county.secrets, {}, set(), set()
        self.may_read = county.may_read(person)

    def look(self, url, response):
        text = words(response)
        marks = {found.group() for found in CANARY.finditer(text)}
        self.strange |= strangers("\n".join(marks - self.seen), self.may_read)
        self.seen |= marks
        if foreign := (marks & self.strange) | {secret for secret in self.secrets if secret in text}:
            self.leaks[url] = sorted(foreign)


def words(response):
    """All text of an answer: page and headers, or each part of a workbook, also within a zip; of a picture what can be read."""
    text = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return text + _within(response.content)


def _within(data):
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data.decode(errors="replace")  # a picture has no words
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "".join(unescape(f"{name}\n{_within(archive.read(name))}") for name in archive.namelist())
