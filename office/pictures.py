"""Pictures in a paper, and how Word and PDF show them: beside and below each other, none taller than a third of a page."""

import io
from dataclasses import dataclass
from itertools import zip_longest

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.image.image import Image as Measured
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Image, Table

from office import word_parts as parts
from office.paper import clean

TALLEST = 210  # points
PAD = 10  # points that a cell keeps free
CAPTION = 10.5


@dataclass(frozen=True)
class Picture:
    """The bytes of a JPEG or PNG, and the words below it."""

    data: bytes
    caption: str = ""

    def __post_init__(self):
        object.__setattr__(self, "caption", clean(self.caption))


@dataclass(frozen=True)
class Pictures:
    """A block of a paper: `Picture`s in rows of two; a single one stands alone."""

    items: list
    columns: int = 2

    def __post_init__(self):
        object.__setattr__(self, "items", tuple(self.items))
        object.__setattr__(self, "columns", max(1, min(self.columns, len(self.items))))

    @property
    def rows(self):
        return [self.items[at : at + self.columns] for at in range(0, len(self.items), self.columns)]


def size(width, height, room):
    """(width, height) in points of a picture of so many pixels in a place `room` points wide."""
    scale = min(room / width, TALLEST / height)
    return width * scale, height * scale


def into_word(writer, block, label):
    """Each in a cell of a table without rules, its words below it and with it for those who cannot see it."""
    widths = writer.columns([1] * block.columns)
    made = parts.table(widths, rules=[(side, 0) for side in ("top", "left", "bottom", "right", "insideH", "insideV")])
    for items in block.rows:
        added = parts.row(made)
        for item, width in zip_longest(items, widths):
            text = f"\n{item.caption}" if item else ""
            last = writer.cell(added, text, width, size=CAPTION, align=WD_ALIGN_PARAGRAPH.CENTER)
            if item:
                image = Measured.from_blob(item.data)
                measures = size(image.px_width, image.px_height, width / 20 - PAD)
                run = Paragraph(last._p.getprevious(), last._parent).add_run()
                shape = run.add_picture(io.BytesIO(item.data), *map(Pt, measures))
                shape._inline.docPr.set("descr", item.caption)
    if block.items:
        writer.place(made)
        writer.document.add_paragraph(style="Gap")


def into_pdf(writer, block, label):
    widths = writer.columns([1] * block.columns)
    for items in block.rows:
        cells = []
        for item in items:
            measures = size(*ImageReader(io.BytesIO(item.data)).getSize(), widths[0] - PAD)
            cells.append([Image(io.BytesIO(item.data), *measures), writer.cell(item.caption, CAPTION, "center")])
        cells += [""] * (block.columns - len(cells))
        style = [("ALIGN", (0, 0), (-1, -1), "CENTER"), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        writer.put(Table([cells], colWidths=widths, style=style))
