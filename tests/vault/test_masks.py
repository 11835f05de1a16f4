import pytest

from vault import mask_id_number, mask_phone


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("0874-3123456", "0874-*****56"),
        ("010-62345678", "010-******78"),
        ("3123456", "*****56"),
        ("13812345678/0874-3123456", "138****5678/0874-*****56"),
        ("400-123-4567", "**********67"),
        ("1234", "****"),
        ("", ""),
        (None, ""),
    ],
    ids=repr,
)
def test_a_phone_shows_no_more_than_its_owner_needs(phone, shown):
    assert mask_phone(phone) == shown


@pytest.mark.parametrize("number", ["990277197410260039", "990277741026003"])
def test_an_id_number_shows_no_digit_and_not_even_its_length(number):
    assert mask_id_number(number) == "*" * 18


def test_no_id_number_has_no_stars():
    assert mask_id_number("") == mask_id_number(None) == ""
