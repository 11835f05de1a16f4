"""Whom a road into the Party reminds, on which day, and when it stops; never who, never what a review found."""

from datetime import UTC, date, datetime, timedelta

import pytest

from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from recruitment import facts, matters, steps
from recruitment.models import Application, RoadStep
from reminders import sweep
from reminders.models import DigestLine, Reminder
from tests import factories
from tests.recruitment.walks import Site
from tests.reminders.mornings import only

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    found = Site()
    found.staff = factories.UserFactory(serving=root(), role=Role.STAFF)
    return found


def told(user, rule, first, last):
    """The days on which this person was told of a rule of recruitment, by sweeping each morning of the stretch."""
    day = first
    with only(f"remind.{rule}"):
        while day <= last:
            sweep.run(datetime(day.year, day.month, day.day, 0, tzinfo=UTC))
            day += timedelta(days=1)
    rows = DigestLine.objects.filter(digest__user=user, reminder__rule=f"remind.{rule}").order_by("digest__on")
    return [f"{on:%m-%d}" for on in rows.values_list("digest__on", flat=True)]


def due(source, on, **options):
    return list(getattr(facts, source)(on, **{"of": "due_on", **options}))


def test_the_talk_is_due_a_month_after_the_application_came_in(site):
    application = site.walk("initial_talk")  # received on 4 September 2023

    assert due("steps_due", date(2023, 9, 21), steps=["initial_talk"]) == [
        (application.pk, site.branch.pk, date(2023, 10, 4), date(2023, 10, 4))
    ]
    # 14 days before; what falls into the holidays comes together after them; then each week.
    assert told(site.secretary, "recruit_talk", date(2023, 9, 19), date(2023, 10, 12)) == ["09-20", "10-07", "10-12"]
    assert told(site.upper, "recruit_talk", date(2023, 10, 13), date(2023, 10, 13)) == []


def test_a_step_that_a_road_from_paper_went_past_is_nobodys_to_do(site):
    application = site.walk("cultivate")
    RoadStep.objects.filter(application=application, step="initial_talk").delete()

    assert due("steps_due", date(2024, 9, 1), steps=["initial_talk"]) == []
    assert due("steps_due", date(2024, 9, 1), steps=["cultivate"]) == [
        (application.pk, site.branch.pk, date(2024, 9, 18), date(2024, 9, 18))
    ]


def test_it_stops_with_the_talk(site):
    application = site.walk("initial_talk")
    told(site.secretary, "recruit_talk", date(2023, 9, 20), date(2023, 9, 20))
    site.take(application, "initial_talk", date(2023, 9, 21))
    before = Reminder.objects.filter(rule="remind.recruit_talk", cleared_at=None).count()
    sweep.run(datetime(2023, 9, 22, 0, tzinfo=UTC))

    assert before
    assert not Reminder.objects.filter(rule="remind.recruit_talk", cleared_at=None).exists()
    assert due("steps_due", date(2023, 10, 5), steps=["initial_talk"]) == []


def test_a_review_each_half_year(site):
    site.walk("cultivate")  # confirmed on 18 March 2024

    assert told(site.secretary, "recruit_review", date(2024, 9, 3), date(2024, 9, 25)) == ["09-04", "09-18", "09-25"]
    assert facts.review_words([Application.objects.get().pk], date(2024, 9, 4)) == {
        Application.objects.get().pk: (
            "考察 1 名入党积极分子（每半年一次）",
            Application.objects.get().get_absolute_url(),
        )
    }


def test_the_approval_is_the_committees_matter_until_six_months_are_over(site):
    application = site.walk("committee_approval")  # voted on 10 July 2025
    pk = application.pk
    options = {"steps": ["committee_approval", "conversion_approval"], "at": "committee"}

    assert due("steps_due", date(2025, 10, 1), **options)[0][2:] == (date(2025, 10, 10),) * 2
    assert due("steps_due", date(2025, 12, 1), **options | {"of": "last_on"})[0][2:] == (date(2026, 1, 10),) * 2
    assert due("steps_due", date(2025, 12, 1), **options | {"at": "top"}) == []
    assert facts.approval_words([pk], date(2026, 1, 10))[pk][0] == "审批 1 名预备党员"
    assert (
        facts.approval_words([pk], date(2026, 1, 11))[pk][0] == "1 名同志的入党决议已满六个月没有审批，须退回重新讨论"
    )
    assert told(site.upper, "recruit_approval", date(2025, 10, 10), date(2025, 10, 13)) == ["10-10", "10-11"]
    assert told(site.secretary, "recruit_approval", date(2025, 10, 14), date(2025, 10, 14)) == []
    assert told(site.staff, "recruit_approval_top", date(2025, 10, 20), date(2025, 10, 20)) == []


