"""收表, by those who are asked: only the unknown is typed, drafts are kept, what is handed in is frozen and merged."""

import io
import zipfile
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Stale
from branches.models import Branch
from branches.rights import Role
from datacalls import actions, answers, known, merging
from datacalls.models import DataCallAnswer, DataCallColumn, DataCallRow
from duties.models import Duty
from members.models import Member
from tests import factories
from tests.datacalls.conftest import TODAY, cells_of, form_of

pytestmark = pytest.mark.django_db
TYPED = {None: {"4": "是", "5": "80", "6": ""}}


def owed(call, branch):
    return DataCallAnswer.objects.select_related("call").get(call=call, branch=branch)


def hand_in(call, branch, by, typed=TYPED, on=TODAY):
    answer = owed(call, branch)
    return answers.submit(answer, typed, version=answer.version, by=by, on=on)


def test_a_draft_is_kept_and_meets_nothing(opened, branch, secretary):
    answer = owed(opened(), branch)
    answer = answers.save(answer, {None: {"5": "80", "4": ""}}, version=answer.version, by=secretary)

    assert DataCallRow.objects.get().cells == {"5": "80"}
    assert answer.state == "open"
    assert not Duty.objects.get(branch=branch).fulfilments.exists()


def test_handed_in_the_known_is_frozen_beside_the_typed(opened, branch, secretary):
    call = opened()
    answer = hand_in(call, branch, secretary)
    factories.MemberFactory(branch=branch)

    [line] = answers.lines(answer, list(call.columns.all()), on=date(2026, 12, 1))
    assert line.known == {"1": "第一小学党支部", "2": "周启明", "3": "3"}, "as it was on the day"
    assert line.typed == {"4": "是", "5": "80", "6": ""}
    assert answer.as_of_on == TODAY
    assert Duty.objects.get(branch=branch).fulfilments.get().on == TODAY
    with pytest.raises(ValidationError, match="已经报送"):
        answers.save(answer, TYPED, version=answer.version, by=secretary)


def test_what_is_known_cannot_be_typed_over(opened, branch, secretary):
    hand_in(opened(), branch, secretary, {None: {"2": "别人", "3": "99", "4": "否", "5": "1"}})

    assert DataCallRow.objects.get().cells | {"2": "周启明", "3": "3"} == DataCallRow.objects.get().cells


def test_what_is_required_lacks_by_its_name(opened, branch, secretary):
    with pytest.raises(ValidationError, match="还有没填的：活动室面积"):
        hand_in(opened(), branch, secretary, {None: {"4": "是"}})


def test_another_branch_does_not_answer_for_it(opened, second, secretary):
    with pytest.raises(PermissionDenied):
        hand_in(opened(), second, secretary)


def test_who_comes_second_is_told(opened, branch, secretary):
    answer = owed(opened(), branch)
    answers.save(answer, TYPED, version=1, by=secretary)

    with pytest.raises(Stale):
        answers.save(answer, TYPED, version=1, by=secretary)


@pytest.mark.parametrize(
    ("day", "late"), [(date(2026, 11, 28), False), (date(2026, 11, 29), True)], ids=["last day", "late"]
)
def test_it_can_still_be_handed_in_late(opened, branch, secretary, day, late):
    hand_in(opened(), branch, secretary, on=day)
    duty = Duty.objects.get(branch=branch)

    assert duty.state(day) == ("late" if late else "done")


def test_after_the_end_nothing_is_taken(opened, branch, secretary, staff):
    call = opened()
    actions.close(call, version=call.version, by=staff, on=TODAY)

    with pytest.raises(ValidationError, match="已经结束"):
        hand_in(call, branch, secretary)


def test_what_was_said_under_the_same_header_is_there_already(opened, branch, second, secretary):
    hand_in(opened(), branch, secretary)
    call = opened(form_of(("党组织名称", "活动室面积", "新项目")))
    [line] = answers.lines(owed(call, branch), list(call.columns.all()), on=TODAY)
    [other] = answers.lines(owed(call, second), list(call.columns.all()), on=TODAY)

    assert line.last == {"1": "80"}
    assert other.last == {}, "what another branch said is nobody's business"


