from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

import vault
from accounts import audit
from accounts.policy import policy
from branches import names
from branches.forms import BranchFilter, BranchForm
from branches.models import Branch, OrgChange, Term
from branches.rights import may
from vault.masks import mask_phone

NEAR = relativedelta(months=6)  # 换届: notices begin six months ahead


def filtered(user, data, today):
    """(the filters, the organisations they leave in 单位序)."""
    form = BranchFilter(data)
    branches = Branch.objects.visible_to(user).at_work(today).in_order()
    asked = form.asked
    if "q" in asked:
        branches = names.named(branches, asked["q"])
    if "kind" in asked:
        branches = branches.filter(kind=asked["kind"])
    if "stage" in asked:
        branches = branches.filter(stage=asked["stage"])
    return form, branches


@require_safe
@policy("branch.see")
def branch_list(request):
    today = timezone.localdate()
    form, branches = filtered(request.user, request.GET, today)
    total = Branch.objects.visible_to(request.user).at_work(today).count()
    page = Paginator(branches, 30).get_page(request.GET.get("page"))
    terms = Term.objects.visible_to(request.user).filter(branch__in=list(page)).on(today)
    found = {term.branch_id: term for term in terms}
    context = {
        "form": form, "page": page, "total": total, "query": form.data,
        "may_import": may(request.user, "import.run"), "may_export": may(request.user, "export.run"),
        "rows": [
            {"branch": branch, "term": found.get(branch.pk), "expiry": expiry(found.get(branch.pk), today)}
            for branch in page
        ],
    }  # fmt: skip
    return render(request, "branches/list.html", context)


def expiry(term, today):
    """How a term stands: (sign, word), or None while its end is far off or unknown."""
    if term is None or term.expires_on is None or term.expires_on > today + NEAR:
        return None
    return ("late", "已届满") if term.expires_on < today else ("wait", "半年内届满")


@require_safe
@policy("branch.see")
def branch_detail(request, pk):
    today = timezone.localdate()
    branch = get_object_or_404(Branch.objects.visible_to(request.user).select_related("parent"), pk=pk)
    upper = Branch.objects.visible_to(request.user).filter(pk=branch.parent_id).first()
    terms = list(branch.terms.order_by("-started_on"))
    serving = next((term for term in terms if term.started_on <= today), None)
    is_graded = branch.kind in (Branch.Kind.BRANCH, Branch.Kind.JOINT)
    holds_members = is_graded or branch.kind == Branch.Kind.TEMPORARY
    elects = branch.kind not in (Branch.Kind.WORK_COMMITTEE, Branch.Kind.TEMPORARY) and not branch.closed_on
    see = {verb: may(request.user, f"{verb}.see", at=branch) for verb in ("member", "meeting", "duty", "score", "file")}
    context = {
        "branch": branch, "today": today, "upper": upper, "terms": terms, "serving": serving,
        "expiry": expiry(serving, today),
        "schools": branch.schools.all(), "groups": branch.groups.filter(ended_on=None).order_by("name"),
        "phone": mask_phone(vault.reveal(branch, "contact_phone")),
        "former": branch.changes.filter(kind=OrgChange.Kind.RENAMED),
        "may_restructure": may(request.user, "branch.restructure"),
        "children": Branch.objects.visible_to(request.user).filter(parent=branch).at_work(today).in_order(),
        "sees_duties": see["duty"] and is_graded, "sees_meetings": see["meeting"] and is_graded,
        "sees_members": see["member"] and holds_members, "sees_score": see["score"] and is_graded,
        "sees_file": see["file"] and branch.kind != Branch.Kind.TEMPORARY,
        "events": audit.of(branch)[:20], "may_edit": may(request.user, "branch.edit", at=branch),
        "may_elect": elects and may(request.user, "election.edit", at=branch),
    }  # fmt: skip
    return render(request, "branches/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("branch.edit")
@transaction.atomic
def branch_edit(request, pk):
    branch = get_object_or_404(
        Branch.objects.visible_to(request.user, verb="branch.edit").select_for_update(of=("self",)), pk=pk
    )
    name = str(branch)
    form = BranchForm(request.POST or None, instance=branch)
    if request.method == "POST" and form.is_valid():
        audit.save(form, by=request.user)
        messages.success(request, "已保存。")
        return redirect(branch)
    stale = None
    if form.is_stale:
        fresh = Branch.objects.visible_to(request.user, verb="branch.edit").get(pk=pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    context = {
        "form": form, "pk": pk, "name": name, "stale": stale,
        "may_rename": may(request.user, "branch.restructure"),
    }  # fmt: skip
    return render(request, "branches/edit.html", context)
