from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Min, Window
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from duties.models import Duty
from files.actions import serve
from meetings import campaigns
from meetings.forms.campaign import CampaignForm, FindingForm, FinishForm, GuidanceForm, MatrixFilter
from meetings.models import Campaign, Finding, Guidance, Meeting, StepDone

SIGNS = {"draft": "draft", "open": "wait", "closed": "done"}
ACTS = {"open": "开始", "close": "结束", "reopen": "重新开放"}
WORDS = {"done": "完成", "late": "迟", "miss": "逾期", "wait": "待办"}
SHOWN, ON_PAPER = 30, 500


@require_safe
@policy("campaign.see")
def campaign_list(request):
    found = Campaign.objects.visible_to(request.user).select_related("branch").order_by("-assessment_year", "-opens_on")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    context = {
        "rows": [{"campaign": each, "sign": SIGNS[each.state]} for each in page], "page": page, "query": request.GET,
        "may_run": may(request.user, "campaign.run"),
    }  # fmt: skip
    return render(request, "meetings/campaigns.html", context)


@require_safe
@policy("campaign.see")
def campaign_detail(request, pk):
    """Branches × steps; who has one branch only sees that branch's own page."""
    campaign, today = _seen(request, pk), timezone.localdate()
    branches = _visible(request, campaign, today)
    may_run = may(request.user, "campaign.run", at=campaign.branch)
    if not may_run and branches.count() == 1:
        return redirect(_own(campaign, branches.get()))
    form, steps = MatrixFilter(request.GET), list(campaign.steps.all())
    branches = _narrowed(request, campaign, branches, steps, form.asked, today)
    on_paper = "print" in request.GET
    page = Paginator(branches, ON_PAPER if on_paper else SHOWN).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign, "sign": SIGNS[campaign.state], "steps": steps, "page": page, "form": form,
        "query": request.GET, "columns": [*(step.label for step in steps), "会议记录"],
        "rows": _matrix(request, campaign, steps, list(page), today), "may_run": may_run, "on_paper": on_paper,
        "acts": [(act, ACTS[act]) for act in campaigns.ROAD[campaign.state]] if may_run else [],
        "events": audit.of(campaign)[:20], "is_closed": campaign.state == Campaign.State.CLOSED,
    }  # fmt: skip
    return render(request, "meetings/campaign.html", context)


def _seen(request, pk, verb="campaign.see"):
    return get_object_or_404(_seen_rounds(request, verb), pk=pk)


def _seen_rounds(request, verb="campaign.see"):
    return Campaign.objects.visible_to(request.user, verb=verb).select_related("branch", "plan_file")


def _run(request, pk):
    """A round that one may run: not one that came from above."""
    branches = Branch.objects.visible_to(request.user, verb="campaign.run")
    found = Campaign.objects.visible_to(request.user, verb="campaign.run").filter(branch__in=branches)
    return get_object_or_404(found.select_related("branch"), pk=pk)


def _visible(request, campaign, today, verb="campaign.see"):
    """The organisations that take part and lie in one's reach."""
    return campaigns.taking_part(campaign, today).filter(
        pk__in=Branch.objects.visible_to(request.user, verb=verb).values("pk")
    )


def _own(campaign, branch):
    return f"{reverse('meetings:campaign_branch', args=[campaign.pk])}?branch={branch.pk}"


def _narrowed(request, campaign, branches, steps, asked, today):
    """One's own branches to guide first, then in 单位序; less when filters are set."""
    guided = Guidance.objects.visible_to(request.user, verb="campaign.see").filter(campaign=campaign)
    mine = set(guided.filter(guide=request.user).values_list("branch", flat=True))
    if "q" in asked:
        branches = branches.filter(name__contains=asked["q"])
    if asked.get("only") == "mine":
        branches = branches.filter(pk__in=mine)
    if asked.get("only") == "free":
        branches = branches.exclude(pk__in=guided.values("branch"))
    found = list(branches)
    if asked.get("only") == "late":
        done = set(_done(request, campaign).values_list("step", "branch"))
        past = [step.pk for step in steps if step.due_on < today]
        found = [branch for branch in found if any((step, branch.pk) not in done for step in past)]
    return sorted(found, key=lambda branch: branch.pk not in mine)


def _done(request, campaign):
    return StepDone.objects.visible_to(request.user, verb="campaign.see").filter(step__campaign=campaign)


def _matrix(request, campaign, steps, branches, today):
    """Rows for components/matrix.html."""
    done = {(row.step_id, row.branch_id): row.done_on for row in _done(request, campaign).filter(branch__in=branches)}
    guides = {}
    for row in (
        Guidance.objects.visible_to(request.user, verb="campaign.see")
        .filter(campaign=campaign, branch__in=branches)
        .select_related("guide")
    ):
        guides.setdefault(row.branch_id, []).append(f"{row.group} {row.guide}")
    duties = _duties(request, campaign, branches)
    rows = []
    for branch in branches:
        cells = [_cell(step.label, step.due_on, done.get((step.pk, branch.pk)), today) for step in steps]
        cells.append(_meeting_cell(duties.get(branch.pk), today))
        finished = sum(cell["is_fine"] for cell in cells)
        rows.append(
            {
                "url": _own(campaign, branch), "name": branch.name, "stage": "、".join(guides.get(branch.pk, [])),
                "cells": cells, "is_fine": finished == len(cells), "sum": f"{len(cells)} 项，已办 {finished} 项",
            }
        )  # fmt: skip
    return rows


