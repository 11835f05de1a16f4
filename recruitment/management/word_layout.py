"""How our own Word forms are laid out: a title, lines of text, a table of labels and boxes, places to sign, the small print."""

import datetime
import io
import zipfile
from typing import NamedTuple

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from office import word_parts as parts
from office.word_parts import BODY, GOTHIC, ROMAN, SONG, TITLE

LEFT, CENTER, RIGHT, JUSTIFY = (
    WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY,
)  # fmt: skip
WIDTH = 162  # mm between the margins
UNITS = 24  # into which a table is divided
LABEL = 3  # of them: four signs
SIGNING = 20  # mm: where somebody signs
TWIP = 72 * 20 / 25.4
GRID = [(side, 6) for side in ("top", "left", "bottom", "right", "insideH", "insideV")]
STAMP = (1980, 1, 1, 0, 0, 0)
DAY = "　　年　　月　　日"


class Form:
    """One form as it is built; `bytes()` gives the .docx."""

    def __init__(self, title, *, top=28):
        self.document = Document()
        parts.prepare(self.document)
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(top), Mm(22)
        section.left_margin, section.right_margin = Mm(26), Mm(22)
        section.footer_distance = Mm(12)
        self.document.core_properties.title = title
        self.section = section
        self.line(title, TITLE, 22, align=CENTER, style="Title")
        self.line(style="Gap")

    # --- text

    def line(self, text="", font=BODY, size=16, *, align=LEFT, first=0, right=0, style=None):
        paragraph = self.document.add_paragraph(style=style)
        paragraph.alignment = align
        if text:
            _run(paragraph, text, font, size)
        parts.set_indents(paragraph, size=size, first=first, right=right)
        return paragraph

    def text(self, *paragraphs):
        for words in paragraphs:
            self.line(words, align=JUSTIFY, first=2)
        return self

    def addressee(self, words):
        self.line(words)
        return self

    def signed(self, *lines):
        """落款 on the right, two lines below the text; the date stands in by two signs more."""
        self.line()
        self.line()
        for words in lines:
            self.line(words, align=RIGHT, right=4 if words is lines[-1] else 2)
        return self

    def head(self, left, right=""):
        """A line above the table."""
        paragraph = self.line(left, BODY, 12, style="Cell")
        if right:
            paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(WIDTH), alignment=2)
            _run(paragraph, f"\t{right}", BODY, 12)
        return self

    # --- tables

    def table(self, *rows):
        """Rows made by `pairs`, `box`, `heads` and `columns`."""
        made = parts.table([round(WIDTH * TWIP / UNITS)] * UNITS, rules=GRID)
        for cells, height, is_head in (row for rows_of in rows for row in rows_of):
            added = parts.row(made, is_head=is_head)
            properties = added.get_or_add_trPr()
            properties.append(parts.element("w:trHeight", val=round(height * TWIP), hRule="atLeast"))
            for cell in cells:
                self._cell(added, cell)
        self.document.element.body.insert_element_before(made, "w:sectPr")
        self.line(style="Gap")
        return self

    def _cell(self, added, cell):
        tc = parts.cell(added, round(WIDTH * TWIP / UNITS * cell.units), span=cell.units, valign=cell.valign)
        properties = tc.tcPr
        if cell.merge:
            properties.insert_element_before(
                parts.element("w:vMerge", **({"val": "restart"} if cell.merge == "restart" else {})), "w:vAlign"
            )
        if cell.open_side:  # what is said and who signs it stand in one box
            borders = OxmlElement("w:tcBorders")
            borders.append(parts.element(f"w:{cell.open_side}", val="nil"))
            properties.insert_element_before(borders, "w:vAlign")
        for words in cell.lines or [""]:
            element = OxmlElement("w:p")
            tc.append(element)
            paragraph = Paragraph(element, self.document._body)
            paragraph.style, paragraph.alignment = self.document.styles["Cell"], cell.align
            if cell.align == RIGHT:
                parts.set_indents(paragraph, size=12, right=1)
            if words:
                _run(paragraph, words, cell.font, cell.size)

    # --- the foot

    def small_print(self, *notes):
        for words in ("{{依据条款}}", *notes):
            self.line(words, SONG, 9, style="Cell")
        return self

    def bytes(self):
        footer = self.section.footer.paragraphs[0]
        footer.alignment = CENTER
        parts.add_page_field(_run(footer, "", SONG, 10.5))
        properties = self.document.core_properties
        properties.created = properties.modified = datetime.datetime(2026, 5, 11, tzinfo=datetime.UTC)
        properties.author = properties.comments = properties.keywords = properties.last_modified_by = ""
        properties.language, properties.revision = "zh-CN", 1
        stream, out = io.BytesIO(), io.BytesIO()
        self.document.save(stream)
        with zipfile.ZipFile(stream) as source, zipfile.ZipFile(out, "w") as target:
            for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
                entry = zipfile.ZipInfo(name, STAMP)
                entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
                target.writestr(entry, source.read(name))
        return out.getvalue()


def _run(paragraph, text, font, size):
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), ROMAN
    fonts = run._r.rPr.rFonts
    fonts.set(f"{{{fonts.nsmap['w']}}}eastAsia", font)
    fonts.set(f"{{{fonts.nsmap['w']}}}hint", "eastAsia")
    return run


# --- rows: lists of (cells, least height in mm, is it a head)


class Cell(NamedTuple):
    units: int
    lines: list
    font: str = BODY
    align: object = LEFT
    valign: str = "center"
    merge: str = ""
    open_side: str = ""
    size: float = 12


def _label(words, **more):
    """A label; `|` says where a long one breaks."""
    return Cell(LABEL, words.split("|"), GOTHIC, CENTER, **more)


def pairs(*found, widths=(), height=11):
    """Labels and values side by side: one, two or three of them; `widths` of the values when they differ."""
    widths = widths or [UNITS // len(found) - LABEL] * len(found)
    cells = []
    for (name, said), width in zip(found, widths, strict=True):
        cells += [_label(name), Cell(width, [said], align=CENTER if len(found) > 1 else LEFT)]
    return [(cells, height, False)]


def box(name, *lines, signs=(), height=40):
    """A label beside a large box: what is known of it above, and below on the right who signs and when."""
    width = UNITS - LABEL
    if not signs:
        return [([_label(name), Cell(width, list(lines), valign="top")], height, False)]
    said = Cell(width, list(lines), valign="top", open_side="bottom")
    signed = Cell(width, list(signs), align=RIGHT, valign="bottom", open_side="top")
    return [
        ([_label(name, merge="restart"), said], max(height - SIGNING, 8), False),
        ([Cell(LABEL, [], merge="continue"), signed], min(SIGNING, 10 * len(signs)), False),
    ]


def heads(*columns):
    """The head of columns: (units, words)."""
    return [([Cell(units, [words], GOTHIC, CENTER) for units, words in columns], 10, True)]


def columns(*found, height=12, size=10.5):
    """A row of columns: (units, words); long words begin at the left."""
    cells = [Cell(units, [words], align=LEFT if units > 8 else CENTER, size=size) for units, words in found]
    return [(cells, height, False)]


def sign(who):
    """Who signs, room for it, and the blank date."""
    return f"{who}（签字）：{'　' * max(3, 14 - len(who))}{DAY}"
