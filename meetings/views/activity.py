from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models.functions import Length
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.names import named
from branches.rights import may
from duties.models import Duty
from duties.periods import labels
from meetings import activities as actions
from meetings import ledger, overview
from meetings.activities import GROUPS, kinds
from meetings.forms.activity import ActivityFilter, ActivityForm, KeeperFilter
from meetings.models import Activity
from office.writer import XLSX
from rulebook.book import rule, value

SHOWN = 30
ON_PAPER = 2000  # lines of a printed ledger; more is for Excel


def _asked(request, verb):
    """(the filter form, the activities it leaves): a list of one organisation needs no choice of organisations."""
    branches = Branch.objects.visible_to(request.user, verb=verb).in_order()
    form = ActivityFilter(request.GET, user=request.user, branch=branches, about=branches)
    if branches.count() <= 1:
        form.drop("branch")
    return form, form.narrow(Activity.objects.visible_to(request.user, verb=verb))


@require_safe
@policy("meeting.see")
def activity_list(request):
    form, activities = _asked(request, "meeting.see")
    page = Paginator(ledger.for_lines(activities), SHOWN).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "has_many": "branch" in form.fields, "rows": [ledger.line(each) for each in page],
        "counts": [row for row in ledger.counts(activities) if row["total"]], "query": request.GET,
        "shows_returns": form.asked.get("group") == "ideology" and may(request.user, "duty.see"),
        "may_add": may(request.user, "meeting.edit"), "may_export": may(request.user, "report.export"),
    }  # fmt: skip
    return render(request, "meetings/activities.html", context)


@require_safe
@policy("meeting.see")
def activity_ledger(request):
    """The same lines on paper."""
    form, activities = _asked(request, "meeting.see")
    lines = [ledger.line(each) for each in ledger.for_lines(activities.counted())[: ON_PAPER + 1]]
    context = {
        "title": _title(form), "rows": lines[:ON_PAPER], "has_more": len(lines) > ON_PAPER, "most": ON_PAPER,
        "has_many": "branch" in form.fields and "branch" not in form.asked, "query": request.GET,
    }  # fmt: skip
    return render(request, "meetings/activity_ledger.html", context)


def _title(form):
    """2026 年志愿服务台账（××支部）."""
    asked = form.asked
    what = (
        kinds()[asked["kind"]].label if "kind" in asked else GROUPS[asked["group"]] if "group" in asked else "工作纪实"
    )
    year = f"{asked['year']} 年" if "year" in asked else ""
    what = what if what.endswith("台账") else f"{what}台账"
    return f"{year}{what}{'（' + asked['branch'].name + '）' if 'branch' in asked else ''}"


@require_safe
@policy("report.export")
def activity_export(request):
    """Exactly what is filtered, as a workbook."""
    form, activities = _asked(request, "report.export")
    title, today = _title(form), timezone.localdate()
    content = ledger.as_workbook(activities, title, on=today)
    audit.record("activity.export", by=request.user, rows=activities.count(), asked=sorted(form.asked))
    headers = {"Content-Disposition": content_disposition_header(True, f"{title}.xlsx")}
    return HttpResponse(content, content_type=XLSX().get_content_type(), headers=headers)


@require_safe
@policy("meeting.see")
def activity_detail(request, pk):
    activity = get_object_or_404(_for_detail(Activity.objects.visible_to(request.user)), pk=pk)
    today = timezone.localdate()
    met = Duty.objects.visible_to(request.user).filter(
        pk__in=Duty.objects.visible_to(request.user)
        .filter(fulfilments__label=actions.LABEL, fulfilments__object_id=activity.pk)
        .values("pk")
    )
    names = labels(today)
    kind = kinds()[activity.kind]
    context = {
        "activity": activity, "kind": kind, "group": GROUPS[kind.group], "facts": ledger.facts(activity),
        "met": [
            {"duty": duty, "name": names.get(duty.rule, ""), "state": duty.state(today)} for duty in met
        ],
        "events": audit.of(activity),
        "may_edit": activity.withdrawn_at is None and may(request.user, "meeting.edit", at=activity.branch),
    }  # fmt: skip
    return render(request, "meetings/activity.html", context)


def _for_detail(activities):
    return activities.select_related("branch", "about", "created_by", "withdrawn_by")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("meeting.edit")
def activity_add(request):
    """First what it is, by cards; then the few things that it asks for."""
    branches = Branch.objects.visible_to(request.user, verb="meeting.edit")
    asked = whole_number(request.POST.get("branch") or request.GET.get("branch"))
    mine = branches.order_by(Length("path"), "order", "pk").first()
    branch = get_object_or_404(branches, pk=asked) if asked else mine
    if branch is None:
        raise Http404
    chosen = request.POST.get("kind") or request.GET.get("kind", "")
    kind = kinds().get(chosen)
    if kind is None or not kind.kept_by(branch):
        return _choose(request, branches, branch, kind)
    return _form(request, Activity(branch=branch, kind=kind.key))


