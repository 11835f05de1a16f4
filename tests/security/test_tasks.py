"""Who has a task without a post sees what the task says and not a word more; when the task has ended, nothing."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["print_signin", "print_appraisal"])
def test_without_the_register_a_paper_of_a_meeting_names_only_who_was_there(county, ask, name):
    meeting = county.meetings["b2"][0]
    url = reverse(f"meetings:{name}", args=[meeting.pk])
    marks = [f"Ⓒmember-{member.pk}-name" for member in county.members["b2"]]

    theirs, full = (ask(person, "get", url).content.decode() for person in ("guide b2", "staff"))

    assert [mark in theirs for mark in marks] == [True] * 2 + [False] * 4
    assert all(mark in full for mark in marks)


def test_a_judge_of_yesterday_opens_nothing(county, ask):
    for name in ("a1", "b1"):
        for what in ("screening", "judging"):
            row = next(row for owner, row in county.rows[what] if owner == name)
            assert ask("former assessor", "get", row.get_absolute_url()).status_code == 404
            assert ask("former assessor", "get", reverse("branches:visit", args=[row.pk])).status_code == 403


@pytest.mark.parametrize("what", ["judging", "approved_screening", "submitted_screening"])
def test_a_branch_does_not_see_its_screening_before_it_is_told(county, ask, what):
    row = next(row for owner, row in county.rows[what] if owner == "a1")

    assert ask("secretary a1", "get", row.get_absolute_url()).status_code == 404
    assert ask("committee a", "get", row.get_absolute_url()).status_code == 200
