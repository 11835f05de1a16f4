"""What classes tell about whoever holds them, and whom an unfinished one reminds."""

from datetime import UTC, date, datetime

import pytest

from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from reminders.models import Reminder
from rulebook.facts import Period
from tests.factories import (
    BranchFactory,
    ClassFileFactory,
    ClassSessionFactory,
    DecisionFactory,
    EnrolmentFactory,
    SignInFactory,
    TrainingClassFactory,
    UserFactory,
)
from tests.reminders.test_sweep import lines, sweep_days
from training import archive, facts, six_haves
from training.facts.classes import _incomplete
from training.models import TrainingClass

pytestmark = pytest.mark.django_db
YEAR = Period.of_year(2025, on=date(2025, 12, 31))
MISSING, UNFINISHED = "remind.class_incomplete", "remind.class_unfinished"


@pytest.fixture
def upper():
    return BranchFactory(committee=True, parent=root())


def complete(**fields):
    """A class with all six."""
    row = TrainingClassFactory(plan="方案", summary="总结", **{"state": "closing", **fields})
    SignInFactory(
        session=ClassSessionFactory(training_class=row),
        enrolment=EnrolmentFactory(training_class=row, branch=BranchFactory(parent=row.branch)),
    )
    ClassFileFactory(training_class=row)
    return row


class TestFacts:
    def of(self, fact, *branches, period=YEAR):
        return fact(Branch.objects.filter(pk__in=[branch.pk for branch in branches]), period)

    def test_classes_and_persons_of_a_year(self, upper):
        first = complete(branch=upper)
        second = complete(branch=upper, state="running")
        session = second.sessions.get()
        SignInFactory(session=session, enrolment=EnrolmentFactory(training_class=second, branch=upper))
        for state in ("planned", "open", "cancelled"):
            TrainingClassFactory(branch=upper, state=state, cancel_reason="停")
        complete(branch=upper, starts_on=date(2024, 12, 30), ends_on=date(2025, 1, 2), enrols_until=None)
        beside = BranchFactory(committee=True, parent=root())

        found = self.of(facts.held, upper, beside)

        assert set(found) == {upper.pk}
        assert (found[upper.pk].value, found[upper.pk].note) == (2, "培训 3 人次")
        assert found[upper.pk].pks == (first.pk, second.pk)
        assert self.of(facts.person_times, upper)[upper.pk].value == 3

    def test_the_restricted_kind_is_in_no_number(self, upper):
        complete(branch=upper, kind="remedial")
        for fact in (facts.held, facts.person_times, facts.six_haves):
            assert self.of(fact, upper) == {}

    def test_which_have_all_six(self, upper):
        complete(branch=upper)
        TrainingClassFactory(branch=upper, state="closing", title="夜校", plan="x")
        found = self.of(facts.six_haves, upper)[upper.pk]
        assert (found.value, found.whole, found.open) == (1, 2, 0)
        assert found.missing == ("夜校缺教学日程表、学员名册、学员签到表、图片资料、总结简报",)

    def test_a_class_within_its_days_can_yet_get_them(self, upper):
        TrainingClassFactory(branch=upper, state="running")
        found = self.of(facts.six_haves, upper, period=Period.of_year(2025, on=date(2025, 4, 15)))[upper.pk]
        assert (found.value, found.whole, found.open, found.missing) == (0, 1, 1, ())

    def test_ten_branches_cost_what_one_costs(self, upper, django_assert_max_num_queries):
        branches = [BranchFactory(committee=True, parent=root()) for _ in range(10)]
        for branch in branches:
            complete(branch=branch)
        with django_assert_max_num_queries(14):
            assert len(self.of(facts.six_haves, *branches)) == 10
        with django_assert_max_num_queries(14):
            assert len(self.of(facts.held, *branches)) == 10


