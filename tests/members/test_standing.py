"""停止党籍, leaving and coming back, 失联 and 流动; 党纪处分 is for those alone who deal with it."""

import re
from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent
from branches.rights import Role
from members import elections, facts, standing
from members.models import Membership, Post, Sanction, Standing, Whereabouts
from tests.factories import (
    BranchFactory,
    ExemptionFactory,
    MemberFactory,
    PostFactory,
    SanctionFactory,
    TermFactory,
    TransferFactory,
    UserFactory,
    WhereaboutsFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
LIST = reverse("members:whereabouts")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-11-20 10:00+08:00", tick=False):
        yield


@pytest.fixture
def upper():
    return BranchFactory(committee=True)


@pytest.fixture
def branch(upper):
    return BranchFactory(parent=upper)


@pytest.fixture
def member(branch):
    return MemberFactory(branch=branch)


@pytest.fixture
def boss(upper):
    return UserFactory(serving=upper, role=Role.COMMITTEE)


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch)


@pytest.fixture
def discipline(upper):
    return UserFactory(serving=upper, role=Role.DISCIPLINE)


def suspend(member, by, **fields):
    row = Standing(
        member=member, **{"started_on": date(2025, 6, 1), "reason": "失联", "basis": "云教党〔2025〕8号", **fields}
    )
    return standing.suspend(row, by=by, on=TODAY)


def go(member, by, **fields):
    asked = {"reason": "struck", "last": date(2025, 10, 31), "basis": "云教党〔2025〕9号", **fields}
    return standing.leave(member, **asked, by=by, on=TODAY)


def test_who_is_suspended_has_no_vote_until_it_ends(member, branch, boss, secretary):
    row = suspend(member, boss)
    assert elections.entitled(branch, TODAY) == 0

    standing.resume(row, last=date(2025, 11, 1), by=boss, on=TODAY)

    assert elections.entitled(branch, TODAY) == 1
    with pytest.raises(PermissionDenied):
        suspend(member, secretary, started_on=date(2025, 11, 10))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"basis": ""}, "依据文号"), ({"reason": " "}, "原因"), ({"started_on": date(2025, 11, 21)}, "晚于今天"),
        ({"started_on": date(1990, 1, 1)}, "不在任何支部"), ({"reason": "机密★十年"}, "机密"),
    ],
    ids=["no number", "no reason", "ahead", "before the membership", "marked"],
)  # fmt: skip
def test_a_suspension_says_why_and_since_when(member, boss, fields, words):
    with pytest.raises(ValidationError, match=words):
        suspend(member, boss, **fields)


def test_leaving_ends_what_hangs_on_it_and_coming_back_begins_anew(member, branch, boss):
    post = PostFactory(member=member, term=TermFactory(branch=branch, secretary_name=member.name), office="secretary")
    exemption, row = ExemptionFactory(member=member), WhereaboutsFactory(member=member)

    home = go(member, boss)

    post.refresh_from_db(), exemption.refresh_from_db(), row.refresh_from_db(), post.term.refresh_from_db()
    assert {post.ended_on, exemption.ended_on, row.ended_on} == {date(2025, 10, 31)}
    assert post.term.secretary_name == ""
    assert (home.end_reason, home.end_basis) == ("struck", "云教党〔2025〕9号")
    assert "struck" not in str(AuditEvent.objects.get(action="member.leave").detail)

    back = standing.restore(
        member, branch=branch, since=date(2025, 11, 10), basis="云教党〔2025〕20号", by=boss, on=TODAY
    )
    assert Membership.objects.filter(member=member).on(TODAY).get() == back
    assert not Post.objects.filter(ended_on=None).exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": "cancelled"}, "正式党员不能"), ({"basis": ""}, "文号"), ({"last": date(2025, 11, 21)}, "晚于今天"),
        ({"last": date(1990, 1, 1)}, "不能更早"),
    ],
    ids=["full member", "no paper", "ahead", "too early"],
)  # fmt: skip
def test_leaving_is_refused_in_words(member, boss, fields, words):
    with pytest.raises(ValidationError, match=words):
        go(member, boss, **fields)


