"""预估得分: one pass for everybody, one branch anew when something of it is on record; what can still be had, what is lost."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, User
from assessment import forecast, freshness, scoring, tasks
from assessment.models import Forecast
from branches.models import Branch
from meetings.actions import submit
from portal.actions import tend
from tests import factories
from tests.assessment.year import YEAR, decimal, hold

pytestmark = pytest.mark.django_db
ON = date(YEAR, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(f"{ON}T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def branches():
    """Three branches with a year behind them: all held, half held, none."""
    found = factories.BranchFactory.create_batch(3, committee=False)
    for month in range(1, 11):
        hold(found[0], "theme_party_day", (month, 10))
        if month % 2:
            hold(found[1], "theme_party_day", (month, 10), attended=8)
    tend(YEAR, by=User.objects.system())
    return found


def row_of(branch):
    return Forecast.objects.get(branch=branch)


# --- the pass


def test_a_pass_keeps_what_live_grading_gives(branches):
    assert forecast.run(YEAR, on=ON) == 3

    for score in scoring.grade(YEAR, on=ON):
        row = row_of(score.branch)
        assert (row.total, row.still, row.judged) == (score.total, score.still, score.judged)
        assert (row.rank, row.grade, row.group) == (score.rank, score.grade, score.group)
        kept = forecast.score_of(row)
        assert (kept.dimensions, kept.bonus) == (score.dimensions, score.bonus)


def test_a_pass_twice_leaves_one_row_for_a_month(branches):
    forecast.run(YEAR, on=ON)
    forecast.run(YEAR, on=ON)

    assert Forecast.objects.count() == 3


def test_each_month_keeps_its_row_and_only_the_newest_its_details(branches):
    forecast.run(YEAR, on=date(YEAR, 10, 31))
    forecast.run(YEAR, on=ON)

    rows = Forecast.objects.filter(branch=branches[0]).order_by("month")
    assert [row.month for row in rows] == [date(YEAR, 10, 1), date(YEAR, 11, 1)]
    assert ["own" in row.content for row in rows] == [False, True]
    assert rows[0].total is not None
    assert rows[0].content["dimensions"]


def test_the_queries_of_a_pass_do_not_depend_on_the_branches(branches, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        forecast.run(YEAR, on=ON)
    factories.BranchFactory.create_batch(8, committee=False)
    tend(YEAR, by=User.objects.system())
    with CaptureQueriesContext(connection) as many:
        forecast.run(YEAR, on=ON)
    assert len(many) <= len(few)


def test_the_task_of_the_night_is_safe_to_run_twice(branches):
    tasks.forecast_all()
    tasks.forecast_all()

    assert Forecast.objects.filter(year=YEAR, kind="branch").count() == 3


@pytest.mark.parametrize(
    ("today", "years"),
    [(date(2026, 3, 31), [2025, 2026]), (date(2026, 4, 1), [2026]), (date(2025, 12, 31), [2025])],
    ids=["last day of the year before", "a day later", "the running year alone"],
)
def test_the_year_before_moves_until_the_end_of_march(today, years):
    assert forecast.years(today) == years


# --- fresh or stale


def test_a_row_is_kept_while_nothing_is_recorded(branches, django_assert_num_queries):
    forecast.run(YEAR, on=ON)

    kept = row_of(branches[0])

    with django_assert_num_queries(2):
        assert forecast.latest(branches[0], YEAR, on=ON).computed_at == kept.computed_at


def test_the_next_day_is_another_score(branches):
    forecast.run(YEAR, on=ON)

    assert forecast.latest(branches[0], YEAR, on=ON + timedelta(days=1)).on == ON + timedelta(days=1)


def test_a_secretary_hands_in_a_meeting_and_the_next_page_shows_it(client, branches):
    forecast.run(YEAR, on=ON)
    secretary = factories.UserFactory(serving=branches[1])
    client.force_login(secretary)
    before = client.get(reverse("portal:home")).context["score"]["total"]
    draft = factories.MeetingFactory(
        branch=branches[1], kinds=("theme_party_day",), held_on=date(YEAR, 11, 12), created_by=secretary
    )

    submit(draft, by=secretary, on=ON)

    after = client.get(reverse("portal:home")).context["score"]["total"]
    assert after > before
    live = next(iter(scoring.score(Branch.objects.filter(pk=branches[1].pk), YEAR, on=ON)))
    assert after == live.total
    assert row_of(branches[1]).total == before  # the list stays as of its pass


def recorded(action, thing):
    audit.record(action, thing, by=User.objects.system())


def test_what_is_recorded_moves_its_own_branch_and_what_may_move_others_moves_all(branches):
    one, other, _ = branches
    seen = freshness.newest(timezone.now())
    meeting = factories.MeetingFactory(branch=one)
    recorded("meeting.save", meeting)
    assert freshness.has_moved_for(one, seen)
    assert not freshness.has_moved_for(other, seen)

    recorded("score.judge", one)
    assert not freshness.has_moved_for(other, seen)

    recorded(
        "honour.enter", factories.HonourFactory(branch=one)
    )  # the first of the county opens the item for everybody
    assert freshness.has_moved_for(other, seen)


@pytest.mark.parametrize("action", ["account.sign_in", "member.reveal", "meeting.print", "report.export", "job.fetch"])
def test_looking_printing_and_signing_in_move_nothing(branches, action):
    seen = freshness.newest(timezone.now())
    recorded(action, branches[0])

    assert not freshness.has_moved(seen)
    assert not freshness.has_moved_for(branches[0], seen)


def test_a_record_that_is_gone_counts_as_everybodys(branches):
    seen = freshness.newest(timezone.now())
    meeting = factories.MeetingFactory(branch=branches[0])
    recorded("meeting.drop", meeting)
    meeting.kinds.all().delete()
    meeting.delete()

    assert freshness.has_moved_for(branches[1], seen)


def test_an_event_that_another_act_still_holds_back_is_not_taken_for_seen(monkeypatch):
    monkeypatch.setattr(freshness, "_others_write", lambda: True)
    by = User.objects.system()
    first = AuditEvent.objects.create(by=by, action="meeting.save")
    AuditEvent.objects.create(pk=first.pk + 2, by=by, action="meeting.save")  # the number between is being written

    assert freshness.newest(timezone.now()) == first.pk
    assert freshness.newest(timezone.now() + timedelta(hours=1)) == first.pk + 2


def test_a_number_that_was_taken_back_holds_nothing_up():
    by = User.objects.system()
    first = AuditEvent.objects.create(by=by, action="meeting.save")
    AuditEvent.objects.create(pk=first.pk + 2, by=by, action="meeting.save")

    assert freshness.newest(timezone.now()) == first.pk + 2  # nobody else is writing


# --- what can still be had, what is lost


def own(branch):
    return forecast.latest(branch, YEAR, on=ON).content["own"]


def test_gains_name_the_periods_and_the_day(branches):
    gain = next(gain for gain in own(branches[0])["gains"] if gain["key"] == "AT1")

    assert gain["words"] == "11 月、12 月主题党日"
    assert (gain["count"], gain["until"]) == (2, "2025-11-28")


def test_losses_name_the_periods_that_are_over(branches):
    loss = next(loss for loss in own(branches[1])["losses"] if loss["key"] == "AT1")

    assert loss["why"] == "缺：2 月、4 月、6 月、8 月、10 月"
    assert not [loss for loss in own(branches[0])["losses"] if loss["key"] == "AT1"]


def test_a_rate_that_may_rise_again_is_not_lost_before_the_year_is_over(branches):
    assert "AT5" not in {loss["key"] for loss in own(branches[1])["losses"]}  # 80 %: later meetings can lift it

    row = forecast.latest(branches[1], YEAR, on=date(YEAR + 1, 1, 1))
    assert "AT5" in {loss["key"] for loss in row.content["own"]["losses"]}


def test_gains_together_are_what_can_still_be_had(branches):
    found = own(branches[0])
    together = sum((Decimal(gain["points"]) for gain in found["gains"]), Decimal(0))

    assert abs(together - decimal(found["still"])) <= Decimal("0.05")  # each is rounded to the cent


def test_what_a_branch_records_moves_the_committee_above_it(branches):
    above = factories.BranchFactory(kind="committee")
    seen = freshness.newest(timezone.now())
    recorded("meeting.save", factories.MeetingFactory(branch=factories.BranchFactory(parent=above)))

    assert freshness.has_moved_for(above, seen)
