"""The short forms: what is saved counts at once, what is withdrawn no longer does, and the file of kinds is sound."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale, User
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from duties.actions import generate
from duties.models import Duty
from meetings import activities
from meetings.activities import COLUMNS, GROUPS, kinds
from meetings.models import Activity
from rulebook.book import rules
from tests.factories import BranchFactory, MemberFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY, TODAY = date(2026, 5, 8), date(2026, 5, 20)


@pytest.fixture
def branch():
    branch = BranchFactory()
    generate(2026, by=User.objects.system())
    return branch


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


def save(branch, by, *, kind="heart_talk", on=TODAY, **fields):
    people = fields.pop("people", ())
    activity = Activity(branch=branch, kind=kind, **{"held_on": DAY, **fields})
    return activities.save(activity, people=people, by=by, on=on)


def duty(branch, rule="heart_talk"):
    return Duty.objects.get(branch=branch, rule=rule, year=2026)


def test_what_is_saved_meets_its_duty_at_once(branch, secretary):
    pair = MemberFactory.create_batch(2, branch=branch)

    saved = save(branch, secretary, people=pair, answers={"pair": "committee"})

    assert duty(branch).met_on == DAY
    assert saved.assessment_year == 2026
    assert set(saved.people.all()) == set(pair)
    assert AuditEvent.objects.filter(action="activity.save", object_id=str(saved.pk), by=secretary).exists()


def test_the_day_is_corrected_in_the_duty_too(branch, secretary):
    saved = save(branch, secretary)
    saved.held_on = date(2026, 4, 1)

    activities.save(saved, by=secretary, on=TODAY, version=saved.version)

    assert duty(branch).met_on == date(2026, 4, 1)


def test_what_is_withdrawn_stays_on_record_and_no_longer_counts(branch, secretary):
    saved = save(branch, secretary)

    activities.withdraw(saved, by=secretary)

    saved.refresh_from_db()
    assert (saved.withdrawn_by, duty(branch).met_on) == (secretary, None)
    assert not Activity.objects.counted().exists()
    with pytest.raises(ValidationError, match="已经撤销"):
        activities.withdraw(saved, by=secretary)
    with pytest.raises(ValidationError, match="不能再改"):
        activities.save(saved, by=secretary, on=TODAY, version=saved.version)


def test_the_second_of_two_is_told(branch, secretary):
    saved = save(branch, secretary)
    again = Activity.objects.get(pk=saved.pk)
    activities.save(again, by=secretary, on=TODAY, version=1)

    with pytest.raises(Stale):
        activities.save(saved, by=secretary, on=TODAY, version=1)


def test_a_day_to_come_is_refused(branch, secretary):
    with pytest.raises(ValidationError, match="今天以后"):
        save(branch, secretary, held_on=date(2026, 5, 21))


def test_after_the_lock_only_a_leave_helps(branch, secretary):
    with pytest.raises(ValidationError):
        save(branch, secretary, kind="ideology_notice", title="通报", held_on=DAY, on=date(2027, 6, 1))

    assert not Activity.objects.exists()


def test_a_record_is_not_moved_into_a_locked_period(branch, secretary):
    generate(2027, by=User.objects.system())
    saved = save(branch, secretary, held_on=date(2027, 5, 8), on=date(2027, 6, 1))
    saved.held_on = date(2026, 5, 8)
    with pytest.raises(ValidationError, match="补登期"):
        activities.save(saved, by=secretary, on=date(2027, 6, 1), version=1)

    again = Activity.objects.get(pk=saved.pk)
    activities.save(again, by=secretary, on=date(2028, 6, 1), version=1)  # its own period may be locked by now


@pytest.mark.parametrize("kind", ["secretary_talk", "work_committee_meeting"])
def test_what_the_work_committee_keeps_is_not_for_branches(branch, secretary, kind):
    with pytest.raises(ValidationError, match="不由"):
        save(branch, secretary, kind=kind, title="工委会议")


def test_only_organisations_below_can_be_talked_about():
    staff, ours, elsewhere = (
        UserFactory(serving=root(), role=Role.STAFF),
        BranchFactory(committee=True),
        BranchFactory(),
    )

    with pytest.raises(ValidationError, match="本级以下"):
        save(ours, staff, kind="secretary_talk", about=elsewhere)
    assert save(root(), staff, kind="secretary_talk", about=elsewhere).about == elsewhere


def test_a_stranger_is_refused(branch):
    with pytest.raises(PermissionDenied):
        save(branch, UserFactory(serving=BranchFactory()))


def test_a_record_made_before_its_duty_is_matched_later(branch, secretary):
    saved = save(branch, secretary)
    Duty.objects.filter(branch=branch).delete()
    generate(2026, by=User.objects.system())
    assert duty(branch).met_on is None

    activities.meet_again(2026)

    assert duty(branch).met_on == saved.held_on


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.key)
def test_each_kind_is_sound(kind):
    assert kind.group in GROUPS
    assert set(kind.asks) <= set(COLUMNS)
    assert kind.asks or kind.questions
    assert set(kind.by) <= set(Branch.Kind.values)
    assert not kind.duty or rules()[f"duty.{kind.duty}"][-1].value["by"] == "activity"
    assert len(kind.key) <= Activity._meta.get_field("kind").max_length


def test_each_duty_met_by_an_activity_has_its_kind():
    asked = {
        key.removeprefix("duty.")
        for key, rows in rules().items()
        if key.startswith("duty.") and rows[-1].value.get("by") == "activity"
    }

    assert asked == {kind.duty for kind in kinds().values()} - {""}
