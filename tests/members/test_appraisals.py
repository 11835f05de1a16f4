"""民主评议党员: the roll, the limits, the way to 上级 and back, what others read of it."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent, Stale, User
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from duties.actions import generate
from members import appraisals
from members.facts import appraised, mass_poll
from members.models import Appraisal, AppraisalRow, MassPoll, Membership
from rulebook.facts import Period
from tests import factories
from tests.factories import BranchFactory, MemberFactory, UserFactory

pytestmark = pytest.mark.django_db
HELD, TODAY = date(2025, 11, 10), date(2025, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


def begun(branch, secretary, members=4, year=2025, held_on=HELD):
    for _ in range(members):
        MemberFactory(branch=branch)
    return appraisals.begin(branch, year=year, held_on=held_on, by=secretary, on=TODAY)


def lines(appraisal, **each):
    """Every line with the grade 合格 and what is named by place: `r0=dict(proposed="excellent")`."""
    found = {}
    for place, row in enumerate(appraisal.rows.order_by("member__initials", "pk")):
        values = {"is_present": True, "absent_reason": "", "proposed": "qualified"}
        if row.kind != Membership.Kind.FULL:
            del values["proposed"]
        found[row.pk] = values | each.get(f"r{place}", {})
    return found


def save(appraisal, secretary, *, head=None, **each):
    appraisal.refresh_from_db()
    return appraisals.save(
        appraisal, head=head or {}, lines=lines(appraisal, **each), version=appraisal.version, by=secretary, on=TODAY
    )


def handed_in(branch, secretary, **options):
    appraisal = begun(branch, secretary, **options)
    save(appraisal, secretary)
    return appraisals.submit(appraisal, by=secretary, on=TODAY)


# --- the roll


def test_the_roll_is_the_register_of_the_day_and_names_why_somebody_is_excused(branch, secretary):
    member = MemberFactory(branch=branch)
    factories.ExemptionFactory(member=member, scope="attendance", reason="leave", started_on=date(2025, 1, 1))
    hidden = MemberFactory(branch=branch)
    factories.ExemptionFactory(member=hidden, scope="attendance", reason="custody", started_on=date(2025, 1, 1))
    MemberFactory(branch=branch, since=date(2025, 11, 15))  # came later
    probationary = MemberFactory()
    factories.MembershipFactory(member=probationary, branch=branch, kind="probationary", started_on=date(2025, 5, 1))

    appraisal = begun(branch, secretary, members=1)

    rows = {row.member_id: row for row in appraisal.rows.all()}
    assert len(rows) == 4
    assert (rows[member.pk].is_present, rows[member.pk].absent_reason) == (False, "病假、产假")
    assert rows[hidden.pk].absent_reason == "依规定"
    assert rows[probationary.pk].kind == "probationary"


def test_another_day_brings_another_roll_and_keeps_what_was_typed(branch, secretary):
    appraisal = begun(branch, secretary, members=1)
    save(appraisal, secretary, r0={"proposed": "excellent"})
    late = MemberFactory(branch=branch, since=date(2025, 11, 15))

    _, (added, gone) = save(appraisal, secretary, head={"held_on": date(2025, 11, 18)}, r0={"proposed": "excellent"})

    assert (added, gone) == ([str(late)], [])
    assert list(appraisal.rows.order_by("pk").values_list("proposed", flat=True)) == ["excellent", ""]


@pytest.mark.parametrize(
    ("held_on", "year"),
    [(date(2025, 1, 3), 2024), (date(2025, 3, 31), 2024), (date(2025, 4, 1), 2025), (date(2025, 12, 1), 2025)],
)
def test_what_is_held_in_the_first_quarter_is_for_the_year_before(held_on, year):
    assert appraisals.assessed_year(held_on) == year


@pytest.mark.parametrize(
    ("year", "held_on", "says"),
    [(2025, date(2025, 11, 21), "不能晚于今天"), (2026, HELD, "考核年度"), (2024, date(2026, 1, 1), "不能晚于今天"),
     (2023, date(2025, 2, 1), "请核对日期")],
)  # fmt: skip
def test_a_day_that_cannot_be_is_refused(branch, secretary, year, held_on, says):
    with pytest.raises(ValidationError, match=says):
        begun(branch, secretary, year=year, held_on=held_on)


# --- limits


@pytest.mark.parametrize(("members", "allowed"), [(1, 0), (2, 0), (3, 1), (4, 1), (6, 2)])
@pytest.mark.parametrize("extra", [0, 1], ids=["to the limit", "one more"])
def test_a_third_may_be_excellent_rounded_down(branch, secretary, members, allowed, extra):
    appraisal = begun(branch, secretary, members=members)
    best = {f"r{place}": {"proposed": "excellent"} for place in range(allowed + extra)}
    save(appraisal, secretary, **best)

    if not extra:
        assert appraisals.submit(appraisal, by=secretary, on=TODAY).state == "submitted"
    else:
        with pytest.raises(ValidationError, match=f"最多 {allowed} 人"):
            appraisals.submit(appraisal, by=secretary, on=TODAY)


def test_the_county_may_count_all_members(branch, secretary):
    appraisal = begun(branch, secretary, members=3)
    away = {"is_present": False, "absent_reason": "出差", "proposed": ""}
    save(appraisal, secretary, r0={"proposed": "excellent"}, r2=away)
    with pytest.raises(ValidationError, match="2 人，1/3 以内向下取整，“优秀”最多 0 人"):
        appraisals.submit(appraisal, by=secretary, on=TODAY)
    factories.DecisionFactory(key="appraisal.denominator", value="all")

    assert appraisals.submit(appraisal, by=secretary, on=TODAY).state == "submitted"


@pytest.mark.parametrize(
    ("line", "says"),
    [({"excellent": 8, "qualified": 3}, "四项合计 11 票，多于收回的 10 张"),
     ({"is_present": False}, "请写原因"),
     ({"is_present": False, "absent_reason": "出差", "proposed": "excellent"}, "不评“优秀”"),
     ({"absent_reason": "秘密★", "is_present": False}, "密级标志")],
)  # fmt: skip
def test_a_line_that_does_not_add_up_is_refused(branch, secretary, line, says):
    appraisal = begun(branch, secretary)

    with pytest.raises(ValidationError, match=says):
        save(appraisal, secretary, head={"ballots_issued": 12, "ballots_returned": 10}, r0=line)


def test_somebody_on_probation_gets_no_grade(branch, secretary):
    factories.MembershipFactory(branch=branch, kind="probationary", started_on=date(2025, 5, 1))
    appraisal = begun(branch, secretary, members=0)

    with pytest.raises(ValidationError, match="不定等次"):
        save(appraisal, secretary, r0={"proposed": "qualified"})


def test_everybody_present_has_a_grade_before_it_is_handed_in(branch, secretary):
    appraisal = begun(branch, secretary)

    with pytest.raises(ValidationError, match="还没有定等次"):
        appraisals.submit(appraisal, by=secretary, on=TODAY)


def test_the_order_by_votes_is_shown_and_decides_nothing(branch, secretary):
    appraisal = begun(branch, secretary, members=3)
    save(
        appraisal, secretary, head={"ballots_issued": 9, "ballots_returned": 9}, r0={"excellent": 2, "qualified": 7},
        r1={"excellent": 6}, r2={"excellent": 2, "qualified": 7},
    )  # fmt: skip
    rows = list(appraisal.rows.order_by("member__initials", "pk"))

    assert list(appraisals.places(rows).values()) == [2, 1, 2]
    assert {row.proposed for row in rows} == {"qualified"}


def test_who_comes_second_is_told(branch, secretary):
    appraisal = begun(branch, secretary)
    with pytest.raises(Stale):
        appraisals.save(appraisal, head={}, lines={}, version=appraisal.version + 1, by=secretary, on=TODAY)


# --- to 上级 and back


def test_the_grade_is_passed_as_proposed_by_somebody_else(branch, secretary, staff):
    appraisal = handed_in(branch, secretary)
    with pytest.raises(PermissionDenied):
        appraisals.approve(appraisal, by=secretary, on=TODAY)

    appraisals.approve(appraisal, by=staff, on=TODAY)

    assert set(appraisal.rows.values_list("final", flat=True)) == {"qualified"}
    assert AuditEvent.objects.get(action="appraisal.approve").detail["qualified"] == 4
    with pytest.raises(ValidationError, match="已经上报"):
        save(appraisal, secretary)


def test_nobody_passes_what_he_handed_in_nor_a_list_with_his_own_name(branch, secretary, staff):
    own = handed_in(branch, staff)
    with pytest.raises(ValidationError, match="另一位同志"):
        appraisals.approve(own, by=staff, on=TODAY)

    other = BranchFactory()
    MemberFactory(branch=other, user=staff)
    listed = handed_in(other, UserFactory(serving=other))
    with pytest.raises(ValidationError, match="您本人"):
        appraisals.approve(listed, by=staff, on=TODAY)


def test_what_comes_back_says_why_and_can_be_handed_in_again(branch, secretary, staff):
    appraisal = handed_in(branch, secretary)
    appraisals.send_back(appraisal, reason="两人的缺席原因写得不清楚", by=staff, on=TODAY)
    appraisal.refresh_from_db()
    assert (appraisal.state, appraisal.return_reason) == ("returned", "两人的缺席原因写得不清楚")

    save(appraisal, secretary)
    assert appraisals.submit(appraisal, by=secretary, on=TODAY).state == "submitted"


def test_members_see_their_grade_once_they_were_told(branch, secretary, staff):
    member = MemberFactory(branch=branch)
    appraisal = handed_in(branch, secretary)
    appraisals.approve(appraisal, by=staff, on=TODAY)
    assert not appraisals.own(member).exists()
    with pytest.raises(ValidationError, match="到今天之间"):
        appraisals.tell(appraisal, told_on=date(2025, 11, 21), by=secretary, on=TODAY)

    assert appraisals.tell(appraisal, told_on=TODAY, by=secretary, on=TODAY) == 5
    assert [row.final for row in appraisals.own(member)] == ["qualified"]


# --- numbers


def test_the_fact_is_pending_then_open_then_missed(branch, secretary, staff):
    generate(2024, by=User.objects.system())
    branches = Branch.objects.filter(pk=branch.pk)
    ask = lambda day: appraised(branches, Period.of_year(2024, on=day))  # noqa: E731
    assert ask(TODAY) is None

    late = handed_in(BranchFactory(), staff, year=2024, held_on=date(2025, 4, 1))  # counts as recorded, not in time
    in_time = handed_in(branch, secretary, year=2024, held_on=date(2025, 3, 31))
    every = appraised(Branch.objects.graded(), Period.of_year(2024, on=TODAY))
    assert every[branch.pk].value == 1
    assert every[branch.pk].pks == (in_time.pk,)
    assert late.branch_id not in every  # no duty was made for it

    Appraisal.objects.filter(pk=in_time.pk).update(state="draft")
    found = ask(date(2025, 3, 31))[branch.pk]
    assert (found.value, found.open, found.missing) == (0, 1, ())
    found = ask(date(2025, 4, 1))[branch.pk]
    assert (found.value, found.open, found.missing) == (0, 0, ("没有登记上报",))
    Appraisal.objects.filter(pk=in_time.pk).update(state="approved", approved_by=staff, approved_at="2025-04-02T00:00Z",
                                                   held_on=date(2025, 4, 1))  # fmt: skip
    assert "2025-04-01 才开展" in ask(TODAY)[branch.pk].missing[0]


def test_a_poll_counts_by_weight_and_from_enough_ballots(branch):
    few, none = BranchFactory(), BranchFactory()
    period = Period.of_year(2025, on=TODAY)
    every = Branch.objects.graded()
    assert mass_poll(every, period) is None

    factories.MassPollFactory(branch=branch)
    factories.MassPollFactory(branch=few, issued=9, returned=9, satisfied=9, fairly=0, dissatisfied=0, unsure=0)
    found = mass_poll(every, period)

    assert set(found) == {branch.pk}
    assert none.pk not in found
    assert (found[branch.pk].value, found[branch.pk].whole) == (23, 26)
    assert "1 票不了解" in found[branch.pk].note


# --- pages


def test_the_whole_way_on_pages(client, branch, secretary, staff):
    for _ in range(3):
        MemberFactory(branch=branch)
    assert "未登记" in client.get(reverse("members:appraisals")).content.decode()
    client.post(reverse("members:appraisal_add"), {"year": 2025, "held_on": "2025-11-10"})
    appraisal = Appraisal.objects.get()
    page = reverse("members:appraisal_edit", args=[appraisal.pk])
    form = {"version": 1, "held_on": "2025-11-10", "ballots_issued": 3, "ballots_returned": 3}
    for row in appraisal.rows.all():
        form |= {f"r{row.pk}-is_present": "1", f"r{row.pk}-excellent": 4, f"r{row.pk}-proposed": "qualified"}

    answer = client.post(page, form).content.decode()
    assert "四项合计 4 票" in answer
    assert 'value="4"' in answer  # what was typed is still there

    form |= {name: 1 for name in form if name.endswith("-excellent")}
    client.post(page, form | {"submit": "1"})
    appraisal.refresh_from_db()
    assert appraisal.state == "submitted"
    assert client.post(reverse("members:appraisal_approve", args=[appraisal.pk])).status_code == 403

    client.force_login(staff)
    client.post(reverse("members:appraisal_return", args=[appraisal.pk]), {"reason": ""})
    client.post(reverse("members:appraisal_approve", args=[appraisal.pk]))
    appraisal.refresh_from_db()
    assert appraisal.state == "approved"

    client.force_login(secretary)
    client.post(reverse("members:appraisal_tell", args=[appraisal.pk]), {"told_on": "2025-11-20"})
    assert AppraisalRow.objects.filter(told_on=TODAY).count() == 3
    assert client.get(reverse("members:appraisal", args=[appraisal.pk])).status_code == 200


def test_totals_of_a_poll_are_checked_and_the_next_branch_comes(client, branch):
    client.force_login(UserFactory(serving=root(), role=Role.STAFF))
    other = BranchFactory()
    url = reverse("members:poll", args=[branch.pk]) + "?year=2025"
    form = {
        "held_on": "2025-11-12",
        "issued": 20,
        "returned": 18,
        "satisfied": 15,
        "fairly": 4,
        "dissatisfied": 0,
        "unsure": 0,
    }

    assert "不能多于收回的票" in client.post(url, form).content.decode()
    answer = client.post(url, form | {"fairly": 3, "next": "1"})

    assert answer["Location"] == f"{reverse('members:poll', args=[other.pk])}?year=2025&held_on=2025-11-12"
    assert MassPoll.objects.get().valid == 18
