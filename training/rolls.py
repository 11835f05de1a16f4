"""The roll of a class: who is to come, by rule or by name, within the places that each organisation was given."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from branches.models import Branch, Term
from branches.rights import may, require
from files.secrecy import refuse_marked
from members.models import Member, Membership, Post
from rulebook import book, facts
from training.classes import lock
from training.enrolling import Places, addressed, deadline
from training.models import ClassPass, Enrolment, SignIn, TrainingClass

State, Source = TrainingClass.State, Enrolment.Source
MOST = 3000  # persons put on a roll in one go
TOO_MANY = f"一次最多列入 {MOST} 人，请分单位办理。"
NAMED = ("name", "strokes", "position")  # of a member: all that a list of many needs
POSITION = Enrolment._meta.get_field("position").max_length
KNOWN, GONE = "已在名册上", "不在这个党组织的名册上"
TWICE = "前面已经选了这位同志"


@dataclass
class Choice:
    """Somebody who is to be put on the roll for an organisation; `fault` says why that cannot be. `number`: of the row."""

    branch: Branch | None
    member: Member | None
    position: str = ""
    name: str = ""
    unit: str = ""
    number: int = 0
    fault: str = ""

    @property
    def called(self):
        return self.member.name if self.member else self.name


def runs(user, training_class):
    """Whether somebody puts people on the roll for whoever holds the class."""
    closed = not training_class.is_restricted or may(user, "training.closed", at=training_class.branch)
    return closed and may(user, "training.run", at=training_class.branch)


def people(branch, on):
    """Who may be enrolled for an organisation: its members, whoever holds a post in it, and whom it leads on the road
    into the Party."""
    members = Membership.objects.on(on).filter(branch=branch).values("member")
    leads = posts([branch], on).values("member")
    chosen = Q(pk__in=members) | Q(pk__in=leads) | Q(pk__in=_joining(branch, on))
    return Member.objects.filter(chosen).order_by("strokes", "name", "pk")


def _joining(branch, on):
    """Members of no branch yet: 入党积极分子 and 发展对象, as the rules that mean them name them."""
    sources = [_source(row["source"]) for row in book.value("training.rolls", on=on) if row.get("joining")]
    return [pk for source in sources if source for pk in source([branch], on).get(branch.pk, ())]


def posts(branches, on):
    """The posts that are held that day in the terms that serve, by members on somebody's register."""
    serving = Term.objects.on(on).filter(branch__in=branches).values("pk")
    held = Post.objects.filter(term__in=serving, started_on__lte=on).exclude(ended_on__lt=on)
    return held.filter(member__in=Membership.objects.on(on).values("member"))


# --- whom a rule means


def rules(on):
    """(key, label) of the ways to choose by rule; one whose matter is not in the portal yet is not offered."""
    return [(row["key"], row["label"]) for row in book.value("training.rolls", on=on) if _source(row["source"])]


def _source(path):
    try:
        return facts.resolve(path)
    except ValueError:
        return None


def by_rule(training_class, key, *, on, below=None):
    """[Choice] of everybody whom a rule means among the organisations of the class, in 单位序; nobody twice.

    `below`: of that organisation and those below it alone. Whom it leaves out carries the reason.
    """
    row = next((row for row in book.value("training.rolls", on=on) if row["key"] == key), None)
    source = row and _source(row["source"])
    if source is None:
        raise ValidationError("没有这种选定范围，请重新选择。")
    branches = list(addressed(training_class, on))
    if below is not None:
        branches = [branch for branch in branches if branch.path.startswith(below.path)]
    meant = source(branches, on)
    members = Member.objects.only(*NAMED).in_bulk({pk for pks in meant.values() for pk in pks})
    found = [
        Choice(branch, members[pk])
        for branch in branches
        for pk in sorted(meant.get(branch.pk, ()), key=lambda pk: (members[pk].strokes, members[pk].name, pk))
    ]
    return weigh(training_class, _at_home_first(found, on))


def _at_home_first(choices, on):
    """Who is meant in two organisations comes for the one of the own membership, else for the first."""
    several = {}
    for choice in choices:
        several.setdefault(choice.member.pk, []).append(choice)
    twice = {pk: rows for pk, rows in several.items() if len(rows) > 1}
    homes = dict(Membership.objects.on(on).filter(member__in=twice).values_list("member", "branch"))
    for pk, rows in twice.items():
        several[pk] = [next((row for row in rows if row.branch.pk == homes.get(pk)), rows[0])]
    kept = {id(rows[0]) for rows in several.values()}
    return [choice for choice in choices if id(choice) in kept]


