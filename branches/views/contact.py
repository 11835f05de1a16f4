"""联系点 with their visits, and 党建指导员: who looks after which organisation."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import User
from accounts.policy import policy
from branches import dossier, dossier_sheet
from branches.actions import root
from branches.forms import search_word, whole_number
from branches.forms.dossier import (
    NONE,
    SHORT,
    ContactFilter,
    InstructorFilter,
    LookAfterForm,
    ReleaseForm,
    VisitForm,
)
from branches.models import Branch, ContactPoint, ContactVisit, Instructor
from branches.rights import may
from branches.views.dossier import SHOWN, download, highest, refuse, words_of
from rulebook.book import rule, value

MOST = 300  # organisations to tick at once; more are narrowed by the search


def _asked(request, today, verb):
    """(the filters, the 联系点 that ran in the year asked for, with their visits of that year)."""
    form = ContactFilter(request.GET, running=today.year)
    year, asked = form.of_year, form.asked
    found = ContactPoint.objects.visible_to(request.user, verb=verb).filter(started_on__year__lte=year)
    found = found.filter(Q(ended_on=None) | Q(ended_on__year__gte=year))
    if year == today.year:
        found = found.exclude(ended_on__lt=today)
    found = dossier_sheet.visited(found, year)
    if "q" in asked:
        found = found.filter(Q(name__contains=asked["q"]) | Q(branch__name__contains=asked["q"]))
    least = value("contact.visits", on=today)
    if asked.get("state") == SHORT:
        found = found.filter(times__lt=least)
    elif "state" in asked:
        found = found.filter(times__gte=least)
    return form, found.select_related("branch").order_by("name", "branch__order", "pk")


def _without(request, today):
    """The organisations that nobody looks after today."""
    seen = dossier.keeping(Branch.objects.visible_to(request.user, verb="file.see").at_work(today)).exclude(parent=None)
    held = ContactPoint.objects.visible_to(request.user).on(today)
    return seen.exclude(pk__in=held.values("branch"))


@require_safe
@policy("file.see")
def contact_list(request):
    today = timezone.localdate()
    form, found = _asked(request, today, "file.see")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    least, free = rule("contact.visits", on=today), _without(request, today).in_order()
    running = dossier_sheet.visited(ContactPoint.objects.visible_to(request.user).on(today), today.year)
    totals = {
        "leaders": running.values("name", "position").order_by().distinct().count(),
        "branches": running.values("branch").order_by().distinct().count(),
        "short": running.filter(times__lt=least.value).order_by().count(), "free": free.count(),
    }  # fmt: skip
    context = {
        "form": form, "page": page, "query": request.GET, "tab": "contacts", "year": form.of_year, "least": least,
        "totals": totals, "free": free[:12], "may_run": may(request.user, "file.run"),
        "may_export": may(request.user, "report.export"), "mine": _mine(request, today).exists(),
        "rows": [{"row": row, "short": max(0, least.value - row.times)} for row in page],
    }  # fmt: skip
    return render(request, "branches/contacts.html", context)


@require_safe
@policy("report.export")
def contact_export(request):
    today = timezone.localdate()
    form, found = _asked(request, today, "report.export")
    rows = list(found.filter(branch__in=Branch.objects.visible_to(request.user, verb="file.see")))
    data = dossier_sheet.of_contacts(
        rows, form.of_year, organ=highest(request.user), on=today, words=words_of(form)
    )  # fmt: skip
    audit.record("report.export", by=request.user, report="联系点一览表", rows=len(rows), on=str(today))
    return download(data, "联系点一览表.xlsx")


def _mine(request, today):
    return ContactPoint.objects.visible_to(request.user).filter(user=request.user).on(today)


@require_safe
@policy("file.see")
def contact_mine(request):
    """我的联系点: what a leader looks after, how often he or she was there, and the way to enter a visit."""
    today = timezone.localdate()
    least = rule("contact.visits", on=today)
    found = dossier_sheet.visited(_mine(request, today), today.year).select_related("branch")
    rows = [
        {"row": row, "short": max(0, least.value - row.times), "visits": row.visits.all()[:3]}
        for row in found.prefetch_related("visits").order_by("branch__order")
    ]
    return render(request, "branches/contacts_mine.html", {"rows": rows, "today": today, "least": least})


def _contact(request, pk, verb="file.see"):
    found = ContactPoint.objects.visible_to(request.user, verb=verb).select_related("branch", "user", "created_by")
    return get_object_or_404(found, pk=pk)


@require_safe
@policy("file.see")
def contact_detail(request, pk):
    return _page(request, _contact(request, pk))


def _page(request, contact, form=None):
    today = timezone.localdate()
    least = rule("contact.visits", on=today)
    visits = list(contact.visits.select_related("created_by"))
    may_run = may(request.user, "file.run", at=contact.branch)
    times = sum(row.visited_on.year == today.year for row in visits)
    last = min(contact.ended_on or today, today)
    is_running = contact.ended_on is None or contact.ended_on >= today
    context = {
        "contact": contact, "least": least, "times": times, "short": max(0, least.value - times), "today": today,
        "visits": [{"row": row, "may_drop": may_run or row.created_by_id == request.user.pk} for row in visits],
        "form": form or VisitForm(initial={"visited_on": last}), "is_running": is_running,
        "may_visit": dossier.may_visit(request.user, contact), "may_end": may_run and is_running,
        "events": audit.of(contact)[:20],
    }  # fmt: skip
    return render(request, "branches/contact.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.see")
def contact_visit(request, pk):
    """登记到点: day, what was done, what it helped with; or one entered by mistake is taken back."""
    contact, today = _contact(request, pk), timezone.localdate()
    if not dossier.may_visit(request.user, contact):
        messages.error(request, "到点由联系领导本人、本党组织或者工委登记。")
        return redirect(contact)
    if request.method != "POST":
        return _page(request, contact)
    if "drop" in request.POST:
        return _drop(request, contact)
    form = VisitForm(request.POST, instance=ContactVisit(contact=contact))
    if form.is_valid():
        try:
            dossier.visit(contact, **form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已登记。")
            return redirect(contact)
    return _page(request, contact, form)


def _drop(request, contact):
    row = get_object_or_404(contact.visits, pk=whole_number(request.POST["drop"]))
    if row.created_by_id != request.user.pk and not may(request.user, "file.run", at=contact.branch):
        messages.error(request, "这次走访由登记的人或者工委撤销。")
    else:
        dossier.take_back(row, by=request.user)
        messages.success(request, "已撤销，操作记录里还查得到。")
    return redirect(contact)


# --- arranging and ending, for both


KINDS = {
    "contact": {
        "model": ContactPoint, "title": "安排联系点", "list": "branches:contacts", "label": "联系点", "who": "联系领导",
        "text": "一位领导可以同时联系几个党组织。有账号的选上账号，本人就能看到所联系的党组织，并登记到点。",
    },
    "instructor": {
        "model": Instructor, "title": "选派党建指导员", "list": "branches:instructors", "label": "党建指导员", "who": "指导员",
        "text": "选派到民办学校，写明文号。有账号的选上账号，本人就能看到所指导的党组织。",
    },
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.run")
def contact_add(request):
    return _arrange(request, "contact")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.run")
def instructor_add(request):
    return _arrange(request, "instructor")


def _arrange(request, key):
    today, kind = timezone.localdate(), KINDS[key]
    word, asked = search_word(request.GET), whole_number(request.GET.get("branch"))
    found = Branch.objects.visible_to(request.user, verb="file.run").at_work(today)
    found = dossier.private(found) if key == "instructor" else dossier.keeping(found).exclude(parent=None)
    if "free" in request.GET:
        found = found.exclude(pk__in=kind["model"].objects.visible_to(request.user).on(today).values("branch"))
    if asked is not None and request.method != "POST":
        found = found.filter(pk=asked)
    if word and request.method != "POST":
        found = found.filter(name__contains=word)
    chosen = (
        found
        if request.method == "POST"
        else found.filter(pk__in=list(found.in_order().values_list("pk", flat=True)[:MOST]))
    )
    form = LookAfterForm(
        request.POST or None, branches=chosen.in_order(), users=_users(request, today),
        initial={"started_on": today, "branches": [asked] if asked is not None else []},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            rows = dossier.look_after(
                kind["model"], list(form.cleaned_data.pop("branches")), **form.cleaned_data, by=request.user, on=today
            )
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"已安排，共 {len(rows)} 个党组织。")
            return redirect(kind["list"])
    context = {
        "form": form, "kind": kind, "key": key, "word": word, "free": "free" in request.GET,
        "is_cut": request.method != "POST" and found.count() > MOST, "most": MOST, "back": reverse(kind["list"]),
    }  # fmt: skip
    return render(request, "branches/contact_form.html", context)


def _users(request, today):
    """Accounts to choose from: only 工委 gives rights along with the arrangement, and nobody to oneself."""
    if not may(request.user, "file.run", at=root()):
        return None
    found = User.objects.visible_to(request.user).filter(is_active=True).exclude(pk=request.user.pk)
    return found.order_by("name", "pk")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.run")
def contact_end(request, pk):
    return _end(request, "contact", _contact(request, pk, "file.run"))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("file.run")
def instructor_end(request, pk):
    found = Instructor.objects.visible_to(request.user, verb="file.run").select_related("branch")
    return _end(request, "instructor", get_object_or_404(found, pk=pk))


def _end(request, key, row):
    today, kind = timezone.localdate(), KINDS[key]
    form = ReleaseForm(request.POST or None, initial={"ended_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            dossier.release(row, **form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已结束，记录保留。")
            return redirect(kind["list"])
    return render(
        request, "branches/contact_end.html", {"form": form, "row": row, "kind": kind, "back": reverse(kind["list"])}
    )


# --- 党建指导员


@require_safe
@policy("file.see")
def instructor_list(request):
    """The private schools, each with its instructor; those that have none stand first."""
    today = timezone.localdate()
    form = InstructorFilter(request.GET)
    schools = dossier.private(Branch.objects.visible_to(request.user, verb="file.see").at_work(today))
    sent = Instructor.objects.visible_to(request.user).on(today)
    total, free = schools.count(), schools.exclude(pk__in=sent.values("branch")).count()
    found = schools
    if "q" in form.asked:
        word = form.asked["q"]
        found = found.filter(Q(name__contains=word) | Q(pk__in=sent.filter(name__contains=word).values("branch")))
    if form.asked.get("state") == NONE:
        found = found.exclude(pk__in=sent.values("branch"))
    elif "state" in form.asked:
        found = found.filter(pk__in=sent.values("branch"))
    page = Paginator(found.in_order(), SHOWN).get_page(request.GET.get("page"))
    may_run = may(request.user, "file.run")
    context = {
        "form": form, "page": page, "query": request.GET, "tab": "instructors", "total": total, "free": free,
        "rows": dossier_sheet.lines(list(page), today.year, on=today), "may_run": may_run,
    }  # fmt: skip
    return render(request, "branches/instructors.html", context)
