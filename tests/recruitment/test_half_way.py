"""People already under way come in from an old ledger: the past is kept and named, what cannot be is an error of its cell."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from branches.actions import root
from branches.models import Appointment
from branches.rights import Role
from members.models import Backbone, Member
from portal import actions
from recruitment import legality, steps
from recruitment.cases import calendar, cases
from recruitment.half_way import import_recruitment
from recruitment.models import Application, ApplicationStay, Guide, Publicity, RoadStep
from tests.imports import county, layouts
from tests.imports.checksum import checksum
from tests.imports.county import TODAY, TOWN, Table, id_number
from tests.recruitment.old_ledger import HEADINGS, LAWFUL


def ledger(**cells):
    return Table("recruitment", "台账", HEADINGS, [LAWFUL | cells])


def plan(table):
    return county.plan(layouts.xlsx(table))


def column(key):
    index = list(HEADINGS).index(key)
    return chr(65 + index) if index < 26 else "A" + chr(39 + index)


def notes(found, level="warning"):
    """cell → all that is said of it."""
    said = {}
    for each in found.problems:
        if each.level == level:
            said[each.cell] = said.get(each.cell, "") + each.message
    return said


@pytest.fixture
def staff(db):
    user = User.objects.create_user("lixue", None, name="李雪")
    Appointment.objects.create(user=user, branch=root(), role=Role.STAFF, started_on=date(2020, 1, 1))
    return user


# --- a road that was lawful


def test_a_lawful_road_comes_in_whole_and_stands_where_the_engine_says(peopled):
    assert county.bring(layouts.xlsx(ledger())) == (1, 0)

    application = Application.objects.select_related("member").get()
    case = cases([application])[application.pk]
    assert legality.faults(case, is_working=calendar()) == []
    assert (application.stage, application.step, application.stage_since_on) == steps.where(case)
    assert application.step == "fill_application_form"
    assert application.is_imported
    assert set(RoadStep.objects.values_list("is_imported", flat=True)) == {True}
    assert application.member.birth_on == date(1995, 5, 17)
    assert not application.member.memberships.exists()
    assert Guide.objects.count() == 4
    assert Publicity.objects.count() == ApplicationStay.objects.count() == 1


def test_what_the_dry_run_judged_is_what_the_register_judges(peopled):
    found = plan(ledger(initial_talk=date(2023, 11, 1), hours=8, training_from=None, conclusion="不合格"))
    import_recruitment(found.good, by=User.objects.system(), on=TODAY)

    application = Application.objects.select_related("member").get()
    said = [
        steps.words_of(fault) for fault in legality.faults(cases([application])[application.pk], is_working=calendar())
    ]
    told = [each.message for each in found.warnings if each.message.startswith(("不合规定", "超过期限"))]
    assert len(said) == len(told) == 3
    assert all(any(words in message for message in told) for words in said)


def test_a_day_that_the_ledger_does_not_tell_is_taken_from_beside_it_and_said(peopled):
    found = plan(ledger())

    assert not found.errors
    said = [each.message for each in found.warnings]
    assert [message for message in said if "原表没有日期" in message] == said
    assert len(said) == 3
    assert {each.cell for each in found.warnings} == {
        f"{column(key)}2" for key in ("mentors", "sponsors", "form_number")
    }
    county.bring(layouts.xlsx(ledger()))
    assert RoadStep.objects.get(step="assign_mentor").explained == "原表没有日期，按“推荐和确定入党积极分子”的日期登记"


# --- unlawful, and kept


@pytest.mark.parametrize(
    ("cells", "key", "words"),
    [
        ({"initial_talk": date(2023, 10, 5)}, "initial_talk", "收到入党申请书后一个月内派人谈话"),
        ({"confirm_prospect": date(2025, 3, 17), "public_from": date(2025, 3, 3), "public_until": date(2025, 3, 10)},
         "confirm_prospect", "第十三条"),
        ({"birth_on": date(2005, 9, 2), "id_number": None}, "apply", "年满十八岁"),
        ({"recommended_by": None}, "confirm_activist", "须有党员推荐"),
        ({"political_review": None, "conclusion": None}, "committee_screen", "缺“进行政治审查”"),
        ({"conclusion": "不合格"}, "political_review", "第十六条"),
        ({"sponsors": "王芳"}, "assign_sponsors", "两名正式党员"),
    ],
    ids=["talk a day late", "a day short of a year", "a day short of 18", "no recommendation", "no review", "failed", "one sponsor"],
)  # fmt: skip
def test_an_unlawful_past_is_kept_with_the_article(peopled, cells, key, words):
    found = plan(ledger(**cells))

    assert not found.errors
    assert words in "".join(each.message for each in found.warnings)
    if key in HEADINGS:
        assert any(words in each.message for each in found.warnings if each.cell == f"{column(key)}2")
    assert county.bring(layouts.xlsx(ledger(**cells))) == (1, 0)


@pytest.mark.parametrize(
    "cells",
    [{"initial_talk": date(2023, 10, 4)}, {"birth_on": date(2005, 9, 1), "id_number": None}],
    ids=["talk on the last day", "18 to the day"],
)
def test_to_the_day_it_was_lawful(peopled, cells):
    said = [each.message for each in plan(ledger(**cells)).warnings]

    assert not [message for message in said if message.startswith(("不合规定", "超过期限"))]


# --- impossible


@pytest.mark.parametrize(
    ("cells", "key", "words"),
    [
        ({"apply": "2023.9"}, "apply", "只写到月，请补上日"),
        ({"apply": None}, "apply", "未填"),
        ({"branch": "没有的支部"}, "branch", "党组织不存在"),
        ({"initial_talk": date(2026, 1, 16)}, "initial_talk", "在今天以后"),
        ({"apply": date(1995, 5, 17)}, "apply", "早于出生日期"),
        ({"received_on": date(2023, 8, 31)}, "received_on", "早于申请日期"),
        ({"confirm_activist": date(2023, 9, 19)}, "confirm_activist", "步骤先后颠倒"),
        ({"cultivate": "2024-09-10、2025-04-08"}, "cultivate", "步骤先后颠倒"),
        ({"public_until": None}, "public_until", "也要填"),
        ({"branch_vote": date(2025, 7, 10), "entitled": 3, "present": 4}, "present", "多于应到"),
        ({"branch_vote": date(2025, 7, 10), "entitled": 3, "present": 3, "in_favour": 3, "against": 1}, "in_favour", "多于实到"),
        ({"branch_vote": date(2025, 7, 10), "committee_approval": date(2025, 8, 1)}, "committee_approval", "名册上没有"),
    ],
    ids=["month only", "no day", "no branch", "future", "unborn", "received before", "order", "review after", "half a notice",
         "more than due", "more votes", "no member"],
)  # fmt: skip
def test_what_cannot_be_is_an_error_of_its_cell(peopled, cells, key, words):
    found = plan(ledger(**cells))

    assert words in notes(found, "error")[f"{column(key)}2"]
    assert not found.good


def test_two_lines_of_one_person_and_a_number_given_twice(peopled):
    twice = ledger().plus(name="何景行")
    assert "同一个人" in "".join(each.message for each in plan(twice).errors)

    other = ledger().plus(name="沈一川", id_number=id_number(date(1995, 5, 17), 103))
    assert "志愿书编号与第 2 行相同" in "".join(each.message for each in plan(other).errors)


# --- who is on record


def probationer(**cells):
    """The one on the county's roster who joined on 2025-06-20."""
    person = {
        "name": "孙小满",
        "branch": TOWN,
        "birth_on": date(2001, 8, 15),
        "id_number": id_number(date(2001, 8, 15), 22),
    }
    empty = dict.fromkeys(HEADINGS)
    road = {"apply": date(2022, 9, 1), "received_on": date(2022, 9, 1), "initial_talk": date(2022, 9, 10)}
    return Table("recruitment", "台账", HEADINGS, [empty | person | road | cells])


