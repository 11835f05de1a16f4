"""T-DISK and the store: whole or not at all, sealed, and given back only as a download."""

import errno
import os
import stat
import time
from collections import namedtuple
from types import ModuleType

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import path as route

import vault
from accounts.models import AuditEvent
from accounts.policy import SIGNED_IN, policy
from branches.actions import root
from config.urls import urlpatterns
from files import actions, rebuild, store
from files.models import StoredFile
from files.tasks import sweep_orphans
from office import Unreadable
from tests.factories import StoredFileFactory, UserFactory
from tests.factories_files import photo, upload

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


def lying(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def aged(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


# --- what lies on the disk


def test_it_is_sealed_and_for_one_pair_of_eyes(store_folder):
    stored = actions.keep(upload(name="某同志的思想汇报.jpg"), by=UserFactory())
    plain, small = actions.open_file(stored), actions.thumbnail(stored)

    files = lying(store_folder)
    assert [path.name for path in files] == [str(stored.row_key), f"{stored.row_key}-small"]
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in list(path.parents)[:3]] == [0o700] * 3
        content = path.read_bytes()
        for piece in (plain[:16], plain[100:116], small[100:116], b"JFIF", b"\xff\xd8\xff"):
            assert piece not in content
    assert files[0].parent == store_folder / str(stored.row_key)[:2] / str(stored.row_key)[2:4]


def test_bytes_moved_to_another_row_do_not_open(store_folder):
    one, other = StoredFileFactory(), StoredFileFactory()
    store.place(other.row_key).write_bytes(store.place(one.row_key).read_bytes())

    with pytest.raises(ValidationError, match="从备份恢复"):
        actions.open_file(other)


def test_bytes_that_are_gone_or_others_are_not_given_out(store_folder):
    gone, swapped = StoredFileFactory(), StoredFileFactory()
    store.place(gone.row_key).unlink()
    store.remove(swapped.row_key)
    store.write(swapped.row_key, photo(shade=3))

    for stored in (gone, swapped):
        with pytest.raises(store.Missing):
            actions.open_file(stored)
        assert actions.serve(stored).status_code == 404


def test_the_row_says_what_is_kept():
    user = UserFactory()
    stored = actions.keep(upload(), by=user)
    stored.refresh_from_db()

    assert (stored.kind, stored.state, stored.created_by) == ("image", "clean", user)
    assert stored.size == len(actions.open_file(stored))
    event = AuditEvent.objects.get(action="files.keep")
    assert event.by == user
    assert "照片" not in str(event.detail)


@pytest.mark.parametrize(
    "fields",
    [{"kind": "pdf"}, {"width": None}, {"height": 0}, {"size": 0}, {"sha256": "x" * 64}, {"kind": "word", "look": 1}],
    ids=str,
)
def test_the_table_holds_no_nonsense(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        StoredFileFactory(**fields)


# --- room and accidents

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "taken"), [(14, False), (15, True)], ids=["just below", "at the limit"])
def test_below_the_limit_no_upload_is_taken(free, taken, settings, store_folder, monkeypatch):
    settings.FILES_MIN_FREE = 0.15
    monkeypatch.setattr(store.shutil, "disk_usage", lambda folder: Usage(100, 100 - free, free))

    if taken:
        assert actions.keep(upload(), by=UserFactory())
    else:
        with pytest.raises(ValidationError, match="磁盘空间不足"):
            actions.keep(upload(), by=UserFactory())
        assert lying(store_folder) == []


@pytest.mark.parametrize("step", [1, 2, 3, 4], ids=["file", "its folder", "thumbnail", "its folder too"])
def test_a_disk_that_fills_up_leaves_neither_row_nor_half_a_file(step, store_folder, monkeypatch):
    calls, real = [], os.fsync

    def full(handle):
        calls.append(handle)
        if len(calls) == step:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(ValidationError, match="磁盘空间不足"):
        actions.keep(upload(), by=UserFactory())

    assert lying(store_folder) == []
    assert StoredFile.objects.count() == 0


