"""Pictures in a paper, as Word and as PDF."""

import io

import pikepdf
import pytest

from office.paper import LETTERHEAD, Paper, Text
from office.pdf import to_pdf
from office.pictures import TALLEST, Picture, Pictures, size
from office.word import to_word
from tests.factories_files import photo
from tests.office.papers import DAY, opened


def report(count, **fields):
    items = [Picture(photo(size=(320, 240), shade=place), f"开班式{place}") for place in range(count)]
    return Paper("培训简报", dated=DAY, blocks=[Text("有关情况如下。"), Pictures(items), Text("特此报告。")], **fields)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_each_picture_is_in_the_word_file_once_with_its_words(count):
    document = opened(to_word(report(count)))

    assert len(document.inline_shapes) == count
    parts = {part.partname for part in document.part.package.iter_parts() if "/media/" in str(part.partname)}
    assert len(parts) == count
    words = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert words == [f"开班式{place}" for place in range(count)]
    (table,) = document.tables
    assert [cell.text.strip() for row in table.rows for cell in row.cells][:count] == words


def test_no_pictures_leave_no_trace():
    document = opened(to_word(report(0)))
    assert not document.tables
    assert not document.inline_shapes


def test_the_same_paper_gives_the_same_bytes():
    assert to_word(report(3)) == to_word(report(3))
    assert to_pdf(report(3)) == to_pdf(report(3))


def test_each_picture_is_in_the_pdf():
    with pikepdf.open(io.BytesIO(to_pdf(report(4)))) as found:
        assert sum(len(page.get_images()) for page in found.pages) == 4


@pytest.mark.parametrize(
    ("pixels", "points"),
    [((320, 240), (200, 150)), ((100, 1000), (TALLEST / 10, TALLEST)), ((10, 10), (200, 200))],
    ids=["wide", "tall", "small"],
)
def test_a_picture_fills_its_place_and_is_never_too_tall(pixels, points):
    assert size(*pixels, 200) == points


def test_a_report_goes_up_under_its_own_word():
    paper = report(0, kind=LETTERHEAD, organ="县教育体育工委", copies=["县委组织部"], copies_label="报送")
    assert paper.copies_line == "报送：县委组织部。"
    assert any(paragraph.text == "　报送：县委组织部。" for paragraph in opened(to_word(paper)).paragraphs)