def test_a_list_of_persons_comes_with_them(opened, branch, secretary):
    call = opened(form_of(("序号", "姓名", "性别", "入党时间", "特长")), per="member")
    people = list(Member.objects.filter(memberships__branch=branch).order_by("pk"))
    answer = hand_in(call, branch, secretary, {person.pk: {"4": f"书法{person.pk}"} for person in people})

    rows = answer.rows.all()
    assert {row.member for row in rows} == set(people)
    assert rows.get(member=people[0]).cells["1"] == people[0].name
    assert rows.get(member=people[0]).cells["4"] == f"书法{people[0].pk}"


def test_who_left_since_the_draft_is_not_handed_in(opened, branch, secretary):
    call = opened(form_of(("姓名", "特长")), per="member")
    people = list(Member.objects.filter(memberships__branch=branch).order_by("pk"))
    typed = {person.pk: {"1": "书法"} for person in people}
    answer = owed(call, branch)
    answer = answers.save(answer, typed, version=answer.version, by=secretary)
    people[0].memberships.update(ended_on=date(2026, 11, 1), end_reason="transferred")
    answer = answers.submit(answer, typed, version=answer.version, by=secretary, on=TODAY)

    assert answer.rows.count() == 2


def test_the_answers_of_all_stand_in_the_own_form(opened, branch, second, secretary, staff):
    call = opened()
    hand_in(call, second, staff_of(second), {None: {"4": "否", "5": "=1+1"}})
    hand_in(call, branch, secretary)
    data, name = merging.merge(call, staff)
    cells = cells_of(data)

    assert name == "党组织基本情况统计表（汇总）.xlsx"
    assert cells[0][0] == "党组织基本情况统计表"
    assert cells[2][:6] == [1, "第一小学党支部", "周启明", 3, "是", "80"]
    assert cells[3][:6] == [2, "第二小学党支部", None, 0, "否", "=1+1"]
    assert b"<f>" not in _part(data, "xl/worksheets/sheet1.xml").replace(b"<f>SUM(D3:D4)</f>", b"")


def test_more_lines_than_the_form_has_push_its_foot_down(drafted, staff, upper):
    branches = [factories.BranchFactory(parent=upper, order=number) for number in range(5)]
    call = drafted(form_of(places=2))
    actions.open_call(call, Branch.objects.filter(pk__in=[each.pk for each in branches]), version=1, by=staff, on=TODAY)
    for each in branches:
        hand_in(call, each, staff_of(each))
    cells = cells_of(merging.merge(call, staff)[0])

    assert [row[0] for row in cells[2:8]] == [1, 2, 3, 4, 5, "填表人："]
    assert cells[7][3] == "=SUM(D3:D7)"


def test_what_an_organisation_said_that_went_elsewhere_is_merged_no_more(drafted, upper, branch, second, secretary):
    head = factories.UserFactory(serving=upper, role=Role.COMMITTEE)
    call = drafted(branch=upper)
    both = Branch.objects.filter(pk__in=[branch.pk, second.pk])
    actions.open_call(call, both, version=call.version, by=head, on=TODAY)
    hand_in(call, branch, secretary)
    hand_in(call, second, staff_of(second))
    other = factories.BranchFactory(name="乡镇学校党委", kind="committee")
    second.parent, second.path = other, f"{other.path}{second.pk}/"
    second.save()

    cells = cells_of(merging.merge(call, head)[0])

    assert [row[1] for row in cells[2:4]] == ["第一小学党支部", None]


def test_fewer_lines_leave_the_foot_where_it_is(opened, branch, secretary, staff):
    call = opened(form_of(places=4))
    hand_in(call, branch, secretary)
    cells = cells_of(merging.merge(call, staff)[0])

    assert [row[0] for row in cells[2:7]] == [1, None, None, None, "填表人："]


def test_it_costs_the_same_for_any_number_of_organisations(drafted, upper, django_assert_num_queries, branch):
    keys = known.catalogue("branch")
    with django_assert_num_queries(8):
        known.of_branches(Branch.objects.filter(pk=branch.pk), keys, on=TODAY)
    factories.BranchFactory.create_batch(4, parent=upper)
    with django_assert_num_queries(8):
        known.of_branches(Branch.objects.filter(parent=upper), keys, on=TODAY)


def staff_of(branch):
    return factories.UserFactory(serving=branch)


def _part(data, name):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def test_the_columns_of_a_form_that_went_out_stay(opened, staff):
    call = opened()
    told = {column.position: ("left", "", "text", "", False) for column in call.columns.all()}

    with pytest.raises(ValidationError, match="收集中"):
        actions.tell_columns(call, told, version=call.version, by=staff)
    assert DataCallColumn.objects.filter(call=call, source="known").count() == 3
