"""Marks one .xlsx in a process of its own: a line of JSON and the workbook on stdin, the marked one on stdout.

Started only by office.annotate. Ends with exit code 1 for a workbook that it cannot be sure to mark without harm.
"""

import json
import os
import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from defusedxml import ElementTree

from office.annotate_notes import BOXES, NOTES, OPENING, Boxes, Texts
from office.annotate_sheet import NO_FILL, SheetXml, Styles, place
from office.package import RELATIONS, Package, Unusual, appended, letters, prefix, text_of

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPE = "application/vnd.openxmlformats-officedocument"
LABELS = {"error": "错误", "warning": "提醒"}
SUMMARY = "预检说明"
MAX_LINKS = 60_000  # of a sheet; Excel itself stops at 65,530
MAX_NOTE = 2_000  # characters
STYLES = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{MAIN}"><fonts count="1"><font>'
    '<sz val="11"/><name val="宋体"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
).encode()


class Book:
    """The workbook being marked."""

    def __init__(self, data):
        self.package = Package(data)
        kinds = dict(self.package.relations("").values())
        self.part = kinds.get("officeDocument", "xl/workbook.xml")
        self.xml = self.package.read(self.part)
        relations = self.package.relations(self.part)
        root = ElementTree.fromstring(self.xml)
        if root.tag != f"{{{MAIN}}}workbook":
            raise Unusual("strict")  # ISO's own names; its notes are kept in another way
        self.sheets = {}
        for sheet in root.iter(f"{{{MAIN}}}sheet"):
            kind, part = relations[sheet.get(f"{{{RELATIONS}}}id")]
            if kind == "worksheet":
                self.sheets[sheet.get("name")] = part
        self.next_id = 1 + max(int(sheet.get("sheetId")) for sheet in root.iter(f"{{{MAIN}}}sheet"))
        self.styles_part = next((part for kind, part in relations.values() if kind == "styles"), None)
        if self.styles_part is None:
            self.styles_part = "xl/styles.xml"  # the only name that every program looks under
            self.package.write(self.styles_part, STYLES)
            self.package.relate(self.part, "styles", self.styles_part)
            self.package.declare(self.styles_part, f"{TYPE}.spreadsheetml.styles+xml")
        self.styles = Styles(self.package.read(self.styles_part))
        drawings = [name for name in self.package.names() if name.lower().endswith(".vml")]
        self.block = 1 + max((block for name in drawings for block in Boxes.blocks(self.package.read(name))), default=0)

    def mark(self, name, marks):
        """Fill and note the cells {(row, column): [(level, message)]} of a sheet; returns where each now stands."""
        part = self.sheets[name]
        relations = self.package.relations(part)
        parts = {kind: (key, target) for key, (kind, target) in relations.items()}
        texts_part = parts.get("comments", (None, None))[1]
        old = self.package.read(texts_part) if texts_part else NOTES
        if not marks and OPENING.encode() not in old:
            return {}
        texts, sheet = Texts(old), SheetXml(self.package.read(part))
        stood, empty = texts.clean()
        moved, merged = {}, {}
        for at, (shown, messages) in zip(marks, sheet.shown_at(marks), strict=True):
            moved[at] = shown
            merged.setdefault(shown, []).extend(messages)
        wanted = {at: "error" if "error" in dict(messages) else "warning" for at, messages in merged.items()}
        stale = dict.fromkeys(sheet.ours(stood - wanted.keys(), self.styles), NO_FILL)
        placed = sheet.mark_cells(stale | wanted, self.styles)
        notes = {}
        for at, messages in merged.items():
            written = "\n".join(f"{OPENING}{LABELS[level]}】{message}" for level, message in dict.fromkeys(messages))
            written = written if len(written) <= MAX_NOTE else written[:MAX_NOTE] + "……"
            notes[placed[at]] = f"{notes[placed[at]]}\n{written}" if placed[at] in notes else written
        self._write_notes(part, sheet, texts, texts_part, notes, empty)
        self.package.write(part, sheet.result())
        return {at: placed[shown] for at, shown in moved.items()}

    def _write_notes(self, part, sheet, texts, texts_part, notes, empty):
        package = self.package
        if not texts_part:
            texts_part = package.free_name("xl/comments{}.xml")
            package.relate(part, "comments", texts_part)
            package.declare(texts_part, f"{TYPE}.spreadsheetml.comments+xml")
        had = texts.add(notes)
        package.write(texts_part, texts.xml)
        boxes_part = package.relations(part).get(sheet.notes_id, (None, None))[1]
        if not boxes_part:
            boxes_part = package.free_name("xl/drawings/vmlDrawing{}.vml")
            package.declare(boxes_part, f"{TYPE}.vmlDrawing")
            sheet.point_to_notes(package.relate(part, "vmlDrawing", boxes_part))
        boxes = Boxes(package.read(boxes_part) if boxes_part in package else BOXES)
        boxes.drop(empty)
        boxes.stretch({at: notes[at] for at in had})
        new = texts.all() if boxes.is_anew else {at: text for at, text in notes.items() if at not in had}
        self.block = boxes.add(new, first_block=self.block, width=sheet.width)
        package.write(boxes_part, boxes.content)

    def summarise(self, lead, entries, taken):
        """A last sheet that lists (sheet, address to go to or None, cell, level, message)."""
        name = SUMMARY
        while name in taken:
            name += "（新）"
        head = self.styles.plain('applyAlignment="1"', '<{p}alignment horizontal="center"/>')
        wrapped = self.styles.plain('applyAlignment="1"', '<{p}alignment vertical="top" wrapText="1"/>')
        fills = {level: self.styles.filled(wrapped, level) for level in LABELS}
        xml = summary_sheet(lead, entries, self.sheets, head, wrapped, fills)
        if name in self.sheets:  # an earlier check's
            self.package.write(self.sheets[name], xml)
            return
        part = self.package.free_name("xl/worksheets/sheet{}.xml")
        self.package.write(part, xml)
        self.package.declare(part, f"{TYPE}.spreadsheetml.worksheet+xml")
        key = self.package.relate(self.part, "worksheet", part)
        row = f'sheet xmlns:r="{RELATIONS}" name="{name}" sheetId="{self.next_id}" r:id="{key}"/>'
        self.package.write(self.part, appended(self.xml, "sheets", b"<" + prefix(self.xml, "sheets") + row.encode()))

    def save(self):
        self.package.write(self.styles_part, self.styles.result())
        return self.package.save()


