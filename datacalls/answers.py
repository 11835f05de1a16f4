"""The acts of those who are asked: keep a draft, hand in. What the portal knows is computed, never typed."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.models import Branch, Receipt
from branches.rights import require
from datacalls import known
from datacalls.models import DataCall, DataCallAnswer, DataCallColumn, DataCallRow
from duties import notices
from duties.actions import meet
from duties.models import Duty

State = DataCallAnswer.State
Source = DataCallColumn.Source


@dataclass
class Line:
    """One line of the form as it stands now: what is known, what was typed so far, what was said last time."""

    member: int | None
    known: dict  # column position → text
    typed: dict
    last: dict


def lines(answer, columns, *, on):
    """[Line] of one organisation: of what was handed in as it was frozen, else live with the draft beside it."""
    saved = list(DataCallRow.objects.filter(answer=answer).order_by("position"))
    if answer.state == State.SUBMITTED:
        return [Line(row.member_id, *_split(row.cells, columns), {}) for row in saved]
    branches = Branch.objects.filter(pk=answer.branch_id)
    keys = {column.key: column.known for column in columns if column.source == Source.KNOWN}
    if answer.call.per == DataCall.Per.BRANCH:
        found = [(None, known.of_branches(branches, keys.values(), on=on)[answer.branch_id])]
    else:
        found = known.of_members(branches, keys.values(), on=on)[answer.branch_id]
    drafts = {row.member_id: _split(row.cells, columns)[1] for row in saved}
    last = _last_time(answer, columns)
    return [
        Line(member, {key: told[name] for key, name in keys.items()}, drafts.get(member, {}), last.get(member, {}))
        for member, told in found
    ]


def _split(cells, columns):
    """(what was known, what was asked) of the cells of a row."""
    asked = {column.key for column in columns if column.source == Source.ASKED}
    return {key: cell for key, cell in cells.items() if key not in asked}, {
        key: cell for key, cell in cells.items() if key in asked
    }


def _last_time(answer, columns):
    """member (None: the organisation) → {position: text} of the newest earlier form that asked under the same header."""
    asked = {column.header: column.key for column in columns if column.source == Source.ASKED}
    if not asked:
        return {}
    earlier = DataCallColumn.objects.filter(
        header__in=asked, source=Source.ASKED, call__per=answer.call.per, call__answers__branch=answer.branch_id,
        call__answers__state=State.SUBMITTED,
    ).exclude(call=answer.call_id)  # fmt: skip
    of_call = {}
    for call, header, position in earlier.order_by("call").values_list("call", "header", "position").distinct():
        of_call.setdefault(call, {})[str(position)] = asked[header]
    found = {}
    rows = DataCallRow.objects.filter(
        answer__call__in=of_call, answer__branch=answer.branch_id, answer__state=State.SUBMITTED
    )
    for call, member, cells in rows.order_by("answer__call").values_list("answer__call", "member", "cells"):
        said = {now: cells[then] for then, now in of_call[call].items() if cells.get(then)}
        found.setdefault(member, {}).update(said)
    return found


@transaction.atomic
def save(answer, typed, *, version, by):
    """Keep a draft: `typed` member (None) → {position: text} of the asked columns."""
    answer = _lock(answer, version, by)
    _write(answer, [(member, {key: cell for key, cell in cells.items() if cell}) for member, cells in typed.items()])
    answer.save()
    audit.record("call.save", answer, by=by)
    return answer


@transaction.atomic
def submit(answer, typed, *, version, by, on):
    """Hand in: what is known on that day is frozen beside what was typed, and the duty is met."""
    answer = _lock(answer, version, by)
    columns = list(answer.call.columns.all())
    rows = lines(answer, columns, on=on)
    if not rows:
        raise ValidationError("名册里现在没有党员，没有可报的内容；请先核对党员名册。")
    asked = {column.key for column in columns if column.source == Source.ASKED}
    written = []
    for line in rows:
        cells = {key: cell for key, cell in typed.get(line.member, {}).items() if key in asked}
        if lacking := [
            column.header
            for column in columns
            if column.key in asked and column.is_required and not cells.get(column.key)
        ]:
            raise ValidationError(f"还有没填的：{'、'.join(lacking)}。")
        written.append((line.member, line.known | cells))
    _write(answer, written)
    answer.state, answer.as_of_on, answer.submitted_by, answer.submitted_at = State.SUBMITTED, on, by, timezone.now()
    answer.full_clean()
    answer.save()
    receipt = Receipt.objects.get(notice=answer.call.notice_id, branch=answer.branch_id)
    if not receipt.received_at:
        receipt = notices.receive(receipt, by=by, on=on)
    receipt.answer, receipt.answered_by, receipt.answered_at = "已在“临时收表”里报送。", by, timezone.now()
    receipt.full_clean()
    receipt.save()
    for duty in Duty.objects.filter(notice=answer.call.notice_id, branch=answer.branch_id):
        meet(duty, answer, on=on)
    audit.record("call.submit", answer, by=by, rows=len(written), on=str(on))
    return answer


def _lock(answer, version, by):
    found = DataCallAnswer.objects.select_for_update(of=("self",)).select_related("call", "branch")
    answer = found.get(pk=answer.pk)
    require(by, "call.answer", at=answer.branch)
    if answer.call.state != DataCall.State.OPEN:
        raise ValidationError("这次收表已经结束，不能再填。")
    if answer.state == State.SUBMITTED:
        raise ValidationError("这份表已经报送，要改的请联系收表单位退回。")
    answer.claim(version)
    return answer


def _write(answer, rows):
    DataCallRow.objects.filter(answer=answer).delete()
    made = [
        DataCallRow(answer=answer, position=position, member_id=member, cells=cells)
        for position, (member, cells) in enumerate(rows)
    ]
    DataCallRow.objects.bulk_create(made)
