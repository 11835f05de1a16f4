"""Honours as numbers: points of an organisation's titles, and how many were commended."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from members.models import Honour
from rulebook.book import value
from rulebook.facts import Fact


def titles(branches, period, *, most):
    """branch id → Fact: points of the organisation's own titles of the year, of one matter only the highest, at most `most`.

    What members received for themselves does not count for the branch; nor does what was taken back by the day.
    None while the county has recorded no organisation's title of the year, or had laid down no points for one.
    """
    rows, said = _valid(period.year, period.on).filter(member=None), value("honour.points", on=period.end)
    if said is None:
        return None
    points = {level: Decimal(str(number)) for level, number in said.items()}
    of_branch = defaultdict(list)
    for row in rows.order_by("conferred_on", "pk"):
        of_branch[row.branch_id].append(row)
    if not of_branch:
        return None
    return {
        branch: _titles(of_branch.get(branch, ()), points, Decimal(most))
        for branch in branches.values_list("pk", flat=True)
    }


def _titles(rows, points, most):
    best = {}
    for row in rows:
        matter = row.matter.strip() or row.pk
        if matter not in best or points.get(row.level, 0) > points.get(best[matter].level, 0):
            best[matter] = row
    got = sum((points.get(row.level, Decimal(0)) for row in best.values()), Decimal(0))
    words = [f"{row.title}（{row.get_level_display()}）" for row in best.values()]
    beside = f"；同一事项另有 {len(rows) - len(best)} 项不重复计" if len(rows) > len(best) else ""
    return Fact(
        min(got, most), most, "members.Honour", tuple(sorted(row.pk for row in rows)), note="、".join(words) + beside
    )


def commended(branches, year, *, on):
    """(organisations, members) commended in a year, for 述职: each honour counts once (表彰 组织X、个人X)."""
    rows = _valid(year, on).filter(branch__in=branches).values_list("member", flat=True)
    persons = sum(member is not None for member in rows)
    return len(rows) - persons, persons


def _valid(year, on):
    days = (date(year, 1, 1), min(on, date(year, 12, 31)))
    return Honour.objects.filter(conferred_on__range=days).exclude(revoked_on__lte=on)
