"""What a step rests on holds on its own day, and belongs to this turn of the road: sponsors, notices, answers, courses."""

from datetime import date

import pytest

from members.models import Membership, Sanction
from recruitment import matters, steps
from recruitment.forms.step import courses_of
from recruitment.models import Publicity
from tests import factories
from tests.recruitment.test_steps import refusal
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return Site()


def test_a_course_before_the_person_was_a_prospect_does_not_count(site):
    """第十七条 trains 发展对象: a course of 2022 stands for one who became 发展对象 in 2025."""
    application = site.walk("prospect_training")
    course = factories.EnrolmentFactory(
        member=application.member, branch=site.branch, outcome="completed", training_class__kind="candidate",
        training_class__enrols_until=date(2022, 2, 1), training_class__starts_on=date(2022, 3, 1),
        training_class__ends_on=date(2022, 3, 5),
    )  # fmt: skip
    args = (application, "prospect_training", date(2025, 6, 13))
    assert "在成为发展对象（2025-04-15）以前" in refusal(site.take, *args, enrolment=course)
    assert not courses_of(site.upper, application.member).exists()
    later = {"starts_on": date(2025, 4, 15), "ends_on": date(2025, 4, 17), "enrols_until": date(2025, 4, 10)}
    type(course.training_class).objects.filter(pk=course.training_class_id).update(**later)
    for day in (15, 16, 17):
        session = factories.ClassSessionFactory(training_class=course.training_class, held_on=date(2025, 4, day))
        factories.SignInFactory(session=session, enrolment=course)
    assert courses_of(site.upper, application.member).get() == course
    assert site.take(*args, enrolment=course)


def test_a_sponsor_under_probation_in_the_party_is_none_at_the_vote(site):
    """第十四条 and the table of §3, step 9; named before the sanction, still counted at the vote."""
    application = site.walk("branch_vote")
    factories.SanctionFactory(
        member=site.members[0], kind=Sanction.Kind.PROBATION, started_on=date(2025, 7, 5), ended_on=date(2027, 7, 5)
    )
    words = refusal(site.take, application, "branch_vote", date(2025, 7, 10))
    assert "不能担任入党介绍人" in words
    assert "留党察看" not in words


def test_a_sponsor_who_is_gone_is_none_at_the_vote(site):
    application = site.walk("branch_vote")
    Membership.objects.filter(member=site.members[0]).update(ended_on=date(2025, 7, 5), end_reason="died")
    words = refusal(site.take, application, "branch_vote", date(2025, 7, 10))
    assert "不能担任入党介绍人" in words
    assert "留党察看" not in words


def test_a_notice_before_the_person_was_an_activist_is_refused(site):
    """FOLLOWS looks whether the step is taken, not when: a notice of 2020 carries 公示 of somebody confirmed in 2024."""
    application = site.walk("activist_filing")
    assert "“推荐和确定入党积极分子”（2024-03-18）以后" in refusal(
        site.publish, application, date(2020, 6, 1), date(2020, 6, 30)
    )
    assert "2024-03-18" in refusal(site.publish, application, date(2024, 3, 17), date(2024, 3, 25))
    assert site.publish(application, date(2024, 3, 18), date(2024, 3, 25))


def test_a_notice_from_before_the_person_was_an_activist_again_does_not_count(site):
    application = site.walk("confirm_prospect")
    site.publish(application, date(2024, 3, 18), date(2024, 3, 25))
    steps.take_back(application, "confirm_activist", "有误", TODAY, by=site.upper, today=TODAY)
    site.take(application, "confirm_activist", date(2024, 4, 20), {"recommended_by": "党员推荐"})
    for key, on in (
        ("activist_filing", date(2024, 4, 22)),
        ("assign_mentor", date(2024, 4, 22)),
        ("cultivate", date(2024, 10, 10)),
    ):
        site.take(application, key, on)
    assert "请重新公示" in refusal(site.take, application, "confirm_prospect", date(2025, 4, 21), {"opinions": "同意"})


def test_objections_on_record_are_not_wiped_by_putting_the_place_right(site):
    """Three 反映 on record, then the place is corrected: the number and the conclusion are gone, without a trace."""
    application = site.walk("confirm_prospect")
    notice = Publicity(
        application=application, matter="confirm_prospect", started_on=date(2026, 6, 1), ended_on=date(2026, 6, 30),
        place="校务公开栏",
    )  # fmt: skip
    matters.publish(notice, by=site.secretary, today=TODAY)
    matters.close_notice(notice, objections=3, settled="反映属实", by=site.secretary, today=TODAY)
    notice = Publicity.objects.get(pk=notice.pk)
    notice.place = "校门口"
    matters.publish(notice, version=notice.version, by=site.secretary, today=TODAY)
    assert Publicity.objects.values_list("place", "objections", "settled").get() == ("校门口", 3, "反映属实")

    notice.ended_on = date(2026, 7, 1)  # other days are another notice, and what came in by the first stays on record
    fresh = matters.publish(notice, version=notice.version, by=site.secretary, today=TODAY)
    assert list(Publicity.objects.order_by("pk").values_list("pk", "ended_on", "objections")) == [
        (notice.pk, date(2026, 6, 30), 3),
        (fresh.pk, date(2026, 7, 1), None),
    ]
    assert matters.open_notice(application, "confirm_prospect") == fresh
    assert "结果还没有登记" in refusal(
        site.take, application, "confirm_prospect", date(2026, 7, 2), {"opinions": "同意"}
    )


def test_answers_from_before_the_person_was_a_prospect_again_do_not_count(site):
    """Taken back and confirmed anew more than a year later: 政审 passes on the answers of the first time."""
    application = site.walk("prospect_training")
    steps.take_back(application, "confirm_prospect", "有误", TODAY, by=site.upper, today=TODAY)
    site.publish(application, date(2026, 8, 3), date(2026, 8, 20))
    site.take(application, "confirm_prospect", date(2026, 8, 21), {"opinions": "同意"})
    site.take(application, "prospect_filing", date(2026, 8, 22))
    site.take(application, "assign_sponsors", date(2026, 8, 23))
    data = {"conclusion": "passed"}
    again = {"by": site.secretary, "today": TODAY}
    assert "还没有回复" in refusal(steps.take, application, "political_review", date(2026, 8, 24), data, **again)
    site.clear(application, date(2026, 8, 24))
    assert steps.take(application, "political_review", date(2026, 8, 24), data, **again)


def test_nobody_is_talked_to_before_the_application_was_received(site):
    """第七条: 收到申请书后. Received 2023-09-04, talked 2023-09-02: refused nowhere."""
    application = site.begin()
    assert "应为 2023-09-04。（第七条）" in refusal(site.take, application, "initial_talk", date(2023, 9, 3))
    assert site.take(application, "initial_talk", date(2023, 9, 4))