def weigh(training_class, choices):
    """The same choices; who is on the roll already, comes twice or finds no place has a `fault`. Three queries."""
    places, seen = Places(training_class), set()
    rows = Enrolment.objects.on_roll().filter(training_class=training_class)
    known = set(rows.filter(member__isnull=False).values_list("member", flat=True))
    for choice in choices:
        if choice.fault or choice.member is None:
            continue
        if choice.member.pk in known:
            choice.fault = KNOWN
        elif choice.member.pk in seen:
            choice.fault = TWICE
        else:
            choice.fault = places.refusal(choice.branch)
        if not choice.fault:
            places.take(choice.branch)
            seen.add(choice.member.pk)
    return choices


def digest(choices):
    """A hash of what would be written: what is entered is what was shown."""
    said = [
        [choice.number, choice.branch and choice.branch.pk, choice.member and choice.member.pk, choice.position,
         choice.name, choice.unit, choice.fault]
        for choice in choices
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


# --- putting on the roll


@transaction.atomic
def enrol(training_class, branch, members, *, positions=None, reason="", by, on):
    """An organisation's own people, or by whoever holds the class: all of them, or none. Returns the new rows.

    The class is locked, so two that enrol at one moment never exceed the places together.
    """
    row = _locked(training_class, branch, reason=reason, by=by, on=on)
    members = list(members)
    if not members:
        raise ValidationError("请勾选要报名的同志。")
    allowed = set(people(branch, on).filter(pk__in=[member.pk for member in members]).values_list("pk", flat=True))
    choices = [Choice(branch, member, position=(positions or {}).get(member.pk, "")) for member in members]
    for choice in choices:
        choice.fault = "" if choice.member.pk in allowed else GONE
    faults = [f"{choice.called}同志：{choice.fault}" for choice in weigh(row, choices) if choice.fault]
    if faults:
        raise ValidationError([f"{fault}。" for fault in faults])
    source = Source.STAFF if runs(by, row) and not may(by, "training.enrol", at=branch) else Source.BRANCH
    made = _write(row, choices, source=source, by=by, on=on)
    audit.record(
        "enrolment.add", row, by=by, branch=branch.pk, rows=len(made), **({"reason": reason} if reason else {})
    )
    return made


@transaction.atomic
def enrol_many(training_class, plan, *, shown, source, reason="", by, on):
    """Everybody of `plan(class)` ([Choice]) without a fault, in one go, if it is still what was `shown` (a digest)."""
    row = lock(training_class, by=by)
    _check_late(row, reason, on)
    choices = plan(row)
    if digest(choices) != shown:
        raise ValidationError("名册、名额或任职刚有变动，请按现在的情况再核对一遍。", code="moved")
    good = [choice for choice in choices if not choice.fault]
    if not good:
        raise ValidationError("没有可以列入名册的同志。")
    if len(good) > MOST:
        raise ValidationError(TOO_MANY)
    made = _write(row, good, source=source, by=by, on=on)
    audit.record(
        "enrolment.add_many", row, by=by, rows=len(made), left_out=len(choices) - len(good), source=source,
        **({"reason": reason} if reason else {}),
    )  # fmt: skip
    return made


def _write(training_class, choices, *, source, by, on):
    known = _positions(choices, on)
    rows = [
        Enrolment(
            training_class=training_class, branch=choice.branch, member=choice.member, name=choice.called,
            unit=choice.unit, position=choice.position or known[choice.branch.pk, choice.member.pk],
            source=source, created_by=by,
        )
        for choice in choices
    ]  # fmt: skip
    return Enrolment.objects.bulk_create(rows)


def _positions(choices, on):
    """(organisation, member) → the post held in it and the position at work, as the roll names them. One query."""
    branches, members = {choice.branch for choice in choices}, {choice.member for choice in choices}
    offices = defaultdict(list)
    held = posts(list(branches), on).filter(member__in=members).exclude(office=Post.Office.GROUP_LEADER)
    for branch, member, office in held.order_by("pk").values_list("term__branch", "member", "office"):
        offices[branch, member].append(str(Post.Office(office).label))
    return {
        (choice.branch.pk, choice.member.pk): "、".join(
            filter(None, [*offices[choice.branch.pk, choice.member.pk], choice.member.position])
        )[:POSITION]
        for choice in choices
    }


@transaction.atomic
def add_outsider(training_class, *, name, unit, position="", reason="", by, on):
    """Somebody from outside, by name and unit alone; only by whoever holds the class."""
    row = lock(training_class, by=by)
    _check_late(row, reason, on)
    for label, text in {"姓名": name, "单位": unit, "职务": position}.items():
        refuse_marked(text, label)
    made = Enrolment(
        training_class=row, name=name, unit=unit, position=position, source=Source.STAFF, created_by=by
    )  # fmt: skip
    made.full_clean()
    made.save()
    audit.record("enrolment.add_outsider", row, by=by, **({"reason": reason} if reason else {}))
    return made


def _locked(training_class, branch, *, reason, by, on):
    """The class, locked, if `by` may put people of `branch` on its roll or take them off it on that day."""
    if branch is None or runs(by, training_class):
        row = lock(training_class, by=by)
        _check_late(row, reason, on)
        return row
    row = TrainingClass.objects.select_for_update(of=("self",)).select_related("branch").get(pk=training_class.pk)
    require(by, "training.enrol", at=branch)
    if row.is_restricted or not TrainingClass.objects.visible_to(by).filter(pk=row.pk).exists():
        raise PermissionDenied("您的岗位没有给这个班次报名的权限。")
    if row.state != State.OPEN:
        raise ValidationError(f"这个班次{row.get_state_display()}，不能报名、换人；确需调整的，请联系主办单位。")
    if on > deadline(row):
        raise ValidationError(f"报名已于 {deadline(row):%m 月 %d 日}截止；确需调整的，请联系主办单位。")
    return row


def _check_late(row, reason, on):
    """After the last day of enrolment whoever holds the class may still change the roll, and says why."""
    refuse_marked(reason, "原因")
    if on > deadline(row) and not reason.strip():
        raise ValidationError({"reason": "报名已截止，请写明为什么现在才调整。"})


# --- taking off, and somebody else instead


def _found(enrolment):
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("branch", "training_class__branch")
    return rows.get(pk=enrolment.pk)


def _take_off(row, reason, on):
    if row.withdrawn_on:
        raise ValidationError("这位同志已经退出名册。")
    if row.sign_ins.filter(mark=SignIn.Mark.PRESENT).exists():
        raise ValidationError("这位同志已经签到，不能退出名册；没有参加的课次按缺课计。")
    row.withdrawn_on, row.withdrawn_why = on, reason
    row.version += 1
    row.full_clean()
    row.save(update_fields=["withdrawn_on", "withdrawn_why", "version"])
    ClassPass.objects.filter(enrolment=row, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def withdraw(enrolment, *, reason, by, on):
    """Take somebody off the roll, with the reason; the row stays."""
    _locked(enrolment.training_class, enrolment.branch, reason=reason, by=by, on=on)
    row = _found(enrolment)
    refuse_marked(reason, "原因")
    _take_off(row, reason, on)
    audit.record("enrolment.withdraw", row, by=by, reason=reason, on=str(on))
    return row


@transaction.atomic
def substitute(enrolment, member, *, position="", reason, by, on):
    """Somebody else of the same organisation instead: the one leaves, the other comes, in one go. Returns the new row.

    Whoever holds the class may do it on the morning of the first day as well.
    """
    held = _locked(enrolment.training_class, enrolment.branch, reason=reason, by=by, on=on)
    row = _found(enrolment)
    refuse_marked(reason, "原因")
    if row.branch is None:
        raise ValidationError("外来学员请先退出，再添加新的学员。")
    if row.member_id == member.pk:
        raise ValidationError({"member": "替换的同志就是本人，请重新选择。"})
    if not people(row.branch, on).filter(pk=member.pk).exists():
        raise ValidationError({"member": f"{member.name}同志{GONE}。"})
    _take_off(row, reason, on)
    choice = weigh(held, [Choice(row.branch, member, position=position)])[0]
    if choice.fault:
        raise ValidationError({"member": f"{member.name}同志：{choice.fault}。"})
    known = _positions([choice], on)
    made = Enrolment(
        training_class=held, branch=row.branch, member=member, name=member.name, position=position or known[row.branch_id, member.pk],
        source=row.source, substitutes_for=row, created_by=by,
    )  # fmt: skip
    made.full_clean()
    made.save()
    audit.record("enrolment.substitute", made, by=by, reason=reason, instead_of=row.pk, on=str(on))
    return made
