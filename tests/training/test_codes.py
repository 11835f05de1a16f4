"""The code of the screen: which windows count, what an altered one is worth, how the screen's text is read."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from training import codes

RULE = {"window": 15, "previous": 1, "code_digits": 6}
KEY, OTHER = UUID(int=7), UUID(int=8)
BEGIN = datetime(2026, 3, 2, 1, 0, 0, tzinfo=UTC)  # a window begins here


@pytest.mark.parametrize(
    ("seconds", "counts"),
    [(0, True), (14, True), (15, True), (29, True), (30, False), (31, False), (-1, False)],
    ids=["at once", "its last second", "as the one before", "to the end", "too old", "after 31 s", "not yet shown"],
)
def test_a_code_counts_in_its_window_and_the_next(seconds, counts):
    number = codes.window(BEGIN, RULE)
    at = BEGIN + timedelta(seconds=seconds)

    assert codes.is_right(KEY, codes.tag(KEY, number), at, RULE) is counts
    assert codes.are_right(KEY, codes.digits(KEY, number, RULE), at, RULE) is counts


def test_another_session_has_another_code():
    number = codes.window(BEGIN, RULE)

    assert not codes.is_right(OTHER, codes.tag(KEY, number), BEGIN, RULE)
    assert codes.digits(KEY, number, RULE) != codes.digits(OTHER, number, RULE)


def test_tag_and_digits_do_not_come_from_one_number():
    number = codes.window(BEGIN, RULE)

    assert len({codes.digits(KEY, number + step, RULE) for step in range(50)}) > 40
    assert all(len(codes.digits(KEY, number + step, RULE)) == 6 for step in range(50))


@pytest.mark.parametrize(
    "text",
    ["", "7", "7.", ".AAAAAAAAAAAAAAAA", "0.AAAAAAAAAAAAAAAA", "7.AAAAAAAAAAAAAAA", "7.AAAAAAAAAAAAAAAAA", "7.aaaaaaaaaaaaaaaa",
     "7.AAAAAAAAAAAAAAA1", "-7.AAAAAAAAAAAAAAAA", "７.AAAAAAAAAAAAAAAA", "7.AAAAAAAAAAAAAAAA\n", "9" * 19 + ".AAAAAAAAAAAAAAAA", None],
)  # fmt: skip
def test_what_is_no_code_is_not_read(text):
    assert codes.read(text) is None


def test_what_is_shown_can_be_read():
    assert codes.read(codes.text(41, KEY, 9)) == (41, codes.tag(KEY, 9))
    assert not codes.are_right(KEY, "１２３４５６", BEGIN, RULE)


def test_the_bar_counts_down():
    assert [codes.seconds_left(BEGIN + timedelta(seconds=each), RULE) for each in (0, 14, 15)] == [15, 1, 15]
