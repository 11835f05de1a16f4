"""整顿: the ledger, one case, what the records hint at, and what is printed."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches import weak_cases, weak_clues, weak_sheet
from branches.facts.weak import months
from branches.forms import search_word, whole_number
from branches.forms.weak import ProposeForm, WeakFilter
from branches.models import Branch, WeakCase
from branches.rights import may
from branches.views.attachment import files_of
from office.word import to_word
from rulebook.book import value

SHOWN = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
State = WeakCase.State
SIGN = {State.CLOSED: "done", State.CLEARED: "na", State.LISTED: "late", State.ACCEPTED: "done"}
NEXT = {  # what has to happen now, and who does it
    State.SUSPECTED: "支部自评", State.SELF_ASSESSED: "上级组织评议、评定", State.REVIEWED: "公示", State.PUBLICISED: "公示期满后审定列入",
    State.LISTED: "支部报整顿方案", State.PLAN_FILED: "上级落实四个一，开始整顿", State.RECTIFYING: "支部按月报进展，见效后申请销号",
    State.CLOSURE_APPLIED: "上级逐项验收", State.ACCEPTED: "审定销号", State.CLOSED: "已办结", State.CLEARED: "已办结",
}  # fmt: skip
STEPS = (  # what the straight road shows: label, the day on which it was done
    ("提出", "suspected_on"), ("支部自评", "self_assessed_on"), ("上级评定", "reviewed_on"), ("公示", "public_from"),
    ("审定列入", "listed_on"), ("报方案", "plan_filed_on"), ("整顿", "rectifying_since"), ("申请销号", "applied_on"),
    ("验收", "accepted_on"), ("销号", "closed_on"),
)  # fmt: skip

LASTING = {State.PUBLICISED: "public_from", State.RECTIFYING: "rectifying_since"}  # begun, and not over by that


def found(request, pk, verb="weak.see"):
    cases = WeakCase.objects.visible_to(request.user, verb=verb).select_related("branch__parent", "earlier")
    return get_object_or_404(cases, pk=pk)


def tell(form, error):
    """The refusal of an act beside the fields it names, else at the top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, faults in error.error_dict.items():
        form.add_error(name if name in form.fields else None, faults)


def download(data, name, content_type):
    return HttpResponse(
        data, content_type=content_type, headers={"Content-Disposition": content_disposition_header(True, name)}
    )


def _asked(request, today):
    cases = WeakCase.objects.visible_to(request.user)
    branches = Branch.objects.visible_to(request.user, verb="weak.see").filter(pk__in=cases.values("branch"))
    form = WeakFilter(request.GET, running=today.year, branch=branches.in_order())
    if branches.count() <= 1:
        form.drop("branch")
    asked = form.asked
    if "q" in asked:
        cases = cases.filter(branch__name__contains=asked["q"])
    if "branch" in asked:
        cases = cases.filter(branch=asked["branch"])
    if "state" in asked:
        cases = cases.filter(state__in=WeakFilter.STAGES.get(asked["state"], [asked["state"]]))
    if "year" in asked:
        year = int(asked["year"])
        cases = cases.filter(suspected_on__year__lte=year).exclude(closed_on__year__lt=year)
        cases = cases.exclude(state=State.CLEARED, suspected_on__year__lt=year)
    return form, cases.select_related("branch").order_by("-suspected_on", "-pk")


@require_safe
@policy("weak.see")
def case_list(request):
    today = timezone.localdate()
    form, cases = _asked(request, today)
    page = Paginator(cases.prefetch_related("progress"), SHOWN).get_page(request.GET.get("page"))
    report_day = value("weak.report_day", on=today)
    context = {
        "form": form, "page": page, "query": request.GET, "may_run": may(request.user, "weak.run"),
        "may_export": may(request.user, "report.export"), "rows": [_row(case, today, report_day) for case in page],
    }  # fmt: skip
    return render(request, "branches/weak_list.html", context)


def _row(case, today, report_day):
    owed = months(case, case.progress.all(), today, report_day=report_day)
    runs = case.state not in WeakCase.ENDED
    return {
        "case": case, "sign": SIGN.get(case.state, "wait"), "next": NEXT[case.state], "runs": runs,
        "missing": sum(row["state"] == "miss" for row in owed) if runs else 0,
        "is_over": runs and case.due_on is not None and case.due_on < today,
    }  # fmt: skip


