"""The year's figures of recruitment as of a day (积极分子、发展对象、新接收、转正), with the people behind each number.

Read from the steps that hold on that day, so that a past year gives the same again. Who is taken in or made a full member
counts in the year of the approval (批复). No number is set beside another branch's: 禁止突击发展.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef

from members.models import Backbone, LeadingCadre
from recruitment import steps
from recruitment.legality import Act, Case, standing
from recruitment.models import Application, ApplicationStay, RoadStep
from recruitment.road import BESIDE

Stage = Application.Stage
HEADS = re.compile("校长|园长|院长|书记")
LABELS = {
    "activists": "入党积极分子", "confirmed": "新确定积极分子", "prospects": "发展对象", "chosen": "新确定发展对象",
    "admitted": "新接收预备党员", "converted": "转正",
}  # fmt: skip
IN_YEAR = {
    "confirmed": "confirm_activist", "chosen": "prospect_filing", "admitted": "committee_approval",
    "converted": "conversion_approval",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody behind a number: the file, the branch of that day, since when; 业务骨干 or 学校领导 on that day."""

    application: Application
    branch: int
    on: date
    is_backbone: bool = False
    is_head: bool = False


@dataclass(frozen=True)
class Figures:
    """`people`: key of `LABELS` → [Person], as of `on`."""

    year: int
    on: date
    people: dict

    def count(self, key):
        return len(self.people[key])

    @property
    def backbones(self):
        return sum(person.is_backbone for person in self.people["admitted"])

    @property
    def heads(self):
        return sum(person.is_head for person in self.people["admitted"])


def of_year(applications, year, *, on):
    """Figures of a year as of its last day, or of `on` when that comes first. Five queries; `applications` is a queryset."""
    until = min(date(year, 12, 31), on)
    rows = {row.pk: row for row in applications.filter(applied_on__lte=until).select_related("member", "branch")}
    acts = _acts(rows, until)
    places = _places(rows, until)
    found = {key: [] for key in LABELS}
    for pk, row in rows.items():
        case = Case(tuple(acts.get(pk, ())))
        held = standing(case)
        if not held:
            continue
        for key, step in IN_YEAR.items():
            if step in held and held[step][-1].on.year == year:
                found[key].append(Person(row, held[step][-1].data["branch"], held[step][-1].on))
        if row.outcome and row.ended_on <= until:
            continue
        stage, _, since = steps.where(case)
        key = {Stage.ACTIVIST: "activists", Stage.PROSPECT: "prospects", Stage.ADMISSION: "prospects"}.get(stage)
        if key:
            found[key].append(Person(row, places.get(pk, row.branch_id), since))
    votes = {pk: _vote_on(acts[pk]) for pk in acts}
    found["admitted"] = _marked(found["admitted"], votes)
    return Figures(year, until, found)


def entered(applications, first, last):
    """Key of `IN_YEAR` → how many people took that step in the stretch. At most two queries."""
    return {key: len(people) for key, people in who_entered(applications, first, last).items()}


def who_entered(applications, first, last):
    """Key of `IN_YEAR` → {key of the file: day} of who took that step in the stretch. At most two queries.

    The same people as `of_year` gives for its year: a file in which something was taken back is judged by all its steps.
    """
    keys = {step: key for key, step in IN_YEAR.items()}
    taken = RoadStep.objects.filter(
        application__in=applications, step__in=keys, on__range=(first, last), is_undone=False
    )
    undone = RoadStep.objects.filter(application=OuterRef("application"), is_undone=True).exclude(step__in=BESIDE)
    found, doubtful = {key: {} for key in IN_YEAR}, set()
    rows = taken.annotate(is_doubtful=Exists(undone)).order_by()
    for application, step, day, is_doubtful in rows.values_list("application", "step", "on", "is_doubtful"):
        if is_doubtful:
            doubtful.add(application)
        else:
            found[keys[step]][application] = day
    for application, acts in (_acts(doubtful, last) if doubtful else {}).items():
        held = standing(Case(tuple(acts)))
        for step, key in keys.items():
            if step in held and first <= held[step][-1].on <= last:
                found[key][application] = held[step][-1].on
    return found


def _acts(rows, until):
    found = defaultdict(list)
    taken = RoadStep.objects.filter(application__in=rows, on__lte=until).exclude(step__in=BESIDE).order_by("pk")
    for application, branch, step, day, undone in taken.values_list("application", "branch", "step", "on", "is_undone"):
        found[application].append(Act(step, day, {"branch": branch}, undone))
    return found


def _vote_on(acts):
    held = standing(Case(tuple(acts)))
    return held["branch_vote"][-1].on if "branch_vote" in held else None


def _places(rows, until):
    """application → the branch in which the person was led on that day."""
    stays = ApplicationStay.objects.filter(application__in=rows, started_on__lte=until).order_by("started_on")
    return dict(stays.values_list("application", "branch"))


def _marked(people, votes):
    """Who was 业务骨干 or 学校领导 on the day of the branch's vote; a start that was only estimated says nothing."""
    members = {person.application.member_id for person in people}
    backbones, cadres = defaultdict(list), defaultdict(list)
    rows = Backbone.objects.filter(member__in=members, start_estimated=False)
    for member, start, end in rows.values_list("member", "started_on", "ended_on"):
        backbones[member].append((start, end))
    for member, start, end in LeadingCadre.objects.filter(member__in=members).values_list(
        "member", "started_on", "ended_on"
    ):
        cadres[member].append((start, end))
    found = []
    for person in people:
        member = person.application.member
        day = votes.get(person.application.pk) or person.on
        is_head = _on(cadres[member.pk], day) or bool(HEADS.search(member.position))
        found.append(Person(person.application, person.branch, person.on, _on(backbones[member.pk], day), is_head))
    return found


def _on(stretches, day):
    return any(start <= day and (end is None or day <= end) for start, end in stretches)
