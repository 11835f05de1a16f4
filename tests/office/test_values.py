import csv
import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from office.reader import Faulty, Imprecise, read
from office.table import Column, find_table
from office.values import (
    clean_name,
    graphemes,
    id_birth_on,
    id_sex,
    parse_choice,
    parse_count,
    parse_date,
    parse_id_number,
    parse_month,
    parse_phone,
)

DATA = Path(__file__).parents[2].parent / "shared" / "data"
PARTY_DAY = datetime.date(2021, 7, 1)


@pytest.mark.parametrize(
    "parse", [parse_date, parse_month, clean_name, parse_id_number, parse_phone, parse_count, parse_choice]
)
def test_a_cell_that_holds_an_error_is_no_value_of_any_kind(parse):
    with pytest.raises(ValueError, match=r"单元格是错误值 #REF!，请改正后重新上传"):
        parse(Faulty("#REF!"), *([{}] if parse is parse_choice else []))


@pytest.mark.parametrize("parse", [parse_date, parse_month, parse_count])
@pytest.mark.parametrize("blank", [None, "", " 　"])
def test_a_blank_cell_is_none(parse, blank):
    assert parse(blank) is None
    assert parse_choice(blank, {"男": 1}) is None


@pytest.mark.parametrize("blank", [None, "", " 　"])
def test_a_blank_text_is_empty(blank):
    assert (parse_phone(blank), parse_id_number(blank), clean_name(blank)) == ("", "", ("", False))


# --- dates


@pytest.mark.parametrize(
    "value",
    [
        "2021-07-01",
        "2021.07.01",
        "2021.7.1",
        "2021/7/1",
        "20210701",
        20210701,
        "2021年7月1日",
        "2021年07月01日",
        "2021年7月1",
        "２０２１－０７－０１",
        "２０２１年７月１日",
        " 2021 年 7 月 1 日 ",
        "2021 - 07 - 01",
        44378,
        44378.5,
        "44378",
        PARTY_DAY,
        datetime.datetime.combine(PARTY_DAY, datetime.time(23, 59)),
        "2021-07-01T08:30:00",
        "2021-07-01 08:30",
        "2021/7/1 0:00:00",
    ],
    ids=repr,
)
def test_every_spelling_of_a_day_is_read(value):
    assert parse_date(value) == PARTY_DAY


def test_bare_day_numbers_of_a_1904_workbook_count_from_1904():
    assert parse_date(42916, date1904=True) == PARTY_DAY
    assert parse_date(PARTY_DAY, date1904=True) == PARTY_DAY


@pytest.mark.parametrize(
    "value", ["2021.7", "202107", 202107, 2021.7, "2021年7月", "2021-07", "２０２１．７"], ids=repr
)
def test_a_month_is_no_day_and_no_day_is_invented(value):
    with pytest.raises(ValueError, match="只写到月，请补上日"):
        parse_date(value)
    assert parse_month(value) == (2021, 7)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2021-13-01", "没有 13 月"),
        ("20210001", "没有 0 月"),
        ("2021.13", "没有 13 月"),
        ("2021-02-30", "2021 年 2 月没有 30 日"),
        ("2021-02-29", "2 月没有 29 日"),
        ("2021-07-00", "7 月没有 0 日"),
        ("0021-07-01", "年份 21 不合理"),
        ("2021", "只写到年"),
        (2021, "只写到年"),
        ("2021年", "只写到年"),
        ("2021-7.1", "不是能识别的日期"),
        ("2021-06-30T23:00:00Z", "不是能识别的日期"),
        ("去年七月", "不是能识别的日期"),
        (12, "不是能识别的日期"),
        (9999, "不是能识别的日期"),
        (73416, "不是能识别的日期"),
        (True, "不是能识别的日期"),
        (44378.25e9, "不是能识别的日期"),
    ],
    ids=repr,
)
def test_what_is_no_date_is_refused_with_the_reason(value, message):
    with pytest.raises(ValueError, match=message):
        parse_date(value)