def _cell(label, due_on, done_on, today):
    state = ("late" if done_on > due_on else "done") if done_on else "miss" if due_on < today else "wait"
    day = done_on or due_on
    figure = f"{day.month}-{day.day}" if done_on else f"{day.month}-{day.day} 前"
    return {"label": label, "state": state, "figure": figure, "word": WORDS[state], "is_fine": bool(done_on)}


def _duties(request, campaign, branches):
    """branch id → the duty to hold the meeting in the year of the round."""
    duties = Duty.objects.visible_to(request.user).filter(
        branch__in=branches, rule=campaign.kind, year=campaign.assessment_year
    )
    return {duty.branch_id: duty for duty in duties}


def _meeting_cell(duty, today):
    if duty is None:
        return {"label": "会议记录", "state": "na", "figure": "—", "word": "不适用", "is_fine": True}
    return _cell("会议记录", duty.due_on, duty.met_on, today)


@require_safe
@policy("campaign.see")
def campaign_file(request, pk):
    """The 实施方案 as it was uploaded, made safe."""
    campaign = get_object_or_404(_seen_rounds(request).filter(plan_file__isnull=False), pk=pk)
    return serve(campaign.plan_file, request)


@require_safe
@policy("campaign.see")
def campaign_branch(request, pk):
    """One organisation's round: its steps, its meeting, what it found."""
    campaign, today = _seen(request, pk), timezone.localdate()
    branches = _visible(request, campaign, today)
    if asked := whole_number(request.GET.get("branch")):
        branch = get_object_or_404(branches, pk=asked)
    elif branches.count() == 1:
        branch = branches.get()
    else:
        return redirect(campaign)
    return _branch_page(request, campaign, branch, FindingForm(), today)


def _branch_page(request, campaign, branch, form, today, faulty=None):
    """`faulty`: (key of a step, its form) that was sent with a fault."""
    done = {row.step_id: row.done_on for row in _done(request, campaign).filter(branch=branch)}
    steps = []
    for step in campaign.steps.all():
        cell = _cell(step.label, step.due_on, done.get(step.pk), today)
        own = FinishForm(initial={"done_on": done.get(step.pk) or today}, auto_id=f"done-{step.pk}-%s")
        form_of = faulty[1] if faulty and faulty[0] == step.pk else own
        steps.append({"step": step, "done_on": done.get(step.pk), **cell, "form": form_of})
    if undone := [row for row in steps if not row["done_on"]]:
        undone[0]["is_next"] = True
    duty = _duties(request, campaign, [branch]).get(branch.pk)
    held = Meeting.objects.visible_to(request.user).filter(
        branch=branch, kinds__kind=campaign.kind, kinds__assessment_year=campaign.assessment_year
    )
    findings = Finding.objects.visible_to(request.user).filter(campaign=campaign, branch=branch).order_by("pk")
    guides = Guidance.objects.visible_to(request.user, verb="campaign.see").filter(campaign=campaign, branch=branch)
    is_open = campaign.state == Campaign.State.OPEN
    context = {
        "campaign": campaign, "branch": branch, "steps": steps, "duty": duty, "sign": SIGNS[campaign.state],
        "meeting": held.order_by("-held_on").first(), "meeting_cell": _meeting_cell(duty, today),
        "findings": findings, "form": form, "guides": guides.select_related("guide"), "is_open": is_open,
        "may_edit": is_open and may(request.user, "meeting.edit", at=branch),
        "may_hold": may(request.user, "meeting.edit", at=branch),
    }  # fmt: skip
    return render(request, "meetings/campaign_branch.html", context)


def _written_for(request, campaign, today):
    """The organisation named in a sent form, when one may write for it; None when none is named."""
    asked = whole_number(request.POST.get("branch"))
    branches = _visible(request, campaign, today, verb="meeting.edit")
    return get_object_or_404(branches, pk=asked) if asked else None


@require_POST
@policy("meeting.edit")
def campaign_finish(request, pk):
    campaign, today = _seen(request, pk, "meeting.edit"), timezone.localdate()
    branch, step = _written_for(request, campaign, today), whole_number(request.POST.get("step"))
    if branch is None or not step:
        messages.error(request, "请在党组织的页面上登记步骤。")
        return redirect(campaign)
    step = get_object_or_404(campaign.steps.select_related("campaign__branch"), pk=step)
    form = FinishForm(request.POST, auto_id=f"done-{step.pk}-%s")
    if form.is_valid():
        try:
            campaigns.finish(step, branch, by=request.user, on=form.cleaned_data["done_on"], today=today)
        except ValidationError as error:
            form.add_error("done_on", error)
        else:
            messages.success(request, f"已登记：{step.label}。")
            return redirect(_own(campaign, branch))
    return _branch_page(request, campaign, branch, FindingForm(), today, (step.pk, form))


