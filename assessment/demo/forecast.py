"""What the nights of the running year left behind: this month's 预估得分 as the records give it, the earlier months before it."""

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Max

from assessment import forecast, results, scoring
from assessment import scheme as schemes
from assessment.models import Forecast, Scheme
from assessment.result import cents

AT_ONCE = 2000
BEGAN = Decimal("0.3")  # of the points of today, when the year began: rates and what is judged are there from the start


def build(county, rng):
    for year in forecast.years(county.today):
        for kind in Scheme.Kind:
            if results.sealed(year, kind) is None:
                forecast.run(year, on=scoring.last_day(year, county.today), kind=kind)
    _earlier(county, rng)


def _earlier(county, rng):
    """One row for each branch and month that is over: towards what it has today, each at a pace of its own."""
    year, this = county.today.year, county.today.month
    bands = [(Decimal(str(row["at_least"])), row["label"]) for row in schemes.in_force(year)["grades"]]
    rows = Forecast.objects.filter(year=year, kind=Scheme.Kind.BRANCH, total__isnull=False)
    at = rows.aggregate(at=Max("ranked_at"))["at"]
    made = []
    for row in rows.order_by("branch"):
        pace = Decimal(rng.randint(90, 110)) / 100
        for month in range(1, this):
            share = Decimal(month) / this
            total = cents(min(row.total, row.total * (BEGAN + (1 - BEGAN) * share * pace)))
            lost = cents(row.lost * share)
            made.append(
                Forecast(
                    year=year, kind=row.kind, branch_id=row.branch_id, month=date(year, month, 1),
                    on=date(year, month + 1, 1) - timedelta(days=1), seen=0, computed_at=at, total=total, lost=lost,
                    still=max(Decimal(0), row.total + row.still + row.lost - total - lost),
                    judged=row.judged, group=row.group, grade=next(label for least, label in bands if total >= least),
                    content={"why": "", "dimensions": []},
                )
            )  # fmt: skip
    Forecast.objects.bulk_create(made, batch_size=AT_ONCE)
