"""收表, by those who ask: the form is read, what is known is told apart, it goes out as a duty, it is put off, ended."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AuditEvent
from branches.models import Branch, Notice, Receipt
from datacalls import actions, answers, known, shape
from datacalls.models import DataCall, DataCallAnswer, DataCallColumn
from duties import notices
from duties.models import Duty
from files.models import StoredFile
from tests import factories
from tests.datacalls.conftest import HEADERS, TODAY, form_of

pytestmark = pytest.mark.django_db
SPELLED = {"branch": 20, "member": 15}


@pytest.mark.parametrize("per", SPELLED)
def test_the_catalogue_of_what_is_known_can_be_used(per):
    assert len(known.catalogue(per)) >= SPELLED[per]
    for found in known.catalogue(per).values():
        assert known.recognised(found.label, per) == found.key or known.recognised(found.headers[0], per) == found.key
        assert found.mend_url(1, 2).startswith("/")


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("党员数", "members"),
        ("党员数（人）", "members"),
        (" 书记 姓名", "secretary"),
        ("届满日期[年月日]", "expires"),
        ("喜欢的颜色", None),
    ],
)
def test_a_header_is_known_by_its_words_whatever_stands_in_brackets(header, key):
    assert known.recognised(header, "branch") == key


def test_each_thing_known_has_a_value_for_every_organisation(branch, upper):
    everything = known.of_branches(
        Branch.objects.filter(pk__in=[branch.pk, upper.pk]), known.catalogue("branch"), on=TODAY
    )

    assert set(everything[branch.pk]) == set(known.catalogue("branch"))
    assert (
        everything[branch.pk] | {"secretary": "周启明", "members": "3", "theme_party_day": "0"} == everything[branch.pk]
    )
    assert everything[upper.pk]["members"] == "3", "a 党委 counts those of its branches"


def test_each_thing_known_of_a_person_has_a_value(branch):
    rows = known.of_members(Branch.objects.filter(pk=branch.pk), known.catalogue("member"), on=TODAY)[branch.pk]

    assert len(rows) == 3
    assert set(rows[0][1]) == set(known.catalogue("member"))


def test_a_form_is_read_and_its_columns_are_told_apart(drafted):
    call = drafted()
    told = {column.header: (column.source, column.known or column.type) for column in call.columns.all()}

    assert (call.sheet, call.header_row, call.first_row) == ("统计表", 2, 3)
    assert told == {
        "序号": ("serial", "text"), "党组织名称": ("known", "name"), "书记姓名": ("known", "secretary"),
        "党员数": ("known", "members"), "是否有活动室": ("asked", "choice"), "活动室面积": ("asked", "text"),
        "备注": ("asked", "text"),
    }  # fmt: skip
    assert call.columns.get(header="是否有活动室").choices == ["是", "否"]
    assert not call.columns.get(header="备注").is_required


@pytest.mark.parametrize("header", ["身份证号", "公民身份号码", "手机号码", "联系 电话", "家庭住址"])
def test_a_number_that_belongs_to_somebody_is_not_asked_by_a_form(drafted, header):
    with pytest.raises(ValidationError, match="第二人批准") as refusal:
        drafted(form_of((*HEADERS, header)))

    assert "H 列" in str(refusal.value)
    assert not DataCall.objects.exists()
    assert not DataCallColumn.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (form_of(("一", "")), "没有找到表头"), (b"PK\x03\x04rubbish", "打不开|不是|损坏|无法"),
        (form_of(title="机密★一年"), "非涉密系统"), (form_of(tuple(f"项目{number}" for number in range(61))), "最多收 60 列"),
    ],
    ids=["no header", "no workbook", "secret", "too wide"],
)  # fmt: skip
def test_what_cannot_be_a_form_is_refused_in_words_and_leaves_nothing(drafted, data, words):
    with pytest.raises(ValidationError, match=words):
        drafted(data)

    assert not DataCall.objects.exists()


def test_a_deadline_of_yesterday_is_refused(drafted):
    with pytest.raises(ValidationError, match="早于今天"):
        drafted(deadline_on=TODAY - timedelta(days=1))


def test_what_was_said_of_a_header_once_is_not_said_again(opened, drafted, staff):
    first = opened()
    DataCallColumn.objects.filter(call=first, header="活动室面积").update(type="number")

    assert drafted().columns.get(header="活动室面积").type == "number"


def test_another_row_as_the_header(drafted, staff):
    call = drafted()
    again = actions.reread(call, sheet="统计表", header_row=2, first_row=4, version=call.version, by=staff)

    assert again.first_row == 4
    with pytest.raises(ValidationError, match="没有文字"):
        actions.reread(again, sheet="统计表", header_row=40, first_row=41, version=again.version, by=staff)


def test_a_list_of_persons_needs_their_names(drafted, staff):
    call = drafted(form_of(("序号", "性别", "特长")), per="member")
    told = {column.position: (column.source, column.known, column.type, "", False) for column in call.columns.all()}

    with pytest.raises(ValidationError, match="姓名"):
        actions.tell_columns(call, told, version=call.version, by=staff)


def test_sent_out_it_is_a_duty_like_that_of_a_notice(opened, branch, second):
    call = opened()

    assert {answer.branch for answer in call.answers.all()} == {branch, second}
    assert Notice.objects.get() == call.notice
    assert call.notice.kind == "call"
    assert Receipt.objects.count() == 2
    assert {(duty.due_on, duty.rule) for duty in Duty.objects.filter(notice=call.notice)} == {
        (call.deadline_on, "notice")
    }
    assert "请补填：是否有活动室、活动室面积、备注" in call.notice.body
    assert AuditEvent.objects.get(action="call.open").detail == {"branches": 2}


def test_a_committee_asks_below_itself_alone(drafted, staff, branch):
    call = drafted(branch=factories.BranchFactory(kind="committee"))

    with pytest.raises(ValidationError, match="下级党组织"):
        actions.open_call(call, [branch], version=call.version, by=staff, on=TODAY)
    with pytest.raises(ValidationError, match="范围"):
        actions.open_call(call, [], version=call.version, by=staff, on=TODAY)


def test_its_notice_is_neither_answered_in_words_nor_taken_back(opened, secretary, branch, staff):
    call = opened()
    receipt = Receipt.objects.get(branch=branch)
    notices.receive(receipt, by=secretary, on=TODAY)

    assert not Duty.objects.get(notice=call.notice, branch=branch).fulfilments.exists(), "signed for is not handed in"
    with pytest.raises(ValidationError, match="临时收表"):
        notices.receive(receipt, by=secretary, on=TODAY, answer="已报")
    with pytest.raises(ValidationError, match="结束收表"):
        notices.withdraw(call.notice, by=staff)


def test_put_off_the_duties_follow(opened, staff):
    call = opened()
    actions.put_off(call, date(2026, 12, 5), version=call.version, by=staff, on=TODAY)

    assert set(Duty.objects.filter(notice=call.notice).values_list("due_on", "ends_on")) == {(date(2026, 12, 5),) * 2}
    call.notice.refresh_from_db()
    assert call.notice.deadline_on == date(2026, 12, 5)


def test_put_off_into_the_next_year_it_is_owed_there(opened, staff):
    call = opened()
    actions.put_off(call, date(2027, 1, 8), version=call.version, by=staff, on=TODAY)

    assert set(Duty.objects.filter(notice=call.notice).values_list("year", flat=True)) == {2027}


def test_more_boxes_than_a_page_takes_are_refused(drafted, staff, branch, monkeypatch):
    call = drafted(form_of(("序号", "党组织名称", "姓名", "特长", "爱好")), per="member")
    monkeypatch.setattr(actions, "MOST_BOXES", 5)

    with pytest.raises(ValidationError, match="有 3 人，每人要填 2 项"):
        actions.open_call(call, [branch], version=call.version, by=staff, on=TODAY)
    monkeypatch.setattr(actions, "MOST_BOXES", 6)
    assert actions.open_call(call, [branch], version=call.version, by=staff, on=TODAY).state == "open"


def test_a_page_full_of_boxes_is_less_than_one_submission_may_hold(settings):
    assert actions.MOST_BOXES + 10 < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


@pytest.mark.parametrize(("on", "left"), [(date(2026, 11, 28), 0), (date(2026, 11, 29), 2)], ids=["in time", "late"])
def test_ended_before_its_deadline_nobody_owes_it_any_longer(opened, staff, on, left):
    call = opened()
    actions.close(call, version=call.version, by=staff, on=on)

    assert Duty.objects.filter(notice=call.notice).count() == left
    with pytest.raises(ValidationError, match="已结束"):
        actions.close(call, version=call.version + 1, by=staff, on=on)


def test_a_draft_goes_with_its_file_and_what_was_sent_stays(drafted, opened, staff):
    sent = opened()
    actions.drop(drafted(), by=staff)

    assert DataCall.objects.get() == sent
    assert StoredFile.objects.get() == sent.file
    with pytest.raises(ValidationError, match="收集中"):
        actions.drop(sent, by=staff)


def test_who_is_asked_does_not_ask(drafted, secretary, branch):
    call = drafted()

    with pytest.raises(PermissionDenied):
        actions.open_call(call, [branch], version=call.version, by=secretary, on=TODAY)


def test_returned_it_is_owed_again_with_what_was_filled_in(opened, staff, secretary, branch):
    call = opened()
    answer = DataCallAnswer.objects.get(call=call, branch=branch)
    answer = answers.submit(answer, {None: {"4": "是", "5": "80"}}, version=answer.version, by=secretary, on=TODAY)
    answer = actions.send_back(answer, reason="面积请核对", by=staff)

    assert answer.state == "returned"
    assert not Duty.objects.get(notice=call.notice, branch=branch).fulfilments.exists()
    [line] = answers.lines(answer, list(call.columns.all()), on=TODAY)
    assert line.typed["5"] == "80"
    assert Receipt.objects.get(branch=branch).answered_at is None
    with pytest.raises(ValidationError, match="还没有报送"):
        actions.send_back(answer, reason="再看", by=staff)


def test_the_header_may_stand_in_two_rows():
    class Two:
        rows = [(1, ("情况表", None, None)), (2, ("姓名", "党员", None)), (3, (None, "正式", "预备"))]

    assert shape.header_of(Two, 3) == ["姓名", "正式", "预备"]
    assert shape.header_of(Two, 2) == ["姓名", "党员"]


@pytest.mark.parametrize("per", ["branch", "member"])
def test_a_form_of_persons_goes_to_no_organ_that_has_none(drafted, staff, upper, per):
    call = drafted(form_of(("序号", "党组织名称", "姓名", "是否骨干")) if per == "member" else None, per=per)
    organs = Branch.objects.filter(pk=upper.pk)

    if per == "branch":
        assert actions.open_call(call, organs, version=call.version, by=staff, on=TODAY).answers.count() == 1
        return
    with pytest.raises(ValidationError, match="只能向党支部收"):
        actions.open_call(call, organs, version=call.version, by=staff, on=TODAY)
    assert not Duty.objects.filter(branch=upper).exists()
