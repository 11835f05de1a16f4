"""双带头人: the secretaries who serve, which of them lead the subject too, and by which paper."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from members import elections, plain_sheet
from members.forms.election import DualFilter, DualForm, tell
from members.models import Post
from members.views.appraisal import download

SHOWN = 30


def _asked(request, verb, today):
    """(the filters, the posts of secretaries who serve)."""
    form = DualFilter(request.GET)
    found = Post.objects.visible_to(request.user, verb=verb).filter(office=Post.Office.SECRETARY, ended_on=None)
    found = found.filter(started_on__lte=today, term__branch__closed_on=None)
    if "q" in form.asked:
        word = form.asked["q"]
        found = found.filter(Q(term__branch__name__contains=word) | Q(member__name__contains=word))
    if "state" in form.asked:
        found = found.filter(is_dual_leader=form.asked["state"] == "yes")
    return form, found.select_related("term__branch", "member").order_by("term__branch__order", "term__branch", "pk")


@require_safe
@policy("file.see")
def dual_leaders(request):
    today = timezone.localdate()
    form, found = _asked(request, "file.see", today)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    count = page.paginator.count
    dual = found.filter(is_dual_leader=True).count()
    context = {
        "form": form, "page": page, "query": request.GET, "count": count, "dual": dual,
        "share": round(100 * dual / count) if count else None, "may_export": may(request.user, "report.export"),
        "rows": [{"post": row, "may_edit": may(request.user, "file.edit", at=row.term.branch)} for row in page],
    }  # fmt: skip
    return render(request, "members/dual_leaders.html", context)


@require_safe
@policy("report.export")
def dual_export(request):
    today = timezone.localdate()
    form, found = _asked(request, "report.export", today)
    highest = Branch.objects.visible_to(request.user, verb="report.export").order_by("path").first()
    rows = [
        (row.term.branch.name, row.member.name, row.started_on, "是" if row.is_dual_leader else "否", row.dual_basis)
        for row in found
    ]
    data = plain_sheet.of_list(
        "双带头人名单", ["党组织", "书记", "任职日期", "双带头人", "依据"], (40, 12, 12, 10, 32), rows,
        organ=highest.name if highest else "", on=today, words=[chip["label"] for chip in form.chips],
    )  # fmt: skip
    audit.record("report.export", by=request.user, report="双带头人名单", rows=len(rows), on=str(today))
    return download(data, f"双带头人名单{today:%Y%m%d}.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.edit")
def dual_leader(request, pk):
    """Tick or untick one secretary, with the paper."""
    found = Post.objects.visible_to(request.user, verb="file.edit").filter(office=Post.Office.SECRETARY, ended_on=None)
    post = get_object_or_404(found.select_related("member", "term__branch"), pk=pk)
    form = DualForm(request.POST or None, initial={"is_dual": post.is_dual_leader, "basis": post.dual_basis})
    back = reverse("members:dual_leaders")
    if request.method == "POST" and form.is_valid():
        try:
            elections.mark_dual_leader(post, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, "已登记。")
            return redirect(back)
    context = {
        "form": form, "title": f"{post.member}是双带头人吗？", "about": post.term.branch.name, "label": "保存", "back": back,
        "text": "书记同时是教学、学术带头人的，是“双带头人”。", "cite": "年度党建工作要点：实施党组织书记“双带头人”培育",
    }  # fmt: skip
    return render(request, "members/election_ask.html", context)


@require_safe
@policy("file.see")
def dual_beside(request, pk):
    """The part of a branch's file that says who its secretary is and whether he or she leads the subject too."""
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="file.see"), pk=pk)
    posts = Post.objects.visible_to(request.user, verb="file.see").filter(
        term__branch=branch, office=Post.Office.SECRETARY, ended_on=None
    )
    context = {"post": posts.select_related("member").order_by("-started_on").first()}
    context["may_edit"] = context["post"] is not None and may(request.user, "file.edit", at=branch)
    return render(request, "members/_dual_beside.html", context)
