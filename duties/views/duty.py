from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import User
from accounts.policy import policy
from branches.models import Appointment, Branch, Receipt
from branches.rights import may
from duties import actions, matrix, table
from duties.forms import AskForm, HandForm
from duties.models import Duty, Filing, Unlock
from duties.periods import GROUPS
from duties.questions import filings
from rulebook.book import in_force


def branch_year(request, branch, year, today):
    """One organisation's year: every period of every duty, with the way to its record or to the form."""
    duties = list(
        Duty.objects.visible_to(request.user)
        .filter(branch=branch, year=year)
        .select_related("notice", "handed_to")
        .order_by("opens_on", "rule")
    )
    allowed, opened = table.allowed(request.user, branch), opened_now(request.user, duties, today)
    book = in_force(on=today)
    of_rule = {}
    for duty in duties:
        of_rule.setdefault(duty.rule, []).append(duty)
    rules = [(key, rule) for key in book if key.startswith("duty.") and (rule := key.removeprefix("duty.")) in of_rule]
    sections = [
        {
            "label": label,
            "groups": [
                _group(book[key], [_period(duty, book[key], today, allowed, opened) for duty in of_rule[rule]])
                for key, rule in rules
                if book[key].value["group"] == group
            ],
        }
        for group, label in GROUPS.items()
    ]
    years = [
        {"year": each, "url": f"?branch={branch.pk}&year={each}", "is_shown": each == year}
        for each in sorted({*range(today.year - 3, today.year + 1), year})
    ]
    context = {
        "branch": branch, "year": year, "today": today, "years": years,
        "sections": [section for section in sections if section["groups"]],
        "totals": matrix.totals([branch.pk], year, today), "may_edit": bool(allowed),
        "may_add": may(request.user, "meeting.edit", at=branch),
        "shows_others": Branch.objects.visible_to(request.user, verb="duty.see").owing().count() > 1,
        "add": f"{reverse('meetings:add')}?branch={branch.pk}",
        "records": f"{reverse('meetings:list')}?branch={branch.pk}&year={year}",
        "month": reverse("duties:month", args=[branch.pk, year, today.month if year == today.year else 12]),
        "is_provisional": any(duty.is_provisional and not duty.met_on for duty in duties),
        "kept": [{"filing": each, "label": book[f"duty.{each.duty.rule}"].label} for each in _kept(request.user, branch, year)],
    }  # fmt: skip
    return render(request, "duties/branch.html", context)


def _kept(user, branch, year):
    """What was filed of duties that are no longer owed."""
    found = Filing.objects.visible_to(user).filter(duty__branch=branch, duty__year=year, duty__is_owed=False)
    return found.select_related("duty").order_by("duty__opens_on", "pk")


def opened_now(user, duties, today):
    """Keys of those duties that 上级 has opened again for now."""
    locked = [duty.pk for duty in duties if duty.locks_on < today]
    if not locked:
        return set()
    return set(Unlock.objects.visible_to(user).in_force(today).filter(duty__in=locked).values_list("duty", flat=True))


def _group(rule, periods):
    tally = {state: sum(period["state"] == state for period in periods) for state in ("done", "late", "miss", "wait")}
    words = (("done", "按时"), ("late", "迟办"), ("miss", "缺"), ("wait", "待办"))
    return {
        "label": rule.label, "note": rule.note, "source": rule.source, "periods": periods,
        "is_monthly": rule.value["per"] == "month",
        "tally": [{"state": state, "word": f"{word} {tally[state]}"} for state, word in words if tally[state]],
    }  # fmt: skip


def _period(duty, rule, today, allowed, opened):
    """One period: its state, the day it was met or must be met by, and where it leads."""
    state = duty.state(today)
    period = {
        "label": duty.label, "state": state, "word": table.WORDS[state], "day": "", "act": "",
        "url": reverse("duties:duty", args=[duty.pk]), "handed": "" if duty.met_on or not duty.handed_to_id else str(duty.handed_to),
        "is_provisional": duty.is_provisional and not duty.met_on,
    }  # fmt: skip
    if duty.met_on:
        period["day"] = _day(duty.met_on, duty)
        period["url"] = table.records_url(duty, rule)
        return period
    if state == "wait":
        is_late = duty.due_on < today
        period["day"] = f"{_day(duty.ends_on if is_late else duty.due_on, duty)}前"
        period["word"] = "补办按迟办计" if is_late else "待办"
    elif state == "miss":
        period["day"], period["word"] = "缺", ""
    url, period["act"] = table.act(duty, rule, today, allowed=allowed, opened=opened)
    period["url"] = url or period["url"]
    return period


def _day(day, duty):
    """25 日 in its own month, else 2月25日."""
    return (
        f"{day.day} 日" if day.month == duty.opens_on.month and day.year == duty.year else f"{day.month}月{day.day}日"
    )


# --- one month on one sheet


