"""组织关系转接: one member's road from one branch to another. Until accepted the member counts where he was.

Source: 《中国共产党党员教育管理工作条例》第五章; the days of a letter and the time allowed are rows of the rulebook.
"""

import re
from datetime import timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

import vault
from accounts import audit
from branches.actions import root
from branches.models import Branch
from branches.rights import may, places, require
from jobs.planning import same_name
from members.models import Member, Membership, Transfer, TransferStep
from members.names import keys_of
from rulebook.book import value

State, Direction = Transfer.State, Transfer.Direction
FROM, TO = "from", "to"
AHEAD = 12  # months for which dues may have been paid in advance
NUMBER = re.compile(r"〔\d{4}〕第(\d{1,6})号")


class Act(NamedTuple):
    """From which states an act leads to which, and who does it on which side. A side outside the county is the other's."""

    start: tuple
    end: str
    verb: str
    side: str
    of: tuple = tuple(Direction)


ROAD = {
    "agree": Act((State.DRAFT,), State.AGREED, "transfer.ask", FROM),
    "issue": Act((State.AGREED,), State.ISSUED, "transfer.approve", FROM),
    "reissue": Act((State.ISSUED,), State.ISSUED, "transfer.approve", FROM),
    "receive": Act((State.ISSUED,), State.RECEIVED, "transfer.ask", TO, (Direction.INSIDE, Direction.IN)),
    "confirm": Act((State.RECEIVED,), State.DONE, "transfer.approve", TO),
    "settle": Act((State.ISSUED,), State.DONE, "transfer.approve", FROM, (Direction.OUT,)),
    "send_back": Act((State.ISSUED,), State.RETURNED, "transfer.ask", TO),
    "refuse_issue": Act((State.AGREED,), State.RETURNED, "transfer.approve", FROM),
    "refuse": Act((State.RECEIVED,), State.RETURNED, "transfer.approve", TO),
    "withdraw": Act((State.DRAFT, State.AGREED, State.ISSUED), State.WITHDRAWN, "transfer.ask", FROM),
}


def side(transfer, which):
    """The branch on that side, or the other one where that side lies outside the county."""
    first, second = transfer.from_branch, transfer.to_branch
    return (first or second) if which == FROM else (second or first)


def _verb(transfer, name):
    """What a branch asked for it may take back; what was laid down by a list only those may who lay down."""
    return "transfer.approve" if name == "withdraw" and transfer.on_list_id else ROAD[name].verb


def ways(transfer, user):
    """The acts of the road that `user` may take now."""
    return {
        name
        for name, act in ROAD.items()
        if transfer.state in act.start and transfer.direction in act.of
        and may(user, _verb(transfer, name), at=side(transfer, act.side))
    }  # fmt: skip


def waiting(user, on):
    """What waits for this person's own act: own drafts and arrivals, for the body above what is to be let go, confirmed
    or asked after (a letter out of the county that has run out without 回执)."""
    own = [path for path, below in places(user, "transfer.ask") if not below]
    above = [path for path, _ in places(user, "transfer.approve")]
    return Transfer.objects.visible_to(user).filter(
        Q(state=State.DRAFT, from_branch__path__in=own)
        | Q(state=State.ISSUED, to_branch__path__in=own)
        | Q(state=State.AGREED, from_branch__parent__path__in=above)
        | Q(state=State.RECEIVED, to_branch__parent__path__in=above)
        | Q(state=State.ISSUED, to_branch=None, valid_until__lt=on, from_branch__parent__path__in=above)
    )


def destinations(on):
    """Where a member may belong: every open branch of the county. Their names are no secret, only their records are."""
    kinds = [Branch.Kind.BRANCH, Branch.Kind.JOINT]
    return Branch.objects.filter(kind__in=kinds).at_work(on).in_order()


def find_destination(text, on, among=None):
    """The open branch that is called so, or the only one whose name holds these words."""
    wanted = same_name(text)
    found = [branch for branch in (among or destinations(on)) if wanted in same_name(branch.name)]
    exact = [branch for branch in found if same_name(branch.name) == wanted]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0]
    if not wanted or not found:
        raise ValidationError("没有找到这个党支部，请照印章上的全称填写，或从列表中选。")
    names = "、".join(branch.name for branch in found[:3])
    raise ValidationError(
        f"有 {len(found)} 个党支部的名称都含这几个字（{names}{'等' if len(found) > 3 else ''}），请写全称。"
    )


# --- asking


