"""民主评议党员: the list of a year, the record, the one page where it is filled in, and its way to 上级 and back."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from members import appraisal_sheets, appraisals
from members.forms.appraisal import NONE, AppraisalFilter, AppraisalForm, BackForm, BeginForm, RowForm, ToldForm
from members.models import Appraisal, Membership
from office.writer import XLSX

SHOWN = 30
SIGNS = {"draft": "draft", "submitted": "wait", "returned": "back", "approved": "done"}


def _asked(request, today):
    """(the form above the list, the branches of the year as filtered)."""
    usual = appraisals.shown_year(Appraisal.objects.visible_to(request.user), today)
    form = AppraisalFilter(request.GET, usual=usual, running=today.year)
    year = form.of_year
    branches = Branch.objects.visible_to(request.user, verb="appraisal.see").graded()
    branches = branches.at_work(today.replace(year=year, month=1, day=1), today.replace(year=year, month=12, day=31))
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    held = Appraisal.objects.visible_to(request.user).filter(year=year)
    if form.asked.get("state") == NONE:
        branches = branches.exclude(pk__in=held.values("branch"))
    elif "state" in form.asked:
        branches = branches.filter(pk__in=held.filter(state=form.asked["state"]).values("branch"))
    return form, branches.in_order(), held


@require_safe
@policy("appraisal.see")
def appraisal_list(request):
    today = timezone.localdate()
    form, branches, held = _asked(request, today)
    page = Paginator(branches, SHOWN).get_page(request.GET.get("page"))
    found = {each.branch_id: each for each in appraisals.with_counts(held.filter(branch__in=list(page)))}
    none = "miss" if appraisals.is_past(form.of_year, today) else "wait"
    states = list(held.values_list("state", flat=True))
    context = {
        "form": form, "page": page, "query": request.GET, "year": form.of_year,
        "rows": [_line(request, branch, found.get(branch.pk), none) for branch in page],
        "waiting": states.count("submitted"), "approved": states.count("approved"), "held": len(states),
        "may_edit": may(request.user, "appraisal.edit"), "has_many": page.paginator.count > 1 or bool(form.asked),
    }  # fmt: skip
    return render(request, "members/appraisals.html", context)


def _line(request, branch, each, none):
    return {
        "branch": branch, "appraisal": each, "sign": SIGNS[each.state] if each else none,
        "word": each.get_state_display() if each else "未登记",
        "may_begin": each is None and branch.closed_on is None and may(request.user, "appraisal.edit", at=branch),
    }  # fmt: skip


@require_safe
@policy("appraisal.see")
def appraisal_export(request):
    """民主评议汇总表 of exactly what is filtered, with a sheet of every member."""
    today = timezone.localdate()
    form, branches, held = _asked(request, today)
    branches, words = list(branches), [chip["label"] for chip in form.chips]
    highest = Branch.objects.visible_to(request.user, verb="appraisal.see").order_by("path").first()
    data = appraisal_sheets.of_appraisals(
        branches, held.filter(branch__in=branches), form.of_year, organ=highest.name if highest else "", on=today, words=words
    )  # fmt: skip
    audit.record("report.export", by=request.user, report="民主评议汇总表", year=form.of_year, rows=len(branches))
    return download(data, f"{form.of_year}年度民主评议党员汇总表.xlsx")


def download(data, name, content_type=None):
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=content_type or XLSX().get_content_type(), headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("appraisal.edit")
def appraisal_add(request):
    """Year and day; who takes part comes from the register."""
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="appraisal.edit").graded().filter(closed_on=None)
    asked = whole_number(request.GET.get("branch"))
    if asked is None and branches.count() == 1:
        branch = branches.get()
    elif asked is None:
        return render(request, "members/appraisal_choose.html", {"branches": branches.in_order()})
    else:
        branch = get_object_or_404(branches, pk=asked)
    form = BeginForm(request.POST or None, initial={"year": appraisals.assessed_year(today), "held_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            appraisal = appraisals.begin(branch, **form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            return redirect("members:appraisal_edit", appraisal.pk)
    rule, cite = appraisals.limit_rule(on=today)
    return render(request, "members/appraisal_add.html", {"form": form, "branch": branch, "rule": rule, "cite": cite})


def refuse(form, error):
    """The refusal of an act beside the fields it names, else at the top."""
    faults = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, found in faults.items():
        form.add_error(name if name in form.fields else None, found)


def _found(request, pk, verb="appraisal.see"):
    found = Appraisal.objects.visible_to(request.user, verb=verb)
    return get_object_or_404(found.select_related("branch", "submitted_by", "approved_by"), pk=pk)


@require_safe
@policy("appraisal.see")
def appraisal_detail(request, pk):
    appraisal = _found(request, pk)
    return _detail(request, appraisal)


def _detail(request, appraisal, back=None, told=None):
    today = timezone.localdate()
    rows = list(appraisal.rows.select_related("member"))
    at = appraisals.places(rows)
    last = len(rows)
    rows.sort(key=lambda row: (at.get(row.pk, last), row.kind, row.member.initials, row.pk))
    may_edit = may(request.user, "appraisal.edit", at=appraisal.branch)
    may_approve = may(request.user, "appraisal.approve", at=appraisal.branch)
    is_own = request.user.pk in (appraisal.submitted_by_id, appraisal.created_by_id)
    waits = appraisal.state == Appraisal.State.SUBMITTED
    untold = sum(bool(row.final) and row.told_on is None for row in rows)
    rule, cite = appraisals.limit_rule(on=appraisal.held_on)
    context = {
        "appraisal": appraisal, "sign": SIGNS[appraisal.state], "has_votes": bool(at),
        "rows": [{"row": row, "place": at.get(row.pk), "is_full": row.kind == Membership.Kind.FULL} for row in rows],
        "present": sum(row.is_present for row in rows), "due": len(rows),
        "probationary": sum(row.kind == Membership.Kind.PROBATIONARY for row in rows),
        "limit": appraisals.allowance(rows, on=appraisal.held_on), "rule": rule, "cite": cite,
        "may_change": may_edit and appraisal.state in appraisals.OPEN,
        "may_tell": may_edit and appraisal.state == Appraisal.State.APPROVED and untold, "untold": untold,
        "may_decide": may_approve and waits and not is_own, "is_own": may_approve and waits and is_own,
        "back": back or BackForm(), "told": told or ToldForm(initial={"told_on": today}),
        "ask": request.GET.get("ask", ""), "events": audit.of(appraisal)[:20],
    }  # fmt: skip
    return render(request, "members/appraisal.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("appraisal.edit")
def appraisal_edit(request, pk):
    """Everybody's line on one page: there or not, totals, grade."""
    appraisal, today = _found(request, pk, "appraisal.edit"), timezone.localdate()
    if appraisal.state not in appraisals.OPEN:
        messages.warning(request, "已经上报，不能再改；要改请上级先退回。")
        return redirect(appraisal)
    head = AppraisalForm(request.POST or None, instance=appraisal)
    head_ok = head.is_valid() if request.method == "POST" else False
    returned = (head.cleaned_data.get("ballots_returned") or 0) if head_ok else appraisal.ballots_returned
    rows = list(appraisal.rows.select_related("member").order_by("-kind", "member__initials", "pk"))
    at = appraisals.places(rows)
    forms = [RowForm(request.POST or None, instance=row, prefix=f"r{row.pk}", returned=returned) for row in rows]
    wrong = [form for form in forms if not form.is_valid()] if request.method == "POST" else []
    stale = None
    if head_ok and not wrong:
        try:
            _, (added, gone) = appraisals.save(
                appraisal, head={name: head.cleaned_data[name] for name in head.Meta.fields},
                lines={form.instance.pk: form.cleaned_data for form in forms},
                version=head.cleaned_data.get("version") or 0, by=request.user, on=today,
            )  # fmt: skip
        except ValidationError as error:
            refuse(head, error)
            if head.is_stale:
                fresh = _found(request, pk, "appraisal.edit")
                head.catch_up(fresh)
                stale = {"rows": head.theirs, "event": audit.of(fresh).first()}
        else:
            return _saved(request, appraisal, added, gone, today)
    rule, cite = appraisals.limit_rule(on=appraisal.held_on)
    context = {
        "appraisal": appraisal, "form": head, "stale": stale, "rule": rule, "cite": cite,
        "lines": [{"form": form, "member": form.instance.member, "kind": form.instance.get_kind_display(),
                   "place": at.get(form.instance.pk)} for form in forms],
        "wrong": wrong,
    }  # fmt: skip
    return render(request, "members/appraisal_edit.html", context)


