import datetime
import getpass
import io
import re
import zipfile

import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt
from lxml import etree

from office.paper import Break, Checklist, Heading, Paper, Record, Signatures, Table, Text
from office.word import to_word
from tests.office.papers import DAY, SCHOOLS, circular, handbook, opened, part

HOSTILE = '\x00\x07<w:p>&lt;{ HYPERLINK "http://x" }\u202e]]>\ufffe' + "W" * 300


@pytest.fixture(scope="module")
def word():
    return to_word(circular())


@pytest.fixture(scope="module")
def document(word):
    return opened(word)


def paragraph(document, text):
    return next(found for found in document.paragraphs if found.text.startswith(text))


def look(found):
    """(font of Chinese signs, size, is bold) of a paragraph's first run."""
    run = found.runs[0]
    return run._r.rPr.rFonts.get(qn("w:eastAsia")), run.font.size.pt, bool(run.font.bold)


# --- layout of the standard


def test_the_page_is_that_of_the_standard(document):
    section = document.sections[0]
    width = section.page_width.mm - section.left_margin.mm - section.right_margin.mm
    height = section.page_height.mm - section.top_margin.mm - section.bottom_margin.mm

    assert [round(side.mm) for side in (section.page_width, section.page_height)] == [210, 297]
    assert abs(section.top_margin.mm - 37) < 1
    assert abs(section.left_margin.mm - 28) < 1
    assert abs(width - 156) < 0.1
    assert abs(height - 225) < 0.1


def test_a_page_holds_22_lines_of_28_signs(document):
    normal = document.styles["Normal"].element
    line = int(normal.pPr.find(qn("w:spacing")).get(qn("w:line"))) / 20
    sign = 16 + int(normal.rPr.find(qn("w:spacing")).get(qn("w:val"))) / 20

    assert (225 * 72 / 25.4) // line == 22
    assert (156 * 72 / 25.4) // sign == 28
    assert 28 <= line <= 30


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("中共清河县委教育体育工作委员会文件", ("方正小标宋简体", 25, False)),
        ("全县中小学校", ("方正小标宋简体", 22, False)),
        ("各中小学校党组织", ("仿宋_GB2312", 16, False)),
        ("一、总体情况", ("黑体", 16, False)),
        ("（一）开展较好的党组织", ("楷体_GB2312", 16, False)),
        ("1.数据情况", ("仿宋_GB2312", 16, True)),
        ("附件1", ("黑体", 16, False)),
        ("现将", ("仿宋_GB2312", 16, False)),
    ],
)
def test_each_part_has_its_font_and_size(document, text, expected):
    assert look(paragraph(document, text)) == expected


def test_every_run_names_its_chinese_font(word):
    for name in ("word/document.xml", "word/footer1.xml", "word/footer2.xml"):
        root = etree.fromstring(part(word, name).encode())
        runs = list(root.iter(qn("w:r")))
        fonts = [run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}") for run in runs]

        assert runs
        assert all(found is not None and found.get(qn("w:eastAsia")) for found in fonts)


def test_other_names_of_the_fonts_are_in_the_font_table(word):
    table = part(word, "word/fontTable.xml")

    assert re.search(r'w:name="方正小标宋简体"><w:altName w:val="[^"]*华文中宋[^"]*SimSun"', table)
    assert re.search(r'w:name="仿宋_GB2312"><w:altName w:val="仿宋,FangSong', table)


def test_paragraphs_begin_two_signs_in_and_the_addressee_at_the_edge(document):
    assert paragraph(document, "现将")._p.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == "200"
    assert paragraph(document, "各中小学校")._p.pPr.find(qn("w:ind")) is None


def test_the_red_mark_and_the_red_rule(document):
    mark, number = (
        paragraph(document, "中共清河县委教育体育工作委员会文件"),
        paragraph(document, "清教体工委〔2025〕18号"),
    )
    rule = number._p.pPr.find(f"{qn('w:pBdr')}/{qn('w:bottom')}")

    assert str(mark.runs[0].font.color.rgb) == "FF0000"
    assert rule.get(qn("w:color")) == "FF0000"
    assert number.alignment == WD_ALIGN_PARAGRAPH.CENTER


def test_signature_date_attachments_and_imprint_stand_in_order(document):
    texts = [found.text for found in document.paragraphs if found.text.strip()]
    wanted = [
        "附件：1.各党组织完成情况明细表", "　　　2.整改事项清单", "中共清河县委教育体育工作委员会", "2025年11月21日",
        "附件1", "附件2",
        "　抄送：县委办公室，县委组织部，县委教育体育工作领导小组各成员单位，驻县各职业院校党组织。",
        "　中共清河县委教育体育工作委员会\t2025年11月21日印发",
    ]  # fmt: skip

    assert [text for text in texts if text in wanted] == wanted
    assert paragraph(document, "2025年11月21日").alignment == WD_ALIGN_PARAGRAPH.RIGHT


