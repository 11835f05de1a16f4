from datetime import timedelta
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import F
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from duties import matrix, table
from duties.forms import MatrixFilter
from duties.models import Duty
from rulebook.book import in_force


def year_asked(request, today):
    """The year in the address, else this one."""
    asked = request.GET.get("year", "")
    return int(asked) if asked.isdecimal() and 2000 <= int(asked) <= today.year + 1 else today.year


@require_safe
@policy("duty.see")
def duty_list(request):
    today = timezone.localdate()
    year = year_asked(request, today)
    branches = Branch.objects.visible_to(request.user, verb="duty.see").graded().in_order()
    asked = request.GET.get("branch", "")
    if asked.isdecimal():
        return _of_branch(request, get_object_or_404(branches, pk=int(asked)), year, today)
    if branches.count() == 1:
        return _of_branch(request, branches.get(), year, today)
    name, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    shown = branches.filter(name__contains=name) if name else branches
    if only in MatrixFilter.WORDS:
        found = _duties_of(only, Duty.objects.visible_to(request.user).filter(year=year), today)
        shown = shown.filter(pk__in=found.values("branch"))
    page = Paginator(shown, 30).get_page(request.GET.get("page"))
    totals = matrix.totals(branches.values("pk"), year, today)
    years = sorted({*range(today.year, today.year - 4, -1), year}, reverse=True)
    context = {
        "year": year, "today": today, "totals": totals, "branch_count": branches.count(), "page": page,
        "columns": matrix.columns(year, today).values(), "rows": table.rows(page.object_list, year, today),
        "form": MatrixFilter(initial={"q": name, "year": year, "only": only}, years=years),
        "chips": _chips(name, only, year), "clear": f"?year={year}", "counts": _counts(totals, year),
    }  # fmt: skip
    return render(request, "duties/matrix.html", context)


def _duties_of(only, duties, today):
    """The duties for which a branch is picked out: missed, met late, to be met this month or within days."""
    if only == "late":
        return duties.with_met().filter(met_on__gt=F("due_on"))
    open_now = duties.filter(opens_on__lte=today, ends_on__gte=today, fulfilments=None)
    if only == "open":
        return open_now.filter(ends_on__lte=table.month_end(today))
    if only == "soon":
        return open_now.filter(due_on__range=(today, today + timedelta(days=table.SOON)))
    return duties.filter(ends_on__lt=today, fulfilments=None)


def _chips(name, only, year):
    found = []
    if name:
        found.append({"label": f"名称含“{name}”", "url": "?" + urlencode({"year": year, "only": only})})
    if only in MatrixFilter.WORDS:
        found.append({"label": f"只看{MatrixFilter.WORDS[only]}", "url": "?" + urlencode({"year": year, "q": name})})
    return found


def _counts(totals, year):
    """The counts beside the two rates; each that can be looked at leads to its branches."""
    words = (("done", "已办", "met", ""), ("late", "其中迟办", "late", "late"), ("miss", "缺", "missed", "missing"),
             ("wait", "现在待办", "open", ""))  # fmt: skip
    return [
        {
            "state": state, "label": label, "value": totals[name],
            "url": f"?year={year}&only={only}" if only and totals[name] else "",
        }
        for state, label, name, only in words
    ]  # fmt: skip


def _of_branch(request, branch, year, today):
    """One branch's year: every period of every duty, with the way to its record or to the form."""
    duties = (
        Duty.objects.visible_to(request.user).filter(branch=branch, year=year).with_met().order_by("opens_on", "rule")
    )
    may_edit = may(request.user, "meeting.edit", at=branch)
    book = in_force(on=today)
    of_rule = {}
    for duty in duties:
        of_rule.setdefault(duty.rule, []).append(duty)
    groups = [
        _group(book[key], [_period(duty, today, may_edit) for duty in of_rule[rule]])
        for key in book
        if key.startswith("duty.") and (rule := key.removeprefix("duty.")) in of_rule
    ]
    totals = matrix.totals([branch.pk], year, today)
    years = [
        {"year": each, "url": f"?branch={branch.pk}&year={each}", "is_shown": each == year}
        for each in sorted({*range(today.year - 3, today.year + 1), year})
    ]
    context = {
        "branch": branch, "year": year, "today": today, "years": years, "groups": groups, "totals": totals,
        "may_edit": may_edit, "shows_others": Branch.objects.visible_to(request.user, verb="duty.see").graded().count() > 1,
        "add": f"{reverse('meetings:add')}?branch={branch.pk}",
        "records": f"{reverse('meetings:list')}?branch={branch.pk}&year={year}",
    }  # fmt: skip
    return render(request, "duties/branch.html", context)


def _group(rule, periods):
    tally = {state: sum(period["state"] == state for period in periods) for state in ("done", "late", "miss", "wait")}
    words = (("done", "按时"), ("late", "迟办"), ("miss", "缺"), ("wait", "待办"))
    return {
        "label": rule.label, "note": rule.note, "source": rule.source, "periods": periods,
        "is_monthly": rule.value["per"] == "month",
        "tally": [{"state": state, "word": f"{word} {tally[state]}"} for state, word in words if tally[state]],
    }  # fmt: skip


WORDS = {"done": "已办", "late": "迟办", "miss": "缺", "wait": "待办", "none": "未到"}


def _period(duty, today, may_edit):
    """One period: its state, the day it was met or must be met by, and where it leads."""
    state = duty.state(today)
    period = {"label": duty.label, "state": state, "word": WORDS[state], "day": "", "url": "", "act": ""}
    if duty.met_on:
        period["day"] = _day(duty.met_on, duty)
        period["url"] = f"{reverse('meetings:list')}?branch={duty.branch_id}&kind={duty.rule}&year={duty.met_on.year}"
    elif state == "wait":
        is_late = duty.due_on < today
        period["day"] = f"{_day(duty.ends_on if is_late else duty.due_on, duty)}前"
        period["word"] = "补开按迟办计" if is_late else "待办"
    elif state == "miss":
        period["day"], period["word"] = "缺", ""
    if not duty.met_on and state != "none" and may_edit:
        period["url"] = f"{reverse('meetings:add')}?branch={duty.branch_id}&kind={duty.rule}"
        period["act"] = "登记" if state == "wait" else "补登"
    return period


def _day(day, duty):
    """25 日 within the month of a monthly duty, else 2 月 15 日, with the year when it is another."""
    if duty.opens_on.month == duty.ends_on.month and duty.opens_on.year == duty.ends_on.year:
        return f"{day.day} 日"
    month = f"{day.month} 月 {day.day} 日"
    return month if day.year == duty.year else f"{day.year} 年 {month}"