def _choose(request, branches, branch, kind):
    """The kinds that this organisation keeps; who enters for several may take another organisation first."""
    form, page = KeeperFilter(request.GET), None
    has_many = branches.count() > 1
    if has_many and ("q" in form.asked or "find" in request.GET):
        found = named(branches, form.asked["q"]) if "q" in form.asked else branches
        found = found.in_order()
        page = Paginator(found.select_related("parent"), SHOWN).get_page(request.GET.get("page"))
    groups = [
        {
            "label": label,
            "kinds": [each for each in kinds().values() if each.group == group and each.kept_by(branch)],
        }
        for group, label in GROUPS.items()
    ]
    context = {
        "branch": branch, "groups": [group for group in groups if group["kinds"]], "has_many": has_many, "form": form,
        "page": page, "query": request.GET, "wrong": kind,
    }  # fmt: skip
    return render(request, "meetings/activity_choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("meeting.edit")
def activity_edit(request, pk):
    activity = get_object_or_404(_for_detail(Activity.objects.visible_to(request.user, verb="meeting.edit")), pk=pk)
    if activity.withdrawn_at:
        messages.error(request, "这条记录已经撤销，不能再改。")
        return redirect(activity)
    return _form(request, activity)


def _form(request, activity):
    """The one form for a new entry and for a correction: what was typed is always shown again."""
    pk, today = activity.pk, timezone.localdate()
    form = ActivityForm(request.POST or None, instance=activity, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save(
                form.instance, people=form.cleaned_data.get("people", ()), by=request.user, on=today,
                version=form.cleaned_data["version"] or 0,
            )  # fmt: skip
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已保存。" if pk else "已登记。")
            if "again" in request.POST:
                return redirect(f"{reverse('meetings:activity_add')}?kind={saved.kind}&branch={saved.branch_id}")
            return redirect(saved)
    stale = None
    if form.is_stale:
        fresh = Activity.objects.visible_to(request.user, verb="meeting.edit").get(pk=pk)
        form.catch_up(fresh)
        stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
    context = {
        "form": form, "pk": pk, "branch": activity.branch, "kind": form.kind, "stale": stale,
        "plain": [form[name] for name in ("title", "number", "about") if name in form.fields],
        "figures": [form[name] for name in ("count", "hours") if name in form.fields],
        "people": form["people"] if "people" in form.fields else None,
    }  # fmt: skip
    return render(request, "meetings/activity_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("meeting.edit")
def activity_withdraw(request, pk):
    """Asks once, then takes the entry back; it stays on record as withdrawn."""
    activity = get_object_or_404(_for_detail(Activity.objects.visible_to(request.user, verb="meeting.edit")), pk=pk)
    if request.method == "POST":
        try:
            actions.withdraw(activity, by=request.user)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            messages.success(request, "已撤销，这条记录不再计数。")
        return redirect(activity)
    return render(request, "meetings/activity_withdraw.html", ledger.line(activity))


@require_safe
@policy("meeting.see")
def talks(request):
    """Talks of the year: each secretary against what 工委 owes, and in each branch which pair has none."""
    year, today = _year(request), timezone.localdate()
    owed = rule("secretary_talk.per_year", on=min(today, date(year, 12, 31)))
    secretaries = overview.secretary_talks(request.user, year, per_year=owed.value, on=today)
    pairs, branches = overview.heart_talks(request.user, year, on=today)
    context = {
        "year": year, "years": _years(today), "rule": owed, "secretaries": secretaries, "pairs": pairs,
        "branches": branches, "lacking": sum(row["missing"] > 0 for row in secretaries),
        "may_add": _keeps(request.user, "secretary_talk"), "leads_on": len(secretaries) > 1,
    }  # fmt: skip
    return render(request, "meetings/talks.html", context)


@require_safe
@policy("meeting.see")
def leaders(request):
    """Who of the leaders gave a lecture in the year, and how often the leading cadres came to their own branch."""
    year, today = _year(request), timezone.localdate()
    lecturers = overview.lecturers(request.user, year, on=today)
    without = sum(not row["count"] for row in lecturers)
    context = {
        "year": year, "years": _years(today), "lecturers": lecturers, "without": without,
        "warns": without and (year < today.year or today.month >= value("leader_lecture.warns_from", on=today)),
        "cadres": overview.double_life(request.user, year, on=today), "may_edit": may(request.user, "member.edit"),
    }  # fmt: skip
    return render(request, "meetings/leaders.html", context)


def _years(today):
    return range(today.year, today.year - 4, -1)


def _year(request):
    today, asked = timezone.localdate(), whole_number(request.GET.get("year"))
    return asked if asked in _years(today) else today.year


def _keeps(user, kind):
    """Whether `user` may enter this kind somewhere."""
    return any(kinds()[kind].kept_by(branch) for branch in Branch.objects.visible_to(user, verb="meeting.edit"))
