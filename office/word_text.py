"""The words of a .docx that was made safe (files.actions.keep), a line for each paragraph, without tables' borders and looks."""

import io
import zipfile

from defusedxml import ElementTree

from office import Unreadable

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BREAKS = {f"{WORD}br", f"{WORD}cr"}


def lines(data):
    """The lines of the text in their order, without empty ones."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            body = ElementTree.fromstring(archive.read("word/document.xml"))
    except (KeyError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise Unreadable("这个 Word 文档读不出文字，请用 WPS 或 Word 打开后另存为 .docx 再传。") from error
    found = []
    for paragraph in body.iter(f"{WORD}p"):
        found += [line.strip() for line in "".join(_signs(paragraph)).split("\n")]
    return [line for line in found if line]


def _signs(paragraph):
    for node in paragraph.iter():
        if node.tag == f"{WORD}t":
            yield node.text or ""
        elif node.tag == f"{WORD}tab":
            yield " "
        elif node.tag in BREAKS:
            yield "\n"
