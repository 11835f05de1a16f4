"""A Word document with {{字段名}} in it, filled: the paper itself may come from a county, so it holds no language.

A placeholder is a name and nothing else; {{组.列}} in a table row repeats that row for each line of the group. Word tears
what was typed into pieces (runs); they are joined here. Nothing is evaluated, so nothing has to be fenced in.
"""

import copy
import io
import re
import zipfile
from typing import NamedTuple

from lxml import etree

from office import Unreadable
from office.paper import LINE_END, UNPRINTABLE

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
FILLED = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
OPEN, CLOSE = "[{｛]{2}", "[}｝]{2}"
NAME = re.compile(f"{OPEN}\\s*([^{{}}｛｝]{{1,60}}?)\\s*{CLOSE}")
LOOSE = re.compile(f"{OPEN}|{CLOSE}")
BLANK = "＿＿＿＿"
STAMP = (1980, 1, 1, 0, 0, 0)
LARGEST, LARGEST_PART = 2 * 1024 * 1024, 8 * 1024 * 1024
MOST = 400  # placeholders of one form
MOST_LINES = 200  # of a repeated row
LONGEST = 4000  # signs of one value
DAMAGED = "这个 Word 文档不完整或已损坏，请用 WPS 或 Word 打开后另存为 .docx 再传。"
TOO_LARGE = "这个 Word 文档过大，模板不超过 2 MB，请删去图片等多余内容。"


class Used(NamedTuple):
    """What a form asks for: single fields, and the columns of groups, in the order in which they stand."""

    fields: tuple
    columns: tuple


def used(data):
    """The placeholders of a form; raises Unreadable for what could not be filled."""
    fields, columns = {}, {}
    for root in _trees(data).values():
        for row in root.iter(f"{W}tr"):
            _group(row)
        for paragraph in root.iter(f"{W}p"):
            text = _text(paragraph)
            if LOOSE.search(NAME.sub("", text)):
                raise Unreadable(f"“{text.strip()[:40]}”里的花括号没有成对，请写成 {{{{姓名}}}} 的样子。")
            for name in NAME.findall(text):
                group, dot, _ = name.partition(".")
                if dot and _row_of(paragraph) is None:
                    raise Unreadable(f"{{{{{name}}}}} 要放在表格的一行里：“{group}”有几条，这一行就重复几次。")
                (columns if dot else fields)[name] = None
    if len(fields) + len(columns) > MOST:
        raise Unreadable(f"模板里的字段超过 {MOST} 个，请删去一些。")
    return Used(tuple(fields), tuple(columns))


def fill(data, values, groups, *, blank=BLANK):
    """The form with `values` {name: text} and `groups` {name: [{column: text}]} in their places; what is not known or
    empty is left visibly `blank`. The same form and values give the same bytes."""
    parts = _parts(data)
    for name, root in _trees(data, parts).items():
        for row in [row for row in root.iter(f"{W}tr") if _group(row)]:
            _repeat(row, groups.get(_group(row), ()), blank)
        for paragraph in root.iter(f"{W}p"):
            _fill(paragraph, values, blank)
        parts[name] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            target.writestr(entry, content)
    return stream.getvalue()


def text(data):
    """What a reader sees, a line for each paragraph."""
    return "\n".join(_text(paragraph) for root in _trees(data).values() for paragraph in root.iter(f"{W}p"))


def _parts(data):
    if len(data) > LARGEST:
        raise Unreadable(TOO_LARGE)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_PART:
                raise Unreadable(TOO_LARGE)
            return {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(DAMAGED) from error


def _trees(data, parts=None):
    """part → its tree; entities are refused by name, not resolved."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        found = {
            name: etree.fromstring(content, parser)
            for name, content in (_parts(data) if parts is None else parts).items()
            if FILLED.fullmatch(name)
        }
    except etree.XMLSyntaxError as error:
        raise Unreadable(DAMAGED) from error
    if "word/document.xml" not in found or any(root.getroottree().docinfo.doctype for root in found.values()):
        raise Unreadable(DAMAGED)
    return found


def _pieces(paragraph):
    """The text elements of a paragraph itself, without those of a text box that hangs on it."""
    return [piece for piece in paragraph.iter(f"{W}t") if next(piece.iterancestors(f"{W}p")) is paragraph]


def _text(paragraph):
    return "".join(piece.text or "" for piece in _pieces(paragraph))


def _row_of(element):
    return next(element.iterancestors(f"{W}tr"), None)


def _group(row):
    """The group by which a row is repeated; only what stands in this row itself counts."""
    texts = [_text(paragraph) for paragraph in row.iter(f"{W}p") if _row_of(paragraph) is row]
    found = {name.partition(".")[0] for each in texts for name in NAME.findall(each) if "." in name}
    if len(found) > 1:
        raise Unreadable(f"表格的一行里只能用一组字段，这里有“{'”“'.join(sorted(found))}”。")
    return next(iter(found), "")


def _repeat(row, lines, blank):
    """One row for each line; without lines one blank row, so that it can be filled in by hand."""
    group, place = _group(row), row
    for line in list(lines)[:MOST_LINES] or [{}]:
        made = copy.deepcopy(row)
        for paragraph in made.iter(f"{W}p"):
            _fill(paragraph, {f"{group}.{name}": value for name, value in line.items()}, blank, only=f"{group}.")
        place.addnext(made)
        place = made
    row.getparent().remove(row)


def _fill(paragraph, values, blank, only=""):
    """Put the values in, from the last to the first: each into the piece in which its placeholder begins."""
    pieces = _pieces(paragraph)
    for found in reversed(list(NAME.finditer("".join(piece.text or "" for piece in pieces)))):
        name = found[1]
        if only and not name.startswith(only):
            continue
        value, start = values.get(name) or blank, 0
        for piece in pieces:
            content = piece.text or ""
            first, last = found.start() - start, found.end() - start
            start += len(content)
            if last <= 0 or first >= len(content):
                continue
            put = value if first >= 0 else ""
            _write(piece, content[: max(first, 0)], put, content[max(last, 0) :] if last < len(content) else "")


def _write(piece, before, value, after):
    """The text of a piece; the lines of a value become lines."""
    # What somebody typed is never taken for a placeholder.
    value = LOOSE.sub(lambda found: " ".join(found[0]), value[:LONGEST])
    lines = [UNPRINTABLE.sub("", line.replace("\t", " ")) for line in LINE_END.split(value)]
    piece.text = before + lines[0]
    piece.set(SPACE, "preserve")
    for line in lines[1:]:
        gap = etree.Element(f"{W}br")
        more = etree.Element(f"{W}t")
        more.text = line
        more.set(SPACE, "preserve")
        piece.addnext(gap)
        gap.addnext(more)
        piece = more
    piece.text += after
