"""What two assessors judge: apart from each other, within the points, with a reason; near each other the mean, else a third."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale
from assessment import judging, rounds, scoring
from assessment.models import Judgement, ManualScore, Round
from branches.actions import root
from branches.models import Assignment, Branch
from branches.rights import Role
from tests.assessment import rounds_of_a_year as year
from tests.assessment.rounds_of_a_year import AFTER_CHECK, JUDGED, YEAR, judge
from tests.assessment.year import OVER
from tests.factories import BranchFactory, MemberFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(AFTER_CHECK)]


@pytest.fixture
def branch(people):
    branch = BranchFactory()
    year.open_round(people)
    year.send(people, [branch])
    year.move(people, AFTER_CHECK)
    return branch


def counted():
    return [(row.part, row.points, row.reason, row.is_settled) for row in ManualScore.objects.order_by("part")]


# ---- two of them


def test_what_one_judged_does_not_count_yet(people, branch):
    assert judge(branch, "2", people.first) == 1

    assert Judgement.objects.get().assessor == people.first
    assert counted() == []
    (score,) = scoring.score(Branch.objects.filter(pk=branch.pk), YEAR, on=OVER)
    assert next(item.state for item in score.items if item.code == "PF10") == "pending"


@pytest.mark.parametrize(
    ("one", "other", "mean"),
    [("2", "2", "2"), ("2", "2.60", "2.30"), ("2.05", "2.10", "2.08"), ("2.60", "2", "2.30"), ("0", "0.60", "0.30")],
    ids=["the same", "at the edge of 20 %", "half a cent up", "the other way round", "from nothing"],
)
def test_two_who_are_near_each_other_count_by_their_mean(people, branch, one, other, mean):
    judge(branch, one, people.first, reason="甲")
    judge(branch, other, people.second, reason="乙")

    assert counted() == [("PF10", Decimal(mean), "甲；乙", False)]


def test_two_who_lie_apart_count_only_when_a_third_says_so(people, branch):
    judge(branch, "2", people.first)
    judge(branch, "2.61", people.second)

    assert counted() == []
    assert rounds.progress(Round.objects.get(), AFTER_CHECK).differences == 1

    judging.settle(
        YEAR, branch, "PF10", points=Decimal("2.4"), reason="复看材料", version=None, by=people.staff, on=AFTER_CHECK
    )

    assert counted() == [("PF10", Decimal("2.40"), "复看材料", True)]
    assert rounds.progress(Round.objects.get(), AFTER_CHECK).differences == 0


def test_the_same_reason_stands_once(people, branch):
    judge(branch, "2", people.first, reason="甲")
    judge(branch, "2", people.second, reason="甲")

    assert counted()[0][2] == "甲"


def test_a_judgement_changed_later_counts_anew(people, branch):
    judge(branch, "2", people.first)
    judge(branch, "2", people.second)
    judge(branch, "2.50", people.first, version=1)
    assert counted()[0][1] == Decimal("2.25")

    judge(branch, "0", people.first, version=2)
    assert counted() == []

    judge(branch, None, people.first, version=3)
    assert Judgement.objects.get().assessor == people.second


def test_the_same_again_changes_nothing(people, branch):
    judge(branch, "2", people.first)

    assert judge(branch, "2.00", people.first) == 0
    assert Judgement.objects.get().version == 1
    assert AuditEvent.objects.filter(action="score.judge").count() == 1


def test_the_record_of_acts_does_not_tell_the_other_the_points(people, branch):
    judge(branch, "2", people.first)

    assert AuditEvent.objects.get(action="score.judge").detail == {"year": YEAR, "part": "PF10"}


# ---- what is refused


@pytest.mark.parametrize(
    ("points", "message"),
    [("3.01", "最多 3 分"), ("-0.05", "得分不能为负"), ("1.234", "小数")],
    ids=["too many", "negative", "three decimals"],
)
def test_points_that_cannot_be_are_refused(people, branch, points, message):
    with pytest.raises(ValidationError, match=message):
        judge(branch, points, people.first)

    assert not Judgement.objects.exists()


def test_a_judgement_needs_its_reason(people, branch):
    with pytest.raises(ValidationError) as refusal:
        judge(branch, "2", people.first, reason="")

    assert refusal.value.message_dict.keys() == {"reason"}


@pytest.mark.parametrize("key", ["AT1", "PF3", "PF1", "V1", "XX"])
def test_only_the_parts_of_the_scheme_that_are_judged_can_be(people, branch, key):
    with pytest.raises(ValidationError, match="方案中没有这个评定项"):
        judge(branch, "1", people.first, key=key)


def test_the_same_person_on_two_pages_is_told(people, branch):
    judge(branch, "2", people.first)

    with pytest.raises(Stale):
        judge(branch, "1", people.first, version=9)
    with pytest.raises(Stale):
        judge(branch, None, people.first)


def test_one_bad_line_keeps_the_whole_page_out(people, branch):
    entries = [(branch, "PF10", Decimal(2), "好", None), (branch, "EX2.2", Decimal(9), "好", None)]

    with pytest.raises(ValidationError, match=branch.name):
        judging.judge(YEAR, entries, by=year.fresh(people.first), on=AFTER_CHECK)

    assert not Judgement.objects.exists()
    assert not AuditEvent.objects.filter(action="score.judge").exists()


@pytest.mark.parametrize("role", [*Role])
def test_no_post_judges_without_being_sent(people, branch, role):
    with pytest.raises(PermissionDenied):
        judge(branch, "2", UserFactory(serving=root(), role=role, since=date(2020, 1, 1)))


@pytest.mark.parametrize("state", [state for state in Round.State if state not in ("judging", "review")])
def test_before_and_after_its_time_nobody_judges_or_settles(people, branch, state):
    judge(branch, "0", people.first)
    judge(branch, "3", people.second)
    Round.objects.update(state="judging")
    late = {"published_on": date(2026, 1, 12), "objections_until": date(2026, 1, 19)}
    final = {"meeting_on": date(2026, 1, 22), "minutes_number": "x", "final_by": people.admin, "final_at": OPENED_AT}
    Round.objects.update(state=state, **late, **(final if state == "final" else {}))

    with pytest.raises(ValidationError, match="不能这样办理"):
        judge(branch, "1", people.first, version=1)
    with pytest.raises(ValidationError, match="不能这样办理"):
        settle(branch, people.staff)


OPENED_AT = "2026-01-22T02:00:00Z"


def settle(branch, by, *, points="1", version=None):
    return judging.settle(
        YEAR, branch, "PF10", points=Decimal(points), reason="复核", version=version, by=year.fresh(by), on=AFTER_CHECK
    )


class TestSettling:
    def test_neither_of_the_two_settles(self, people, branch):
        grader = UserFactory(serving=root(), role=Role.STAFF)
        judging.release(YEAR, people.second, [branch], by=people.staff, on=AFTER_CHECK)
        judging.assign(YEAR, grader, [branch], until=JUDGED, by=people.staff, on=AFTER_CHECK)
        judge(branch, "0", people.first)
        judge(branch, "3", grader)

        with pytest.raises(ValidationError, match="请由另一位同志复核"):
            settle(branch, grader)

    def test_it_is_not_settled_before_both_judged_nor_where_they_agree(self, people, branch):
        judge(branch, "2", people.first)
        with pytest.raises(ValidationError, match="还没有 2 位评过"):
            settle(branch, people.staff)

        judge(branch, "2", people.second)
        with pytest.raises(ValidationError, match="不用复核"):
            settle(branch, people.staff)

    def test_settled_it_is_not_judged_again_but_may_be_settled_again(self, people, branch):
        judge(branch, "0", people.first)
        judge(branch, "3", people.second)
        settle(branch, people.staff)

        with pytest.raises(ValidationError, match="已经复核确定"):
            judge(branch, "1", people.first, version=1)
        with pytest.raises(Stale):
            settle(branch, people.other, version=9)
        settle(branch, people.other, points="1.5", version=1)
        assert counted()[0][1] == Decimal("1.50")

    @pytest.mark.parametrize("points", ["3.01", "-1"])
    def test_within_the_points_of_the_part(self, people, branch, points):
        judge(branch, "0", people.first)
        judge(branch, "3", people.second)

        with pytest.raises(ValidationError):
            settle(branch, people.staff, points=points)

    def test_who_leads_the_branch_does_not_settle(self, people, branch):
        judge(branch, "0", people.first)
        judge(branch, "3", people.second)

        with pytest.raises(PermissionDenied):
            settle(branch, UserFactory(serving=branch))


class TestBlindness:
    """Who judges sees nothing of what the other said until both count; not even with a post that reviews."""

    def test_the_pages_of_the_second_hold_nothing_of_the_first(self, client, people, branch):
        judge(branch, "2.35", people.first, reason="独有的话")
        client.force_login(people.second)

        for url in (
            f"/assessment/{YEAR}/judge/",
            f"/assessment/{YEAR}/{branch.pk}/judge/",
            f"/assessment/{YEAR}/{branch.pk}/",
        ):
            page = client.get(url).content.decode()
            assert "独有的话" not in page
            assert "2.35" not in page

    def test_a_reviewer_who_judges_too_sees_only_the_own_points(self, client, people):
        branch = BranchFactory()
        year.open_round(people)
        for person in (people.staff, people.first):
            judging.assign(YEAR, person, [branch], until=JUDGED, by=people.other, on=AFTER_CHECK)
        year.move(people, AFTER_CHECK)
        judge(branch, "0", people.first, reason="独有的话")
        judge(branch, "3", people.staff)
        client.force_login(people.staff)

        assert "独有的话" not in client.get(f"/assessment/{YEAR}/round/review/").content.decode()
        assert "独有的话" not in client.get(f"/assessment/{YEAR}/{branch.pk}/settle/?part=PF10").content.decode()
        client.force_login(people.other)
        assert "独有的话" in client.get(f"/assessment/{YEAR}/round/review/").content.decode()


def test_an_assessor_finds_the_way_to_what_is_judged(client, people, branch):
    client.force_login(people.first)

    assert client.get("/assessment/judging/").url == f"/assessment/{YEAR}/judge/"
    page = client.get(f"/assessment/{YEAR}/judge/?part=PF10").content.decode()
    assert "考评组评分" in page
    assert branch.name in page


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(client, people, branch):
    client.force_login(people.first)
    body = {"part": "PF10", f"b{branch.pk}-PF10-points": "9", f"b{branch.pk}-PF10-reason": "写过的话"}

    page = client.post(f"/assessment/{YEAR}/judge/", body).content.decode()
    assert "最多 3 分" in page
    assert "写过的话" in page
    assert not Judgement.objects.exists()

    client.post(f"/assessment/{YEAR}/judge/", body | {f"b{branch.pk}-PF10-points": "2.5"})
    assert Judgement.objects.get().points == Decimal("2.5")
    url = f"/assessment/{YEAR}/{branch.pk}/judge/"
    key = f"b{branch.pk}-EX2_2"
    client.post(url, {f"{key}-points": "1", f"{key}-reason": "品牌初步形成", f"b{branch.pk}-PF10-points": "2.5",
                      f"b{branch.pk}-PF10-reason": "写过的话", f"b{branch.pk}-PF10-version": "1"})  # fmt: skip
    assert Judgement.objects.count() == 2


class TestSending:
    def test_a_third_is_refused(self, people, branch):
        with pytest.raises(ValidationError, match="已经派了 2 位"):
            judging.assign(YEAR, people.other, [branch], until=JUDGED, by=people.staff, on=AFTER_CHECK)

    @pytest.mark.parametrize("place", ["itself", "above", "member"])
    def test_nobody_judges_what_is_the_own(self, people, branch, place):
        committee = BranchFactory(kind="committee")
        below = BranchFactory(parent=committee)
        person = UserFactory(serving={"itself": below, "above": committee}.get(place, root()), role={
            "itself": Role.SECRETARY, "above": Role.COMMITTEE}.get(place, Role.STAFF))  # fmt: skip
        if place == "member":
            MemberFactory(branch=below, user=person)

        with pytest.raises(ValidationError, match="不能评自己的单位"):
            judging.assign(YEAR, person, [below], until=JUDGED, by=people.staff, on=AFTER_CHECK)

    def test_who_became_one_of_it_later_is_stopped_at_the_points(self, people, branch):
        MemberFactory(branch=branch, user=people.first)

        with pytest.raises(ValidationError, match="不能由您来评"):
            judge(branch, "2", people.first)

    def test_taking_somebody_back_keeps_what_is_agreed_and_frees_the_rest(self, people, branch):
        judge(branch, "2", people.first)
        judge(branch, "2", people.second)
        judge(branch, "1", people.second, key="EX2.2")

        judging.release(YEAR, people.second, [branch], by=people.staff, on=AFTER_CHECK)

        assert Judgement.objects.filter(assessor=people.second).values_list("part", flat=True).get() == "PF10"
        assert len(counted()) == 1
        with pytest.raises(PermissionDenied):
            judge(branch, "1", people.second, key="EX2.2")
        another = UserFactory(serving=root(), role=Role.STAFF)
        judging.assign(YEAR, another, [branch], until=JUDGED, by=people.staff, on=AFTER_CHECK)
        with pytest.raises(ValidationError, match="已有 2 位评过"):
            judge(branch, "2", another)

    def test_the_end_of_judging_moves_those_who_were_sent_until_it(self, people, branch):
        rounds.redate(
            YEAR, self_check_until=year.CHECKED, judging_until=date(2026, 1, 15), version=Round.objects.get().version,
            by=people.staff, on=AFTER_CHECK,
        )  # fmt: skip

        assert set(Assignment.objects.values_list("until", flat=True)) == {date(2026, 1, 15)}
