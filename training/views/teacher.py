"""师资库: who may be asked to teach, what they taught this year and how it was received."""

from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, Subquery, Sum
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.rights import may
from branches.views.acting import acted
from members.models import Member, Membership
from training import classes, surveys, teachers
from training.forms.teacher import TeacherFilter, TeacherForm
from training.models import ClassSession, Teacher, TrainingClass
from training.views.course import owners

SHOWN, NAMESAKES, TAUGHT = 30, 20, 30
HELD = (TrainingClass.State.RUNNING, TrainingClass.State.CLOSING, TrainingClass.State.ARCHIVED)


@require_safe
@policy("training.see")
def teacher_list(request):
    today = timezone.localdate()
    seen = Teacher.objects.visible_to(request.user)
    form = TeacherFilter(request.GET, owners=classes.owners_of(seen))
    found = seen if form.asked.get("state") == "all" else seen.filter(is_retired=form.asked.get("state") == "retired")
    if "q" in form.asked:
        word = form.asked["q"]
        found = found.filter(Q(name__contains=word) | Q(unit__contains=word) | Q(subjects__contains=word))
    if "owner" in form.asked:
        found = found.filter(branch=form.asked["owner"])
    page = Paginator(found.select_related("branch").order_by("name", "unit", "pk"), SHOWN).get_page(
        request.GET.get("page")
    )
    hours = _hours(request, page, today)
    liked = surveys.of_teachers(list(page))
    context = {
        "form": form, "page": page, "query": request.GET, "year": today.year, "may_add": owners(request).exists(),
        "has_ratings": bool(liked),
        "rows": [{"teacher": row, "hours": hours.get(row.pk), "liked": liked.get(row.pk)} for row in page],
    }  # fmt: skip
    return render(request, "training/teachers.html", context)


def _held(request, today):
    """The sessions of this year that were held already, as far as the reader may see them."""
    found = ClassSession.objects.visible_to(request.user).filter(training_class__state__in=HELD)
    return found.filter(held_on__year=today.year, held_on__lte=today)


def _hours(request, found, today):
    rows = _held(request, today).filter(teacher__in=list(found)).order_by().values_list("teacher")
    return dict(rows.annotate(Sum("hours")))


def _seen(request, pk, verb="training.see"):
    return get_object_or_404(
        Teacher.objects.visible_to(request.user, verb=verb).select_related("branch", "member"), pk=pk
    )


@require_safe
@policy("training.see")
def teacher_detail(request, pk):
    teacher, today = _seen(request, pk), timezone.localdate()
    taught = ClassSession.objects.visible_to(request.user).filter(teacher=teacher).select_related("training_class")
    taught = taught.exclude(training_class__state=TrainingClass.State.CANCELLED).order_by("-held_on", "-begins")
    may_edit = may(request.user, "training.run", at=teacher.branch)
    known = teacher.member_id and Member.objects.visible_to(request.user).filter(pk=teacher.member_id).exists()
    context = {
        "teacher": teacher, "may_edit": may_edit, "sessions": taught[:TAUGHT], "year": today.year,
        "hours": _hours(request, [teacher], today).get(pk), "liked": surveys.of_teachers([teacher]).get(pk),
        "member": teacher.member if known else None, "events": audit.of(teacher)[:20] if may_edit else None,
        "namesakes": may_edit and not teacher.member_id and _namesakes(request, teacher.name).exists(),
    }  # fmt: skip
    return render(request, "training/teacher.html", context)


def _namesakes(request, name):
    """Members of that name within one's own reach, each with the organisation of today."""
    stay = Membership.objects.visible_to(request.user).filter(member=OuterRef("pk"), ended_on=None)
    found = Member.objects.visible_to(request.user).filter(name=name)
    return found.annotate(home=Subquery(stay.values("branch__name")[:1])).order_by("pk")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def teacher_add(request):
    found = owners(request)
    return _form(request, Teacher(), found, None, {"branch": found.first()})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def teacher_edit(request, pk):
    teacher = _seen(request, pk, "training.run")
    namesakes = _namesakes(request, teacher.name)
    keys = [*namesakes.values_list("pk", flat=True)[:NAMESAKES]]
    if teacher.member_id and teacher.member_id not in keys:
        namesakes = None  # linked to somebody beyond one's reach: that stays as it is
    return _form(request, teacher, owners(request), namesakes, {})


def _form(request, teacher, found, namesakes, initial):
    pk = teacher.pk
    form = TeacherForm(request.POST or None, instance=teacher, owners=found, namesakes=namesakes, initial=initial)
    return acted(
        request, form,
        lambda: teachers.save(form.instance, version=form.cleaned_data["version"], by=request.user),
        "已保存。", lambda saved: saved, "training/teacher_form.html", pk=pk,
        cancel=teacher.get_absolute_url() if pk else reverse("training:teachers"),
        fresh=lambda: _seen(request, pk, "training.run"),
    )  # fmt: skip
