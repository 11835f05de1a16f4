"""督导检查: the visits of a year, one visit and what follows of it, and how often each organisation was visited."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, F, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches import inspection_notices, inspection_sheet, inspections
from branches.forms import whole_number
from branches.forms.inspection import (
    CloseForm,
    NoticeOfVisitsForm,
    ReopenForm,
    VisitFilter,
    VisitForm,
    YearForm,
    findings,
)
from branches.models import Branch, Inspection, InspectionLine, Notice, Receipt, Rectification
from branches.rights import may
from branches.views.acting import SHOWN, acted, caught_up, choice, download, highest, refuse
from branches.views.attachment import files_of

State = Inspection.State
SIGNS = {State.OPEN: "wait", State.CLOSED: "done"}
FOUND = Count("rectifications")
LEFT = Count("rectifications", filter=~Q(rectifications__state__in=inspections.SETTLED))
SEEN = Notice.State.ISSUED
NOTICE_SIGNS = {Notice.State.DRAFT: "draft", Notice.State.ISSUED: "done", Notice.State.WITHDRAWN: "na"}
ITEM_SIGNS = {"open": "wait", "submitted": "wait", "returned": "back", "accepted": "done", "closed": "done"}


def asked(request, today, verb="inspection.see"):
    """(the filters, the visits they leave, newest first)."""
    form = VisitFilter(request.GET, running=today.year)
    found = Inspection.objects.visible_to(request.user, verb=verb).filter(visited_on__year=form.of_year)
    if "q" in form.asked:
        found = found.filter(Q(branch__name__contains=form.asked["q"]) | Q(line__label__contains=form.asked["q"]))
    if "state" in form.asked:
        found = found.filter(state=form.asked["state"])
    found = found.annotate(found_count=FOUND, left_count=LEFT)
    only = {
        "left": Q(left_count__gt=0), "again": ~Q(repeat_reason=""), "praised": Q(commendation__state=SEEN),
        "blamed": Q(criticism__state=SEEN),
    }  # fmt: skip
    if "only" in form.asked:
        found = found.filter(only[form.asked["only"]])
    return form, found.for_list().order_by("-visited_on", "-pk")


@require_safe
@policy("inspection.see")
def inspection_list(request):
    today = timezone.localdate()
    form, found = asked(request, today)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    every = Inspection.objects.visible_to(request.user).filter(visited_on__year=form.of_year)
    sums = every.aggregate(
        all=Count("pk"), open=Count("pk", filter=Q(state=State.OPEN)), again=Count("pk", filter=~Q(repeat_reason="")),
        organs=Count("branch", distinct=True),
    )  # fmt: skip
    context = {
        "form": form, "page": page, "query": request.GET, "year": form.of_year, "sums": sums,
        "may_run": may(request.user, "inspection.run"), "may_export": may(request.user, "report.export"),
        "sees_talks": may(request.user, "talk.see"),
        "rows": [{"visit": visit, "sign": SIGNS[visit.state], "notices": _issued(visit)} for visit in page],
    }  # fmt: skip
    return render(request, "branches/inspections.html", context)


def _issued(visit):
    return [notice for notice in (visit.commendation, visit.criticism) if notice and notice.state == SEEN]


@require_safe
@policy("report.export")
def inspection_export(request):
    """督导检查台账 of exactly what is filtered, and how often each organisation was visited."""
    today = timezone.localdate()
    form, found = asked(request, today)
    found = list(found.filter(pk__in=Inspection.objects.visible_to(request.user, verb="report.export").values("pk")))
    words = [f"{form.of_year} 年", *(chip["label"] for chip in form.chips if not chip["label"].startswith("年度"))]
    data = inspection_sheet.of_visits(found, organ=highest(request.user, "report.export"), on=today, words=words)
    audit.record("report.export", by=request.user, report="督导检查台账", year=form.of_year, rows=len(found))
    return download(data, f"{form.of_year}年督导检查台账.xlsx")


@require_safe
@policy("inspection.see")
def inspection_burden(request):
    """How often each organisation was visited in each quarter of a year."""
    form = YearForm(request.GET, running=timezone.localdate().year)
    year = form.of_year
    branches = Branch.objects.visible_to(request.user, verb="inspection.see").exclude(parent=None)
    branches = branches.at_work(date(year, 1, 1), date(year, 12, 31))
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    visits = {
        f"q{quarter}": Count(
            "inspections",
            filter=Q(inspections__visited_on__year=year, inspections__visited_on__quarter=quarter),
        )
        for quarter in (1, 2, 3, 4)
    }
    branches = branches.annotate(**visits, times=F("q1") + F("q2") + F("q3") + F("q4"))
    page = Paginator(branches.order_by("-times", "order", "pk"), SHOWN).get_page(request.GET.get("page"))
    rows = [
        {"branch": branch, "quarters": [branch.q1, branch.q2, branch.q3, branch.q4], "times": branch.times,
         "is_often": max(branch.q1, branch.q2, branch.q3, branch.q4) > 1}
        for branch in page
    ]  # fmt: skip
    context = {"form": form, "page": page, "query": request.GET, "year": year, "rows": rows}
    return render(request, "branches/inspection_burden.html", context)


# --- entering


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def inspection_add(request):
    """First the organisation, then the visit with what it found, on one page."""
    today = timezone.localdate()
    branches = (
        Branch.objects.visible_to(request.user, verb="inspection.run").filter(closed_on=None).exclude(parent=None)
    )
    key, line = whole_number(request.GET.get("branch")), whole_number(request.GET.get("line"))
    if key is None:
        context = choice(request, branches) | {
            "target": f"{reverse('branches:inspection_add')}?{f'line={line}&' if line else ''}branch=",
            "title": "登记检查", "text": "检查的是哪个党组织？", "list_url": reverse("branches:inspections"), "list_label": "督导检查",
        }  # fmt: skip
        return render(request, "branches/inspection_choose.html", context)
    branch = get_object_or_404(branches, pk=key)
    lines = InspectionLine.objects.visible_to(request.user, verb="inspection.run").select_related("plan__branch")
    lines = inspections.lines_for(branch, lines, (today.year, today.year - 1))
    initial = {"visited_on": today, "line": line}
    return _form(request, Inspection(branch=branch), lines, initial, has_lines=lines.exists())


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def inspection_edit(request, pk):
    return _form(request, _run(request, pk), InspectionLine.objects.visible_to(request.user).none(), {}, has_lines=True)


def _run(request, pk):
    found = Inspection.objects.visible_to(request.user, verb="inspection.run").select_related(
        "branch", "line__plan__branch"
    )
    return get_object_or_404(found, pk=pk)


def _form(request, visit, lines, initial, has_lines):
    """The page of a visit; `more` asks for further rows and keeps what was typed."""
    today, branch, is_new = timezone.localdate(), visit.branch, visit.pk is None
    data = request.POST if request.method == "POST" else None
    form = VisitForm(data, instance=visit, lines=lines, initial=initial)
    rows = findings(data) if is_new else None
    stale = None
    if data is not None and "more" in data:
        form.errors.clear()  # nothing is wrong yet with a page that only grows
    elif data is not None and form.is_valid() & (rows is None or rows.is_valid()):
        try:
            with transaction.atomic():
                saved = inspections.enter(
                    form.instance, rows.given if rows else (), version=form.cleaned_data.get("version"),
                    by=request.user, on=today,
                )  # fmt: skip
        except ValidationError as error:
            if is_new:
                form.instance.pk = None
            refuse(form, error)
            if form.is_stale:
                stale = caught_up(form, _run(request, visit.pk))
        else:
            messages.success(request, "已登记检查。" if is_new else "已保存。")
            return redirect(saved)
    context = {
        "form": form, "rows": rows, "branch": branch, "pk": None if is_new else visit.pk, "stale": stale, "has_lines": has_lines,
        "back": visit.get_absolute_url() if not is_new else reverse("branches:inspections"),
    }  # fmt: skip
    return render(request, "branches/inspection_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def inspection_find(request, pk):
    """Further problems of a visit."""
    visit, today = _run(request, pk), timezone.localdate()
    data = request.POST if request.method == "POST" else None
    rows, refusal = findings(data), None
    if data is not None and "more" not in data and rows.is_valid():
        try:
            if not rows.given:
                raise ValidationError("请至少写一个问题。")
            inspections.find(visit, rows.given, by=request.user, on=today)
        except ValidationError as error:
            refusal = error
        else:
            messages.success(request, f"已登记 {len(rows.given)} 个问题，转为整改事项。")
            return redirect(visit)
    context = {"rows": rows, "visit": visit, "refusal": refusal, "back": visit.get_absolute_url()}
    return render(request, "branches/inspection_find.html", context)


# --- one visit


@require_safe
@policy("inspection.see")
def inspection_detail(request, pk):
    user, today = request.user, timezone.localdate()
    found = (
        Inspection.objects.visible_to(user).for_list().select_related("line__plan__branch", "closed_by", "created_by")
    )
    visit = get_object_or_404(found, pk=pk)
    organ, is_open = visit.line.plan.branch, visit.state == State.OPEN
    may_run = may(user, "inspection.run", at=organ)
    items = list(Rectification.objects.visible_to(user).filter(inspection=visit).order_by("due_on", "pk"))
    sums = visit.rectifications.aggregate(
        all=Count("pk"), left=Count("pk", filter=~Q(state__in=inspections.SETTLED))
    )  # fmt: skip
    left = inspections.unsettled(visit) if is_open else []
    plan = visit.line.plan if may(user, "inspection.see", at=organ) else None
    context = {
        "visit": visit, "organ": organ, "plan": plan, "sign": SIGNS[visit.state], "may_run": may_run, "sums": sums, "left": left,
        "may_edit": may_run and is_open, "may_close": may_run and is_open and not left, "may_reopen": may_run and not is_open,
        "may_notify": may_run and is_open and may(user, "notice.issue", at=organ) and _lacks(visit, sums["all"]),
        "items": [
            {"item": item, "sign": ITEM_SIGNS[item.state], "is_late": item.due_on < today and item.state not in inspections.SETTLED}
            for item in items
        ],
        "notices": _notices(visit, user), "events": audit.of(visit)[:20] if may_run else None, "owner": visit,
        "talks": visit.talks.visible_to(user).order_by("talked_on") if may(user, "talk.see", at=visit.branch) else [],
        **files_of(visit, user),
    }  # fmt: skip
    return render(request, "branches/inspection.html", context)


def _lacks(visit, problems):
    """Whether a notice is still to be drafted from this visit; who is praised may yet have to be criticised, not otherwise."""
    gone = Notice.State.WITHDRAWN
    known = [notice is not None and notice.state != gone for notice in (visit.commendation, visit.criticism)]
    return not any(known) or (problems > 0 and not known[1])


def _notices(visit, user):
    """The notices of a visit that this person may see, with how many have signed for them and answered."""
    keys = [key for key in (visit.commendation_id, visit.criticism_id) if key]
    if not keys:
        return []
    found = Notice.objects.visible_to(user).filter(pk__in=keys).order_by("pk")
    receipts = Receipt.objects.visible_to(user).filter(notice__in=keys)
    sums = {
        row["notice"]: row
        for row in receipts.values("notice").annotate(
            sent=Count("pk"), signed=Count("received_at"), answered=Count("answered_at")
        ).order_by()
    }  # fmt: skip
    answers = {row.notice_id: row for row in receipts.filter(branch=visit.branch_id)}
    return [
        {
            "notice": notice,
            "sign": NOTICE_SIGNS[notice.state],
            "sums": sums.get(notice.pk),
            "receipt": answers.get(notice.pk),
        }
        for notice in found
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def inspection_close(request, pk):
    visit = _run(request, pk)
    form = CloseForm(request.POST or None, initial={"version": visit.version})
    return acted(
        request, form, lambda: inspections.close(visit, **form.cleaned_data, by=request.user), "已了结。",
        visit.get_absolute_url(), "branches/inspection_ask.html", title="了结这次检查", thing=visit.branch,
        text="问题都已验收、通报都已答复，才能了结；了结后还可以写明原因重新打开。", label="了结", fresh=lambda: _run(request, pk),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def inspection_reopen(request, pk):
    visit = _run(request, pk)
    form = ReopenForm(request.POST or None, initial={"version": visit.version})
    return acted(
        request, form, lambda: inspections.reopen(visit, **form.cleaned_data, by=request.user), "已重新打开。",
        visit.get_absolute_url(), "branches/inspection_ask.html", title="重新打开这次检查", thing=visit.branch,
        text="重新打开后可以补登问题、再发通报。", label="重新打开", fresh=lambda: _run(request, pk),
    )  # fmt: skip


def _told(visit):
    """The notices that a visit has already, in words."""
    live = (
        notice for notice in (visit.commendation, visit.criticism) if notice and notice.state != Notice.State.WITHDRAWN
    )
    return "、".join(notice.get_kind_display() for notice in live)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("inspection.run")
def inspection_notice(request, pk):
    """Draft a 通报 from this visit and, when wanted, others of the same line."""
    visit = _run(request, pk)
    same = Inspection.objects.visible_to(request.user, verb="inspection.run").filter(
        line=visit.line_id, state=State.OPEN
    )
    same = same.for_list().annotate(found_count=FOUND).order_by("branch__order", "visited_on", "pk")
    kind = Notice.Kind.CRITICISM if visit.rectifications.exists() else Notice.Kind.COMMENDATION
    form = NoticeOfVisitsForm(request.POST or None, visits=same, initial={"kind": kind, "visits": [visit.pk]})
    chosen = {str(key) for key in form["visits"].value() or ()}
    return acted(
        request, form,
        lambda: inspection_notices.draft(
            list(form.cleaned_data["visits"]), form.cleaned_data["kind"], by=request.user, on=timezone.localdate()
        ),
        "已按检查记录起草，核对、修改后再发出。", lambda notice: notice, "branches/inspection_notice.html",
        cancel=visit.get_absolute_url(), visit=visit,
        rows=[{"visit": each, "is_chosen": str(each.pk) in chosen, "told": _told(each)} for each in same],
    )  # fmt: skip
