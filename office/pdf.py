"""A paper as PDF, block by block as office.word writes it; the same paper gives the same bytes."""

import io

from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Spacer,
    Table,
    TableStyle,
)  # fmt: skip

from office import paper as p
from office import pictures
from office.pdf_text import GREY, RED, AtBottom, Lines, rule, unprintable

SIZE, LINE = 15.75, 28.95  # 28 signs of 22 lines in 156 × 225 mm
CELL_PAD = 4
PADDINGS = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
WHOLE_ROW, PIECE = 12, 6  # a row of more lines is cut into pieces that may stand on two pages
UPRIGHT = (210, 297, 37, 28, 26, 35)  # mm: width, height, above, left, right, below
TURNED = (297, 210, 28, 35, 37, 26)


def to_pdf(paper):
    """The bytes of a .pdf."""
    return _Writer(paper).write()


class _Writer:
    def __init__(self, paper):
        self.paper, self.story, self.missing = paper, [], set()
        self.is_turned = paper.landscape
        self.breaks, self.is_fresh = False, True  # a page begins before the next flowable; nothing is on this page yet

    @property
    def width(self):
        return (225 if self.is_turned else 156) * mm

    # --- the order of things

    def write(self):
        paper = self.paper
        if paper.has_cover:
            self.cover()
        else:
            self.head()
        if paper.addressee:
            self.line(paper.addressee_line)
        body, after = paper.numbered()
        for step in body:
            self.block(*step)
        self.turn(paper.landscape)
        self.attachments()
        self.signature()
        for step in after:
            self.block(*step)
        self.turn(paper.landscape)
        imprint = [self.imprint()] if paper.has_imprint else []
        self.explain_missing()
        if imprint:
            self.put(*imprint)
        return self.build()

    def build(self):
        paper, stream = self.paper, io.BytesIO()
        document = BaseDocTemplate(
            stream,
            invariant=1,
            pageCompression=1,
            title=paper.title.replace("\n", ""),
            author=paper.organ,
            creator="",
            subject="",
            lang="zh-CN",
        )
        names = ["turned", "upright"] if paper.landscape else ["upright", "turned"]
        document.addPageTemplates([_page(name, self.margin_texts) for name in names])
        document.build(self.story)
        return stream.getvalue()

    # --- pages

    def turn(self, turned):
        """What follows stands on pages of this direction."""
        if turned == self.is_turned:
            return
        self.story += [NextPageTemplate("turned" if turned else "upright"), PageBreak()]
        self.is_turned, self.breaks, self.is_fresh = turned, False, True

    def put(self, *flowables):
        if self.breaks:
            self.story.append(PageBreak())
        self.breaks = self.is_fresh = False
        self.story += flowables

    def start_page(self, block=None, label=""):
        self.breaks = not self.is_fresh

    def margin_texts(self, canvas, document):
        """The mark of a draft and a note above; the page number on the outer side and a note below."""
        paper, number = self.paper, canvas.getPageNumber()
        page_width, page_height, _, left, right, below = TURNED if document.pageTemplate.id == "turned" else UPRIGHT
        width = (page_width - left - right) * mm

        def write(text, size, y, **look):
            lines = Lines([[(text, False)]], size, size * 1.2, **look)
            lines.wrap(width, 0)
            lines.drawOn(canvas, left * mm, y)

        is_cover = paper.has_cover and number == 1
        if paper.is_draft:
            write("草　稿", 26, (page_height - 25) * mm, align="center", color=GREY)
        if paper.header and not is_cover:
            write(paper.header, 10.5, (page_height - (31 if paper.is_draft else 20)) * mm, align="center")
        if is_cover:
            return
        y = (below - 7) * mm - 14
        write(
            f"— {number} —", 14, y, align="right" if number % 2 else "left", **{"right" if number % 2 else "left": 14}
        )
        if paper.footer:
            write(paper.footer, 9, y - 14, align="center")

    # --- text

    def lines(self, text, size=SIZE, leading=LINE, **look):
        """A paragraph; indents are in signs of its size."""
        for name in ("first", "left", "right"):
            look[name] = look.get(name, 0) * size
        runs = [(text, False)] if isinstance(text, str) else text
        self.missing.update(unprintable("".join(part for part, _ in runs)))
        return Lines([runs], size, leading, **look)

    def line(self, text="", size=SIZE, leading=LINE, **look):
        self.put(self.lines(text, size, leading, **look))

    def blank(self, lines):
        for _ in range(lines):
            self.line()

    def head(self):
        paper = self.paper
        if paper.has_letterhead:
            size = p.mark_size(paper)
            self.put(_Blank(0, 35 * mm))
            self.line(paper.mark, size, size * 1.3, align="center", bold=True, color=RED)
            self.blank(2)
            self.line(paper.number, align="center")
            self.put(rule(self.width, 2.25, RED, above=11, below=2))
            self.blank(2)
        self.title(paper.title_lines, 22)
        if paper.number and not paper.has_letterhead:
            self.line(paper.number, align="center")
        self.blank(1)

    def title(self, texts, size):
        for text in texts:
            self.line(text, size, 33, align="center", bold=True)

    def cover(self):
        paper = self.paper
        self.blank(5)
        self.title(paper.title_lines, 26)
        if paper.number:
            self.line(paper.number, align="center")
        self.blank(8)
        for text in filter(None, (paper.organ, p.official_date(paper.dated))):
            self.line(text, align="center")
        self.breaks = True

    def attachments(self):
        for index, (label, name) in enumerate(p.attachment_lines(self.paper)):
            if not index:
                self.blank(1)
            self.line(label + name, left=2 + p.width(label), first=-p.width(label))

    def signature(self):
        if self.paper.signer:
            signer, dated = p.signature_indents(self.paper)
            content = [self.lines(""), self.lines(""), self.lines(self.paper.signer, align="right", right=signer)]
            content.append(self.lines(p.official_date(self.paper.dated), align="right", right=dated))
            if self.story and isinstance(self.story[-1], Lines) and not self.breaks:
                content.insert(0, self.story.pop())  # a signature never stands on a page without text
            self.put(KeepTogether(content))

    def explain_missing(self):
        """Which signs the font lacks."""
        if self.missing:
            codes = "、".join(f"U+{ord(sign):04X}" for sign in sorted(self.missing))
            note = f"注：文中“〓”处的字（{codes}）不在本文件所用字库内，以Word文件为准。"
            self.put(Spacer(0, 6), self.lines(note, 10.5, 15))

    def imprint(self):
        paper, width = self.paper, self.width
        content = [rule(width, 1, above=1)]
        if paper.copies:
            content.append(self.lines(paper.copies_line, 14, 24, left=4, right=1, first=-3))
            content.append(rule(width, 0.7, above=2, below=2))
        last = [self.lines(paper.issuer, 14, 24, left=1), self.lines(paper.issued_line, 14, 24, align="right", right=1)]
        if p.width(paper.issuer) <= 20:
            beside = Table([last], colWidths=[width - 145, 145], style=[(pad, (0, 0), (-1, -1), 0) for pad in PADDINGS])
            last = [beside]
        return AtBottom([*content, *last, rule(width, 1, above=1, below=1)])

    # --- blocks

    def block(self, label, block, turned):
        self.turn(turned)
        WRITERS[type(block)](self, block, label)

    def heading(self, block, label):
        if block.new_page:
            self.start_page()
        self.put(CondPageBreak(4 * LINE))
        self.line(label + block.text, first=2, bold=block.level < 4)

    def text(self, block, label):
        for runs in block.paragraphs:
            self.line(runs, align=block.align, first=2 if block.align == "justify" else 0)

    def annex(self, block, label):
        if block.new_page:
            self.start_page()
        self.line(label, bold=True)
        self.title(p.title_lines(block.title), 22)
        self.blank(1)

    def further(self, block, label):
        self.start_page()
        self.title(p.title_lines(block.title), 22)
        if block.number:
            self.line(block.number, align="center")
        self.blank(1)
        if block.addressee:
            self.line(block.addressee.rstrip("：:") + "：")

    def checklist(self, block, label):
        for text in block.lines:
            self.line(text, left=5, first=-3)

    def signatures(self, block, label):
        widths = self.columns([5, 6, 5] if block.with_date else [5, 6])
        self.put(CondPageBreak(min(10, len(block.labels)) * 42))
        for text in block.labels:
            text += "："
            if p.width(text) > 40:
                self.line(text, 14, 20)
                text = ""
            row = [self.lines(text, 14, 20, align="right"), "", self.lines("　　年　　月　　日", 14, 20)]
            style = [("VALIGN", (0, 0), (-1, 0), "BOTTOM"), ("LINEBELOW", (1, 0), (1, 0), 0.5, "black")]
            style.append(("TOPPADDING", (0, 0), (-1, 0), 18))
            self.put(Table([row[: len(widths)]], colWidths=widths, style=style))

    def table(self, block, label):
        size, widths = p.table_size(len(block.head), landscape=self.is_turned), self.columns(block.widths)
        centred = p.centred_columns([block.head, *block.rows])
        grid = _Grid(widths)
        grid.add([self.cell(text, size, "center", bold=True) for text in block.head])
        head = len(grid.rows)
        for values in block.rows:
            aligns = ["center" if is_centred else "left" for is_centred in centred]
            grid.add([self.cell(text, size, align) for text, align in zip(values, aligns, strict=True)])
        if not block.rows:
            grid.add([self.cell(block.empty, size, "center")], spans=[len(widths)])
        self.put_table(block, grid.flowable(repeat=head))

    def record(self, block, label):
        grid = _Grid(self.columns([1, 2] * block.pairs if block.pairs > 1 else [1, 5]))
        for pairs in block.rows:
            cells, spans = [], []
            for index, (name, value) in enumerate(pairs):
                cells += [self.cell(name, 12, "center", bold=True), self.cell(value, 12, "left")]
                spans += [1, 1 if index < len(pairs) - 1 else 2 * (block.pairs - index) - 1]
            grid.add(cells, spans)
        if block.rows:
            self.put_table(block, grid.flowable())

    # --- tables

    def columns(self, proportions):
        total = sum(proportions)
        return [self.width * share / total for share in proportions]

    def cell(self, text, size, align, *, bold=False):
        self.missing.update(unprintable(text))
        paragraphs = [[(line, False)] for line in text.split("\n")]
        return Lines(paragraphs, size, size * 1.35, align=align, bold=bold)

    def put_table(self, block, flowable):
        self.put(CondPageBreak(3 * LINE), Spacer(0, 4))
        if block.caption:
            self.line(block.caption, 14, 22, align="center", bold=True)
        self.put(flowable)
        if block.note:
            self.line(block.note, 10.5, 15)
        self.put(Spacer(0, 8))


