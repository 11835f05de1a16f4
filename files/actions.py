"""Keeping an uploaded file and giving it back. Whether somebody may is for the caller to ask, before it calls:
a StoredFile has no branch, its owner has. So the caller fetches its owner through `visible_to` and calls `require`."""

import hashlib

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from accounts import audit
from files import store
from files.intake import clean_name, identify, kept_name
from files.models import StoredFile
from files.rebuild import rebuilt
from files.scanner import Verdict, scan
from files.secrecy import refuse_marked

MEGABYTE = 1024 * 1024
INFECTED = "杀毒软件在这个文件里发现了病毒，没有保存。请先在电脑上查杀病毒，再重新选择文件。"
WAITING = (
    "这个文件还没有通过病毒检查，暂时不能打开。通过后会自动放行，请稍后再看；一天后仍不能打开的，请联系系统管理员。"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
}


def keep(upload, *, by, kinds=None):
    """Make an upload safe and keep it sealed; raises ValidationError in words for the person who chose the file.

    `kinds`: only these of StoredFile.Kind. The file may come back `quarantined`: shown by name, opened only once clean.
    """
    refuse_marked((upload.name or "").rpartition(".")[0] or upload.name or "", "文件名")
    name = clean_name(upload.name or "")
    if upload.size > settings.FILES_MAX_BYTES:
        raise ValidationError(
            f"文件有 {upload.size / MEGABYTE:.1f} MB，最多 {settings.FILES_MAX_BYTES // MEGABYTE} MB。"
            "请压缩照片、删去多余内容，或分成几个文件后再传。"
        )
    store.check_room()
    data = upload.read()
    kind = identify(name, data, kinds)
    verdict = scan(data)
    if verdict is Verdict.INFECTED:
        raise ValidationError(INFECTED, code="infected")
    made = rebuilt(data, kind)
    stored = StoredFile(
        name=kept_name(name, made.media_type),
        kind=kind,
        media_type=made.media_type,
        size=len(made.data),
        sha256=hashlib.sha256(made.data).hexdigest(),
        look=made.look,
        width=made.width,
        height=made.height,
        state=StoredFile.State.CLEAN if verdict is Verdict.CLEAN else StoredFile.State.QUARANTINED,
        created_by=by,
    )
    stored.full_clean(exclude=["created_by"])
    try:
        store.write(stored.row_key, made.data)
        if made.small:
            store.write(stored.row_key, made.small, store.SMALL)
        with transaction.atomic():
            stored.save()
            audit.record("files.keep", stored, by=by, kind=stored.kind, size=stored.size, state=stored.state)
    except BaseException:
        store.remove(stored.row_key)  # what a rollback of the caller leaves behind, the sweeper finds
        raise
    return stored


def keep_own(name, data, *, media_type, by):
    """Keep a workbook that the portal itself has written, sealed like everything else; nothing of it is foreign."""
    store.check_room()
    stored = StoredFile(
        name=name, kind=StoredFile.Kind.SHEET, media_type=media_type, size=len(data),
        sha256=hashlib.sha256(data).hexdigest(), created_by=by,
    )  # fmt: skip
    stored.full_clean(exclude=["created_by"])
    try:
        store.write(stored.row_key, data)
        stored.save()
    except BaseException:
        store.remove(stored.row_key)
        raise
    return stored


def open_file(stored):
    """The bytes; raises ValidationError while the file waits for the virus scanner or when they are damaged."""
    if stored.state != StoredFile.State.CLEAN:
        raise ValidationError(WAITING, code="waiting")
    data = store.read(stored.row_key)
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        raise store.Missing
    return data


def thumbnail(stored):
    """A small JPEG of a picture, made when it was kept; the only thing that an `<img>` of a page may show."""
    if stored.kind != StoredFile.Kind.IMAGE:
        raise ValidationError("只有图片才有缩略图。", code="no_thumbnail")
    if stored.state != StoredFile.State.CLEAN:
        raise ValidationError(WAITING, code="waiting")
    return store.read(stored.row_key, store.SMALL)


def serve(stored, request=None):
    """The file as a download, never shown in the browser. THE CALLER HAS ASKED whether this person may see its owner.

    With `request` the download is recorded as an act of its user.
    """
    try:
        data = open_file(stored)
    except ValidationError as refusal:
        return _refused(refusal)
    if request is not None:
        audit.record("files.download", stored, by=request.user)
    return _answer(data, stored.media_type, stored.name)


def serve_thumbnail(stored):
    """The thumbnail for an `<img>` of our own pages; the caller has asked, as for `serve`."""
    try:
        return _answer(thumbnail(stored), "image/jpeg", "thumbnail.jpg")
    except ValidationError as refusal:
        return _refused(refusal)


def _answer(data, media_type, name):
    disposition = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=media_type, headers=HEADERS | disposition)


def _refused(refusal):
    status = 409 if refusal.code == "waiting" else 404
    return HttpResponse(
        "；".join(refusal.messages), content_type="text/plain; charset=utf-8", status=status, headers=HEADERS
    )


@transaction.atomic
def discard(stored, *, by):
    """Take a file out for good, after the row that pointed to it; the bytes go when the transaction is through."""
    stored = StoredFile.objects.select_for_update(of=("self",)).get(pk=stored.pk)
    audit.record("files.discard", stored, by=by, kind=stored.kind, size=stored.size)
    key = stored.row_key
    stored.delete()
    transaction.on_commit(lambda: store.remove(key))


@transaction.atomic
def release(pk, *, by):
    """Ask the scanner again about a file in quarantine; returns whether it may be opened now."""
    stored = (
        StoredFile.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, state=StoredFile.State.QUARANTINED)
        .first()
    )
    if stored is None or scan(store.read(stored.row_key)) is not Verdict.CLEAN:
        return False
    stored.state = StoredFile.State.CLEAN
    stored.save(update_fields=["state"])
    audit.record("files.release", stored, by=by)
    return True
