"""The round of a year from its opening to its end, to the day; what hinders a step is said."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale
from assessment import judging, results, rounds
from assessment.models import Objection, Round, Scheme, Seal, SelfCheck, Verdict
from branches.rights import Role
from rulebook.models import CalendarDay
from tests.assessment import rounds_of_a_year as year
from tests.assessment.rounds_of_a_year import AFTER_CHECK, CHECKED, JUDGED, LAST_DAY, MEETING, OPENED, PUBLISHED, YEAR
from tests.factories import (
    BranchFactory,
    ObjectionFactory,
    RoundFactory,
    SchemeFactory,
    SelfCheckFactory,
    UserFactory,
    VetoFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(AFTER_CHECK)]


def refused(words):
    return pytest.raises(ValidationError, match=words)


class TestOpening:
    def open(self, by, *, on=OPENED, checked=CHECKED, judged=JUDGED, of=YEAR):
        return rounds.open_round(of, self_check_until=checked, judging_until=judged, by=by, on=on)

    def test_it_goes_by_the_schemes_that_are_published(self, people):
        scheme = SchemeFactory()
        committees = SchemeFactory(kind="committee")

        round = self.open(people.staff)

        assert (round.scheme, round.committee_scheme, round.state) == (scheme, committees, "self_check")
        assert AuditEvent.objects.filter(action="round.open").count() == 1

    def test_without_a_scheme_for_committees_these_are_not_graded(self, people):
        SchemeFactory()
        BranchFactory(kind="committee")
        branch = BranchFactory()

        round = self.open(people.staff)

        assert round.committee_scheme is None
        assert list(judging.graded(round, OPENED)) == [branch]

    def test_without_a_published_scheme_it_does_not_begin(self, people):
        SchemeFactory(draft=True)

        with refused("还没有发布"):
            self.open(people.staff)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"of": 2023}, "现在只能启动"),
            ({"checked": date(2025, 11, 30)}, "自查截止应在今天或以后"),
            ({"judged": date(2025, 12, 19)}, "评分截止不能早于自查截止"),
        ],
        ids=["too old a year", "self-check over already", "judging before self-check"],
    )
    def test_days_must_lie_ahead_and_in_order(self, people, options, words):
        SchemeFactory()

        with refused(words):
            self.open(people.staff, **options)
        assert not Round.objects.exists()

    def test_a_year_has_one(self, people):
        SchemeFactory()
        self.open(people.staff)

        with refused("已经启动"):
            self.open(people.other)

    @pytest.mark.parametrize("role", [Role.LEADER, Role.INSPECTOR])
    def test_only_staff_open_it(self, role):
        SchemeFactory()

        with pytest.raises(PermissionDenied):
            self.open(UserFactory(serving=year.root(), role=role))


class TestSteps:
    @pytest.fixture
    def branch(self, people):
        branch = BranchFactory()
        year.open_round(people)
        year.send(people, [branch])
        return branch

    def test_judging_waits_for_the_day_of_the_self_check(self, people, branch):
        with refused("自查到 2025-12-20 截止，还有 1 个没有提交"):
            year.move(people, CHECKED)

        assert year.move(people, date(2025, 12, 21)).state == "judging"

    def test_judging_begins_earlier_when_everybody_handed_in(self, people, branch):
        SelfCheckFactory(round=Round.objects.get(), branch=branch)

        assert year.move(people, date(2025, 12, 2)).state == "judging"

    def test_the_review_waits_for_the_day_of_judging_or_the_last_judgement(self, people, branch):
        year.move(people, AFTER_CHECK)
        with refused("还有 4 项没有评"):
            year.move(people, JUDGED)

        year.judge_all(people, branch)
        assert year.move(people, AFTER_CHECK).state == "review"

    def test_after_the_day_the_review_begins_with_what_is_missing_listed(self, people, branch):
        year.move(people, AFTER_CHECK)

        round = year.move(people, date(2026, 1, 9))

        assert rounds.hindrances(round, date(2026, 1, 9)) == ["还有 4 项没有评完"]
        with refused("还有 4 项没有评完"):
            year.publish(people)

    def test_a_difference_and_an_unanswered_contest_keep_it_from_publication(self, people, branch):
        year.move(people, AFTER_CHECK)
        year.judge_all(people, branch)
        year.judge(branch, "3", people.second, version=1)
        ObjectionFactory(round=Round.objects.get(), branch=branch)

        round = year.move(people, date(2026, 1, 9))

        assert rounds.hindrances(round, date(2026, 1, 9)) == [
            "还有 1 项两人评分差距过大，还没有复核", "还有 1 条自查时的异议没有答复",
        ]  # fmt: skip

    def test_two_who_press_the_button_are_told(self, people, branch):
        version = Round.objects.get().version
        year.move(people, AFTER_CHECK)

        with pytest.raises(Stale):
            rounds.move_on(YEAR, version=version, by=people.other, on=date(2026, 1, 9))

    def test_days_that_are_over_stay(self, people, branch):
        year.move(people, AFTER_CHECK)

        with refused("自查已经结束"):
            rounds.redate(
                YEAR, self_check_until=date(2025, 12, 31), judging_until=JUDGED, version=Round.objects.get().version,
                by=people.staff, on=AFTER_CHECK,
            )  # fmt: skip
        with refused("改后的日期应在今天或以后"):
            rounds.redate(
                YEAR, self_check_until=CHECKED, judging_until=date(2025, 12, 21), version=Round.objects.get().version,
                by=people.staff, on=AFTER_CHECK,
            )  # fmt: skip


class TestWindow:
    """Five working days; the day of publication does not count, days that are made up for do."""

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            (date(2026, 1, 12), date(2026, 1, 19)), (date(2026, 1, 16), date(2026, 1, 23)), (date(2026, 1, 17), date(2026, 1, 23)),
        ],
        ids=["Monday", "Friday", "Saturday"],
    )  # fmt: skip
    def test_weekends_do_not_count(self, first, last):
        CalendarDay.objects.filter(on__year=2026).delete()

        assert rounds.window(first) == last

    def test_holidays_do_not_count_and_days_worked_instead_do(self):
        CalendarDay.objects.filter(on__year=2026).delete()
        for day in (date(2026, 1, 14), date(2026, 1, 15)):
            CalendarDay.objects.create(on=day, is_working=False, name="放假")
        CalendarDay.objects.create(on=date(2026, 1, 17), is_working=True, name="上班")

        assert rounds.window(date(2026, 1, 12)) == date(2026, 1, 20)


class TestPublicationAndEnd:
    @pytest.fixture
    def branch(self):
        return BranchFactory(founded_on=date(2020, 1, 1))

    def test_publication_seals_and_opens_the_window(self, people, branch):
        round = year.to_publication(people, [branch])

        assert (round.state, round.published_on, round.objections_until) == ("published", PUBLISHED, LAST_DAY)
        assert Seal.objects.get().stage == "published"
        assert results.standing(YEAR, on=PUBLISHED).seal is not None

    def test_nothing_is_decided_while_the_window_is_open(self, people, branch):
        year.to_publication(people, [branch])

        with refused("异议期到 2026-01-19 为止"):
            year.move(people, LAST_DAY)
        assert year.move(people, date(2026, 1, 20)).state == "deciding"

    def test_nothing_is_decided_while_an_objection_waits(self, people, branch):
        ObjectionFactory(round=year.to_publication(people, [branch]), branch=branch, phase="published")

        with refused("还有 1 条异议没有答复"):
            year.move(people, date(2026, 1, 20))

    @pytest.fixture
    def deciding(self, people, branch):
        year.to_publication(people, [branch])
        return year.move(people, date(2026, 1, 20))

    def finalise(self, by, *, meeting=MEETING, number="纪要〔2026〕2号", on=MEETING):
        return rounds.finalise(
            YEAR, meeting_on=meeting, minutes_number=number, version=Round.objects.get().version, by=by, on=on
        )

    @pytest.mark.parametrize(
        ("meeting", "is_allowed"),
        [(LAST_DAY, False), (date(2026, 1, 20), True), (MEETING, True), (date(2026, 1, 23), False)],
        ids=["within the window", "the day after", "today", "tomorrow"],
    )
    def test_the_meeting_lies_between_the_window_and_today(self, people, deciding, meeting, is_allowed):
        if is_allowed:
            assert self.finalise(people.admin, meeting=meeting).state == "final"
        else:
            with refused("会议日期应在异议期结束"):
                self.finalise(people.admin, meeting=meeting)
            assert Round.objects.get().state == "deciding"
            assert Seal.objects.count() == 1

    def test_it_ends_with_number_seal_and_closed_scheme(self, people, deciding):
        with refused("审定要有工委会议日期和纪要号"):
            self.finalise(people.admin, number="  ")

        round = self.finalise(people.admin)

        assert round.minutes_number == "纪要〔2026〕2号"
        assert Scheme.objects.get().state == "closed"
        assert list(Seal.objects.values_list("stage", flat=True)) == ["published", "final"]

    def test_only_who_registers_the_meeting_ends_it(self, people, deciding):
        with pytest.raises(PermissionDenied):
            self.finalise(people.staff)

    def test_before_its_time_it_does_not_end(self, people, branch):
        year.to_publication(people, [branch])

        with refused("公布，受理异议"):
            self.finalise(people.admin)

    def test_after_the_end_nothing_moves(self, people, branch, deciding):
        self.finalise(people.admin)

        with refused("已审定"):
            rounds.decide(YEAR, branch, grade="合格", reason="x", by=people.admin)
        with refused("已审定"):
            year.move(people, date(2026, 2, 1))
        with refused("已审定"):
            self.finalise(people.admin)

    class TestVerdict:
        @pytest.fixture
        def decided(self, people, branch):
            year.to_publication(people, [branch])
            year.move(people, date(2026, 1, 20))
            (score,) = results.proposed(Round.objects.get())
            return score.grade

        def test_the_meeting_sets_another_grade_and_takes_it_back(self, people, branch, decided):
            other = next(grade for grade in ("合格", "基本合格") if grade != decided)

            row = rounds.decide(YEAR, branch, grade=other, reason="工委会议研究", by=people.admin)
            assert (row.proposed, row.grade) == (decided, other)

            assert rounds.decide(YEAR, branch, grade=decided, reason="", by=people.admin) is None
            assert not Verdict.objects.exists()

        def test_another_grade_needs_its_reason(self, people, branch, decided):
            other = next(grade for grade in ("合格", "基本合格") if grade != decided)

            with pytest.raises(ValidationError) as refusal:
                rounds.decide(YEAR, branch, grade=other, reason=" ", by=people.admin)
            assert "reason" in refusal.value.message_dict

        def test_no_grade_that_the_scheme_does_not_know(self, people, branch, decided):
            with refused("没有这个等次"):
                rounds.decide(YEAR, branch, grade="特优", reason="x", by=people.admin)

        def test_not_better_than_a_veto_leaves(self, people, branch, decided):
            VetoFactory(branch=branch, reason="discipline", confirmed=True)

            with refused("等次最高为不合格"):
                rounds.decide(YEAR, branch, grade="基本合格", reason="x", by=people.admin)


def test_counts_do_not_cost_more_with_more_branches(people, django_assert_max_num_queries):
    year.open_round(people)
    BranchFactory.create_batch(3)
    with django_assert_max_num_queries(12):
        found = rounds.progress(Round.objects.get(), AFTER_CHECK)

    assert (found.organisations, found.needed, found.missing, found.not_two) == (3, 12, 12, 3)


def test_a_kind_without_scheme_counts_nowhere(people):
    RoundFactory()
    BranchFactory(kind="general")

    assert rounds.progress(Round.objects.get(), AFTER_CHECK).organisations == 0
    assert not Objection.objects.exists()
    assert not SelfCheck.objects.exists()
