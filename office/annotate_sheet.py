"""Marks in the XML of one sheet and of the workbook's styles. Runs in the child process of office.annotate."""

import re
from collections import defaultdict
from xml.parsers import expat

from office.package import RELATIONS, Unusual, attribute, letters, number_of, opened, prefix, with_attribute

FILLS = {"error": "FFFF8F8F", "warning": "FFFFEB84"}
AFTER_NOTES = {  # what the schema puts behind legacyDrawing
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
    "AlternateContent",
}  # fmt: skip
ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})")
DEFAULT_WIDTH = 9.0
NO_FILL = "none"


def place(address):
    """(row, column) of an address, both from 1."""
    found = ADDRESS.fullmatch(address)
    if not found:
        raise Unusual(address)
    return int(found[2]), number_of(found[1])


class Styles:
    """The cell formats of a workbook, to which filled twins are added."""

    def __init__(self, xml):
        self.xml = xml
        self.mark = prefix(xml, "cellXfs")
        self._formats = self._items("cellXfs", "xf")
        if not self._formats:
            raise Unusual("cellXfs")
        self._old = len(self._formats)
        fills = self._items("fills", "fill")
        self.fill_ids = {level: len(fills) + index for index, level in enumerate(FILLS)} | {NO_FILL: 0}
        self._ours = {
            index for index, fill in enumerate(fills) if any(color.encode() in fill.upper() for color in FILLS.values())
        }
        self._known = {}

    def _items(self, group, item):
        block = re.search(
            rb"<%(p)s%(group)s(?=[\s>])[^>]*>(.*?)</%(p)s%(group)s\s*>" % {b"p": self.mark, b"group": group.encode()},
            self.xml,
            re.DOTALL,
        )
        one = rb"<%(p)s%(item)s(?=[\s/>])(?:[^>]*/>|[^>]*>.*?</%(p)s%(item)s\s*>)" % {
            b"p": self.mark,
            b"item": item.encode(),
        }
        if not block:
            raise Unusual(group)
        return re.findall(one, block[1], re.DOTALL)

    def filled(self, style, level):
        """The number of the format that is `style` with the fill of the level."""
        if style >= len(self._formats):
            raise Unusual("style")
        if (style, level) not in self._known:
            base = self._formats[style]
            end = base.index(b">") + 1
            tag = with_attribute(with_attribute(base[:end], "fillId", self.fill_ids[level]), "applyFill", 1)
            self._known[style, level] = self._add(tag + base[end:])
        return self._known[style, level]

    def is_ours(self, style):
        """Whether the format bears a fill that an earlier check gave it."""
        return style < self._old and int(attribute(self._formats[style], "fillId") or 0) in self._ours

    def plain(self, attributes="", content=""):
        """The number of a new format of our own."""
        p = self.mark.decode()
        xf = f'<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" {attributes}>'
        return self._add(f"{xf}{content.format(p=p)}</{p}xf>".encode())

    def _add(self, xf):
        self._formats.append(xf)
        return len(self._formats) - 1

    def result(self):
        """The XML with all that was added."""
        p = self.mark.decode()
        fills = "".join(
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{color}"/><{p}bgColor indexed="64"/>'
            f"</{p}patternFill></{p}fill>"
            for color in FILLS.values()
        )
        xml = self._grown(self.xml, "fills", fills.encode(), len(FILLS))
        return self._grown(xml, "cellXfs", b"".join(self._formats[self._old :]), len(self._formats) - self._old)

    def _grown(self, xml, group, addition, more):
        start = re.search(rb"<%s%s(?=[\s>])[^>]*>" % (self.mark, group.encode()), xml)
        end = xml.index(b"</%s%s" % (self.mark, group.encode()), start.end())
        count = attribute(start[0], "count")
        tag = with_attribute(start[0], "count", int(count) + more) if count else start[0]
        return xml[: start.start()] + tag + xml[start.end() : end] + addition + xml[end:]


