"""Classes: the list, one class with what is to be done next, planning it, and the steps of its road."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.actions import root
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from branches.views.acting import acted
from rulebook.book import named_days, working_day
from training import classes, enrolling, materials, rolls, six_haves
from training.forms.course import ABOUT, NAMES, ClassFilter, ClassForm
from training.models import ClassFile, ClassSession, Enrolment, SignIn, TrainingClass

SHOWN, MOST_OPEN = 30, 6
State, Kind = TrainingClass.State, TrainingClass.Kind
SIGNS = {
    State.PLANNED: "draft", State.OPEN: "wait", State.RUNNING: "wait", State.CLOSING: "wait", State.ARCHIVED: "done",
    State.CANCELLED: "na",
}  # fmt: skip
YEAR = timedelta(days=364)  # a year on, on the same day of the week


def owners(request):
    """The organisations for which somebody may hold a class."""
    found = Branch.objects.visible_to(request.user, verb="training.run").filter(kind__in=classes.OWNERS, closed_on=None)
    return found.order_by("path")


def asked(request, on, verb="training.see"):
    """(the filters, the classes they leave, newest first): what the list shows and what is exported of it."""
    seen = TrainingClass.objects.visible_to(request.user, verb=verb)
    form = ClassFilter(
        request.GET, running=on.year, owners=classes.owners_of(seen), sees_closed=may(request.user, "training.closed")
    )
    found = seen
    if form.of_year:
        found = found.filter(Q(starts_on__year=form.of_year) | Q(ends_on__year=form.of_year))
    if "q" in form.asked:
        sessions = ClassSession.objects.visible_to(request.user, verb=verb)
        found = classes.named(found, form.asked["q"], sessions=sessions)
    for name, field in (("kind", "kind"), ("state", "state"), ("owner", "branch")):
        if name in form.asked:
            found = found.filter(**{field: form.asked[name]})
    return form, found.select_related("branch").in_order()


@require_safe
@policy("training.see")
def class_list(request):
    today = timezone.localdate()
    form, found = asked(request, today)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    mine = {
        row.pk
        for row in TrainingClass.objects.visible_to(request.user, verb="training.run").filter(
            pk__in=[row.pk for row in page]
        )
    }
    come, haves, owning = _come(request, page), six_haves.state(page), inside(request, page)
    sessions = dict(
        ClassSession.objects.visible_to(request.user).filter(training_class__in=list(page)).order_by()
        .values_list("training_class").annotate(Count("pk"))
    )  # fmt: skip
    rows = []
    for row in page:
        there = sum(have.is_there for have in haves[row.pk])
        step = _next(row, today, haves[row.pk], sessions.get(row.pk, 0)) if row.pk in mine else ("", "")
        rows.append(
            {
                "class": row, "sign": SIGNS[row.state], "come": come.get(row.pk, 0), "is_mine": row.pk in mine,
                "there": there, "of": row.branch_id in owning and len(haves[row.pk]), "step": step[0], "step_url": step[1],
            }
        )  # fmt: skip
    context = {
        "form": form, "page": page, "query": request.GET, "rows": rows, "year": form.of_year,
        "open": _open_to(request, today), "may_add": owners(request).exists(),
        "may_export": may(request.user, "report.export"),
    }  # fmt: skip
    return render(request, "training/list.html", context)


def inside(request, found):
    """The owners among these classes that lie in the reader's own reach: how a class stands is for those, not for the invited."""
    owning = Branch.objects.visible_to(request.user, verb="training.see").filter(
        pk__in={row.branch_id for row in found}
    )
    return set(owning.values_list("pk", flat=True))


def _come(request, found):
    """class → how many on its roll the reader may see: all for the owner, the own people for a branch. One query."""
    rows = Enrolment.objects.visible_to(request.user).on_roll().filter(training_class__in=list(found)).order_by()
    return dict(rows.values_list("training_class").annotate(Count("pk")))


def _open_to(request, today):
    """Classes of others that one may still send people to, the earliest deadline first."""
    if not may(request.user, "training.enrol"):
        return []
    run = TrainingClass.objects.visible_to(request.user, verb="training.run")
    found = TrainingClass.objects.visible_to(request.user).filter(state=State.OPEN).exclude(pk__in=run)
    found = [row for row in found.select_related("branch").order_by("starts_on", "pk") if rolls.deadline(row) >= today]
    mine = enrolling.open_to(found, Branch.objects.visible_to(request.user, verb="training.enrol"), today)
    found = [row for row in found if row.pk in mine]
    found = sorted(found, key=rolls.deadline)[:MOST_OPEN]
    come = _come(request, found)
    return [{"class": row, "until": rolls.deadline(row), "come": come.get(row.pk, 0)} for row in found]


