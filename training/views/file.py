"""The files of a class, and the courseware that everybody on its roll may take along."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.policy import PUBLIC, policy
from files.actions import serve, serve_thumbnail
from training import classes, materials, passes
from training.forms.file import UploadForm
from training.models import ClassFile, ClassSession
from training.views.course import SIGNS, runs, seen

Role = ClassFile.Role
MOST_CLASSES = 12  # on the page of one person


def _shown(request, row, may_run):
    """Everything for whoever runs the class; for those invited what is handed out to them."""
    found = ClassFile.objects.visible_to(request.user).filter(training_class=row, removed_at=None)
    if not may_run:
        found = found.filter(pk__in=materials.handed_out(row).order_by().values("pk"))
    return found.select_related("file", "session").order_by("role", "session__held_on", "session__begins", "pk")


def _page(request, row, form, status=200):
    may_run = runs(request, row)
    groups = {}
    for each in _shown(request, row, may_run):
        groups.setdefault(each.get_role_display(), []).append(each)
    context = {
        "training_class": row, "sign": SIGNS[row.state], "tab": "files", "may_run": may_run, "form": form, "groups": groups.items(),
        "may_edit": may_run and row.state in classes.AT_WORK, "count": sum(map(len, groups.values())),
        "has_courseware": materials.handed_out(row).exists(),
    }  # fmt: skip
    return render(request, "training/files.html", context, status=status)


def _form(request, row, *sent):
    sessions = ClassSession.objects.visible_to(request.user).filter(training_class=row)
    initial = {"role": request.GET.get("role"), "session": request.GET.get("session")}
    role = initial["role"] if initial["role"] in Role.values else Role.PICTURE
    session = (
        initial["session"] if (initial["session"] or "").isascii() and (initial["session"] or "").isdecimal() else None
    )
    return UploadForm(*sent, sessions=sessions, initial={"role": role, "session": session})


@require_safe
@policy("training.see")
def class_files(request, pk):
    row = seen(request, pk)
    return _page(request, row, _form(request, row))


@require_POST
@policy("training.run")
def file_add(request, pk):
    """Several files at once: what is wrong with one is said, the others are kept."""
    row = seen(request, pk, "training.run")
    form = _form(request, row, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, row, form)
    found, kept = form.cleaned_data, 0
    for upload in found["files"]:
        try:
            materials.attach(
                row, upload, role=found["role"], title=found["title"], session=found["session"], by=request.user
            )
            kept += 1
        except ValidationError as error:
            messages.error(request, f"“{upload.name}”没有保存：{'；'.join(error.messages)}")
    if kept:
        messages.success(request, f"已保存 {kept} 个文件。")
    return redirect(reverse("training:files", args=[pk]))


def _file(request, pk, verb="training.see"):
    found = ClassFile.objects.visible_to(request.user, verb=verb).filter(removed_at=None)
    found = get_object_or_404(found.select_related("file", "training_class__branch"), pk=pk)
    row = found.training_class
    if not runs(request, row) and not materials.handed_out(row).filter(pk=found.pk).exists():
        raise Http404
    return found


@require_safe
@policy("training.see")
def file_open(request, pk):
    found = _file(request, pk)
    if found.role == Role.COURSEWARE:
        materials.fetched(found)
        return serve(found.file)  # who takes courseware is not recorded
    return serve(found.file, request)


@require_safe
@policy("training.see")
def file_thumbnail(request, pk):
    return serve_thumbnail(_file(request, pk).file)


@require_POST
@policy("training.run")
def file_remove(request, pk):
    found = _file(request, pk, "training.run")
    try:
        materials.remove(found, by=request.user)
        messages.success(request, f"已撤下“{found}”。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(reverse("training:files", args=[found.training_class_id]))


# --- for everybody on the roll, by link or own account


@require_safe
@policy(PUBLIC)
def handouts(request):
    """The courseware of the classes on whose roll this browser's person is. A stranger is told how to come in."""
    mine = (
        [] if passes.knows_nobody(request) else passes.people(request).select_related("training_class")[:MOST_CLASSES]
    )
    found = [person.training_class for person in mine]
    files = materials.by_class(found)
    context = {
        "rows": [{"class": row, "files": files[row.pk]} for row in found if row.pk in files], "is_known": bool(found),
        "is_signed_in": request.user.is_authenticated,
    }  # fmt: skip
    return render(request, "training/handouts.html", context)


@require_safe
@policy(PUBLIC)
def handout(request, pk):
    found = materials.courseware(pk)
    if found is None or passes.person(request, found.training_class) is None:
        raise Http404
    materials.fetched(found)
    return serve(found.file)
