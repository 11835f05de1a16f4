"""责任书 of a year: who owes one, who signed, the bulk entry of a signing, and the letters of a branch on paper."""

from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from accounts import audit
from branches.models import Branch
from branches.rights import require
from files.actions import discard, keep
from files.models import StoredFile
from files.secrecy import refuse_marked
from members.models import Membership, Post, ResponsibilityLetter
from office.paper import Further, Paper, Signatures, Text
from rulebook.book import rule, value

Kind = ResponsibilityLetter.Kind
PERSONAL = (Kind.MEMBER, Kind.INTEGRITY)


class Standing(NamedTuple):
    """One organisation in a year: whether it owes a 目标责任书 and signed it, and of its members owed and signed by kind."""

    branch: Branch
    owes_goal: bool
    goal: ResponsibilityLetter | None
    owed: int
    signed: dict

    @property
    def left(self):
        """How many letters are still to be signed."""
        return (self.owes_goal and self.goal is None) + sum(self.owed - count for count in self.signed.values())


def season(year, *, on):
    """(first, last day) of the months in which the letters of a year are signed."""
    months = value("letter.months", on=on)
    return date(year, min(months), 1), date(year, max(months), 1) + relativedelta(months=1) - timedelta(days=1)


def roll(year, *, on):
    """The memberships whose holders owe the letters of a year: on the roll when the signing ends, or now while it runs."""
    return Membership.objects.on(min(on, season(year, on=on)[1]))


def _signed(kind, year):
    return Exists(ResponsibilityLetter.objects.filter(kind=kind, year=year, member=OuterRef("member")))


def standings(branches, year, *, on):
    """[Standing] of organisations in their order. Two queries, whatever their number."""
    branches = list(branches)
    rows = roll(year, on=on).filter(branch__in=branches).order_by().values("branch")
    counts = {
        row["branch"]: row
        for row in rows.annotate(
            owed=Count("pk"), **{f"signed_{kind}": Count("pk", filter=Q(_signed(kind, year))) for kind in PERSONAL}
        )
    }
    goals = {
        row.branch_id: row
        for row in ResponsibilityLetter.objects.filter(kind=Kind.GOAL, year=year, branch__in=branches)
    }
    none = {"owed": 0} | dict.fromkeys([f"signed_{kind}" for kind in PERSONAL], 0)
    return [
        Standing(
            branch,
            owes_goal(branch),
            goals.get(branch.pk),
            count["owed"],
            {kind: count[f"signed_{kind}"] for kind in PERSONAL},
        )
        for branch in branches
        for count in [counts.get(branch.pk, none)]
    ]


def owes_goal(branch):
    """Every organisation signs with the one above it; the root has none, a temporary one ends with its task."""
    return branch.parent_id is not None and branch.kind != Branch.Kind.TEMPORARY


def unsigned(branches, year, *, on):
    """Organisations among `branches` (a queryset) with a letter still to be signed."""
    owing = roll(year, on=on).filter(branch=OuterRef("pk"))
    goal = ResponsibilityLetter.objects.filter(kind=Kind.GOAL, year=year, branch=OuterRef("pk"))
    left = Q(pk__in=[])
    for kind in PERSONAL:
        left |= Q(Exists(owing.filter(~_signed(kind, year))))
    return branches.filter(left | (Q(parent__isnull=False) & ~Q(kind=Branch.Kind.TEMPORARY) & ~Q(Exists(goal))))


def members_of(branch, year, *, on):
    """[(member, {kind: letter or None})] of one branch, by name. Two queries."""
    stays = list(
        roll(year, on=on).filter(branch=branch).select_related("member").order_by("member__initials", "member")
    )
    letters = {
        (row.kind, row.member_id): row
        for row in ResponsibilityLetter.objects.filter(year=year, member__in=[stay.member_id for stay in stays])
    }
    return [(stay.member, {kind: letters.get((kind, stay.member_id)) for kind in PERSONAL}) for stay in stays]


# --- writing them down


@transaction.atomic
def sign(branch, year, kind, *, members=(), signer="", counter_signer, signed_on, number="", by, on):
    """Enter a signing: of the organisation itself, or of those `members` who signed; who has already is left as it is.

    Returns how many were new.
    """
    branch = Branch.objects.select_for_update(of=("self",)).get(pk=branch.pk)
    require(by, "letter.edit", at=branch)
    _check(year, signed_on, on, {"对方签字人": counter_signer, "签字人": signer, "依据文号": number})
    common = {"number": number, "counter_signer": counter_signer, "signed_on": signed_on, "created_by": by}
    if kind == Kind.GOAL:
        if not owes_goal(branch):
            raise ValidationError("这个党组织不签目标责任书。")
        rows = [
            ResponsibilityLetter(
                kind=kind, year=year, branch=branch, signer=signer or secretary(branch, signed_on), **common
            )
        ]
        for row in rows:
            row.full_clean()
    else:
        chosen = {member.pk for member in members}
        rows = [
            ResponsibilityLetter(kind=kind, year=year, branch=branch, member=member, signer=member.name, **common)
            for member, letters in members_of(branch, year, on=on)
            if member.pk in chosen and letters[kind] is None
        ]
        if not rows:
            raise ValidationError("没有新签的：选中的同志都已登记，或者不在这个支部的名册上。")
    ResponsibilityLetter.objects.bulk_create(rows)
    audit.record("letter.sign", branch, by=by, year=year, kind=kind, rows=len(rows), on=str(signed_on))
    return len(rows)


