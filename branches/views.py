from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

import vault
from accounts import audit
from accounts.policy import policy
from branches.forms import BranchForm
from branches.models import Branch, Term
from branches.rights import may
from vault.masks import mask_phone


@require_safe
@policy("branch.see")
def branch_list(request):
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "kind", "stage")}
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user).at_work(today).select_related("parent").in_order()
    if asked["q"]:
        branches = branches.filter(Q(name__contains=asked["q"]) | Q(schools__name__contains=asked["q"])).distinct()
    if asked["kind"] in Branch.Kind.values:
        branches = branches.filter(kind=asked["kind"])
    if asked["stage"] in Branch.Stage.values:
        branches = branches.filter(stage=asked["stage"])
    page = Paginator(branches.annotate(group_count=Count("groups", filter=Q(groups__ended_on=None))), 30).get_page(
        request.GET.get("page")
    )
    terms = {term.branch_id: term for term in Term.objects.visible_to(request.user).filter(branch__in=list(page)).on(today)}
    rows = [{"branch": branch, "term": terms.get(branch.pk)} for branch in page]
    context = {
        "page": page, "rows": rows, "asked": asked, "kinds": Branch.Kind, "stages": Branch.Stage, "today": today,
        "may_import": may(request.user, "import.run"),
    }
    return render(request, "branches/list.html", context)


@require_safe
@policy("branch.see")
def branch_detail(request, pk):
    today = timezone.localdate()
    branch = get_object_or_404(Branch.objects.visible_to(request.user).select_related("parent"), pk=pk)
    context = {
        "branch": branch, "today": today, "schools": branch.schools.all(), "groups": branch.groups.filter(ended_on=None),
        "phone": mask_phone(vault.reveal(branch, "contact_phone")), "terms": branch.terms.order_by("-started_on"),
        "children": Branch.objects.visible_to(request.user).filter(parent=branch).at_work(today).in_order(),
        "events": audit.of(branch)[:20], "may_edit": may(request.user, "branch.edit", at=branch),
        "may_see": {verb: may(request.user, f"{verb}.see", at=branch) for verb in ("member", "meeting", "duty", "score")},
        "is_graded": branch.kind in (Branch.Kind.BRANCH, Branch.Kind.JOINT),
    }
    return render(request, "branches/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("branch.edit")
@transaction.atomic
def branch_edit(request, pk):
    branch = get_object_or_404(
        Branch.objects.visible_to(request.user, verb="branch.edit").select_for_update(of=("self",)), pk=pk
    )
    form = BranchForm(request.POST or None, instance=branch, initial={"version": branch.version})
    if request.method == "POST" and form.is_valid():
        audit.save(form, by=request.user)
        messages.success(request, "已保存。")
        return redirect(branch)
    return render(request, "branches/edit.html", {"form": form, "branch": branch})
