"""The records behind the figures of a year, each group of them by one query for all organisations in reach.

Every function takes `Books` and gives (records, whether the matter is kept at all in that reach).
"""

from collections import defaultdict
from functools import cached_property
from typing import NamedTuple

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.urls import reverse

from branches.models import AdmonitionTalk, Branch, Governance, Instructor, OrgChange, Term, Title, WeakCase
from meetings.models import Activity, Meeting, MeetingKind
from members.models import Honour, Membership, Post, Sanction
from recruitment import figures
from recruitment.models import Application
from reminders.models import LadderStep
from rulebook.book import in_force
from training import archive
from training.models import TrainingClass

JULY = (6, 7)  # the months in which what 七一 commends is made known


class Record(NamedTuple):
    """A record counted: where, when, what, the page on which it is read, and how much it counts."""

    branch: str
    on: object
    what: str
    url: str = ""
    weight: int = 1


class Books:
    """What was asked, and what was read already: figures of one matter share a query."""

    def __init__(self, ask):
        self.ask = ask
        self.names = {}

    def keys(self, verb, own=False):
        """The organisations in reach; `own`: the one that reports alone."""
        keys = self.ask.keys(verb)
        return [key for key in keys if self.ask.head and key == self.ask.head.pk] if own else keys

    def name(self, key):
        """The name on the day of an organisation that may lie outside the reach by now."""
        if not self.names:
            self.names = dict(Branch.objects.values_list("pk", "name")) | self.ask.former
        return self.names.get(key, "")

    @property
    def span(self):
        return (self.ask.first, self.ask.end)

    @cached_property
    def meetings(self):
        """kind → [meeting], those of the assessment year up to the day."""
        rows = MeetingKind.objects.filter(
            meeting__branch__in=self.keys("meeting.see"), meeting__state__in=Meeting.COUNTED,
            assessment_year=self.ask.year, meeting__held_on__lte=self.ask.on,
        )  # fmt: skip
        found = defaultdict(list)
        for row in rows.select_related("meeting").order_by("meeting__held_on", "meeting"):
            found[row.kind].append(row.meeting)
        return found

    @cached_property
    def kinds_met(self):
        """Pairs (kind, whether the organisation that reports met so itself) that were ever recorded by the day."""
        rows = MeetingKind.objects.filter(meeting__branch__in=self.keys("meeting.see"))
        return self._pairs(rows.filter(meeting__held_on__lte=self.ask.on), "meeting__branch")

    def _pairs(self, rows, lookup):
        is_own = Case(When(**{lookup: self.ask.head.pk}, then=Value(True)), default=Value(False))
        return set(rows.annotate(is_own=is_own).order_by().values_list("kind", "is_own").distinct())

    @cached_property
    def activities(self):
        rows = Activity.objects.counted().filter(
            branch__in=self.keys("meeting.see"), assessment_year=self.ask.year, held_on__lte=self.ask.on
        )  # fmt: skip
        found = defaultdict(list)
        for row in rows.order_by("held_on", "pk"):
            found[row.kind].append(row)
        return found

    @cached_property
    def kinds_done(self):
        """The same of short forms."""
        rows = Activity.objects.counted().filter(branch__in=self.keys("meeting.see"), held_on__lte=self.ask.on)
        return self._pairs(rows, "branch")

    @cached_property
    def classes(self):
        found = TrainingClass.objects.visible_to(self.ask.user).exclude(state=TrainingClass.State.CANCELLED)
        found = found.filter(branch__in=self.keys("training.see"), starts_on__range=self.span)
        return list(found.select_related("branch").order_by("starts_on", "pk"))

    @cached_property
    def roads(self):
        files = Application.objects.visible_to(self.ask.user).filter(branch__in=self.keys("recruit.see"))
        return figures.of_year(files, self.ask.year, on=self.ask.on)

    @cached_property
    def has_roads(self):
        return Application.objects.filter(branch__in=self.keys("recruit.see"), applied_on__lte=self.ask.on).exists()


def _once(rows, key):
    """Whether each row is the first with its key: what is counted once however often it was entered."""
    seen = set()
    for row in rows:
        yield row, int(key(row) not in seen)
        seen.add(key(row))


def _is_kept(kind, kinds, own=False):
    return (kind, True) in kinds or (not own and (kind, False) in kinds)


def meetings(books, *, kind, own=False):
    keys = set(books.keys("meeting.see", own))
    rows = [row for row in books.meetings[kind] if row.branch_id in keys]
    records = [Record(books.name(row.branch_id), row.held_on, row.topic, row.get_absolute_url()) for row in rows]
    return records, _is_kept(kind, books.kinds_met, own)


def activities(books, *, kind, own=False, is_summed=False):
    keys = set(books.keys("meeting.see", own))
    rows = [row for row in books.activities[kind] if row.branch_id in keys]
    records = [_activity(books, row, (row.count or 0) if is_summed else 1) for row in rows]
    return records, _is_kept(kind, books.kinds_done, own)


