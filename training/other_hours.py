"""Hours from elsewhere (其他学时): entered by the branch with what proves them, confirmed or sent back by an organisation above."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.rights import VERBS, places, require
from files.actions import discard, keep
from files.models import StoredFile
from files.secrecy import refuse_marked
from members.models import Membership
from training.models import OtherHours

State = OtherHours.State
ROAD = {
    State.ENTERED: (State.CONFIRMED, State.RETURNED),
    State.CONFIRMED: (State.RETURNED,),
    State.RETURNED: (State.ENTERED,),
}
KINDS = [StoredFile.Kind.PDF, StoredFile.Kind.IMAGE]
TYPED = (
    "kind", "title", "organiser", "started_on", "ended_on", "hours", "is_concentrated", "evidence",
)  # fmt: skip
MOST = 200  # members entered in one go


def duplicates(members, *, title, started_on, ended_on):
    """Those of `members` for whom hours of the same title and days stand already and count."""
    known = OtherHours.objects.counted().filter(
        member__in=members, title=title, started_on=started_on, ended_on=ended_on
    )
    keys = set(known.values_list("member", flat=True))
    return [member for member in members if member.pk in keys]


@transaction.atomic
def enter(row, members, *, upload=None, sure=False, by, on):
    """Enter the hours of `row`, which carries what was typed, for each of `members`; returns the rows.

    One proof serves all of them. What stands already is refused unless `sure`.
    """
    members = list(members)
    if not members:
        raise ValidationError({"members": "请勾选取得学时的同志。"})
    if len(members) > MOST:
        raise ValidationError({"members": f"一次最多登记 {MOST} 人，请分几次登记。"})
    homes = _homes(members, by=by, on=on)
    _check(row, on)
    row.year = row.started_on.year
    same = duplicates(members, title=row.title, started_on=row.started_on, ended_on=row.ended_on)
    if same and not sure:
        names = "、".join(str(member) for member in same)
        raise ValidationError({"sure": f"{names}已经登记过同样内容、同样起止的学时。确实不是重复的，请勾选后再登记。"})
    file = keep(upload, by=by, kinds=KINDS) if upload else None
    made = []
    for member in members:
        fresh = OtherHours(member=member, branch=homes[member.pk], year=row.year, file=file, created_by=by)
        for name in TYPED:
            setattr(fresh, name, getattr(row, name))
        fresh.full_clean()
        fresh.save()
        made.append(fresh)
        audit.record("hours.enter", fresh, by=by, member=member.pk, hours=str(fresh.hours), year=fresh.year)
    return made


def _homes(members, *, by, on):
    """member key → the branch where they are registered today, all of which `by` may enter for."""
    rows = Membership.objects.filter(member__in=members).on(on).select_related("branch")
    homes = {row.member_id: row.branch for row in rows}
    if gone := [member for member in members if member.pk not in homes]:
        raise ValidationError({"members": f"{'、'.join(map(str, gone))}现在不在任何支部，不能登记。"})
    for branch in set(homes.values()):
        require(by, "hours.edit", at=branch)
    return homes


def _check(row, on):
    if row.ended_on > on:
        raise ValidationError({"ended_on": "培训还没有结束，结束以后再登记。"})
    for name, label in (("title", "内容"), ("organiser", "举办单位"), ("evidence", "证明")):
        refuse_marked(getattr(row, name), label)


def _locked(row):
    return OtherHours.objects.select_for_update(of=("self",)).select_related("branch", "member", "file").get(pk=row.pk)


def _may_become(row, state):
    if state not in ROAD[row.state]:
        raise ValidationError(f"这条学时{row.get_state_display()}，不能再这样办理。")


@transaction.atomic
def mend(row, *, version, upload=None, by, on):
    """Put right what is not confirmed yet; what was sent back waits again. `row` carries the new values."""
    known = _locked(row)
    require(by, "hours.edit", at=known.branch)
    known.claim(version)
    if known.state == State.CONFIRMED:
        raise ValidationError("这条学时已核实，要改的请上级党组织先退回。")
    _check(row, on)
    changed = [name for name in TYPED if getattr(known, name) != getattr(row, name)]
    for name in changed:
        setattr(known, name, getattr(row, name))
    known.year = known.started_on.year
    before = known.file
    if upload:
        known.file = keep(upload, by=by, kinds=KINDS)
    known.state, known.return_reason, known.checked_by, known.checked_at = State.ENTERED, "", None, None
    # Who mends answers for it now, and so does not confirm it.
    known.created_by = by
    known.full_clean()
    known.save()
    if upload and before:
        _discard(before, by=by)
    audit.record("hours.mend", known, by=by, changed=changed, file=bool(upload))
    return known


@transaction.atomic
def withdraw(row, *, reason, by):
    """Take out what was entered by mistake; the reason stays in the record of who did what."""
    known = _locked(row)
    require(by, "hours.edit", at=known.branch)
    if known.state == State.CONFIRMED:
        raise ValidationError("这条学时已核实，要撤销的请上级党组织先退回。")
    if not reason.strip():
        raise ValidationError({"reason": "请写明撤销的原因。"})
    refuse_marked(reason, "原因")
    file = known.file
    audit.record("hours.withdraw", known, by=by, member=known.member_id, hours=str(known.hours), reason=reason)
    known.delete()
    if file:
        _discard(file, by=by)


def _discard(file, *, by):
    """One proof may serve several members: it goes with the last of them."""
    if not file.other_hours.exists():
        discard(file, by=by)


def may_check(row, by):
    """Whether `by` may confirm or send back: from strictly above, of the root itself somebody there, never who entered."""
    return row.created_by_id != by.pk and _is_above(row.branch, by)


def _is_above(branch, by):
    return any(
        below and branch.path.startswith(path) and (branch.path != path or branch.parent_id is None)
        for path, below in places(by, "hours.accept")
    )


def _require_check(row, by):
    require(by, "hours.accept", at=row.branch)
    if not _is_above(row.branch, by):
        raise PermissionDenied(f"“{VERBS['hours.accept']}”由上级党组织办理。")
    if row.created_by_id == by.pk:
        raise ValidationError("登记的人不能核实自己登记的学时。")


@transaction.atomic
def confirm(row, *, by):
    """Somebody above has looked at the proof."""
    known = _locked(row)
    _require_check(known, by)
    _may_become(known, State.CONFIRMED)
    return _settle(known, State.CONFIRMED, "", by)


@transaction.atomic
def send_back(row, *, reason, by):
    """Send hours back, which then do not count, with what is wrong."""
    known = _locked(row)
    _require_check(known, by)
    _may_become(known, State.RETURNED)
    if not reason.strip():
        raise ValidationError({"reason": "请写明退回的原因。"})
    refuse_marked(reason, "原因")
    return _settle(known, State.RETURNED, reason.strip(), by)


def _settle(known, state, reason, by):
    known.state, known.return_reason = state, reason
    known.checked_by, known.checked_at = by, timezone.now()
    known.version += 1
    known.full_clean()
    known.save(update_fields=["state", "return_reason", "checked_by", "checked_at", "version"])
    audit.record("hours.confirm" if state == State.CONFIRMED else "hours.send_back", known, by=by, reason=reason)
    return known


@transaction.atomic
def confirm_all(rows, *, by):
    """Confirm several at once, or none: the first that cannot be is named. Returns how many."""
    rows = list(rows)
    for row in rows:
        try:
            confirm(row, by=by)
        except ValidationError as error:
            raise ValidationError(f"{row.member}“{row.title}”：{'；'.join(error.messages)}") from error
    return len(rows)
