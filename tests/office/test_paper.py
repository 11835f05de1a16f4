import datetime
from decimal import Decimal

import pytest

from office.paper import (
    Annex,
    Bold,
    Break,
    Checklist,
    Heading,
    Paper,
    Record,
    Table,
    Text,
    attachment_lines,
    cell,
    chinese_number,
    clean,
    official_date,
    signature_indents,
    title_lines,
)
from tests.office.papers import DAY, circular


def labels(*blocks):
    before, after = Paper("题", DAY, blocks).numbered()
    return [label for label, _, _ in before], [label for label, _, _ in after]


# --- text


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (99, "九十九"),
        (101, "一百〇一"),
        (110, "一百一十"),
        (234, "二百三十四"),
    ],
)
def test_headings_count_in_chinese(number, words):
    assert chinese_number(number) == words


def test_a_date_has_no_leading_noughts():
    assert official_date(datetime.date(2025, 3, 1)) == "2025年3月1日"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a\x00b\x07c\x1bd", "abcd"),
        ("第一行\n第二行\r\n第三行", "第一行 第二行 第三行"),
        ("\ufeff支部\ufffe\u200b\ud800", "支部"),
        ("\u202e反写\u2066", "反写"),
        ("𠮷·买买提", "𠮷·买买提"),
        ("<w:p>&amp;", "<w:p>&amp;"),
    ],
)
def test_text_is_one_line_of_what_both_formats_can_hold(text, result):
    assert clean(text) == result


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "是"),
        (False, "否"),
        (0, "0"),
        (Decimal("1E+2"), "100"),
        (Decimal("12.50"), "12.50"),
        (DAY, "2025-11-21"),
        (datetime.datetime(2025, 3, 1, 9, 5, tzinfo=datetime.UTC), "2025-03-01 09:05"),
        ("一\n\n二\t三", "一\n二 三"),
    ],
)
def test_a_cell_says_any_value(value, text):
    assert cell(value) == text


def test_the_lines_of_a_text_become_paragraphs():
    assert Text("甲\n\n  乙").paragraphs == ((("甲", False),), (("乙", False),))
    assert Text(["共", Bold("3\n4"), "次"]).paragraphs == ((("共", False), ("3", True)), (("4", True), ("次", False)))
    assert Text("").paragraphs == ()


# --- numbering


def test_headings_are_numbered_in_the_official_way_and_begin_anew_below_each_other():
    assert labels(
        Heading("a"), Heading("b", 2), Heading("c", 3), Heading("d", 4), Heading("e", 4), Heading("f", 3),
        Heading("g", 2), Heading("h", 3), Heading("i", numbered=False), Heading("j"), Heading("k", 2),
    )[0] == ["一、", "（一）", "1.", "（1）", "（2）", "2.", "（二）", "1.", "", "二、", "（一）"]  # fmt: skip


def test_an_annex_is_counted_when_there_are_several_and_headings_begin_anew():
    assert labels(Heading("a"), Annex("甲"), Heading("b")) == (["一、"], ["附件", "一、"])
    assert labels(Annex("甲"), Heading("b"), Annex("乙"), Heading("c"))[1] == ["附件1", "一、", "附件2", "一、"]


def test_annexes_are_the_attachments_unless_others_are_named():
    assert attachment_lines(circular()) == [("附件：1.", "各党组织完成情况明细表"), ("　　　2.", "整改事项清单")]
    assert attachment_lines(circular(attachments="名单")) == [("附件：", "名单")]
    assert attachment_lines(Paper("题", DAY)) == []


def test_a_heading_goes_to_the_turned_page_with_its_table():
    wide = Table(["a"], [], landscape=True)
    steps, _ = Paper("题", DAY, [Text("x"), Heading("h"), Heading("i", 2), wide, wide, Text("y")]).numbered()

    assert [turned for _, _, turned in steps] == [False, True, True, True, True, False]


# --- the paper


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("会议通知", ["会议通知"]),
        ("党支部工作手册\n（2025年度）", ["党支部工作手册", "（2025年度）"]),
        (circular().title, ["关于2025年第三季度", "全县中小学校党组织组织生活开展情况的通报"]),
        ("关" * 21, ["关" * 11, "关" * 10]),
    ],
)
def test_a_long_title_breaks_after_a_word(title, lines):
    assert title_lines(Paper(title, DAY).title) == lines


@pytest.mark.parametrize("length", range(1, 90))
def test_no_line_of_a_title_is_too_long(length):
    title = ("关于2025年度的、报告" * 9)[:length]

    assert "".join(title_lines(title)) == title
    assert max(map(len, title_lines(title))) <= 20


def test_a_letterhead_is_signed_and_issued_by_its_organ():
    paper = circular(addressee="各支部：", copies=["县委办公室。", " ", "组织部"])

    assert (paper.signer, paper.issuer, paper.mark) == (paper.organ, paper.organ, f"{paper.organ}文件")
    assert paper.addressee_line == "各支部："
    assert paper.copies_line == "抄送：县委办公室，组织部。"
    assert paper.issued_line == "2025年11月21日印发"


def test_a_plain_paper_is_neither_signed_nor_issued_unless_it_says_so():
    paper = Paper("工作手册", DAY, organ="某支部")

    assert (paper.signer, paper.has_imprint) == ("", False)


@pytest.mark.parametrize("length", [2, 8, 15, 20, 23])
def test_signer_and_date_have_one_middle_and_stay_off_the_edge(length):
    paper = Paper("题", DAY, signer="某" * length)
    signer, dated = signature_indents(paper)

    assert signer + length / 2 == dated + 7 / 2
    assert signer >= 2
    assert dated >= 4


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Heading("x", level=5),
        lambda: Table([], []),
        lambda: Table(["a", "b"], [["只有一格"]]),
        lambda: Table(["a", "b"], [], widths=[1]),
        lambda: Paper("题", DAY, kind="letter"),
    ],
)
def test_what_cannot_be_written_is_refused_when_described(wrong):
    with pytest.raises(ValueError, match=r"level|head|cells|letterhead"):
        wrong()


def test_blocks_hold_clean_text():
    assert Checklist(["查\x00漏", ("补缺", 1)]).lines == ("［　］查漏", "［√］补缺")
    assert Record([[], [("时\n间", None), ("地点", "甲\n乙")]]).rows == ((("时 间", ""), ("地点", "甲\n乙")),)
    assert Break() == Break()
