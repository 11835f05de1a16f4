import io
import time

import pikepdf
import pytest

from office.paper import Annex, Break, Checklist, Heading, Paper, Record, Signatures, Table, Text
from office.pdf import to_pdf
from office.pdf_text import NOT_FIRST, NOT_LAST, Lines
from tests.office.papers import DAY, SITUATION, circular, handbook, pages


@pytest.fixture(scope="module")
def pdf():
    return to_pdf(circular())


def joined(data):
    return "".join(pages(data)).replace("\n", "")


def order(data, *texts):
    """The texts in the order in which they are drawn."""
    text = joined(data)
    return sorted(texts, key=text.index)


def broken(text, width, *, size=10):
    """The lines of a paragraph in a column of so many signs."""
    return [
        "".join(sign for sign, _, _ in signs)
        for _, signs, _ in Lines([[(text, False)]], size, 12).break_for(width * size)
    ]


# --- what stands on the pages


def test_blocks_stand_in_their_order(pdf):
    texts = [
        "中共清河县委教育体育工作委员会文件", "清教体工委〔2025〕18号", "关于2025年第三季度", "各中小学校党组织，各直属单位党组织：",
        "一、总体情况", "（一）开展较好的党组织", "1.数据情况", "第三季度组织生活开展情况", "清河县示范幼儿园党支部", "二、存在问题",
        "附件：1.各党组织完成情况明细表", "附件2", "［√］核对党员名册", "抄送：县委办公室", "2025年11月21日印发",
    ]  # fmt: skip

    assert order(pdf, *texts[::-1]) == texts


def test_pages_are_numbered(pdf):
    texts = pages(pdf)

    assert len(texts) == 5
    assert all(f"— {number} —" in text for number, text in enumerate(texts, 1))


def test_a_handbook_has_a_cover_without_number_and_turned_pages():
    data = to_pdf(handbook())
    texts = pages(data)
    with pikepdf.open(io.BytesIO(data)) as document:
        turned = [page.mediabox[2] > page.mediabox[3] for page in document.pages]

    assert "— 1 —" not in texts[0]
    assert "党支部工作手册" in texts[0]
    assert turned == [False] * 6 + [True] * 2 + [False] * 2
    assert all("非涉密系统" in text for text in texts[1:])


def test_a_long_table_repeats_its_head_on_each_page():
    rows = [[number, f"党员{number}", "备注"] for number in range(1, 201)]
    texts = pages(to_pdf(Paper("名册", DAY, [Table(["序号", "姓名", "备注"], rows)])))

    assert len(texts) > 3
    assert all("姓名" in text for text in texts)
    assert [f"党员{number}" for number in range(1, 201)] == [
        line for text in texts for line in text.split("\n") if line.startswith("党员")
    ]


def test_a_cell_longer_than_pages_is_cut_into_pieces_and_not_lost():
    minutes = "".join(f"第{number}项。" for number in range(3000))
    data = to_pdf(Paper("记录", DAY, [Record([[("时间", "上午"), ("地点", "会议室")], [("内容", minutes)]])]))

    assert len(pages(data)) > 5
    assert "第2999项。" in joined(data)


@pytest.mark.parametrize("is_draft", [True, False])
def test_a_draft_says_so_on_each_page(is_draft):
    assert {"草　稿" in text for text in pages(to_pdf(handbook(is_draft=is_draft)))} == {is_draft}


@pytest.mark.parametrize(
    ("blocks", "count"),
    [
        ([], 1),
        ([Break()], 1),
        ([Text("甲"), Break(), Break()], 1),
        ([Text("甲"), Break(), Text("乙")], 2),
        ([Heading("甲", new_page=True)], 2),
        ([Table(["a"], [], landscape=True)], 2),
        ([Table(["a"], [], landscape=True), Break(), Heading("甲", new_page=True)], 3),
        ([Text("甲"), Annex("乙"), Text("丙")], 2),
        ([Record([])], 1),
    ],
)
def test_there_are_no_empty_pages(blocks, count):
    assert len(pages(to_pdf(Paper("题", DAY, blocks)))) == count


def test_the_imprint_moves_to_a_page_of_its_own_when_there_is_no_room():
    for paragraphs in range(4, 26):
        text = pages(to_pdf(circular(blocks=[Text("甲\n" * paragraphs)])))[-1]

        assert "抄送：" in text
        assert "印发" in text


