"""Where the bytes lie: sealed, in folders that only the portal's own user may enter, under names that tell nothing."""

import contextlib
import errno
import logging
import os
import re
import shutil
import time
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError

import vault

FULL = "服务器磁盘空间不足，暂时不能上传文件，已有内容不受影响。请联系系统管理员清理磁盘后再传。"
SMALL = "-small"  # a picture's thumbnail lies beside it
NAME = re.compile(rf"([0-9a-f-]{{36}})(?:{SMALL})?")
log = logging.getLogger(__name__)


class Missing(ValidationError):
    """The row is there and its bytes are not, or are not what was stored."""

    def __init__(self):
        super().__init__("文件已不在存储中或已被改动，请联系系统管理员从备份恢复。", code="missing")


def place(row_key, suffix=""):
    name = str(row_key)
    return Path(settings.MEDIA_ROOT) / name[:2] / name[2:4] / f"{name}{suffix}"


def _context(row_key, suffix):
    return f"files_storedfile|content{suffix}|{row_key}"


def check_room():
    """Refuse while less of the disk is free than settings say: the database and the log need the rest."""
    usage = shutil.disk_usage(_open_folder())
    if usage.free < settings.FILES_MIN_FREE * usage.total:
        raise ValidationError(FULL, code="full")


def _open_folder():
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def write(row_key, data, suffix=""):
    """Seal and keep; whole or not at all, also when the power fails."""
    path = place(row_key, suffix)
    part = path.with_name(f"{path.name}.part")
    try:
        _open_folder()
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(vault.seal_bytes(data, _context(row_key, suffix)))
            file.flush()
            os.fsync(file.fileno())
        os.rename(part, path)
        _sync(path.parent)
    except BaseException as error:
        part.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ValidationError(FULL, code="full") from error
        raise


def _sync(folder):
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(row_key, suffix=""):
    """The plain bytes; raises Missing."""
    try:
        return vault.open_bytes(place(row_key, suffix).read_bytes(), _context(row_key, suffix))
    except (FileNotFoundError, vault.Broken) as error:
        log.error("stored file %s cannot be read: %s", row_key, type(error).__name__)
        raise Missing from error


def remove(row_key):
    for suffix in ("", SMALL):
        place(row_key, suffix).unlink(missing_ok=True)


def older_than(seconds):
    """(path, key or None) of everything that has lain in the store for so long; None: not a name we give."""
    limit = time.time() - seconds
    for path in Path(settings.MEDIA_ROOT).glob("*/*/*"):
        with contextlib.suppress(FileNotFoundError):  # gone meanwhile
            if path.is_file() and path.stat().st_mtime < limit:
                found = NAME.fullmatch(path.name)
                yield path, UUID(found[1]) if found else None
