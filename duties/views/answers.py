from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from branches.models import Branch, Notice
from branches.rights import may
from duties import matrix, table
from duties.forms import AnswersFilter
from duties.models import Duty, Filing
from duties.questions import filings
from duties.views.matrix import UPPER
from rulebook.book import in_force

PER_PAGE = 50


@require_safe
@policy("duty.see")
def answer_list(request):
    """What was answered to one form in one period, who has not answered, and the points that were set."""
    today = timezone.localdate()
    visible = Branch.objects.visible_to(request.user, verb="duty.see").owing()
    book = in_force(on=today)
    names = {rule: table.rule_of(Duty(rule=rule), book).label for rule in filings()}
    rule = request.GET.get("rule", "")
    rule = rule if rule in names else next(name for name, asks in filings().items() if asks.takes)
    duties = Duty.objects.visible_to(request.user).filter(rule=rule, opens_on__lte=today)
    periods = _periods(duties)
    data = request.GET.copy()
    data["rule"] = rule
    if data.get("period") not in dict(periods) and periods:
        data["period"] = periods[0][0]
    form = AnswersFilter(data, rules=names, periods=periods, upper=visible.filter(kind__in=UPPER).in_order())
    asked, asks = form.asked, filings()[rule]
    duties = duties.filter(period=asked.get("period", ""))
    if "upper" in asked:
        duties = duties.filter(branch__path__startswith=asked["upper"].path)
    if "q" in asked:
        duties = duties.filter(branch__name__contains=asked["q"])
    counts = duties.counted(on=today)
    missing = duties.filter(met_on=None).select_related("branch").order_by("branch__order", "branch")
    answered = Filing.objects.visible_to(request.user).filter(duty__in=duties)
    page = Paginator(
        answered.select_related("duty__branch", "created_by").order_by("duty__branch__order", "duty__branch"), PER_PAGE
    ).get_page(request.GET.get("page"))
    points = _points(request.user, asks, asked.get("period", ""))
    context = {
        "form": form, "page": page, "what": names[rule], "period": dict(periods).get(asked.get("period"), ""), "counts": counts,
        "labels": [question.label for question in asks.questions], "missing": [duty.branch for duty in missing],
        "missing_count": counts["missed"] + counts["open"], "rates": matrix.rates(counts), "today": today,
        "rows": [_row(filing, asks) for filing in page], "points": points, "takes": asks.takes,
        "chips": [chip for chip in form.chips if not chip["label"].startswith(("填报事项", "期次"))],
        "clear": "?" + urlencode({"rule": rule, "period": asked.get("period", "")}),
        "add": _add(asks, asked.get("period", "")) if asks.takes and not points and may(request.user, "notice.issue") else "",
    }  # fmt: skip
    return render(request, "duties/answers.html", context)


def _periods(duties):
    """(name, label) of the periods that have begun, the newest first."""
    found = duties.order_by("-year", "-period").values_list("year", "period").distinct()
    labels = [(year, period, Duty(year=year, period=period).label) for year, period in found]
    return [(period, f"{year} 年{' ' if label[0].isdecimal() else ''}{label}") for year, period, label in labels]


def _row(filing, asks):
    words = dict(asks.told(filing.answers))
    return {
        "filing": filing, "branch": filing.duty.branch, "is_late": filing.filed_on > filing.duty.due_on,
        "cells": [(question.label, words.get(question.label, "")) for question in asks.questions],
        "url": reverse("duties:duty", args=[filing.duty_id]),
    }  # fmt: skip


def _points(user, asks, period):
    """The notice that sets the points of a month."""
    if not asks.takes or len(period) != len("2026-11"):
        return None
    found = Notice.objects.visible_to(user).issued().filter(kind=asks.takes)
    return found.filter(month__year=period[:4], month__month=period[5:]).order_by("-issued_at").first()


def _add(asks, period):
    return f"{reverse('duties:notice_add')}?" + urlencode({"kind": asks.takes, "month": period})