def test_a_probationer_on_the_register_begins_with_the_days_on_record(peopled):
    found = plan(probationer())

    assert not found.errors
    assert "按名册的入党日期 2025-06-20 登记" in notes(found)[f"{column('branch_vote')}2"]
    county.bring(layouts.xlsx(probationer()))
    application = Application.objects.get()
    assert (application.member.name, application.stage) == ("孙小满", Application.Stage.PROBATION)
    assert application.member.memberships.count() == 1
    assert Member.objects.filter(name="孙小满").count() == 1


def test_without_a_number_the_name_branch_and_birth_find_the_person(peopled):
    county.bring(layouts.xlsx(probationer(id_number=None)))

    assert Member.objects.filter(name="孙小满").count() == 1


def test_who_is_full_in_the_ledger_and_on_probation_in_the_register_is_named(peopled):
    cells = {"conversion_vote": date(2026, 1, 5), "conversion_approval": date(2026, 1, 10)}

    assert "名册上仍是预备党员" in notes(plan(probationer(**cells)), "error")[f"{column('conversion_approval')}2"]


def test_the_same_file_twice_changes_nothing(peopled):
    county.bring(layouts.xlsx(ledger()))
    found = plan(ledger(committee_screen=date(2025, 6, 21)))

    assert [row.outcome for row in found.rows] == ["unchanged"]
    assert "已有发展党员档案" in notes(found)["A2"]
    assert county.bring(layouts.xlsx(ledger())) == (0, 0)