def _next(row, today, haves, sessions):
    """What whoever runs the class does next, and where: (words, address)."""
    there = {have.key: have for have in haves}
    url = row.get_absolute_url()
    if row.state == State.PLANNED:
        if not sessions:
            return "排日程", reverse("training:timetable", args=[row.pk])
        if "plan" in there and not there["plan"].is_there:
            return "写方案", reverse("training:edit", args=[row.pk])
        return "开放报名", reverse("training:open", args=[row.pk])
    if row.state == State.OPEN:
        until = rolls.deadline(row)
        if today > row.ends_on:
            return "结班", url
        if today >= row.starts_on:
            return "办班、签到", url
        return (f"报名到 {until.month} 月 {until.day} 日", url) if today <= until else ("等候开班", url)
    if row.state == State.RUNNING:
        return ("结班", url) if today > row.ends_on else ("办班、签到", url)
    if row.state == State.CLOSING:
        missing = [have for have in haves if not have.is_there]
        if missing:
            return f"补{missing[0].label}", missing[0].url
        return "归档", reverse("training:archive", args=[row.pk])
    return "", ""


# --- one class


def seen(request, pk, verb="training.see"):
    """The class that a page is about, or 404."""
    found = TrainingClass.objects.visible_to(request.user, verb=verb).select_related(
        "branch", "created_by", "archived_by"
    )
    return get_object_or_404(found, pk=pk)


def runs(request, training_class):
    return rolls.runs(request.user, training_class)


@require_safe
@policy("training.see")
def class_detail(request, pk):
    row, today = seen(request, pk), timezone.localdate()
    may_run = runs(request, row)
    haves = six_haves.state([row])[row.pk] if inside(request, [row]) else []
    sessions = list(ClassSession.objects.visible_to(request.user).filter(training_class=row))
    events = list(audit.of(row)[:40])
    lacking = classes.lacking(row) if may_run and row.state == State.PLANNED else []
    until = rolls.deadline(row)
    senders = Branch.objects.visible_to(request.user, verb="training.enrol")
    may_enrol = row.state == State.OPEN and today <= until and not may_run
    may_enrol = may_enrol and row.pk in enrolling.open_to([row], senders, today)
    own = ClassFile.objects.visible_to(request.user).filter(training_class=row, removed_at=None)
    context = {
        "training_class": row, "sign": SIGNS[row.state], "may_run": may_run, "tab": "detail", "lacking": lacking,
        "acts": _acts(request, row, today) if may_run else [], "may_edit": may_run and row.state in classes.AT_WORK,
        "haves": haves, "there": sum(have.is_there for have in haves), "sessions": sessions, "until": until,
        "hours": sum((session.hours for session in sessions), 0), "may_enrol": may_enrol,
        "come": _come(request, [row]).get(row.pk, 0), "quotas": _quotas(request, row, may_run),
        "plan_files": own.filter(role=ClassFile.Role.PLAN).select_related("file"),
        "courseware": len(materials.handed_out(row)), "changes": changes(events) if row.state != State.PLANNED else [],
        "due": _due(row, today), "again": _reason(events, row), "events": events[:20] if may_run else None,
        "can_plan_quotas": may_run and row.state in (State.PLANNED, State.OPEN, State.RUNNING),
    }  # fmt: skip
    return render(request, "training/detail.html", context)


def _due(row, today):
    """Which of the six can be seen to by now: what a class leaves behind waits for it, and nothing is added to the archive."""
    if row.state not in classes.AT_WORK:
        return ()
    before = ("plan", "timetable", "roll")
    if row.state in (State.RUNNING, State.CLOSING):
        return (*before, "sign_in", "picture", "summary")
    return (*before, "sign_in", "picture") if row.state == State.OPEN and row.starts_on <= today else before


def _acts(request, row, today):
    """The steps that may be taken now: (name, label, address, whether it is the next thing to do, whether a page asks first)."""
    found = []
    if row.state == State.PLANNED:
        found.append(("open", "开放报名", reverse("training:open", args=[row.pk]), True, True))
    if row.state == State.OPEN and row.starts_on <= today <= row.ends_on:
        found.append(("begin", "开班", reverse("training:begin", args=[row.pk]), False, False))
    if row.state in (State.OPEN, State.RUNNING) and (end := classes.last_end(row)) and end <= timezone.now():
        found.append(("finish", "结班", reverse("training:finish", args=[row.pk]), True, False))
    if row.state == State.CLOSING:
        found.append(("archive", "六个有和归档", reverse("training:archive", args=[row.pk]), True, True))
        found.append(("reopen", "重新开班", reverse("training:reopen", args=[row.pk]), False, True))
    if row.state == State.ARCHIVED and may(request.user, "training.run", at=root()):
        found.append(("take_back", "取回", reverse("training:take_back", args=[row.pk]), False, True))
    if "cancel" in classes.ROAD[row.state] and not _was_signed(request, row):
        found.append(("cancel", "取消班次", reverse("training:cancel", args=[row.pk]), False, True))
    return found


def _was_signed(request, row):
    """Whether somebody came already: then a class is not cancelled any more."""
    found = SignIn.objects.visible_to(request.user).filter(session__training_class=row, mark=SignIn.Mark.PRESENT)
    return row.state == State.RUNNING and found.exists()


