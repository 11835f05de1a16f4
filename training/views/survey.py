"""满意度测评 of a class: opened, closed, and what came of it once it is closed."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.rights import may
from branches.views.acting import download
from members.plain_sheet import of_list
from rulebook.book import value
from training import rolls, surveys
from training.models import Enrolment, Survey, TrainingClass


def seen(request, pk, verb="training.see"):
    """A class that the reader may see, else 404."""
    found = TrainingClass.objects.visible_to(request.user, verb=verb).select_related("branch")
    return get_object_or_404(found, pk=pk)


def owned(request, training_class):
    """Whether the reader's post lies where the class is held: results are for its organiser and those above."""
    return may(request.user, "training.see", at=training_class.branch)


@require_safe
@policy("training.see")
def survey(request, pk):
    row, today = seen(request, pk), timezone.localdate()
    found = Survey.objects.visible_to(request.user).filter(training_class=row).first()
    may_run = rolls.runs(request.user, row)
    context = {
        "training_class": row, "survey": found, "may_run": may_run, "tab": "survey", "owned": owned(request, row),
        "may_open": may_run and found is None and row.state in surveys.HELD,
        "may_close": may_run and found is not None and found.state in surveys.ROAD,
        "least": surveys.least_of(found) if found else value("training.survey", on=today)["least"],
    }  # fmt: skip
    if found is not None:
        found.training_class = row
        people = Enrolment.objects.visible_to(request.user).filter(training_class=row).on_roll()
        context |= {
            "grades": list(enumerate(surveys.grades_of(found), 1)),
            "is_over": today > found.until_on, "asked": people.count() if context["owned"] else None,
            "results": surveys.results(found) if context["owned"] else None,
        }  # fmt: skip
    return render(request, "training/survey.html", context)


@require_POST
@policy("training.run")
def survey_open(request, pk):
    row = seen(request, pk, "training.run")
    return _act(
        request, row, lambda: surveys.open_survey(row, by=request.user, on=timezone.localdate()), "测评已发起。"
    )


@require_POST
@policy("training.run")
def survey_close(request, pk):
    row = seen(request, pk, "training.run")
    found = get_object_or_404(Survey.objects.visible_to(request.user, verb="training.run"), training_class=row)
    return _act(request, row, lambda: surveys.close(found, by=request.user, on=timezone.localdate()), "测评已结束。")


def _act(request, row, act, done):
    try:
        act()
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    else:
        messages.success(request, done)
    return redirect("training:survey", row.pk)


@require_safe
@policy("training.run")
def survey_export(request, pk):
    """The figures of a closed survey; of one with too few answers the refusal, as on the page."""
    row, today = seen(request, pk, "training.run"), timezone.localdate()
    found = get_object_or_404(Survey.objects.visible_to(request.user, verb="training.run"), training_class=row)
    told = surveys.results(found)
    if told is None:
        messages.error(request, "测评还没有结束，或者答卷太少，没有可以导出的结果。")
        return redirect("training:survey", row.pk)
    lines = [("班次", row.title, "", line) for line in told["lines"]]
    for session, found_lines in told["sessions"]:
        teacher = str(session.teacher) if session.teacher else ""
        lines += [("课次", session.topic, teacher, line) for line in found_lines or ()]
    rows = [
        [what, name, teacher, line.label, line.number, float(line.mean), f"{line.satisfied:.1%}", *line.counts[::-1]]
        for what, name, teacher, line in lines
    ]
    headers = ["范围", "内容", "授课人", "项目", "答卷", "平均分", "满意率", *surveys.grades_of(found)[::-1]]
    data = of_list(
        "满意度测评结果",
        headers,
        (8, 36, 14, 16, 8, 8, 10, *[10] * 5),
        rows,
        organ=row.branch.name,
        on=today,
        words=[row.title],
    )
    audit.record("survey.export", row, by=request.user, rows=len(rows))
    return download(data, f"{row.title}满意度测评结果.xlsx")
