"""What stands on the form of a new meeting before anything is typed: the most urgent kind, and who presides by habit."""

from datetime import date

import pytest
from django.urls import reverse

from duties.models import Duty
from meetings.models import MeetingKind
from members.models import Post
from tests import factories

pytestmark = pytest.mark.django_db
THEME, LECTURE = MeetingKind.Kind.THEME_PARTY_DAY, MeetingKind.Kind.PARTY_LECTURE
MEMBERS = MeetingKind.Kind.MEMBERS_MEETING


@pytest.fixture
def opened(client, may_26, secretary):
    """opened(query) → the page of a new meeting and its form."""

    def get(query=""):
        answer = client.get(reverse("meetings:add") + query)
        return answer.content.decode(), answer.context["form"]

    return get


@pytest.fixture
def in_office(branch, members):
    """The first of the members is the secretary."""
    term = factories.TermFactory(branch=branch)
    return Post.objects.create(term=term, member=members[0], office="secretary", started_on=date(2024, 1, 1))


def held(branch, kind, host, on=date(2025, 4, 24)):
    return factories.MeetingFactory(branch=branch, held_on=on, host=host, kinds=(kind,), state="accepted",
                                    submitted_at="2025-04-25T02:00:00Z")  # fmt: skip


def test_the_duty_that_falls_due_first_is_ticked_and_said(opened, branch, members):
    first = Duty.objects.filter(branch=branch, rule__in=MeetingKind.Kind.values, opens_on__lte="2025-05-26",
                                ends_on__gte="2025-05-26").order_by("due_on", "target_on", "pk").first()  # fmt: skip
    page, form = opened()

    assert form["kinds"].value() == [first.rule] == [THEME]
    assert "先勾上了最急的一件" in page
    assert f"{first.label}主题党日" in page


def test_what_is_done_is_urgent_no_more(opened, branch, members):
    duty = Duty.objects.get(branch=branch, rule=THEME, period="2025-05")
    factories.FulfilmentFactory(duty=duty, on=date(2025, 5, 20))

    _, form = opened()
    assert THEME not in form["kinds"].value()


def test_one_that_is_late_already_comes_first_and_says_so(opened, branch, members):
    Duty.objects.filter(branch=branch, rule=THEME, period="2025-05").update(target_on="2025-05-20", due_on="2025-05-25")
    page, form = opened()

    assert form["kinds"].value() == [THEME]
    assert "5 月 25 日已截止，现在办按迟办计" in page


def test_a_record_that_is_begun_is_gone_on_with(opened, branch, members, secretary):
    page, _ = opened()
    assert "接着填那一份" not in page

    draft = factories.MeetingFactory(branch=branch, kinds=(THEME,), held_on=date(2025, 5, 24), created_by=secretary)
    page, _ = opened()
    assert f'href="{reverse("meetings:edit", args=[draft.pk])}">接着填那一份' in page


def test_a_kind_that_was_asked_for_stays(opened, members):
    page, form = opened("?kind=party_lecture")

    assert form["kinds"].value() == [LECTURE]
    assert "最急" not in page


def test_the_secretary_presides_where_no_habit_says_otherwise(opened, branch, members, in_office):
    held(branch, MEMBERS, members[1].name)  # of another kind: says nothing of this one

    _, form = opened("?kind=theme_party_day")
    assert form["host"].value() == members[0].name


def test_whoever_presided_this_kind_the_last_time_presides_again(opened, branch, members, in_office):
    held(branch, THEME, members[1].name, on=date(2025, 3, 24))
    held(branch, THEME, members[2].name)
    held(branch, LECTURE, members[3].name, on=date(2025, 5, 6))

    _, form = opened("?kind=theme_party_day")
    assert form["host"].value() == members[2].name


def test_a_new_secretary_takes_over_what_the_former_presided(opened, branch, members, in_office):
    held(branch, THEME, members[0].name)
    Post.objects.filter(pk=in_office.pk).update(ended_on=date(2025, 5, 10))
    Post.objects.create(term=in_office.term, member=members[3], office="secretary", started_on=date(2025, 5, 11))

    _, form = opened("?kind=theme_party_day")
    assert form["host"].value() == members[3].name


def test_who_is_no_longer_of_the_branch_presides_no_more(opened, branch, members, in_office):
    held(branch, THEME, "外校的王老师")

    _, form = opened("?kind=theme_party_day")
    assert form["host"].value() == members[0].name


def test_another_kind_brings_its_own_host_unless_somebody_was_typed(opened, branch, members, in_office, typed, send):
    held(branch, LECTURE, members[2].name)
    base = typed(branch, members, kinds=(LECTURE,)) | {"host_offered": members[0].name}

    followed = send(base | {"host": members[0].name}, "refresh").context["form"]
    kept = send(base | {"host": members[3].name}, "refresh").context["form"]
    assert followed["host"].value() == members[2].name
    assert kept["host"].value() == members[3].name
