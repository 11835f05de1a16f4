"""What an organisation may still send to a class, until when, and who has sent nobody yet."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from branches.models import Branch, above
from training.models import ClassQuota, Enrolment, TrainingClass

State = TrainingClass.State


@dataclass
class Places:
    """How many an organisation may still send: every quota given to it or above it has to leave room. Two queries."""

    training_class: TrainingClass
    quotas: list = field(init=False)
    taken: dict = field(init=False)

    def __post_init__(self):
        quotas = ClassQuota.objects.filter(training_class=self.training_class).select_related("branch")
        self.quotas = sorted(quotas, key=lambda quota: (quota.branch.path.count("/"), quota.branch.order, quota.pk))
        self._by_path = {quota.branch.path: quota for quota in self.quotas}
        self.taken = {quota.pk: 0 for quota in self.quotas}
        rows = Enrolment.objects.on_roll().filter(training_class=self.training_class, branch__isnull=False)
        for path, count in rows.order_by().values_list("branch__path").annotate(n=Count("pk")):
            self._take(path, count)

    def of(self, branch):
        """The quotas that bind an organisation: its own and those of the organisations above it."""
        return self._along(branch.path)

    def _along(self, path):
        return [self._by_path[each] for each in (*above(path), path) if each in self._by_path]

    def _take(self, path, count):
        for quota in self._along(path):
            self.taken[quota.pk] += count

    def is_for(self, branch):
        if not self.quotas:
            return branch.path.startswith(self.training_class.branch.path)
        return bool(self.of(branch))

    def left(self, branch):
        """How many places are free; None: as many as wanted."""
        free = [quota.places - self.taken[quota.pk] for quota in self.of(branch) if quota.places is not None]
        return max(0, min(free)) if free else None

    def refusal(self, branch):
        """Why no further person of that organisation fits, or nothing."""
        if not self.is_for(branch):
            return f"这个班次没有分给{branch}名额"
        for quota in self.of(branch):
            if quota.places is not None and self.taken[quota.pk] >= quota.places:
                return f"{quota.branch}的名额只有 {quota.places} 个，已报满"
        return ""

    def take(self, branch):
        self._take(branch.path, 1)


def deadline(training_class):
    """The last day on which organisations enrol by themselves."""
    return training_class.enrols_until or training_class.starts_on


def addressed(training_class, on):
    """The organisations that may send somebody, in 单位序."""
    paths = list(ClassQuota.objects.filter(training_class=training_class).values_list("branch__path", flat=True))
    below = Q(pk__in=[])
    for path in paths or [training_class.branch.path]:
        below |= Q(path__startswith=path)
    return Branch.objects.at_work(on).filter(below).in_order()


def open_to(classes, branches, on):
    """Those of these classes to which one of `branches` (a queryset) may send somebody, as keys. Two queries."""
    own = list(Branch.objects.at_work(on).filter(pk__in=branches.values("pk")).values_list("path", flat=True))
    meant = defaultdict(list)
    for key, path in ClassQuota.objects.filter(training_class__in=classes).values_list(
        "training_class", "branch__path"
    ):
        meant[key].append(path)
    return {
        row.pk
        for row in classes
        if any(path.startswith(to) for to in meant[row.pk] or [row.branch.path] for path in own)
    }


# --- who is still to enrol


def unenrolled(quotas):
    """The quotas among these from whose organisations, and those below them, nobody is on the roll."""
    sent = Enrolment.objects.on_roll().filter(
        training_class=OuterRef("training_class"), branch__path__startswith=OuterRef("branch__path")
    )
    return quotas.filter(~Exists(sent))


def waiting(branch, on):
    """The quotas of an organisation in classes open to it, until their last day, for which it has named nobody yet.

    With `until`, that last day (`deadline`), and the first to begin first.
    """
    quotas = ClassQuota.objects.filter(branch=branch, training_class__state=State.OPEN)
    quotas = quotas.exclude(training_class__kind=TrainingClass.Kind.REMEDIAL)
    last = Coalesce("training_class__enrols_until", "training_class__starts_on")
    return unenrolled(quotas).annotate(until=last).filter(until__gte=on).order_by("training_class__starts_on", "pk")


def missing(training_class, on):
    """The organisations from which nobody is on the roll: those with a quota, or every branch where there is none."""
    quotas = ClassQuota.objects.filter(training_class=training_class)
    if quotas.exists():
        return Branch.objects.at_work(on).filter(pk__in=unenrolled(quotas).values("branch")).in_order()
    sent = Enrolment.objects.on_roll().filter(training_class=training_class, branch__isnull=False)
    return addressed(training_class, on).graded().exclude(pk__in=sent.values("branch"))