def _activity(books, row, weight=1):
    return Record(books.name(row.branch_id), row.held_on, row.title or str(row), row.get_absolute_url(), weight)


def teams(books):
    """志愿服务队, one name of one organisation once."""
    rows = [row for row in books.activities["volunteering"] if (row.answers.get("team") or "").strip()]
    named = _once(rows, lambda row: (row.branch_id, row.answers["team"].strip()))
    records = [
        _activity(books, row, weight)._replace(what=f"{row.answers['team'].strip()}：{row.title}")
        for row, weight in named
    ]  # fmt: skip
    return records, _is_kept("volunteering", books.kinds_done)


def studios(books):
    rows = _once(books.activities["master_class"], lambda row: row.branch_id)
    return [_activity(books, row, weight) for row, weight in rows], _is_kept("master_class", books.kinds_done)


def lessons(books, *, is_sent):
    rows = [row for row in books.activities["master_class"] if (row.answers.get("form") == "sent") == is_sent]
    return [_activity(books, row, 1 if is_sent else row.count or 1) for row in rows], _is_kept(
        "master_class", books.kinds_done
    )


def classes(books):
    rows = [Record(row.branch.name, row.starts_on, row.title, row.get_absolute_url()) for row in books.classes]
    return rows, bool(rows) or _has(TrainingClass, books, "training.see", "starts_on")


def trained(books):
    told = archive.figures(books.classes, on=books.ask.on) if books.classes else {}
    rows = [
        Record(row.branch.name, row.starts_on, row.title, row.get_absolute_url(), told[row.pk].there or told[row.pk].people)
        for row in books.classes
    ]  # fmt: skip
    return rows, bool(rows) or _has(TrainingClass, books, "training.see", "starts_on")


def _has(model, books, verb, day, lookup="branch", **told):
    """Whether anything of the kind was ever entered in reach by the day."""
    return model.objects.filter(**{f"{lookup}__in": books.keys(verb), f"{day}__lte": books.ask.on}, **told).exists()


def talks(books):
    rows = AdmonitionTalk.objects.filter(branch__in=books.keys("talk.see"), talked_on__range=books.span)
    found = [
        Record(books.name(row.branch_id), row.talked_on, f"约谈{row.talked_with}（{row.get_result_display()}）", reverse("branches:talks"))
        for row in rows.order_by("talked_on", "pk")
    ]  # fmt: skip
    steps = LadderStep.objects.filter(
        branch__in=books.keys("ladder.see"), level=LadderStep.Level.TALK, on__range=books.span
    )  # fmt: skip
    found += [
        Record(books.name(row.branch_id), row.on, f"约谈（应办事项逾期）{row.outcome}", row.get_absolute_url())
        for row in steps.order_by("on", "pk")
    ]
    return found, bool(found) or _has(AdmonitionTalk, books, "talk.see", "talked_on")


def sanctions(books):
    """By the organisation of the day of the decision; no person is named."""
    there = Membership.objects.filter(
        Q(ended_on=None) | Q(ended_on__gte=OuterRef("started_on")), member=OuterRef("member"),
        branch__in=books.keys("sanction.see"), started_on__lte=OuterRef("started_on"),
    )  # fmt: skip
    rows = Sanction.objects.filter(Exists(there), started_on__lte=books.ask.end)
    days = list(rows.order_by("started_on", "pk").values_list("started_on", flat=True))
    return [Record("", day, "") for day in days if day >= books.ask.first], bool(days)


def _changes(books, kinds):
    rows = OrgChange.objects.filter(branch__in=books.keys("branch.see"), kind__in=kinds, on__range=books.span)
    found = [
        Record(books.name(row.branch_id), row.on, f"{row.get_kind_display()} {row.number}", row.branch.get_absolute_url(), weight)
        for row, weight in _once(rows.select_related("branch").order_by("on", "pk"), lambda row: row.branch_id)
    ]  # fmt: skip
    return found, bool(found) or _has(OrgChange, books, "branch.see", "on")


def adjusted(books):
    return _changes(books, in_force(on=books.ask.on)["setting.counted"].value["kinds"])


def oversized(books):
    return _changes(books, [OrgChange.Kind.OVERSIZED])


def weak_closed(books):
    keys = books.keys("weak.see")
    rows = WeakCase.objects.filter(branch__in=keys, closed_on__range=books.span).order_by("closed_on", "pk")
    found = [
        Record(
            books.name(row.branch_id), row.closed_on, f"整顿销号 {row.closed_number}".strip(), row.get_absolute_url()
        )
        for row in rows
    ]
    return found, bool(found) or _has(WeakCase, books, "weak.see", "listed_on")