def test_a_signature_never_stands_on_a_page_without_text():
    for paragraphs in range(1, 26):
        texts = pages(to_pdf(circular(blocks=[Text("甲乙。\n" * paragraphs)])))
        signed = next(text for text in texts if "\n2025年11月21日" in text)

        assert "甲乙。" in signed


# --- lines


@pytest.mark.parametrize("width", range(3, 29))
def test_punctuation_neither_begins_nor_ends_a_line(width):
    lines = broken(SITUATION * 3, width)

    assert "".join(lines) == SITUATION * 3
    assert not [line for line in lines[1:] if line[0] in NOT_FIRST]
    assert not [line for line in lines[:-1] if line[-1] in NOT_LAST]


def test_a_number_or_word_stays_whole_when_it_fits():
    assert broken("本季度共召开会议2025次", 9) == ["本季度共召开会议", "2025次"]
    assert broken("W" * 30, 10) == [line for line in broken("W" * 30, 10) if line]
    assert "".join(broken("W" * 30, 10)) == "W" * 30


@pytest.mark.parametrize(
    "text", ["", " ", "，，，，，，，，，，", "（（（（（（（（", "a b " * 20, "中" * 50, "x" * 500]
)
def test_every_text_ends_and_nothing_is_cut(text):
    assert "".join(broken(text, 4)) == text


def test_a_row_grows_with_a_long_name():
    name = "阿卜杜热合曼·" * 30

    assert name in joined(to_pdf(Paper("册", DAY, [Table(["a", "姓名"], [["b", name]], widths=[4, 1])])))


# --- text is data


def test_a_sign_that_the_font_lacks_is_marked_and_explained():
    data = to_pdf(Paper("册", DAY, [Table(["姓名"], [["𠮷某"], ["买买提·吐尔逊"], ["䶮"]])]))

    assert "〓某" in joined(data)
    assert "U+20BB7" in joined(data)
    assert "买买提·吐尔逊" in joined(data)
    assert "䶮" in joined(data)
    assert "〓" not in joined(to_pdf(circular()))


def test_hostile_text_is_text():
    hostile = "\x00<b>&amp;</b><font color='red'>) Tj ET (\\\u202e" + "W" * 300
    names = dict.fromkeys(("title", "organ", "number", "addressee", "signer", "header", "footer"), hostile)
    blocks = [Text(hostile), Heading(hostile), Table([hostile, "b"], [[hostile, hostile]] * 3), Checklist([hostile])]
    data = to_pdf(circular(blocks=[*blocks, Signatures([hostile])], copies=[hostile], attachments=[hostile], **names))

    assert "<b>&amp;</b><font color='red'>) Tj ET (\\WWW" in joined(data)


@pytest.mark.parametrize("length", [40, 400, 4000])
def test_no_part_is_too_long_for_a_page(length):
    name = "某" * length
    blocks = [Table([name, "b"], [[name, name]], widths=[1, 9], caption=name, note=name), Signatures([name] * 3)]
    names = dict.fromkeys(("title", "organ", "number", "addressee", "signer", "header", "footer"), name)
    paper = circular(blocks=[*blocks, Heading(name), Record([[(name, name)]])], copies=[name], **names)

    assert joined(to_pdf(paper)).count("某") > 15 * length


# --- the file


def test_the_same_paper_gives_the_same_bytes(pdf):
    assert to_pdf(circular()) == pdf
    assert to_pdf(handbook()) == to_pdf(handbook())


def test_the_file_carries_no_font_and_no_link(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = {str(font.get("/BaseFont")) for page in document.pages for font in page.resources["/Font"].values()}
        assert "/STSong-Light" in fonts
        assert not [
            entry for entry in document.objects if isinstance(entry, pikepdf.Dictionary) and "/FontFile" in entry
        ]
        assert not [page for page in document.pages if "/Annots" in page]
        assert str(document.docinfo["/Author"]) == "中共清河县委教育体育工作委员会"


def test_a_roll_of_two_thousand_is_written_at_once():
    rows = [[number, f"党员{number}", "男", "汉族", "备注"] for number in range(2000)]
    begun = time.perf_counter()
    to_pdf(Paper("名册", DAY, [Table(["序号", "姓名", "性别", "民族", "备注"], rows)]))

    assert time.perf_counter() - begun < 30
