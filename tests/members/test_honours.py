"""评先评优: a round from draft to 展板, the window, the limits, the 公示; honours and the points they give."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from members import appraisal_sheets, honours
from members.facts import titles
from members.facts.honour import commended
from members.models import Honour, HonourRound, Nomination, Sanction
from rulebook.facts import Period
from tests.factories import (
    BranchFactory,
    CalendarDayFactory,
    HonourFactory,
    HonourRoundFactory,
    MemberFactory,
    NominationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def committee():
    return BranchFactory(committee=True)


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee)


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def boss(committee):
    return UserFactory(serving=committee, role=Role.COMMITTEE)


@pytest.fixture
def each(committee):
    return HonourRoundFactory(branch=committee, places=1, per_branch=2)


def put_forward(each, branch, secretary, on=TODAY, **fields):
    member = fields.pop("member", None) or MemberFactory(branch=branch)
    row = Nomination(round=each, branch=branch, member=member, citation="带出三名市级骨干", **fields)
    return honours.nominate(row, by=secretary, on=on)


def to_review(each, boss):
    return honours.move(each, "review", by=boss, on=date(2025, 12, 1))


# --- nominations


@pytest.mark.parametrize(
    ("on", "allowed"),
    [(date(2025, 10, 31), False), (date(2025, 11, 1), True), (date(2025, 11, 30), True), (date(2025, 12, 1), False)],
    ids=["a day early", "first day", "last day", "a day late"],
)
def test_nominations_come_in_time(each, branch, secretary, on, allowed):
    if allowed:
        assert put_forward(each, branch, secretary, on=on).state == "nominated"
    else:
        with pytest.raises(ValidationError, match="不在推荐时间内"):
            put_forward(each, branch, secretary, on=on)


def test_only_own_members_and_no_more_than_allowed(each, branch, secretary):
    with pytest.raises(ValidationError, match="只能推荐本支部"):
        put_forward(each, branch, secretary, member=MemberFactory(branch=BranchFactory()))
    first = put_forward(each, branch, secretary)
    put_forward(each, branch, secretary)
    with pytest.raises(ValidationError, match="最多推荐 2 个"):
        put_forward(each, branch, secretary)

    honours.withdraw(first, by=secretary, on=TODAY)
    assert put_forward(each, branch, secretary).state == "nominated"


def test_whoever_was_withdrawn_can_be_put_forward_again(each, branch, secretary):
    row = put_forward(each, branch, secretary)
    honours.withdraw(row, by=secretary, on=TODAY)

    again = put_forward(each, branch, secretary, member=row.member)

    assert (again.pk, again.state, again.opinion, again.decided_at) == (row.pk, "nominated", "", None)
    with pytest.raises(ValidationError, match="已经推荐过"):
        put_forward(each, branch, secretary, member=row.member)


def test_a_round_is_for_those_below_its_owner_and_a_mark_of_secrecy_is_refused(each, branch, secretary):
    elsewhere = BranchFactory()
    with pytest.raises(ValidationError, match="不面向"):
        put_forward(each, elsewhere, UserFactory(serving=elsewhere))
    with pytest.raises(PermissionDenied):
        put_forward(each, branch, UserFactory(serving=elsewhere))
    row = Nomination(round=each, branch=branch, member=MemberFactory(branch=branch), citation="机密★ 材料")
    with pytest.raises(ValidationError, match="密级标志"):
        honours.nominate(row, by=secretary, on=TODAY)


def test_a_round_of_organisations_takes_the_organisation_itself(committee, branch, secretary):
    each = HonourRoundFactory(branch=committee, subject="branch", title="红旗党支部")
    row = honours.nominate(Nomination(round=each, branch=branch, citation="规范"), by=secretary, on=TODAY)

    assert str(row) == str(branch)
    with pytest.raises(ValidationError):
        put_forward(each, branch, secretary)


# --- review, 公示, commendation


def test_the_review_keeps_to_the_places_and_names_a_reason(each, branch, secretary, boss):
    first, second = put_forward(each, branch, secretary), put_forward(each, branch, secretary)
    with pytest.raises(ValidationError, match="过了才能转入审核"):
        honours.move(each, "review", by=boss, on=date(2025, 11, 30))
    with pytest.raises(ValidationError, match="不能审核"):
        honours.decide(first, passed=True, opinion="", by=boss, on=TODAY)
    to_review(each, boss)

    honours.decide(first, passed=True, opinion="", by=boss, on=TODAY)
    with pytest.raises(ValidationError, match="名额 1 个已经用完"):
        honours.decide(second, passed=True, opinion="", by=boss, on=TODAY)
    with pytest.raises(ValidationError, match="写明意见"):
        honours.decide(second, passed=False, opinion=" ", by=boss, on=TODAY)
    assert honours.decide(second, passed=False, opinion="事迹不够突出", by=boss, on=TODAY).state == "declined"


def test_nobody_reviews_his_own(each, branch, committee):
    staff = UserFactory(serving=root(), role=Role.STAFF)
    row = put_forward(each, branch, staff)
    to_review(each, staff)

    with pytest.raises(ValidationError, match="另一位同志"):
        honours.decide(row, passed=True, opinion="", by=staff, on=TODAY)


def test_whoever_takes_a_nomination_up_again_does_not_decide_on_it(each, branch):
    staff, secretary = UserFactory(serving=root(), role=Role.STAFF), UserFactory(serving=branch)
    first = put_forward(each, branch, secretary)
    honours.withdraw(first, by=secretary, on=TODAY)
    row = put_forward(each, branch, staff, member=first.member)
    assert row == first
    to_review(each, staff)

    with pytest.raises(ValidationError, match="另一位同志"):
        honours.decide(row, passed=True, opinion="", by=staff, on=TODAY)


def test_publicity_counts_working_days():
    CalendarDayFactory(on=date(2025, 12, 3), is_working=False)
    CalendarDayFactory(on=date(2025, 12, 6), is_working=True)  # a Saturday made up for

    assert honours.public_until(date(2025, 12, 1)) == (date(2025, 12, 6), True)
    assert honours.public_until(date(2031, 12, 1)) == (date(2031, 12, 5), False)
    assert honours.public_until(date(2025, 12, 30))[0].year == 2026


def through(each, branch, secretary, boss):
    row = put_forward(each, branch, secretary)
    to_review(each, boss)
    honours.decide(row, passed=True, opinion="", by=boss, on=TODAY)
    return row


def test_too_short_a_publicity_is_refused_with_the_day(each, branch, secretary, boss):
    through(each, branch, secretary, boss)
    with pytest.raises(ValidationError, match="不少于 5 个工作日，至少到 2025-12-05"):
        honours.publish(each, first=date(2025, 12, 1), last=date(2025, 12, 4), by=boss, on=date(2025, 12, 1))


def test_who_stands_the_publicity_is_commended_once(each, branch, secretary, boss):
    row, day = through(each, branch, secretary, boss), date(2025, 12, 9)
    honours.publish(each, first=date(2025, 12, 1), last=date(2025, 12, 5), by=boss, on=date(2025, 12, 1))
    with pytest.raises(ValidationError, match="以后"):
        honours.confer(each, number="云教党〔2025〕9号", conferred_on=date(2025, 12, 5), by=boss, on=day)

    assert honours.confer(each, number="云教党〔2025〕9号", conferred_on=date(2025, 12, 8), by=boss, on=day) == 1

    honour = Honour.objects.get()
    assert (honour.member, honour.branch, honour.nomination, honour.level) == (row.member, branch, row, "county")
    with pytest.raises(ValidationError, match="公示期满"):
        honours.confer(each, number="云教党〔2025〕9号", conferred_on=date(2025, 12, 8), by=boss, on=day)
    assert AuditEvent.objects.filter(action="honour.confer").count() == 1


def test_an_objection_takes_somebody_out_during_the_publicity(each, branch, secretary, boss):
    row = through(each, branch, secretary, boss)
    honours.publish(each, first=date(2025, 12, 1), last=date(2025, 12, 5), by=boss, on=date(2025, 12, 1))
    with pytest.raises(ValidationError, match="只能取消"):
        honours.decide(row, passed=True, opinion="", by=boss, on=date(2025, 12, 2))

    honours.decide(row, passed=False, opinion="群众反映，经核实属实", by=boss, on=date(2025, 12, 2))
    with pytest.raises(ValidationError, match="没有保留的人选"):
        honours.confer(each, number="9", conferred_on=date(2025, 12, 8), by=boss, on=date(2025, 12, 9))


# --- honours by hand, points


def test_points_count_the_highest_of_a_matter_up_to_eight(branch, secretary):
    every, period = Branch.objects.graded(), Period.of_year(2025, on=TODAY)
    other = BranchFactory()
    HonourFactory(branch=other, member=MemberFactory(branch=other))
    assert titles(every, period, most=8) is None  # a member's own honour is not the branch's

    HonourFactory(branch=branch, level="county", matter="示范支部")
    HonourFactory(branch=branch, level="city", matter="示范支部")
    HonourFactory(branch=branch, level="county")
    HonourFactory(branch=branch, level="nation", conferred_on=date(2024, 12, 31))
    HonourFactory(branch=branch, level="nation", revoked_on=date(2025, 10, 1))
    found = titles(every, period, most=8)

    assert (found[branch.pk].value, found[branch.pk].whole, len(found[branch.pk].pks)) == (6, 8, 3)
    assert found[other.pk].value == 0
    HonourFactory(branch=branch, level="province")
    assert titles(every, period, most=8)[branch.pk].value == 8
    assert commended(every, 2025, on=TODAY) == (4, 1)


def test_an_honour_is_taken_back_with_a_reason_and_stays_on_record(branch, boss):
    honour = honours.enter(
        Honour(branch=branch, title="先进", level="city", conferred_on=date(2025, 6, 1), issuer="市委"),
        by=boss,
        on=TODAY,
    )
    with pytest.raises(ValidationError, match="已经登记过"):
        honours.enter(
            Honour(branch=branch, title="先进", level="city", conferred_on=date(2025, 6, 1), issuer="市委"),
            by=boss,
            on=TODAY,
        )
    with pytest.raises(ValidationError, match="表彰日期和今天之间"):
        honours.revoke(honour, revoked_on=date(2025, 5, 1), reason="误登", by=boss, on=TODAY)

    honours.revoke(honour, revoked_on=TODAY, reason="误登", by=boss, on=TODAY)
    assert AuditEvent.objects.get(action="honour.revoke").detail["reason"] == "误登"
    assert not titles(Branch.objects.graded(), Period.of_year(2025, on=TODAY), most=8)


# --- pages


def test_the_whole_way_on_pages(client, committee, branch, secretary, boss):
    client.force_login(boss)
    client.post(
        reverse("members:honour_round_add"),
        {"branch": committee.pk, "year": 2025, "title": "先锋共产党员", "subject": "member", "level": "county",
         "opens_on": "2025-11-01", "closes_on": "2025-11-30"},
    )  # fmt: skip
    each = HonourRound.objects.get()
    url = lambda name: reverse(f"members:{name}", args=[each.pk])  # noqa: E731
    client.post(url("honour_round_move"), {"act": "open"})

    client.force_login(secretary)
    member = MemberFactory(branch=branch)
    assert "推荐" in client.get(url("honour_round")).content.decode()
    client.post(url("honour_nominate"), {"member": member.pk, "citation": "十年坚守乡村课堂"})
    row = Nomination.objects.get()
    client.post(
        reverse("members:nomination_edit", args=[row.pk]), {"citation": "十年坚守乡村课堂，成绩突出", "version": 1}
    )
    row.refresh_from_db()
    assert (row.citation, row.version) == ("十年坚守乡村课堂，成绩突出", 2)

    with time_machine.travel("2025-12-01 10:00+08:00", tick=False):
        client.force_login(boss)
        client.post(url("honour_round_move"), {"act": "review"})
        assert "处分" not in client.get(row.get_absolute_url()).content.decode()
        client.post(reverse("members:nomination_decide", args=[row.pk]), {"pass": "1", "opinion": ""})
        assert (
            "不少于"
            in client.post(url("honour_publish"), {"first": "2025-12-01", "last": "2025-12-02"}).content.decode()
        )
        client.post(url("honour_publish"), {"first": "2025-12-01", "last": "2025-12-05"})
        assert member.name in client.get(url("honour_notice")).content.decode()
    with time_machine.travel("2025-12-10 10:00+08:00", tick=False):
        client.force_login(boss)
        client.post(url("honour_confer"), {"number": "云教党〔2025〕9号", "conferred_on": "2025-12-10"})
        each.refresh_from_db()
        assert each.state == "conferred"
        assert "十年坚守乡村课堂" in client.get(url("honour_board")).content.decode()
        assert client.get(url("honour_word")).content[:2] == b"PK"
        assert client.get(url("honour_pdf")).content[:4] == b"%PDF"
        assert client.get(reverse("members:honour_export")).content[:2] == b"PK"


def test_a_sanction_shows_to_those_alone_who_may_know(client, branch, secretary, each):
    row = put_forward(each, branch, secretary)
    HonourRound.objects.filter(pk=each.pk).update(state="review")
    admin, staff = UserFactory(serving=root(), role=Role.ADMIN), UserFactory(serving=root(), role=Role.STAFF)
    Sanction.objects.create(
        member=row.member, kind="warning", started_on=date(2025, 5, 1), number="云纪〔2025〕1号", created_by=admin
    )

    shown = {}
    for user in (admin, staff, secretary):
        client.force_login(user)
        shown[user] = "影响期内的处分" in client.get(row.get_absolute_url()).content.decode()
    assert list(shown.values()) == [True, False, False]


def test_persons_stand_by_strokes_organisations_by_order(each, branch):
    for name, strokes in (("王", "04"), ("丁", "02"), ("李", "07")):
        NominationFactory(
            round=each, branch=branch, member=MemberFactory(name=name, strokes=strokes, branch=branch), state="passed"
        )

    assert [row.member.name for row in appraisal_sheets.chosen(each)] == ["丁", "王", "李"]
