"""双报到: the branches of the own scope in a year, one branch, and a page for each thing entered."""

from datetime import date
from decimal import Decimal

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from members import community, plain_sheet, register
from members.forms.community import CommunityFilter, LinkForm, ReportForm, ServiceForm
from members.models import CommunityLink, CommunityReport, CommunityService, Member, Membership
from members.views.appraisal import SHOWN, download
from members.views.dues import found_branch
from members.views.standing import acted, asked_day


def _asked(request, today):
    form = CommunityFilter(request.GET, usual=today.year, running=today.year)
    year = form.of_year
    branches = Branch.objects.visible_to(request.user, verb="community.see").graded()
    branches = branches.at_work(date(year, 1, 1), date(year, 12, 31)).in_order()
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    return form, branches, year


@require_safe
@policy("community.see")
def community_list(request):
    """Every branch with its year; whoever has one branch sees it at once."""
    today = timezone.localdate()
    form, branches, year = _asked(request, today)
    if not form.asked and branches.count() == 1:
        return redirect("members:community_branch", branches.get().pk, year)
    page = Paginator(branches, SHOWN).get_page(request.GET.get("page"))
    found = community.summary([branch.pk for branch in page], year, today)
    context = {
        "form": form, "page": page, "query": request.GET, "year": year,
        "rows": [{"branch": branch, "sum": found[branch.pk]} for branch in page],
    }  # fmt: skip
    return render(request, "members/community.html", context)


@require_safe
@policy("community.see")
def community_export(request):
    """双报到情况表 of exactly what is filtered."""
    today = timezone.localdate()
    form, branches, year = _asked(request, today)
    branches = list(branches)
    found = community.summary([branch.pk for branch in branches], year, today)
    highest = Branch.objects.visible_to(request.user, verb="community.see").order_by("path").first()
    sums = [found[branch.pk] for branch in branches]
    rows = [(branch.name, *_cells(each)) for branch, each in zip(branches, sums, strict=True)]
    total = community.Year(
        sum(each.serving for each in sums), sum(each.reported for each in sums), False,
        sum(each.services for each in sums), sum(each.hands for each in sums),
        sum((each.hours for each in sums), Decimal(0)), sum(each.reports for each in sums),
        sum(each.member_reports for each in sums),
    )  # fmt: skip
    told = [*_cells(total)]
    told[0] = f"{sum(each.has_branch for each in sums)} 个"
    headers = [
        "党支部", "支部已报到", "在职党员", "已报到", "报到率", "服务次数", "参加人次", "服务时长", "支部报告", "党员报告",
    ]  # fmt: skip
    data = plain_sheet.of_list(
        f"{year}年双报到情况表", headers, (36, 12, 10, 10, 10, 10, 10, 10, 10, 10), [*rows, ("合计", *told)],
        organ=highest.name if highest else "", on=min(today, date(year, 12, 31)),
        words=[f"名称含“{form.asked['q']}”"] if "q" in form.asked else (),
    )  # fmt: skip
    audit.record("report.export", by=request.user, report="双报到情况表", year=year, rows=len(rows))
    return download(data, f"{year}年双报到情况表.xlsx")


def _cells(each):
    return (
        "是" if each.has_branch else "否", each.serving, each.reported, each.share, each.services, each.hands, each.hours,
        each.reports, each.member_reports,
    )  # fmt: skip


@require_safe
@policy("community.see")
def community_branch(request, pk, year):
    today, branch = timezone.localdate(), found_branch(request, pk, year, "community.see", graded=True)
    links = CommunityLink.objects.visible_to(request.user).filter(branch=branch, started_on__lte=date(year, 12, 31))
    links = links.exclude(ended_on__lt=date(year, 1, 1)).select_related("member")
    services = CommunityService.objects.visible_to(request.user).filter(branch=branch, held_on__year=year)
    reports = CommunityReport.objects.visible_to(request.user).filter(branch=branch, year=year).select_related("member")
    context = {
        "branch": branch, "year": year, "sum": community.summary([pk], year, today)[pk],
        "may_edit": may(request.user, "community.edit", at=branch),
        "links": links.order_by("community", "member__strokes", "pk"),
        "services": services.prefetch_related("hands").order_by("-held_on", "-pk"),
        "reports": reports.order_by("-reported_on", "-pk"),
        "years": [{"year": each, "is_shown": each == year} for each in range(today.year - 2, today.year + 1)],
        "shows_others": Branch.objects.visible_to(request.user, verb="community.see").graded().count() > 1,
    }  # fmt: skip
    return render(request, "members/community_branch.html", context)