class SheetXml:
    """One sheet: its rows, and what stands before and behind them."""

    def __init__(self, xml):
        xml = opened(xml, "sheetData") if b"sheetData/>" in xml or b"sheetData />" in xml else xml
        self.mark = prefix(xml, "sheetData")
        start = re.search(rb"<%ssheetData(?=[\s>])[^>]*>" % self.mark, xml)
        end = xml.index(b"</%ssheetData" % self.mark, start.end())
        if b"<!" in xml:
            raise Unusual("markup")
        self.head, self.body, self.tail = xml[: start.end()], xml[start.end() : end], xml[end:]
        self.merges, self.notes_id, self._notes_at = [], None, None
        self._read_tail()
        self.columns = [
            (int(attribute(tag, "min")), int(attribute(tag, "max")), tag)
            for tag in re.findall(rb"<%scol(?=\s)[^>]*>" % self.mark, self.head)
        ]

    def _read_tail(self):
        """What follows the rows, by its own tags: a name inside an extension must not be taken for one of the sheet."""
        root = re.search(rb"<%sworksheet(?=[\s>])[^>]*>" % self.mark, self.head)
        behind = self.tail.index(b">") + 1
        skeleton, parser, depth = root[0] + self.tail[behind:], expat.ParserCreate(), 0

        def begin(name, attributes):
            nonlocal depth
            name = name.rpartition(":")[2]
            if depth == 1 and name in AFTER_NOTES and self._notes_at is None:
                self._notes_at = parser.CurrentByteIndex - len(root[0]) + behind
            if depth == 1 and name == "legacyDrawing":
                self.notes_id = next((value for key, value in attributes.items() if key.endswith(":id")), None)
            if depth == 2 and name == "mergeCell":
                first, _, last = attributes.get("ref", "").partition(":")
                self.merges.append((place(first), place(last or first)))
            depth += 1

        def finish(name):
            nonlocal depth
            depth -= 1
            if depth == 0 and self._notes_at is None:
                self._notes_at = parser.CurrentByteIndex - len(root[0]) + behind

        parser.StartElementHandler, parser.EndElementHandler = begin, finish
        try:
            parser.Parse(skeleton, True)
        except expat.ExpatError as error:
            raise Unusual("tail") from error

    def point_to_notes(self, key):
        """Name the drawing that holds the boxes of the notes."""
        tag = b'<%slegacyDrawing xmlns:r="%s" r:id="%s"/>' % (self.mark, RELATIONS.encode(), key.encode())
        self.tail = self.tail[: self._notes_at] + tag + self.tail[self._notes_at :]

    def width(self, column):
        """The width of a column in pixels."""
        for first, last, tag in self.columns:
            if first <= column <= last:
                return 0 if attribute(tag, "hidden") in ("1", "true") else int(float(attribute(tag, "width") or 9) * 7)
        return int(DEFAULT_WIDTH * 7)

    def shown_at(self, marks):
        """The marks {(row, column): …} moved to the first cell of the merged range that they stand in, as a list."""
        rows = defaultdict(set)
        for row, column in marks:
            rows[row].add(column)
        moved, ordered = {}, sorted(rows)
        for (top, left), (bottom, right) in self.merges:
            inside = ordered if bottom - top > len(ordered) else [row for row in range(top, bottom + 1) if row in rows]
            for row in inside:
                if top <= row <= bottom:
                    moved |= {(row, column): (top, left) for column in rows[row] if column and left <= column <= right}
        return [(moved.get(at, at), mark) for at, mark in marks.items()]

    def mark_cells(self, wanted, styles):
        """Give each cell of {(row, column): level} its fill; column 0 is the row's first filled cell. Returns where."""
        rows = defaultdict(dict)
        for (row, column), level in wanted.items():
            rows[row][column] = level
        waiting, pieces, at, last, placed = sorted(rows, reverse=True), [], 0, 0, {}
        for found in re.finditer(rb"<%srow(?=[\s/>])[^>]*>" % self.mark, self.body):
            number = int(attribute(found[0], "r") or last + 1)
            if number <= last:
                raise Unusual("rows out of order")
            last = number
            while waiting and waiting[-1] < number:
                pieces.append(self.body[at : found.start()])
                at = found.start()
                new = waiting.pop()
                pieces.append(self._row(b'<%srow r="%d">' % (self.mark, new), b"", new, rows[new], styles, placed))
            if waiting and waiting[-1] == number:
                waiting.pop()
                end, tag, inner = found.end(), found[0], b""
                if tag.endswith(b"/>"):
                    tag = tag[:-2] + b">"
                else:
                    close = self.body.index(b"</%srow" % self.mark, end)
                    inner, end = self.body[end:close], self.body.index(b">", close) + 1
                pieces += [self.body[at : found.start()], self._row(tag, inner, number, rows[number], styles, placed)]
                at = end
        pieces.append(self.body[at:])
        for new in reversed(waiting):
            pieces.append(self._row(b'<%srow r="%d">' % (self.mark, new), b"", new, rows[new], styles, placed))
        self.body = b"".join(pieces)
        return placed

    def _row(self, tag, inner, number, wanted, styles, placed):
        """One row anew, its marked cells restyled or put in."""
        cells, last = [], 0
        for found in re.finditer(
            rb"<%(p)sc(?=[\s/>])(?:[^>]*/>|[^>]*>.*?</%(p)sc\s*>)" % {b"p": self.mark}, inner, re.DOTALL
        ):
            address = attribute(found[0][: found[0].index(b">")] + b" ", "r")
            column = place(address)[1] if address else last + 1
            if column <= last:
                raise Unusual("cells out of order")
            last = column
            cells.append((column, found))
        if 0 in wanted:  # the fault is of the row: its first filled cell stands for it
            first = next((column for column, cell in cells if not cell[0].endswith(b"/>")), 1)
            level = wanted.pop(0)
            wanted[first] = "error" if "error" in (level, wanted.get(first)) else level
            placed[number, 0] = number, first
        pieces, at, waiting, is_wider = [tag], 0, sorted(wanted, reverse=True), False
        for column, found in [*cells, (1 << 20, None)]:
            start = found.start() if found else len(inner)
            while waiting and waiting[-1] < column:
                pieces += [inner[at:start], self._blank(tag, number, waiting[-1], wanted[waiting[-1]], styles)]
                at, is_wider = start, True
                placed[number, waiting[-1]] = number, waiting[-1]
                waiting.pop()
            if waiting and waiting[-1] == column:
                end = found[0].index(b">") + 1
                new = styles.filled(int(attribute(found[0][:end], "s") or 0), wanted[column])
                pieces += [inner[at:start], with_attribute(found[0][:end], "s", new)]
                at = start + end
                placed[number, column] = number, column
                waiting.pop()
        if is_wider:
            pieces[0] = re.sub(rb"""\sspans\s*=\s*(?:"[^"]*"|'[^']*')""", b"", tag)  # only a hint, and no longer true
        return b"".join([*pieces, inner[at:], b"</%srow>" % self.mark])

    def _blank(self, row, number, column, level, styles):
        """A cell that was not written, in the format that its row or column gives it."""
        style = attribute(row, "s") if attribute(row, "customFormat") in ("1", "true") else None
        if style is None:
            style = next((attribute(tag, "style") for low, high, tag in self.columns if low <= column <= high), None)
        address = f"{letters(column)}{number}".encode()
        return b'<%sc r="%s" s="%d"/>' % (self.mark, address, styles.filled(int(style or 0), level))

    def ours(self, places, styles):
        """Which of the places bear a fill that an earlier check gave them."""
        rows, found_at = defaultdict(set), set()
        for row, column in places:
            rows[row].add(column)
        for found in re.finditer(rb"<%sc\s[^>]*>" % self.mark, self.body) if rows else ():
            address = attribute(found[0], "r")
            if not address:
                raise Unusual("cells without address")
            row, column = place(address)
            if column in rows.get(row, ()) and styles.is_ours(int(attribute(found[0], "s") or 0)):
                found_at.add((row, column))
        return found_at

    def result(self):
        return self.head + self.body + self.tail
