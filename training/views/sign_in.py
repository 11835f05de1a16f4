"""签到 for whoever runs a class: the board, the screen of the hall, marks by hand, links for the people."""

import segno
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Max, Q
from django.db.models.functions import Now
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from branches.views.acting import refuse
from training import codes, passes, sign_in, sign_sheet
from training.forms.sign_in import EnterForm, PeopleFilter, UndoForm
from training.models import ClassSession, Enrolment, SignIn, TrainingClass

AT_ONCE = 200  # links on one sheet: more would neither be handed out nor drawn in one go


def _board_url(session):
    return f"{reverse('training:board', args=[session.training_class_id])}?session={session.pk}"


@require_safe
@policy("training.see")
def board(request, pk):
    """Who is there, as it comes in. Each organisation sees its own people, the owner everybody."""
    training_class = get_object_or_404(TrainingClass.objects.visible_to(request.user).select_related("branch"), pk=pk)
    sessions = list(training_class.sessions.filter(is_signed=True).annotate(now=Now()))
    session = sign_sheet.chosen(sessions, whole_number(request.GET.get("session")), at=timezone.now())
    context = {
        "training_class": training_class, "sessions": sessions, "session": session,
        "may_run": may(request.user, "training.run", at=training_class.branch),
        "may_enrol": may(request.user, "training.enrol"),
        "may_mark": training_class.state in sign_in.BY_HAND, "may_scan": training_class.state in sign_in.SCANNED,
    }  # fmt: skip
    if session is not None:
        context["board"] = sign_sheet.board(session, Enrolment.objects.visible_to(request.user))
        rule = sign_in.rule_of(session)
        context["is_on"] = context["may_scan"] and sign_in.gate(session, session.now, rule) == sign_in.NOW
        context["is_calling"] = sign_in.is_calling_again(session, session.now)
        context["may_call"] = (
            context["is_on"] and session.now >= sign_in.begins_at(session) and not context["is_calling"]
        )
    return render(request, "training/board.html#live" if request.htmx else "training/board.html", context)


@require_safe
@policy("training.run")
def projector(request, pk):
    """The screen of the hall: a code that changes every few seconds, and how many have signed."""
    session = get_object_or_404(_own_sessions(request), pk=pk)
    rule = sign_in.rule_of(session)
    gate = sign_in.gate(session, session.now, rule)
    if not session.is_signed or session.training_class.state not in sign_in.SCANNED:
        gate = sign_in.OVER
    context = {"session": session, "training_class": session.training_class, "gate": gate}
    if gate != sign_in.OVER:
        number = codes.window(session.now, rule)
        address = f"{reverse('training:scan')}?k={codes.text(session.pk, session.row_key, number)}"
        context |= {
            "picture": _picture(request.build_absolute_uri(address)), "digits": codes.digits(session.row_key, number, rule),
            "left": codes.seconds_left(session.now, rule), "window": rule["window"],
            "door": request.build_absolute_uri(reverse("training:scan")),
            "is_calling": sign_in.is_calling_again(session, session.now),
            "opens_at": sign_in.hours_of(session, rule)[0],
            **sign_sheet.counted(session),
        }  # fmt: skip
    return render(request, "training/projector.html#screen" if request.htmx else "training/projector.html", context)


def _own_sessions(request):
    found = ClassSession.objects.visible_to(request.user, verb="training.run")
    return found.select_related("training_class__branch").annotate(now=Now())


def _picture(address):
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=3, light="#fff")


