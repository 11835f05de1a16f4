"""责任书 of the complete year and of the running one, and the secretaries who lead their subject too, by manner."""

import random
from datetime import date, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo import GOOD, WEAK
from branches.models import Branch
from jobs.copying import insert, rewrite
from members import letters
from members.models import Post, ResponsibilityLetter

Kind = ResponsibilityLetter.Kind
LATE = {WEAK: 0.7}  # how likely a branch has letters that were never signed, one in twenty of them
USUAL = 0.12
MISSED = 0.05
NUMBERS = {Kind.GOAL: "责〔{year}〕1号", Kind.MEMBER: "责〔{year}〕2号", Kind.INTEGRITY: "责〔{year}〕3号"}


def build(county):
    """Draws from a stream of its own; rows are written in bulk."""
    rng, made = random.Random(f"{county.seed}/letters"), []
    for place, year in enumerate(county.years):
        _, last = letters.season(year, on=county.today)
        day = min(county.today, last)
        if day < date(year, 2, 1):
            continue
        roll = {}
        for stay in letters.roll(year, on=day).select_related("member").order_by("pk"):
            roll.setdefault(stay.branch_id, []).append(stay.member)
        for sketch in county.sketches:
            branch = sketch.branch
            if (
                (branch.closed_on and branch.closed_on <= day)
                or branch.founded_on > day
                or branch.kind == Branch.Kind.TEMPORARY
            ):
                continue
            made += _of(sketch, year, roll.get(branch.pk, ()), sketch.manner[place], rng, county)
    insert(made)
    ResponsibilityLetter.objects.update(created_at=Cast(F("signed_on"), DateTimeField()))
    _dual(county, rng)


def _of(sketch, year, members, manner, rng, county):
    left = MISSED if rng.random() < LATE.get(manner, USUAL) else 0
    signed_on = date(year, 2, 10) + timedelta(days=rng.randrange(5, 40))
    common = {"year": year, "branch": sketch.branch, "created_by": sketch.author or county.top.author}
    head = sketch.term.secretary_name if sketch.term and sketch.term.secretary_name else "书记"
    rows = []
    if rng.random() >= left and signed_on <= county.today:
        rows.append(
            ResponsibilityLetter(
                kind=Kind.GOAL, signer=head, counter_signer="陈思远", signed_on=signed_on,
                number=NUMBERS[Kind.GOAL].format(year=year), **common,
            )
        )  # fmt: skip
    for member in members:
        for kind in letters.PERSONAL:
            if rng.random() >= left and signed_on <= county.today:
                rows.append(
                    ResponsibilityLetter(
                        kind=kind, member=member, signer=member.name, counter_signer=head, signed_on=signed_on,
                        number=NUMBERS[kind].format(year=year), **common,
                    )
                )  # fmt: skip
    return rows


def _dual(county, rng):
    manner = {sketch.branch.pk: sketch.manner[1] for sketch in county.sketches}
    posts = list(Post.objects.filter(office=Post.Office.SECRETARY, ended_on=None).order_by("pk").select_related("term"))
    for post in posts:
        if rng.random() < (0.75 if manner.get(post.term.branch_id) == GOOD else 0.4):
            post.is_dual_leader, post.dual_basis = True, "县级学科带头人（教研〔2024〕6号）"
    rewrite(posts, ["is_dual_leader", "dual_basis"])
