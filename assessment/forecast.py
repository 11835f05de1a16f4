"""预估得分 all year: every branch in one pass, kept by the month; one branch anew when something of it was recorded since.

A row holds two things. Its columns are of the last pass over everybody, so that totals, ranks and grades of a list agree with
each other. `content["own"]` is the branch's newest score: what its secretary reads. A year that is sealed has no forecast.
"""

from datetime import date
from decimal import Decimal
from itertools import groupby

from django.db import transaction
from django.db.models import F, Func, JSONField, Value
from django.utils import timezone

from assessment import canonical, freshness, ranking, scoring
from assessment import scheme as schemes
from assessment.models import Forecast, Scheme
from assessment.result import SCORED, ZERO, cents
from duties.models import Duty, label_of

BATCH = 500
NAMED = 3  # periods that are named one by one
KEY = ("year", "branch", "month")
# What is short today may be there before the year is over; of everything else a period that is over does not come back.
MENDABLE = {
    "branches.facts.brands", "meetings.facts.attendance", "members.facts.mass_poll", "members.facts.titles",
    "recruitment.facts.backbone_share", "training.facts.hours_reached",
}  # fmt: skip


def years(today):
    """The years that still move: this one, and until the end of March the one before."""
    return [today.year - 1, today.year] if today <= date(today.year, 3, 31) else [today.year]


# --- everybody, in one pass


def run(year, *, on, kind=Scheme.Kind.BRANCH):
    """Grade everybody once and keep a row of each for the month. Safe to run twice or at the same time. Returns how many."""
    now = timezone.now()
    seen, content = freshness.newest(now), schemes.in_force(year, kind)
    branches = scoring.graded(year, on=on, kind=kind)
    inputs = scoring.gather(branches, year, on=on, content=content, kind=kind)
    texts = canonical.texts(inputs)[2]
    scores = ranking.ranked(scoring.evaluate(inputs), content, inputs.period)
    undone = _undone(branches, content, year, on)
    month = on.replace(day=1)
    rows = [
        Forecast(
            year=year, kind=kind, branch=score.branch, month=month, on=on, seen=seen, computed_at=now, ranked_at=now,
            rank=score.rank, grade=score.grade, group=score.group, **_figures(score, on),
            content=_of_pass(score) | {"own": _own(score, texts[score.branch.pk], undone.get(score.branch.pk, {}), on)},
        )
        for score in scores
    ]  # fmt: skip
    written = [field.name for field in Forecast._meta.concrete_fields if field.name not in ("id", *KEY)]
    with transaction.atomic():
        Forecast.objects.bulk_create(
            rows, batch_size=BATCH, update_conflicts=True, unique_fields=KEY, update_fields=written
        )
        _slim(Forecast.objects.filter(year=year, kind=kind, month__lt=month))
    return len(rows)


def _slim(rows):
    """Of a month that is over only the figures stay."""
    without = Func(F("content"), Value("own"), template="(%(expressions)s)", arg_joiner=" - ", output_field=JSONField())
    rows.filter(content__has_key="own").update(content=without)


def _figures(score, on):
    gone = sum((row["points"] for row in losses(score, on)), ZERO)
    return {"total": score.total, "still": score.still, "lost": gone, "judged": score.judged}


def _of_pass(score):
    return {
        "why": score.why,
        "dimensions": [
            {"key": each.key, "label": each.label, "points": None if each.points is None else str(each.points)}
            for each in score.dimensions
        ],
    }


# --- one branch


def latest(branch, year, *, on, kind=Scheme.Kind.BRANCH):
    """The branch's row with its newest score: as kept while nothing that may move it was recorded since, else computed now.

    None where the year does not grade it. The day counts too: what falls due tonight is lost tomorrow.
    """
    row = Forecast.objects.filter(year=year, branch=branch, kind=kind).order_by("-month").first()
    if row:
        row.branch = branch
    if row and row.on == on and "own" in row.content and not freshness.has_moved_for(branch, row.seen):
        return row
    return _renewed(branch, year, on, kind, row)


def _renewed(branch, year, on, kind, row):
    now = timezone.now()
    seen, content = freshness.newest(now), schemes.in_force(year, kind)
    alone = scoring.graded(year, on=on, kind=kind).filter(pk=branch.pk)
    inputs = scoring.gather(alone, year, on=on, content=content, kind=kind)
    found = scoring.evaluate(inputs)
    if not found:
        return None
    score, month = found[0], on.replace(day=1)
    own = _own(score, canonical.texts(inputs)[2][branch.pk], _undone(alone, content, year, on).get(branch.pk, {}), on)
    fresh = {"on": on, "seen": seen, "computed_at": now}
    if row is None or row.month != month:
        row = Forecast(
            year=year, kind=kind, branch=branch, month=month, **fresh, **_figures(score, on),
            content=_of_pass(score) | {"own": own},
        )  # fmt: skip
        Forecast.objects.bulk_create([row], ignore_conflicts=True)  # the pass of all may just have made it
        return row
    # Beside what the pass of all wrote, not over it.
    beside = Func(
        F("content"), Value({"own": own}, JSONField()), template="(%(expressions)s)", arg_joiner=" || ",
        output_field=JSONField(),
    )  # fmt: skip
    Forecast.objects.filter(pk=row.pk).update(content=beside, **fresh)
    row.on, row.seen, row.computed_at = on, seen, now
    row.content["own"] = own
    return row