def test_a_row_that_cannot_be_saved_leaves_no_file(store_folder, monkeypatch):
    monkeypatch.setattr(actions.audit, "record", lambda *args, **detail: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        actions.keep(upload(), by=UserFactory())

    assert lying(store_folder) == []
    assert StoredFile.objects.count() == 0


@pytest.mark.parametrize(
    ("code", "message"), [("import os; os.abort()", "处理不了"), ("1 / 0", "已损坏"), ("", "已损坏")]
)
def test_a_child_that_dies_says_something_useful(code, message, tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text(code)
    monkeypatch.setattr(rebuild, "CHILD", child)

    with pytest.raises(Unreadable, match=message):
        rebuild.rebuilt(photo(), "image")


def test_a_child_that_never_ends_is_ended(tmp_path, monkeypatch, settings):
    child = tmp_path / "child.py"
    child.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(rebuild, "CHILD", child)
    settings.FILES_WALL_SECONDS = 0.2

    with pytest.raises(Unreadable, match="处理不了"):
        rebuild.rebuilt(photo(), "image")


def test_the_sweeper_takes_only_old_bytes_without_a_row(store_folder):
    kept, orphan, young = StoredFileFactory(), StoredFileFactory(), StoredFileFactory()
    StoredFile.objects.filter(pk__in=[orphan.pk, young.pk]).delete()
    half = store.place(kept.row_key).with_name(f"{orphan.row_key}.part")
    half.write_bytes(b"half")
    for path in [*lying(store_folder)]:
        if str(young.row_key) not in path.name:
            aged(path, 2 * DAY)

    sweep_orphans()
    sweep_orphans()

    expected = [store.place(each.row_key, suffix) for each in (kept, young) for suffix in ("", store.SMALL)]
    assert lying(store_folder) == sorted(expected)


def test_the_sweeper_does_not_mind_an_empty_store():
    sweep_orphans()


def test_a_file_thrown_away_is_gone_only_when_the_transaction_is_through(
    store_folder, django_capture_on_commit_callbacks
):
    stored = StoredFileFactory()

    with django_capture_on_commit_callbacks(execute=True):
        actions.discard(stored, by=UserFactory())
        assert len(lying(store_folder)) == 2

    assert not StoredFile.objects.filter(pk=stored.pk).exists()
    assert lying(store_folder) == []


# --- giving back


@pytest.fixture
def page(settings, monkeypatch):
    """A page of an owner, with everything that stands before it."""

    @policy(SIGNED_IN)
    def show(request, pk, small):
        stored = StoredFile.objects.get(pk=pk)
        return actions.serve_thumbnail(stored) if small else actions.serve(stored, request)

    module = ModuleType("tests.files.page_urls")
    module.urlpatterns = [*urlpatterns, route("f/<int:pk>/<int:small>/", show)]
    monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
    settings.ROOT_URLCONF = module.__name__


@pytest.mark.parametrize("small", [0, 1], ids=["whole", "thumbnail"])
def test_it_is_a_download_that_no_browser_opens(client, page, small):
    user = UserFactory(serving=root())
    client.force_login(user)
    stored = StoredFileFactory(name='一"张; 照片.jpg')

    response = client.get(f"/f/{stored.pk}/{small}/")

    assert response.content == photo()
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in response["Cache-Control"]
    if not small:
        assert "filename*=utf-8''%E4%B8%80%22%E5%BC%A0%3B%20%E7%85%A7%E7%89%87.jpg" in response["Content-Disposition"]
    assert AuditEvent.objects.filter(action="files.download", by=user).count() == 1 - small


def test_only_a_picture_has_a_thumbnail():
    stored = StoredFileFactory(kind="pdf", width=None, height=None, media_type="application/pdf")

    assert actions.serve_thumbnail(stored).status_code == 404


def test_the_seal_is_bound_to_whole_and_thumbnail(store_folder):
    stored = StoredFileFactory()
    sealed = store.place(stored.row_key, store.SMALL).read_bytes()

    with pytest.raises(vault.Broken):
        vault.open_bytes(sealed, f"files_storedfile|content|{stored.row_key}")