def test_29_february_exists_in_a_leap_year():
    assert parse_date("2024-02-29") == datetime.date(2024, 2, 29)


@given(st.dates(datetime.date(1925, 1, 1), datetime.date(2099, 12, 31)))
def test_a_date_survives_every_spelling(on):
    serial = (on - datetime.date(1899, 12, 30)).days
    spellings = [
        on.isoformat(),
        f"{on:%Y.%m.%d}",
        f"{on.year}/{on.month}/{on.day}",
        f"{on:%Y%m%d}",
        int(f"{on:%Y%m%d}"),
    ]
    spellings += [f"{on.year}年{on.month}月{on.day}日", *([serial] if serial >= 10_000 else [])]
    assert {parse_date(spelling) for spelling in spellings} == {on}


def test_a_month_is_read_from_a_full_date_too():
    assert parse_month("2021-07-01") == parse_month(PARTY_DAY) == (2021, 7)


def test_the_number_2021_1_may_be_january_or_october():
    with pytest.raises(ValueError, match="1 月还是 10 月"):
        parse_month(2021.1)
    assert parse_month("2021.1") == (2021, 1)
    assert parse_month("2021.10") == (2021, 10)
    assert parse_month(2021.11) == (2021, 11)


# --- names


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("王芳", "王芳"),
        ("王　芳", "王芳"),
        (" 王 芳 ", "王芳"),
        ("欧阳 小 美", "欧阳小美"),
        ("买买提•艾合买提", "买买提·艾合买提"),
        ("买买提‧艾合买提", "买买提·艾合买提"),
        ("买买提・艾合买提", "买买提·艾合买提"),
        ("买买提 · 艾合买提", "买买提·艾合买提"),
        ("买买提·艾合买提", "买买提·艾合买提"),
        ("Anna  Louise Strong", "Anna Louise Strong"),
        ("𠮷田敏", "𠮷田敏"),
        ("𠮷　敏", "𠮷敏"),
        ("𬭼", "𬭼"),
        ("葛\U000e0100 城", "葛\U000e0100城"),
        ("王\u200b芳", "王芳"),
        ("\ufeff王芳", "王芳"),
        ("㐂", "㐂"),
        ("Ａnna", "Ａnna"),
    ],
    ids=repr,
)
def test_a_name_is_cleaned_of_its_typing_and_of_nothing_else(written, name):
    assert clean_name(written) == (name, written != name)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("王\ue000", "自造字"),
        ("\U000f0000芳", "自造字"),
        ("王\ufffd", "乱码"),
        ("王\x07", "乱码"),
        ("王" * 51, "超过 50 个字"),
        (123, "不是文字"),
    ],
    ids=["private use", "private plane", "replacement", "control", "51 characters", "number"],
)
def test_a_name_that_cannot_be_kept_is_refused(written, message):
    with pytest.raises(ValueError, match=message):
        clean_name(written)


def test_fifty_characters_are_counted_as_a_reader_counts_them():
    name = "葛\U000e0100" * 50
    assert graphemes(name) == 50
    assert clean_name(name) == (name, False)


# --- ID numbers


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("99049319710915481X", "99049319710915481X"),
        ("99049319710915481x", "99049319710915481X"),
        ("９９０４９３１９７１０９１５４８１Ｘ", "99049319710915481X"),
        (" 990493 19710915 481X ", "99049319710915481X"),
        ("990493710915481", "99049319710915481X"),
    ],
    ids=["proper", "small x", "full-width", "spaced", "15 digits"],
)
def test_an_id_number_is_brought_to_one_form(written, number):
    assert parse_id_number(written) == number


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (Imprecise(990493197109154800), "为数值，末位已失真"),
        (990493710915481, "为数值"),
        ("9.90493E+17", "为数值"),
        ("990493197109154810", "校验位错误"),
        ("99049319710915418X", "校验位错误"),
        ("99049319710915481", "现为 17 位"),
        ("99049319710915481Y", "18 位"),
        ("990493199902310015", "校验位错误|出生日期不存在"),
        ("990493711315481", "出生日期不存在"),
    ],
    ids=["number", "short number", "scientific", "check digit", "swapped", "17", "letter", "31 February", "month 13"],
)
def test_a_wrong_id_number_is_refused_without_repeating_it(written, message):
    with pytest.raises(ValueError, match=message) as caught:
        parse_id_number(written)
    assert str(written) not in str(caught.value)


