"""通报表扬 and 通报批评 drafted from visits: organisations and problems by their records, no persons."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Inspection, Notice, Rectification
from branches.rights import require
from rulebook.book import value

Kind = Notice.Kind
KINDS = {Kind.COMMENDATION: "commendation", Kind.CRITICISM: "criticism"}  # kind → the field of the visit that names it
MOST = 60  # organisations in one notice


@transaction.atomic
def draft(visits, kind, *, by, on):
    """A draft addressed to the organisations visited, of one line; it goes the way of every notice. Returns it.

    A criticism asks for an answer within the usual days of 整改. What was withdrawn may be drafted anew.
    """
    if kind not in KINDS:
        raise ValidationError("请选通报表扬或者通报批评。")
    name = KINDS[kind]
    rows = Inspection.objects.select_for_update(of=("self",)).filter(pk__in=[visit.pk for visit in visits])
    rows = list(
        rows.select_related("branch", "line__plan__branch", name).order_by("branch__order", "branch", "visited_on")
    )
    if not rows:
        raise ValidationError("请勾选要通报的检查。")
    plan = rows[0].line.plan
    require(by, "inspection.run", at=plan.branch)
    require(by, "notice.issue", at=plan.branch)
    if {row.line_id for row in rows} != {rows[0].line_id}:
        raise ValidationError("一份通报只写同一项检查。")
    if len({row.branch_id for row in rows}) > MOST:
        raise ValidationError(f"一份通报最多写 {MOST} 个党组织，请分批。")
    problems = _problems(rows) if kind == Kind.CRITICISM else {}
    for row in rows:
        known = getattr(row, name)
        if known is not None and known.state != Notice.State.WITHDRAWN:
            raise ValidationError(f"{row.branch}的这次检查已经有{known.get_kind_display()}，要重发的先撤回。")
        if row.state != Inspection.State.OPEN:
            raise ValidationError(f"{row.branch}的这次检查已了结，要通报先重新打开。")
        if kind == Kind.CRITICISM and row.pk not in problems:
            raise ValidationError(f"{row.branch}的这次检查没有登记问题，不能据此通报批评。")
    notice = Notice(branch=plan.branch, kind=kind, created_by=by, **_written(rows, kind, problems, on))
    notice.full_clean()
    notice.save()
    notice.addressed_to.set({row.branch_id for row in rows})
    for row in rows:
        setattr(row, name, notice)
        row.version += 1
        row.save(update_fields=[name, "version"])
        audit.record("inspection.draft_notice", row, by=by, kind=kind, notice=notice.pk)
    audit.record("branches.notice.add", notice, by=by, visits=len(rows))
    return notice


def _problems(rows):
    """visit → what it found, in the order in which it was entered."""
    found = {}
    items = Rectification.objects.filter(inspection__in=rows).order_by("pk")
    for visit, problem in items.values_list("inspection", "problem"):
        found.setdefault(visit, []).append(problem.rstrip("。；; "))
    return found


def _written(rows, kind, problems, on):
    """Title, text and, for a criticism, the day until which it is answered."""
    line, plan = rows[0].line, rows[0].line.plan
    days = sorted(row.visited_on for row in rows)
    when = _day(days[0]) if days[0] == days[-1] else f"{_day(days[0])}至{_day(days[-1])}"
    opening = f"按照《{plan.title}》（{plan.number}）安排，{plan.branch}于{when}开展了“{line.label}”检查。"
    if kind == Kind.COMMENDATION:
        named = [f"{place}．{row.branch}（{_day(row.visited_on)}检查）" for place, row in enumerate(rows, 1)]
        body = [
            f"{opening}检查中，下列党组织工作扎实，现予通报表扬：",
            *named,
            "希望受到表扬的党组织继续保持，各党组织对照学习。",
        ]
        return {"title": f"关于“{line.label}”检查情况的通报表扬", "body": "\n".join(body)}
    until = on + timedelta(days=value("rectify.days", on=on))
    named = [
        f"{place}．{row.branch}（{_day(row.visited_on)}检查）：{'；'.join(problems[row.pk])}。"
        for place, row in enumerate(rows, 1)
    ]
    last = f"以上党组织要对照问题抓紧整改，于{until.year}年{_day(until)}前书面答复整改情况。"
    body = [f"{opening}检查发现下列党组织存在问题，现予通报批评：", *named, last]
    return {
        "title": f"关于“{line.label}”检查发现问题的通报批评", "body": "\n".join(body), "needs_answer": True, "deadline_on": until,
    }  # fmt: skip


def _day(day):
    return f"{day.month}月{day.day}日"
