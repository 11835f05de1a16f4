"""What a report shows follows the reader: a part of the tree that was chosen, rights of the matter, nothing of persons who left."""

from datetime import date

import pytest

from branches.actions import root
from branches.rights import Role
from members.models import Membership
from portal.reports import making
from portal.reports.catalogue import BY_KEY, REPORTS, open_to
from tests.factories import BranchFactory, MemberFactory, MembershipFactory, UserFactory

TODAY = date(2026, 11, 22)


def rows(key, name, by, **asked):
    report = BY_KEY[key]
    tables = report.build(making.ask_of(report, asked, user=by, today=TODAY))
    return next(table for table in tables if table.name == name).rows()


@pytest.fixture
def staff(db):
    return UserFactory(serving=root(), role=Role.STAFF)


def test_a_part_of_the_tree_is_that_organisation_and_what_lies_below(staff):
    upper = BranchFactory(name="一中党委", kind="committee")
    below, beside = BranchFactory(name="高一支部", parent=upper), BranchFactory(name="二小支部")
    for branch in (below, beside):
        MemberFactory(branch=branch)

    found = {row[0] for row in rows("roster", "党员花名册", staff, branch=upper)}

    assert found == {"高一支部"}
    assert {row[0] for row in rows("organisations", "党组织基本情况", staff, branch=upper)} == {"一中党委", "高一支部"}


def test_the_organisation_chosen_is_the_one_that_reports(staff):
    upper = BranchFactory(name="一中党委", kind="committee")

    assert making.ask_of(BY_KEY["terms"], {"branch": upper}, user=staff, today=TODAY).organ == "一中党委"
    assert making.ask_of(BY_KEY["terms"], {}, user=staff, today=TODAY).organ == root().name


@pytest.mark.parametrize(
    ("role", "told"),
    [(Role.ADMIN, {"死亡", "组织关系转出", "党内除名"}), (Role.INSPECTOR, {"死亡", "组织关系转出", "出党"})],
    ids=["who deals with it", "who does not"],
)
def test_why_somebody_left_is_told_to_those_alone_who_deal_with_it(db, role, told):
    branch = BranchFactory()
    struck = MembershipFactory(branch=branch, ended_on=date(2026, 5, 1), end_reason=Membership.End.STRUCK)
    found = rows("statistics", "减少情况", UserFactory(serving=root(), role=role))
    labels = {row[0] for row in found}

    assert told <= labels
    assert ("党内除名" in labels) == (role == Role.ADMIN)
    assert sum(row[3] for row in found) == 1
    assert struck.member.name not in str(found)


def test_a_post_sees_only_the_reports_of_its_matters(db):
    leader, discipline = (UserFactory(serving=root(), role=role) for role in (Role.LEADER, Role.DISCIPLINE))

    assert {report.key for report in open_to(leader)} >= {"roster", "weak_cases", "promotions", "year_figures"}
    assert {report.key for report in open_to(discipline)} <= {"roster", "organisations", "statistics"}
    for report in REPORTS:
        assert report.posts, report.key


def test_numbers_of_two_days_are_compared_by_the_days(staff):
    branch = BranchFactory()
    MemberFactory(branch=branch)
    MembershipFactory(branch=branch, started_on=date(2026, 3, 1), kind=Membership.Kind.PROBATIONARY)
    MembershipFactory(branch=branch, ended_on=date(2026, 6, 30), end_reason=Membership.End.DIED)

    found = {row[0]: row[1:] for row in rows("statistics", "两年党员数比较", staff)}

    assert found == {"正式党员": (2, 1, -1), "预备党员": (0, 1, 1)}


def test_every_member_stands_once_in_each_split(staff):
    branch = BranchFactory()
    MemberFactory(
        branch=branch, birth_on=date(1995, 11, 22), education="20", joined_on=date(2013, 1, 1), converted_on=None
    )
    MemberFactory(
        branch=branch, birth_on=date(1995, 11, 23), education="", joined_on=date(2012, 11, 7), converted_on=None
    )
    MemberFactory(branch=branch, birth_on=date(1950, 1, 1), education="90", joined_on=None, converted_on=None)

    ages = {row[0]: row[3] for row in rows("statistics", "年龄", staff)}
    joined = {row[0]: row[3] for row in rows("statistics", "入党时间", staff)}

    assert (ages["31 至 35 岁"], ages["30 岁及以下"], ages["61 岁及以上"]) == (1, 1, 1)
    assert (joined["党的十八大以来"], joined["党的十一届三中全会后至党的十八大前"], joined["未登记"]) == (1, 1, 1)
    for name in ("年龄", "入党时间", "学历"):
        assert sum(row[3] for row in rows("statistics", name, staff)) == 3, name


def test_a_secretary_is_offered_no_report_of_what_lies_beside(db):
    upper, other = (BranchFactory(kind="committee") for _ in range(2))
    MemberFactory(branch=BranchFactory(parent=other), name="周别处")
    by = UserFactory(serving=upper, role=Role.COMMITTEE)

    assert rows("roster", "党员花名册", by) == []
    assert rows("roster", "党员花名册", by, branch=other) == []