def test_the_signature_stays_with_the_last_text():
    document = opened(to_word(circular(blocks=[Text("甲\n乙")])))
    texts = [found.text for found in document.paragraphs]
    kept = document.paragraphs[texts.index("乙") : texts.index("2025年11月21日")]

    assert len(kept) == 4
    assert all(found.paragraph_format.keep_with_next for found in kept)


def test_the_date_of_a_short_signer_is_four_signs_from_the_edge():
    document = opened(to_word(circular(signer="县委办")))

    assert paragraph(document, "2025年11月21日")._p.pPr.find(qn("w:ind")).get(qn("w:rightChars")) == "400"


def test_the_imprint_is_framed_at_the_foot_of_the_page(document):
    last = document.paragraphs[-2]

    assert last._p.pPr.find(qn("w:framePr")).get(qn("w:yAlign")) == "bottom"
    assert last._p.pPr.find(f"{qn('w:pBdr')}/{qn('w:bottom')}") is not None


def test_page_numbers_are_on_the_outer_side(document, word):
    section = document.sections[0]
    odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]

    assert document.settings.odd_and_even_pages_header_footer
    assert (odd.alignment, even.alignment) == (WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.LEFT)
    for footer in (odd, even):
        assert footer.text == "—  —"
        assert look(footer) == ("宋体", 14, False)
        assert [code.text for code in footer._p.iter(qn("w:instrText"))] == ["PAGE"]
    assert "instrText" not in part(word, "word/document.xml")


# --- blocks


def test_headings_are_in_the_navigation(document):
    assert [found.text for found in document.paragraphs if found.style.name.lower() == "heading 1"] == [
        "一、总体情况", "二、存在问题", "三、工作要求",
    ]  # fmt: skip


def test_bold_runs_stand_in_their_paragraph(document):
    runs = paragraph(document, "本季度").runs

    assert [run.text for run in runs if run.font.bold] == ["128次", "覆盖率100%"]


def test_a_table_repeats_its_head_and_fills_the_line():
    rows = [[number, f"党员{number}", "备注"] for number in range(200)]
    (table,) = opened(to_word(Paper("名册", DAY, [Table(["序号", "姓名", "备注"], rows)]))).tables

    assert len(table._tbl.tr_lst) == 201
    assert [row.trPr.find(qn("w:tblHeader")) is not None for row in table._tbl.tr_lst[:3]] == [True, False, False]
    assert sum(int(column.get(qn("w:w"))) for column in table._tbl.tblGrid) == round(156 * 72 / 25.4 * 20)
    assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in table._tbl.tr_lst)


def test_a_row_of_long_text_may_go_over_the_page():
    (table,) = opened(to_word(Paper("记录", DAY, [Record([[("内容", "很长。" * 2000)]])]))).tables

    assert table._tbl.tr_lst[0].trPr is None or table._tbl.tr_lst[0].trPr.find(qn("w:cantSplit")) is None
    assert len(table.rows[0].cells[1].text) == 6000


def test_an_empty_table_says_so():
    (table,) = opened(to_word(Paper("表", DAY, [Table(["年度", "等次"], [])]))).tables

    assert table.rows[1].cells[0].text == "无"


def test_a_handbook_has_a_cover_turned_pages_and_every_block():
    document = opened(to_word(handbook()))
    first, turned, last = document.sections

    assert first.different_first_page_header_footer
    assert not turned.different_first_page_header_footer
    assert first.first_page_footer.paragraphs[0].text == ""
    assert [section.page_width > section.page_height for section in document.sections] == [False, True, False]
    assert document.tables[5].rows[0].cells[0].text == "主持人签字："
    assert paragraph(document, "二、党员名册").paragraph_format.page_break_before
    assert not paragraph(document, "六、考核结果").paragraph_format.page_break_before
    assert paragraph(document, "本手册").paragraph_format.page_break_before
    assert last.footer.is_linked_to_previous


def test_a_landscape_paper_is_turned_from_the_beginning():
    (section,) = opened(to_word(Paper("公开表", DAY, [Table(["项目"], [["党费"]])], landscape=True))).sections

    assert section.page_width > section.page_height
    assert round(section.page_width.mm - section.left_margin.mm - section.right_margin.mm) == 225


@pytest.mark.parametrize("is_draft", [True, False])
def test_a_draft_says_so_on_each_page(is_draft):
    section = opened(to_word(handbook(is_draft=is_draft))).sections[0]

    for header in (section.header, section.even_page_header, section.first_page_header):
        assert ("草　稿" in [found.text for found in header.paragraphs]) is is_draft