class _Grid:
    """Rows of a framed table. A row too tall to stand whole is cut into pieces, between which there is no rule."""

    def __init__(self, widths):
        self.widths, self.rows = widths, []
        self.style = [("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LINEBELOW", (0, -1), (-1, -1), 0.5, "black")]
        self.style += [(side, (0, 0), (-1, -1), 0.5, "black") for side in ("LINEBEFORE", "LINEAFTER")]
        self.style += [("LINEABOVE", (0, "splitfirst"), (-1, "splitfirst"), 0.5, "black")]
        self.style += [("LINEBELOW", (0, "splitlast"), (-1, "splitlast"), 0.5, "black")]
        self.style += [(f"{side}PADDING", (0, 0), (-1, -1), CELL_PAD) for side in ("LEFT", "RIGHT")]
        self.style += [(f"{side}PADDING", (0, 0), (-1, -1), 2) for side in ("TOP", "BOTTOM")]

    def add(self, cells, spans=None):
        spans = spans or [1] * len(cells)
        at, placed = 0, []
        for cell, span in zip(cells, spans, strict=True):
            width = sum(self.widths[at : at + span]) - 2 * CELL_PAD
            placed.append((at, span, cell, width, len(cell.break_for(width))))
            at += span
        tallest = max(count for *_, count in placed)
        step = tallest if tallest <= WHOLE_ROW else PIECE
        self.style.append(("LINEABOVE", (0, len(self.rows)), (-1, len(self.rows)), 0.5, "black"))
        for start in range(0, tallest, step):
            number, row = len(self.rows), [""] * len(self.widths)
            for at, span, cell, width, count in placed:
                if start < count:
                    row[at] = cell.cut(width, start, start + step)
                if span > 1:
                    self.style.append(("SPAN", (at, number), (at + span - 1, number)))
            if step < tallest:
                self.style.append(("VALIGN", (0, number), (-1, number), "TOP"))
            self.rows.append(row)

    def flowable(self, repeat=0):
        """`repeat` rows are the head, unless they are so tall that they would leave no room on a page."""
        return Table(
            self.rows, colWidths=self.widths, repeatRows=repeat if repeat <= 3 else 0, style=TableStyle(self.style)
        )


class _Blank(Spacer):
    """Room that stays also at the head of a page, where a Spacer is left out."""

    _SPACETRANSFER = False
    _isSpacer = False


def _page(name, margin_texts):
    page_width, page_height, above, left, right, below = TURNED if name == "turned" else UPRIGHT
    frame = Frame(
        left * mm, below * mm, (page_width - left - right) * mm, (page_height - above - below) * mm,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    return PageTemplate(name, [frame], onPage=margin_texts, pagesize=(page_width * mm, page_height * mm))


WRITERS = {
    p.Heading: _Writer.heading,
    p.Text: _Writer.text,
    p.Table: _Writer.table,
    p.Record: _Writer.record,
    pictures.Pictures: pictures.into_pdf,
    p.Break: _Writer.start_page,
    p.Further: _Writer.further,
    p.Signatures: _Writer.signatures,
    p.Checklist: _Writer.checklist,
    p.Annex: _Writer.annex,
}
