"""Putting people on the roll: ticked by a secretary, by whoever holds the class by rule, from a list, from outside."""

from collections import Counter
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.views.acting import acted, choice, refuse
from training import enrolling, roll_lists, rolls
from training.classes import AT_WORK
from training.forms.roll import ConfirmForm, EnrolForm, ListForm, OutsiderForm, RuleForm
from training.models import Enrolment
from training.views.roll import State, found_class

READS = ["GET", "HEAD", "POST"]


def _at_work(request, training_class):
    """Whether the roll may still be changed by whoever holds the class; otherwise says so."""
    if training_class.state in AT_WORK:
        return True
    messages.info(request, f"这个班次{training_class.get_state_display()}，名册不能再改。")
    return False


def _is_late(training_class, today):
    return today > enrolling.deadline(training_class)


# --- one by one


@require_http_methods(READS)
@policy("training.enrol")
def roll_enrol(request, pk):
    """A secretary ticks the own members."""
    training_class, today = found_class(request, pk), timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="training.enrol")
    if training_class.is_restricted or training_class.state != State.OPEN or _is_late(training_class, today):
        words = "报名已截止" if training_class.state == State.OPEN else f"这个班次{training_class.get_state_display()}"
        messages.info(request, f"{words}，不能自行报名；确需调整的，请联系主办单位。")
        return redirect("training:roll", training_class.pk)
    return _enrol(request, training_class, branches, today, is_late=False)


@require_http_methods(READS)
@policy("training.run")
def roll_add(request, pk):
    """Whoever holds the class ticks members of any organisation it is for."""
    training_class, today = found_class(request, pk, "training.run"), timezone.localdate()
    if not _at_work(request, training_class):
        return redirect("training:roll", training_class.pk)
    branches = Branch.objects.visible_to(request.user, verb="training.run")
    return _enrol(request, training_class, branches, today, is_late=_is_late(training_class, today))


def _enrol(request, training_class, branches, today, *, is_late):
    found = enrolling.addressed(training_class, today).filter(pk__in=branches.values("pk"))
    places, asked = enrolling.Places(training_class), request.GET.get("branch")
    if asked is None and found.count() != 1:
        return _choose(request, training_class, found, places)
    branch = found.first() if asked is None else found.filter(pk=whole_number(asked) or 0).first()
    if branch is None:
        raise Http404
    on_roll = Enrolment.objects.visible_to(request.user).on_roll().filter(training_class=training_class)
    known = on_roll.filter(branch=branch)
    members = rolls.people(branch, today).exclude(pk__in=on_roll.filter(member__isnull=False).values("member"))
    form = EnrolForm(request.POST or None, members=members, is_late=is_late)
    return acted(
        request, form, lambda: rolls.enrol(training_class, branch, **form.cleaned_data, by=request.user, on=today),
        "已报名。", reverse("training:roll", args=[training_class.pk]), "training/roll_enrol.html",
        training_class=training_class, branch=branch, known=known.order_by("pk"), left=places.left(branch),
        last=enrolling.deadline(training_class), has_several=asked is not None,
    )  # fmt: skip


def _choose(request, training_class, found, places):
    context = choice(request, found)
    on_roll = Enrolment.objects.visible_to(request.user).on_roll().filter(training_class=training_class)
    counted = Counter(on_roll.filter(branch__in=list(context["page"])).values_list("branch", flat=True))
    context |= {
        "training_class": training_class,
        "rows": [(branch, counted[branch.pk], places.left(branch)) for branch in context["page"]],
    }
    return render(request, "training/roll_choose.html", context)


@require_http_methods(READS)
@policy("training.run")
def roll_outsider(request, pk):
    """Somebody from outside the register, by name and unit."""
    training_class, today = found_class(request, pk, "training.run"), timezone.localdate()
    if not _at_work(request, training_class):
        return redirect("training:roll", training_class.pk)
    form = OutsiderForm(request.POST or None, is_late=_is_late(training_class, today))
    return acted(
        request, form, lambda: rolls.add_outsider(training_class, **form.cleaned_data, by=request.user, on=today),
        "已列入名册。", reverse("training:roll", args=[training_class.pk]), "training/roll_outsider.html",
        training_class=training_class,
    )  # fmt: skip


