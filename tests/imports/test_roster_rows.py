"""What a row of 党员花名册 may and may not say."""

from datetime import date, timedelta

import pytest

import vault
from branches.models import Branch
from members.models import Member, Membership
from tests.imports import county, layouts
from tests.imports.county import GRADE_ONE, TOWN, id_number

BORN = date(1990, 1, 1)
JOINED = date(2012, 7, 1)
CELL = dict(zip(county.roster().headings, "ABCDEFGHIJ", strict=True))


def with_cells(**cells):
    """The county's roster whose second row (row 3 of the sheet) has other cells."""
    return layouts.xlsx(county.roster().with_row(1, **cells))


def only_error(found, key, row=3):
    """The message of the plan's one error, which stands in that column."""
    assert list(county.said(found)) == [f"{CELL[key]}{row}"], county.said(found)
    return found.errors[0].message


# --- blank and unreadable cells


@pytest.mark.parametrize("key", ["branch", "name", "id_number", "joined_on", "kind"])
@pytest.mark.parametrize("blank", [None, " ", "　"], ids=["empty", "a blank", "a full-width blank"])
def test_a_blank_in_a_required_cell_is_named(organised, key, blank):
    found = county.plan(with_cells(**{key: blank}))

    assert "未填，请补上" in only_error(found, key)
    assert len(found.good) == len(found.rows) - 1


@pytest.mark.parametrize("key", ["sex", "birth_on", "converted_on", "posts", "phone"])
def test_a_blank_in_any_other_cell_is_no_fault(organised, key):
    found = county.plan(with_cells(**{key: None}))

    assert not found.errors


@pytest.mark.parametrize(("key", "typed"), [("sex", "X"), ("phone", "12345"), ("posts", "大组长")])
def test_what_can_be_mended_later_is_a_warning_and_the_row_goes_in(organised, key, typed):
    file = with_cells(**{key: typed})
    found = county.plan(file)

    assert not found.errors
    assert f"{CELL[key]}3" in [problem.cell for problem in found.warnings]
    assert county.bring(file) == (9, 0)


@pytest.mark.parametrize(("key", "typed"), [("phone", "12345"), ("id_number", "99010119900101000")])
def test_a_classified_cell_is_never_quoted(organised, key, typed):
    (problem,) = county.plan(with_cells(**{key: typed})).problems

    assert (problem.typed, typed in problem.message) == ("", False)


# --- names


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("王　芳", "王芳"),
        ("王 芳", "王芳"),
        ("买买提•艾合买提", "买买提·艾合买提"),
        ("买买提・艾合买提", "买买提·艾合买提"),
        ("买买提 · 艾合买提", "买买提·艾合买提"),
        ("𠮷田敏", "𠮷田敏"),
        ("𬭼小明", "𬭼小明"),
        ("阿依古丽·买买提·吐尔逊", "阿依古丽·买买提·吐尔逊"),
    ],
)
def test_a_name_is_kept_as_people_write_it(organised, typed, stored):
    file = with_cells(name=typed, posts=None)
    assert not county.plan(file).problems

    county.bring(file)

    number = county.roster().rows[1]["id_number"]
    assert Member.objects.get(id_number_index=vault.index_for(Member, "id_number", number)).name == stored


def test_a_private_character_is_refused(organised):
    found = county.plan(with_cells(name="王\ue000芳"))

    assert "自造字" in only_error(found, "name")


# --- ID numbers


def test_a_small_x_is_a_large_one(organised):
    number = next(number for serial in range(100, 200, 2) if (number := id_number(BORN, serial))[-1] == "X")

    county.bring(with_cells(id_number=number.lower(), sex="女"))

    assert Member.objects.filter(id_number_index=vault.index_for(Member, "id_number", number)).exists()


def test_full_width_digits_and_blanks_are_read(organised):
    number = county.roster().rows[1]["id_number"]
    wide = number.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})

    found = county.plan(with_cells(id_number=f"{wide[:6]} {wide[6:14]}　{wide[14:]}"))

    assert found.rows[1].values["id_number"] == number


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (99010119900101013, "末位已失真"),
        (9.90101199001010e17, "末位已失真"),
        ("9.90101E+17", "末位已失真"),
        ("9901011990010101", "应为 18 位"),
        ("990101199002300133", "校验位错误"),
        ("暂无", "应为 18 位"),
    ],
    ids=["a number", "a long number", "scientific", "16 digits", "wrong check digit", "a word"],
)
def test_an_id_number_that_is_none_is_refused(organised, typed, message):
    assert message in only_error(county.plan(with_cells(id_number=typed)), "id_number")


