"""A paper as a Word document in the layout of GB/T 9704-2012; the same paper gives the same bytes."""

import datetime
import io
from itertools import pairwise

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor, Twips
from docx.text.paragraph import Paragraph

from office import paper as p
from office import pictures
from office import word_parts as parts
from office.word_notes import Notes
from office.word_parts import BODY, BODY_SIZE, GOTHIC, KAI, ROMAN, SONG, TITLE

RED, GREY = RGBColor(0xFF, 0, 0), RGBColor(0xA6, 0xA6, 0xA6)
WIDTH, HEIGHT = 156, 225  # 版心, mm
UPRIGHT = (37, 28, 26, 35)  # 天头 and 订口 are given, the right and the lower margin are what A4 leaves
TURNED = (28, 35, 37, 26)  # the same page turned: 订口 above, 天头 on the right
LEFT, CENTER, RIGHT, JUSTIFY = (
    WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY,
)  # fmt: skip
ALIGNS = {"justify": JUSTIFY, "left": LEFT, "center": CENTER, "right": RIGHT}
HEADINGS = {1: (GOTHIC, False), 2: (KAI, False), 3: (BODY, True), 4: (BODY, False)}
GRID = [(side, 4) for side in ("top", "left", "bottom", "right", "insideH", "insideV")]
NO_GRID = [(side, 0) for side, _ in GRID]
HANGING = 4 * 14 * 20  # of 版记, in twips: a free sign and 抄送：
LONG = 120  # signs in a cell beyond which its row may go on over the page


def to_word(paper):
    """The bytes of a .docx."""
    writer = _Writer(paper)
    writer.write()
    return writer.save()


