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
    """All text of an answer: page and headers, or each part of a workbook; of a picture or a PDF what can be read."""
    text = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    if not zipfile.is_zipfile(io.BytesIO(response.content)):
        return text + response.content.decode(errors="replace")  # a picture has no words
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return text + "".join(unescape(archive.read(name).decode()) for name in archive.namelist())