def summary_sheet(lead, entries, sheets, head, wrapped, fills):
    """The XML of the sheet that lists every fault."""

    def cell(column, row, text, style):
        return (
            b'<c r="%s%d" s="%d" t="inlineStr"><is><t xml:space="preserve">' % (column, row, style)
            + text_of(text)
            + b"</t></is></c>"
        )

    rows = [b'<row r="%d">%s</row>' % (row, cell(b"A", row, text, 0)) for row, text in enumerate(lead, start=1)]
    top = len(lead) + 1
    titles = b"".join(
        cell(column, top, text, head)
        for column, text in zip((b"A", b"B", b"C", b"D"), ("工作表", "单元格", "级别", "问题和改法"), strict=True)
    )
    rows.append(b'<row r="%d">%s</row>' % (top, titles))
    links = []
    for row, (sheet, target, address, level, message) in enumerate(entries, start=top + 1):
        rows.append(
            b'<row r="%d">%s%s%s%s</row>'
            % (
                row,
                cell(b"A", row, sheet, wrapped),
                cell(b"B", row, address, wrapped),
                cell(b"C", row, LABELS[level], fills[level]),
                cell(b"D", row, message, wrapped),
            )
        )
        if target and sheet in sheets and len(links) < MAX_LINKS:
            location = "'{}'!{}".format(sheet.replace("'", "''"), target)
            location = text_of(location).replace(b'"', b"&quot;")
            links.append(b'<hyperlink ref="B%d" location="%s"/>' % (row, location))
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr '
        f'fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"><pane ySplit="{top}" topLeftCell="A{top + 1}" '
        'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        '<cols><col min="1" max="1" width="20" customWidth="1"/><col min="2" max="3" width="10" customWidth="1"/>'
        '<col min="4" max="4" width="80" customWidth="1"/></cols><sheetData>'
    ).encode() + b"".join(
        [
            *rows,
            b"</sheetData>",
            b"<hyperlinks>%s</hyperlinks>" % b"".join(links) if links else b"",
            b'<pageSetup paperSize="9" fitToHeight="0"/></worksheet>',
        ]
    )


def annotated(task, data):
    """The workbook with its marks."""
    book, asked, entries = Book(data), {}, []
    for sheet, address, level, message in task["notes"]:
        at = None
        if sheet in book.sheets and re.fullmatch(r"[A-Z]{1,3}[1-9]\d{0,6}", address):
            at = place(address)
        elif sheet in book.sheets and (row := re.fullmatch(r"第([1-9]\d{0,6})行", address)):
            at = int(row[1]), 0
        if at:
            asked.setdefault(sheet, {}).setdefault(at, []).append((level, message))
        entries.append((sheet, at, address, level, message))
    where = {name: book.mark(name, asked.get(name, {})) for name in book.sheets if name != SUMMARY or name in asked}
    listed = []
    for sheet, at, address, level, message in entries:
        shown = where[sheet][at] if at else None
        listed.append((sheet, f"{letters(shown[1])}{shown[0]}" if shown else None, address, level, message))
    book.summarise(task["lead"], listed, asked)
    return book.save()


def main():
    """Mark one workbook; office.guard ends this process by a signal at the limits."""
    head, _, data = sys.stdin.buffer.read().partition(b"\n")
    try:
        sys.stdout.buffer.write(annotated(json.loads(head), data))
    except MemoryError:
        os.abort()  # any other exception means that the workbook cannot be marked as it is


if __name__ == "__main__":
    main()
