"""支部档案: one organisation's file, the overview of all, the way a school is led."""

from collections import Counter

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches import dossier, dossier_sheet, titles
from branches.forms.dossier import NONE, DossierFilter, GovernanceForm
from branches.models import Branch, Governance, ResponsibilityLine, Title, above
from branches.rights import may
from branches.views.attachment import files_of
from rulebook.book import rule

SHOWN = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIGNS = {"waiting": "miss", "preparing": "wait", "running": "done", "exempt": "na"}
TITLE_SIGNS = {"reserve": "draft", "recommended": "wait", "reported": "wait", "named": "done", "ended": "na"}
BASIS = {  # 依据 of what the file holds
    "governance": "《关于建立中小学校党组织领导的校长负责制的意见（试行）》（2022 年 1 月）",
    "instructor": "年度党建工作要点：选派民办学校党建指导员，党建工作写入章程",
}
LACK = {  # what an organisation lacks → the filter that finds those
    "party_rules": Q(governance__party_rules_on=None),
    "office_rules": Q(governance__office_rules_on=None),
    "deputy": Q(governance__leaders=Governance.Leaders.ONE, governance__has_deputy=False),
    "charter": Q(governance__charter_on=None, nature=Branch.Nature.PRIVATE),
}


def download(data, name):
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=XLSX, headers=headers)


def refuse(form, error):
    """The refusal of an act beside the fields it names, else at the top."""
    faults = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, found in faults.items():
        form.add_error(name if name in form.fields else None, found)


def say(request, error):
    for words in error.messages:
        messages.error(request, words)


def highest(user, verb="report.export"):
    """The name of the organisation that hands a report on."""
    found = Branch.objects.visible_to(user, verb=verb).order_by("path").first()
    return found.name if found else ""


def words_of(form):
    said = [chip["label"] for chip in form.chips]
    return [*said, f"搜索：{form.asked['q']}"] if "q" in form.asked else said


# --- all of them


@require_safe
@policy("file.see")
def dossier_list(request):
    """Every organisation's file in a line; who sees only one goes straight there."""
    today = timezone.localdate()
    seen = dossier.keeping(Branch.objects.visible_to(request.user, verb="file.see").at_work(today))
    form = DossierFilter(request.GET)
    if not request.GET and len(only := list(seen[:2])) == 1:
        return redirect("branches:dossier", only[0].pk)
    leads = dossier.leading(seen)
    found = _narrowed(seen, leads, form.asked, today)
    page = Paginator(found.in_order(), SHOWN).get_page(request.GET.get("page"))
    stages = Counter(dict(leads.values_list("governance__stage").annotate(Count("pk")).order_by()))
    context = {
        "form": form, "page": page, "query": request.GET, "tab": "files", "rows": dossier_sheet.lines(list(page), today.year, on=today),
        "signs": SIGNS, "may_export": may(request.user, "report.export"),
        "tiles": [
            {"label": label, "value": stages[stage or None], "url": f"?stage={stage or NONE}", "state": sign}
            for stage, label, sign in (
                ("running", "已经实行", "done"), ("preparing", "正在准备", "wait"), ("waiting", "尚未启动", "miss"),
                ("", "还没有登记", "late"),
            )
        ],
    }  # fmt: skip
    return render(request, "branches/dossiers.html", context)


def _narrowed(seen, leads, asked, today):
    found = seen
    if "q" in asked:
        found = found.filter(name__contains=asked["q"])
    if "stage" in asked or asked.get("lack") in LACK or asked.get("lack") == "instructor":
        found = found.filter(pk__in=leads.values("pk"))
    if "stage" in asked:
        found = found.filter(governance__stage=asked["stage"] if asked["stage"] != NONE else None)
    if (lack := asked.get("lack")) in LACK:
        found = found.filter(LACK[lack]).exclude(governance__stage=Governance.Stage.EXEMPT)
    elif lack == "instructor":
        held = Q(instructors__started_on__lte=today) & (
            Q(instructors__ended_on=None) | Q(instructors__ended_on__gte=today)
        )
        found = found.filter(nature=Branch.Nature.PRIVATE).exclude(pk__in=seen.filter(held).values("pk"))
    elif lack == "contact":
        held = Q(contactpoints__started_on__lte=today) & (
            Q(contactpoints__ended_on=None) | Q(contactpoints__ended_on__gte=today)
        )
        found = found.exclude(pk__in=seen.filter(held).values("pk")).exclude(parent=None)
    return found