class TestReminders:
    def told(self, user, rule):
        return [day for day, found, _ in lines(user) if found == rule]

    def test_a_gap_is_asked_for_a_week_after_the_class_and_then_every_week(self, upper):
        row = complete(branch=upper)  # until 15 April
        row.files.all().delete()
        chief = UserFactory(serving=upper, role=Role.COMMITTEE)
        staff = UserFactory(serving=root(), role=Role.STAFF)
        below = UserFactory(serving=BranchFactory(parent=upper))

        sweep_days("04-15", "04-30")
        assert self.told(chief, MISSING) == ["04-22", "04-29"]
        ClassFileFactory(training_class=row)
        sweep_days("05-01", "05-14")

        assert self.told(chief, MISSING) == ["04-22", "04-29"]
        assert self.told(staff, MISSING) == self.told(below, MISSING) == []
        assert not Reminder.objects.filter(rule=MISSING, cleared_at=None).exists()

    def test_a_class_of_the_office_reminds_its_staff_and_the_archive_ends_it(self):
        row = TrainingClassFactory(branch=root(), state="closing")
        staff = UserFactory(serving=root(), role=Role.STAFF)
        sweep_days("04-20", "04-23")
        assert self.told(staff, MISSING) == ["04-22"]
        archive.archive(row, gap_reason="资料遗失", by=staff, at=datetime(2025, 4, 24, 1, tzinfo=UTC))
        sweep_days("04-24", "05-10")
        assert self.told(staff, MISSING) == ["04-22"]

    def test_the_countys_own_number_of_days(self, upper):
        DecisionFactory(key="training.missing_days", value=2, from_on=date(2025, 1, 1))
        TrainingClassFactory(branch=upper, state="closing")
        chief = UserFactory(serving=upper, role=Role.COMMITTEE)
        sweep_days("04-15", "04-18")
        assert self.told(chief, MISSING) == ["04-17"]

    def test_who_does_not_finish_is_told_the_day_after(self, upper):
        row = complete(branch=upper, state="running")
        chief = UserFactory(serving=upper, role=Role.COMMITTEE)
        sweep_days("04-14", "04-18")
        assert self.told(chief, UNFINISHED) == ["04-16"]
        TrainingClass.objects.filter(pk=row.pk).update(state="closing")
        sweep_days("04-19", "05-10")
        assert self.told(chief, UNFINISHED) == ["04-16"]

    def test_the_restricted_kind_reminds_nobody(self):
        TrainingClassFactory(branch=root(), state="running", kind="remedial")
        staff = UserFactory(serving=root(), role=Role.ADMIN)
        sweep_days("04-15", "05-10")
        assert self.told(staff, MISSING) == self.told(staff, UNFINISHED) == []

    def test_words_lead_to_where_it_is_done(self, upper):
        row = TrainingClassFactory(branch=upper, state="closing", title="夜校", plan="x")
        ((title, url),) = facts.incomplete_words([row.pk], YEAR.on).values()
        assert title == "“夜校”六个有还缺教学日程表、学员名册、学员签到表、图片资料、总结简报"
        assert url == f"/training/{row.pk}/archive/"
        ((title, url),) = facts.unfinished_words([row.pk], YEAR.on).values()
        assert (title, url) == ("“夜校”已过结班日期，请结班", row.get_absolute_url())


@pytest.mark.parametrize("gone", [None, "plan", "summary", "timetable", "sign_in", "picture", "roll"])
def test_the_database_counts_the_six_as_the_pages_do(upper, gone):
    row = complete(branch=upper)
    if gone in ("plan", "summary"):
        TrainingClass.objects.filter(pk=row.pk).update(**{gone: " \n"})
    elif gone == "picture":
        row.files.all().delete()
    elif gone == "roll":
        row.enrolments.update(withdrawn_on=date(2025, 4, 14), withdrawn_why="公差")
    elif gone:
        row.sessions.get().sign_ins.all().delete()
        if gone == "timetable":
            row.sessions.all().delete()
    row.refresh_from_db()
    complete_by_page = six_haves.complete(six_haves.state([row])[row.pk])
    assert complete_by_page is (gone is None)
    assert TrainingClass.objects.filter(_incomplete(), pk=row.pk).exists() is not complete_by_page
