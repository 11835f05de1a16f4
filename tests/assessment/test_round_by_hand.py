"""What somebody who walks through the year's end reads, and where it leads."""

from datetime import date

import pytest
from django.urls import reverse

from assessment import due, objections, results, rounds, vetoes
from assessment.models import Round
from branches.models import Assignment
from branches.rights import Role
from portal import waiting
from tests.assessment import rounds_of_a_year as year
from tests.assessment.rounds_of_a_year import AFTER_CHECK, JUDGED, LAST_DAY, MEETING, OPENED, PUBLISHED, YEAR
from tests.factories import BranchFactory, ObjectionFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(PUBLISHED)]


@pytest.fixture
def branch(people):
    return BranchFactory(founded_on=date(2020, 1, 1))


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch, role=Role.SECRETARY)


@pytest.fixture
def published(people, branch, secretary):
    return year.to_publication(people, [branch])


def seen(client, user, name, *args):
    client.force_login(user)
    return client.get(reverse(f"assessment:{name}", args=args)).content.decode()


def answered(published, branch, by, *, outcome="dismissed", points=None):
    row = ObjectionFactory(round=published, branch=branch, part="PF10", phase="published")
    return objections.answer(row, outcome=outcome, words="已核对", points=points, version=1, by=by, on=PUBLISHED)


@pytest.mark.time_machine(MEETING)
def test_a_veto_that_waits_stands_in_the_way_before_anything_is_typed(client, people, branch, published):
    year.move(people, MEETING)
    row = vetoes.propose(
        branch, YEAR, reason="fraud", number="x〔2026〕1号", dated=MEETING, by=people.staff, on=MEETING
    )
    words = "有 1 条一票否决没有确认，由另一人确认或者收回以后再审定"

    assert words in seen(client, people.admin, "round", YEAR)
    page = seen(client, people.admin, "round_final", YEAR)
    assert words in page
    assert "审定并封存" not in page

    vetoes.confirm(row, version=row.version, by=people.other)
    assert rounds.hindrances(Round.objects.get(), MEETING) == []
    assert "审定并封存" in seen(client, people.admin, "round_final", YEAR)


@pytest.mark.parametrize(("day", "is_told"), [(LAST_DAY, True), (MEETING, False)], ids=["last day", "after it"])
def test_a_secretary_finds_the_published_points_at_home_while_they_can_be_contested(
    secretary, branch, published, day, is_told
):
    assert list(waiting._published(secretary, day)) == ([branch] if is_told else [])


def test_the_home_says_until_when(client, secretary, branch, published):
    client.force_login(secretary)

    page = client.get("/").content.decode()
    assert "得分已公布，请核对" in page
    assert "1 月 19 日前" in page


def test_nobody_is_told_of_points_that_are_not_published(people, branch, secretary):
    year.open_round(people)

    assert not waiting._published(secretary, PUBLISHED).exists()
    assert list(due.published_open(PUBLISHED, of="published_on")) == []


def test_the_reminder_of_the_points_ends_with_the_window(branch, published):
    assert list(due.published_open(LAST_DAY, of="objections_until")) == [(branch.pk, branch.pk, LAST_DAY, LAST_DAY)]
    assert list(due.published_open(MEETING, of="objections_until")) == []
    words, url = due.published_words([branch.pk], PUBLISHED)[branch.pk]
    assert "2025 年度考核得分已公布" in words
    assert url == reverse("assessment:round_branch", args=[YEAR, branch.pk])


def test_an_answer_is_news_for_a_week(people, branch, published):
    row = answered(published, branch, people.other)

    assert list(due.answers_given(date(2026, 1, 19), of="answered_at")) == [(row.pk, branch.pk, PUBLISHED, PUBLISHED)]
    assert list(due.answers_given(date(2026, 1, 20), of="answered_at")) == []
    assert "不采纳" in due.answer_words([row.pk], PUBLISHED)[row.pk][0]


