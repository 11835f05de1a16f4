"""Footnotes: real ones, numbered by the reader; without any the package has no such part."""

import io
import re
import zipfile

from docx import Document

from office.paper import Noted, Paper, Text
from office.word import to_word
from tests.office.papers import DAY


def packed(*content):
    return to_word(Paper("述职报告", dated=DAY, organ="某党支部", blocks=[Text(list(content))]))


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.endswith((".xml", ".rels"))}


def test_a_footnote_stands_behind_its_words_and_in_the_part_of_notes():
    found = parts(packed("召开大会", Noted("4 次", "据记录 <统计> & 核对"), "，讲党课", Noted("2 次", "同上"), "。"))
    notes = re.findall(
        r'<w:footnote w:id="(\d+)".*?<w:t xml:space="preserve"> ([^<]*)</w:t>', found["word/footnotes.xml"]
    )

    assert notes == [("1", "据记录 &lt;统计&gt; &amp; 核对"), ("2", "同上")]
    assert re.search(r"4 次</w:t></w:r><w:r.*?footnoteReference w:id=\"1\"", found["word/document.xml"])
    assert "footnotes.xml" in found["word/_rels/document.xml.rels"]
    assert "/word/footnotes.xml" in found["[Content_Types].xml"]
    assert "footnotePr" in found["word/settings.xml"]


def test_the_same_notes_give_the_same_bytes_and_open_again():
    content = ("召开大会", Noted("4 次", "据记录统计"))

    assert packed(*content) == packed(*content)
    assert "召开大会4 次" in [row.text for row in Document(io.BytesIO(packed(*content))).paragraphs]


def test_a_paper_without_notes_has_no_part_for_them():
    found = parts(packed("召开大会 4 次"))

    assert "word/footnotes.xml" not in found
    assert "footnotePr" not in found["word/settings.xml"]


def test_noted_words_are_words_for_whoever_writes_no_notes():
    text = Text(["召开大会", Noted("4 次\n继续", "据记录\x00统计")])

    assert [[run for run, _ in runs] for runs in text.paragraphs] == [["召开大会", "4 次"], ["继续"]]
    assert text.paragraphs[0][1][0].note == "据记录统计"
