"""Whether a branch is set up as the rules ask (组织设置)."""

from collections import Counter
from decimal import Decimal

from django.db.models import Count, Q

from branches.models import Branch, OrgChange, Term
from members import faults, structure, vacancies
from members.models import Membership
from rulebook.book import value
from rulebook.facts import Fact


def setting(branches, period):
    """branch id → Fact: points in which a branch's setting does not agree with the rules (组织设置), in words; no mere hints.

    Source: 《中国共产党支部工作条例（试行）》第二章、第六章.
    """
    return {
        pk: Fact(Decimal(len(words)), None, "branches.Branch", (pk,), words)
        for pk, points in faults.found(branches, period.on).items()
        for words in [tuple(fault.words for fault in points if not fault.is_hint)]
    }


def setting_return(branches, period):
    """branch id → Fact: the figures of the half-yearly return for each organisation and all below it, as lines of `note`;
    `missing` are the points to be mended, counted by kind. A constant number of queries."""
    paths = dict(Branch.objects.filter(pk__in=branches).values_list("pk", "path"))
    known = {branch.pk: branch for branch in Branch.objects.at_work(period.on)}
    points, heads = faults.found(list(known.values()), period.on), structure.heads(period.on)
    changes = OrgChange.objects.filter(on__range=(period.start, min(period.on, period.end)))
    acts = list(changes.values_list("branch__path", "kind"))
    labels = dict(OrgChange.Kind.choices)
    found = {}
    for pk, path in paths.items():
        inside = [branch for branch in known.values() if branch.path.startswith(path)]
        kinds = Counter(branch.get_kind_display() for branch in inside if branch.pk != pk)
        members = [heads[branch.pk] for branch in inside if branch.pk in heads]
        open_points = Counter(fault.rule.label for branch in inside for fault in points[branch.pk] if not fault.is_hint)
        done = Counter(labels[kind] for where, kind in acts if where.startswith(path))
        lines = (
            f"下级党组织 {sum(kinds.values())} 个{_counted(kinds)}",
            f"党员 {sum(row.members for row in members)} 人，其中正式党员 {sum(row.full for row in members)} 人",
            f"本期组织设置变动 {sum(done.values())} 项{_counted(done)}",
        )
        missing = tuple(f"{label} {count} 个" for label, count in open_points.items())
        found[pk] = Fact(
            Decimal(sum(open_points.values())), None, "branches.Branch", (pk,), missing, note="\n".join(lines)
        )
    return found


def _counted(counter):
    words = "、".join(f"{label} {count} 个" for label, count in counter.items())
    return f"：{words}" if words else ""


def adjusted(branches, period):
    """branch id → Fact: how many organisations at or below it had their setting adjusted in the year (优化调整 X 个).

    Which changes count is a rule; one organisation counts once, however many changes it had.
    None while the county has entered no change of the year. Two queries.
    """
    kinds = value("setting.counted", on=period.end)["kinds"]
    rows = OrgChange.objects.filter(on__range=(period.start, min(period.on, period.end)))
    every = list(rows.values_list("pk", "branch", "branch__path", "kind"))
    if not every:
        return None
    changed = [row[:3] for row in every if row[3] in kinds]
    found = {}
    for pk, path in Branch.objects.filter(pk__in=branches).values_list("pk", "path"):
        inside = [(row, branch) for row, branch, where in changed if where.startswith(path)]
        found[pk] = Fact(
            Decimal(len({branch for _, branch in inside})), None, "branches.OrgChange", tuple(row for row, _ in inside)
        )  # fmt: skip
    return found


def days_without_secretary(branches, period):
    """branch id → Fact: days for which the seat of the secretary has been empty, of those where it is. Two queries."""
    terms = Term.objects.filter(branch__in=branches)
    serving = {term.branch_id: term for term in terms.on(period.on)}
    found = {}
    for branch, vacancy in vacancies.found(terms, period.on).items():
        if vacancy.has_no_secretary:
            since = vacancy.secretary_since or serving[branch].started_on
            words = (f"书记自 {since:%Y-%m-%d} 起空缺",)
            found[branch] = Fact(
                Decimal((period.on - since).days), None, "branches.Term", (serving[branch].pk,), words
            )  # fmt: skip
    return found


def full_members(branches, period):
    """branch id → Fact: its full members on the day. One query."""
    full = Q(memberships__in=Membership.objects.on(period.on).filter(kind=Membership.Kind.FULL))
    rows = Branch.objects.filter(pk__in=branches).annotate(full=Count("memberships", filter=full, distinct=True))
    return {pk: Fact(Decimal(count), None, "branches.Branch", (pk,)) for pk, count in rows.values_list("pk", "full")}