def _saved(request, appraisal, added, gone, today):
    if added or gone:
        words = [f"增加 {'、'.join(added)}"] if added else []
        words += [f"去掉 {'、'.join(gone)}"] if gone else []
        messages.warning(request, f"名册按评议日期核对过：{'；'.join(words)}。请看一遍再上报。")
        return redirect("members:appraisal_edit", appraisal.pk)
    if "submit" not in request.POST:
        messages.success(request, "已保存。")
        return redirect(appraisal)
    return _act(
        request, appraisal, lambda: appraisals.submit(appraisal, by=request.user, on=today), "已上报，等上级审定。"
    )


def _act(request, appraisal, act, said):
    """Do it, or say why not; the record is what is shown next."""
    try:
        act()
    except ValidationError as error:
        for words in error.messages:
            messages.error(request, words)
    else:
        messages.success(request, said)
    return redirect(appraisal)


@require_POST
@policy("appraisal.edit")
def appraisal_submit(request, pk):
    appraisal, today = _found(request, pk, "appraisal.edit"), timezone.localdate()
    return _act(
        request, appraisal, lambda: appraisals.submit(appraisal, by=request.user, on=today), "已上报，等上级审定。"
    )


@require_POST
@policy("appraisal.approve")
def appraisal_approve(request, pk):
    appraisal, today = _found(request, pk, "appraisal.approve"), timezone.localdate()
    return _act(request, appraisal, lambda: appraisals.approve(appraisal, by=request.user, on=today), "已审定。")


@require_POST
@policy("appraisal.approve")
def appraisal_return(request, pk):
    appraisal, today = _found(request, pk, "appraisal.approve"), timezone.localdate()
    form = BackForm(request.POST)
    if not form.is_valid():
        return _detail(request, appraisal, back=form)
    reason = form.cleaned_data["reason"]
    return _act(
        request, appraisal, lambda: appraisals.send_back(appraisal, reason=reason, by=request.user, on=today), "已退回给支部。"
    )  # fmt: skip


@require_POST
@policy("appraisal.edit")
def appraisal_tell(request, pk):
    appraisal, today = _found(request, pk, "appraisal.edit"), timezone.localdate()
    form = ToldForm(request.POST)
    if not form.is_valid():
        return _detail(request, appraisal, told=form)
    told_on = form.cleaned_data["told_on"]
    return _act(
        request, appraisal, lambda: appraisals.tell(appraisal, told_on=told_on, by=request.user, on=today), "已记下告知日期。"
    )  # fmt: skip