def score_of(row):
    """The newest score of a row with its facts: the very one that the records gave, without reading them again."""
    own = row.content["own"]
    score, _ = canonical.score_of(schemes.in_force(row.year, row.kind), own["inputs"], own["result"])
    score.branch = row.branch
    score.rank, score.grade, score.group, score.why = row.rank, row.grade, row.group, row.content["why"]
    return score


def _own(score, text, undone, on):
    """What the pages of the branch read, as plain data."""
    gone = [{**row, "points": str(row["points"])} for row in losses(score, on)]
    return {
        "total": None if score.total is None else str(score.total), "still": str(score.still), "judged": str(score.judged),
        "lost": str(sum((Decimal(row["points"]) for row in gone), ZERO)), "gains": _gains(score, undone),
        "losses": gone, "inputs": text, "result": canonical.result_text(score, ""),
    }  # fmt: skip


def in_total(score, dimension, points):
    """Points of an item as points of the total, which is re-scaled inside the dimension and over the dimensions."""
    counted = sum((each.weight for each in score.dimensions if each.points is not None), ZERO)
    return points * dimension.weight / dimension.out_of * 100 / counted


def _undone(branches, content, year, on):
    """branch id → rule → what can still be met, the first first: (words, last day with full points). One query."""
    wanted = {options["rule"] for _, options in rules_of(content).items()}
    rows = Duty.objects.filter(branch__in=branches, year=year, rule__in=wanted, ends_on__gte=on, fulfilments=None)
    rows = rows.order_by("branch", "rule", "opens_on").values_list(
        "branch", "rule", "year", "period", "notice__title", "due_on", "ends_on"
    )
    found = {}
    for (branch, rule), several in groupby(rows.iterator(), key=lambda row: row[:2]):
        found.setdefault(branch, {})[rule] = [
            (notice or label_of(of, period), due_on if due_on >= on else ends_on)
            for _, _, of, period, notice, due_on, ends_on in several
        ]
    return found


def rules_of(content):
    """Part key → options of the parts that count duties."""
    return {
        part["key"]: part["options"]
        for item in content["items"]
        for part in item["parts"]
        if part.get("options", {}).get("rule")
    }


def _gains(score, undone):
    """What can still be had, most first: which matters, points of the total, and until when the first of them."""
    rules, found = rules_of(score.content), []
    for dimension in score.dimensions:
        for part in (part for item in dimension.items for part in item.parts if part.still):
            left = undone.get(rules.get(part.key, {}).get("rule"), ())
            found.append(
                {
                    "key": part.key, "words": several([words for words, _ in left]) + part.label, "count": len(left) or 1,
                    "points": str(cents(in_total(score, dimension, part.still))),
                    "until": min(until for _, until in left).isoformat() if left else None,
                }
            )  # fmt: skip
    return sorted(found, key=lambda row: -Decimal(row["points"]))


def several(labels):
    """11 月、12 月, or 2 月等 11 期: as much as one reads."""
    return "、".join(labels) if len(labels) <= NAMED else f"{labels[0]}等 {len(labels)} 期"


def losses(score, on):
    """What cannot be had any more, most first, with the reason. What people judge can be judged anew and is none of it."""
    facts = {part["key"]: part["fact"] for item in score.content["items"] for part in item["parts"] if "fact" in part}
    is_over, found = on > date(score.content["year"], 12, 31), []
    for dimension in score.dimensions:
        for part in (part for item in dimension.items for part in item.parts if part.state == SCORED and part.fact):
            short = part.most - part.points - part.still
            if short > 0 and (is_over or facts[part.key] not in MENDABLE):
                why = f"缺：{'、'.join(part.fact.missing)}" if part.fact.missing else part.reason
                found.append({"key": part.key, "words": part.label, "why": "；".join(filter(None, [why, _late(part)])),
                              "points": cents(in_total(score, dimension, short))})  # fmt: skip
    return sorted(found, key=lambda row: -row["points"])


def _late(part):
    return (
        next((words for words in part.fact.note.split("；") if words.startswith("迟办")), "")
        if part.fact.missing
        else ""
    )