def test_birth_and_sex_stand_in_the_number():
    assert id_birth_on("99049319710915481X") == datetime.date(1971, 9, 15)
    assert id_sex("99049319710915481X") == "男"
    assert id_sex("990885199210110054") == "男"
    assert id_sex("99091719950606042X") == "女"


def test_the_roster_s_wrong_id_numbers_are_found_and_no_others():
    if not (DATA / "planted-errors.csv").exists():
        pytest.skip("the county's own workbooks are kept outside the repository and are not on this machine")
    with (DATA / "planted-errors.csv").open(encoding="utf-8-sig") as file:
        planted = {row["cell"]: row["kind"] for row in csv.DictReader(file) if row["kind"].startswith("身份证号")}
    roster = DATA / "党员花名册.xlsx"
    columns = [Column("name", "姓名", identity=True, required=True), Column("id", "公民身份号码", required=True)]
    table = find_table(read(roster.read_bytes(), roster.name), columns, kind_label="党员花名册")

    found = {}
    for number, values in table.rows:
        try:
            parse_id_number(values["id"])
        except ValueError as error:
            found[table.cell(number, "id")] = str(error)
    assert found.keys() == {cell for cell, kind in planted.items() if kind != "身份证号重复"}
    assert all(message.startswith(planted[cell]) for cell, message in found.items())


# --- the rest


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("13812345678", "13812345678"),
        (13812345678, "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("+86 138 1234 5678", "13812345678"),
        ("0874-3123456", "0874-3123456"),
        ("(0874)3123456", "0874-3123456"),
        ("010－12345678", None),
        ("010－62345678", "010-62345678"),
        ("3123456", "3123456"),
        ("0874-3123456-801", "0874-3123456-801"),
        ("13812345678/0874-3123456", "13812345678/0874-3123456"),
        ("13812345678、13912345678", "13812345678/13912345678"),
        ("13812345678 / ", "13812345678"),
        ("400-123-4567", "400-123-4567"),
        ("1381234567", None),
        ("138123456789", None),
        ("电话", None),
        (1381234567.5, None),
        (True, None),
        (Imprecise(13812345678138123), None),
    ],
    ids=repr,
)
def test_phones_are_taken_leniently_and_doubted_without_repeating_them(written, phone):
    if phone is not None:
        assert parse_phone(written) == phone
    else:
        with pytest.raises(ValueError, match="联系电话") as caught:
            parse_phone(written)
        assert str(written) not in str(caught.value) or written == "电话"


@pytest.mark.parametrize(
    ("written", "count"),
    [(12, 12), (12.0, 12), ("12", 12), ("12.0", 12), ("12人", 12), ("１２ 人", 12), (0, 0), ("0", 0)],
    ids=repr,
)
def test_a_count_is_a_whole_number(written, count):
    assert parse_count(written) == count


@pytest.mark.parametrize("written", [-1, "-1", 12.5, "十二", "12/15", True, "1e3", PARTY_DAY], ids=repr)
def test_what_is_no_count_is_refused(written):
    with pytest.raises(ValueError, match="应为整数"):
        parse_count(written)


def test_a_choice_is_matched_without_spaces_and_named_when_unknown():
    kinds = {"正式党员": "full", "预备党员": "probationary"}
    assert parse_choice(" 正式　党员 ", kinds) == "full"
    with pytest.raises(ValueError, match="“群众”不在可选范围内，应为：正式党员、预备党员"):
        parse_choice("群众", kinds)
