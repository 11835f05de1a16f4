"""到期一览: when each leadership expires and what has been done; the elections under way; leave to extend; leaving an office."""

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
from branches.models import Branch, Term
from branches.rights import may
from members import elections, terms
from members.forms.election import ElectionFilter, ExtensionForm, PostEndForm, TermFilter, tell
from members.models import Election, Post
from members.structure_checks import UPPERS
from rulebook.book import in_force

SHOWN = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIGNS = {Election.State.OPEN: "wait", Election.State.DONE: "done", Election.State.CANCELLED: "na"}


def _asked(request, today):
    """(the filter form, the organisations that it leaves, the soonest to expire first)."""
    branches = terms.electing(Branch.objects.visible_to(request.user, verb="election.see"), today)
    uppers = Branch.objects.visible_to(request.user, verb="election.see").at_work(today).filter(kind__in=UPPERS)
    form = TermFilter(request.GET, notices=terms.notice_days(today), upper=uppers.in_order())
    asked = form.asked
    if "q" in asked:
        branches = branches.filter(name__contains=asked["q"])
    if "kind" in asked:
        branches = branches.filter(kind=asked["kind"])
    if "upper" in asked:
        branches = branches.filter(parent=asked["upper"])
    if "state" in asked:
        branches = terms.narrowed(branches, asked["state"], today)
    return form, terms.by_expiry(branches)


@require_safe
@policy("election.see")
def term_list(request):
    today = timezone.localdate()
    form, branches = _asked(request, today)
    page = Paginator(branches, SHOWN).get_page(request.GET.get("page"))
    rows = terms.rows(page, today)
    for row in rows:
        vacancy, term, branch = row["vacancy"], row["term"], row["branch"]
        row["vacant_days"] = vacancy.days(today) if vacancy else None
        row["may_begin"] = not row["election"] and may(request.user, "election.edit", at=branch)
        row["may_extend"] = bool(
            term and term.expires_on and not row["extension"] and branch.parent
            and may(request.user, "election.approve", at=branch.parent)
        )  # fmt: skip
        row["url"] = row["election"].get_absolute_url() if row["election"] else ""
    if not form.fields["upper"].queryset:
        form.drop("upper")
    context = {
        "form": form, "page": page, "query": request.GET, "rows": rows, "today": today,
        "export_url": f"{reverse('members:terms_export')}?{request.GET.urlencode()}",
        "marks": in_force(on=today)["vacancy.notice_days"].value,
    }  # fmt: skip
    return render(request, "members/terms.html", context)


@require_safe
@policy("election.see")
def terms_export(request):
    """The list as filtered and in scope (report 5)."""
    today = timezone.localdate()
    form, branches = _asked(request, today)
    highest = Branch.objects.visible_to(request.user, verb="election.see").order_by("path").first()
    rows = terms.rows(branches, today)
    words = [chip["label"] for chip in form.chips]
    data = terms.workbook(rows, on=today, organ=highest.name if highest else "", words=words)
    audit.record("report.export", by=request.user, report="换届到期一览表", rows=len(rows), on=str(today))
    response = HttpResponse(data, content_type=XLSX)
    name = f"换届到期一览表{today:%Y%m%d}.xlsx"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


@require_safe
@policy("election.see")
def election_list(request):
    form = ElectionFilter(request.GET)
    rows, asked = Election.objects.visible_to(request.user).select_related("branch"), form.asked
    if "q" in asked:
        rows = rows.filter(branch__name__contains=asked["q"])
    for name in ("state", "kind"):
        if name in asked:
            rows = rows.filter(**{name: asked[name]})
    page = Paginator(rows.order_by("-created_at", "-pk"), SHOWN).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "query": request.GET,
        "rows": [{"election": row, "sign": SIGNS[row.state]} for row in page],
    }  # fmt: skip
    return render(request, "members/elections.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("election.approve")
def term_extend(request, pk):
    today = timezone.localdate()
    found = Term.objects.visible_to(request.user, verb="election.approve").select_related("branch")
    term = get_object_or_404(found, pk=pk)
    rule = in_force(on=today)["election.extension_months"]
    form = ExtensionForm(request.POST or None, initial={"approved_on": today})
    context = {
        "form": form, "title": "批准延期换届", "about": term.branch.name, "label": "批准",
        "text": f"本届 {term.expires_on:%Y-%m-%d} 届满。延期最长 {rule.value} 个月，只能批一次。" if term.expires_on else "",
        "cite": rule.source, "back": reverse("members:terms"),
    }  # fmt: skip
    return _acted(
        request, form, context, "已批准延期。",
        lambda data: elections.extend(term, **data, by=request.user, on=today),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("election.edit")
def post_end(request, pk):
    """Somebody leaves an office: from the next day the seat is empty and a by-election is due."""
    today = timezone.localdate()
    found = Post.objects.visible_to(request.user, verb="election.edit").select_related("member", "term__branch")
    post = get_object_or_404(found, pk=pk)
    rule = in_force(on=today)["vacancy.notice_days"]
    form = PostEndForm(request.POST or None, initial={"last": today})
    context = {
        "form": form, "title": f"{post.member}哪天免去{post.get_office_display()}？", "about": post.term.branch.name,
        "text": "这一天仍算在内。从第二天起记为空缺，应当及时补选。", "cite": rule.source, "label": "登记",
        "back": reverse("members:terms"),
    }  # fmt: skip
    return _acted(
        request, form, context, "已登记。", lambda data: elections.end_post(post, **data, by=request.user, on=today)
    )


def _acted(request, form, context, done, act):
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, done)
            return redirect(context["back"])
    return render(request, "members/election_ask.html", context)
