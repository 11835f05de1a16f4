"""Rows of the database as the engine reads them."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Membership, Sanction
from recruitment import legality
from recruitment.cases import calendar, cases
from recruitment.models import Application
from rulebook.models import CalendarDay
from tests import factories

pytestmark = pytest.mark.django_db


def listed(**fields):
    application = factories.ApplicationFactory(**fields)
    for step, on, data in (
        ("apply", date(2024, 3, 1), {"received_on": "2024-03-04"}), ("initial_talk", date(2024, 3, 20), {}),
        ("confirm_activist", date(2024, 9, 1), {"recommended_by": "团支部推优"}),
        ("activist_filing", date(2024, 9, 5), {}), ("assign_mentor", date(2024, 9, 6), {}),
    ):  # fmt: skip
        factories.RoadStepFactory(application=application, step=step, on=on, data=data)
    factories.GuideFactory(application=application)
    return application


def load():
    return cases(Application.objects.select_related("member"))


def test_days_written_in_a_row_are_days_again_and_guides_are_people_of_that_day():
    application = listed()
    case = load()[application.pk]

    assert case.acts[0].data == {"received_on": date(2024, 3, 4)}
    assert [person["full"] for person in case.acts[4].data["mentors"]] == [True]
    assert legality.faults(case, is_working=calendar()) == []


def test_the_calendar_of_any_number_of_years_is_read_once(django_assert_num_queries):
    CalendarDay.objects.update_or_create(on=date(2024, 5, 1), defaults={"is_working": False, "source": "通知"})
    CalendarDay.objects.update_or_create(
        on=date(2025, 4, 27), defaults={"is_working": True, "source": "通知"}
    )  # a Sunday
    is_working = calendar()

    with django_assert_num_queries(1):
        told = [is_working(date(year, month, day)) for year, month, day in (
            (2024, 5, 1), (2024, 5, 6), (2025, 4, 27), (2033, 5, 7), (2033, 5, 9)
        )]  # fmt: skip
    assert told == [False, True, True, False, True]


@pytest.mark.parametrize("what", ["probationary", "watched"])
def test_whoever_was_not_a_full_member_or_was_under_watch_on_that_day_is_none(what):
    application = listed()
    guide = application.guides.get()
    if what == "probationary":
        Membership.objects.filter(member=guide.member).update(kind="probationary")
        wrong = {"full": False, "on_probation": False}
    else:
        factories.SanctionFactory(member=guide.member, kind=Sanction.Kind.PROBATION, started_on=date(2024, 9, 6))
        wrong = {"full": True, "on_probation": True}

    assert load()[application.pk].acts[4].data["mentors"] == [{"member": guide.member_id, **wrong}]


def test_the_last_notice_of_a_matter_and_the_course_attended_belong_to_the_step():
    application = listed()
    factories.PublicityFactory(application=application)
    enrolment = factories.EnrolmentFactory(outcome="completed")
    for day in (13, 14):
        session = factories.ClassSessionFactory(
            training_class=enrolment.training_class, held_on=date(2025, 4, day), hours=8
        )
        factories.SignInFactory(session=session, enrolment=enrolment)
    factories.RoadStepFactory(application=application, step="confirm_prospect", on=date(2025, 9, 2), data={})
    factories.RoadStepFactory(
        application=application, step="prospect_training", on=date(2025, 9, 3), data={}, enrolment=enrolment
    )
    acts = {act.step: act for act in load()[application.pk].acts}

    assert acts["confirm_prospect"].data == {"public_from": date(2025, 6, 5), "public_until": date(2025, 6, 11)}
    assert acts["prospect_training"].data == {"days": 2, "hours": 16.0, "passed": True}


def test_the_calendar_of_the_county_says_when_offices_work():
    is_working = calendar()

    assert is_working(date(2026, 10, 10))
    assert not is_working(date(2026, 10, 11))
    assert is_working(date(2026, 10, 12))


def test_the_queries_do_not_grow_with_the_roads():
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as found:
            load()
        return len(found)

    listed()
    one = queries()
    for _ in range(9):
        listed()

    assert queries() == one