# --- many at once: what is shown is what is entered


@require_http_methods(READS)
@policy("training.run")
def roll_rule(request, pk):
    """By rule: chosen in the address, shown, and entered as it was shown."""
    training_class, today = found_class(request, pk, "training.run"), timezone.localdate()
    if not _at_work(request, training_class):
        return redirect("training:roll", training_class.pk)
    uppers = Branch.objects.visible_to(request.user, verb="training.run").filter(
        kind__in=[Branch.Kind.COMMITTEE, Branch.Kind.GENERAL], path__startswith=training_class.branch.path
    )
    asked = RuleForm(request.GET, rules=rolls.rules(today), uppers=uppers.at_work(today).in_order())
    context = {"training_class": training_class, "asked": asked, "steps": ["选定范围", "核对", "列入名册"], "here": 1}
    if not asked.is_valid():
        return render(request, "training/roll_rule.html", context | {"form": asked})
    key, below = asked.cleaned_data["rule"], asked.cleaned_data["below"]

    def plan(row):
        return rolls.by_rule(row, key, on=today, below=below)

    return _confirm(
        request, training_class, plan, context, source=Enrolment.Source.RULE, template="training/roll_rule.html"
    )


@require_http_methods(READS)
@policy("training.run")
def roll_list(request, pk):
    """From a list: read, shown row by row, and entered as it was shown."""
    training_class, today = found_class(request, pk, "training.run"), timezone.localdate()
    if not _at_work(request, training_class):
        return redirect("training:roll", training_class.pk)
    context = {
        "training_class": training_class,
        "steps": ["选文件", "核对", "列入名册"],
        "here": 1,
        "columns": roll_lists.COLUMNS[:3],
    }
    form = ListForm(request.POST if request.FILES else None, request.FILES or None)
    try:
        if request.FILES and form.is_valid():
            upload = form.cleaned_data["file"]
            rows = roll_lists.read(training_class, upload.read(), upload.name, by=request.user)
        elif request.POST.get("rows"):
            rows = roll_lists.kept(request.POST["rows"], training_class, request.user)
        else:
            if request.method == "POST":
                form = ListForm(request.POST, request.FILES)
            return render(request, "training/roll_list.html", context | {"form": form})
    except ValidationError as error:
        form = form if form.is_bound else ListForm({}, {})
        form.full_clean()
        form.errors.clear()
        refuse(form, ValidationError({"file": error.messages}))
        return render(request, "training/roll_list.html", context | {"form": form})
    plan = roll_lists.plan(rows, by=request.user, on=today)
    context["kept"] = roll_lists.keep(rows, training_class, request.user)
    return _confirm(
        request, training_class, plan, context, source=Enrolment.Source.SHEET, template="training/roll_list.html"
    )


def _confirm(request, training_class, plan, context, *, source, template):
    today = timezone.localdate()
    is_late = _is_late(training_class, today)
    is_answer = request.method == "POST" and "shown" in request.POST
    form = ConfirmForm(request.POST if is_answer else None, is_late=is_late)
    if is_answer and form.is_valid():
        given = {key: value for key, value in form.cleaned_data.items() if key != "rows"}
        try:
            made = rolls.enrol_many(training_class, plan, **given, source=source, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"已列入名册 {len(made)} 人。")
            return redirect("training:roll", training_class.pk)
    choices = plan(training_class)
    good = [each for each in choices if not each.fault]
    if len(good) > rolls.MOST:
        messages.warning(request, rolls.TOO_MANY)
        good = []
    context |= {
        "form": form, "here": 2, "choices": choices, "good": good, "bad": [each for each in choices if each.fault],
        "shown": rolls.digest(choices), "groups": _groups(good), "source": source,
    }  # fmt: skip
    return render(request, template, context)


def _groups(choices):
    """(organisation, who of it) in 单位序."""
    ordered = sorted(choices, key=lambda each: (each.branch.order, each.branch.pk))
    return [(branch, list(each)) for branch, each in groupby(ordered, key=lambda each: each.branch)]