class _Writer:
    def __init__(self, paper):
        self.paper, self.document = paper, Document()
        self.is_turned = paper.landscape
        self.breaks = False  # the next paragraph begins a page
        parts.prepare(self.document)
        self.notes = Notes(self.document)

    # --- the order of things

    def write(self):
        paper = self.paper
        self.set_page(self.document.sections[0])
        self.set_margin_texts(self.document.sections[0])
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
        if paper.has_imprint:
            self.imprint()
        self.notes.write()

    def save(self):
        """The package with one date for all its parts, which stand in the order of their names."""
        paper, stream, out = self.paper, io.BytesIO(), io.BytesIO()
        properties = self.document.core_properties
        properties.title, properties.author = paper.title.replace("\n", "")[:255], paper.organ[:255]
        properties.created = properties.modified = datetime.datetime.combine(
            paper.dated, datetime.time(), tzinfo=datetime.UTC
        )
        properties.comments = properties.keywords = properties.last_modified_by = ""
        properties.language, properties.revision = "zh-CN", 1
        self.document.save(stream)
        parts.repack(stream, out, paper.dated)
        return out.getvalue()

    # --- pages

    def set_page(self, section):
        turned = self.is_turned
        section.orientation = WD_ORIENT.LANDSCAPE if turned else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (Mm(297), Mm(210)) if turned else (Mm(210), Mm(297))
        top, left, right, bottom = TURNED if turned else UPRIGHT
        section.top_margin, section.left_margin = Mm(top), Mm(left)
        section.right_margin, section.bottom_margin = Mm(right), Mm(bottom)
        section.header_distance = Mm(14)
        # The page number is 7 mm below the text and 5 mm high; a note below it takes 5 more.
        section.footer_distance = Mm(bottom - 12 - (5 if self.paper.footer else 0))
        parts.set_grid(section)

    @property
    def width(self):
        """Of the text, in mm."""
        return HEIGHT if self.is_turned else WIDTH

    @property
    def twips(self):
        return round(self.width * 72 / 25.4 * 20)

    def set_margin_texts(self, section):
        """The mark of a draft and a note above; page numbers on the outer side and a note below."""
        self.document.settings.odd_and_even_pages_header_footer = True
        section.different_first_page_header_footer = self.paper.has_cover
        headers = [(section.header, self.paper.header), (section.even_page_header, self.paper.header)]
        if self.paper.has_cover:
            headers.append((section.first_page_header, ""))
        for header, note in headers:
            paragraph = header.paragraphs[0]
            paragraph.alignment = CENTER
            if self.paper.is_draft:
                self.run(paragraph, "草　稿", GOTHIC, 26, color=GREY)
                paragraph = header.add_paragraph(style="Header")
                paragraph.alignment = CENTER
            if note:
                self.run(paragraph, note, SONG, 10.5)
        for footer, align in ((section.footer, RIGHT), (section.even_page_footer, LEFT)):
            paragraph = footer.paragraphs[0]
            paragraph.alignment = align
            parts.set_indents(paragraph, size=14, **{"right" if align == RIGHT else "left": 1})
            self.run(paragraph, "— ", SONG, 14, latin=SONG)
            parts.add_page_field(self.run(paragraph, "", SONG, 14, latin=SONG))
            self.run(paragraph, " —", SONG, 14, latin=SONG)
            if self.paper.footer:
                note = footer.add_paragraph(style="Footer")
                note.alignment = CENTER
                self.run(note, self.paper.footer, SONG, 9)

    def turn(self, turned):
        """What follows stands on pages of this direction."""
        if turned == self.is_turned:
            return
        self.is_turned, self.breaks = turned, False
        self.document.add_paragraph(style="Gap")
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        last = self.document.element.body.findall(qn("w:p"))[-1]
        gap = last.getprevious()
        gap.get_or_add_pPr().append(last.pPr.sectPr)  # the end of a section costs no line of its own
        last.getparent().remove(last)
        section.different_first_page_header_footer = False
        self.set_page(section)

    # --- text

    def run(self, paragraph, text, font=BODY, size=BODY_SIZE, *, bold=False, color=None, latin=ROMAN):
        run = paragraph.add_run(text)
        run.font.size, run.font.name = Pt(size), latin
        run.font.bold = bold or None
        if color is not None:
            run.font.color.rgb = color
        fonts = run._r.rPr.rFonts
        fonts.set(qn("w:eastAsia"), font)
        fonts.set(qn("w:hint"), "eastAsia")  # “ ” … · belong to both scripts and are Chinese here
        return run

    def line(self, text="", font=BODY, size=BODY_SIZE, *, align=LEFT, bold=False, style=None, **indents):
        paragraph = self.document.add_paragraph(style=style)
        paragraph.alignment = align
        if self.breaks:
            paragraph.paragraph_format.page_break_before, self.breaks = True, False
        if text:
            self.run(paragraph, text, font, size, bold=bold)
        parts.set_indents(paragraph, size=size, **indents)
        return paragraph

    def blank(self, lines):
        for _ in range(lines):
            self.line()

    def head(self):
        """Of a letterhead the red mark 35 mm below the upper edge, two lines, the number, the red rule; the title."""
        paper = self.paper
        if paper.has_letterhead:
            signs = max(p.width(paper.mark), 1)
            mark = self.line(paper.mark, TITLE, p.mark_size(paper), style="Mark", align=CENTER)
            mark.runs[0].font.color.rgb = RED
            mark.paragraph_format.space_before = Mm(35)
            if signs <= 8:
                mark.runs[0]._r.rPr.find(qn("w:sz")).addprevious(parts.element("w:spacing", val=80))
            self.blank(2)
            number = self.line(paper.number or "　", align=CENTER)
            parts.set_rules(number, [("bottom", 18)], space=11, color="FF0000")
            self.blank(2)
        for text in paper.title_lines:
            self.line(text, TITLE, 22, style="Title", align=CENTER)
        if paper.number and not paper.has_letterhead:
            self.line(paper.number, KAI, align=CENTER)
        self.blank(1)

    def cover(self):
        paper = self.paper
        self.blank(5)
        for text in paper.title_lines:
            self.line(text, TITLE, 26, style="Title", align=CENTER)
        if paper.number:
            self.line(paper.number, KAI, align=CENTER)
        self.blank(8)
        for text in filter(None, (paper.organ, p.official_date(paper.dated))):
            self.line(text, KAI, align=CENTER)
        self.breaks = True

    def attachments(self):
        for index, (label, name) in enumerate(p.attachment_lines(self.paper)):
            if not index:
                self.blank(1)
            self.line(label + name, left=2, hanging=p.width(label))

    def signature(self):
        if not self.paper.signer:
            return
        signer, dated = p.signature_indents(self.paper)
        last = self.document.paragraphs[-1:]  # a signature never stands on a page without text
        signature = [self.line(), self.line(), self.line(self.paper.signer, align=RIGHT, right=signer)]
        for paragraph in last + signature:
            paragraph.paragraph_format.keep_with_next = True
        self.line(p.official_date(self.paper.dated), align=RIGHT, right=dated)

    def imprint(self):
        """版记 at the foot of the last page: thick rules outside, a thin one between, one sign free on the left.

        All its lines have the same borders and indents: only then are they one frame for every program. So the rule between
        is drawn as the leader of a tab, and the free sign is a space.
        """
        paper = self.paper
        if paper.copies:
            self.imprint_line("　" + paper.copies_line, 14)
            rule = self.imprint_line("\t\t", 8)
            rule.paragraph_format.line_spacing = Pt(8)
            for place in (HANGING, self.twips):  # a tab stops at the indent in any case
                rule.paragraph_format.tab_stops.add_tab_stop(
                    Twips(place),
                    WD_TAB_ALIGNMENT.LEFT if place == HANGING else WD_TAB_ALIGNMENT.RIGHT,
                    WD_TAB_LEADER.LINES,
                )
        last = self.imprint_line(f"　{paper.issuer or '　　　'}\t{paper.issued_line}", 14)
        last.paragraph_format.tab_stops.add_tab_stop(Twips(self.twips - 280), WD_TAB_ALIGNMENT.RIGHT)
        self.line(style="Gap")

    def imprint_line(self, text, size):
        paragraph = self.line(text, size=size, style="Imprint")
        parts.set_indents(paragraph, size=14, hanging=4)
        parts.hold_at_bottom(paragraph, self.twips)
        parts.set_rules(paragraph, [("top", 8), ("bottom", 8)], space=2, color="000000")
        return paragraph

    # --- blocks

    def block(self, label, block, turned):
        self.turn(turned)
        WRITERS[type(block)](self, block, label)

    def heading(self, block, label):
        self.breaks = self.breaks or (block.new_page and self.has_text())
        font, bold = HEADINGS[block.level]
        self.line(label + block.text, font, style=f"heading {block.level}", bold=bold, first=2)

    def text(self, block, label):
        for runs in block.paragraphs:
            paragraph = self.line(align=ALIGNS[block.align], first=2 if block.align == "justify" else 0)
            for text, bold in runs:
                self.run(paragraph, text, bold=bold)
                self.notes.refer(paragraph, text)

    def annex(self, block, label):
        self.breaks = self.breaks or (block.new_page and self.has_text())
        self.line(label, GOTHIC)
        for text in p.title_lines(block.title):
            self.line(text, TITLE, 22, style="Title", align=CENTER)
        self.blank(1)

    def further(self, block, label):
        self.breaks = True
        for text in p.title_lines(block.title):
            self.line(text, TITLE, 22, style="Title", align=CENTER)
        if block.number:
            self.line(block.number, KAI, align=CENTER)
        self.blank(1)
        if block.addressee:
            self.line(block.addressee.rstrip("：:") + "：")

    def has_text(self):
        """Whether anything stands on the page that just began with a section."""
        last = self.document.element.body.xpath("w:p | w:tbl")[-1:]
        return bool(last) and not last[0].xpath("w:pPr/w:sectPr")

    def checklist(self, block, label):
        for text in block.lines:
            self.line(text, left=2, hanging=3)

    def signatures(self, block, label):
        widths = self.columns([5, 6, 5] if block.with_date else [5, 6])
        made = parts.table(widths, rules=NO_GRID)
        for text in block.labels:
            added = parts.row(made)
            self.cell(added, text + "：", widths[0], size=14, align=RIGHT, valign="bottom")
            self.cell(added, "", widths[1], size=14, rule=4)
            if block.with_date:
                self.cell(added, "　　年　　月　　日", widths[2], size=14, valign="bottom")
            added.get_or_add_trPr().append(parts.element("w:trHeight", val=800, hRule="atLeast"))
        self.place(made)
        self.document.add_paragraph(style="Gap")

    def table(self, block, label):
        size = p.table_size(len(block.head), landscape=self.is_turned)
        widths = self.columns(block.widths)
        self.caption(block)
        made = parts.table(widths, rules=GRID)
        added = parts.row(made, is_head=True)
        for text, width in zip(block.head, widths, strict=True):
            self.cell(added, text, width, GOTHIC, size, align=CENTER)
        centred = p.centred_columns([block.head, *block.rows])
        for values in block.rows:
            added = parts.row(made, may_split=max(map(len, values)) > LONG)
            for text, width, is_centred in zip(values, widths, centred, strict=True):
                self.cell(added, text, width, size=size, align=CENTER if is_centred else LEFT)
        if not block.rows:
            self.cell(parts.row(made), block.empty, sum(widths), size=size, align=CENTER, span=len(widths))
        self.finish(made, block)

    def record(self, block, label):
        widths = self.columns([1, 2] * block.pairs if block.pairs > 1 else [1, 5])
        self.caption(block)
        made = parts.table(widths, rules=GRID)
        for pairs in block.rows:
            added = parts.row(made, may_split=max(len(value) for _, value in pairs) > LONG)
            for index, (name, value) in enumerate(pairs):
                self.cell(added, name, widths[0], GOTHIC, 12, align=CENTER)
                span = 1 if index < len(pairs) - 1 else 2 * (block.pairs - index) - 1
                self.cell(added, value, sum(widths[-span:]), size=12, span=span)
        self.finish(made, block)

    def start_page(self, block, label):
        self.breaks = self.has_text()

    # --- tables

    def columns(self, proportions):
        """Widths in twips that fill the line exactly."""
        whole, total = self.twips, sum(proportions)
        edges = [round(whole * sum(proportions[:index]) / total) for index in range(len(proportions) + 1)]
        return [right - left for left, right in pairwise(edges)]

    def cell(self, added, text, width, font=BODY, size=12, *, align=LEFT, **look):
        """A cell and in it a paragraph for each line; the last one is returned."""
        tc = parts.cell(added, width, **look)
        for line in text.split("\n"):
            element = OxmlElement("w:p")
            tc.append(element)
            paragraph = Paragraph(element, self.document._body)
            paragraph.style, paragraph.alignment = self.document.styles["Cell"], align
            if line:
                self.run(paragraph, line, font, size)
        return paragraph

    def caption(self, block):
        if block.caption:
            paragraph = self.line(block.caption, GOTHIC, 14, align=CENTER)
            paragraph.paragraph_format.keep_with_next = True
        else:
            self.line(style="Gap").paragraph_format.keep_with_next = True

    def finish(self, made, block):
        """The table and what keeps it apart from the next."""
        self.place(made)
        if block.note:
            self.line(block.note, SONG, 10.5, style="Cell")
        self.document.add_paragraph(style="Gap")

    def place(self, made):
        if self.breaks:
            self.line(style="Gap")
        self.document.element.body.insert_element_before(made, "w:sectPr")


WRITERS = {
    p.Heading: _Writer.heading,
    p.Text: _Writer.text,
    p.Table: _Writer.table,
    p.Record: _Writer.record,
    pictures.Pictures: pictures.into_word,
    p.Break: _Writer.start_page,
    p.Signatures: _Writer.signatures,
    p.Checklist: _Writer.checklist,
    p.Annex: _Writer.annex,
    p.Further: _Writer.further,
}