def test_an_open_transfer_comes_first_and_who_died_does_not_come_back(member, branch, boss):
    transfer = TransferFactory(issued=True, out=True, member=member, from_branch=branch)
    with pytest.raises(ValidationError, match="没有办结的组织关系转接"):
        go(member, boss)
    transfer.state, transfer.refusal = "withdrawn", "不转了"
    transfer.save(update_fields=["state", "refusal"])

    go(member, boss, reason="died", basis="")

    with pytest.raises(ValidationError, match="没有可以恢复"):
        standing.restore(member, branch=branch, since=TODAY, basis="x", by=boss, on=TODAY)


def test_why_somebody_left_is_for_those_who_deal_with_it(client, member, branch, boss, secretary):
    go(member, boss, reason="expelled")
    standing.restore(member, branch=branch, since=date(2025, 11, 10), basis="云教党〔2025〕20号", by=boss, on=TODAY)

    client.force_login(secretary)
    page = client.get(member.get_absolute_url()).text
    assert "已不在本支部" in page
    assert "开除" not in page
    client.force_login(boss)
    assert "开除党籍" in client.get(member.get_absolute_url()).text


def test_the_tab_of_those_who_left_is_closed_to_a_secretary(client, member, boss, secretary):
    go(member, boss)

    client.force_login(secretary)
    assert member.name not in client.get(LIST, {"kind": "left"}).text
    client.force_login(boss)
    assert member.name in client.get(LIST, {"kind": "left"}).text


@pytest.mark.parametrize(
    ("fields", "since", "words"),
    [
        ({"kind": "lost", "lost_reason": "3", "started_on": date(2025, 5, 20)}, None, "停止党籍"),
        ({"kind": "lost", "lost_reason": "3", "started_on": date(2025, 5, 21)}, None, None),
        ({"kind": "lost", "lost_reason": "3", "started_on": date(2022, 1, 1)}, date(2023, 11, 20), "自行脱党"),
        ({"kind": "lost", "lost_reason": "3", "started_on": date(2022, 1, 1)}, date(2023, 11, 21), None),
        ({"kind": "away", "started_on": date(2025, 5, 20)}, None, "转接"),
        ({"kind": "abroad", "started_on": date(2024, 1, 1), "contacted_on": date(2025, 6, 1)}, None, None),
        ({"kind": "abroad", "started_on": date(2024, 1, 1), "contacted_on": date(2025, 5, 20)}, None, "联系一次"),
    ],
    ids=["lost six months", "a day short", "suspended two years", "not yet", "away", "in touch", "out of touch"],
)
def test_what_the_rules_foresee_is_a_hint(fields, since, words):
    found = standing.overdue(Whereabouts(**fields), TODAY, since)

    assert found is None if words is None else words in found[0]


def test_entering_contact_and_end(client, member, secretary):
    client.force_login(secretary)
    url = reverse("members:whereabouts_add", args=[member.pk])
    assert client.post(url, {"kind": "abroad", "started_on": "2025-01-10"}).status_code == 200  # where to is missing
    client.post(url, {"kind": "abroad", "started_on": "2025-01-10", "destination": "公派研修"})
    row = Whereabouts.objects.get()
    home = member.memberships.get().branch_id
    due = lambda: list(facts.whereabouts_due(TODAY, of="foreseen_on"))  # noqa: E731
    assert due() == [(row.pk, home, date(2025, 7, 10), date(2025, 7, 10))]

    assert "已满 6 个月" in client.get(LIST, {"kind": "abroad"}).text
    client.post(reverse("members:whereabouts_contact", args=[row.pk]), {"last": "2025-11-01"})
    assert due() == [], "in touch again: nothing is foreseen before May"
    client.post(reverse("members:whereabouts_end", args=[row.pk]), {"last": "2025-11-19"})

    row.refresh_from_db()
    assert (row.contacted_on, row.ended_on) == (date(2025, 11, 1), date(2025, 11, 19))


