"""The columns of the national collection as offices fill them."""

from datetime import date

import pytest

from members.models import Member
from members.resources import RosterResource

ON = date(2025, 11, 20)


def read(key, cell):
    return RosterResource(on=ON).fields[key].widget.clean(cell)


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("1998-07", "1998-07"), ("1998.7", "1998-07"), ("1998年7月", "1998-07"), ("199807", "1998-07"), ("1998", "1998"),
        ("1998年", "1998"), ("1998-07-15", "1998-07-15"), (date(1998, 7, 1), "1998-07"),
    ],
)  # fmt: skip
def test_the_day_work_began_is_kept_as_far_as_it_is_known(cell, kept):
    assert read("work_began", cell) == kept
    Member._meta.get_field("work_began").run_validators(kept)


@pytest.mark.parametrize(
    ("key", "cell", "code"),
    [
        ("education", "省委党校本科", "20"), ("education", "中央党校研究生", "10"), ("degree", "学士学位", "4"), ("degree", "硕士", "3"),
        ("work", "教师", "11"), ("work", "退休教师", "51"), ("staffing", "全额事业编制", "public"), ("teaching_stage", "高中", "senior"),
        ("party_school", "省委党校", "provincial"), ("lost", "否", False), ("away", "是", True),
    ],
)  # fmt: skip
def test_the_words_of_offices_become_codes(key, cell, code):
    assert read(key, cell) == code


@pytest.mark.parametrize(
    "key", ["degree", "work", "staffing", "teaching_stage", "ethnicity", "education", "work_began"]
)
def test_an_unknown_word_is_a_warning_and_the_cell_is_left_out(key):
    widget = RosterResource(on=ON).fields[key].widget

    assert widget.warn
    with pytest.raises(ValueError, match=r"不在|不是|应为"):
        widget.clean("不知道")