# --- 骨干 before joining


def test_a_backbone_with_a_day_counts_from_that_day(peopled):
    dated = ledger(backbone="市级骨干教师、校级管理骨干", backbone_from=date(2024, 9, 1))

    assert f"{column('backbone')}2" not in notes(plan(dated))
    assert county.bring(layouts.xlsx(dated)) == (1, 0)
    rows = Backbone.objects.filter(member__name="何景行").order_by("kind")
    assert list(rows.values_list("name", "kind", "level", "started_on", "start_estimated")) == [
        ("校级管理骨干", "management", "school", date(2024, 9, 1), False),
        ("市级骨干教师", "teaching", "city", date(2024, 9, 1), False),
    ]


def test_a_backbone_without_a_day_or_level_is_kept_and_said(peopled):
    vague = ledger(backbone="骨干教师，县级骨干教师")
    said = notes(plan(vague))[f"{column('backbone')}2"]

    assert "不计入业务骨干占比" in said
    assert "没有写层级" in said
    assert "是同一类，只登记前一项" in said
    assert county.bring(layouts.xlsx(vague)) == (1, 0)
    assert list(
        Backbone.objects.filter(member__name="何景行").values_list("name", "started_on", "start_estimated")
    ) == [("骨干教师", TODAY, True)]


def test_what_the_register_says_of_a_backbone_stands(peopled):
    member = Member.objects.get(name="孙小满")
    known = Backbone.objects.create(member=member, name="校级骨干教师", kind="teaching", started_on=date(2024, 1, 1))
    found = plan(probationer(backbone="县级骨干教师", backbone_from=date(2025, 1, 1)))

    assert "名册上已登记为“校级骨干教师”" in notes(found)[f"{column('backbone')}2"]
    county.bring(layouts.xlsx(probationer(backbone="县级骨干教师", backbone_from=date(2025, 1, 1))))
    assert list(member.backbones.all()) == [known]


@pytest.mark.parametrize(
    ("cells", "key", "words"),
    [
        ({"backbone_from": date(2024, 9, 1)}, "backbone", "骨干类别也要填"),
        ({"backbone": "校级骨干教师", "backbone_from": date(2026, 1, 16)}, "backbone_from", "在今天以后"),
        ({"backbone": "校级骨干教师", "backbone_from": "2024.9"}, "backbone_from", "只写到月"),
    ],
    ids=["a day of nothing", "future", "month only"],
)  # fmt: skip
def test_a_day_of_a_backbone_that_cannot_be(peopled, cells, key, words):
    assert words in notes(plan(ledger(**cells)), "error")[f"{column(key)}2"]


# --- as a whole


def test_a_batch_is_undone_unless_something_rests_on_it(peopled, staff):
    before = checksum()
    batch, _ = actions.upload(*layouts.xlsx(ledger(backbone="校级骨干教师")), by=staff, on=TODAY)
    batch, _ = actions.commit(batch, only_valid=False, by=staff, on=TODAY)
    actions.undo(batch, by=staff, on=TODAY)
    assert checksum() == before

    batch, _ = actions.upload(*layouts.xlsx(ledger()), by=staff, on=TODAY)
    batch, _ = actions.commit(batch, only_valid=False, by=staff, on=TODAY)
    application = Application.objects.get()
    RoadStep.objects.create(
        application=application, branch=application.branch, step="superior_talk", on=TODAY, created_by=staff
    )
    with pytest.raises(ValidationError, match="不能整批撤销"):
        actions.undo(batch, by=staff, on=TODAY)


def test_two_hundred_rows_cost_as_many_queries_as_two(peopled):
    def cost(first, count):
        rows = [
            LAWFUL
            | {
                "name": f"何景{number}",
                "backbone": "校级骨干教师",
                "id_number": id_number(date(1995, 5, 17), number),
                "form_number": f"9{number}",
            }
            for number in range(first, first + count)
        ]
        file = layouts.xlsx(Table("recruitment", "台账", HEADINGS, rows))
        with CaptureQueriesContext(connection) as queries:
            assert county.bring(file) == (count, 0)
        return len(queries)

    few = cost(101, 2)
    assert cost(201, 200) <= few + 12  # COPY takes two statements a table