@require_safe
@policy("report.export")
def case_export(request):
    """软弱涣散台账 (report 10) of exactly what is filtered, of what may be seen and taken along."""
    today = timezone.localdate()
    form, cases = _asked(request, today)
    within = Branch.objects.visible_to(request.user, verb="report.export")
    rows = list(weak_sheet.with_parts(cases.filter(branch__in=within)))
    highest = within.order_by("path").first()
    words = [chip["label"] for chip in form.chips]
    data = weak_sheet.of_cases(rows, organ=highest.name if highest else "", on=today, words=words)
    audit.record("report.export", by=request.user, report="整顿台账", rows=len(rows), on=str(today))
    return download(data, "整顿台账.xlsx", XLSX)


# --- one case


@require_safe
@policy("weak.see")
def case_detail(request, pk):
    today = timezone.localdate()
    case, user = found(request, pk), request.user
    acts, hints = _acts(case, user, today)
    reports = list(case.progress.select_related("created_by"))
    checks = list(case.checks.select_related("entry", "created_by").order_by("-checked_on", "entry__order", "entry"))
    runs = may(user, "weak.run", at=case.branch) and weak_cases.is_above(user, "weak.run", case.branch)
    context = {
        "case": case, "branch": case.branch, "today": today, "sign": SIGN.get(case.state, "wait"), "next": NEXT[case.state],
        "runs": case.state not in WeakCase.ENDED, "steps": _steps(case), "reasons": case.reasons.order_by("order", "pk"),
        "acts": [act for act in acts if not act["is_aside"]], "aside": [act for act in acts if act["is_aside"]],
        "hints": hints, "slots": _slots(case, today) if case.listed_on else [],
        "may_arrange": runs and case.state in WeakCase.LISTED, "months": _months(case, reports, user, today),
        "reports": reports[::-1], "checks": checks, "share": _share(case), "again": _again(case),
        "walked": _walked(case), "may_print": case.state in (State.ACCEPTED, State.CLOSED),
        "events": audit.of(case)[:20], **files_of(case, user),
    }  # fmt: skip
    return render(request, "branches/weak_case.html", context)


def _acts(case, user, today):
    """What this person may do now, and what stands in the way of what the post would allow."""
    acts, hints = [], []
    for act in weak_cases.ROAD[case.state]:
        verb = weak_cases.verb_of(act, case.state)
        if not may(user, verb, at=case.branch):
            continue
        if words := weak_cases.obstacle(case, act, by=user, on=today):
            hints.append(words)
            continue
        is_aside = act in weak_cases.ASIDE or (act == "file_plan" and case.plan_filed_on is not None)
        label = "修改方案" if act == "file_plan" and is_aside else weak_cases.ACTS[act]
        acts.append({"label": label, "url": _url(case, act, verb), "is_aside": is_aside, "is_danger": act == "clear"})
    return acts, list(dict.fromkeys(hints))


def _url(case, act, verb):
    if act in ("report", "accept"):
        return reverse(f"branches:weak_{act}", args=[case.pk])
    return reverse(f"branches:{verb.replace('.', '_')}", args=[case.pk, act])


def _steps(case):
    """The straight road with its days; where the case stands is the first that is still to come."""
    if case.state == State.CLEARED:
        return [
            {"label": "提出", "day": case.suspected_on, "state": "past"},
            {"label": "不予认定", "day": None, "state": "here"},
        ]
    rows, is_found = [], False
    for label, name in STEPS:
        day = getattr(case, name)
        is_here = not is_found and (not day or LASTING.get(case.state) == name)
        state = "here" if is_here else "past" if day else ""
        is_found = is_found or is_here
        rows.append({"label": label, "day": day, "state": state})
    return rows


def _walked(case):
    """What was done, step by step, in the words of the acts."""
    return [
        {"step": step, "label": weak_cases.ACTS.get(step.act, step.get_state_display())}
        for step in case.steps.select_related("created_by")
    ]


def _slots(case, today):
    """四个一, slot by slot: who is there now, and who was before."""
    of_slot = {}
    for measure in case.measures.select_related("entry").order_by("started_on", "pk"):
        of_slot.setdefault(measure.entry, []).append(measure)
    year = (case.closed_on or today).year
    entries = list(dict.fromkeys([*weak_cases.slots(year), *of_slot]))
    return [
        {
            "entry": entry,
            "now": next((row for row in of_slot.get(entry, ()) if row.ended_on is None or row.ended_on == case.closed_on), None),
            "before": [row for row in of_slot.get(entry, ()) if row.ended_on and row.ended_on != case.closed_on],
        }
        for entry in entries
    ]  # fmt: skip