def test_of_a_branch_directly_below_the_work_committee_it_is_told(site):
    site.walk("committee_approval")
    Branch.objects.filter(pk=site.committee.pk).update(kind=Branch.Kind.GENERAL)

    assert told(site.staff, "recruit_approval_top", date(2025, 10, 10), date(2025, 10, 13)) == ["10-10", "10-11"]


def test_the_end_of_the_probation_from_thirty_days_before(site):
    application = site.walk("transfer_apply")
    options = {"steps": ["transfer_apply"], "of": "ripe_on"}

    assert due("steps_due", date(2026, 6, 10), **options)[0][2] == date(2026, 7, 10)
    assert told(site.secretary, "recruit_conversion", date(2026, 6, 10), date(2026, 7, 17)) == [
        "06-10",
        "07-10",
        "07-17",
    ]
    Application.objects.filter(pk=application.pk).update(extended_months=6)
    assert due("steps_due", date(2026, 12, 1), **options)[0][2] == date(2027, 1, 10)
    RoadStep.objects.filter(application=application, step="probation_review").delete()
    assert due("steps_due", date(2026, 12, 1), **options)[0][2] == date(2027, 1, 10)


def test_a_department_that_does_not_answer_is_told_without_its_name(site):
    application = site.walk("political_review")
    for department, replied, conclusion in (("公安", None, ""), ("信访", date(2025, 4, 20), "clear")):
        factories.DepartmentReplyFactory(
            application=application, department=department, asked_on=date(2025, 4, 17), due_on=date(2025, 5, 6),
            replied_on=replied, conclusion=conclusion,
        )  # fmt: skip

    assert due("replies_overdue", date(2025, 5, 5)) == []
    assert told(site.secretary, "recruit_reply", date(2025, 5, 6), date(2025, 5, 14)) == ["05-07", "05-14"]
    assert told(site.upper, "recruit_reply", date(2025, 5, 15), date(2025, 5, 21)) == ["05-07", "05-14", "05-21"]
    title, _ = facts.reply_words([application.pk], date(2025, 5, 7))[application.pk]
    assert "有部门回复逾期" in title
    assert not {"公安", "政审", "政治", application.member.name} & {title[at : at + 2] for at in range(len(title))}
    factories.DepartmentReplyFactory(
        application=application, department="公安", asked_on=date(2025, 5, 12), due_on=date(2025, 5, 26)
    )
    assert due("replies_overdue", date(2025, 5, 22)) == [], "asked anew, it has its time again"


@pytest.mark.parametrize("end", ["closed", "branch closed"])
def test_of_a_road_that_is_over_nobody_is_told(site, end):
    application = site.walk("initial_talk")
    if end == "closed":
        Application.objects.update(outcome="withdrawn", ended_on=date(2023, 9, 20), end_reason="本人申请")
    else:
        Branch.objects.filter(pk=application.branch_id).update(closed_on=date(2023, 9, 20))

    assert due("steps_due", date(2023, 10, 1), steps=["initial_talk"]) == []
    assert due("replies_overdue", date(2023, 10, 1)) == []


def test_all_roads_are_judged_once_a_sweep(site, monkeypatch):
    site.walk("initial_talk")
    found = []
    judge = facts.due.cases
    monkeypatch.setattr(facts.due, "cases", lambda rows: found.append(len(rows)) or judge(rows))
    sweep.run(datetime(2023, 9, 20, 0, tzinfo=UTC))

    assert found == [1]


def test_nobody_waits_for_an_answer_to_a_review_that_is_no_more(site):
    application = site.walk("political_review")
    matters.ask(application, ["公安"], asked_on=date(2025, 4, 20), by=site.secretary, today=date(2025, 9, 1))
    assert [pk for pk, *_ in due("replies_overdue", date(2025, 9, 1))] == [application.pk]

    steps.take_back(application, "confirm_prospect", "有误", date(2025, 8, 1), by=site.upper, today=date(2025, 9, 1))
    assert due("replies_overdue", date(2025, 9, 1)) == []
    site.take(application, "confirm_prospect", date(2025, 8, 4), {"opinions": "同意"})
    assert due("replies_overdue", date(2025, 9, 1)) == []
