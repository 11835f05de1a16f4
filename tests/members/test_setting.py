"""组织设置核查: each point at its boundary, the page, the return and its duty; and the reminders about dues and whereabouts."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
import time_machine
from dateutil.relativedelta import relativedelta
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from duties.actions import generate
from duties.models import Duty, Filing
from members import facts, faults
from members.models import Membership, Post
from rulebook.facts import Period
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
LIST = reverse("members:setting")


@pytest.fixture
def staff(client):
    user = factories.UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-20 02:00:00+00:00", tick=False):
        yield


def sound(count=5, committee_size=0, **fields):
    """A branch with nothing to mend: enough members, a term that runs, a secretary."""
    branch = factories.BranchFactory(**fields)
    branch.team = factories.MemberFactory.create_batch(count, branch=branch)
    branch.term = factories.TermFactory(
        branch=branch, started_on=date(2025, 3, 1), expires_on=date(2028, 3, 1), committee_size=committee_size
    )
    if branch.team:
        branch.post = factories.PostFactory(term=branch.term, member=branch.team[0], office=Post.Office.SECRETARY)
    return branch


def codes(branch, on=TODAY):
    return [fault.code for fault in faults.found([branch], on)[branch.pk]]


def probationary(branch, count):
    for member in factories.MemberFactory.create_batch(count, joined_on=date(2026, 1, 10), converted_on=None):
        factories.MembershipFactory(
            member=member, branch=branch, kind=Membership.Kind.PROBATIONARY, started_on=date(2026, 1, 10)
        )


class TestPoints:
    @pytest.mark.parametrize(
        ("full", "more", "size", "found"),
        [
            (3, 0, 0, []), (2, 5, 0, ["too_few"]), (6, 3, 0, []), (7, 0, 0, ["no_committee"]), (7, 0, 3, []),
            (40, 10, 5, []), (40, 11, 5, ["too_many"]),
        ],
    )  # fmt: skip
    def test_heads(self, full, more, size, found):
        branch = sound(full, size)
        probationary(branch, more)

        assert codes(branch) == found

    def test_an_expired_term_and_an_empty_seat(self):
        branch = sound()
        assert codes(branch) == []
        Branch.objects.get(pk=branch.pk).terms.update(expires_on=TODAY - timedelta(days=1))
        Post.objects.update(ended_on=TODAY - timedelta(days=1))

        assert codes(branch) == ["expired", "vacant"]
        assert codes(branch, TODAY - timedelta(days=1)) == [], "on the last day it was still in order"

    def test_one_secretary_of_two_branches_by_the_register(self):
        one, two = sound(), sound(4)
        two.post.delete()
        factories.PostFactory(term=two.term, member=one.team[0], office=Post.Office.SECRETARY)

        assert (codes(one), codes(two)) == (["shared_secretary"], ["shared_secretary"])

    def test_one_secretary_of_two_branches_by_the_accounts(self):
        one, two, three = sound(), sound(), sound()
        user = factories.UserFactory(serving=one)
        factories.AppointmentFactory(user=user, branch=two, role=Role.SECRETARY)
        factories.AppointmentFactory(user=user, branch=three, role=Role.EDITOR)

        assert [codes(branch) for branch in (one, two, three)] == [["shared_secretary"], ["shared_secretary"], []]

    def test_the_secretary_of_a_general_branch_may_lead_one_below_it(self):
        general = factories.BranchFactory(kind=Branch.Kind.GENERAL)
        below = sound(51, 5, parent=general)
        Membership.objects.filter(member__in=below.team[50:]).update(
            ended_on=date(2026, 1, 1), end_reason="transferred"
        )
        term = factories.TermFactory(branch=general, started_on=date(2025, 3, 1), expires_on=date(2028, 3, 1))
        factories.PostFactory(term=term, member=below.team[0], office=Post.Office.SECRETARY)

        assert (codes(general), codes(below)) == ([], [])

    @pytest.mark.parametrize(("units", "found"), [(5, []), (6, ["joint_units"])])
    def test_units_of_a_joint_branch(self, units, found):
        branch = sound(kind=Branch.Kind.JOINT)
        branch.schools.add(*factories.SchoolFactory.create_batch(units))

        assert codes(branch) == found

    @pytest.mark.parametrize(("count", "found"), [(49, "upper_small"), (50, None), (100, None), (101, "upper_large")])
    def test_hints_about_a_general_branch(self, count, found):
        general = factories.BranchFactory(kind=Branch.Kind.GENERAL)
        leaf = factories.BranchFactory(parent=general)
        factories.MemberFactory.create_batch(count, branch=leaf)

        points = faults.found([general], TODAY)[general.pk]
        assert [point.code for point in points] == ([found] if found else [])
        assert all(point.is_hint for point in points)
        period = Period.of_year(2026, on=TODAY)
        assert facts.setting([general], period)[general.pk].missing == (), "a hint is nothing that is missing"

    @pytest.mark.parametrize(("months", "found"), [(12, []), (13, ["temporary_over"])])
    def test_a_temporary_branch_that_stays(self, months, found):
        founded_on = TODAY - relativedelta(months=months)
        branch = factories.BranchFactory(kind=Branch.Kind.TEMPORARY, founded_on=founded_on)

        assert codes(branch) == found

    def test_every_point_says_what_to_do_and_where_it_is_written(self):
        for code, rule in faults.rules_on(TODAY).items():
            assert rule.value["text"], code
            assert rule.source, code

    def test_the_queries_do_not_grow_with_the_organisations(self):
        def cost():
            with CaptureQueriesContext(
                connection,
            ) as queries:
                faults.found(Branch.objects.all(), TODAY)
            return len(queries)

        sound(2)
        before = cost()
        for _ in range(5):
            sound(8, kind=Branch.Kind.JOINT)
        assert cost() == before <= 9


class TestPage:
    def test_counts_lead_to_lists_and_each_point_to_its_act(self, client, staff):
        few, big, fine = sound(2), sound(51, 5), sound()

        page = client.get(LIST)
        shown = {row["branch"]: [line["point"].code for line in row["points"]] for row in page.context["rows"]}
        assert shown == {few: ["too_few"], big: ["too_many"]}
        assert fine not in shown
        assert {tile["label"]: tile["count"] for tile in page.context["tiles"]} == {
            "正式党员不足": 1,
            "党员超过上限": 1,
        }
        assert reverse("members:split", args=[big.pk]) in page.text
        assert "报上级党组织研究划分" in page.text
        only = client.get(LIST, {"fault": "too_many"})
        assert [row["branch"] for row in only.context["rows"]] == [big]

    def test_a_day_of_the_past_is_looked_at_and_nothing_is_done_from_there(self, client, staff):
        branch = sound(3)
        Membership.objects.filter(member=branch.team[2]).update(ended_on=date(2026, 10, 31), end_reason="transferred")

        assert [row["branch"] for row in client.get(LIST).context["rows"]] == [branch]
        past = client.get(LIST, {"on": "2026-10-31"})
        assert past.context["rows"] == []
        assert all(line["way"] is None for row in past.context["rows"] for line in row["points"])

    def test_a_secretary_sees_the_own_branch_and_the_way_that_is_open(self, client):
        mine, other = sound(2), sound(2)
        mine.terms.update(expires_on=TODAY - timedelta(days=9))
        client.force_login(factories.UserFactory(serving=mine))

        (row,) = client.get(LIST).context["rows"]
        assert row["branch"] == mine != other
        ways = {line["point"].code: line["way"] for line in row["points"]}
        assert ways["too_few"] is None
        assert ways["expired"][0] == "开始换届"
        assert client.get(reverse("members:setting_export")).status_code == 403

    def test_it_costs_the_same_at_any_length(self, client, staff, count_queries):
        sound(2)
        before = count_queries(LIST)
        for _ in range(9):
            sound(2)
        assert count_queries(LIST) == before

    def test_the_return_holds_the_figures_of_all_and_the_points_as_filtered(self, client, staff):
        few, big = sound(2), sound(51, 5)

        data = client.get(reverse("members:setting_export"), {"fault": "too_few"}).content
        book = openpyxl.load_workbook(io.BytesIO(data))
        figures = {row[1].value: row[2].value for row in book["汇总"].iter_rows(min_row=4)}
        assert (figures["党员"], figures["正式党员不足"], figures["党员超过上限"]) == (53, 1, 1)
        rows = [row[1].value for row in book["核查情况"].iter_rows(min_row=5) if row[1].value]
        assert rows == [few.name]
        assert book["核查情况"]["A1"].value.startswith("2026年下半年党组织设置情况上报表")
        assert AuditEvent.objects.filter(action="report.export").count() == 1
        assert big.name not in rows


class TestReturn:
    def test_owed_each_half_by_committees_and_general_branches_from_2026_on(self, staff):
        upper = factories.BranchFactory(committee=True)
        leaf = sound(parent=upper)
        for year in (2025, 2026):
            generate(year, by=staff)

        owed = Duty.objects.filter(rule="setting_return").values_list("branch", "period")
        assert sorted(owed) == [(upper.pk, "2026-H1"), (upper.pk, "2026-H2")]
        assert not Duty.objects.filter(rule="setting_return", branch=leaf).exists()

    def test_its_form_shows_the_figures_of_all_below(self, client, staff):
        upper = factories.BranchFactory(committee=True)
        sound(2, parent=upper)
        factories.OrgChangeFactory(branch=upper, kind="renamed", on=date(2026, 9, 1))
        generate(2026, by=staff)
        duty = Duty.objects.get(rule="setting_return", period="2026-H2")
        client.force_login(factories.UserFactory(serving=upper, role=Role.COMMITTEE))
        url = reverse("duties:filing", args=[duty.pk])

        text = client.get(url).text
        for words in (
            "下级党组织 1 个：党支部 1 个",
            "党员 2 人，其中正式党员 2 人",
            "变动 1 项：更名 1 个",
            "正式党员不足 1 个",
        ):
            assert words in text
        client.post(url, {"agrees": "agrees", "words": "", "version": "0"})
        assert Filing.objects.get(duty=duty).answers["agrees"] == "agrees"


class TestReminders:
    def owing(self, months):
        branch = sound(3)
        first = date(2026, 11, 1) - relativedelta(months=9)
        for member in branch.team:
            factories.DuesPaymentFactory(member=member, branch=branch, month=first)
        for member in branch.team[1:]:
            factories.DuesPaymentFactory(member=member, branch=branch, month=date(2026, 10, 1))
        last = date(2026, 11, 1) - relativedelta(months=months + 1)
        factories.DuesPaymentFactory(member=branch.team[0], branch=branch, month=last)
        return branch

    @pytest.mark.parametrize(("months", "three", "six"), [(2, 0, 0), (3, 1, 0), (5, 1, 0), (6, 1, 1)])
    def test_arrears_of_three_and_of_six_months(self, months, three, six):
        branch = self.owing(months)

        for least, count in ((3, three), (6, six)):
            found = list(facts.dues_arrears(TODAY, of="month_start", months=least))
            assert found == [(branch.pk, branch.pk, date(2026, 11, 1), date(2026, 11, 1))] * count
        assert facts.arrears_words([branch.pk], TODAY)[branch.pk][1] == reverse("members:dues_arrears")

    def test_a_payment_ends_it(self):
        branch = self.owing(4)
        factories.DuesPaymentFactory(member=branch.team[0], branch=branch, month=date(2026, 10, 1))

        assert not facts.dues_arrears(TODAY, of="month_start", months=3).exists()

    def test_the_secretary_hears_of_arrears_and_of_who_is_lost_until_it_is_settled(self):
        from tests.reminders.test_sweep import at, lines, sweep

        branch = self.owing(4)
        secretary = factories.UserFactory(serving=branch)
        lost = factories.WhereaboutsFactory(
            member=branch.team[1],
            kind="lost",
            lost_reason="1",
            started_on=date(2026, 5, 12),
        )

        def told(rule):
            return [day for day, name, _ in lines(secretary) if name == rule]

        for day in ("2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12"):
            sweep.run(at(day))
        assert told("remind.arrears") == ["11-10"]
        assert told("remind.arrears_long") == []
        assert told("remind.whereabouts") == ["11-12"]

        lost.contacted_on = date(2026, 11, 15)
        lost.save()
        factories.DuesPaymentFactory(member=branch.team[0], branch=branch, month=date(2026, 10, 1))
        for day in ("2026-12-10", "2026-12-14"):
            sweep.run(at(day))
        assert (told("remind.arrears"), told("remind.whereabouts")) == (["11-10"], ["11-12"])
        ((_, (title, _)),) = facts.whereabouts_words([lost.pk], TODAY).items()
        assert branch.team[1].name not in title
