"""Cells of a workbook that its parser passes over as blank: error values, and formulas that were never calculated.

Runs in the reader's child process. The answer is a dict for each sheet, in the workbook's order: {row: {column: word}},
both from 0; the word is what the cell shows, or UNCALCULATED.
"""

import re
import struct
from collections import defaultdict

from office.package import Package, attribute, number_of, prefix

UNCALCULATED = "公式未计算"
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
LONGEST = 20  # characters of an error value


def of_xlsx(data):
    """The faults of an .xlsx."""
    package = Package(data)
    main = dict(package.relations("").values()).get("officeDocument", "xl/workbook.xml")
    parts = package.relations(main)
    tags = re.findall(rb"<(?:\w+:)?sheet\s[^>]*>", package.read(main))
    sheets = [parts.get(_relation(tag), ("", "")) for tag in tags]
    return [_of_sheet(package.read(part)) if kind == "worksheet" else {} for kind, part in sheets]


def _relation(tag):
    found = re.search(rb"""\s\w+:id\s*=\s*["']([^"']*)["']""", tag)
    return found[1].decode() if found else ""


def _of_sheet(xml):
    if not re.search(rb"<(?:\w+:)?sheetData[\s>]", xml):
        return {}
    mark, faults = {b"p": prefix(xml, "sheetData")}, defaultdict(dict)
    errors = re.compile(
        rb"""<%(p)sc(?=\s)[^>]*?\st\s*=\s*["']e["'][^>]*(?<!/)>(?:(?!</%(p)sc[\s>]).)*?<%(p)sv(?:\s[^>]*)?>([^<]*)<"""
        % mark,
        re.DOTALL,
    )
    for found in errors.finditer(xml):
        row, column = _place(xml, found, mark)
        faults[row][column] = found[1].decode("utf-8", "replace").strip()[:LONGEST] or "#VALUE!"
    # A formula followed by no value, or by an empty one; what it gives as an empty text is marked by t="str".
    bare = re.compile(
        rb"<%(p)sc(?=[\s>])[^>]*>\s*<%(p)sf(?:\s[^>]*)?(?:/>|>[^<]*</%(p)sf\s*>)\s*(?!<%(p)sv(?:\s[^>]*)?>[^<])(<%(p)sv)?"
        % mark
    )
    for found in bare.finditer(xml):
        if not (found[1] and attribute(_tag(found), "t") == "str"):
            row, column = _place(xml, found, mark)
            faults[row].setdefault(column, UNCALCULATED)
    return faults


def _tag(found):
    return found[0][: found[0].index(b">") + 1]


def _place(xml, found, mark):
    """(row, column) of a cell from 0; where it bears no address, by its place among the others."""
    if address := attribute(_tag(found), "r"):
        name, digits = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", address).groups()
        return int(digits) - 1, number_of(name) - 1
    begin = xml.rindex(b"<%(p)srow" % mark, 0, found.start())
    tag = xml[begin : xml.index(b">", begin) + 1]
    earlier = len(re.findall(rb"<%(p)srow[\s/>]" % mark, xml[:begin]))
    row = int(attribute(tag, "r") or earlier + 1) - 1
    return row, len(re.findall(rb"<%(p)sc[\s/>]" % mark, xml[begin : found.start()]))


# --- .xls: a file system in a file, in it a stream of records

FREE = 0xFFFFFFFA  # sector numbers from here on are no sectors
BOUND_SHEET, BOOL_OR_ERROR, FORMULA, END, BEGIN = 0x85, 0x205, 0x06, 0x0A, 0x809


def of_xls(data):
    """The faults of an .xls."""
    stream = _workbook_stream(data)
    starts = [struct.unpack_from("<I", content)[0] for number, content in _records(stream, 0) if number == BOUND_SHEET]
    return [_of_records(stream, start) for start in starts]


def _of_records(stream, start):
    faults = defaultdict(dict)
    for number, content in _records(stream, start):
        if number == BOOL_OR_ERROR and len(content) >= 8 and content[7]:
            row, column = struct.unpack_from("<HH", content)
            faults[row][column] = ERRORS.get(content[6], "#VALUE!")
        elif number == FORMULA and content[12:14] == b"\xff\xff" and content[6] == 2:
            row, column = struct.unpack_from("<HH", content)
            faults[row][column] = ERRORS.get(content[8], "#VALUE!")
    return faults


def _records(stream, at):
    """(number, content) up to the end of the substream, those of charts inside it left out."""
    depth = 0
    while at + 4 <= len(stream):
        number, length = struct.unpack_from("<HH", stream, at)
        content = stream[at + 4 : at + 4 + length]
        at += 4 + length
        depth += (number == BEGIN) - (number == END)
        if number == END and depth == 0:
            return
        if depth == 1:
            yield number, content


def _workbook_stream(data):
    sector = 1 << struct.unpack_from("<H", data, 30)[0]
    small = 1 << struct.unpack_from("<H", data, 32)[0]
    folder, cutoff, small_table = (struct.unpack_from("<I", data, at)[0] for at in (48, 56, 60))

    def content(number):
        return data[(number + 1) * sector : (number + 2) * sector]

    def numbers(raw):
        return struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])

    tables, more = list(struct.unpack_from("<109I", data, 76)), struct.unpack_from("<I", data, 68)[0]
    for _ in range(len(data) // sector):
        if more >= FREE:
            break
        *further, more = numbers(content(more))
        tables += further
    following = [number for table in tables if table < FREE for number in numbers(content(table))]

    def chain(number, chained, most):
        for _ in range(min(most, len(chained))):  # no stream is longer than the file: a ring ends here
            if number >= FREE:
                return
            yield number
            number = chained[number]

    def whole(number):
        return b"".join(content(each) for each in chain(number, following, len(data) // sector))

    entries = whole(folder)
    found = {}
    for at in range(0, len(entries) - 127, 128):
        length = struct.unpack_from("<H", entries, at + 64)[0]
        name = entries[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
        found.setdefault(name, struct.unpack_from("<II", entries, at + 116))
    start, size = found.get("Workbook") or found["Book"]
    if size >= cutoff:
        return whole(start)[:size]
    pool, chained = whole(found["Root Entry"][0]), numbers(whole(small_table))
    return b"".join(pool[each * small : (each + 1) * small] for each in chain(start, chained, len(pool) // small))[
        :size
    ]
