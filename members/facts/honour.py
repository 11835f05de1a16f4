"""Honours as numbers: points of an organisation's titles, and how many were commended."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from branches.facts.dossier import named
from members.models import Honour
from members.models.honour import Level
from rulebook.book import value
from rulebook.facts import Fact

LEVELS = {label: key for key, label in Level.choices}


def titles(branches, period, *, most):
    """branch id → Fact: points of the organisation's own titles of the year, of one matter only the highest, at most `most`.

    Both count: honours received, and what the organisation strove for and was named (`branches.Title` with a level).

    What members received for themselves does not count for the branch; nor does what was taken back by the day.
    None while the county has recorded no organisation's title of the year, or had laid down no points for one.
    """
    rows, said = _valid(period.year, period.on).filter(member=None), value("honour.points", on=period.end)
    if said is None:
        return None
    points = {level: Decimal(str(number)) for level, number in said.items()}
    of_branch = defaultdict(list)
    for row in rows.order_by("conferred_on", "pk").only("branch", "matter", "title", "level", "number"):
        of_branch[row.branch_id].append(row)
    won = named(branches, period.year, min(period.on, period.end))
    if not of_branch and not won:
        return None
    return {
        branch: _titles(of_branch.get(branch, ()), won.get(branch, ()), points, Decimal(most))
        for branch in branches.values_list("pk", flat=True)
    }


def _titles(honours, won, points, most):
    """`honours` of one organisation, and the `Title` rows that it `won`; what is on record as both counts once."""
    best = {}
    for row in honours:
        _take(best, row.matter.strip() or row.pk, points.get(row.level, Decimal(0)), row.title, row.get_level_display())
    for title in won:
        level = LEVELS.get(title.level)
        same = [row for row in honours if _is_same(row, title)]
        matter = (same[0].matter.strip() or same[0].pk) if same else title.entry.label
        _take(best, matter, points.get(level, Decimal(0)), str(title.entry), title.level)
    got = sum((number for number, _ in best.values()), Decimal(0))
    count = len(honours) + len(won)
    beside = f"；同一事项另有 {count - len(best)} 项不重复计" if count > len(best) else ""
    kind, rows = ("members.Honour", honours) if honours else ("branches.Title", won)
    words = "、".join(words for _, words in best.values()) or "当年没有登记荣誉和命名"
    return Fact(min(got, most), most, kind, tuple(sorted(row.pk for row in rows)), note=words + beside)


def _take(best, matter, number, label, level):
    """Keep the highest of a matter."""
    if matter not in best or number > best[matter][0]:
        best[matter] = (number, f"{label}（{level}）")


def _is_same(honour, title):
    """Whether an honour on record is this very title: by the number of the paper, or by its matter."""
    words = (honour.matter.strip(), honour.title.strip())
    return bool(title.number and honour.number == title.number) or title.entry.label in words


def commended(branches, year, *, on):
    """(organisations, members) commended in a year, for 述职: each honour counts once (表彰 组织X、个人X)."""
    rows = _valid(year, on).filter(branch__in=branches).values_list("member", flat=True)
    persons = sum(member is not None for member in rows)
    return len(rows) - persons, persons


def _valid(year, on):
    days = (date(year, 1, 1), min(on, date(year, 12, 31)))
    return Honour.objects.filter(conferred_on__range=days).exclude(revoked_on__lte=on)