@pytest.mark.parametrize(
    ("key", "typed", "message"), [("birth_on", date(1991, 1, 1), "出生日期"), ("sex", "女", "性别")]
)
def test_birth_and_sex_against_the_number_are_warnings(organised, key, typed, message):
    found = county.plan(with_cells(**{key: typed}))

    assert [(problem.cell, problem.level) for problem in found.problems] == [(f"{CELL[key]}3", "warning")]
    assert message in found.problems[0].message


def test_a_second_row_of_one_number_names_the_first(organised):
    first = county.roster().rows[0]

    found = county.plan(with_cells(id_number=first["id_number"]))

    assert only_error(found, "id_number") == "身份证号重复，与 E2 相同，请保留一行"


# --- dates


@pytest.mark.parametrize(
    "typed",
    [
        date(2012, 7, 1),
        "2012-07-01",
        "2012.07.01",
        "2012.7.1",
        "2012/7/1",
        "20120701",
        "2012年7月1日",
        "２０１２－０７－０１",
        " 2012-07-01 ",
        "2012年07月01日",
        41091,
        "41091",
        20120701,
        "2012-07-01 00:00:00",
        "2012年7月1号",
    ],
    ids=str,
)
def test_a_date_is_read_in_every_spelling(organised, typed):
    found = county.plan(with_cells(joined_on=typed))

    assert found.rows[1].values["joined_on"] == JOINED
    assert not found.problems


@pytest.mark.parametrize("typed", ["2012.7", "2012年7月", "201207", "2012-07", "2012/07"])
def test_a_month_alone_is_refused_and_no_day_invented(organised, typed):
    assert "只写到月，请补上日" in only_error(county.plan(with_cells(joined_on=typed)), "joined_on")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("2012年", "只写到年"),
        ("2012-02-30", "没有 30 日"),
        ("2012.13.01", "没有 13 月"),
        ("不详", "不是能识别的日期"),
        ("0212-07-01", "不合理"),
    ],
)
def test_a_date_that_is_none_is_refused(organised, typed, message):
    assert message in only_error(county.plan(with_cells(joined_on=typed)), "joined_on")


@pytest.mark.parametrize("key", ["birth_on", "joined_on", "converted_on"])
def test_a_date_after_today_is_refused(organised, key):
    tomorrow = county.TODAY + timedelta(days=1)
    others = {"joined_on": None} if key == "birth_on" else {}

    found = county.plan(with_cells(**{key: tomorrow}, **others))

    assert "在今天以后，请核对" in county.said(found)[f"{CELL[key]}3"]


@pytest.mark.parametrize(
    ("joined_on", "lawful"),
    [(date(2008, 1, 1), True), (date(2007, 12, 31), False)],
    ids=["18 to the day", "a day short"],
)
def test_nobody_joins_before_18(organised, joined_on, lawful):
    found = county.plan(with_cells(joined_on=joined_on, converted_on=joined_on + timedelta(days=400)))

    assert lawful == (not found.errors)
    assert lawful or "入党时未满18周岁" in only_error(found, "joined_on")


def test_the_id_number_tells_the_age_when_no_birth_date_is_given(organised):
    found = county.plan(with_cells(birth_on=None, joined_on=date(2007, 12, 31), converted_on=None))

    assert "入党时未满18周岁" in only_error(found, "joined_on")


@pytest.mark.parametrize(
    ("joined_on", "converted_on", "message"),
    [
        (date(2012, 7, 1), date(2012, 6, 30), "转正早于入党"),
        (date(2012, 7, 1), date(2013, 6, 30), "预备期不足12个月"),
        (date(2012, 7, 1), date(2013, 7, 1), ""),
        (date(2012, 2, 29), date(2013, 2, 27), "预备期不足12个月"),
        (date(2012, 2, 29), date(2013, 2, 28), ""),
    ],
    ids=["before joining", "364 days", "a year", "29 to 27 February", "29 to 28 February"],
)
def test_probation_lasts_a_year(organised, joined_on, converted_on, message):
    found = county.plan(with_cells(joined_on=joined_on, converted_on=converted_on))

    assert county.said(found).keys() == ({"G3"} if message else set())
    assert not message or message in county.said(found)["G3"]


