"""Footnotes of a Word document: real ones, at the foot of the page where the words stand (word/footnotes.xml)."""

from xml.sax.saxutils import escape

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from office.word_parts import BODY, ROMAN, element

SIZE = 18  # half points: 小五
STYLE = (
    '<w:style {} w:type="paragraph" w:styleId="FootnoteText"><w:name w:val="footnote text"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:snapToGrid w:val="0"/><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/></w:pPr>'
    '<w:rPr><w:spacing w:val="0"/><w:sz w:val="{}"/><w:szCs w:val="{}"/></w:rPr></w:style>'
)
RULES = (  # the line above the notes, and the one above what goes on from the page before: every reader asks for both
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>'
)
MARK = '<w:r><w:rPr><w:rFonts w:ascii="{0}" w:hAnsi="{0}" w:eastAsia="{0}"/><w:vertAlign w:val="superscript"/>{2}</w:rPr>{1}</w:r>'
NOTE = (
    '<w:footnote w:id="{}"><w:p><w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr>{}'
    '<w:r>{}<w:t xml:space="preserve"> {}</w:t></w:r></w:p></w:footnote>'
)
SIZED = f'<w:sz w:val="{SIZE}"/><w:szCs w:val="{SIZE}"/>'
LOOK = f'<w:rPr><w:rFonts w:ascii="{ROMAN}" w:hAnsi="{ROMAN}" w:eastAsia="{BODY}" w:hint="eastAsia"/>{SIZED}</w:rPr>'


class Notes:
    """The footnotes of one document in the order of their places; without any nothing of the package changes."""

    def __init__(self, document):
        self.document, self.texts = document, []

    def refer(self, paragraph, text):
        """Behind words that carry a note, the mark of it."""
        note = getattr(text, "note", "")
        if not note:
            return
        self.texts.append(note)
        mark = MARK.format(ROMAN, f'<w:footnoteReference w:id="{len(self.texts)}"/>', "")
        paragraph._p.append(parse_xml(mark.replace("<w:r>", f"<w:r {nsdecls('w')}>", 1)))

    def write(self):
        if not self.texts:
            return
        mark = MARK.format(ROMAN, "<w:footnoteRef/>", SIZED)
        notes = "".join(NOTE.format(place, mark, LOOK, escape(text)) for place, text in enumerate(self.texts, 1))
        body = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:footnotes {nsdecls("w")}>{RULES}{notes}</w:footnotes>'
        part = Part(
            PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, body.encode(), self.document.part.package
        )
        self.document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
        self.document.styles.element.append(parse_xml(STYLE.format(nsdecls("w"), SIZE, SIZE)))
        told = element("w:footnotePr")
        for ident in (-1, 0):
            told.append(element("w:footnote", id=ident))
        settings = self.document.settings.element
        settings.find(qn("w:compat")).addprevious(told)
