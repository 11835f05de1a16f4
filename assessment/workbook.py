"""The year's grades as a workbook to sign and as JSON to check: the same input gives the same bytes."""

import json
from datetime import datetime, time

from assessment import scheme as schemes
from assessment import workbook_sheets as sheets
from assessment.models import Seal
from branches.models import OrgChange
from duties.models import Duty
from meetings.facts import register
from meetings.models import MeetingKind
from office.writer import Workbook
from rulebook.facts import Period


def branch_facts(branches, year, *, on):
    """branch id → rows {kind, held, on_time, attended, due} of each kind that it owes or has held. Two queries."""
    period = Period.of_year(year, on=on)
    counted = {(row["branch"], row["of_kind"]): row for row in register(branches, period)}
    owed = set(Duty.objects.filter(branch__in=branches, year=year).order_by().values_list("branch", "rule").distinct())
    found = {}
    for kind in MeetingKind.Kind:
        for branch in {branch for branch, rule in counted.keys() | owed if rule == kind}:
            row = counted.get((branch, kind.value), {})
            found.setdefault(branch, []).append(
                {"kind": kind.label} | {name: row.get(name) or 0 for name in ("held", "on_time", "attended", "due")}
            )
    return found


def as_json(scores, year, *, on):
    """The grades as canonical JSON text, numbers as written in the workbook."""
    facts = branch_facts([score.branch for score in scores], year, on=on)
    names = _names(scores, year, on)
    number = sheets.number
    content = {
        "year": year,
        "branches": [
            {
                "branch": names[score.branch.pk],
                "facts": facts.get(score.branch.pk, []),
                "items": [
                    {"code": item.code, "points": number(item.points), "state": item.state, "reason": item.reason}
                    for item in score.items
                ],
                "total": number(score.total),
                "rank": score.rank,
                "grade": score.grade,
            }
            for score in scores
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def as_workbook(scores, year, *, on, standing=None, committees=None, folder=None):
    """The signed form (domain-rules §10 no. 8), items, objections, adjustments and evidence; totals are live formulas with
    their values.

    `standing`: where the scores come from, when they may be sealed; `committees`: that of 党委 and 党总支, for sheets of
    their own; `folder`: where a long one is written, so that memory does not grow with its rows.
    """
    until = min(on, Period.of_year(year, on=on).end)
    book = Workbook(title=f"{year}年度量化考核汇总表", created=datetime.combine(until, time()), folder=folder)
    form, names = _form(book, scores, year, until, standing), _names(scores, year, on)
    form.summary("考核汇总", "学校党组织", scores, names)
    form.items("指标明细", scores, names)
    form.objections(names)
    form.adjustments(names)
    if committees and committees.scores:
        above = _form(book, committees.scores, year, until, committees)
        above_names = _names(committees.scores, year, on)
        above.summary("党委、党总支", "学校党委、党总支", committees.scores, above_names)
        above.items("党委、党总支指标明细", committees.scores, above_names)
    form.evidence(scores, names, branch_facts(list(names), year, on=on))
    return book.close()


def _form(book, scores, year, until, standing):
    content, seal = scores[0].content if scores else schemes.in_force(year), standing.seal if standing else None
    proposed = standing.proposed if seal else {}
    return sheets.Form(book, year, until, content, seal, proposed, bool(seal) and seal.stage == Seal.Stage.FINAL)


def _names(scores, year, on):
    """branch id → its name at the year's end: a paper of the past keeps the names of its time. One query."""
    then = OrgChange.objects.names_on(min(on, Period.of_year(year, on=on).end))
    return {score.branch.pk: then.get(score.branch.pk, score.branch.name) for score in scores}