def test_a_break_at_the_end_or_in_front_of_a_table_makes_no_empty_line():
    document = opened(to_word(Paper("表", DAY, [Text("甲"), Break(), Break(), Table(["a"], [["b"]]), Break()])))

    assert len(document.element.xpath("//w:pageBreakBefore")) == 1


# --- text is data


@pytest.mark.parametrize("name", ["𠮷野家", "买买提·吐尔逊", "䶮", "阿卜杜热合曼·" * 12, "W" * 200])
def test_rare_and_long_names_arrive_whole(name):
    blocks = [Text(name), Heading(name), Table(["姓名"], [[name]]), Record([[("姓名", name)]]), Checklist([name])]
    document = opened(to_word(Paper(name, DAY, [*blocks, Signatures([name])], signer=name)))

    assert [table.rows[-1].cells[-1].text for table in document.tables[:2]] == [name, name]
    assert {"一、" + name, name, "［　］" + name} <= {found.text for found in document.paragraphs}


def test_hostile_text_is_text():
    blocks = [Text(HOSTILE), Heading(HOSTILE), Table([HOSTILE, "b"], [[HOSTILE, HOSTILE]]), Checklist([HOSTILE])]
    names = dict.fromkeys(("title", "organ", "number", "addressee", "signer", "header", "footer"), HOSTILE)
    data = to_word(circular(blocks=blocks, copies=[HOSTILE], attachments=[HOSTILE], **names))
    document = opened(data)

    assert '<w:p>&lt;{ HYPERLINK "http://x" }]]>' in document.tables[0].rows[1].cells[0].text
    assert "hyperlink" not in part(data, "word/document.xml").replace("HYPERLINK", "")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            etree.fromstring(archive.read(name))
            assert b'TargetMode="External"' not in archive.read(name)


# --- the file

# Word refuses a file whose properties stand in another order than the schema's; these are the ones that are written.
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl pBdr tabs snapToGrid spacing ind jc outlineLvl "
    "rPr sectPr",
    "rPr": "rFonts b i color spacing sz szCs lang",
    "pBdr": "top left bottom right between",
    "tblPr": "tblW jc tblBorders tblLayout tblCellMar",
    "tblBorders": "top left bottom right insideH insideV",
    "tcPr": "tcW gridSpan tcBorders vAlign",
    "sectPr": "headerReference footerReference type pgSz pgMar pgNumType cols titlePg docGrid",
    "settings": "defaultTabStop evenAndOddHeaders characterSpacingControl compat",
    "style": "name basedOn qFormat pPr rPr",
    "font": "altName charset family pitch",
}


@pytest.mark.parametrize(
    "paper",
    [circular(mark="某县委文件", is_draft=True), handbook(is_draft=True, copies=["甲"]), circular(landscape=True)],
    ids=["circular", "handbook", "landscape"],
)
def test_properties_stand_in_the_order_of_the_schema(paper):
    data, seen = to_word(paper), set()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        roots = [etree.fromstring(archive.read(name)) for name in archive.namelist() if name.startswith("word/")]
    for found in (element for root in roots for element in root.iter() if isinstance(element.tag, str)):
        name = etree.QName(found).localname
        if name in ORDER:
            order, seen = ORDER[name].split(), seen | {name}
            places = [order.index(etree.QName(child).localname) for child in found]
            assert places == sorted(places), etree.tostring(found)

    assert seen == set(ORDER)


def test_the_same_paper_gives_the_same_bytes(word):
    assert to_word(circular()) == word
    assert to_word(handbook()) == to_word(handbook())


def test_the_file_names_the_organ_and_the_papers_day_and_nobody_else(document, word):
    properties = document.core_properties

    assert properties.author == "中共清河县委教育体育工作委员会"
    assert properties.last_modified_by == properties.comments == ""
    assert properties.created.date() == properties.modified.date() == DAY
    with zipfile.ZipFile(io.BytesIO(word)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(2025, 11, 21)}
        assert not [name for name in archive.namelist() if "thumbnail" in name or "customXml" in name]
    assert b"python-docx" not in everything
    assert b"Macintosh" not in everything
    assert getpass.getuser().encode() not in properties.author.encode()


def test_a_paper_of_long_ago_can_be_written():
    assert opened(to_word(Paper("旧档", datetime.date(1921, 7, 1)))).core_properties.created.year == 1921


def test_titles_of_one_line_leave_room_for_the_next(document):
    assert document.styles["Title"].paragraph_format.line_spacing >= Pt(28)
    assert [cell.text for cell in document.tables[1].columns[0].cells] == ["党组织", *SCHOOLS]
