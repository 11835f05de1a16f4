"""The short forms: their kinds as data, what they ask, and the duties they meet."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.rights import require
from duties import actions as duties
from duties.models import Fulfilment
from duties.questions import questions
from meetings.models import Activity

FILE = Path(__file__).parent / "activities.yaml"
COLUMNS = ("title", "number", "count", "hours", "about", "people")  # of the table, used by some kinds
GROUPS = {
    "talks": "谈心谈话", "actions": "党员行动", "lessons": "讲课、教育和调研", "county": "会议登记", "ideology": "意识形态工作台账",
}  # fmt: skip
LABEL = Activity._meta.label


class BadKind(ValueError):
    """A kind that cannot be used; the message names it."""


@dataclass(frozen=True)
class Kind:
    """One kind of activity: `asks` column → label, further `questions`, the organisations that keep it (empty: all)."""

    key: str
    label: str
    group: str
    asks: dict
    questions: tuple
    by: tuple
    duty: str
    note: str

    def kept_by(self, branch):
        return not self.by or branch.kind in self.by


@cache
def kinds():
    """key → Kind, in the order of the file."""
    found = {}
    for key, row in yaml.safe_load(FILE.read_text("utf-8")).items():
        if unknown := set(row.get("asks", {})) - set(COLUMNS):
            raise BadKind(f"{FILE.name} {key}：没有这一栏 {'、'.join(sorted(unknown))}")
        if row["group"] not in GROUPS:
            raise BadKind(f"{FILE.name} {key}：没有这一本台账 {row['group']}")
        found[key] = Kind(
            key, row["label"], row["group"], row.get("asks", {}), questions(row.get("questions", ()), f"{FILE.name} {key}"),
            tuple(row.get("by", ())), row.get("duty", ""), row.get("note", ""),
        )  # fmt: skip
    return found


@transaction.atomic
def save(activity, *, people=(), by, on, version=None):
    """Write an activity; it counts at once, and the duty it meets is done."""
    require(by, "meeting.edit", at=activity.branch)
    kind = kinds()[activity.kind]
    if not kind.kept_by(activity.branch):
        raise ValidationError(f"“{kind.label}”不由{activity.branch}登记。")
    if activity.held_on > on:
        raise ValidationError({"held_on": "日期在今天以后，办完再登记。"})
    if activity.about_id and not activity.about.path.startswith(activity.branch.path):
        raise ValidationError({"about": "只能选本级以下的党组织。"})
    if activity.pk:
        locked = Activity.objects.select_for_update().get(pk=activity.pk)
        if locked.withdrawn_at:
            raise ValidationError("这条记录已经撤销，不能再改。")
        locked.claim(version)
        activity.version = locked.version
    else:
        activity.created_by = by
    activity.assessment_year = activity.held_on.year
    duties.refuse_locked(_open_duties(activity, kind), on=on)
    activity.full_clean()
    activity.save()
    activity.people.set(people)
    duties.withdraw(LABEL, [activity.pk])
    _meet([activity])
    audit.record("activity.save", activity, by=by, kind=activity.kind, held_on=str(activity.held_on))
    return activity


@transaction.atomic
def withdraw(activity, *, by):
    """Take an activity back: it stays on record as withdrawn and no longer counts."""
    activity = Activity.objects.select_for_update(of=("self",)).select_related("branch").get(pk=activity.pk)
    require(by, "meeting.edit", at=activity.branch)
    if activity.withdrawn_at:
        raise ValidationError("这条记录已经撤销。")
    activity.withdrawn_by, activity.withdrawn_at = by, timezone.now()
    activity.version += 1
    activity.save(update_fields=["withdrawn_by", "withdrawn_at", "version"])
    duties.withdraw(LABEL, [activity.pk])
    audit.record("activity.withdraw", activity, by=by)
    return activity


def _open_duties(activity, kind):
    """The duties that a record of this kind and day would meet and does not meet yet."""
    if not kind.duty:
        return []
    known = set(Fulfilment.objects.filter(label=LABEL, object_id=activity.pk or 0).values_list("duty", flat=True))
    found = duties.met_by(activity.branch, [(kind.duty, activity.held_on.year)], activity.held_on)
    return [duty for duty in found if duty.pk not in known]


def _meet(activities):
    rows = [
        (each.branch_id, kinds()[each.kind].duty, each.assessment_year, each.pk, each.held_on)
        for each in activities
        if kinds()[each.kind].duty
    ]
    return duties.fulfil(LABEL, rows)


def meet_again(year):
    """Match a year's activities with its duties once more. Safe to repeat."""
    asked = [kind.key for kind in kinds().values() if kind.duty]
    return _meet(Activity.objects.counted().filter(assessment_year=year, kind__in=asked))
