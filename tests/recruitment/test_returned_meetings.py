"""A returned record of a meeting whose vote a step of a road rests on: the vote stays, the rest may be put right."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from meetings import actions
from meetings.models import Meeting, Vote
from recruitment import outlook, steps
from recruitment.models import RoadStep
from recruitment.views.step import ballots
from tests.recruitment.walks import TODAY, Site

pytestmark = pytest.mark.django_db
HELD = date(2025, 7, 10)
OF_VOTE = ("rule", "title", "entitled", "present", "written", "in_favour", "against", "abstained")


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        yield


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def voted(site):
    """A road on which the branch voted, in a meeting that was returned."""
    application = site.walk("superior_talk")
    Meeting.objects.filter(held_on=HELD).update(state="returned", return_reason="缺少记录", minutes="")
    return application


def sent(site, *, held_on=HELD, kinds=("members_meeting",), **changed):
    meeting, vote = Meeting.objects.get(held_on=HELD), Vote.objects.get()
    rows = {f"vote-0-{name}": getattr(vote, name) for name in OF_VOTE} | {"vote-rows": 1}
    return {
        "branch": site.branch.pk, "kinds": list(kinds), "held_on": str(held_on), "topic": meeting.topic, "version": meeting.version,
        "minutes": "逐个讨论，无记名投票。", **{f"att-{member.pk}": "present" for member in site.members}, **rows,
        **{f"vote-0-{name}": value for name, value in changed.items()}, "submit": "1",
    }  # fmt: skip


def answer(site, client, **changed):
    client.force_login(site.secretary)
    page = reverse("meetings:edit", args=[Meeting.objects.get(held_on=HELD).pk])
    return client.post(page, sent(site, **changed))


def test_the_minutes_are_put_right_and_the_vote_is_the_same(site, voted, client):
    before = Vote.objects.values().get()
    assert answer(site, client).status_code == 302

    meeting = Meeting.objects.get(held_on=HELD)
    assert (meeting.state, meeting.minutes) == ("submitted", "逐个讨论，无记名投票。")
    assert Vote.objects.values().get() == before
    assert RoadStep.objects.get(step="branch_vote").vote_id == before["id"]


@pytest.mark.parametrize(
    "changed",
    [
        {"in_favour": 8}, {"title": "讨论其他"}, {"held_on": date(2025, 7, 11)},
        {"kinds": ("theme_party_day",)},
    ],
    ids=["counts", "title", "day", "kind"],
)  # fmt: skip
def test_what_a_step_rests_on_is_refused_in_words_and_nothing_typed_is_lost(site, voted, client, changed):
    page = answer(site, client, **changed)
    words = page.content.decode()

    assert page.status_code == 200
    assert f"{voted.member}的发展党员步骤“支部大会讨论”以“" in words
    assert "请先退回那一步" in words
    assert "逐个讨论，无记名投票。" in words
    assert Vote.objects.get().in_favour == 9
    assert Meeting.objects.filter(held_on=HELD, state="returned", minutes="").exists()


def test_after_the_step_was_taken_back_the_counts_are_put_right_and_serve_again(site, voted, client):
    steps.take_back(voted, "branch_vote", "票数有误", TODAY, by=site.upper, today=TODAY)
    assert answer(site, client, in_favour=8).status_code == 302
    vote = Vote.objects.get()
    assert vote.in_favour == 8
    offered = ballots(site.secretary, outlook.road(voted, site.secretary, TODAY), "branch_vote")["meetings"]
    assert f"v{vote.pk}" in dict(offered)
    site.take(voted, "branch_vote", HELD, vote=vote, explained="补登")
    assert RoadStep.objects.filter(step="branch_vote").count() == 2 + 1


def test_a_vote_that_served_is_not_dropped(site, voted, client):
    steps.take_back(voted, "branch_vote", "票数有误", TODAY, by=site.upper, today=TODAY)
    assert "不能删去或改名" in answer(site, client, title="讨论其他").content.decode()


def test_the_order_of_votes_may_change(site, voted):
    meeting = Meeting.objects.get(held_on=HELD)
    kept = Vote.objects.get()
    again = Vote(**{name: getattr(kept, name) for name in OF_VOTE})
    other = Vote(rule="ordinary", title="讨论经费", entitled=11, present=9, in_favour=9)
    actions.save_draft(
        meeting, kinds={"members_meeting": 2025}, due=[], marks={}, by=site.secretary, on=TODAY, version=meeting.version,
        votes=[(other, []), (again, [])],
    )  # fmt: skip

    assert list(meeting.votes.values_list("title", "position")) == [("讨论经费", 0), (kept.title, 1)]
    assert RoadStep.objects.get(step="branch_vote").vote_id == again.pk
