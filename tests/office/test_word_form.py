"""A Word form with {{字段}} in it: read, refused, filled. Nothing in it is ever evaluated."""

import io
import zipfile

import pytest
from docx import Document

from office import Unreadable
from office.word_form import BLANK, fill, text, used


def form(*paragraphs, table=()):
    """A .docx; a paragraph is a list of runs, a table a list of rows."""
    document = Document()
    for runs in paragraphs:
        paragraph = document.add_paragraph()
        for run in [runs] if isinstance(runs, str) else runs:
            paragraph.add_run(run)
    if table:
        made = document.add_table(0, len(table[0]))
        for row in table:
            for cell, words in zip(made.add_row().cells, row, strict=True):
                cell.text = words
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def filled(data, values=(), groups=()):
    return [line for line in text(fill(data, dict(values), dict(groups))).split("\n") if line]


@pytest.mark.parametrize(
    "runs",
    [
        ["{{姓名}}同志"],
        ["{", "{姓", "名}", "}同志"],
        ["{{ 姓名 }}同志"],
        ["｛｛姓名｝｝同志"],
        ["{{姓名", "}}", "同", "志"],
    ],
    ids=["one piece", "torn by Word", "spaces", "full width", "torn after the name"],
)
def test_a_name_is_found_however_word_tore_it(runs):
    assert used(form(runs)).fields == ("姓名",)
    assert filled(form(runs), {"姓名": "何景行"}) == ["何景行同志"]


def test_several_in_one_paragraph_and_what_is_not_known_stays_blank():
    data = form("{{姓名}}于{{申请日期}}申请，{{姓名}}签字{{没有}}。")

    assert filled(data, {"姓名": "何景行", "申请日期": ""}) == [f"何景行于{BLANK}申请，何景行签字{BLANK}。"]


def test_lines_of_a_value_are_lines_and_signs_no_document_holds_are_gone():
    data = fill(form(["前{{情", "况}}后"]), {"情况": "一\n二\x00\u202e三"}, {})
    paragraph = next(each for each in Document(io.BytesIO(data)).paragraphs if each.text)

    assert paragraph.text == "前一\n二三后"


def test_what_somebody_typed_is_no_placeholder():
    data = form("{{姓名}}{{政审结论}}", table=[["{{考察.情况}}"]])
    lines = filled(data, {"姓名": "{{政审结论}}", "政审结论": "合格"}, {"考察": [{"情况": "{{政审结论}}｛｛姓名｝｝"}]})

    assert lines == ["{ {政审结论} }合格", "{ {政审结论} }｛ ｛姓名｝ ｝"]


def test_a_row_is_repeated_for_each_line_and_blank_without_any():
    data = form(table=[["次", "情况"], ["{{考察.次数}}", "{{考察.情况}}（{{姓名}}）"], ["尾", ""]])
    lines = [{"次数": "1", "情况": "好"}, {"次数": "2"}]

    assert used(data).columns == ("考察.次数", "考察.情况")
    assert filled(data, {"姓名": "何"}, {"考察": lines}) == ["次", "情况", "1", "好（何）", "2", f"{BLANK}（何）", "尾"]
    assert filled(data, {"姓名": "何"}) == ["次", "情况", BLANK, f"{BLANK}（何）", "尾"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (form("{{姓名"), "花括号没有成对"),
        (form("姓名}}"), "花括号没有成对"),
        (form("{{考察.情况}}"), "表格的一行里"),
        (form(table=[["{{考察.情况}}", "{{联系人.姓名}}"]]), "只能用一组"),
        (form("".join(f"{{{{字段{number}}}}}" for number in range(401))), "超过 400"),
        (b"no zip", "不完整"),
        (form("x" * 40) + b"\0" * (2 * 1024 * 1024), "过大"),
    ],
    ids=["not closed", "not opened", "column in no row", "two groups", "too many", "no zip", "too large"],
)
def test_what_cannot_be_filled_is_refused_in_words(data, says):
    with pytest.raises(Unreadable, match=says):
        used(data)


@pytest.mark.parametrize("word", ["{% for x in y %}", "{{ 7*7 }}", "{{ config }}", "{{ lipsum|attr(1) }}"])
def test_a_language_in_a_form_is_only_text(word):
    assert filled(form(word)) == ([word] if "%" in word else [BLANK])
    assert filled(form(table=[["{{ ''.__class__ }}"]])) == [BLANK]


def test_foreign_definitions_are_not_resolved():
    stream, out = io.BytesIO(form("{{姓名}}")), io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/document.xml":
                content = content.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 1)
            target.writestr(name, content)

    with pytest.raises(Unreadable):
        used(out.getvalue())


def test_the_same_is_the_same_bytes():
    data = form("{{姓名}}")

    assert fill(data, {"姓名": "何"}, {}) == fill(data, {"姓名": "何"}, {})