def _months(case, reports, user, today):
    """The months as tiles: sign and word; one that may still be reported leads to its form."""
    words = {"done": "已报", "late": "迟报", "miss": "缺报", "wait": "未到期"}
    may_report = not weak_cases.obstacle(case, "report", by=user, on=today)
    base = reverse("branches:weak_report", args=[case.pk])
    return [
        row
        | {
            "label": f"{row['month'].year} 年 {row['month'].month} 月", "word": words[row["state"]],
            "url": f"{base}?month={row['month'].isoformat()}" if may_report else "",
        }
        for row in months(case, reports, today)
    ]  # fmt: skip


def _share(case):
    if not case.masses_asked:
        return ""
    return f"{case.masses_agreed * 100 / case.masses_asked:.1f}%"


def _again(case):
    """How long after it was struck off it was found again (反弹)."""
    if case.earlier is None or case.earlier.closed_on is None:
        return ""
    return weak_cases.apart(case.earlier.closed_on, case.suspected_on)


@require_safe
@policy("weak.see")
def case_paper(request, pk):
    """The paper by which a case is struck off; a draft until it is."""
    case = found(request, pk)
    if case.state not in (State.ACCEPTED, State.CLOSED):
        messages.error(request, "验收合格以后才有销号的文稿。")
        return redirect(case)
    audit.record("weak.print", case, by=request.user)
    paper = weak_sheet.to_paper(case, on=timezone.localdate())
    return download(to_word(paper), f"{case.branch.name}整顿销号.docx", WORD)


# --- clues, and putting somebody forward


@require_safe
@policy("weak.run")
def clue_list(request):
    """What the records hint at: for a person to look at, never more."""
    today = timezone.localdate()
    branches = weak_cases.below(request.user, Branch.objects.visible_to(request.user, verb="weak.run"))
    word = search_word(request.GET)
    rows = weak_clues.suspects(branches.filter(name__contains=word) if word else branches, today)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    context = {"page": page, "word": word, "query": request.GET, "labels": [clue.label for clue in weak_clues.CLUES]}
    return render(request, "branches/weak_clues.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("weak.run")
def case_add(request):
    """First the organisation, then why; what the records hint at and what it was once listed for stand there already."""
    today = timezone.localdate()
    mine = Branch.objects.visible_to(request.user, verb="weak.run").at_work(today)
    asked = whole_number(request.GET.get("branch"))
    if asked is None:
        return _choose(request, weak_cases.below(request.user, mine))
    branch = get_object_or_404(mine, pk=asked)
    cases = WeakCase.objects.visible_to(request.user).filter(branch=branch)
    if running := cases.running().first():
        messages.info(request, "这个党组织已有一件没有办结的整顿。")
        return redirect(running)
    found_signs = weak_clues.signs(Branch.objects.visible_to(request.user, verb="weak.run").filter(pk=branch.pk), today)
    signs = found_signs.get(branch.pk, [])
    initial = weak_clues.prefilled(signs, today.year)
    earlier = cases.filter(state=State.CLOSED).order_by("-closed_on", "-pk").first()
    if earlier:
        initial["reasons"] = sorted({*initial["reasons"], *earlier.reasons.values_list("pk", flat=True)})
    case = WeakCase(branch=branch, suspected_on=today, created_by=request.user)
    form = ProposeForm(request.POST or None, instance=case, initial=initial, year=today.year)
    if request.method == "POST" and form.is_valid():
        try:
            weak_cases.propose(case, list(form.cleaned_data["reasons"]), by=request.user, on=today)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, "已提出，请支部先自评。")
            return redirect(case)
    again = earlier and weak_cases.apart(earlier.closed_on, today)
    context = {"form": form, "branch": branch, "signs": signs, "earlier": earlier, "again": again}
    return render(request, "branches/weak_add.html", context)


def _choose(request, branches):
    word = search_word(request.GET)
    rows = (branches.filter(name__contains=word) if word else branches).in_order()
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    return render(request, "branches/weak_choose.html", {"page": page, "word": word, "query": request.GET})
