"""三重一大: the register, one matter, its form, and what a meeting or an organisation decided as a part of another page."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import Stale
from accounts.policy import policy
from branches.forms import search_word, whole_number
from branches.models import Branch
from branches.rights import may
from meetings import decisions
from meetings.forms.decision import DecisionFilter, DecisionForm
from meetings.models import CollectiveDecision, Meeting
from members import plain_sheet
from office.writer import XLSX
from rulebook.book import rule

SHOWN = 30
SIGNS = {"passed": "done", "rejected": "na", "put_off": "wait"}


def _asked(request, verb):
    found = CollectiveDecision.objects.visible_to(request.user, verb=verb)
    branches = Branch.objects.visible_to(request.user, verb=verb).filter(pk__in=found.values("branch"))
    form = DecisionFilter(request.GET, branch=branches.in_order())
    if branches.count() <= 1:
        form.drop("branch")
    asked = form.asked
    if "q" in asked:
        found = found.filter(matter__contains=asked["q"])
    for name, lookup in (("kind", "kind"), ("branch", "branch"), ("year", "meeting__held_on__year")):
        if name in asked:
            found = found.filter(**{lookup: asked[name]})
    return form, found.select_related("branch", "meeting").order_by("-meeting__held_on", "-pk")


@require_safe
@policy("decision.see")
def decision_list(request):
    form, found = _asked(request, "decision.see")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "query": request.GET, "may_export": may(request.user, "report.export"),
        "rows": [{"decision": row, "sign": SIGNS[row.result]} for row in page],
        "may_edit": may(request.user, "decision.edit"),
    }  # fmt: skip
    return render(request, "meetings/decisions.html", context)


@require_safe
@policy("report.export")
def decision_export(request):
    """三重一大事项登记表 of exactly what is filtered."""
    today = timezone.localdate()
    form, found = _asked(request, "report.export")
    found = found.filter(branch__in=Branch.objects.visible_to(request.user, verb="decision.see").values("pk"))
    highest = Branch.objects.visible_to(request.user, verb="report.export").order_by("path").first()
    rows = [
        (row.branch.name, row.get_kind_display(), row.matter, row.meeting.held_on, row.meeting.topic, row.get_result_display(),
         row.amount, row.number, row.carried_out)
        for row in found
    ]  # fmt: skip
    headers = [
        "党组织",
        "类别",
        "事项",
        "决定日期",
        "作出决定的会议",
        "结果",
        "金额（元）",
        "纪要号或依据文号",
        "落实情况",
    ]
    data = plain_sheet.of_list(
        "三重一大事项登记表", headers, (36, 16, 30, 12, 28, 8, 14, 20, 24), rows, organ=highest.name if highest else "",
        on=today, words=[chip["label"] for chip in form.chips],
    )  # fmt: skip
    audit.record("report.export", by=request.user, report="三重一大事项登记表", rows=len(rows), on=str(today))
    headers = {"Content-Disposition": content_disposition_header(True, f"三重一大事项登记表{today:%Y%m%d}.xlsx")}
    return HttpResponse(data, content_type=XLSX().get_content_type(), headers=headers)


@require_safe
@policy("decision.see")
def decision_detail(request, pk):
    found = CollectiveDecision.objects.visible_to(request.user).select_related("branch", "meeting")
    decision = get_object_or_404(found, pk=pk)
    context = {
        "decision": decision, "sign": SIGNS[decision.result], "hint": decisions.hint(decision, on=timezone.localdate()),
        "sees_meeting": Meeting.objects.visible_to(request.user).filter(pk=decision.meeting_id).exists(),
        "may_edit": may(request.user, "decision.edit", at=decision.branch), "events": audit.of(decision)[:20],
    }  # fmt: skip
    return render(request, "meetings/decision.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("decision.edit")
def decision_add(request):
    """First whose, then what; from a meeting's page both are known."""
    branches = Branch.objects.visible_to(request.user, verb="decision.edit").filter(closed_on=None)
    asked = whole_number(request.GET.get("branch"))
    if asked is None and branches.count() != 1:
        word = search_word(request.GET)
        found = branches.filter(name__contains=word) if word else branches
        page = Paginator(found.in_order(), SHOWN).get_page(request.GET.get("page"))
        return render(request, "meetings/decision_choose.html", {"page": page, "word": word, "query": request.GET})
    branch = branches.get() if asked is None else get_object_or_404(branches, pk=asked)
    return _form(request, CollectiveDecision(branch=branch), meeting=whole_number(request.GET.get("meeting")))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("decision.edit")
def decision_edit(request, pk):
    found = CollectiveDecision.objects.visible_to(request.user, verb="decision.edit").select_related("branch")
    return _form(request, get_object_or_404(found, pk=pk))


def _form(request, decision, *, meeting=None):
    today, branch = timezone.localdate(), decision.branch
    meetings = decisions.deciding(Meeting.objects.visible_to(request.user), branch, on=today)
    initial = {"meeting": meeting} if meeting else {}
    form = DecisionForm(request.POST or None, instance=decision, meetings=meetings, initial=initial)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            saved = decisions.save(
                form.instance, version=form.cleaned_data["version"] or 0, by=request.user, on=today
            )  # fmt: skip
        except Stale as error:
            form.add_error(None, error)
            fresh = (
                CollectiveDecision.objects.visible_to(request.user)
                .select_related("branch", "meeting")
                .get(pk=decision.pk)
            )
            form.catch_up(fresh)
            stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
        except ValidationError as error:
            faults = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
            for name, found in faults.items():
                form.add_error(name if name in form.fields else None, found)
        else:
            messages.success(request, "已保存。")
            return redirect(saved)
    context = {
        "form": form, "branch": branch, "pk": decision.pk, "stale": stale, "has_meetings": meetings.exists(),
        "rule": rule("decision.meetings", on=today).source, "may_meet": may(request.user, "meeting.edit", at=branch),
    }  # fmt: skip
    return render(request, "meetings/decision_form.html", context)


@require_safe
@policy("decision.see")
def decisions_beside(request, pk):
    """What an organisation decided of late: a part of its file."""
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="decision.see"), pk=pk)
    rows = CollectiveDecision.objects.visible_to(request.user).filter(branch=branch).select_related("meeting")
    context = {"branch": branch, "rows": rows[:5], "count": rows.count()}
    return render(request, "meetings/_decisions_beside.html", context)
