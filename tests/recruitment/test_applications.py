"""Files opened, moved and closed; notices and the answers of departments; a probation extended or cancelled."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import modelform_factory

import vault
from accounts.models import AuditEvent
from branches.rights import Role
from members.models import Member, Membership
from members.names import strokes
from members.register import TAKEN
from recruitment import applications, guiding, legality, matters, probation, steps
from recruitment.cases import cases
from recruitment.models import Application, DepartmentReply, Guide, Publicity
from rulebook.models import CalendarDay
from tests import factories
from tests.recruitment.test_steps import refusal
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def site():
    return Site()


# --- opened


@pytest.mark.parametrize(
    ("born", "may"), [(date(2005, 9, 1), True), (date(2005, 9, 2), False), (None, False)],
    ids=["eighteen that day", "a day short", "not known"],
)  # fmt: skip
def test_who_applies_is_eighteen(site, born, may):
    if may:
        assert site.begin(person={"birth_on": born}).stage == "applicant"
    else:
        assert "年满十八岁" in refusal(site.begin, person={"birth_on": born})
        assert not Application.objects.exists()


def test_a_file_begins_with_its_first_step_its_branch_and_the_person(site):
    application = site.begin()

    assert [(row.step, row.data) for row in application.steps.all()] == [("apply", {"received_on": "2023-09-04"})]
    assert application.stays.get().started_on == application.applied_on
    assert application.member.initials == "hjm"
    assert not application.member.memberships.exists()


@pytest.mark.parametrize(
    "days", [(date(2023, 9, 1), date(2023, 8, 31)), (date(2023, 9, 1), TODAY + DAY), (TODAY + DAY, TODAY + DAY)]
)
def test_received_is_between_the_application_and_today(site, days):
    assert refusal(site.begin, applied_on=days[0], received_on=days[1])


@pytest.mark.parametrize("kind", ["temporary", "general", "committee"])
def test_only_a_branch_leads_people_on_the_road(site, kind):
    branch = factories.BranchFactory(parent=site.committee, kind=kind)
    by = factories.UserFactory(serving=site.committee.parent, role=Role.STAFF)

    assert "党支部" in refusal(site.begin, branch=branch, by=by)


def test_a_taken_number_tells_only_that_it_is_taken(site):
    known = factories.MemberFactory(branch=factories.BranchFactory())
    words = refusal(site.begin, person={"id_number": vault.reveal(known, "id_number")})

    assert words == TAKEN
    assert "身份证号" in refusal(site.begin, person={"id_number": "53010219950517"})


def test_who_withdrew_may_apply_again_and_who_is_on_the_road_or_a_member_may_not(site):
    application = site.begin()
    again = {"applied_on": date(2024, 5, 6), "received_on": date(2024, 5, 6), "by": site.secretary, "on": TODAY}
    begin = (applications.begin, application.member, site.branch)

    assert "没有办结" in refusal(*begin, **again)
    applications.close(application, "withdrawn", date(2024, 1, 5), "本人工作变动", by=site.secretary, today=TODAY)
    assert applications.begin(*begin[1:], **again).pk != application.pk
    assert TAKEN in refusal(applications.begin, site.members[0], site.branch, **again)


def test_wrong_days_are_put_right_while_nothing_rests_on_them(site):
    application = site.begin()
    redate = {"applied_on": date(2023, 9, 10), "received_on": date(2023, 9, 11), "words": "看错", "by": site.secretary}
    applications.redate(application, on=TODAY, **redate)
    act = cases([application])[application.pk].acts[-1]

    assert (act.on, act.data["received_on"]) == (date(2023, 9, 10), date(2023, 9, 11))
    site.take(application, "initial_talk", date(2023, 9, 20))
    assert "后面的步骤" in refusal(applications.redate, application, on=TODAY, **redate)


# --- closed and moved


@pytest.mark.parametrize(
    ("outcome", "by", "may"),
    [
        ("withdrawn", "secretary", True), ("died", "secretary", True), ("left", "secretary", True),
        ("refused", "secretary", False), ("refused", "upper", True), ("withdrawn", "upper", False),
    ],
)  # fmt: skip
def test_a_file_is_closed_with_a_reason_by_whose_matter_it_is(site, outcome, by, may):
    application = site.begin()
    args = (application, outcome, date(2023, 10, 9), "说明")
    if may:
        assert applications.close(*args, by=getattr(site, by), today=TODAY).ended_on == date(2023, 10, 9)
        assert "已办结" in refusal(site.take, application, "initial_talk", date(2023, 9, 20))
    else:
        with pytest.raises(PermissionDenied):
            applications.close(*args, by=getattr(site, by), today=TODAY)


def test_a_file_is_not_closed_without_reason_before_its_last_step_or_over_a_membership(site):
    application = site.walk("od_filing")
    by = {"by": site.secretary, "today": TODAY}

    assert "已是预备党员" in refusal(applications.close, application, "withdrawn", TODAY, "说明", **by)
    other = site.begin()
    assert "原因" in refusal(applications.close, other, "withdrawn", TODAY, " ", **by)
    assert "终止日期" in refusal(applications.close, other, "withdrawn", date(2023, 8, 1), "说明", **by)
    assert "终止的情形" in refusal(applications.close, other, "admitted", TODAY, "说明", **by)


def test_time_counts_on_in_another_branch(site):
    application = site.walk("confirm_prospect")
    other = factories.BranchFactory(parent=site.committee)
    applications.transfer(application, other, since=date(2025, 3, 20), number="12", by=site.upper, today=TODAY)
    secretary = factories.UserFactory(serving=other)
    row = steps.take(
        application, "confirm_prospect", date(2025, 3, 24), {"opinions": "同意"}, by=secretary, today=TODAY
    )

    assert row.branch == other
    assert list(application.stays.order_by("pk").values_list("branch", "started_on", "ended_on")) == [
        (site.branch.pk, date(2023, 9, 1), date(2025, 3, 19)), (other.pk, date(2025, 3, 20), None),
    ]  # fmt: skip
    assert not Guide.objects.filter(application=application, ended_on=None).exists()
    assert not Application.objects.visible_to(site.secretary).exists()
    assert Application.objects.visible_to(secretary).exists()
    guiding.add(
        application, factories.MemberFactory(branch=other), "mentor", since=date(2025, 3, 24), by=secretary, on=TODAY
    )
    with pytest.raises(PermissionDenied):
        applications.transfer(application, site.branch, since=TODAY, by=secretary, today=TODAY)


def test_a_move_is_after_the_last_step_and_follows_a_membership(site):
    application = site.walk("od_filing")
    other = factories.BranchFactory(parent=site.committee)
    move = {"by": site.upper, "today": TODAY}

    assert "组织关系" in refusal(applications.transfer, application, other, since=date(2025, 9, 1), **move)
    Membership.objects.filter(member=application.member).update(ended_on=date(2025, 9, 1), end_reason="transferred")
    Membership.objects.create(member=application.member, branch=other, kind="probationary", started_on=date(2025, 9, 2))
    assert "组织关系已在" in refusal(site.take, application, "assign_group", date(2025, 9, 6))
    assert "之后" in refusal(applications.transfer, application, other, since=date(2025, 8, 30), **move)
    assert applications.transfer(application, other, since=date(2025, 9, 2), **move).branch == other


def test_who_leaves_is_followed_the_day_after(site):
    application = site.walk("branch_vote")
    sponsor = application.guides.filter(role="sponsor").first()
    leave = {"last": date(2025, 7, 5), "by": site.secretary, "on": TODAY}

    assert "接替" in refusal(guiding.replace, sponsor, **leave)
    guiding.replace(sponsor, member=site.members[3], **leave)
    running = guiding.running(application, "sponsor", date(2025, 7, 6))
    assert {row.member_id for row in running} == {site.members[1].pk, site.members[3].pk}
    assert site.take(application, "branch_vote", date(2025, 7, 10))


# --- 公示, 政审联审


@pytest.mark.parametrize(
    ("start", "end", "provisional"),
    [
        (date(2026, 9, 28), date(2026, 10, 9), False),  # over 国庆
        (date(2026, 6, 5), date(2026, 6, 11), False), (date(2027, 6, 7), date(2027, 6, 11), True),
    ],
    ids=["over the holidays", "a plain week", "a year without calendar"],
)  # fmt: skip
def test_a_notice_ends_after_five_working_days(site, start, end, provisional):
    if provisional:
        CalendarDay.objects.filter(on__year=2027).delete()
    assert matters.suggested_end(Publicity.Matter.PROSPECT, start) == (end, provisional)


def test_a_notice_has_its_days_its_end_and_its_result(site):
    application = site.walk("confirm_prospect")
    assert (
        "最早到 2025-04-04 结束" in refusal(site.publish, application, date(2025, 3, 31), date(2025, 4, 3))
        or CalendarDay.objects.filter(on=date(2025, 4, 4), is_working=False).exists()
    )
    notice = Publicity(
        application=application, matter="confirm_prospect", started_on=date(2025, 3, 24), ended_on=date(2025, 3, 28),
        place="校务公开栏",
    )  # fmt: skip
    matters.publish(notice, by=site.secretary, today=date(2025, 3, 28))
    args = (application, "confirm_prospect", date(2025, 4, 7), {"opinions": "同意"})

    assert "期满以后" in refusal(matters.close_notice, notice, objections=0, by=site.secretary, today=date(2025, 3, 28))
    assert "公示结果还没有登记" in refusal(site.take, *args)
    assert "调查核实" in refusal(matters.close_notice, notice, objections=1, by=site.secretary, today=TODAY)
    matters.close_notice(notice, objections=1, settled="不影响发展", by=site.secretary, today=TODAY)
    site.take(*args)
    assert "请先退回" in refusal(matters.close_notice, notice, objections=0, by=site.secretary, today=TODAY)


def test_departments_are_asked_once_and_answer_by_the_tenth_working_day(site):
    application = site.walk("political_review")
    rows = matters.ask(application, ["公安", "信访"], asked_on=date(2025, 5, 6), by=site.secretary, today=TODAY)
    answer = {"conclusion": "clear", "by": site.secretary, "today": TODAY}

    assert {row.due_on for row in rows} == {date(2025, 5, 20)}
    assert refusal(matters.ask, application, ["公安"], asked_on=date(2025, 5, 6), by=site.secretary, today=TODAY)
    assert "回复日期" in refusal(matters.answer, rows[0], replied_on=date(2025, 5, 5), **answer)
    matters.answer(rows[0], replied_on=date(2025, 5, 8), **answer)
    assert "公安" not in matters.waiting_for(application, TODAY)
    assert "信访" in matters.waiting_for(application, TODAY)
    with pytest.raises(PermissionDenied):
        matters.answer(rows[1], replied_on=date(2025, 5, 8), **{**answer, "by": factories.UserFactory()})
    assert DepartmentReply.objects.exclude(conclusion="").count() == 1


# --- the probation


def extend(site, application, months=6, on=date(2026, 7, 20)):
    return probation.propose(
        application,
        "extension",
        on,
        vote=site.vote(on),
        months=months,
        words="需要继续考察",
        by=site.secretary,
        today=TODAY,
    )


def test_a_probation_is_extended_once_from_half_a_year_to_a_year(site):
    application = site.walk("conversion_vote")
    assert "期满" in refusal(extend, site, application, on=date(2026, 7, 9))
    for months in (5, 13, None):
        assert "不少于六个月" in refusal(extend, site, application, months)
    extend(site, application)
    decide = {"by": site.upper, "today": TODAY}
    probation.decide(application, date(2026, 8, 3), **decide)
    application.refresh_from_db()

    assert (application.extended_months, application.step) == (6, "probation_review")
    assert "预备期一年" in refusal(site.take, application, "transfer_apply", date(2027, 1, 9))
    assert site.take(application, "transfer_apply", date(2027, 1, 10))
    assert "一次" in refusal(extend, site, application, on=date(2027, 1, 15))
    assert "没有等待批准" in refusal(probation.decide, application, date(2026, 8, 3), **decide)


def test_a_candidature_is_cancelled_by_vote_and_approval(site):
    application = site.walk("transfer_apply")
    on = date(2026, 7, 20)
    probation.propose(
        application, "cancellation", on, vote=site.vote(on), words="不履行党员义务", by=site.secretary, today=TODAY
    )
    with pytest.raises(PermissionDenied):
        probation.decide(application, date(2026, 8, 3), by=site.secretary, today=TODAY)
    probation.decide(application, date(2026, 8, 3), by=site.upper, today=TODAY)
    application.refresh_from_db()
    row = application.member.memberships.get()

    assert (application.outcome, application.end_reason) == ("cancelled", "不履行党员义务")
    assert (row.ended_on, row.end_reason) == (date(2026, 8, 3), "cancelled")
    assert legality.standing(cases([application])[application.pk])["probation_review"]


def test_a_refusal_writes_nothing(site):
    application = site.walk("od_filing")
    known = AuditEvent.objects.count()
    for call in (
        lambda: extend(site, application, on=date(2026, 1, 5)),
        lambda: probation.decide(application, TODAY, by=site.upper, today=TODAY),
        lambda: probation.propose(application, "x", TODAY, vote=None, words="x", by=site.secretary, today=TODAY),
    ):
        with pytest.raises(ValidationError):
            call()

    assert AuditEvent.objects.count() == known


# --- the person's data, and roads that began elsewhere


def test_the_facts_of_a_person_are_edited_until_they_make_a_step_unlawful(site):
    application = site.begin()

    def edit(born, by):
        form = modelform_factory(Member, fields=["name", "birth_on"])(
            {"name": "何景民", "birth_on": born}, instance=Member.objects.get(pk=application.member_id)
        )
        assert form.is_valid()
        return applications.edit(application, form, by=by)

    edit("1995-05-18", site.secretary)
    application.member.refresh_from_db()
    assert (application.member.name, application.member.strokes) == ("何景民", strokes("何景民"))
    assert "年满十八岁" in refusal(edit, "2006-05-18", site.secretary)
    with pytest.raises(PermissionDenied):
        edit("1995-05-17", site.upper)


def test_on_a_road_that_began_elsewhere_what_is_missing_is_entered_and_what_was_wrong_stays_flagged(site):
    application = factories.ApplicationFactory(branch=site.branch, is_imported=True)
    factories.RoadStepFactory(application=application, is_imported=True)
    factories.RoadStepFactory(
        application=application, step="confirm_activist", on=date(2024, 3, 10), data={}, is_imported=True
    )  # fmt: skip
    assert "晚于“推荐和确定入党积极分子”" in refusal(site.take, application, "initial_talk", date(2024, 3, 20))
    site.take(application, "initial_talk", date(2024, 3, 5))
    case = cases([application])[application.pk]
    found = [fault.says for fault in legality.faults(case, is_working=lambda day: True) if fault.blocks]

    assert found == ["须有党员推荐或群团组织推优"]
    application.refresh_from_db()
    assert application.step == "confirm_activist"