def test_the_list_costs_the_same_at_any_length(client, branch, secretary, count_queries):
    client.force_login(secretary)
    WhereaboutsFactory(member=MemberFactory(branch=branch))
    before = count_queries(LIST + "?kind=away")
    for _ in range(4):
        WhereaboutsFactory(member=MemberFactory(branch=branch))

    assert count_queries(LIST + "?kind=away") == before
    assert client.get(reverse("members:whereabouts_export"), {"kind": "away"}).content[:2] == b"PK"


def test_a_sanction_is_entered_by_its_kind_and_days_alone(member, discipline, boss):
    row = Sanction(member=member, kind="warning", started_on=date(2025, 5, 1), number="云纪〔2025〕3号")
    standing.impose(row, by=discipline, on=TODAY)

    event = AuditEvent.objects.get(action="sanction.enter")
    assert (event.label, event.object_id, event.detail) == ("", "", {"row": row.pk})  # neither whom nor what
    with pytest.raises(PermissionDenied):
        standing.impose(Sanction(member=member, kind="warning", started_on=TODAY, number="x"), by=boss, on=TODAY)
    watched = Sanction(member=member, kind="probation", started_on=date(2025, 5, 1), number="x")
    with pytest.raises(ValidationError, match="察看期满"):
        standing.impose(watched, by=discipline, on=TODAY)


def test_no_other_page_knows_of_a_sanction(client, branch, member, secretary, discipline):
    client.force_login(secretary)
    pages = [
        member.get_absolute_url(), reverse("members:list"), LIST, reverse("members:exemptions"), reverse("members:structure"),
        reverse("members:wall", args=[branch.pk]), reverse("members:birthdays"), "/",
    ]  # fmt: skip
    token = re.compile(r"[A-Za-z0-9_-]{20,}")  # tokens differ with each page
    before = [token.sub("", client.get(url).text) for url in pages]
    SanctionFactory(member=member, kind="probation", ended_on=date(2026, 5, 1), number="Ⓒ云纪")

    assert [token.sub("", client.get(url).text) for url in pages] == before
    assert client.get(reverse("members:sanctions")).status_code == 403
    client.force_login(discipline)
    assert "Ⓒ云纪" in client.get(reverse("members:sanctions")).text
    assert member.name in client.get(reverse("members:sanction_choose"), {"q": member.name}).text


def test_pages_of_the_acts_open_and_act(client, member, boss, discipline):
    client.force_login(boss)
    client.post(
        reverse("members:standing_add", args=[member.pk]),
        {"started_on": "2025-06-01", "reason": "失联", "basis": "8号"},
    )
    row = Standing.objects.get()
    assert "停止党籍" in client.get(LIST, {"kind": "suspended"}).text
    client.post(reverse("members:standing_end", args=[row.pk]), {"last": "2025-07-01"})
    client.post(
        reverse("members:leave", args=[member.pk]), {"reason": "resigned", "last": "2025-11-01", "basis": "9号"}
    )
    url = reverse("members:restore", args=[member.pk])
    assert "恢复党籍" in client.get(url).text
    branch = member.memberships.get().branch_id
    assert client.post(url, {"branch": branch, "since": "2025-11-02", "basis": "10号"}).status_code == 302
    client.force_login(discipline)
    added = {"kind": "warning", "started_on": "2025-05-01", "number": "云纪"}
    assert client.post(reverse("members:sanction_add", args=[member.pk]), added).status_code == 302
    end = reverse("members:sanction_end", args=[Sanction.objects.get().pk])
    assert client.post(end, {"last": "2026-05-01"}).status_code == 302
