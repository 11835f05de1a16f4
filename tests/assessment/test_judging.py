"""What staff judge: within its points, with a reason, never over another's head, and it can be taken back."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale
from assessment import actions, scoring
from assessment.models import ManualScore, Scheme
from branches.actions import root
from branches.models import Branch
from branches.rights import Role
from tests.assessment.year import OVER, YEAR, decimal
from tests.factories import BranchFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return UserFactory(name="李雪", serving=root(), role=Role.STAFF)


@pytest.fixture
def branch():
    return BranchFactory()


def judge(branch, points, by, *, key="PF10", reason="实地查验，两项待整改", version=None):
    points = None if points is None else decimal(points)
    return actions.judge(YEAR, key, [(branch, points, reason, version)], by=by)


def held():
    return [(row.part, row.points, row.version) for row in ManualScore.objects.order_by("part")]


@pytest.mark.parametrize("points", ["0", "0.05", "3"])
def test_points_within_the_part_are_kept(staff, branch, points):
    assert judge(branch, points, staff) == 1

    row = ManualScore.objects.get()
    assert (row.points, row.reason, row.judged_by, row.branch) == (
        decimal(points),
        "实地查验，两项待整改",
        staff,
        branch,
    )
    assert AuditEvent.objects.get(action="score.judge").detail == {"year": YEAR, "part": "PF10", "points": points}


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("3.01", "最多 3 分"),
        ("-0.05", "得分不能为负"),
        ("1.234", "小数"),
    ],
    ids=["too many", "negative", "three decimals"],
)
def test_points_that_cannot_be_are_refused(staff, branch, points, message):
    with pytest.raises(ValidationError, match=message):
        judge(branch, points, staff)

    assert held() == []


def test_a_judgement_needs_its_reason(staff, branch):
    with pytest.raises(ValidationError) as refusal:
        judge(branch, "2", staff, reason="")

    assert refusal.value.message_dict.keys() == {"reason"}
    assert held() == []


@pytest.mark.parametrize("key", ["AT1", "PF3", "PF1", "XX"])
def test_only_the_parts_of_the_scheme_that_are_judged_can_be(staff, branch, key):
    with pytest.raises(ValidationError, match="方案中没有这个评定项"):
        judge(branch, "1", staff, key=key)


def test_who_comes_second_is_told(staff, branch):
    judge(branch, "2", staff)
    other = UserFactory(serving=root(), role=Role.STAFF)
    judge(branch, "3", other, version=1)

    with pytest.raises(Stale):
        judge(branch, "1", staff, version=1)
    with pytest.raises(Stale):
        judge(branch, "1", staff)

    assert held() == [("PF10", 3, 2)]


def test_the_same_again_changes_nothing(staff, branch):
    judge(branch, "2", staff)

    assert judge(branch, "2", staff) == 0
    assert held() == [("PF10", 2, 1)]
    assert AuditEvent.objects.filter(action="score.judge").count() == 1


def test_a_judgement_can_be_taken_back_and_the_item_waits_again(staff, branch):
    judge(branch, "2", staff)

    with pytest.raises(Stale):
        judge(branch, None, staff, version=9)
    judge(branch, None, staff, version=1)

    assert held() == []
    assert AuditEvent.objects.filter(action="score.clear", object_id=str(branch.pk)).count() == 1
    (score,) = scoring.score(Branch.objects.filter(pk=branch.pk), YEAR, on=OVER)
    assert next(item.state for item in score.items if item.code == "PF10") == "pending"


def test_one_bad_line_keeps_the_whole_page_out(staff, branch):
    other = BranchFactory()
    entries = [(branch, decimal(2), "好", None), (other, decimal(9), "好", None)]

    with pytest.raises(ValidationError, match=other.name):
        actions.judge(YEAR, "PF10", entries, by=staff)

    assert held() == []
    assert not AuditEvent.objects.filter(action="score.judge").exists()


def test_the_first_judgement_freezes_the_scheme_of_the_year(staff, branch):
    judge(branch, "2", staff)

    frozen = Scheme.objects.get(year=YEAR)
    assert frozen.title == "2025 年度学校党组织量化考核办法"
    assert len(frozen.content["items"]) == 22


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ADMIN, Role.STAFF)])
def test_only_staff_and_administrators_judge(branch, role):
    person = UserFactory(serving=root(), role=role, since=date(2020, 1, 1))

    with pytest.raises(PermissionDenied):
        judge(branch, "2", person)