@require_POST
@policy("training.run")
def call_again(request, pk):
    session = get_object_or_404(_own_sessions(request), pk=pk)
    try:
        row = sign_in.call_again(session, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        until = timezone.localtime(row.called_again_until_at)
        messages.success(request, f"二次点名开始，到 {until:%H:%M:%S} 截止。请把签到屏投出来。")
    return redirect(_board_url(session))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def marks(request, pk):
    """Marks by hand: everybody on the paper list in one go, 补签 and 请假 with a reason; beside it what can be undone."""
    session = get_object_or_404(_own_sessions(request), pk=pk)
    form = EnterForm(request.POST or None)
    ticked = {key for key in map(whole_number, request.POST.getlist("who")) if key}
    if request.method == "POST" and form.is_valid():
        try:
            count = sign_in.enter(session, ticked, by=request.user, at=session.now, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"已登记 {count} 人。")
            return redirect("training:marks", pk)
    lines = sign_sheet.rows(session, Enrolment.objects.visible_to(request.user))
    context = {
        "session": session, "training_class": session.training_class, "form": form, "back": _board_url(session),
        "open": [line | {"is_ticked": line["pk"] in ticked} for line in lines if line["mark"] is None],
        "marked": [line for line in lines if line["mark"] is not None],
        "may_mark": session.training_class.state in sign_in.BY_HAND, "may_run": True,
    }  # fmt: skip
    return render(request, "training/sign_marks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def mark_undo(request, pk):
    found = SignIn.objects.visible_to(request.user, verb="training.run").filter(
        session__in=ClassSession.objects.visible_to(request.user, verb="training.run")
    )
    mark = get_object_or_404(found.select_related("session__training_class", "enrolment__branch"), pk=pk)
    form = UndoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sign_in.undo(mark, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已撤销。")
            return redirect("training:marks", mark.session_id)
    context = {"mark": mark, "session": mark.session, "training_class": mark.session.training_class, "form": form}
    return render(request, "training/sign_undo.html", context)


# --- links


def _may_hand_out(request, training_class):
    """The persons to whom one may give a link: everybody in a class of one's own, else one's own people."""
    people = Enrolment.objects.visible_to(request.user, verb="training.enrol").on_roll()
    if not may(request.user, "training.run", at=training_class.branch):
        own = Branch.objects.visible_to(request.user, verb="training.enrol")
        people = people.filter(branch__in=own)
    else:
        people = Enrolment.objects.visible_to(request.user, verb="training.run").on_roll()
    return people.filter(training_class=training_class)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.enrol")
def hand_out(request, pk):
    """签到链接: who has one and has opened it; new ones are shown once, as texts to send and as slips to print."""
    training_class = get_object_or_404(TrainingClass.objects.visible_to(request.user).select_related("branch"), pk=pk)
    people = _may_hand_out(request, training_class)
    if request.method == "POST":
        return _handed_out(request, training_class, people)
    branches = Branch.objects.visible_to(request.user).filter(pk__in=people.values("branch")).in_order()
    form = PeopleFilter(request.GET, branch=branches)
    found = _narrowed(people.select_related("branch"), form.asked)
    if who := whole_number(request.GET.get("who")):
        found = found.filter(pk=who)
    context = {
        "training_class": training_class, "form": form, "people": found.order_by("branch__order", "branch", "pk")[:AT_ONCE],
        "total": found.count(), "at_once": AT_ONCE, "only_one": bool(who), "may_issue": training_class.state in passes.OPENED,
        "until": passes.last_day(training_class), "may_run": may(request.user, "training.run", at=training_class.branch),
    }  # fmt: skip
    return render(request, "training/passes.html", context)


def _narrowed(people, asked):
    people = people.annotate(
        given_at=Max("passes__created_at", filter=Q(passes__revoked_at=None)),
        opened_at=Max("passes__used_at", filter=Q(passes__revoked_at=None)),
    )
    if "q" in asked:
        people = people.filter(Q(name__contains=asked["q"]) | Q(unit__contains=asked["q"]))
    if "branch" in asked:
        people = people.filter(branch=asked["branch"])
    wanted = {
        "none": Q(given_at=None), "unopened": Q(given_at__isnull=False, opened_at=None), "opened": Q(opened_at__isnull=False)
    }  # fmt: skip
    return people.filter(wanted[asked["only"]]) if "only" in asked else people


def _handed_out(request, training_class, people):
    keys = {key for key in map(whole_number, request.POST.getlist("who")) if key}
    back = reverse("training:passes", args=[training_class.pk])
    try:
        made = passes.issue(
            training_class, people.filter(pk__in=list(keys)[:AT_ONCE]), by=request.user, at=timezone.now()
        )
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect(back)
    door = request.build_absolute_uri(reverse("training:open_pass"))
    slips = [
        {"person": person, "link": f"{door}?k={token}", "picture": _picture(f"{door}?k={token}")}
        for person, token in made
    ]
    context = {"training_class": training_class, "slips": slips, "back": back, "until": passes.last_day(training_class)}
    return render(request, "training/passes_made.html", context)
