"""整改: what is raised, who may move it where, and what is refused in words."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent, Stale
from branches import rectifications
from branches.actions import root
from branches.models import Rectification
from branches.rights import Role
from tests.factories import BranchFactory, FindingFactory, RectificationFactory, UserFactory

pytestmark = pytest.mark.django_db
ON = date(2025, 11, 20)
State, Source = Rectification.State, Rectification.Source


@pytest.fixture
def committee():
    return BranchFactory(kind="committee")


@pytest.fixture
def branch(committee):
    return BranchFactory(parent=committee)


@pytest.fixture
def secretary(branch):
    return UserFactory(serving=branch, role=Role.SECRETARY)


@pytest.fixture
def upper(committee):
    return UserFactory(serving=committee, role=Role.COMMITTEE)


def raised(branch, by, **fields):
    row = {"branch": branch, "source": Source.PATROL, "problem": "党费台账不全", **fields}
    return rectifications.raise_items([row], by=by, on=ON)[0]


def handed_in(branch, secretary, upper, on=ON):
    return rectifications.submit(raised(branch, upper), done="已补齐台账", by=secretary, on=on)


def test_a_problem_gets_the_usual_days_a_step_and_a_record(branch, staff):
    item = raised(branch, staff)

    assert (item.state, item.due_on) == (State.OPEN, ON + timedelta(days=30))
    assert [(step.act, step.on, step.created_by) for step in item.steps.all()] == [("raise", ON, staff)]
    assert AuditEvent.objects.get(action="rectify.raise", object_id=str(item.pk)).by == staff


def test_several_are_raised_at_once_or_none(branch, staff):
    elsewhere = BranchFactory()
    rows = [
        {"branch": place, "source": Source.PATROL, "problem": problem, "due_on": ON + timedelta(days=9)}
        for place, problem in [(branch, "一"), (elsewhere, "二")]
    ]

    assert [item.branch for item in rectifications.raise_items(rows, by=staff, on=ON)] == [branch, elsewhere]
    with pytest.raises(ValidationError, match="密级标志"):
        rectifications.raise_items([rows[0], {**rows[1], "problem": "机密★文件"}], by=staff, on=ON)
    assert Rectification.objects.count() == 2


def test_who_raises_needs_the_right_there(branch, secretary, upper):
    raised(branch, upper)
    with pytest.raises(PermissionDenied):
        raised(branch, secretary)
    with pytest.raises(PermissionDenied):
        raised(BranchFactory(), upper)


def test_nothing_is_raised_for_an_organisation_that_is_closed(committee, staff):
    with pytest.raises(ValidationError, match="已撤销"):
        raised(BranchFactory(parent=committee, closed=True), staff)


def test_the_whole_road(branch, secretary, upper, staff):
    item = raised(branch, upper, due_on=ON + timedelta(days=20))
    item = rectifications.plan(
        item, measure="对账", owner="周明", due_on=ON + timedelta(days=10), version=item.version, by=secretary, on=ON
    )
    item = rectifications.postpone(item, due_on=ON + timedelta(days=15), words="等上级对账", by=staff, on=ON)
    item = rectifications.submit(item, done="对了\n一半", by=secretary, on=ON)
    item = rectifications.send_back(item, words="还差一半", by=upper, on=ON)
    item = rectifications.submit(item, done="对完了", by=secretary, on=ON + timedelta(days=3))
    item = rectifications.accept(item, by=upper, on=ON + timedelta(days=9))
    assert (item.state, item.settled_on, item.accepted_by) == (State.ACCEPTED, ON + timedelta(days=3), upper)
    item = rectifications.close(item, by=staff, on=ON + timedelta(days=9))
    item = rectifications.reopen(
        item, words="又缺了", due_on=ON + timedelta(days=40), by=staff, on=ON + timedelta(days=12)
    )

    item.refresh_from_db()
    assert (item.state, item.reopened, item.accepted_by, item.settled_on) == (State.OPEN, 1, None, None)
    acts = ["raise", "plan", "postpone", "submit", "return", "submit", "accept", "close", "reopen"]
    assert [step.act for step in item.steps.all()] == acts
    assert AuditEvent.objects.filter(label=item._meta.label, object_id=str(item.pk)).count() == len(acts)


def test_nobody_accepts_or_closes_what_they_handed_in(branch, upper):
    both = UserFactory(serving=branch, role=Role.SECRETARY)
    branch_and_above = UserFactory(serving=root(), role=Role.STAFF)
    item = handed_in(branch, both, upper)
    Rectification.objects.filter(pk=item.pk).update(submitted_by=branch_and_above)

    with pytest.raises(ValidationError, match="不能验收自己提交"):
        rectifications.accept(item, by=branch_and_above, on=ON)
    assert not rectifications.waiting(branch_and_above).exists()
    assert rectifications.waiting(upper).get() == item
    rectifications.accept(item, by=upper, on=ON)
    with pytest.raises(ValidationError, match="不能给自己提交的整改销号"):
        rectifications.close(item, by=branch_and_above, on=ON)
    assert rectifications.close(item, by=upper, on=ON).state == State.CLOSED


def test_an_organisation_does_not_accept_its_own_work(committee, upper, staff):
    colleague = UserFactory(serving=committee, role=Role.EDITOR)
    item = rectifications.submit(raised(committee, staff), done="已改", by=colleague, on=ON)

    for act in (rectifications.accept, rectifications.send_back):
        with pytest.raises(ValidationError, match="不验收自己的整改"):
            act(item, words="退", by=upper, on=ON)
    assert not rectifications.waiting(upper).exists()
    assert rectifications.accept(item, by=staff, on=ON).state == State.ACCEPTED


def test_what_the_highest_owes_another_person_accepts(staff):
    editor = UserFactory(serving=root(), role=Role.EDITOR)
    item = rectifications.submit(raised(root(), staff), done="已改", by=editor, on=ON)

    assert rectifications.waiting(staff).get() == item
    assert rectifications.accept(item, by=staff, on=ON).state == State.ACCEPTED


@pytest.mark.parametrize(
    ("act", "needed"),
    [("send_back", {"words": " "}), ("reopen", {"words": "", "due_on": ON}), ("postpone", {"words": "", "due_on": ON})],
    ids=["send back", "reopen", "postpone"],
)
def test_what_takes_something_away_says_why(branch, secretary, upper, act, needed):
    item = handed_in(branch, secretary, upper)
    if act == "reopen":
        item = rectifications.accept(item, by=upper, on=ON)
    if act == "postpone":
        item = rectifications.send_back(item, words="再补", by=upper, on=ON)

    with pytest.raises(ValidationError, match="写明原因"):
        getattr(rectifications, act)(item, **needed, by=upper, on=ON)


def test_the_branch_may_hurry_but_not_put_off(branch, secretary, upper):
    item = raised(branch, upper)

    with pytest.raises(ValidationError, match="请上级党组织办理延期"):
        rectifications.plan(
            item, measure="改", owner="", due_on=item.due_on + timedelta(days=1), version=1, by=secretary, on=ON
        )
    with pytest.raises(Stale):
        rectifications.plan(item, measure="改", owner="", due_on=item.due_on, version=9, by=secretary, on=ON)
    with pytest.raises(ValidationError, match="要晚于现在"):
        rectifications.postpone(item, due_on=item.due_on, words="缓", by=upper, on=ON)


def test_what_is_handed_in_is_not_handed_in_again(branch, secretary, upper):
    item = handed_in(branch, secretary, upper)

    with pytest.raises(ValidationError, match="现在的状态是“待验收”，不能提交验收"):
        rectifications.submit(item, done="再交", by=secretary, on=ON)
    assert item.steps.count() == 2


def test_the_ways_are_those_that_can_succeed(branch, secretary, upper):
    item = raised(branch, upper)

    assert rectifications.ways(item, secretary) == ["plan", "submit"]
    assert rectifications.ways(item, upper) == ["postpone"]
    item = rectifications.submit(item, done="改好", by=secretary, on=ON)
    assert rectifications.ways(item, secretary) == []
    assert rectifications.ways(item, upper) == ["accept", "return"]


def test_an_item_follows_the_record_it_came_from_while_it_is_open(branch, secretary, upper):
    finding = FindingFactory(branch=branch)
    said = {"problem": "一", "measure": "建账", "owner": "周明", "due_on": ON}

    def follow(changed=(), on=ON, **fresh):
        source = Source.LIFE_MEETING
        told = {"branch": branch, "source": source, "said": said | fresh, "changed": list(changed or fresh)}
        return rectifications.follow(finding, **told, by=secretary, on=on)

    item = follow()
    rectifications.plan(item, measure="逐月建账", owner="周明", due_on=ON, version=1, by=secretary, on=ON)
    assert follow(problem="二").pk == item.pk
    with pytest.raises(ValidationError, match="整改期限已过"):
        follow(due_on=ON + timedelta(days=9), on=ON + timedelta(days=1))
    follow(due_on=ON + timedelta(days=2))
    rectifications.submit(item, done="已改", by=secretary, on=ON)
    follow(problem="三")

    item = Rectification.objects.get()
    assert (item.problem, item.measure, item.due_on) == ("二", "逐月建账", ON + timedelta(days=2))
    assert (item.origin_label, item.origin_id) == ("meetings.Finding", finding.pk)
    assert [step.act for step in item.steps.all()] == ["raise", "plan", "plan", "plan", "submit"]


def test_the_table_keeps_accepting_and_handing_in_apart():
    item = RectificationFactory(accepted=True)
    item.accepted_by = item.submitted_by

    with pytest.raises(ValidationError, match="不能验收自己提交的整改"):
        item.full_clean()