@pytest.mark.parametrize(
    ("joined_on", "judged"),
    [(date(1977, 8, 17), False), (date(1977, 8, 18), True)],
    ids=["before the rule", "on its first day"],
)
def test_probation_is_judged_from_the_eleventh_congress_on(organised, joined_on, judged):
    cells = {"birth_on": date(1955, 1, 20), "id_number": id_number(date(1955, 1, 20), 27), "joined_on": joined_on}

    found = county.plan(with_cells(**cells, converted_on=joined_on + timedelta(days=100)))

    assert judged == bool(found.errors)


# --- where a member belongs


def test_a_full_member_without_a_day_of_conversion_is_a_full_member(organised):
    county.bring(with_cells(converted_on=None))

    membership = Membership.objects.get(member__name="赵铁柱")
    assert (membership.kind, membership.started_on, membership.start_estimated) == (Membership.Kind.FULL, JOINED, True)


def test_a_membership_has_its_probation_before_its_full_time(organised):
    county.bring(layouts.xlsx(county.roster()))

    rows = Membership.objects.filter(member__name="赵铁柱").order_by("started_on")
    assert [(row.kind, row.started_on, row.ended_on, row.start_estimated) for row in rows] == [
        ("probationary", JOINED, date(2013, 6, 30), True),
        ("full", date(2013, 7, 1), None, False),
    ]


def test_a_membership_opens_no_earlier_than_the_branch(organised):
    county.bring(layouts.xlsx(county.roster()))

    membership = Membership.objects.get(member__name="何其正")
    assert (membership.started_on, membership.start_estimated) == (date(2016, 2, 29), True)


def test_a_branch_nobody_knows_is_named(organised):
    found = county.plan(with_cells(branch="中共青禾县撤销学校支部委员会"))

    assert only_error(found, "branch").startswith("党组织不存在：系统中没有“中共青禾县撤销学校支部委员会”")


def test_members_belong_to_branches(organised):
    assert "党员应编入党支部" in only_error(county.plan(with_cells(branch=county.COMMITTEE)), "branch")


def test_brackets_and_blanks_do_not_make_another_branch(organised):
    Branch.objects.filter(name=GRADE_ONE).update(name="中共青禾县第一中学（高一年级）支部委员会")
    table = county.roster()
    names = iter(
        [
            "中共青禾县第一中学(高一年级)支部委员会",
            "中共 青禾县第一中学（高一年级） 支部委员会",
            "中共青禾县第一中学（高一年级)支部委员会　",
        ]
    )
    rows = [row | {"branch": next(names)} if row["branch"] == GRADE_ONE else row for row in table.rows]

    assert not county.plan(layouts.xlsx(table._replace(rows=rows))).errors


def test_a_member_of_another_branch_is_refused_without_naming_it(peopled):
    moved = county.roster().with_row(0, branch=TOWN)
    # The message goes to whoever imports; where the person belongs is told by the upper organisation only.

    found = county.plan(layouts.xlsx(moved))

    assert county.said(found)["E2"].startswith("身份证号已登记在其他党支部")
    assert GRADE_ONE not in str(found.problems)


def test_a_new_roster_changes_what_changed_and_nothing_else(peopled):
    changed = county.roster().with_row(2, name="买买提·吐尔逊")

    assert county.bring(layouts.xlsx(changed)) == (0, 1)

    assert county.held_members() == county.told_members(changed)


def test_a_secretary_who_is_not_the_one_on_record_is_a_warning(organised):
    found = county.plan(with_cells(posts="书记"))

    assert [(problem.cell, problem.level) for problem in found.problems] == [("I3", "warning")]
    assert "王芳" in found.problems[0].message


def test_a_sheets_own_count_of_rows_is_nothing_to_be_told_about(organised):
    table = county.roster()
    numbered = table._replace(headings={"more": "序号"} | table.headings)

    assert county.plan(layouts.xlsx(numbered)).unknown == []