def _check(year, signed_on, on, words):
    if signed_on > on:
        raise ValidationError({"signed_on": "签订日期在今天以后，签了再登记。"})
    if not date(year, 1, 1) - timedelta(days=31) <= signed_on <= date(year, 12, 31):
        raise ValidationError({"signed_on": f"{year} 年度的责任书应在上年 12 月至当年签订，请核对日期。"})
    for label, text in words.items():
        refuse_marked(text, label)


def secretary(branch, day):
    """The name of the secretary on a day, by the posts on record, else by the term; '' when neither knows."""
    term = branch.terms.filter(started_on__lte=day).order_by("-started_on").first()
    if term is None:
        return ""
    held = Post.objects.filter(term=term, office=Post.Office.SECRETARY, started_on__lte=day).exclude(ended_on__lt=day)
    return held.values_list("member__name", flat=True).first() or term.secretary_name


@transaction.atomic
def correct(letter, *, version, upload=None, by, on):
    """Put right the day, the names or the number of a letter, or hang the scan on it. `letter` carries the new values."""
    known = _locked(letter)
    require(by, "letter.edit", at=known.branch)
    known.claim(version)
    _check(known.year, letter.signed_on, on, {"对方签字人": letter.counter_signer, "依据文号": letter.number})
    changed = [
        name
        for name in ("signer", "counter_signer", "signed_on", "number")
        if getattr(known, name) != getattr(letter, name)
    ]
    for name in changed:
        setattr(known, name, getattr(letter, name))
    before = known.file
    if upload:
        known.file = keep(upload, by=by, kinds=[StoredFile.Kind.PDF, StoredFile.Kind.IMAGE])
    known.full_clean()
    known.save()
    if upload and before:
        discard(before, by=by)
    audit.record("letter.correct", known, by=by, changed=changed, file=bool(upload))
    return known


@transaction.atomic
def withdraw(letter, *, reason, by):
    """Take out a letter that was entered by mistake; the reason stays in the record of who did what."""
    known = _locked(letter)
    require(by, "letter.edit", at=known.branch)
    refuse_marked(reason, "原因")
    file, known.file = known.file, None
    audit.record(
        "letter.withdraw", known, by=by, reason=reason, year=known.year, kind=known.kind, member=known.member_id
    )
    known.delete()
    if file:
        discard(file, by=by)


def _locked(letter):
    rows = ResponsibilityLetter.objects.select_for_update(of=("self",)).select_related("branch", "file")
    return rows.get(pk=letter.pk)


# --- on paper


def paper(branch, year, kind, *, on):
    """The letters of a branch as one paper, a page each, to be printed and signed; None when everybody has signed.

    Of the organisation itself, or of each member who has not signed yet.
    """
    label, text = Kind(kind).label, rule(f"letter.{kind}", on=on)
    title = f"{year}年度\n{label}"
    if kind == Kind.GOAL:
        pairs = [(branch.parent.name, branch.name, secretary(branch, on))]
    else:
        pairs = [
            (branch.name, f"{member.name}同志", member.name)
            for member, letters in members_of(branch, year, on=on)
            if letters[kind] is None
        ]
    blocks = []
    for place, (upper, lower, signer) in enumerate(pairs):
        if place:
            blocks.append(Further(title))
        blocks.append(Text(f"为落实责任，{upper}与{lower}签订本责任书。"))
        blocks += [Text(line.format(year=year)) for line in text.value]
        blocks.append(Signatures([f"{upper}负责人", f"责任人　{signer}"]))
    if not blocks:
        return None
    return Paper(title, dated=on, organ=branch.name, blocks=blocks, footer=f"{text.source}　非涉密")


def unsigned_members(branches, year, *, on):
    """Rows [organisation, member, kind] of every personal letter still to be signed, in 单位序. One query."""
    owing = roll(year, on=on).filter(branch__in=branches).select_related("branch", "member")
    owing = owing.annotate(**{f"signed_{kind}": _signed(kind, year) for kind in PERSONAL})
    return [
        [stay.branch.name, stay.member.name, Kind(kind).label]
        for stay in owing.order_by("branch__order", "branch", "member__initials", "member")
        for kind in PERSONAL
        if not getattr(stay, f"signed_{kind}")
    ]
