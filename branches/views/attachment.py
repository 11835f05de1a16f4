"""The files of every matter in this app. The row that a file hangs on says who sees it, so the routes ask no verb."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from accounts.policy import SIGNED_IN, policy
from branches import attachments
from branches.forms.attachment import FilesForm
from branches.models import OWNERS, Attachment
from files.actions import serve, serve_thumbnail


def keep_all(request, owner, uploads):
    """Keep the files of a form one by one; what is wrong with one is said, the others are kept. Returns how many."""
    kept = 0
    for upload in uploads:
        try:
            attachments.attach(owner, upload, by=request.user)
            kept += 1
        except ValidationError as error:
            messages.error(request, f"“{upload.name}”没有保存：{'；'.join(error.messages)}")
    return kept


def files_of(owner, user):
    """What `_files.html` needs: its rows, and whether this person may change them now."""
    return {
        "files": attachments.of(owner),
        "may_change_files": attachments.may_change(owner, user),
        "files_kind": attachments.FIELDS[type(owner)],
    }


def _row(request, pk):
    return get_object_or_404(Attachment.objects.visible_to(request.user).select_related("file"), pk=pk)


@require_safe
@policy(SIGNED_IN)
def file_open(request, pk):
    return serve(_row(request, pk).file, request)


@require_safe
@policy(SIGNED_IN)
def file_thumbnail(request, pk):
    return serve_thumbnail(_row(request, pk).file)


@require_POST
@policy(SIGNED_IN)
def file_add(request, kind, pk):
    """Files for a row of the kind `kind`; the page of the row shows them."""
    if kind not in OWNERS:
        raise Http404
    owner = get_object_or_404(attachments.addable(kind, request.user), pk=pk)
    form = FilesForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, "；".join(form.errors["files"]))
    elif kept := keep_all(request, owner, form.cleaned_data["files"]):
        messages.success(request, f"已保存 {kept} 个文件。")
    return redirect(owner.get_absolute_url())


@require_POST
@policy(SIGNED_IN)
def file_remove(request, pk):
    row = _row(request, pk)
    owner = row.owner
    get_object_or_404(attachments.addable(attachments.FIELDS[type(owner)], request.user), pk=owner.pk)
    try:
        attachments.detach(row, by=request.user)
        messages.success(request, f"已撤下“{row.file.name}”。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(owner.get_absolute_url())
