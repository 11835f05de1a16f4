"""A road through the actions: who takes which step, what is refused and why, what the register follows, what is taken back."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from branches.rights import Role
from meetings.models import Vote
from members.models import Membership
from recruitment import legality, steps
from recruitment.cases import calendar, cases
from recruitment.models import DepartmentReply, Guide, RoadStep
from tests import factories
from tests.recruitment.walks import DAYS, TODAY, Site

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def site():
    return Site()


def refusal(call, *args, **kwargs):
    with pytest.raises(ValidationError) as found:
        call(*args, **kwargs)
    return "".join(found.value.messages)


def test_a_road_from_the_application_to_the_archive(site):
    application = site.walk()
    member = application.member
    case = cases([application])[application.pk]
    stays = list(member.memberships.order_by("started_on").values_list("kind", "started_on", "ended_on", "end_reason"))

    assert (application.outcome, application.ended_on) == ("admitted", date(2026, 9, 1))
    assert (application.stage, application.step) == ("probation", "archive")
    assert (member.joined_on, member.converted_on) == (date(2025, 7, 10), date(2026, 7, 20))
    assert member.introducers == "、".join(each.name for each in site.members[:2])
    assert stays == [
        ("probationary", date(2025, 8, 30), date(2026, 7, 19), "converted"), ("full", date(2026, 7, 20), None, ""),
    ]  # fmt: skip
    assert [fault for fault in legality.faults(case, is_working=calendar()) if fault.blocks] == []
    assert AuditEvent.objects.filter(action="recruit.step").count() == RoadStep.objects.count() == len(DAYS) + 1
    assert "已办结" in refusal(site.take, application, "cultivate", date(2025, 1, 1))


STAGES = [
    ("confirm_activist", "applicant", "initial_talk", date(2023, 9, 1)),
    ("confirm_prospect", "activist", "cultivate", date(2024, 3, 18)),
    ("prospect_filing", "activist", "confirm_prospect", date(2024, 3, 18)),
    ("assign_sponsors", "prospect", "prospect_filing", date(2025, 4, 15)),
    ("pre_review", "admission", "committee_screen", date(2025, 6, 20)),
    ("od_filing", "probation", "committee_approval", date(2025, 8, 30)),
]


@pytest.mark.parametrize(("until", "stage", "step", "since"), STAGES)
def test_lists_repeat_what_the_steps_say(site, until, stage, step, since):
    application = site.walk(until)

    assert (application.stage, application.step, application.stage_since_on) == (stage, step, since)


# --- who


@pytest.mark.parametrize(
    ("role", "at", "key", "may"),
    [
        (Role.SECRETARY, "branch", "initial_talk", True), (Role.EDITOR, "branch", "initial_talk", True),
        (Role.COMMITTEE, "committee", "initial_talk", False), (Role.INSPECTOR, "committee", "initial_talk", False),
        (Role.COMMITTEE, "committee", "activist_filing", True), (Role.SECRETARY, "branch", "activist_filing", False),
        (Role.EDITOR, "branch", "political_review", False), (Role.SECRETARY, "branch", "political_review", True),
        (Role.COMMITTEE, "committee", "oath", True), (Role.SECRETARY, "branch", "oath", True),
        (Role.SECRETARY, "branch", "prospect_training", False), (Role.LEADER, "root", "committee_approval", False),
        (Role.STAFF, "root", "committee_approval", True),
    ],
)  # fmt: skip
def test_a_step_belongs_to_the_branch_or_to_those_above(site, role, at, key, may):
    place = site.branch.parent.parent if at == "root" else getattr(site, at)
    application = site.begin()
    by = factories.UserFactory(serving=place, role=role)

    assert steps.may_take(application, key, by) is may
    if not may:
        with pytest.raises(PermissionDenied):
            steps.take(application, key, date(2023, 9, 20), by=by, today=TODAY)


def test_nobody_approves_for_the_own_branch_nor_what_they_entered(site):
    application = site.walk("activist_filing")
    both = factories.UserFactory(serving=site.committee, role=Role.COMMITTEE)
    factories.AppointmentFactory(user=both, branch=site.branch, role=Role.EDITOR)
    staff = factories.UserFactory(serving=site.committee.parent, role=Role.STAFF)
    application.steps.filter(step="confirm_activist").update(created_by=staff)
    audited = AuditEvent.objects.count()

    assert "在这个支部任职" in refusal(site.take, application, "activist_filing", date(2024, 3, 26), by=both)
    assert "由另一位同志" in refusal(site.take, application, "activist_filing", date(2024, 3, 26), by=staff)
    assert AuditEvent.objects.count() == audited


def test_a_general_branch_does_not_approve(site):
    general = factories.BranchFactory(kind="general", parent=site.committee)
    site.branch = factories.BranchFactory(parent=general)
    site.members = factories.MemberFactory.create_batch(2, branch=site.branch)
    site.secretary = factories.UserFactory(serving=site.branch)
    application = site.walk("committee_approval")
    upper = factories.UserFactory(serving=general, role=Role.COMMITTEE)

    words = refusal(
        site.take, application, "committee_approval", date(2025, 8, 30), {"approver": "committee"}, by=upper
    )
    row = site.take(application, "committee_approval", date(2025, 8, 30))

    assert words == "党总支不能审批、预审、备案，请由上级党委办理。（第二十三条）"
    assert (row.data["approver"], row.data["organ"]) == ("committee", site.committee.pk)


# --- when


def test_unlawful_is_refused_with_the_article_and_the_day_and_leaves_nothing(site):
    application = site.walk("confirm_prospect")
    before = (RoadStep.objects.count(), AuditEvent.objects.count())
    words = refusal(site.take, application, "confirm_prospect", date(2025, 3, 17), {"opinions": "同意"})

    assert words == "入党积极分子须经过一年以上培养教育和考察，应为 2025-03-18。（第十三条）"
    assert (RoadStep.objects.count(), AuditEvent.objects.count()) == before


def test_late_is_kept_when_it_is_explained(site):
    application = site.begin()
    with pytest.raises(ValidationError) as found:
        site.take(application, "initial_talk", date(2023, 10, 5))
    row = site.take(application, "initial_talk", date(2023, 10, 5), explained="负责同志住院")

    assert found.value.error_list[0].code == steps.LATE
    assert "一个月内派人谈话" in found.value.messages[0]
    assert row.explained == "负责同志住院"


def test_ahead_of_today_and_out_of_turn_are_refused(site):
    application = site.begin()

    assert "不能晚于今天" in refusal(site.take, application, "initial_talk", TODAY + DAY)
    assert "要先办理“党组织派人谈话”" in refusal(site.take, application, "confirm_activist", date(2024, 3, 1))
    assert "没有这个步骤" in refusal(site.take, application, "no_such_step", date(2024, 3, 1))


def test_before_may_2026_no_notice_is_asked_for_and_from_then_on_five_working_days_told_and_closed(site):
    days = {"cultivate": date(2026, 4, 10)}
    application = site.walk("cultivate")
    site.take(application, "cultivate", days["cultivate"], explained="补登")
    words = refusal(site.take, application, "confirm_prospect", date(2026, 6, 12), {"opinions": "同意"})
    site.publish(application, date(2026, 6, 5), date(2026, 6, 11))

    assert "公示不少于五个工作日" in words
    assert "公示不少于五个工作日" in refusal(
        site.take, application, "confirm_prospect", date(2026, 6, 11), {"opinions": "同意"}
    )
    assert site.take(application, "confirm_prospect", date(2026, 6, 12), {"opinions": "同意"})


# --- with what


def test_typed_counts_of_guides_or_votes_are_not_believed(site):
    application = site.begin()
    row = site.take(
        application, "initial_talk", date(2023, 9, 20),
        {"vote": {"entitled": 1}, "sponsors": [{"full": True}], "public_from": "2025-01-01", "place": "办公室"},
    )  # fmt: skip

    assert row.data == {"place": "办公室"}


@pytest.mark.parametrize(
    "data", [{"days": "3"}, {"hours": -1}, {"days": True}, {"left_on": "30.6.2025"}, {"机密": "x"}]
)
def test_data_of_no_shape_is_refused_in_words(site, data):
    assert refusal(site.take, site.begin(), "initial_talk", date(2023, 9, 20), data)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_two_sponsors_neither_more_nor_fewer(site, count):
    application = site.walk("assign_sponsors")

    assert "两名正式党员" in refusal(
        site.take, application, "assign_sponsors", date(2025, 4, 16), guides=site.members[:count]
    )
    assert not Guide.objects.filter(role="sponsor").exists()


@pytest.mark.parametrize("what", ["elsewhere", "probationary", "watched", "suspended", "twice", "self"])
def test_whoever_may_not_guide_is_refused_without_saying_why(site, what):
    application = site.walk("assign_sponsors")
    other = site.members[1]
    if what == "elsewhere":
        other = factories.MemberFactory(branch=factories.BranchFactory(parent=site.committee))
    elif what == "probationary":
        Membership.objects.filter(member=other).update(kind="probationary")
    elif what == "watched":
        factories.SanctionFactory(
            member=other, kind="probation", started_on=date(2025, 1, 1), ended_on=date(2026, 1, 1)
        )
    elif what == "suspended":
        factories.StandingFactory(member=other, started_on=date(2025, 1, 1))
    elif what == "twice":
        other = site.members[0]
    else:
        other = application.member
    words = refusal(site.take, application, "assign_sponsors", date(2025, 4, 16), guides=[site.members[0], other])

    assert not any(told in words for told in ("处分", "察看", "停止党籍"))


def test_a_mentor_of_another_branch_needs_words(site):
    application = site.walk("assign_mentor")
    other = factories.MemberFactory(branch=factories.BranchFactory(parent=site.committee))

    assert "写明原因" in refusal(site.take, application, "assign_mentor", date(2024, 3, 28), guides=[other])
    assert site.take(application, "assign_mentor", date(2024, 3, 28), guides=[other], words="本支部正式党员不足")


BAD_VOTES = {
    "no vote": ({}, "请选支部党员大会的这一项表决"),
    "half is not more than half": ({"entitled": 10, "present": 5, "in_favour": 5}, "不能表决"),
    "half in favour": ({"entitled": 10, "present": 9, "in_favour": 5}, "没有通过"),
}


@pytest.mark.parametrize("case", BAD_VOTES)
def test_a_vote_that_does_not_carry_is_no_step(site, case):
    counts, told = BAD_VOTES[case]
    application = site.walk("branch_vote")
    vote = site.vote(date(2025, 7, 10), **counts) if counts else None

    assert told in refusal(site.take, application, "branch_vote", date(2025, 7, 10), vote=vote)
    assert Vote.objects.count() == 0


@pytest.mark.parametrize("what", ["day", "branch", "kind", "draft", "rule"])
def test_only_a_vote_of_that_meeting_counts(site, what):
    application = site.walk("branch_vote")
    vote = site.vote(date(2025, 7, 10))
    changed = {
        "day": {"held_on": date(2025, 7, 9)}, "branch": {"branch": factories.BranchFactory()}, "draft": {"state": "draft"},
    }.get(what, {})  # fmt: skip
    for name, new in changed.items():
        setattr(vote.meeting, name, new)
    vote.meeting.save()
    if what == "kind":
        vote.meeting.kinds.update(kind="committee_meeting")
    if what == "rule":
        vote = factories.VoteFactory(meeting=vote.meeting)

    assert refusal(site.take, application, "branch_vote", date(2025, 7, 10), vote=vote)


def test_of_the_2026_edition_votes_are_secret_and_no_written_opinion_counts(site):
    application = site.walk("conversion_vote")
    written = site.vote(date(2026, 7, 20), written=1)

    assert "无记名投票" in refusal(site.take, application, "conversion_vote", date(2026, 7, 20))
    assert "书面意见" in refusal(
        site.take, application, "conversion_vote", date(2026, 7, 20), {"secret": True}, vote=written
    )


def test_one_meeting_decides_on_each_person_alone_and_on_all_or_none(site):
    first, second = site.walk("branch_vote"), site.walk("branch_vote")
    meeting = site.vote(date(2025, 7, 10)).meeting

    def ballots(in_favour):
        return {
            row.pk: steps.Entry(vote=Vote(meeting=meeting, entitled=11, present=9, in_favour=each))
            for row, each in zip((first, second), in_favour, strict=True)
        }

    args = ([first, second], "branch_vote", date(2025, 7, 10), {})
    words = refusal(steps.take_many, *args, ballots([9, 5]), by=site.secretary, today=TODAY)
    assert words.startswith(f"{second.member}：")
    assert not RoadStep.objects.filter(step="branch_vote").exists()

    taken = steps.take_many(*args, ballots([9, 8]), by=site.secretary, today=TODAY)
    assert sorted(row.vote.in_favour for row in taken) == [8, 9]
    assert list(meeting.votes.values_list("position", flat=True)) == [0, 1]
    third = site.walk("branch_vote")
    assert "已用于别的同志" in refusal(site.take, third, "branch_vote", date(2025, 7, 10), vote=taken[0].vote)


def test_a_completed_course_speaks_for_itself_and_another_one_does_not(site):
    application = site.walk("prospect_training")
    course = factories.TrainingClassFactory(
        kind="candidate", enrols_until=date(2025, 6, 1), starts_on=date(2025, 6, 10), ends_on=date(2025, 6, 12)
    )
    enrolment = factories.EnrolmentFactory(
        training_class=course, member=application.member, branch=site.branch, outcome="completed"
    )
    for day in (10, 11, 12):
        session = factories.ClassSessionFactory(training_class=course, held_on=date(2025, 6, day), hours=8)
        factories.SignInFactory(session=session, enrolment=enrolment)
    args = (application, "prospect_training", date(2025, 6, 13))

    assert "不是这位同志的" in refusal(site.take, *args, enrolment=factories.EnrolmentFactory(outcome="completed"))
    assert "才结束" in refusal(site.take, application, "prospect_training", date(2025, 6, 11), enrolment=enrolment)
    assert "结业证号" in refusal(site.take, *args, {"days": 3})
    assert "不少于三天" in refusal(site.take, *args, {"days": 2, "hours": 23, "certificate": "1"})
    assert site.take(*args, enrolment=enrolment, by=site.secretary)


# --- 政审


@pytest.mark.parametrize("conclusion", ["unfit", "doubt"])
def test_a_review_is_passed_only_when_every_department_is_clear(site, conclusion):
    application = site.walk("political_review")
    args = (application, "political_review", date(2025, 5, 20), {"conclusion": "passed"})

    assert "还没有回复" in refusal(steps.take, *args, by=site.secretary, today=TODAY)
    site.clear(application, date(2025, 4, 20))
    row = site.clear(application, date(2025, 5, 6), conclusion)[0]
    assert "还没有回复" in refusal(steps.take, *args, by=site.secretary, today=TODAY)
    DepartmentReply.objects.filter(asked_on=row.asked_on).update(conclusion="clear")
    assert steps.take(*args, by=site.secretary, today=TODAY)
    assert "conclusion" not in str(AuditEvent.objects.latest("pk").detail)