@require_safe
@policy("report.export")
def dossier_export(request):
    """党组织档案一览表 of exactly what is filtered."""
    today = timezone.localdate()
    seen = dossier.keeping(Branch.objects.visible_to(request.user, verb="report.export").at_work(today))
    seen = seen.filter(pk__in=Branch.objects.visible_to(request.user, verb="file.see").values("pk"))
    form = DossierFilter(request.GET)
    branches = list(_narrowed(seen, dossier.leading(seen), form.asked, today).in_order())
    rows = dossier_sheet.lines(branches, today.year, on=today)
    data = dossier_sheet.of_files(rows, organ=highest(request.user), on=today, words=words_of(form))
    audit.record("report.export", by=request.user, report="党组织档案一览表", rows=len(rows), on=str(today))
    return download(data, "党组织档案一览表.xlsx")


# --- one of them


def found_branch(request, pk, verb="file.see"):
    found = dossier.keeping(Branch.objects.visible_to(request.user, verb=verb))
    return get_object_or_404(found.select_related("parent"), pk=pk)


@require_safe
@policy("file.see")
def dossier_detail(request, pk):
    branch, today = found_branch(request, pk), timezone.localdate()
    line = dossier_sheet.lines([branch], today.year, on=today)[0]
    entries = list(dossier.walls(today.year))
    answers = ResponsibilityLine.objects.visible_to(request.user).filter(
        branch__path__in=[*above(branch.path), branch.path], year=today.year
    )
    told, least = line.governance, rule("contact.visits", on=today)
    may_keep, may_run = (may(request.user, verb, at=branch) for verb in ("file.edit", "file.run"))
    context = {
        "branch": branch, "today": today, "line": line, "governance": told, "may_keep": may_keep, "may_run": may_run,
        "sign": SIGNS[told.stage] if told else "miss", "basis": BASIS, "least": least,
        "contacts": [
            {"row": row, "short": max(0, least.value - row.times), "may_visit": dossier.may_visit(request.user, row)}
            for row in line.contacts
        ],
        "titles": [
            {"row": row, "sign": TITLE_SIGNS[row.state], "is_late": titles.is_late(row, today)}
            for row in Title.objects.visible_to(request.user).filter(branch=branch).select_related("entry")[:SHOWN]
        ],
        "walls": dossier_sheet.walls_of(line.walls, entries), "entries": entries,
        "duties": [
            {"duty": label, "rows": [row for row in answers if row.duty == duty]}
            for duty, label in ResponsibilityLine.Duty.choices
        ] if answers else [],
        "sees_letters": may(request.user, "letter.see", at=branch),
        "sees_decisions": may(request.user, "decision.see", at=branch), "papers": _papers(told, branch),
        "events": audit.of(told)[:10] if told else [],
        **(files_of(told, request.user) if told else {}),
    }  # fmt: skip
    return render(request, "branches/dossier.html", context)


def _papers(told, branch):
    """The rules and the charter of a school: what it is, its day and number."""
    return [
        {"label": label, "on": getattr(told, f"{paper}_on"), "number": getattr(told, f"{paper}_number")}
        for paper, label, _ in dossier.PAPERS
        if told and (paper != "charter" or branch.nature == Branch.Nature.PRIVATE)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.edit")
def governance_edit(request, pk):
    """How the organisation leads its school."""
    branch, today = found_branch(request, pk, "file.edit"), timezone.localdate()
    known = Governance.objects.visible_to(request.user).filter(branch=branch).first()
    form = GovernanceForm(request.POST or None, instance=known or Governance(branch=branch))
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            dossier.govern(form.instance, version=form.cleaned_data.get("version"), by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已保存。")
            return redirect("branches:dossier", branch.pk)
    if form.is_stale:
        fresh = Governance.objects.visible_to(request.user).get(branch=branch)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    papers = [
        {"label": label, "on": form[f"{paper}_on"], "number": form[f"{paper}_number"]}
        for paper, label, _ in dossier.PAPERS
        if f"{paper}_on" in form.fields
    ]
    context = {"form": form, "branch": branch, "stale": stale, "papers": papers, "basis": BASIS["governance"]}
    return render(request, "branches/dossier_governance.html", context)
