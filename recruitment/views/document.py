"""The papers of one file: the form to print, what is still blank in it, the scan that was signed, and all of it as a zip."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from branches.rights import may
from files.actions import HEADERS, serve, serve_thumbnail
from recruitment import documents, file_zip
from recruitment.forms.document import ScanForm
from recruitment.models import Application, StepFile

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SEE, EDIT, APPROVE = "recruit.see", "recruit.edit", "recruit.approve"


def _application(request, pk, verb=SEE):
    rows = Application.objects.visible_to(request.user, verb=verb).select_related("member", "branch")
    return get_object_or_404(rows, pk=pk)


def _document(request, application, key):
    """The paper, when there is one and it is for these eyes."""
    found = documents.documents().get(key)
    if found is None or (found.verb and found.verb not in documents.verbs_of(application, request.user)):
        raise Http404
    return found


def answer(data, media_type, name):
    disposition = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=media_type, headers=HEADERS | disposition)


def _stages(folder):
    """The lines by the stage of the road, for a heading each."""
    groups = {}
    for line in folder.lines:
        groups.setdefault(line.stage_label, []).append(line)
    return groups.items()


@require_safe
@policy(SEE)
def document_list(request, pk):
    application = _application(request, pk)
    folder = documents.state(application, request.user)
    context = {
        "application": application, "folder": folder, "stages": _stages(folder),
        "is_frozen": documents.is_frozen(folder.steps), "may_set": may(request.user, "catalogue.edit"),
    }  # fmt: skip
    return render(request, "recruitment/documents.html", context)


@require_safe
@policy(SEE)
def document_detail(request, pk, key):
    application = _application(request, pk)
    return _page(request, application, _document(request, application, key), ScanForm())


def _page(request, application, document, form):
    folder = documents.state(application, request.user)
    line = next(each for each in folder.lines if each.document == document)
    missing = ()
    if document.has_form:
        today = timezone.localdate()
        missing = documents.write(application, [document], request.user, on=today, folder=folder)[document.key].missing
    is_frozen = documents.is_frozen(folder.steps)
    may_edit = not is_frozen and documents.may_attach(application, document, request.user)
    context = {
        "application": application, "document": document, "line": line, "missing": missing, "form": form,
        "is_frozen": is_frozen, "may_edit": may_edit, "is_branch": may(request.user, EDIT, at=application.branch),
        "is_done": document.step in folder.steps,
        "article": documents.article(document, folder.steps, on=timezone.localdate()),
        "events": [event for event in audit.of(application)[:200] if event.detail.get("paper") == document.key][:20],
    }  # fmt: skip
    return render(request, "recruitment/document.html", context)


@require_safe
@policy(SEE)
def document_word(request, pk, key):
    application = _application(request, pk)
    document = _document(request, application, key)
    if not document.has_form:
        raise Http404
    written = documents.write(application, [document], request.user, on=timezone.localdate())[document.key]
    documents.taken(document, application, by=request.user)
    return answer(written.data, WORD, documents.name_of(document, application))


@require_safe
@policy(SEE)
def file_pack(request, pk):
    application = _application(request, pk)
    data = file_zip.pack(application, request.user, on=timezone.localdate())
    return answer(data, "application/zip", file_zip.name_of(application))


# --- signed scans


@require_POST
@policy(EDIT)
def file_add(request, pk, key):
    return _add(request, pk, key, EDIT)


@require_POST
@policy(APPROVE)
def file_add_above(request, pk, key):
    return _add(request, pk, key, APPROVE)


def _add(request, pk, key, verb):
    """Several files at once: what is wrong with one is said, the others are kept."""
    application = _application(request, pk, verb)
    document = _document(request, application, key)
    form, kept = ScanForm(request.POST, request.FILES), 0
    if not form.is_valid():
        return _page(request, application, document, form)
    for upload in form.cleaned_data["files"]:
        try:
            documents.attach(application, document, upload, by=request.user)
            kept += 1
        except ValidationError as error:
            messages.error(request, f"“{upload.name}”没有保存：{'；'.join(error.messages)}")
    if kept:
        messages.success(request, f"已保存 {kept} 个文件。")
    return redirect("recruitment:document", pk, key)


def _file(request, pk, verb=SEE):
    rows = StepFile.objects.visible_to(request.user, verb=verb).filter(removed_at=None)
    found = get_object_or_404(rows.select_related("file", "application__branch"), pk=pk)
    document = documents.of_file(found)
    if document.verb and document.verb not in documents.verbs_of(found.application, request.user):
        raise Http404
    return found


@require_safe
@policy(SEE)
def file_open(request, pk):
    return serve(_file(request, pk).file, request)


@require_safe
@policy(SEE)
def file_thumbnail(request, pk):
    return serve_thumbnail(_file(request, pk).file)


@require_POST
@policy(EDIT)
def file_remove(request, pk):
    return _remove(request, pk, EDIT)


@require_POST
@policy(APPROVE)
def file_remove_above(request, pk):
    return _remove(request, pk, APPROVE)


def _remove(request, pk, verb):
    found = _file(request, pk, verb)
    try:
        documents.remove(found, by=request.user)
        messages.success(request, f"已撤下“{found}”。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect("recruitment:document", found.application_id, documents.of_file(found).key)