def _editable(request, pk):
    return get_object_or_404(Branch.objects.visible_to(request.user, verb="community.edit").graded(), pk=pk)


def _members(request, branch, day):
    """The members of the branch on a day, by 班子序 and strokes."""
    rows = register.in_order(Membership.objects.visible_to(request.user).filter(branch=branch).on(day).for_list())
    return [row.member for row in rows]


def _queryset(request, branch, day):
    stays = Membership.objects.visible_to(request.user).filter(branch=branch).on(day)
    return Member.objects.visible_to(request.user).filter(pk__in=stays.values("member")).order_by("strokes", "pk")


def _back(branch, day):
    return reverse("members:community_branch", args=[branch.pk, day.year])


@require_http_methods(["GET", "HEAD", "POST"])
@policy("community.edit")
def community_link(request, pk):
    """The branch and its members report to a community, all on one page."""
    branch, today = _editable(request, pk), timezone.localdate()
    form = LinkForm(request.POST or None, members=_queryset(request, branch, today), initial={"started_on": today})

    def act():
        given = dict(form.cleaned_data)
        community.report_in(branch, **given, by=request.user, on=today)

    return acted(request, form, act, "已登记报到。", _back(branch, today), "members/community_link.html", branch=branch)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("community.edit")
def community_link_end(request, pk):
    found = CommunityLink.objects.visible_to(request.user, verb="community.edit").select_related("member", "branch")
    row = get_object_or_404(found, pk=pk)
    return asked_day(
        request, row, lambda day, today: community.end_link(row, last=day, by=request.user, on=today),
        f"{row.member or row.branch}向{row.community}的报到到哪天为止？", "最后一天", "已登记结束。",
        back=_back(row.branch, timezone.localdate()),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("community.edit")
def community_serve(request, pk):
    branch, today = _editable(request, pk), timezone.localdate()
    return _service(request, CommunityService(branch=branch), today, {})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("community.edit")
def community_service_edit(request, pk):
    found = CommunityService.objects.visible_to(request.user, verb="community.edit").select_related("branch")
    service = get_object_or_404(found, pk=pk)
    hours = {hand.member_id: hand.hours for hand in service.hands.all()}
    return _service(request, service, service.held_on, hours)


def _service(request, service, day, hours):
    form = ServiceForm(
        request.POST or None, instance=service, members=_members(request, service.branch, day), hours=hours,
        initial={} if service.pk else {"held_on": day},
    )  # fmt: skip
    act = lambda: community.serve(form.instance, form.hours, by=request.user, on=timezone.localdate())  # noqa: E731
    return acted(
        request,
        form,
        act,
        "已保存服务记录。",
        _back(service.branch, day),
        "members/community_serve.html",
        branch=service.branch,
    )


@require_safe
@policy("community.see")
def community_service(request, pk):
    found = CommunityService.objects.visible_to(request.user).select_related("branch")
    service = get_object_or_404(found, pk=pk)
    context = {
        "service": service, "may_edit": may(request.user, "community.edit", at=service.branch),
        "hands": service.hands.select_related("member").order_by("member__strokes", "pk"),
        "hours": sum((hand.hours for hand in service.hands.all()), Decimal(0)), "back": _back(service.branch, service.held_on),
    }  # fmt: skip
    return render(request, "members/community_service.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("community.edit")
def community_report(request, pk):
    branch, today = _editable(request, pk), timezone.localdate()
    form = ReportForm(
        request.POST or None, instance=CommunityReport(branch=branch), members=_queryset(request, branch, today),
        initial={"year": today.year, "reported_on": today},
    )  # fmt: skip
    return acted(
        request, form, lambda: community.give_report(form.instance, by=request.user, on=today), "已登记报告。",
        _back(branch, today), "members/community_report.html", branch=branch,
    )  # fmt: skip
