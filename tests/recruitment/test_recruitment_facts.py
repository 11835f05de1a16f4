"""What recruitment tells the assessment, the classes and the list of signs."""

from datetime import date
from decimal import Decimal

import pytest

from branches import weak_clues
from branches.actions import root
from branches.models import Branch
from recruitment import facts
from recruitment.models import Application, RoadStep
from rulebook.facts import Period
from tests import factories
from tests.recruitment.walks import TODAY, Site
from training import rolls

pytestmark = pytest.mark.django_db
Y2025 = Period.of_year(2025, on=TODAY)


@pytest.fixture
def site():
    return Site()


def of(site, fact, period=Y2025):
    found = fact(Branch.objects.all(), period)
    return None if found is None else found.get(site.branch.pk)


# --- days that were wrong


def test_a_county_without_records_is_not_judged_and_a_branch_without_steps_neither(site):
    assert of(site, facts.unlawful) is None
    assert of(site, facts.backbone_share) is None
    other = Site()
    other.walk()

    assert facts.unlawful(Branch.objects.all(), Y2025).keys() == {other.branch.pk}
    assert facts.unlawful(Branch.objects.all(), Period.of_year(2022, on=TODAY)) is None


def test_a_lawful_road_loses_nothing(site):
    site.walk()
    found = of(site, facts.unlawful)

    assert (found.value, found.missing) == (0, ())
    assert set(found.pks) == set(RoadStep.objects.filter(on__year=2025).values_list("pk", flat=True))


def test_what_is_unlawful_counts_and_what_is_late_only_without_an_explanation(site):
    site.walk()
    RoadStep.objects.filter(step="confirm_prospect").update(on=date(2025, 3, 17))  # a day less than a year
    late = RoadStep.objects.filter(step="committee_approval")
    late.update(on=date(2025, 10, 11), explained="")  # three months and a day after the vote
    RoadStep.objects.filter(step__in=["od_filing", "assign_group", "oath", "probation_review"]).update(
        on=date(2025, 10, 12)
    )

    assert of(site, facts.unlawful).missing == ("03-17 确定发展对象不合规定", "10-11 上级党委审批超期没有说明")
    late.update(explained="党委换届")
    assert of(site, facts.unlawful).value == 1
    RoadStep.objects.filter(step="confirm_prospect").update(is_imported=True)
    assert of(site, facts.unlawful).value == 0
    assert of(site, facts.unlawful, Period.of_year(2025, on=date(2025, 2, 1))) is None


# --- backbones among those taken in


def test_of_three_years_those_count_who_were_backbones_on_the_day_of_the_vote(site):
    application = site.walk()
    backbone = factories.BackboneFactory(member=application.member, started_on=date(2025, 7, 10))

    assert (of(site, facts.backbone_share).value, of(site, facts.backbone_share).whole) == (1, 1)
    assert of(site, facts.backbone_share, Period.of_year(2027, on=date(2027, 12, 31))).whole == Decimal(1)
    assert of(site, facts.backbone_share, Period.of_year(2028, on=date(2028, 12, 31))) is None
    backbone.started_on = date(2025, 7, 11)
    backbone.save()
    assert of(site, facts.backbone_share).value == 0


def test_who_was_voted_on_and_not_approved_is_not_taken_in(site):
    site.walk("committee_approval")

    assert of(site, facts.backbone_share) is None


# --- whom the classes mean


@pytest.mark.parametrize(
    ("until", "source"),
    [("confirm_activist", None), ("activist_filing", "activists"), ("prospect_filing", "activists"),
     ("assign_sponsors", "candidates"), ("committee_approval", "candidates"), ("od_filing", None)],
)  # fmt: skip
def test_activists_and_candidates_by_where_their_road_is(site, until, source):
    member = site.walk(until).member
    found = {name: getattr(facts, name)([site.branch], TODAY) for name in ("activists", "candidates")}

    assert {name for name, rows in found.items() if rows} == ({source} if source else set())
    if source:
        assert found[source] == {site.branch.pk: [member.pk]}
        assert rolls.people(site.branch, TODAY).filter(pk=member.pk).exists()
    assert not rolls.people(site.committee, TODAY).filter(pk=member.pk).exists()


def test_they_come_on_the_roll_by_their_rule_and_by_their_branch(site):
    member = site.walk("prospect_filing").member
    by, staff = site.secretary, factories.UserFactory(serving=root(), role="staff")
    on = date(2025, 4, 8)
    by_rule, by_hand = (factories.TrainingClassFactory(branch=root(), state="open") for _ in "ab")
    plan = lambda row: rolls.by_rule(row, "activists", on=on)  # noqa: E731
    rolls.enrol_many(by_rule, plan, shown=rolls.digest(plan(by_rule)), source="rule", by=staff, on=on)
    rolls.enrol(by_hand, site.branch, [member], by=by, on=on)

    assert by_rule.enrolments.get().member == by_hand.enrolments.get().member == member


# --- a sign, never a target


@pytest.mark.parametrize(("day", "is_sign"), [(date(2027, 4, 6), False), (date(2027, 4, 7), True)])
def test_two_years_without_a_prospect_are_a_sign_to_look_at(site, day, is_sign):
    site.walk()  # decided on 7 April 2025
    found = weak_clues.signs(Branch.objects.filter(pk=site.branch.pk), day).get(site.branch.pk, [])
    words = [sign.words for sign in found if sign.key == "prospects"]

    assert words == (["2025-04-07 以来没有确定发展对象"] if is_sign else [])


def test_before_the_county_kept_records_nobody_knows(site):
    assert of(site, facts.years_without) is None
    site.walk("confirm_prospect")
    Application.objects.update(is_imported=True)

    assert of(site, facts.years_without, Period.of_year(2025, on=date(2025, 8, 31))) is None
    assert of(site, facts.years_without, Period.of_year(2025, on=date(2025, 9, 1))).value == 2
