"""What the 工作台 shows: one branch's month, or the county's year."""

import calendar

from django.urls import reverse

from assessment import scoring
from branches.models import Branch
from branches.rights import may
from duties import matrix
from duties.models import Duty
from duties.periods import labels
from meetings.models import Meeting
from members.models import Member, Membership
from rulebook.book import in_force

SPANS = (("month", "本月应办"), ("quarter", "本季度"), ("year", "本年度"))
LISTED = 8  # branches on the front page; the rest are one click away


def of_branch(user, branch, today):
    """The month of one branch: what is due, what came back, the points so far, political birthdays."""
    book = in_force(on=today)
    duties = (
        Duty.objects.visible_to(user)
        .filter(branch=branch, opens_on__lte=today, ends_on__gte=today)
        .with_met()
        .order_by("ends_on", "due_on", "pk")
    )
    names = labels(today)
    groups = {span: [] for span, _ in SPANS}
    for duty in duties:
        rule = book[f"duty.{duty.rule}"]
        groups[rule.value["per"]].append(_line(branch, duty, names[duty.rule], rule, today))
    month = groups["month"]
    left = [line for line in month if not line["duty"].met_on]
    birthdays = Member.objects.visible_to(user).filter(
        pk__in=Membership.objects.visible_to(user).filter(branch=branch).on(today).values("member"), joined_on__month=today.month
    )
    context = {
        "branch": branch, "today": today, "groups": [(title, groups[span]) for span, title in SPANS if groups[span]],
        "month": {"all": len(month), "done": len(month) - len(left), "left": len(left), "line": left[0] if left else None},
        "returned": Meeting.objects.visible_to(user).filter(branch=branch, state=Meeting.State.RETURNED).for_list(),
        "drafts": Meeting.objects.visible_to(user).filter(branch=branch, state=Meeting.State.DRAFT).for_list(),
        "birthdays": [
            {"member": member, "years": today.year - member.joined_on.year} for member in birthdays.order_by("joined_on")
        ],
        "may_edit": may(user, "meeting.edit", at=branch),
    }
    if may(user, "score.see", at=branch):
        score = scoring.score(Branch.objects.visible_to(user, verb="score.see").filter(pk=branch.pk), today.year, on=today)[0]
        context |= {
            "score": score, "gains": sorted((item for item in score.items if item.still), key=lambda item: -item.still)[:2]
        }
    return context


def _line(branch, duty, name, rule, today):
    """One duty as a person would say it, with the way to do it."""
    window = rule.value.get("window")
    if duty.met_on:
        why = f"{duty.met_on.month} 月 {duty.met_on.day} 日已开"
    elif window:
        why = f"{window[0]} 日至 {window[1]} 日之间，以 {rule.value['target']} 日为宜；{window[1]} 日以后开按迟办计"
    else:
        why = f"{duty.ends_on.month} 月 {duty.ends_on.day} 日前"
    return {
        "duty": duty, "name": name, "state": duty.state(today), "why": why, "source": rule.source,
        "target": f"{rule.value['target']} 日前后" if window else f"{duty.ends_on.month} 月 {duty.ends_on.day} 日前",
        "url": f"{reverse('meetings:add')}?branch={branch.pk}&kind={duty.rule}",
        "records": f"{reverse('meetings:list')}?branch={branch.pk}&kind={duty.rule}",
    }


def of_staff(user, branches, today):
    """The county's (or a 党委's) year: two rates, what is open, the first rows of branches × duties."""
    year = today.year
    scope = branches.values("pk")
    totals = matrix.totals(scope, year, today)
    open_now = Duty.objects.visible_to(user).filter(branch__in=scope, opens_on__lte=today, ends_on__gte=today, fulfilments=None)
    month_end = today.replace(day=calendar.monthrange(today.year, today.month)[1])
    soon = open_now.filter(due_on__gte=today, due_on__lte=month_end)
    missing = Duty.objects.visible_to(user).filter(branch__in=scope, year=year, ends_on__lt=today, fulfilments=None)
    behind = branches.filter(pk__in=missing.values("branch")).in_order()
    first = list(behind[:LISTED]) or list(branches.in_order()[:LISTED])
    return {
        "today": today, "year": year, "totals": totals, "branch_count": branches.count(),
        "months": matrix.by_month(scope, year, today), "columns": matrix.columns(year, today).values(),
        "rows": matrix.rows(first, year, today), "behind_count": behind.count(), "shows_behind": behind.exists(),
        "tiles": {
            "open": open_now.filter(ends_on__lte=month_end).count(),
            "open_branches": open_now.filter(ends_on__lte=month_end).values("branch").distinct().count(),
            "soon": soon.count(),
            "submitted": Meeting.objects.visible_to(user).filter(branch__in=scope, state=Meeting.State.SUBMITTED).count(),
            "returned": Meeting.objects.visible_to(user).filter(branch__in=scope, state=Meeting.State.RETURNED).count(),
        },
        "may_export": may(user, "grade.export"), "may_import": may(user, "import.run"),
    }
