"""The acts of those who ask: draft a 收表, say what its columns mean, send it out, return answers, end it."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from accounts import audit
from branches.models import Branch, Notice, Receipt
from branches.rights import require
from datacalls import known, shape
from datacalls.models import DataCall, DataCallAnswer, DataCallColumn
from duties import notices
from duties.actions import withdraw as unmeet
from duties.models import Duty, Unlock
from files.actions import discard, keep
from files.models import StoredFile
from members.models import Membership
from rulebook.book import value

State, Answered = DataCall.State, DataCallAnswer.State
Source = DataCallColumn.Source
MOST_BOXES = 3000  # on one page, which is one submission
UPPER = (Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)  # whose members belong to those below


@transaction.atomic
def draft(call, upload, *, by, on):
    """Keep the form and read its header. Raises ValidationError in words about the file or the form."""
    require(by, "call.run", at=call.branch)
    _refuse_deadline(call.deadline_on, on)
    call.file, call.created_by = keep(upload, by=by, kinds={StoredFile.Kind.SHEET}), by
    try:
        found = shape.sheets(call.file)
        sheet = max(found, key=lambda each: len(shape.header_of(each, shape.guess_header(each, call.per))))
        call.sheet, call.header_row = sheet.name, shape.guess_header(sheet, call.per)
        call.first_row = call.header_row + 1
        columns = _told(call, sheet)
    except ValidationError as error:
        raise ValidationError({"upload": error.messages}) from error
    call.full_clean()
    call.save()
    _write(call, columns)
    audit.record("call.draft", call, by=by, columns=len(columns), per=call.per)
    return call


def _told(call, sheet):
    headers = shape.header_of(sheet, call.header_row)
    return shape.columns(call, sheet, earlier=shape.remembered(headers, call.per))


def _write(call, columns):
    call.columns.all().delete()
    for column in columns:
        column.call = call
        column.full_clean()
    DataCallColumn.objects.bulk_create(columns)


def _refuse_deadline(day, on):
    if day < on:
        raise ValidationError({"deadline_on": "报送期限不能早于今天。"})
    if day > on + notices.FARTHEST:
        raise ValidationError({"deadline_on": "报送期限在两年以后，请核对年份。"})


def _lock(call, by, *states):
    call = DataCall.objects.select_for_update(of=("self",)).select_related("branch", "notice", "file").get(pk=call.pk)
    require(by, "call.run", at=call.branch)
    if call.state not in states:
        raise ValidationError(f"这次收表现在是“{call.get_state_display()}”，不能这样办理。")
    return call


@transaction.atomic
def reread(call, *, sheet, header_row, first_row, version, by):
    """Take another sheet or another row as the header; what the columns mean is told anew."""
    call = _lock(call, by, State.DRAFT)
    call.claim(version)
    found = {each.name: each for each in shape.sheets(call.file)}
    if sheet not in found:
        raise ValidationError({"sheet": "原表里没有这个工作表。"})
    call.sheet, call.header_row, call.first_row = sheet, header_row, first_row
    call.full_clean()
    columns = _told(call, found[sheet])
    call.save()
    _write(call, columns)
    audit.record("call.reread", call, by=by, columns=len(columns))
    return call


@transaction.atomic
def tell_columns(call, told, *, version, by):
    """Say what each column means: `told` position → (source, known, type, options, is_required)."""
    call = _lock(call, by, State.DRAFT)
    call.claim(version)
    columns = list(call.columns.all())
    for column in columns:
        column.source, column.known, column.type, column.options, column.is_required = told[column.position]
        if column.source == Source.KNOWN and column.known not in known.catalogue(call.per):
            raise ValidationError(f"“{column.header}”选的项目不能用在这种表里，请重新选。")
        column.full_clean()
    if not any(column.source in (Source.KNOWN, Source.ASKED) for column in columns):
        raise ValidationError("至少要有一列由系统带出或者请支部填。")
    if call.per == DataCall.Per.MEMBER and "name" not in {column.known for column in columns}:
        raise ValidationError("每名党员一行的表要有由系统带出的“姓名”列，不然分不清是谁。")
    DataCallColumn.objects.bulk_update(columns, ["source", "known", "type", "options", "is_required"])
    call.save(update_fields=["version"])
    asked = sum(column.source == Source.ASKED for column in columns)
    audit.record(
        "call.columns", call, by=by, asked=asked, known=sum(column.source == Source.KNOWN for column in columns)
    )
    return call


@transaction.atomic
def open_call(call, branches, *, version, by, on):
    """Send it out: each of `branches` owes an answer, which is a duty with a deadline like that of any notice."""
    call = _lock(call, by, State.DRAFT)
    call.claim(version)
    _refuse_deadline(call.deadline_on, on)
    branches = list(branches)
    if not branches:
        raise ValidationError({"chosen": "请选收表的范围。"})
    if any(not branch.path.startswith(call.branch.path) or branch.pk == call.branch_id for branch in branches):
        raise ValidationError({"chosen": f"只能向{call.branch}的下级党组织收表，请去掉其余的。"})
    if call.per == DataCall.Per.MEMBER and any(branch.kind in UPPER for branch in branches):
        raise ValidationError(
            {
                "chosen": "每名党员一行的表只能向党支部收：党委、党总支名下没有党员，报不出来。请改向党支部收，或者改用每个党组织一行的表。"
            }
        )
    _refuse_too_long(call, branches, on)
    notice = Notice(
        branch=call.branch, kind=Notice.Kind.CALL, title=call.title, body=_body(call), deadline_on=call.deadline_on,
        needs_answer=True, created_by=by,
    )  # fmt: skip
    notice.full_clean()
    notice.save()
    notice.addressed_to.set(branches)
    call.notice = notices.issue(notice, by=by, on=on)
    call.state, call.opened_by, call.opened_at = State.OPEN, by, timezone.now()
    call.full_clean()
    call.save()
    DataCallAnswer.objects.bulk_create(DataCallAnswer(call=call, branch=branch) for branch in branches)
    audit.record("call.open", call, by=by, branches=len(branches))
    return call


def _refuse_too_long(call, branches, on):
    """A form of so many boxes for the largest branch is no page, and no server takes it."""
    if call.per != DataCall.Per.MEMBER:
        return
    asked = call.columns.filter(source=Source.ASKED).count()
    sizes = Membership.objects.on(on).filter(branch__in=branches).order_by().values("branch", "branch__name")
    largest = sizes.annotate(count=Count("pk")).order_by("-count").first()
    if largest and asked * largest["count"] > MOST_BOXES:
        words = f"{largest['branch__name']}有 {largest['count']} 人，每人要填 {asked} 项，一页放不下"
        raise ValidationError({"chosen": f"{words}（最多 {MOST_BOXES} 格）。请把要填的列减少，分几张表收。"})


def _body(call):
    asked = [column.header for column in call.columns.all() if column.source == Source.ASKED]
    ask = f"请补填：{'、'.join(asked)}。" if asked else "各项都已由系统带出，核对后报送即可。"
    return "\n".join(
        filter(None, [f"依据：{call.number}", call.note.strip(), f"系统里已有的内容已经填好，不用再填。{ask}"])
    )


@transaction.atomic
def put_off(call, deadline_on, *, version, by, on):
    """Another deadline, of the duties as well."""
    call = _lock(call, by, State.OPEN)
    call.claim(version)
    _refuse_deadline(deadline_on, on)
    before, call.deadline_on = call.deadline_on, deadline_on
    call.full_clean()
    call.save()
    Notice.objects.filter(pk=call.notice_id).update(deadline_on=deadline_on)
    locks_on = deadline_on + timedelta(days=value("duty.late_window", on=on)["days"])
    days = dict.fromkeys(("target_on", "due_on", "ends_on"), deadline_on)
    days |= {"locks_on": locks_on, "year": deadline_on.year}
    Duty.objects.filter(notice=call.notice_id).update(**days)
    audit.record("call.put_off", call, by=by, before=str(before), after=str(deadline_on))
    return call


@transaction.atomic
def close(call, *, version, by, on):
    """No more answers. Ended before its deadline nobody owes any longer what is not handed in."""
    call = _lock(call, by, State.OPEN)
    call.claim(version)
    call.state, call.closed_by, call.closed_at = State.CLOSED, by, timezone.now()
    call.full_clean()
    call.save()
    released = 0
    if on <= call.deadline_on:
        undone = Duty.objects.filter(notice=call.notice_id, met_on=None)
        Unlock.objects.filter(duty__in=undone).delete()
        released, _ = Duty.objects.filter(pk__in=list(undone.values_list("pk", flat=True))).delete()
    audit.record("call.close", call, by=by, released=released)
    return call


@transaction.atomic
def drop(call, *, by):
    """A draft that is not wanted goes, with its file."""
    call = _lock(call, by, State.DRAFT)
    stored = call.file
    audit.record("call.drop", call, by=by)
    call.columns.all().delete()
    call.delete()
    discard(stored, by=by)


@transaction.atomic
def send_back(answer, *, reason, by):
    """Return an answer: the branch owes it again, and what it filled in is there to be put right."""
    answer = _answer(answer, by)
    if answer.state != Answered.SUBMITTED:
        raise ValidationError("这份表还没有报送，不用退回。")
    answer.state, answer.return_reason = Answered.RETURNED, reason
    answer.returned_by, answer.returned_at = by, timezone.now()
    answer.version += 1
    answer.full_clean()
    answer.save()
    unmeet(answer._meta.label, [answer.pk])
    Receipt.objects.filter(notice=answer.call.notice_id, branch=answer.branch_id).update(
        answer="", answered_by=None, answered_at=None
    )
    audit.record("call.return", answer, by=by)
    return answer


def _answer(answer, by):
    found = DataCallAnswer.objects.select_for_update(of=("self",)).select_related("call__branch", "branch")
    answer = found.get(pk=answer.pk)
    require(by, "call.run", at=answer.call.branch)
    if answer.call.state != State.OPEN:
        raise ValidationError("这次收表已经结束，不能再退回。")
    return answer


def below(call):
    """The organisations that a 收表 can be sent to."""
    return Branch.objects.filter(path__startswith=call.branch.path).exclude(pk=call.branch_id)
