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

from assessment import balance, canonical, freshness, ranking, scoring
from assessment import scheme as schemes
from assessment.models import Forecast, Scheme
from assessment.result import ZERO
from duties.models import Duty, label_of
from jobs.copying import put

KEY = ("year", "branch", "month")
FORM = 3  # of what is kept for the pages; a row of an earlier one is made anew


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
    scores = ranking.ranked(scoring.evaluate(inputs), content, inputs.period)
    undone, month = _undone(branches, content, year, on), on.replace(day=1)

    def kept():
        for score, (pk, text) in zip(scores, canonical.rows(inputs), strict=True):
            own = _own(score, text, undone.get(pk, {}), on)
            yield Forecast(
                year=year, kind=kind, branch=score.branch, month=month, on=on, seen=seen, computed_at=now, ranked_at=now,
                rank=score.rank, grade=score.grade, group=score.group, **_figures(score, own),
                content=_of_pass(score) | {"own": own},
            )  # fmt: skip

    with transaction.atomic():
        put(kept(), KEY)
        _slim(Forecast.objects.filter(year=year, kind=kind, month__lt=month))
    return len(scores)


def _slim(rows):
    """Of a month that is over only the figures stay."""
    without = Func(F("content"), Value("own"), template="(%(expressions)s)", arg_joiner=" - ", output_field=JSONField())
    rows.filter(content__has_key="own").update(content=without)


def _figures(score, own):
    return {"total": score.total, "still": score.still, "lost": Decimal(own["lost"]), "judged": score.judged}


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
    if (
        row
        and row.on == on
        and row.content.get("own", {}).get("form") == FORM
        and not freshness.has_moved_for(branch, row.seen)
    ):
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
    own = _own(score, next(canonical.rows(inputs))[1], _undone(alone, content, year, on).get(branch.pk, {}), on)
    fresh = {"on": on, "seen": seen, "computed_at": now}
    if row is None or row.month != month:
        row = Forecast(
            year=year, kind=kind, branch=branch, month=month, **fresh, **_figures(score, own),
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
    gone, unsure = balance.short(score, on)
    parts = balance.of_score(score, gone, unsure)
    return {
        "form": FORM, "total": None if score.total is None else str(score.total), "still": str(score.still),
        "judged": str(score.judged), "lost": str(sum((row["points"] for row in gone), ZERO)),
        "balance": parts and {name: str(points) for name, points in parts.items()},
        "gains": balance.gains(score, undone), "losses": [row | {"points": str(row["points"])} for row in gone], "inputs": text,
        "result": canonical.result_text(score, ""),
    }  # fmt: skip


def _undone(branches, content, year, on):
    """branch id → rule → what can still be met, the first first: (words, first day, last day with full points). One query."""
    rows = Duty.objects.filter(
        branch__in=branches, year=year, rule__in=balance.wanted(content), ends_on__gte=on, met_on=None
    )
    rows = rows.order_by("branch", "rule", "opens_on").values_list(
        "branch", "rule", "year", "period", "notice__title", "opens_on", "due_on", "ends_on"
    )
    found = {}
    for (branch, rule), several in groupby(rows.iterator(), key=lambda row: row[:2]):
        found.setdefault(branch, {})[rule] = [
            (notice or label_of(of, period), opens_on, due_on if due_on >= on else ends_on)
            for _, _, of, period, notice, opens_on, due_on, ends_on in several
        ]
    return found
