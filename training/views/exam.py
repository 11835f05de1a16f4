"""Exams of a class: drawn up, printed, opened, points from paper, results. Whoever runs the class sees the questions."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.views.acting import acted, download, refuse
from members.plain_sheet import of_list
from rulebook.book import value
from training import classes, exams, questions, rolls
from training.forms.exam import ChooseForm, DrawForm, ExamForm, LinesForm, PointsForm
from training.forms.question import QuestionFilter
from training.models import Enrolment, Exam, ExamResult, Question
from training.views.survey import seen

SHOWN = 50
SIGNS = {Exam.State.DRAFT: "draft", Exam.State.OPEN: "wait", Exam.State.CLOSED: "done"}
MINUTES, POINTS = 60, 100


def asked(request, pk, verb="training.see"):
    """An exam of a class that the reader may see, else 404."""
    found = Exam.objects.visible_to(request.user, verb=verb).select_related("training_class__branch")
    return get_object_or_404(found, pk=pk)


@require_safe
@policy("training.see")
def exam_list(request, pk):
    row = seen(request, pk)
    may_run = rolls.runs(request.user, row)
    found = Exam.objects.visible_to(request.user).filter(training_class=row)
    found = found.annotate(count=Count("lines"), total=Sum("lines__points")).order_by("pk")
    found = found if may_run else found.exclude(state=Exam.State.DRAFT)
    results = {}
    for result in ExamResult.objects.visible_to(request.user).filter(exam__training_class=row).exclude(points=None):
        results.setdefault(result.exam_id, []).append(result)
    context = {
        "training_class": row, "tab": "exams", "may_run": may_run, "may_add": may_run and row.state in classes.AT_WORK,
        "rows": [
            {"exam": exam, "sign": SIGNS[exam.state], "standing": exams.standing(exam, results.get(exam.pk, ()))}
            for exam in found
        ],
    }  # fmt: skip
    return render(request, "training/exams.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def exam_add(request, pk):
    row = seen(request, pk, "training.run")
    share = value("training.exam", on=timezone.localdate())["pass"]
    initial = {"title": "结业考试", "minutes": MINUTES, "pass_points": round(POINTS * share)}
    form = ExamForm(request.POST or None, instance=Exam(training_class=row), initial=initial)
    return acted(
        request, form, lambda: exams.save(form.instance, by=request.user), "已建试卷，下面选题。",
        lambda made: reverse("training:exam", args=[made.pk]), "training/exam_form.html",
        cancel=reverse("training:exams", args=[pk]), training_class=row, title="新建考试",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def exam_edit(request, pk):
    exam = asked(request, pk, "training.run")
    form = ExamForm(request.POST or None, instance=exam)
    return acted(
        request, form, lambda: exams.save(form.instance, version=form.cleaned_data.get("version"), by=request.user),
        "已保存。", exam.get_absolute_url(), "training/exam_form.html", fresh=lambda: asked(request, pk, "training.run"),
        training_class=exam.training_class, title="修改考试",
    )  # fmt: skip


@require_safe
@policy("training.see")
def exam(request, pk):
    found = asked(request, pk)
    row = found.training_class
    may_run = rolls.runs(request.user, row)
    people = Enrolment.objects.visible_to(request.user).filter(training_class=row).on_roll().select_related("branch")
    results = {row.enrolment_id: row for row in ExamResult.objects.visible_to(request.user).filter(exam=found)}
    page = Paginator(people.order_by("branch__order", "branch", "pk"), SHOWN).get_page(request.GET.get("page"))
    lines = exams.paper(found) if may_run else []
    is_drafted, at_work = found.state == Exam.State.DRAFT, row.state in classes.AT_WORK
    context = {
        "exam": found, "training_class": row, "tab": "exams", "may_run": may_run, "sign": SIGNS[found.state],
        "page": page, "query": request.GET, "results": [(person, results.get(person.pk)) for person in page],
        "standing": exams.standing(found, results.values()), "asked": page.paginator.count, "total": exams.total(found),
        "may_edit": may_run and is_drafted and at_work, "may_open": may_run and is_drafted and row.state in exams.HELD,
        "may_close": may_run and found.state == Exam.State.OPEN and at_work,
        "may_enter": may_run and not is_drafted and at_work,
        "form": LinesForm(lines=lines) if may_run and is_drafted and at_work else None, "lines": lines,
        "sums": _sums(lines), "documents": questions.documents(timezone.localdate()),
    }  # fmt: skip
    return render(request, "training/exam.html", context)


def _sums(lines):
    """[(kind, how many, points)] of a paper."""
    found = []
    for kind in Question.Kind:
        worth = [line.points for line in lines if line.question.kind == kind]
        if worth:
            found.append((kind.label, len(worth), sum(worth)))
    return found


@require_POST
@policy("training.run")
def exam_lines(request, pk):
    found = asked(request, pk, "training.run")
    form = LinesForm(request.POST, lines=exams.paper(found))
    if any(f"points-{line.pk}" not in request.POST for line in form.lines):
        messages.error(request, "试卷刚被改过，请核对下面的内容后再保存。")
        return redirect("training:exam", pk)
    if not form.is_valid():
        for field in form:
            for message in field.errors:
                messages.error(request, f"{field.label}：{message}")
        return redirect("training:exam", pk)
    return _told(request, found, lambda: exams.set_points(found, form.points, by=request.user), "试卷已保存。")


@require_POST
@policy("training.run")
def exam_act(request, pk, act):
    """Open, close, or throw away a draft."""
    found = asked(request, pk, "training.run")
    back = reverse("training:exams", args=[found.training_class_id])
    acts = {
        "open": (exams.open_exam, "已开考，学员可以答题了。", None),
        "close": (exams.close, "考试已结束，学员可以看到成绩和正确答案。", None),
        "drop": (exams.drop, "试卷已删去。", back),
    }
    if act not in acts:
        raise Http404
    do, done, onward = acts[act]
    return _told(request, found, lambda: do(found, by=request.user), done, back=onward)


def _told(request, found, act, done, back=None):
    try:
        act()
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
        back = None
    else:
        messages.success(request, done)
    return redirect(back or found.get_absolute_url())


# --- the questions of a paper


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def exam_choose(request, pk):
    found = asked(request, pk, "training.run")
    today = timezone.localdate()
    filters = QuestionFilter(request.GET, on=today)
    filters.drop("state")
    on_it = {line.question_id for line in exams.paper(found)}
    bank = Question.objects.visible_to(request.user).filter(is_retired=False)
    shown = questions.searched(bank.exclude(pk__in=on_it), filters.asked)
    page = Paginator(questions.in_order(shown, today), SHOWN).get_page(request.GET.get("page"))
    form = ChooseForm(request.POST or None, bank=bank)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["questions"]
        try:
            number = exams.choose(found, chosen, points=form.cleaned_data["points"], by=request.user)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"加了 {number} 道题。")
            return redirect("training:exam", pk)
    ticked = set(form.data.getlist("questions")) if form.is_bound else set()
    context = {
        "exam": found, "form": form, "filters": filters, "page": page, "query": request.GET, "count": len(on_it),
        "rows": [(row, str(row.pk) in ticked) for row in page], "documents": questions.documents(today),
        "is_filtered": bool(filters.asked),
    }  # fmt: skip
    return render(request, "training/exam_choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def exam_draw(request, pk):
    found = asked(request, pk, "training.run")
    on_it = [line.question_id for line in exams.paper(found)]
    bank = Question.objects.visible_to(request.user).filter(is_retired=False).exclude(pk__in=on_it)
    stock = questions.stock(bank, timezone.localdate())
    documents = questions.documents(timezone.localdate())
    form = DrawForm(request.POST or None, stock=stock, documents=documents, initial={"seed": found.pk})
    if request.method == "POST" and form.is_valid():
        try:
            drawn = exams.draw(bank, form.wanted, seed=form.cleaned_data["seed"])
            exams.choose(found, drawn, points={kind: form.points(kind) for kind in Question.Kind}, by=request.user)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"抽了 {len(drawn)} 道题。")
            return redirect("training:exam", pk)
    return render(request, "training/exam_draw.html", {"exam": found, "form": form, "is_empty": not stock})


# --- on paper


@require_safe
@policy("training.run")
def exam_print(request, pk):
    """试卷 to be printed; with `?key=1` the answers instead, a sheet of its own."""
    found = asked(request, pk, "training.run")
    lines = exams.paper(found)
    for line in lines:
        line.signed, line.told = questions.signed(line.question), questions.told(line.question)
    parts = [(kind, [line for line in lines if line.question.kind == kind]) for kind in Question.Kind]
    context = {
        "exam": found, "total": exams.total(found), "is_key": request.GET.get("key") == "1",
        "parts": [(kind.label, own, sum(line.points for line in own)) for kind, own in parts if own],
    }  # fmt: skip
    return render(request, "training/exam_print.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def exam_points(request, pk):
    found = asked(request, pk, "training.run")
    people = Enrolment.objects.visible_to(request.user, verb="training.run").filter(training_class=found.training_class)
    people = list(people.on_roll().select_related("branch").order_by("branch__order", "branch", "pk"))
    results = {
        row.enrolment_id: row
        for row in ExamResult.objects.visible_to(request.user, verb="training.run").filter(exam=found)
    }
    form = PointsForm(request.POST or None, people=people, results=results, most=exams.total(found))
    return acted(
        request, form, lambda: exams.enter(found, form.points, by=request.user, at=timezone.now()), "成绩已登记。",
        found.get_absolute_url(), "training/exam_points.html", exam=found, total=exams.total(found),
    )  # fmt: skip


@require_safe
@policy("training.run")
def exam_export(request, pk):
    """成绩册, by organisation and never by points."""
    found, today = asked(request, pk, "training.run"), timezone.localdate()
    people = Enrolment.objects.visible_to(request.user, verb="training.run").filter(training_class=found.training_class)
    people = people.on_roll().select_related("branch").order_by("branch__order", "branch", "pk")
    results = {
        row.enrolment_id: row
        for row in ExamResult.objects.visible_to(request.user, verb="training.run").filter(exam=found)
    }
    rows = []
    for person in people:
        result = results.get(person.pk)
        points = result.points if result else None
        outcome = "" if points is None else "合格" if points >= found.pass_points else "不合格"
        where = person.branch.name if person.branch else person.unit
        rows.append([person.name, where, None if points is None else float(points), outcome])
    organ = found.training_class.branch.name
    data = of_list(
        f"{found.title}成绩册",
        ["姓名", "党组织（单位）", "得分", "结果"],
        (12, 36, 10, 10),
        rows,
        organ=organ,
        on=today,
    )
    audit.record("exam.export", found, by=request.user, rows=len(rows))
    return download(data, f"{found.training_class.title}{found.title}成绩册.xlsx")