@require_POST
@policy("meeting.edit")
def campaign_find(request, pk):
    campaign, today = _seen(request, pk, "meeting.edit"), timezone.localdate()
    branch = _written_for(request, campaign, today)
    if branch is None:
        messages.error(request, "请在党组织的页面上登记问题。")
        return redirect(campaign)
    form = FindingForm(request.POST, instance=Finding(campaign=campaign, branch=branch))
    if form.is_valid():
        try:
            campaigns.find(form.instance, by=request.user, on=today)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已登记，并转入整改。")
            return redirect(f"{_own(campaign, branch)}#findings")
    return _branch_page(request, campaign, branch, form, today)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("meeting.edit")
@transaction.atomic
def finding_edit(request, pk):
    found = Finding.objects.visible_to(request.user, verb="meeting.edit").select_for_update(of=("self",))
    finding = get_object_or_404(found.select_related("campaign__branch", "branch"), pk=pk)
    form = FindingForm(request.POST or None, instance=finding)
    if request.method == "POST" and form.is_valid():
        try:
            campaigns.find(form.instance, by=request.user, on=timezone.localdate())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已保存。")
            return redirect(f"{_own(finding.campaign, finding.branch)}#findings")
    stale = None
    if form.is_stale:
        fresh = Finding.objects.visible_to(request.user, verb="meeting.edit").get(pk=pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    context = {"form": form, "finding": finding, "stale": stale, "back": _own(finding.campaign, finding.branch)}
    return render(request, "meetings/finding_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("campaign.run")
def campaign_add(request):
    return _form(request, Campaign())


@require_http_methods(["GET", "HEAD", "POST"])
@policy("campaign.run")
def campaign_edit(request, pk):
    campaign = _run(request, pk)
    if campaign.state == Campaign.State.CLOSED:
        messages.error(request, "这项安排已经结束；要改的，先重新开放。")
        return redirect(campaign)
    return _form(request, campaign)


def _form(request, campaign):
    pk = campaign.pk
    kind = request.GET.get("kind", "")
    initial = {"kind": kind} if not pk and kind in Campaign.Kind.values else {}
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = CampaignForm(*sent, instance=campaign, initial=initial, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            saved = campaigns.save(
                form.instance,
                form.parsed,
                by=request.user,
                version=form.cleaned_data["version"] or 0,
                document=form.cleaned_data["document"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "安排已保存。")
            return redirect(saved)
    stale = None
    if form.is_stale:
        fresh = _run(request, pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    return render(request, "meetings/campaign_form.html", {"form": form, "pk": pk, "stale": stale})


@require_POST
@policy("campaign.run")
def campaign_move(request, pk):
    """Open, close or reopen a round."""
    campaign = _run(request, pk)
    try:
        campaigns.move(campaign, request.POST.get("act", ""), by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, f"已{ACTS[request.POST['act']]}。")
    return redirect(campaign)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("campaign.run")
def campaign_guidance(request, pk):
    """Who of the guidance groups looks after which organisation."""
    campaign, today = _run(request, pk), timezone.localdate()
    guided = Guidance.objects.visible_to(request.user, verb="campaign.run").filter(campaign=campaign)
    here = reverse("meetings:campaign_guidance", args=[campaign.pk])
    if "release" in request.POST:
        row = get_object_or_404(
            guided.select_related("campaign__branch"), pk=whole_number(request.POST["release"]) or 0
        )
        campaigns.release(row, by=request.user, on=today)
        messages.success(request, "已取消这项分工。")
        return redirect(here)
    form = GuidanceForm(
        request.POST or None, taking_part=campaigns.taking_part(campaign, today), upper=campaign.branch, on=today
    )
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        number = campaigns.assign(
            campaign, found["chosen"], group=found["group"], guide=found["guide"], by=request.user, on=today
        )
        messages.success(request, f"{found['guide']}新增指导 {number} 个党组织。")
        return redirect(here)
    rows = {}
    begun = Window(Min("pk"), partition_by="group")  # by name 第三 would stand before 第二
    ordered = guided.annotate(begun=begun).order_by("begun", "guide__name", "guide", "branch__order")
    for row in ordered.select_related("guide", "branch"):
        rows.setdefault((row.group, str(row.guide), row.guide_id), []).append(row)
    whole = campaigns.taking_part(campaign, today).count()
    context = {
        "campaign": campaign, "form": form, "whole": whole,
        "covered": len({row.branch_id for found in rows.values() for row in found}),
        "guided": [{"group": group, "guide": guide, "rows": found} for (group, guide, _), found in rows.items()],
    }  # fmt: skip
    return render(request, "meetings/campaign_guidance.html", context)
