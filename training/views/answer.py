"""What somebody on the roll fills in without a post: the survey, an exam on screen. By the link on the phone or the own account.

Open to everybody, so a stranger finds nothing here, whether the class is there or not. No page of these touches the session.
"""

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import PUBLIC, policy
from branches.forms import whole_number
from training import exams, passes, questions, surveys
from training.forms.exam import answers_of
from training.forms.survey import AnswerForm
from training.views.door import page

STEP = 5  # questions of one page: little is lost when the signal is


@require_safe
@policy(PUBLIC)
def own_papers(request):
    """What this browser's person may answer now, and how exams went that are over."""
    people = [] if passes.knows_nobody(request) else list(passes.people(request).select_related("training_class"))
    rows = [row for row in exams.waiting(people, on=timezone.localdate()) if row[1] or row[2]]
    return page(request, "answer_list", rows=rows, is_known=bool(people), is_signed_in=request.user.is_authenticated)


# --- the survey


@require_http_methods(["GET", "HEAD", "POST"])
@policy(PUBLIC)
def survey_answer(request, pk):
    survey = surveys.of_class(pk)
    person = survey and passes.person(request, survey.training_class)
    if not person:
        raise Http404
    today = timezone.localdate()
    if person.has_answered or not surveys.is_open(survey, on=today):
        return page(request, "survey_done", survey=survey, person=person)
    sessions = surveys.taught(survey, person, on=today)
    form = AnswerForm(request.POST if request.method == "POST" else None, survey=survey, sessions=sessions)
    if form.is_bound and form.is_valid():
        try:
            surveys.answer(survey, person, scores=form.scores, remark=form.cleaned_data["remark"], on=today)
        except ValidationError as error:
            form.add_error("remark" if "remark" in getattr(error, "error_dict", ()) else None, error.messages)
        else:
            return redirect("training:survey_answer", pk)
    return page(
        request, "survey_answer", has_form=True, survey=survey, person=person, form=form, least=surveys.least_of(survey)
    )


# --- the exam


@require_http_methods(["GET", "HEAD", "POST"])
@policy(PUBLIC)
def sit(request, pk):
    """One step of a paper: what was answered before it, the clock of the database, and the way on."""
    exam = exams.of_key(pk)
    person = exam and passes.person(request, exam.training_class)
    if not person:
        raise Http404
    refusal = ""
    if request.method == "POST":
        refusal, onward = _step(request, exam, person)
        if not refusal:
            return redirect(onward)
    seat = exams.seat(exam, person)
    if exam.state != exams.State.OPEN:
        told = exams.told(exam, person)
        return page(request, "exam_result", exam=exam, person=person, told=told, refusal=refusal)
    if seat is None:
        mine = exams.told(exam, person)
        return page(request, "exam_begin", has_form=True, exam=exam, person=person, refusal=refusal, told=mine,
                    count=len(exams.paper(exam)), total=exams.total(exam))  # fmt: skip
    if seat.is_over:
        return page(request, "exam_result", exam=exam, person=person, told=None, refusal=refusal, is_in=True)
    lines = exams.paper(exam)
    step = Paginator(lines, STEP).get_page(request.GET.get("step"))
    kept = seat.result.answers
    rows = [
        {"line": line, "chosen": kept.get(str(line.pk), []), "options": questions.signed(line.question)}
        for line in step
    ]
    context = {
        "exam": exam, "person": person, "step": step, "rows": rows, "seconds": seat.seconds, "minutes": -(-seat.seconds // 60),
        "answered": sum(bool(kept.get(str(line.pk))) for line in lines), "count": len(lines), "refusal": refusal,
        "blank": [number for number, line in enumerate(lines, 1) if not kept.get(str(line.pk))],
    }  # fmt: skip
    return page(request, "exam_step", has_form=True, **context)


def _step(request, exam, person):
    """(what is refused, where it goes on): begin, or keep a step and go to the next, back or hand in."""
    here = reverse("training:sit", args=[exam.pk])
    try:
        if "begin" in request.POST:
            exams.begin(exam, person)
            return "", here
        answers = answers_of(request.POST, exams.paper(exam))
        if late := exams.keep(exam, person, answers, is_last="finish" in request.POST):
            return late, here
    except ValidationError as error:
        return error.messages[0], here
    wanted = whole_number(request.POST.get("to"))
    return "", f"{here}?step={wanted}" if wanted and "finish" not in request.POST else here
