"""题库: by document, searched, changed, taken from a workbook. Only for who holds classes: who is examined does not read it."""

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.views.acting import acted, download
from training import questions
from training.forms.question import QuestionFile, QuestionFilter, QuestionForm
from training.models import Question
from training.views.course import owners

SHOWN = 30
SALT, LASTS = "training.questions", 3600  # a dry run is good for an hour
KEPT = ("document", "article", "kind", "text", "options", "answer", "explanation")


def asked(request, today):
    form = QuestionFilter(request.GET, on=today)
    found = Question.objects.visible_to(request.user).filter(is_retired=form.asked.get("state") == "retired")
    return form, questions.in_order(questions.searched(found, form.asked), today)


def home(request):
    """The organisation for which the reader keeps a bank: the highest, unless the address names another."""
    found = owners(request)
    wanted = whole_number(request.GET.get("branch"))
    return get_object_or_404(found, pk=wanted) if wanted else found.first()


@require_safe
@policy("training.run")
def question_list(request):
    today = timezone.localdate()
    form, found = asked(request, today)
    page = Paginator(found.select_related("branch"), SHOWN).get_page(request.GET.get("page"))
    names = questions.documents(today)
    every = Question.objects.visible_to(request.user).filter(is_retired=False).order_by()
    counts = dict(every.values_list("document").annotate(Count("pk")))
    context = {
        "form": form, "page": page, "query": request.GET, "total": sum(counts.values()),
        "documents": [(key, label, counts.get(key, 0)) for key, label in names.items()],
        "rows": [{"question": row, "document": names.get(row.document, row.document)} for row in page],
        "here": form.asked.get("document"), "may_add": home(request) is not None,
    }  # fmt: skip
    return render(request, "training/questions.html", context)


@require_safe
@policy("training.run")
def question(request, pk):
    found = _found(request, pk)
    context = {
        "question": found, "document": questions.documents(timezone.localdate()).get(found.document, found.document),
        "options": [(questions.LETTERS[index], text, index in found.answer) for index, text in enumerate(found.options)],
        "events": audit.of(found)[:20],
    }  # fmt: skip
    return render(request, "training/question.html", context)


def _found(request, pk):
    return get_object_or_404(Question.objects.visible_to(request.user).select_related("branch", "created_by"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def question_add(request):
    branch = home(request)
    if branch is None:
        return _nowhere(request)
    return _form(request, Question(branch=branch), "添加题目", reverse("training:questions"))


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def question_edit(request, pk):
    found = _found(request, pk)
    return _form(request, found, "修改题目", found.get_absolute_url())


def _form(request, row, title, cancel):
    today = timezone.localdate()
    form = QuestionForm(request.POST or None, instance=row, on=today, initial={"document": request.GET.get("document")})
    act = lambda: questions.save(  # noqa: E731
        form.instance, version=form.cleaned_data.get("version"), by=request.user, on=today
    )
    return acted(
        request, form, act, "已保存。", lambda saved: saved.get_absolute_url(), "training/question_form.html", cancel=cancel,
        title=title, branch=row.branch, fresh=lambda: _found(request, row.pk),
    )  # fmt: skip


def _nowhere(request):
    messages.error(request, "题库由党委、党总支和工委建。")
    return redirect("training:questions")


@require_POST
@policy("training.run")
def question_retire(request, pk):
    found = _found(request, pk)
    is_retired = not found.is_retired
    try:
        questions.retire(
            found, is_retired=is_retired, version=whole_number(request.POST.get("version")) or 0, by=request.user
        )
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已停用，不再用来组卷。" if is_retired else "已恢复使用。")
    return redirect(found)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def question_import(request):
    """First the file and what would come of it, then, with that in a sealed box of the page, the rows themselves."""
    branch, today = home(request), timezone.localdate()
    if branch is None:
        return _nowhere(request)
    if "rows" in request.POST:
        return _taken(request, branch, today)
    form = QuestionFile(request.POST or None, request.FILES or None, branch=branch, on=today)
    context = {"form": form, "branch": branch}
    if request.method == "POST" and form.is_valid():
        good = [line.question for line in form.rows if line.question]
        rows = [{name: getattr(row, name) for name in KEPT} for row in good]
        context |= {
            "lines": [line for line in form.rows if line.faults], "good": len(good), "count": len(form.rows),
            "sealed": signing.dumps([branch.pk, rows], salt=_salt(request), compress=True) if rows else "",
        }  # fmt: skip
    return render(request, "training/question_import.html", context)


def _salt(request):
    return f"{SALT}.{request.user.pk}"


def _taken(request, branch, today):
    try:
        key, rows = signing.loads(request.POST["rows"], salt=_salt(request), max_age=LASTS)
        if key != branch.pk:
            raise signing.BadSignature
        number = questions.add_many(
            branch, [Question(**row) for row in rows], source="sheet", by=request.user, on=today
        )
    except signing.BadSignature:
        messages.error(request, "预检已过一小时或者文件换过，请重新选择文件。")
        return redirect("training:question_import")
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("training:question_import")
    messages.success(request, f"导入了 {number} 道题。")
    return redirect("training:questions")


@require_POST
@policy("training.run")
def question_samples(request):
    branch = home(request)
    if branch is None:
        return _nowhere(request)
    number = questions.add_many(branch, questions.samples(), source="samples", by=request.user, on=timezone.localdate())
    messages.success(request, f"装入了 {number} 道样题。" if number else "样题都已在题库里。")
    return redirect("training:questions")


@require_safe
@policy("training.run")
def question_export(request):
    """What is filtered, in the columns that an import takes: to be changed and brought back, or as a pattern."""
    today = timezone.localdate()
    _, found = asked(request, today)
    rows = list(found)
    audit.record("question.export", by=request.user, rows=len(rows))
    return download(questions.workbook(rows, on=today), "题库.xlsx")
