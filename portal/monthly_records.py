"""The records behind a number of a 月报's sentences: the very rows that the sentence counts."""

from datetime import date
from typing import NamedTuple

from django.utils import timezone

from branches.models import Notice
from portal.monthly import ENTERED
from recruitment import figures

RECTIFIED = {"raised": "提出的整改", "closed": "销号的整改", "unsettled": "到月末没有改好的", "overdue": "到月末超期的"}
MATTERS = {**RECTIFIED, **ENTERED, "sessions": "上的课", "told": "发出的通知"}


class Line(NamedTuple):
    """A record: whose, when, what it is, its page."""

    branch: object
    on: date | None
    what: str
    url: str


def of(month, matter, kind=""):
    """The records as a queryset and the function that makes a Line of one; None for who may not see that kind at all."""
    if matter in ("told", "sessions", *RECTIFIED):
        rows = month.sets.get(matter)
    elif "applied" in month.sets:
        days = {} if matter == "applied" else figures.who_entered(month.reach.roads, *month.span)[matter]
        rows = month.sets["applied"] if matter == "applied" else month.reach.roads.filter(pk__in=list(days))
    else:
        rows = None
    if rows is None:
        return None
    if matter == "told":
        rows = rows.filter(kind=kind) if kind in Notice.Kind.values else rows
        return rows.select_related("branch").order_by("issued_at", "pk"), _notice
    if matter == "sessions":
        return rows.select_related("training_class__branch").order_by("held_on", "begins", "pk"), _session
    if matter in RECTIFIED:
        return rows.select_related("branch").order_by("branch__order", "raised_on", "pk"), _item
    rows = rows.select_related("branch", "member").order_by("branch__order", "member__strokes", "pk")
    return rows, lambda row: _road(row, days.get(row.pk, row.applied_on))


def _notice(row):
    return Line(
        row.branch,
        timezone.localtime(row.issued_at).date(),
        f"{row.get_kind_display()}：{row.title}",
        row.get_absolute_url(),
    )


def _session(row):
    return Line(
        row.training_class.branch,
        row.held_on,
        f"{row.training_class.title}：{row.topic}",
        row.training_class.get_absolute_url(),
    )


def _item(row):
    return Line(
        row.branch, row.raised_on, f"{row.get_source_display()}，{row.get_state_display()}", row.get_absolute_url()
    )


def _road(row, day):
    return Line(row.branch, day, f"{row.member.name}，{row.get_stage_display()}", row.get_absolute_url())