@require_safe
@policy("duty.see")
def month_page(request, pk, year, month):
    """Everything of one month of one organisation: what it owes, who has it in hand, what was recorded, what was sent."""
    today = timezone.localdate()
    if not (1 <= month <= 12 and 2000 <= year <= today.year + 1):
        raise Http404
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="duty.see").owing(), pk=pk)
    first = date(year, month, 1)
    last = table.month_end(first)
    duties = list(
        Duty.objects.visible_to(request.user)
        .filter(branch=branch)
        .filter(Q(period=f"{first:%Y-%m}") | Q(due_on__range=(first, last)) | Q(ends_on__range=(first, last)))
        .select_related("notice", "handed_to")
        .order_by("due_on", "pk")
    )
    book, allowed, opened = (
        in_force(on=today),
        table.allowed(request.user, branch),
        opened_now(request.user, duties, today),
    )
    lines = [
        table.line(duty, table.rule_of(duty, book), today, allowed=allowed, opened=opened, me=request.user)
        for duty in duties
    ]
    order = {"miss": 0, "wait": 1, "late": 2, "na": 3, "done": 4}
    lines.sort(key=lambda line: (line["is_met"], not line["is_mine"], order[line["state"]]))
    counts = {state: sum(line["state"] == state for line in lines) for state in order}
    before, after = (first.replace(day=1) - date.resolution).replace(day=1), last + date.resolution
    context = {
        "branch": branch, "first": first, "today": today, "lines": lines, "counts": counts, "all": len(lines),
        "done": counts["done"] + counts["late"], "is_provisional": any(line["is_provisional"] for line in lines),
        "receipts": _receipts(request.user, branch, first, last),
        "before": reverse("duties:month", args=[branch.pk, before.year, before.month]),
        "after": reverse("duties:month", args=[branch.pk, after.year, after.month]),
        "year_url": f"{reverse('duties:list')}?branch={branch.pk}&year={year}",
        "records": f"{reverse('meetings:list')}?branch={branch.pk}&year={year}", "may_edit": bool(allowed),
    }  # fmt: skip
    return render(request, "duties/month.html", context)


def _receipts(user, branch, first, last):
    """The notices that reached the organisation in the month or are due in it."""
    found = (
        Receipt.objects.visible_to(user)
        .filter(branch=branch, notice__state="issued")
        .filter(Q(notice__issued_at__date__range=(first, last)) | Q(notice__deadline_on__range=(first, last)))
    )
    return found.select_related("notice").order_by("notice__issued_at")


# --- one duty


def of_duty(request, pk, verb="duty.see", *, duties=Duty.objects):
    return get_object_or_404(
        duties.visible_to(request.user, verb=verb).select_related("branch", "notice", "handed_to", "handed_by"), pk=pk
    )


@require_safe
@policy("duty.see")
def duty_detail(request, pk):
    return detail(request, of_duty(request, pk, duties=Duty.every))


def detail(request, duty, *, hand_form=None, ask_form=None):
    """One duty with its days, its rule, who has it in hand, what was filed, and the way to do it or to have it opened."""
    today, user, branch = timezone.localdate(), request.user, duty.branch
    rule = table.rule_of(duty, in_force(on=today))
    allowed, opened = (table.allowed(user, branch), opened_now(user, [duty], today)) if duty.is_owed else (set(), set())
    filing = Filing.objects.visible_to(user).filter(duty=duty).select_related("created_by").first()
    unlocks = list(
        Unlock.objects.visible_to(user).filter(duty=duty).select_related("created_by", "decided_by").order_by("-pk")
    )
    line = table.line(duty, rule, today, allowed=allowed, opened=opened, me=user)
    if not duty.is_owed:
        line |= {"state": "na", "word": "不再应办"}
    is_locked = duty.is_owed and not duty.met_on and table.is_locked(duty, today, opened)
    may_hand = may(user, "duty.hand", at=branch) and duty.is_owed and not duty.met_on and not is_locked
    context = {
        "duty": duty, "rule": rule, "line": line, "branch": branch, "filing": filing, "unlocks": unlocks,
        "answers": filings()[duty.rule].told(filing.answers) if filing and duty.rule in filings() else [],
        "records": table.records_url(duty, rule) if duty.met_on and not filing and not duty.notice_id else "",
        "is_locked": is_locked, "until": max((each.expires_on for each in unlocks if each.expires_on), default=None),
        "is_opened": duty.pk in opened, "may_refile": bool(filing) and table.FILING in allowed and duty.locks_on >= today,
        "hand_form": (hand_form or _hand_form(request, duty, today)) if may_hand else None,
        "back": f"{duty.opens_on.month} 月应办事项",
        "may_ask": is_locked and may(user, "duty.file", at=branch) and all(each.decided_at for each in unlocks),
        "ask_form": ask_form or AskForm(), "events": audit.of(duty)[:20],
        "month": reverse("duties:month", args=[branch.pk, duty.opens_on.year, duty.opens_on.month]),
        "year_url": f"{reverse('duties:list')}?branch={branch.pk}&year={duty.year}",
    }  # fmt: skip
    return render(request, "duties/duty.html", context)


def _hand_form(request, duty, today):
    posts = Appointment.objects.visible_to(request.user, verb="duty.hand").serving(today).filter(branch=duty.branch)
    people = User.objects.visible_to(request.user).filter(pk__in=posts.values("user"), is_active=True).order_by("name")
    if duty.handed_to_id != request.user.pk:
        people = people.exclude(pk=request.user.pk)  # who hands it on does not hand it to themself
    return HandForm(request.POST or None, people=people, initial={"to": duty.handed_to_id})


@require_POST
@policy("duty.hand")
def duty_hand(request, pk):
    duty = of_duty(request, pk, "duty.hand")
    today = timezone.localdate()
    form = _hand_form(request, duty, today)
    if not form.is_valid():
        return detail(request, duty, hand_form=form)
    try:
        duty = actions.hand(duty, to=form.cleaned_data["to"], by=request.user, on=today)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        words = f"已交给{duty.handed_to}，会提醒本人。" if duty.handed_to_id else "已收回，由书记自己办。"
        messages.success(request, words)
    return redirect("duties:duty", duty.pk)
