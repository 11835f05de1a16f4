"""支部档案: who looks after a branch, how it leads the school, 七个一, the 责任清单; who may, and what is refused."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale
from branches import dossier, dossier_sheet
from branches.actions import root
from branches.models import (
    Assignment,
    Branch,
    CatalogueEntry,
    ContactPoint,
    Governance,
    Instructor,
    ResponsibilityLine,
    SevenOnes,
)
from branches.rights import Role, Task, may
from tests.factories import (
    BranchFactory,
    ContactPointFactory,
    ContactVisitFactory,
    GovernanceFactory,
    ResponsibilityLineFactory,
    SchoolFactory,
    SevenOnesFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
YEAR = 2025


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def committee():
    return BranchFactory(committee=True)


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee, stage="primary", nature="public")


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


def arranged(branches, by, **fields):
    fields = {"name": "赵国栋", "position": "工委委员", "started_on": date(2025, 1, 10), **fields}
    return dossier.look_after(fields.pop("model", ContactPoint), branches, **fields, by=by, on=TODAY)


# --- who looks after a branch


def test_one_leader_for_several_branches_sees_them_until_it_ends(branch, staff):
    leader, other = UserFactory(), BranchFactory()

    rows = arranged([branch, other], staff, user=leader, name=leader.name)

    assert [row.branch for row in rows] == [branch, other]
    assert set(Assignment.objects.filter(user=leader, task=Task.CONTACT).values_list("branch", flat=True)) == {
        branch.pk,
        other.pk,
    }
    assert may(UserFactory._meta.model.objects.get(pk=leader.pk), "file.see", at=branch)
    assert AuditEvent.objects.filter(action="contact.add").count() == 2

    dossier.release(rows[0], ended_on=TODAY, by=staff, on=TODAY)

    fresh = UserFactory._meta.model.objects.get(pk=leader.pk)
    assert not may(fresh, "file.see", at=branch)
    assert may(fresh, "file.see", at=other)
    assert not may(fresh, "file.edit", at=other), "looking after a branch is no right to write in its file"
    with pytest.raises(ValidationError, match="已经结束"):
        dossier.release(rows[0], ended_on=TODAY, by=staff, on=TODAY)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"started_on": date(1900, 1, 1)}, "不能更早"),
        ({"started_on": date(9999, 1, 1)}, "一年以后"),
        ({"position": "机密★"}, "密级标志"),
        ({"ended_on": date(2024, 1, 1)}, "结束日期不能早于"),
        ({"model": Instructor}, "不是民办学校"),
    ],
    ids=["before the branch", "far ahead", "marked", "ends before it begins", "instructor of a public school"],
)
def test_what_is_no_arrangement_is_refused_in_words(branch, staff, fields, words):
    with pytest.raises(ValidationError, match=words):
        arranged([branch], staff, **fields)

    assert not ContactPoint.objects.exists()
    assert not Assignment.objects.exists()


def test_nobody_arranges_for_oneself_nor_twice_nor_for_what_is_closed(branch, staff):
    with pytest.raises(ValidationError, match="不能给自己安排"):
        arranged([branch], staff, user=staff)
    arranged([branch], staff)
    with pytest.raises(ValidationError, match="已经在联系"):
        arranged([branch], staff)
    with pytest.raises(ValidationError, match="请选择党组织"):
        arranged([], staff)
    with pytest.raises(ValidationError, match="已经撤销"):
        arranged([BranchFactory(closed_on=date(2024, 6, 30))], staff)


def test_a_committee_arranges_below_itself_but_gives_no_account_rights(branch, committee, secretary):
    boss = UserFactory(serving=committee, role=Role.COMMITTEE)

    assert len(arranged([branch], boss)) == 1
    with pytest.raises(PermissionDenied):
        arranged([branch], boss, user=UserFactory(), name="钱学文")
    with pytest.raises(PermissionDenied):
        arranged([BranchFactory()], boss, name="钱学文")
    with pytest.raises(PermissionDenied):
        arranged([branch], secretary, name="钱学文")


def test_a_private_school_gets_an_instructor_by_a_number(staff):
    private = BranchFactory(stage="kindergarten", nature="private")
    person = UserFactory()

    row = arranged([private], staff, model=Instructor, user=person, name=person.name, number="云教党〔2025〕2号")[0]

    assert row.number
    assert Assignment.objects.get(user=person).task == Task.INSTRUCTOR


def test_visits_are_of_days_that_were(branch, secretary, staff):
    leader = UserFactory()
    contact = arranged([branch], staff, user=leader, name=leader.name)[0]
    visit = {"topic": "参加主题党日", "on": TODAY}

    row = dossier.visit(contact, visited_on=date(2025, 4, 8), helped="协调活动室", by=leader, **visit)

    assert AuditEvent.objects.filter(action="contact.visit").count() == 1
    for day in (date(2025, 1, 9), date(2025, 11, 21)):
        with pytest.raises(ValidationError, match="到点日期"):
            dossier.visit(contact, visited_on=day, by=leader, **visit)
    with pytest.raises(ValidationError, match="已经登记"):
        dossier.visit(contact, visited_on=date(2025, 4, 8), by=secretary, **visit)
    with pytest.raises(PermissionDenied):
        dossier.visit(contact, visited_on=date(2025, 4, 9), by=UserFactory(serving=BranchFactory()), **visit)
    with pytest.raises(PermissionDenied):
        dossier.take_back(row, by=secretary)
    dossier.take_back(row, by=leader)
    assert not contact.visits.exists()


# --- how it leads the school


def test_which_organisation_leads_the_school():
    school, office = SchoolFactory(), BranchFactory(stage="office")
    upper = BranchFactory(committee=True, stage="senior")
    below, joint = BranchFactory(parent=upper, stage="senior"), BranchFactory(stage="primary", kind="joint")
    for each in (upper, below):
        each.schools.add(school)
    joint.schools.add(SchoolFactory(), SchoolFactory())

    found = set(dossier.leading(Branch.objects.all()))

    assert found == {upper, joint}
    assert office not in found


def test_what_is_missing_is_said(branch):
    def missing(**fields):
        return dossier.missing(branch, Governance(branch=branch, **fields))

    day, full = date(2024, 9, 1), {"party_rules_on": date(2024, 9, 1), "office_rules_on": date(2024, 9, 1)}
    assert dossier.missing(branch, None) == ["还没有登记领导体制"]
    assert missing(stage="exempt") == []
    assert missing(stage="running", stage_on=day, leaders="separate", **full) == []
    assert missing(stage="running", leaders="one", **full) == ["书记校长一人担任，没有专职副书记"]
    assert missing(stage="preparing") == [
        "还没有实行（正在准备）", "没有填书记、校长是否分设", "缺党组织会议议事规则", "缺校长办公会议议事规则",
    ]  # fmt: skip
    branch.nature = "private"
    assert missing(stage="running", leaders="separate", **full) == ["党建工作没有写入章程"]


def test_the_way_a_school_is_led_is_kept_with_papers(branch, secretary):
    row = Governance(branch=branch, stage="running", stage_on=date(2024, 9, 1), number="x")
    dossier.govern(row, by=secretary, on=TODAY)

    with pytest.raises(ValidationError, match="从哪天起实行"):
        dossier.govern(Governance(branch=branch, stage="running"), version=1, by=secretary, on=TODAY)
    with pytest.raises(ValidationError, match="印发日期"):
        dossier.govern(Governance(branch=branch, party_rules_number="1号"), version=1, by=secretary, on=TODAY)
    with pytest.raises(ValidationError, match="不能晚于今天"):
        dossier.govern(Governance(branch=branch, party_rules_on=date(2025, 11, 21)), version=1, by=secretary, on=TODAY)
    with pytest.raises(PermissionDenied):
        dossier.govern(Governance(branch=branch), version=1, by=UserFactory(serving=BranchFactory()), on=TODAY)

    dossier.govern(Governance(branch=branch, stage="waiting"), version=1, by=secretary, on=TODAY)
    with pytest.raises(Stale):
        dossier.govern(Governance(branch=branch), version=1, by=secretary, on=TODAY)
    assert Governance.objects.get(branch=branch).stage == "waiting"


# --- 七个一


def entries():
    return list(dossier.walls(YEAR))


def test_seven_and_five_beyond_are_in_force():
    assert [sum(each.is_extra is extra for each in entries()) for extra in (False, True)] == [7, 5]


def test_things_are_ticked_off_and_the_second_editor_is_told(branch, secretary):
    answers = {each.pk: (True, "") for each in entries()[:6]}

    dossier.check_walls(branch, YEAR, answers, seen=0, by=secretary, on=TODAY)

    assert SevenOnes.objects.filter(branch=branch).count() == 12
    line = dossier_sheet.lines([branch], YEAR, on=TODAY)[0]
    found = dossier_sheet.walls_of(line.walls, entries())
    assert (found.got, found.whole, found.missing, found.extras) == (6, 7, ("一制度",), 0)
    with pytest.raises(Stale):
        dossier.check_walls(branch, YEAR, answers, seen=0, by=secretary, on=TODAY)
    with pytest.raises(ValidationError, match="密级标志"):
        dossier.check_walls(branch, YEAR, {entries()[0].pk: (True, "机密★")}, seen=12, by=secretary, on=TODAY)
    with pytest.raises(ValidationError, match="今年和去年"):
        dossier.check_walls(branch, YEAR - 2, {}, seen=0, by=secretary, on=TODAY)
    with pytest.raises(PermissionDenied):
        dossier.check_walls(branch, YEAR, {}, seen=12, by=UserFactory(serving=BranchFactory()), on=TODAY)


def test_last_year_is_taken_over_once(branch, secretary):
    with pytest.raises(ValidationError, match="2024 年没有登记"):
        dossier.carry_walls(branch, YEAR, by=secretary, on=TODAY)
    first = entries()[0]
    SevenOnesFactory(branch=branch, entry=first, year=YEAR - 1, note="合用")

    rows = dossier.carry_walls(branch, YEAR, by=secretary, on=TODAY)

    assert [(row.entry, row.is_there, row.note, row.checked_on) for row in rows] == [(first, True, "合用", TODAY)]
    with pytest.raises(ValidationError, match="已经登记"):
        dossier.carry_walls(branch, YEAR, by=secretary, on=TODAY)


@pytest.mark.parametrize(("state", "found"), [("full", "a"), ("short", "b"), ("none", "c")])
def test_lists_are_narrowed_by_what_is_there(state, found):
    branches = {name: BranchFactory(name=name) for name in "abc"}
    seven = [each.pk for each in entries() if not each.is_extra]
    for name, count in (("a", 7), ("b", 3)):
        for entry in CatalogueEntry.objects.filter(pk__in=seven[:count]):
            SevenOnesFactory(branch=branches[name], entry=entry, year=YEAR)

    rows = dossier_sheet.narrow_walls(Branch.objects.filter(name__in="abc"), state, YEAR, seven)

    assert [row.name for row in rows] == [found]


# --- 四责


def test_a_list_is_laid_down_above_and_read_below(branch, committee, secretary, staff):
    boss = UserFactory(serving=committee, role=Role.COMMITTEE)
    top = dossier.write_line(ResponsibilityLineFactory.build(branch=root(), year=YEAR), by=staff, on=TODAY)
    own = dossier.write_line(ResponsibilityLineFactory.build(branch=committee, year=YEAR), by=boss, on=TODAY)
    other = ResponsibilityLineFactory(branch=BranchFactory(committee=True), year=YEAR)

    assert set(ResponsibilityLine.objects.visible_to(secretary)) == {top, own}
    assert other in ResponsibilityLine.objects.visible_to(staff)
    with pytest.raises(PermissionDenied):
        dossier.write_line(ResponsibilityLineFactory.build(branch=root(), year=YEAR), by=boss, on=TODAY)
    with pytest.raises(ValidationError, match="由工委、党委、党总支制定"):
        dossier.write_line(ResponsibilityLineFactory.build(branch=branch, year=YEAR), by=staff, on=TODAY)
    with pytest.raises(ValidationError, match="密级标志"):
        dossier.write_line(ResponsibilityLineFactory.build(branch=root(), text="机密★", year=YEAR), by=staff, on=TODAY)
    with pytest.raises(PermissionDenied):
        dossier.strike_line(top, by=boss)
    dossier.strike_line(own, by=boss)
    assert set(ResponsibilityLine.objects.visible_to(secretary)) == {top}


def test_the_second_editor_of_a_line_is_told(staff):
    line = dossier.write_line(ResponsibilityLineFactory.build(branch=root(), year=YEAR), by=staff, on=TODAY)
    line.text = "改过"
    dossier.write_line(line, version=1, by=staff, on=TODAY)

    with pytest.raises(Stale):
        dossier.write_line(line, version=1, by=staff, on=TODAY)
    assert ResponsibilityLine.objects.get().version == 2


def test_last_years_lines_stand_again(committee, staff):
    with pytest.raises(ValidationError, match="没有清单可以沿用"):
        dossier.carry_lines(committee, YEAR, by=staff, on=TODAY)
    old = ResponsibilityLineFactory(branch=committee, year=YEAR - 1)

    assert dossier.carry_lines(committee, YEAR, by=staff, on=TODAY) == 1

    fresh = ResponsibilityLine.objects.get(year=YEAR)
    assert (fresh.text, fresh.post, fresh.pk) == (old.text, old.post, fresh.pk)
    with pytest.raises(ValidationError, match="已经有清单"):
        dossier.carry_lines(committee, YEAR, by=staff, on=TODAY)


# --- what the lists say


def test_a_line_of_the_overview_costs_the_same_for_one_and_for_many(django_assert_num_queries, branch):
    GovernanceFactory(branch=branch)
    ContactVisitFactory(contact=ContactPointFactory(branch=branch))
    others = BranchFactory.create_batch(5, stage="primary")

    for branches in ([branch], [branch, *others]):
        with django_assert_num_queries(5):
            rows = dossier_sheet.lines(branches, YEAR, on=TODAY)
        assert rows[0].contacts[0].times == 1