def _quotas(request, row, may_run):
    """Whom a class is for: all of it for whoever runs it, else what covers the reader's own organisations."""
    found = list(row.quotas.select_related("branch").order_by("branch__path"))
    if may_run:
        return found
    own = list(Branch.objects.visible_to(request.user, verb="training.see").values_list("path", flat=True))
    return [quota for quota in found if any(path.startswith(quota.branch.path) for path in own)]


def changes(events):
    """What those invited are told of, newest first: dates and places that changed after the class was opened."""
    told = []
    for event in events:
        if event.action not in ("training.edit", "training.session_edit") or event.detail.get("state") == State.PLANNED:
            continue
        model = TrainingClass if event.action == "training.edit" else ClassSession
        for name, (before, after) in (event.detail.get("changes") or {}).items():
            label = model._meta.get_field(name).verbose_name
            topic = f"“{event.detail['topic']}”" if "topic" in event.detail else ""
            told.append({"at": event.at, "words": f"{topic}{label}由{_said(before)}改为{_said(after)}"})
    return told[:6]


def _said(text):
    """A stored value in words: times without seconds, nothing as 未定."""
    if not text:
        return "未定"
    return text[:5] if text.count(":") == 2 else text


def _reason(events, row):
    """Why a class was opened again or taken back, as long as it runs on for that reason."""
    if row.state not in (State.RUNNING, State.CLOSING):
        return None
    return next((event for event in events if event.action in ("training.reopen", "training.take_back")), None)


# --- planning


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def class_add(request):
    """First what kind of class, or like which; then its form."""
    kind, like = request.GET.get("kind", ""), None
    if "like" in request.GET:
        like = seen(request, whole_number(request.GET["like"]) or 0, "training.run")
        kind = like.kind
    found = owners(request)
    if kind not in _kinds(request):
        return _choose(request)
    return _form(
        request, TrainingClass(kind=kind), _suggested(request, kind, like, found, timezone.localdate()), like, found
    )


def _kinds(request):
    sees_closed = may(request.user, "training.closed")
    return [kind for kind in Kind if sees_closed or kind != Kind.REMEDIAL]


def _choose(request):
    held = TrainingClass.objects.visible_to(request.user, verb="training.run").exclude(state=State.CANCELLED)
    last = {row.kind: row for row in held.order_by("starts_on", "pk").only("pk", "kind", "title", "starts_on")[:500]}
    rows = [{"kind": kind, "about": ABOUT[kind], "last": last.get(kind)} for kind in _kinds(request)]
    return render(request, "training/choose.html", {"rows": rows, "may_add": owners(request).exists()})


def _suggested(request, kind, like, found, today):
    """What the form of a new class begins with."""
    usual = today + timedelta(days=14)
    starts_on, initial = working_day(usual, named_days(usual.year)), {"branch": found.first()}
    if like is not None:
        starts_on = like.starts_on + YEAR if like.starts_on + YEAR > today else starts_on
        initial |= {"branch": like.branch, "place": like.place, "organiser": like.organiser, "plan": like.plan,
                    "ends_on": starts_on + (like.ends_on - like.starts_on), "is_party_school": like.is_party_school,
                    "team": like.team, "topic": like.topic}  # fmt: skip
    held = TrainingClass.objects.visible_to(request.user, verb="training.run").filter(
        branch=initial["branch"], kind=kind, starts_on__year=starts_on.year
    )
    number = held.exclude(state=State.CANCELLED).count() + 1
    return initial | {"starts_on": starts_on, "title": f"{starts_on.year}年第{number}期{NAMES[Kind(kind)]}"}


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def class_edit(request, pk):
    row = seen(request, pk, "training.run")
    if row.state not in classes.AT_WORK:
        messages.error(request, f"这个班次{row.get_state_display()}，不能再修改。")
        return redirect(row)
    return _form(request, row, {}, None, owners(request))


def _form(request, row, initial, like, found):
    pk = row.pk
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ClassForm(*sent, instance=row, initial=initial, owners=found)

    def act():
        saved = classes.save(form.instance, version=form.cleaned_data["version"], like=like, by=request.user)
        if upload := form.cleaned_data["document"]:
            try:
                materials.attach(saved, upload, role=ClassFile.Role.PLAN, by=request.user)
            except ValidationError as error:
                raise ValidationError({"document": error.messages}) from None
        return saved

    return acted(
        request, form, act, "已保存。" if pk else "班次已建好，接着排日程。",
        lambda saved: saved if pk or like else reverse("training:timetable", args=[saved.pk]), "training/form.html",
        fresh=lambda: seen(request, pk, "training.run"), pk=pk, like=like, kind=row.get_kind_display(),
        cancel=row.get_absolute_url() if pk else reverse("training:list"), is_restricted=row.is_restricted,
        is_opened=pk and row.state != State.PLANNED,
    )  # fmt: skip
