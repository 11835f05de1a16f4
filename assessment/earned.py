"""From a record to the points it earned: what each item of the year's score owes to this one record."""

from decimal import Decimal

from django.apps import apps
from django.urls import reverse

from assessment import forecast, results, scoring
from assessment.judging import kind_of
from assessment.result import SCORED, ZERO, cents
from assessment.sheet import EVIDENCE
from branches.models import Branch
from duties.models import Duty

# What is looked at → where its organisation and its years stand (None: it is of many organisations, so the reader's own counts).
PAGES = {
    "meetings.Meeting": (("branch",), "kinds__assessment_year"),
    "meetings.Activity": (("branch",), "assessment_year"),
    "duties.Duty": (("branch",), "year"),
    "duties.Filing": (("duty__branch",), "duty__year"),
    "branches.Notice": (None, "deadline_on__year"),
    "branches.Inspection": (("branch",), "visited_on__year"),
    "branches.OrgChange": (("branch",), "on__year"),
    "branches.Screening": (("branch",), "campaign__year"),
    "branches.Rectification": (("branch",), "due_on__year"),
    "branches.Title": (("branch",), "named_on__year"),
    "members.Appraisal": (("branch",), "year"),
    "members.MassPoll": (("branch",), "year"),
    "members.Honour": (("branch",), "conferred_on__year"),
    "members.Transfer": (("from_branch", "to_branch"), "issued_on__year"),
    "training.ClassSession": (None, "held_on__year"),
    "recruitment.Application": (("branch",), "steps__on__year"),
    "assessment.SecretaryReview": (("branch",), "campaign__year"),
}
# What a page holds several of: the evidence itself and how it points at what is looked at.
PARTS = {
    "duties.Duty": ("duties.Filing", "duty"),
    "recruitment.Application": ("recruitment.RoadStep", "application"),
}
YEARS = 3  # the newest that are looked at
NOT_POINTS = {"cap", "veto"}  # they limit a grade and give nothing


def shares(part, options, duties):
    """Record key → points of the part, to the cent; together they are the part's points exactly.

    Where each duty stands for itself, its first record has what the duty gave. What counts together is shared out equally.
    """
    weights = {}
    if options.get("rule"):
        late = Decimal(str(options.get("late", 1)))
        for duty in sorted(duties, key=lambda duty: duty.opens_on):
            first = first_of(duty, part)
            for done in _counted(duty, part):
                weights.setdefault(done.object_id, ZERO)
            if first:
                weights[first.object_id] += late if first.on > duty.due_on else 1
    else:
        weights = dict.fromkeys(part.fact.pks, Decimal(1))
    whole, reached, given, found = sum(weights.values(), ZERO), ZERO, ZERO, {}
    for key, weight in weights.items():
        reached += weight
        up_to = cents(part.points * reached / whole) if whole else ZERO
        found[key], given = up_to - given, up_to
    return found


def _counted(duty, part):
    """What met the duty and was counted: what came after a year was sealed is not."""
    return [done for done in duty.fulfilments.all() if done.object_id in part.fact.pks]


def first_of(duty, part):
    """The record by which a duty was met first; None where it was not."""
    return min(_counted(duty, part), key=lambda done: (done.on, done.pk), default=None)


def found_for(user, label, pk, *, on):
    """The record and the lines of what it earned, of the organisations whose score `user` may see; None: nothing to see."""
    if label not in PAGES or not (label in EVIDENCE or label in PARTS):
        return None
    record = apps.get_model(label).objects.visible_to(user).filter(pk=pk).first()
    if record is None:
        return None
    evidence, keys = label, {pk}
    if label in PARTS:
        evidence, lookup = PARTS[label]
        keys = set(apps.get_model(evidence).objects.filter(**{lookup: pk}).values_list("pk", flat=True))
    lines = []
    for branch in _branches(user, label, pk):
        for year in _years(label, pk, on):
            lines += _lines(branch, year, evidence, keys, on)
    return record, lines


def _branches(user, label, pk):
    """The record's organisations within the reader's sight; the reader's own branch where there is just one of it."""
    seen = Branch.objects.visible_to(user, verb="score.see").in_order()
    own = list(seen.graded()[:2])
    found = own if len(own) == 1 else []
    for lookup in PAGES[label][0] or ():
        found += seen.filter(pk__in=apps.get_model(label).objects.filter(pk=pk).values(lookup))
    return list(dict.fromkeys(found))


def _years(label, pk, on):
    """The years in which the record may count, the newest first; a brand goes on counting."""
    told = apps.get_model(label).objects.filter(pk=pk).values_list(PAGES[label][1], flat=True)
    return sorted({on.year, *(year for year in told if year and year <= on.year)}, reverse=True)[:YEARS]


def _lines(branch, year, label, keys, on):
    day, kind = scoring.last_day(year, on), kind_of(branch, year)
    if results.sealed(year, kind):
        standing = results.standing(year, on=day, kind=kind, only={branch.pk})
        score, stage = next(iter(standing.scores), None), standing.seal.get_stage_display()
    else:
        row = forecast.latest(branch, year, on=day, kind=kind)
        score, stage = row and forecast.score_of(row), "预估"
    if score is None:
        return []
    parts = {part["key"]: part for item in score.content["items"] for part in item["parts"]}
    counted = [
        (item, part)
        for item in score.items
        for part in item.parts
        if part.state == SCORED and part.fact and part.fact.model == label and keys & set(part.fact.pks)
        and parts[part.key]["by"] not in NOT_POINTS
    ]  # fmt: skip
    rules = {parts[part.key].get("options", {}).get("rule") for _, part in counted} - {None}
    duties = list(Duty.objects.filter(branch=branch, year=year, rule__in=rules).prefetch_related("fulfilments"))
    return [
        _line(branch, year, stage, score, item, part, parts[part.key].get("options", {}), duties, keys)
        for item, part in counted
    ]


def _line(branch, year, stage, score, item, part, options, duties, keys):
    mine = [duty for duty in duties if duty.rule == options.get("rule")]
    given = shares(part, options, mine)
    dimension = next((each.label for each in score.dimensions if each.key == item.dimension), "加分")
    return {
        "branch": branch, "year": year, "stage": stage, "dimension": dimension, "code": item.code, "label": part.label,
        "points": sum((given.get(key, ZERO) for key in keys), ZERO), "of": part.points, "most": part.most,
        "words": _of_duties(mine, part, keys) if options.get("rule") else _together(part, keys), "source": item.source,
        "url": reverse("assessment:sheet", args=[year, branch.pk]),
    }  # fmt: skip


def _of_duties(duties, part, keys):
    """10 月的；9 月的已有更早的一条计分."""
    found = []
    for duty in sorted(duties, key=lambda duty: duty.opens_on):
        if not any(done.object_id in keys for done in _counted(duty, part)):
            continue
        first = first_of(duty, part)
        if first.object_id not in keys:
            found.append(f"{duty.label}已有更早的一条记录计分，这条不再计")
        else:
            found.append(duty.label + ("，迟办" if first.on > duty.due_on else ""))
    return "；".join(found)


def _together(part, keys):
    """How a record that counts with others has its share."""
    number, mine = len(part.fact.pks), len(keys & set(part.fact.pks))
    if number == mine:
        return part.reason
    return f"与另外 {number - mine} 条记录一起算（{part.reason}），按条平均"
