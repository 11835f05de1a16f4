"""What a branch contests, the answers, and points put right after publication."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import Stale
from assessment import objections, results, sealing
from assessment.models import Adjustment, ManualScore, Objection, Seal
from assessment.ranking import ranked
from assessment.scoring import evaluate
from tests.assessment import rounds_of_a_year as year
from tests.assessment.rounds_of_a_year import AFTER_CHECK, LAST_DAY, PUBLISHED, YEAR
from tests.factories import BranchFactory, JudgementFactory, ManualScoreFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(PUBLISHED)]
NEXT = date(2026, 1, 20)


@pytest.fixture
def branch():
    return BranchFactory(founded_on=date(2020, 1, 1))


@pytest.fixture
def secretary(branch):
    return UserFactory(name="张文秀", serving=branch)


@pytest.fixture
def published(people, branch):
    return year.to_publication(people, [branch])


def contest(branch, by, part="PF10", words="课例有记录，请再看。", on=PUBLISHED):
    return objections.contest(YEAR, branch, part=part, words=words, by=by, on=on)


def answer(row, by, *, outcome="dismissed", words="经核对，不采纳。", points=None, version=None):
    points = None if points is None else Decimal(points)
    version = version or Objection.objects.get(pk=row.pk).version
    return objections.answer(row, outcome=outcome, words=words, points=points, version=version, by=by, on=PUBLISHED)


def total(round):
    (score,) = results.proposed(round)
    return score.total


@pytest.mark.parametrize(
    ("on", "is_allowed"),
    [(PUBLISHED, True), (LAST_DAY, True), (NEXT, False)],
    ids=["on the day of publication", "on the last day", "a day late"],
)
def test_to_the_day(branch, secretary, published, on, is_allowed):
    if is_allowed:
        assert contest(branch, secretary, on=on).phase == "published"
    else:
        with pytest.raises(ValidationError, match="异议到 2026-01-19 截止"):
            contest(branch, secretary, on=on)


@pytest.mark.parametrize("state", ["judging", "review", "deciding"])
def test_between_the_phases_nothing_is_received(branch, secretary, published, state):
    year.at(state)

    with pytest.raises(ValidationError, match=r"公布以后可以提出异议|不再受理异议"):
        contest(branch, secretary)


def test_said_again_while_it_waits_the_words_are_put_in_place(branch, secretary, published):
    contest(branch, secretary)
    contest(branch, secretary, words="补充：还有签到表。")

    assert [row.words for row in Objection.objects.all()] == ["补充：还有签到表。"]


@pytest.mark.parametrize(
    ("part", "words", "field"),
    [("XX", "x", "part"), ("V1", "x", "part"), ("PF10", " ", "words"), ("PF10", "绝密★会议内容", "")],
    ids=["no such part", "what limits the grade", "no words", "secret"],
)
def test_a_part_of_the_scheme_and_words(branch, secretary, published, part, words, field):
    with pytest.raises(ValidationError) as refusal:
        contest(branch, secretary, part, words)

    assert not field or field in refusal.value.message_dict
    assert not Objection.objects.exists()


def test_upheld_the_points_are_put_right_and_the_seal_stays(people, branch, secretary, published):
    row = contest(branch, secretary)
    before, sealed = total(published), Seal.objects.get().head

    answer(row, people.staff, outcome="upheld", words="材料属实。", points="2.5")

    made = Adjustment.objects.get()
    assert (made.before, made.points, made.objection, made.made_by) == (Decimal(1), Decimal("2.5"), row, people.staff)
    assert total(published) > before
    assert Seal.objects.get().head == sealed
    inputs = sealing.decided_inputs(published, "branch")
    (score,) = ranked(evaluate(inputs), inputs.content, inputs.period)
    assert next(item.points for item in score.items if item.code == "PF10") == Decimal("2.50")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"outcome": "upheld"}, "请填调整后的得分"), ({"outcome": "upheld", "points": "3.01"}, "最多 3 分"),
        ({"outcome": "upheld", "points": "1"}, "没有调整"), ({"outcome": "upheld", "points": "-1"}, "不能为负"),
        ({"words": " "}, "答复要写明理由"), ({"outcome": ""}, "结果"),
    ],
    ids=["no points", "too many", "the same", "negative", "no words", "no outcome"],
)  # fmt: skip
def test_an_answer_says_what_and_why(people, branch, secretary, published, given, words):
    row = contest(branch, secretary)

    with pytest.raises(ValidationError, match=words):
        answer(row, people.staff, **given)

    assert Objection.objects.get().answered_at is None
    assert not Adjustment.objects.exists()


def test_once_answered_it_stays(people, branch, secretary, published):
    row = contest(branch, secretary)
    with pytest.raises(Stale):
        answer(row, people.staff, version=9)
    answer(row, people.staff)

    with pytest.raises(ValidationError, match="已经答复过了"):
        answer(row, people.other)
    with pytest.raises(ValidationError, match="不能这样办理"):
        objections.withdraw(row, by=secretary, on=PUBLISHED)
    assert contest(branch, secretary).pk != row.pk  # something new may still be said within the window


def test_who_raised_it_does_not_answer_it(people, branch, published):
    both = UserFactory(serving=branch)
    row = contest(branch, both)
    people.staff.appointments.update(user=both)

    with pytest.raises(ValidationError, match="不能自己答复"):
        answer(row, year.fresh(both))


@pytest.mark.parametrize("how", ["as one of two", "as the third"])
def test_who_judged_a_part_neither_answers_nor_adjusts_it(people, branch, secretary, published, how):
    row = contest(branch, secretary)
    if how == "as one of two":
        JudgementFactory(year=YEAR, branch=branch, assessor=people.staff)
    else:
        ManualScore.objects.filter(branch=branch, part="PF10").delete()
        ManualScoreFactory(year=YEAR, branch=branch, is_settled=True, judged_by=people.staff)

    with pytest.raises(ValidationError, match="您评定或者复核的"):
        answer(row, people.staff)
    with pytest.raises(ValidationError, match="您评定或者复核的"):
        objections.adjust(YEAR, branch, "PF10", points=Decimal(1), reason="核对有误", by=people.staff, on=PUBLISHED)
    answer(row, people.other)


def test_the_page_says_beforehand_who_must_leave_it_to_another(client, people, branch, secretary, published):
    row = contest(branch, secretary)
    JudgementFactory(year=YEAR, branch=branch, assessor=people.staff)
    client.force_login(people.staff)

    page = client.get(reverse("assessment:objection_answer", args=[row.pk])).content.decode()

    assert "您评定或者复核的" in page
    assert 'id="entry"' not in page


def test_only_staff_answer(branch, secretary, published):
    with pytest.raises(PermissionDenied):
        answer(contest(branch, secretary), secretary)


def test_in_the_self_check_nothing_is_adjusted(people, branch, secretary):
    year.open_round(people)
    row = contest(branch, secretary, on=date(2025, 12, 10))

    answer(row, people.staff, outcome="upheld", words="请补登记录。")

    assert Objection.objects.get().outcome == "upheld"
    assert not Adjustment.objects.exists()


def test_in_the_self_check_it_may_be_taken_back_until_it_is_answered(people, branch, secretary):
    year.open_round(people)
    row = contest(branch, secretary, on=date(2025, 12, 10))
    objections.withdraw(row, by=secretary, on=AFTER_CHECK)
    assert not Objection.objects.exists()

    row = contest(branch, secretary, on=date(2025, 12, 10))
    answer(row, people.staff)
    with pytest.raises(ValidationError, match="已经答复"):
        objections.withdraw(row, by=secretary, on=AFTER_CHECK)


def test_nothing_is_decided_before_the_answer(people, branch, secretary, published):
    row = contest(branch, secretary)
    with pytest.raises(ValidationError, match="还有 1 条异议没有答复"):
        year.move(people, NEXT)

    answer(row, people.staff)
    assert year.move(people, NEXT).state == "deciding"
    with pytest.raises(ValidationError, match="不能这样办理"):
        objections.adjust(YEAR, branch, "PF10", points=Decimal(3), reason="x", by=people.staff, on=PUBLISHED)


class TestAdjusting:
    def test_staff_put_right_what_they_found_themselves(self, people, branch, published):
        objections.adjust(YEAR, branch, "PF10", points=Decimal("1.5"), reason="漏计材料", by=people.staff, on=PUBLISHED)
        objections.adjust(YEAR, branch, "PF10", points=Decimal(2), reason="再核对", by=people.staff, on=PUBLISHED)

        assert list(Adjustment.objects.values_list("before", "points")) == [(1, Decimal("1.5")), (Decimal("1.5"), 2)]

    def test_not_past_an_objection_that_waits(self, people, branch, secretary, published):
        contest(branch, secretary)

        with pytest.raises(ValidationError, match="请在答复时一并调整"):
            objections.adjust(YEAR, branch, "PF10", points=Decimal(2), reason="x", by=people.staff, on=PUBLISHED)

    def test_a_part_that_was_not_scored_has_nothing_before(self, people, branch, published):
        objections.adjust(YEAR, branch, "EX1", points=Decimal(2), reason="表彰文件补登", by=people.staff, on=PUBLISHED)

        assert Adjustment.objects.get().before in (None, Decimal(0))


class TestPages:
    def test_the_way_through_the_forms(self, client, people, branch, secretary, published):
        client.force_login(secretary)
        url = f"/assessment/{YEAR}/{branch.pk}/contest/"
        assert client.post(url, {"part": "PF10", "words": ""}).status_code == 200
        assert client.post(url, {"part": "PF10", "words": "课例有记录。"}).status_code == 302
        row = Objection.objects.get()
        client.force_login(people.staff)
        assert "课例有记录" in client.get(f"/assessment/{YEAR}/round/objections/?state=waiting").content.decode()
        url = f"/assessment/objections/{row.pk}/"
        page = client.post(url, {"outcome": "upheld", "words": "属实。", "points": "", "version": 1}).content.decode()
        assert "请填调整后的得分" in page
        assert "属实。" in page
        assert (
            client.post(url, {"outcome": "upheld", "words": "属实。", "points": "2.5", "version": 1}).status_code == 302
        )
        client.force_login(secretary)
        page = client.get(f"/assessment/{YEAR}/{branch.pk}/round/").content.decode()
        assert "属实。" in page
        assert "2.50" in page

    def test_lists_cost_the_same_at_any_length(self, client, people, branch, secretary, published, count_queries):
        contest(branch, secretary)
        client.force_login(people.staff)
        urls = [
            f"/assessment/{YEAR}/round/objections/",
            f"/assessment/{YEAR}/round/",
            f"/assessment/{YEAR}/round/decide/",
        ]
        before = [count_queries(url) for url in urls]
        for part in ("AT1", "AT5", "EX2.2"):
            contest(branch, secretary, part)

        assert [count_queries(url) for url in urls] == before

    def test_the_branch_sees_its_own_result_and_nobody_elses(self, client, branch, secretary, published):
        client.force_login(secretary)

        page = client.get(f"/assessment/{YEAR}/{branch.pk}/round/").content.decode()
        assert "公布得分" in page
        assert client.get(f"/assessment/{YEAR}/round/").status_code == 403
        assert client.get(f"/assessment/{YEAR}/round/decide/").status_code == 403
        assert client.get(f"/assessment/{YEAR}/round/objections/").status_code == 403
