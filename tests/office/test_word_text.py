import io

import pytest
from docx import Document

from office import Unreadable
from office.paper import Heading, Noted, Paper, Text
from office.word import to_word
from office.word_text import lines
from tests.office.papers import DAY


def test_the_lines_of_a_document_without_its_notes_and_empty_paragraphs():
    paper = Paper("述职报告", dated=DAY, organ="某党支部", blocks=[
        Heading("主要成效"), Text(["召开大会", Noted("4 次", "据记录"), "。\n讲党课。"]),
    ])  # fmt: skip

    assert lines(to_word(paper)) == ["述职报告", "一、主要成效", "召开大会4 次。", "讲党课。"]


def test_words_in_tables_and_after_breaks_are_kept():
    document, stream = Document(), io.BytesIO()
    document.add_table(1, 1).cell(0, 0).text = "一、成效"
    document.add_paragraph("第一行").add_run().add_break()
    document.paragraphs[-1].add_run("第二行")
    document.save(stream)

    assert lines(stream.getvalue()) == ["一、成效", "第一行", "第二行"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip"], ids=["empty", "cut off", "other"])
def test_what_is_no_document_is_refused_in_words(data):
    with pytest.raises(Unreadable, match=r"另存为 \.docx"):
        lines(data)
