"""分析研判: the campaigns, how far each has come over all branches, who judges whom, and 回头看."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches import screenings
from branches.campaign_sheet import as_workbook
from branches.forms import whole_number
from branches.forms.campaign import LATE, UNASSIGNED, AssessorForm, CampaignForm, LookBackForm, ScreeningFilter
from branches.forms.standard import LEADERS
from branches.models import Branch, Screening, ScreeningCampaign, Standard
from branches.rights import may, places
from branches.views.acting import SHOWN, download, highest, refuse

State, Kind = ScreeningCampaign.State, Screening.Kind
SIGNS = {State.DRAFT: "draft", State.OPEN: "wait", State.CLOSED: "done"}
JUDGED_SIGNS = {
    "waiting": "draft", "judging": "wait", "submitted": "wait", "returned": "back", "approved": "done", "issued": "done",
}  # fmt: skip
ON_PAPER = 2000


@require_safe
@policy("screening.see")
def campaign_list(request):
    judged = Q(screenings__kind=Kind.FIRST, screenings__in=Screening.objects.visible_to(request.user))
    found = ScreeningCampaign.objects.visible_to(request.user).select_related("branch")
    found = found.annotate(
        whole=Count("screenings", filter=judged, distinct=True),
        judged=Count("screenings", filter=judged & Q(screenings__state__in=screenings.JUDGED), distinct=True),
    )
    page = Paginator(found.order_by("-year", "-pk"), SHOWN).get_page(request.GET.get("page"))
    context = {
        "rows": [
            {"campaign": each, "sign": SIGNS[each.state], "covered": screenings.Coverage(each.whole, each.judged)}
            for each in page
        ],
        "page": page, "query": request.GET, "may_run": may(request.user, "screening.run"),
    }  # fmt: skip
    return render(request, "branches/campaigns.html", context)


def _seen(request, pk, verb=None):
    found = ScreeningCampaign.objects.visible_to(request.user, verb=verb).select_related("branch", "standard")
    return get_object_or_404(found, pk=pk)


def _listed(request, campaign):
    return Screening.objects.visible_to(request.user).filter(campaign=campaign)


@require_safe
@policy("screening.see")
def campaign_detail(request, pk):
    """Where the campaign stands: phases, coverage of each 党委, classes, and every branch with its state."""
    campaign, today = _seen(request, pk), timezone.localdate()
    may_run = may(request.user, "screening.run", at=campaign.branch)
    listed = _listed(request, campaign)
    tallies = list(
        listed.values_list("kind", "branch__path", "state", "approved_class", "assessor", "branch__closed_on")
    )
    units = list(_units(request, campaign))
    form, kind, found = _asked(request, campaign, today)
    rounds = [_round(campaign, each, tallies, units, today) for each in Kind]
    on_paper = "print" in request.GET
    page = Paginator(found, ON_PAPER if on_paper else SHOWN).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign, "sign": SIGNS[campaign.state], "phases": _phases(campaign, today, rounds), "rounds": rounds,
        "form": form, "page": page, "query": request.GET, "on_paper": on_paper, "kind": kind, "may_run": may_run,
        "rows": [_row(campaign, row, today) for row in page], "is_draft": campaign.state == State.DRAFT,
        "is_open": campaign.state == State.OPEN, "events": audit.of(campaign)[:20] if may_run else None,
        "waiting": sum(row[2] == "submitted" for row in tallies), "may_approve": may(request.user, "screening.approve"),
        "may_export": may(request.user, "report.export"), "has_list": bool(tallies),
        "is_above": any(below for _, below in places(request.user, "screening.see")),
    }  # fmt: skip
    return render(request, "branches/campaign.html", context)


@require_safe
@policy("report.export")
def campaign_export(request, pk):
    """研判进度表 of exactly what is filtered."""
    campaign, today = _seen(request, pk), timezone.localdate()
    form, kind, found = _asked(request, campaign, today)
    exported = Branch.objects.visible_to(request.user, verb="report.export").values("pk")
    found = found.filter(branch__in=exported)
    rows = [(row, screenings.label_of(campaign.scale, row.approved_class)) for row in found]
    words = [campaign.title, Kind(kind).label, *(chip["label"] for chip in form.chips)]
    content = as_workbook(rows, organ=highest(request.user, "report.export"), on=today, words=words)
    audit.record(
        "report.export", campaign, by=request.user, report="分析研判进度表", rows=len(rows), asked=sorted(form.asked)
    )
    return download(content, "分析研判进度表.xlsx")


def _asked(request, campaign, today):
    """The search form, the round, and the screenings it leaves."""
    form = ScreeningFilter(request.GET, scale=campaign.scale, under=_units(request, campaign))
    kind = form.asked.get("kind") or Kind.FIRST
    listed = _listed(request, campaign).filter(kind=kind)
    return form, kind, _narrowed(listed, campaign, kind, form.asked, today)


def _units(request, campaign):
    kinds = [Branch.Kind.COMMITTEE, Branch.Kind.GENERAL]
    found = Branch.objects.visible_to(request.user, verb="screening.see").filter(kind__in=kinds, closed_on=None)
    return found.filter(path__startswith=campaign.branch.path).exclude(pk=campaign.branch_id).in_order()


def _phases(campaign, today, rounds):
    """The three stretches, each told as ahead, running, done or past its day with branches left."""
    first, again = rounds
    stretches = [
        ("过筛子", campaign.screens_from, campaign.screens_until, first),
        ("整改提升", campaign.screens_until + timedelta(days=1), campaign.rectifies_until, None),
        ("回头看", campaign.screens_until + timedelta(days=1), campaign.reviews_until, again),
    ]
    rows = []
    for label, since, until, judged in stretches:
        if today < since:
            state, word = "na", "未开始"
        elif today <= until:
            state, word = "wait", "进行中"
        elif judged and judged["undone"]:
            state, word = "late", "已过，未完成"
        else:
            state, word = ("done", "已完成") if judged and judged["covered"].whole else ("na", "已到期")
        left = (until - today).days if state == "wait" else None
        rows.append({"label": label, "since": since, "until": until, "state": state, "word": word, "left": left})
    return rows


def _round(campaign, kind, tallies, units, today):
    """Coverage and classes of one round, over what this person may see; branches closed since do not count."""
    listed = [row for row in tallies if row[0] == kind]
    rows = [row for row in listed if not (row[5] and row[5] < today)]
    covered = screenings.coverage(campaign, [(path, state) for _, path, state, *_ in rows])
    names = {unit.path: unit.name for unit in units}
    classes = [{"label": row["label"], "count": sum(each[3] == row["key"] for each in rows)} for row in campaign.scale]
    per_unit = [
        {"name": name, "path": path, "covered": covered[path]} for path, name in names.items() if path in covered
    ]
    if "" in covered and per_unit:
        per_unit.append({"name": "直属党支部", "path": "", "covered": covered[""]})
    until = getattr(campaign, screenings.UNTIL[kind])
    undone = sum(row[2] not in screenings.JUDGED for row in rows)
    is_late = today > until and undone > 0
    return {
        "kind": kind, "label": Kind(kind).label, "covered": covered[None], "units": per_unit, "classes": classes,
        "free": sum(row[4] is None and row[2] in screenings.OPEN for row in rows), "until": until, "undone": undone,
        "late": undone if is_late else 0, "sign": "late" if is_late else "" if undone else "done",
        "settled": sum(row[2] in screenings.SETTLED for row in rows),
        "gone": len(listed) - len(rows),
    }  # fmt: skip


def _narrowed(found, campaign, kind, asked, today):
    if "q" in asked:
        found = found.filter(branch__name__contains=asked["q"])
    if "under" in asked:
        found = found.filter(branch__path__startswith=asked["under"].path)
    if "reached" in asked:
        found = found.filter(approved_class=campaign.scale[int(asked["reached"]) - 1]["key"])
    state = asked.get("state")
    if state == UNASSIGNED:
        found = found.filter(assessor=None, state__in=screenings.OPEN)
    elif state == LATE:
        is_late = getattr(campaign, screenings.UNTIL[kind]) < today
        found = found.filter(state__in=screenings.OPEN) if is_late else found.none()
    elif state:
        found = found.filter(state=state)
    return found.select_related("branch", "assessor").order_by("branch__order", "pk")


def _row(campaign, row, today):
    is_late = row.state in screenings.OPEN and getattr(campaign, screenings.UNTIL[row.kind]) < today
    share = f"{row.points * 100 / row.whole:.1f}%" if row.whole else ""
    return {
        "screening": row, "sign": "late" if is_late else JUDGED_SIGNS[row.state], "share": share, "is_late": is_late,
        "reached": screenings.label_of(campaign.scale, row.approved_class),
    }  # fmt: skip


# ---- planning


def _owners(request):
    found = Branch.objects.visible_to(request.user, verb="screening.run").filter(kind__in=LEADERS, closed_on=None)
    return found.order_by("path")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def campaign_add(request):
    return _form(request, ScreeningCampaign())


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def campaign_edit(request, pk):
    campaign = _seen(request, pk, "screening.run")
    if campaign.state == State.CLOSED:
        messages.error(request, "这次研判已经结束；要改的，先重新开放。")
        return redirect(campaign)
    return _form(request, campaign)


def _form(request, campaign):
    pk = campaign.pk
    known = Standard.objects.visible_to(request.user).order_by("-pk")
    form = CampaignForm(request.POST or None, instance=campaign, owners=_owners(request), standards=known)
    if request.method == "POST" and form.is_valid():
        try:
            saved = screenings.save(form.instance, by=request.user, version=form.cleaned_data["version"] or 0)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已保存。")
            return redirect(saved)
    stale = None
    if form.is_stale:
        fresh = _seen(request, pk, "screening.run")
        form.catch_up(fresh, hidden=[name for name in form.fields if name.startswith(("label_", "floor_"))])
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    context = {"form": form, "pk": pk, "stale": stale, "has_standard": known.exists()}
    return render(request, "branches/campaign_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def campaign_open(request, pk):
    """What opening does, said before it is done."""
    campaign, today = _seen(request, pk, "screening.run"), timezone.localdate()
    if request.method == "POST":
        return _told(
            request, campaign, lambda: screenings.open_campaign(campaign, by=request.user, on=today),
            "已启动：全部党支部列入名单，能由记录得分的项目已经预填。",
        )  # fmt: skip
    context = {"campaign": campaign, "count": screenings.taking_part(campaign, today).count()}
    return render(request, "branches/campaign_open.html", context)


def _told(request, campaign, act, done):
    """`done`: what is said, or a function of what the act gave."""
    try:
        found = act()
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, done(found) if callable(done) else done)
    return redirect(campaign)


@require_POST
@policy("screening.run")
def campaign_act(request, pk):
    """Close, reopen, complete the list, or fill in anew."""
    campaign, today, by = _seen(request, pk, "screening.run"), timezone.localdate(), request.user
    acts = {
        "close": (lambda: screenings.close(campaign, by=by, on=today), "已结束。"),
        "reopen": (lambda: screenings.reopen(campaign, by=by), "已重新开放。"),
        "complete": (
            lambda: screenings.complete_list(campaign, by=by, on=today), lambda number: f"已补充 {number} 个党组织。",
        ),
        "refill": (
            lambda: screenings.refill(campaign, by=by, on=today),
            lambda number: f"已按最新记录重新预填，{number} 项有变化；研判人改过的不动。",
        ),
    }  # fmt: skip
    if (act := request.POST.get("act", "")) not in acts:
        messages.error(request, "没有这样的办理。")
        return redirect(campaign)
    return _told(request, campaign, *acts[act])


# ---- who judges


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def campaign_assessors(request, pk):
    """Who judges which branches, and giving more into somebody's hands."""
    campaign, today = _seen(request, pk, "screening.run"), timezone.localdate()
    here = reverse("branches:campaign_assessors", args=[campaign.pk])
    kind = request.POST.get("kind") or request.GET.get("kind")
    kind = Kind(kind) if kind in Kind.values else Kind.FIRST
    listed = _listed(request, campaign).filter(kind=kind)
    if "release" in request.POST:
        return _release(request, campaign, kind, f"{here}?kind={kind}", today)
    to_judge = Branch.objects.visible_to(request.user, verb="screening.run").in_order()
    to_judge = to_judge.filter(pk__in=listed.filter(state__in=screenings.OPEN).values("branch"))
    until = max(getattr(campaign, screenings.UNTIL[kind]), today)
    form = AssessorForm(
        request.POST or None, campaign=campaign, on=today, under=_units(request, campaign), to_judge=to_judge,
        initial={"kind": kind, "until": until},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            screenings.assign(
                campaign, found["kind"], found["user"], found["chosen"], until=found["until"], group=found["group"],
                by=request.user, on=today,
            )  # fmt: skip
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{found['user']}研判 {len(found['chosen'])} 个党组织。")
            return redirect(f"{here}?kind={found['kind']}")
    rows = {}
    for row in listed.select_related("branch", "assessor").order_by(
        F("assessor__name").asc(nulls_first=True), "branch__order"
    ):
        rows.setdefault(row.assessor, []).append(row)
    context = {
        "campaign": campaign, "form": form, "kind": kind, "kinds": Kind.choices,
        "free": len(rows.pop(None, ())), "whole": listed.count(), "is_open": campaign.state == State.OPEN,
        "people": [_person(user, found) for user, found in rows.items()],
    }  # fmt: skip
    return render(request, "branches/campaign_assessors.html", context)


def _person(user, rows):
    judged = sum(row.state in screenings.JUDGED for row in rows)
    signs = [
        {"screening": row, "sign": JUDGED_SIGNS[row.state], "is_open": row.state in screenings.OPEN} for row in rows
    ]
    return {"user": user, "rows": signs, "judged": judged, "left": len(rows) - judged}


def _release(request, campaign, kind, here, today):
    """Out of somebody's hands: one branch, or all that is not handed in."""
    held = _listed(request, campaign).filter(kind=kind, assessor=whole_number(request.POST["release"]) or 0)
    if (row := held.select_related("assessor").first()) is None:
        raise Http404
    user = row.assessor
    branch = whole_number(request.POST.get("branch"))
    branches = Branch.objects.visible_to(request.user, verb="screening.run").filter(pk=branch) if branch else None
    try:
        number = screenings.release(campaign, kind, user, branches=branches, by=request.user, on=today)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, f"已收回 {number} 个党组织。")
    return redirect(here)


# ---- 回头看


@require_http_methods(["GET", "HEAD", "POST"])
@policy("screening.run")
def campaign_look_back(request, pk):
    campaign, today = _seen(request, pk, "screening.run"), timezone.localdate()
    everybody = screenings.awaiting_look_back(campaign, everybody=True)
    needed = screenings.awaiting_look_back(campaign)
    left = needed.count()
    form = LookBackForm(request.POST or None, waiting=everybody, initial={"who": "needed" if left else "picked"})
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        firsts = {"all": everybody, "needed": needed, "picked": found["firsts"]}[found["who"]]
        try:
            number = screenings.look_back(campaign, list(firsts), by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"已对 {number} 个党组织启动回头看，请分派研判人。")
            return redirect(f"{reverse('branches:campaign_assessors', args=[campaign.pk])}?kind={Kind.LOOK_BACK}")
    context = {
        "campaign": campaign, "form": form, "waiting": everybody.count(), "needed": left,
        "best": campaign.scale[0]["label"] if campaign.scale else "",
    }  # fmt: skip
    return render(request, "branches/campaign_look_back.html", context)