def instructors(books):
    rows = Instructor.objects.filter(branch__in=books.keys("file.see"), started_on__lte=books.ask.end)
    rows = rows.exclude(ended_on__lt=books.ask.first).order_by("started_on", "pk")
    found = [
        Record(books.name(row.branch_id), row.started_on, f"{row.name}同志 {row.position}", _dossier(row), weight)
        for row, weight in _once(rows, lambda row: (row.name, row.position))
    ]
    return found, bool(found) or _has(Instructor, books, "file.see", "started_on")


def _dossier(row):
    return reverse("branches:dossier", args=[row.branch_id])


def charters(books):
    rows = Governance.objects.filter(branch__in=books.keys("file.see"), charter_on__lte=books.ask.on)
    found = [
        Record(books.name(row.branch_id), row.charter_on, f"写入章程 {row.charter_number}".strip(), _dossier(row))
        for row in rows.order_by("charter_on", "pk")
    ]
    return found, bool(found)


def titles(books, *, word, levels):
    named = Title.objects.filter(
        branch__in=books.keys("file.see"), named_on__lte=books.ask.end, entry__label__contains=word
    )
    named = named.exclude(state=Title.State.ENDED, state_on__lte=books.ask.on).select_related("entry")
    rows = list(named.order_by("named_on", "pk"))
    found = [
        Record(books.name(row.branch_id), row.named_on, f"{row.level}{row.entry.label} {row.number}".strip(), row.get_absolute_url())
        for row in rows if row.level in levels and row.named_on >= books.ask.first
    ]  # fmt: skip
    return found, bool(rows)


def elected(books):
    """Organisations with a new leadership that follows an earlier one."""
    earlier = Term.objects.filter(branch=OuterRef("branch"), started_on__lt=OuterRef("started_on"))
    rows = Term.objects.filter(Exists(earlier), branch__in=books.keys("election.see"), started_on__range=books.span)
    rows = rows.select_related("branch").order_by("started_on", "pk")
    found = [
        Record(books.name(row.branch_id), row.started_on, "换届", row.branch.get_absolute_url(), weight)
        for row, weight in _once(rows, lambda row: row.branch_id)
    ]
    return found, bool(found) or _has(Term, books, "election.see", "started_on")


def posts(books, *, office):
    """Who came newly into the office in the year; who held it there before does not count."""
    before = Post.objects.filter(
        member=OuterRef("member"), office=office, term__branch=OuterRef("term__branch"), started_on__lt=OuterRef("started_on")
    )  # fmt: skip
    keys = books.keys("member.see")
    rows = Post.objects.filter(~Exists(before), term__branch__in=keys, office=office, started_on__range=books.span)
    found = [
        Record(books.name(row.term.branch_id), row.started_on, f"{row.member}任{row.get_office_display()}",
               row.term.branch.get_absolute_url())
        for row in rows.select_related("member", "term__branch").order_by("started_on", "pk")
    ]  # fmt: skip
    return found, bool(found) or _has(Post, books, "member.see", "started_on", "term__branch", office=office)


def dual_leaders(books):
    rows = Post.objects.filter(
        term__branch__in=books.keys("member.see"), office=Post.Office.SECRETARY, is_dual_leader=True,
        started_on__lte=books.ask.on,
    ).exclude(ended_on__lt=books.ask.on)  # fmt: skip
    found = [
        Record(books.name(row.term.branch_id), row.started_on, f"{row.member}（{row.dual_basis}）", row.term.branch.get_absolute_url())
        for row in rows.select_related("member", "term__branch").order_by("started_on", "pk")
    ]  # fmt: skip
    return found, bool(found)


def recruits(books, *, key):
    return [_person(books, person) for person in books.roads.people[key]], books.has_roads


def backbones(books):
    people = [person for person in books.roads.people["admitted"] if person.is_backbone or person.is_head]
    return [_person(books, person) for person in people], books.has_roads


def _person(books, person):
    marks = [word for word, is_one in (("业务骨干", person.is_backbone), ("学校领导", person.is_head)) if is_one]
    what = f"{person.application.member}" + (f"（{'、'.join(marks)}）" if marks else "")
    return Record(books.name(person.branch), person.on, what, person.application.get_absolute_url())


def july(books, *, is_person):
    rows = Honour.objects.filter(branch__in=books.keys("honour.see"), conferred_on__range=books.span)
    rows = rows.filter(conferred_on__month__in=JULY, member__isnull=not is_person).exclude(revoked_on__lte=books.ask.on)
    found = [
        Record(books.name(row.branch_id), row.conferred_on, f"{row.member}　{row.title}" if is_person else row.title,
               row.get_absolute_url())
        for row in rows.select_related("member").order_by("conferred_on", "pk")
    ]  # fmt: skip
    return found, bool(found) or _has(Honour, books, "honour.see", "conferred_on")