@transaction.atomic
def ask(transfer, *, by, on, agreed=False):
    """Begin a move of a member of the county, inside it or out of it; with `agreed` the branch agrees at once."""
    home = lock(transfer.member)
    if home is None:
        raise ValidationError("这位同志现在不在任何支部，不能办理转出。")
    require(by, "transfer.ask", at=home.branch)
    _check_free(transfer.member)
    transfer.from_branch, transfer.kind, transfer.created_by, transfer.state = home.branch, home.kind, by, State.DRAFT
    _check_target(transfer, on)
    _open(transfer, by=by, on=on, act="ask")
    return agree(transfer, by=by, on=on) if agreed else transfer


@transaction.atomic
def move_by_list(transfer, *, by, on):
    """Begin a move that a list of the body above lays down (县管校聘): its 文号 stands for the branch's consent."""
    home = lock(transfer.member)
    if home is None:
        raise ValidationError(f"{transfer.member}现在不在任何支部，请从名单中去掉。")
    require(by, "transfer.approve", at=home.branch)
    _check_free(transfer.member)
    transfer.from_branch, transfer.kind, transfer.created_by, transfer.state = home.branch, home.kind, by, State.AGREED
    _check_target(transfer, on)
    _open(transfer, by=by, on=on, act="ask", note=f"按名单《{transfer.on_list.title}》办理"[:200])
    return transfer


@transaction.atomic
def edit(transfer, *, by, on):
    """Save a changed draft; its row was locked and claimed by the form."""
    require(by, "transfer.ask", at=transfer.from_branch)
    if transfer.state != State.DRAFT:
        raise ValidationError("转出支部已经同意，不能再改；要改请先撤销，再重新提出。")
    _check_target(transfer, on)
    transfer.full_clean()
    transfer.save()
    audit.record("transfer.edit", transfer, by=by)
    return transfer


@transaction.atomic
def arrive(transfer, person, *, by, on):
    """Enter somebody who comes with a letter from outside. He belongs nowhere here until the branch accepts him.

    Who was here before and left is taken up again under the same number; of whom else the number belongs to nothing is said.
    """
    require(by, "transfer.ask", at=transfer.to_branch)
    index, known = vault.index_for(Member, "id_number", vault.reveal(person, "id_number")), None
    if index:
        known = Member.objects.select_for_update(no_key=True).filter(id_number_index=index).first()
    if known:
        # Who died or left the Party comes back by 恢复党籍 only, never by a letter.
        closed = Q(ended_on=None) | Q(pk__in=Membership.objects.gone().values("pk"))
        if known.name != person.name or known.memberships.filter(closed).exists():
            raise ValidationError({"id_number": "这个身份证号已在系统中登记，请联系上级党组织核实。"})
        _check_free(known)
        person = known
    else:
        for name, key in keys_of(person.name).items():
            setattr(person, name, key)
        person.full_clean()
        person.save()
    _check_letter(transfer.issued_on, transfer.valid_days, transfer.dues_paid_through, on)
    transfer.member, transfer.direction, transfer.created_by = person, Direction.IN, by
    transfer.state, transfer.valid_until = State.ISSUED, transfer.issued_on + timedelta(days=transfer.valid_days)
    transfer.dues_paid_through = transfer.dues_paid_through.replace(day=1)
    _check_target(transfer, on)
    _open(transfer, by=by, on=on, act="arrive")
    return transfer


def _open(transfer, *, by, on, act, note=""):
    transfer.full_clean()
    transfer.save()
    TransferStep.objects.create(transfer=transfer, state=transfer.state, taken_on=on, note=note, created_by=by)
    audit.record(f"transfer.{act}", transfer, by=by, direction=transfer.direction, state=transfer.state)


def lock(member):
    """The membership of today, after the person's row is locked, so that two do not move the same person at once."""
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    return Membership.objects.filter(member=member, ended_on=None).select_related("branch").first()


def _check_free(member):
    if Transfer.objects.open().filter(member=member).exists():
        raise ValidationError("这位同志已有一件没有办结的转接，办结或撤销以后才能再办。")


def _check_target(transfer, on):
    target = transfer.to_branch
    if transfer.direction != Direction.OUT and not destinations(on).filter(pk=target.pk if target else None).exists():
        raise ValidationError("转入的应当是现有的党支部。")


# --- the letter


def next_number(year):
    """The number that follows the highest of that year, as 〔2025〕第12号."""
    used = Transfer.objects.exclude(direction=Direction.IN).filter(number__startswith=f"〔{year}〕第")
    known = (NUMBER.fullmatch(number) for number in used.values_list("number", flat=True))
    return f"〔{year}〕第{max((int(found[1]) for found in known if found), default=0) + 1}号"


