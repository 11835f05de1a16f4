"""Whom a class is for and how many each may send. A class without a quota is for all below its owner."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Branch
from training import classes
from training.models import ClassQuota, Enrolment

MOST_PLACES = 999
PLANNABLE = (classes.State.PLANNED, classes.State.OPEN, classes.State.RUNNING)


def below(training_class, on):
    """The organisations that a class may be for."""
    path = training_class.branch.path
    return Branch.objects.at_work(on).filter(path__startswith=path).exclude(pk=training_class.branch_id)


def enrolled(training_class):
    """Paths of the organisations of everybody on the roll, one for each person. One query."""
    found = Enrolment.objects.filter(training_class=training_class, branch__isnull=False).on_roll()
    return list(found.values_list("branch__path", flat=True))


@transaction.atomic
def add(training_class, branches, places, *, by, on):
    """Address a class to these organisations too, each with so many places (None: as many as come). Returns how many were added."""
    row = classes.lock(training_class, by=by, states=PLANNABLE)
    _sensible(places)
    known = set(row.quotas.values_list("branch", flat=True))
    chosen = [
        branch for branch in below(row, on).filter(pk__in=[branch.pk for branch in branches]) if branch.pk not in known
    ]
    if not chosen:
        raise ValidationError("请勾选还没有名额的党组织。")
    if not known and row.state != classes.State.PLANNED:
        _nobody_left_out(row, [branch.path for branch in chosen])
    ClassQuota.objects.bulk_create(ClassQuota(training_class=row, branch=branch, places=places) for branch in chosen)
    audit.record("training.quota_add", row, by=by, branches=len(chosen), places=places)
    return len(chosen)


@transaction.atomic
def change(training_class, places, *, by):
    """Set the places of those addressed: `places` quota pk → number or None. What is left out stays as it is."""
    row = classes.lock(training_class, by=by, states=PLANNABLE)
    come, changed = enrolled(row), []
    for quota in row.quotas.select_for_update(of=("self",)).filter(pk__in=places).select_related("branch"):
        wanted = places[quota.pk]
        _sensible(wanted)
        taken = sum(path.startswith(quota.branch.path) for path in come)
        if wanted is not None and wanted < taken:
            raise ValidationError(f"{quota.branch}已经报了 {taken} 人，名额不能少于 {taken}。")
        if wanted != quota.places:
            quota.places = wanted
            changed.append(quota)
    ClassQuota.objects.bulk_update(changed, ["places"])
    if changed:
        audit.record("training.quota_edit", row, by=by, branches=len(changed))
    return len(changed)


@transaction.atomic
def remove(training_class, pks, *, by):
    """No longer address a class to these; without any left it is for all below its owner."""
    row = classes.lock(training_class, by=by, states=PLANNABLE)
    kept = [quota.branch.path for quota in row.quotas.exclude(pk__in=pks).select_related("branch")]
    if kept:
        _nobody_left_out(row, kept)
    count, _ = row.quotas.filter(pk__in=pks).delete()
    if count:
        audit.record("training.quota_remove", row, by=by, branches=count)
    return count


def _nobody_left_out(row, paths):
    """Raises when somebody on the roll would come from an organisation that is no longer addressed."""
    outside = [path for path in enrolled(row) if not path.startswith(tuple(paths))]
    if outside:
        names = Branch.objects.filter(path__in=outside).in_order().values_list("name", flat=True)
        raise ValidationError(f"{'、'.join(names[:3])}已经有人报名，不能不在名额里；请先请他们退出报名。")


def _sensible(places):
    if places is not None and not 0 < places <= MOST_PLACES:
        raise ValidationError(f"名额填 1 到 {MOST_PLACES} 的整数，不限的空着。")