def test_after_an_adjustment_the_branch_reads_what_it_has_now(client, people, branch, secretary, published):
    before = seen(client, secretary, "round_branch", YEAR, branch.pk)
    assert "现得" not in before

    answered(published, branch, people.other, outcome="upheld", points=0)
    page = seen(client, secretary, "round_branch", YEAR, branch.pk)

    now = next(score.total for score in results.proposed(published) if score.branch.pk == branch.pk)
    assert f'公布后调整，现得 <b class="num">{now}</b> 分' in page


def test_the_office_goes_straight_to_what_waits_for_an_answer(client, people, branch, published):
    client.force_login(people.staff)
    url = reverse("assessment:objections_now")
    assert client.get(url).headers["Location"] == reverse("assessment:rounds")

    ObjectionFactory(round=published, branch=branch, part="PF10", phase="published")
    assert client.get(url).headers["Location"] == reverse("assessment:objections", args=[YEAR]) + "?state=waiting"


def test_a_published_item_is_contested_from_where_its_points_stand(client, people, branch, secretary, published):
    contest = reverse("assessment:contest", args=[YEAR, branch.pk])
    assert f"{contest}?part=PF10" in seen(client, secretary, "sheet", YEAR, branch.pk)
    assert contest not in seen(client, people.staff, "sheet", YEAR, branch.pk)

    client.force_login(secretary)
    page = client.get(f"{contest}?part=PF10").content.decode()
    assert "计分的来由" in page
    assert "最多 3 分" in page


@pytest.mark.time_machine(MEETING)
def test_after_the_window_the_sheet_offers_no_objection(client, branch, secretary, published):
    assert reverse("assessment:contest", args=[YEAR, branch.pk]) not in seen(
        client, secretary, "sheet", YEAR, branch.pk
    )


@pytest.mark.time_machine(AFTER_CHECK)
def test_an_assessor_is_led_from_item_to_item_until_all_are_judged(client, people, branch):
    year.open_round(people)
    year.send(people, [branch])
    year.move(people, AFTER_CHECK)
    first, *others = year.KEYS
    page = seen(client, people.first, "judge", YEAR)
    assert f'name="part" value="{first}"' in page
    assert page.count("0／1") == len(year.KEYS)

    year.judge(branch, 1, people.first, key=first)
    page = seen(client, people.first, "judge", YEAR)
    assert f'name="part" value="{others[0]}"' in page
    assert "都评完了" not in page

    for key in others:
        year.judge(branch, 1, people.first, key=key)
    assert "都评完了" in seen(client, people.first, "judge", YEAR)


@pytest.mark.time_machine(OPENED)
def test_two_assessors_are_sent_together_or_neither(client, people, branch):
    year.open_round(people)
    client.force_login(people.staff)
    url, sent = reverse("assessment:graders", args=[YEAR]), {"branches": [branch.pk], "until": JUDGED, "group": ""}

    page = client.post(url, sent | {"user": people.first.pk, "second": people.first.pk}).content.decode()
    assert "两位不能是同一位同志。" in page
    insider = UserFactory(serving=branch)
    client.post(url, sent | {"user": people.first.pk, "second": insider.pk})
    assert not Assignment.objects.exists()

    client.post(url, sent | {"user": people.first.pk, "second": people.second.pk})
    assert {row.user for row in Assignment.objects.filter(branch=branch)} == {people.first, people.second}


def test_the_record_of_a_round_says_into_which_step_it_went(client, people, published):
    page = seen(client, people.staff, "round", YEAR)

    assert "转入下一步：考评组评分" in page
    assert "转入下一步：复核" in page


@pytest.mark.time_machine(OPENED)
def test_a_self_check_that_was_only_begun_was_handed_in_by_nobody(client, people, branch, secretary):
    year.open_round(people)
    objections.save_self_check(YEAR, branch, words="写了一半", version=None, submits=False, by=secretary, on=OPENED)

    page = seen(client, people.staff, "self_checks", YEAR)
    assert "未提交" in page
    assert str(secretary) not in page
    objections.save_self_check(YEAR, branch, words="写好了", version=1, submits=True, by=secretary, on=OPENED)
    assert str(secretary) in seen(client, people.staff, "self_checks", YEAR)
