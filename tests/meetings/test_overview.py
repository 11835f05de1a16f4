"""Talks with secretaries, pairs of talks, lectures of leaders, double organisation life."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from branches.actions import root
from meetings import overview
from meetings.models import Attendance, MeetingKind
from tests.factories import (
    AttendanceFactory,
    BranchFactory,
    MeetingFactory,
    MemberFactory,
    PostFactory,
    TermFactory,
    UserFactory,
)
from tests.factories_life import ActivityFactory, LeadingCadreFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)
LECTURE = MeetingKind.Kind.PARTY_LECTURE


def test_secretaries_with_too_few_talks_come_first(staff):
    enough, one, none = BranchFactory.create_batch(3)
    TermFactory(branch=none, secretary_name="李明")
    for about in (enough, enough, one):
        ActivityFactory(branch=root(), kind="secretary_talk", about=about)
    ActivityFactory(branch=root(), kind="secretary_talk", about=one, held_on=date(2024, 5, 1))
    ActivityFactory(
        branch=root(), kind="secretary_talk", about=none, withdrawn_by=staff, withdrawn_at="2025-11-01T00:00Z"
    )

    rows = overview.secretary_talks(staff, 2025, per_year=2, on=TODAY)

    assert [(row["branch"], row["count"], row["missing"]) for row in rows] == [
        (none, 0, 2),
        (one, 1, 1),
        (enough, 2, 0),
    ]
    assert rows[0]["secretary"] == "李明同志"


def test_pairs_without_a_talk_are_shown(staff):
    full, half = BranchFactory.create_batch(2)
    for pair in ("committee", "committee_member", "member"):
        ActivityFactory(branch=full, kind="heart_talk", answers={"pair": pair})
    ActivityFactory(branch=half, kind="heart_talk", answers={"pair": "member"})

    pairs, rows = overview.heart_talks(staff, 2025, on=TODAY)

    assert len(pairs) == 3
    assert [(row["branch"], [cell["count"] for cell in row["cells"]]) for row in rows] == [
        (half, [0, 0, 1]),
        (full, [1, 1, 1]),
    ]


def test_lectures_count_wherever_they_were_given(staff):
    branch, elsewhere = BranchFactory.create_batch(2)
    teacher, silent = MemberFactory.create_batch(2, branch=branch)
    PostFactory(term=TermFactory(branch=branch), member=teacher, office="secretary")
    LeadingCadreFactory(member=silent)
    MeetingFactory(branch=elsewhere, submitted=True, lecturer=teacher, kinds=(LECTURE,), held_on=date(2025, 6, 3))
    MeetingFactory(branch=branch, lecturer=silent, kinds=(LECTURE,), held_on=date(2025, 6, 3))  # a draft

    rows = overview.lecturers(staff, 2025, on=TODAY)

    assert [(row["member"], row["count"]) for row in rows] == [(silent.pk, 0), (teacher.pk, 1)]


def test_double_life_counts_the_own_branch_by_its_rolls(staff):
    own, other = BranchFactory.create_batch(2)
    cadre = LeadingCadreFactory(member=MemberFactory(branch=own)).member
    for branch, mark in (
        (own, "present"), (own, "present"), (own, "leave"), (own, "excused"), (other, "present"),
    ):  # fmt: skip
        meeting = MeetingFactory(branch=branch, submitted=True)
        AttendanceFactory(meeting=meeting, member=cadre, mark=Attendance.Mark(mark))

    (row,) = overview.double_life(staff, 2025, on=TODAY)

    assert (row["due"], row["attended"], row["share"]) == (3, 2, 67)


@pytest.mark.parametrize(("day", "warned"), [("2025-09-30", False), ("2025-10-01", True)])
def test_from_the_fourth_quarter_a_leader_without_a_lecture_is_pointed_at(client, staff, day, warned):
    LeadingCadreFactory(member=MemberFactory(branch=BranchFactory()))
    client.force_login(staff)

    with time_machine.travel(f"{day} 10:00+08:00", tick=False):
        text = client.get(reverse("meetings:leaders")).content.decode()

    assert ("请在年底前安排" in text) == warned


def test_a_branch_sees_its_own_alone(client):
    ours, theirs = BranchFactory.create_batch(2)
    client.force_login(UserFactory(serving=ours))

    text = client.get(reverse("meetings:talks")).content.decode()

    assert ours.name in text
    assert theirs.name not in text


def test_an_empty_list_offers_the_first_record_once(client, branch, secretary):
    offered = f'href="{reverse("meetings:add")}">'
    text = main_of(client)
    assert text.count(offered) == 1

    MeetingFactory(branch=branch, created_by=secretary)
    assert main_of(client).count(offered) == 1
    assert main_of(client, "?q=没有的主题").count(offered) == 1


def main_of(client, query=""):
    text = client.get(f"{reverse('meetings:list')}{query}").content.decode()
    return text[text.index("<main") : text.index("</main>")]
