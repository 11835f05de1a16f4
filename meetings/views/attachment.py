from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from accounts.policy import policy
from files.actions import serve, serve_thumbnail
from meetings import actions
from meetings.models import MeetingFile


def _row(request, pk, verb):
    rows = MeetingFile.objects.visible_to(request.user, verb=verb).shown().select_related("file", "meeting__branch")
    return get_object_or_404(rows, pk=pk)


@require_safe
@policy("meeting.see")
def file_open(request, pk):
    return serve(_row(request, pk, "meeting.see").file, request)


@require_safe
@policy("meeting.see")
def file_thumbnail(request, pk):
    return serve_thumbnail(_row(request, pk, "meeting.see").file)


@require_POST
@policy("meeting.edit")
def file_remove(request, pk):
    row = _row(request, pk, "meeting.edit")
    try:
        actions.detach(row, by=request.user)
        messages.success(request, f"已撤下“{row.file.name}”。")
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    return redirect(row.meeting)