@transaction.atomic
def issue(transfer, *, issued_on, dues_paid_through, valid_days=None, number="", by, on):
    """Let the member go: the letter is opened and the move is in transit. Without a number the county's next is given."""
    transfer = begin(transfer, "issue", by)
    home = still_there(transfer)
    if issued_on < home.started_on:
        raise ValidationError({"issued_on": f"这位同志 {home.started_on:%Y-%m-%d} 才到转出支部，开出日期不能更早。"})
    transfer.kind = home.kind
    _write_letter(transfer, number, issued_on, valid_days, dues_paid_through, on)
    return end(transfer, "issue", by=by, day=issued_on, number=transfer.number)


@transaction.atomic
def reissue(transfer, *, issued_on, valid_days=None, number="", reason="", by, on):
    """A new letter in place of one that ran out or was lost; the old number stays in the steps."""
    transfer = begin(transfer, "reissue", by)
    before = transfer.number
    if issued_on < transfer.issued_on:
        raise ValidationError({"issued_on": f"换开日期不能早于原介绍信的开出日期 {transfer.issued_on:%Y-%m-%d}。"})
    if transfer.direction == Direction.IN and not number:
        raise ValidationError({"number": "请填写新介绍信的编号。"})
    _write_letter(transfer, number, issued_on, valid_days, transfer.dues_paid_through, on)
    note = f"换开，原编号 {before}" + (f"：{reason}" if reason else "")
    return end(transfer, "reissue", by=by, day=issued_on, note=note[:200], number=transfer.number)


def _write_letter(transfer, number, issued_on, valid_days, dues_paid_through, on):
    days = value("transfer.letter_days", on=on) if valid_days is None else valid_days
    _check_letter(issued_on, days, dues_paid_through, on)
    if not number:
        Branch.objects.select_for_update(no_key=True).get(pk=root().pk)  # two letters opened at once get two numbers
        number = next_number(issued_on.year)
    transfer.number, transfer.issued_on, transfer.valid_days = number, issued_on, days
    transfer.valid_until = issued_on + timedelta(days=days)
    transfer.dues_paid_through = dues_paid_through.replace(day=1)


def _check_letter(issued_on, valid_days, dues_paid_through, on):
    if issued_on > on:
        raise ValidationError({"issued_on": "开出日期不能晚于今天。"})
    most = value("transfer.letter_most_days", on=on)
    if not 1 <= valid_days <= most:
        raise ValidationError({"valid_days": f"介绍信有效期应为 1 至 {most} 天。"})
    if dues_paid_through > on + relativedelta(months=AHEAD):
        raise ValidationError({"dues_paid_through": f"党费交至的月份太远，最多预交 {AHEAD} 个月，请核对。"})


@transaction.atomic
def agree(transfer, *, by, on):
    """The branch that is left agrees; next the body above it looks at it."""
    transfer = begin(transfer, "agree", by)
    still_there(transfer)
    return end(transfer, "agree", by=by, day=on)


# --- the way back


@transaction.atomic
def withdraw(transfer, *, reason, by, on):
    """Give the move up before anybody accepted it."""
    return _give_up(transfer, "withdraw", reason, by, on)


@transaction.atomic
def send_back(transfer, *, reason, by, on):
    """The letter goes back unaccepted; the member is where he was."""
    return _give_up(transfer, "send_back", reason, by, on)


@transaction.atomic
def refuse_issue(transfer, *, reason, by, on):
    """The body above the old branch does not let the member go."""
    return _give_up(transfer, "refuse_issue", reason, by, on)


def _give_up(transfer, act, reason, by, on):
    transfer = begin(transfer, act, by)
    transfer.refusal = reason
    return end(transfer, act, by=by, day=on, note=reason)


def still_there(transfer):
    """The locked membership that the move ends."""
    home = lock(transfer.member)
    if home is None or home.branch_id != transfer.from_branch_id:
        raise ValidationError("这位同志已经不在转出支部，请撤销这件转接，按现在的支部重新办理。")
    return home


def begin(transfer, act, by):
    """The locked row, if this person may take that act now."""
    found = Transfer.objects.select_for_update(of=("self",)).select_related("member", "from_branch", "to_branch")
    transfer, step = found.get(pk=transfer.pk), ROAD[act]
    require(by, _verb(transfer, act), at=side(transfer, step.side))
    if transfer.state not in step.start or transfer.direction not in step.of:
        raise ValidationError(f"这件转接现在是“{transfer.get_state_display()}”，不能办这一步。")
    return transfer


def end(transfer, act, *, by, day, note="", **detail):
    before, transfer.state = transfer.state, ROAD[act].end
    transfer.version += 1
    transfer.full_clean()
    transfer.save()
    TransferStep.objects.create(transfer=transfer, state=transfer.state, taken_on=day, note=note, created_by=by)
    audit.record(f"transfer.{act}", transfer, by=by, before=before, after=transfer.state, **detail)
    return transfer
