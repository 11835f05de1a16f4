"""Who reports for an organisation and a year: the secretary in office, and how the year was split between several."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q

from branches.models import Branch, Term
from members.models import Post

KINDS = [Branch.Kind.COMMITTEE, Branch.Kind.GENERAL, Branch.Kind.BRANCH, Branch.Kind.JOINT]
DAY = timedelta(days=1)


class Stretch(NamedTuple):
    """Somebody's time as secretary; `until` None: still. `member` is None where only the term names the person."""

    member: int | None
    name: str
    since: date
    until: date | None

    def covers(self, day):
        return self.since <= day and (self.until is None or day <= self.until)


def day_of(year, on):
    """The day that decides who reports on a year: today, but never after the year's last day."""
    return min(on, date(year, 12, 31))


def stretches(branches, year):
    """branch id → [Stretch] of a year, oldest first. Two queries.

    By the posts on record; where a branch has none at all, by the name that the term was entered with. A post ends with its
    term at the latest.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    terms = defaultdict(list)
    for row in Term.objects.filter(branch__in=branches).order_by("started_on"):
        terms[row.branch_id].append(row)
    ends = {row.pk: following.started_on - DAY for rows in terms.values() for row, following in pairwise(rows)}
    posts = defaultdict(list)
    held = Post.objects.filter(term__branch__in=branches, office=Post.Office.SECRETARY).order_by("started_on", "pk")
    for branch, term, member, name, since, until in held.values_list(
        "term__branch", "term", "member", "member__name", "started_on", "ended_on"
    ):
        posts[branch].append(Stretch(member, name, since, min(filter(None, (until, ends.get(term))), default=None)))
    found = {}
    for branch, rows in terms.items():
        named = [
            Stretch(None, row.secretary_name, row.started_on, ends.get(row.pk)) for row in rows if row.secretary_name
        ]
        known = [
            row
            for row in (posts.get(branch) or named)
            if row.since <= last and (row.until is None or row.until >= first)
        ]
        if known:
            found[branch] = known
    return found


def incumbent(rows, day):
    """The Stretch of who is secretary on that day, the later one where two overlap; None: vacant."""
    return next((row for row in reversed(rows) if row.covers(day)), None)


def split(rows, year):
    """How the year was divided, in words; "" where one person held the post all year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    if len(rows) == 1 and rows[0].since <= first and (rows[0].until is None or rows[0].until >= last):
        return ""
    words = []
    for row in rows:
        since = "年初" if row.since <= first else f"{row.since.month} 月 {row.since.day} 日"
        until = "起" if row.until is None or row.until >= last else f"至 {row.until.month} 月 {row.until.day} 日"
        words.append(f"{since}{until}由{row.name}同志任书记")
    return "；".join(words)[:400]


def in_office(day, *, of="branch"):
    """A condition: the organisation named by `of` has a secretary on that day, by the same rule as `stretches`."""
    posts = Post.objects.filter(term__branch=OuterRef(of), office=Post.Office.SECRETARY)
    later = Term.objects.filter(
        branch=OuterRef("term__branch"), started_on__gt=OuterRef("term__started_on"), started_on__lte=day
    )  # a post that nobody ended is over with its term
    serving = posts.filter(~Exists(later), started_on__lte=day).exclude(ended_on__lt=day)
    named = Term.objects.filter(branch=OuterRef(of), started_on__lte=day).exclude(secretary_name="")
    return Q(Exists(serving)) | Q(Exists(named)) & ~Q(Exists(posts))


def owing(on):
    """The organisations whose secretary reports: at work, below 工委, none that ends with its task; a vacant post owes none."""
    return Branch.objects.at_work(on).filter(in_office(on, of="pk"), kind__in=KINDS, parent__isnull=False)
