"""A backup: the database of one moment, every stored file, the heads kept outside, and the paper that lists them.

Keys are never in it. It comes into being under another name and gets its own when everything lies on the disk: a folder whose
name begins with `portal-` is whole.
"""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain as glued
from pathlib import Path

import psycopg2
from django.utils import timezone

from portal.operations import archive, locks, manifest, programs, rows
from portal.operations.programs import Failed
from vault import keys as vault_keys

DUMP, FILES, HEADS = "database.dump", "files", "heads"
PREFIX, STAMP = "portal-", "%Y%m%d-%H%M%S"
HEAD_FILES = ("audit-heads.log", "seal-heads.log")
CHUNK = 1024 * 1024


def make(target, *, address, media, heads_in, now, recipient="", tell=lambda words: None):
    """Put a backup into the folder `target`; returns (its folder, its manifest). Raises Failed and leaves nothing behind."""
    target = Path(target)
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".new-", dir=target))
    except OSError as error:
        raise Failed(f"备份目录 {target} 不能写：{error.strerror}。") from error
    name = f"{PREFIX}{now.astimezone(UTC):{STAMP}}"
    try:
        if (target / name).exists():
            raise Failed(f"{target / name} 已经存在。")
        content = _gather(work, address, Path(media), Path(heads_in), recipient, newest(target), tell)
        content |= {"format": manifest.FORMAT, "name": name, "started_at": now.astimezone(UTC).isoformat()}
        content["finished_at"] = timezone.now().isoformat()
        manifest.write(work, content)
        _settle(work)
        os.rename(work, target / name)
        _sync(target)
    except psycopg2.Error as error:
        said = " ".join(str(error).split())
        raise Failed(f"备份的半途数据库断开或出错：{said}。数据库好了以后请再做一份。") from error
    except vault_keys.KeyProblem as error:
        raise Failed(f"备份清单不能签名：{error}") from error
    except OSError as error:
        raise Failed(f"备份没有写成：{error.strerror or error}（{error.filename or target}）。") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target / name, content


def existing(target):
    """The whole backups in a folder, the oldest first; one that somebody gave a name of its own is nobody's but theirs."""
    with suppress(OSError):
        return sorted(path for path in Path(target).glob(f"{PREFIX}*") if _is_ours(path))
    return []


def _is_ours(path):
    try:
        made_at(path)
    except ValueError:
        return False
    return (path / manifest.NAME).is_file()


def newest(target):
    return next(iter(reversed(existing(target))), None)


def made_at(folder):
    """When a backup was made, as its name says."""
    return datetime.strptime(folder.name.removeprefix(PREFIX), STAMP).replace(tzinfo=UTC)


def _gather(work, address, media, heads_in, recipient, before, tell):
    with rows.instant(address) as (cursor, snapshot):
        tell("导出数据库")
        _dump(work / DUMP, address, snapshot, cursor.connection, recipient)
        tell("核对每张表")
        content = {
            "postgresql": cursor.connection.info.parameter_status("server_version"),
            "tables": rows.digests(cursor), "migrations": rows.migrations(cursor), "chains": rows.heads(cursor),
            "keys": manifest.key_marks(), "recipient": locks.fingerprint(recipient) if recipient else "",
            "archived": archive.look(cursor).segment or "",
        }  # fmt: skip
    # After the database: what it names is there already, and a file never changes once it is written.
    tell("复制文件")
    for path in sorted(media.glob("*/*/*")) if media.is_dir() else ():
        if path.is_file() and not path.name.endswith(".part"):
            with suppress(FileNotFoundError):  # deleted meanwhile by its owner
                _copy(path, work / FILES / path.relative_to(media), before and before / FILES / path.relative_to(media))
    for name in HEAD_FILES:
        if (heads_in / name).is_file():
            _copy(heads_in / name, work / HEADS / name)
    tell("计算校验和")
    parts = sorted(path for path in work.rglob("*") if path.is_file())
    content["files"] = {str(path.relative_to(work)): manifest.measured(path) for path in parts}
    return content


def _dump(path, address, snapshot, connection, recipient):
    program = programs.find("pg_dump", programs.major_of(connection))
    without = [f"--exclude-table-data={table}" for table in sorted(rows.LEFT_OUT)]
    argv = [
        program,
        "--format=custom",
        "--compress=6",
        "--no-owner",
        "--no-privileges",
        f"--snapshot={snapshot}",
        *without,
    ]
    with tempfile.TemporaryFile() as said, path.open("xb") as out:
        running = subprocess.Popen(argv, env=programs.environment(address), stdout=subprocess.PIPE, stderr=said)
        with running:
            pieces = iter(lambda: running.stdout.read(CHUNK), b"")
            for piece in locks.locked(pieces, recipient) if recipient else pieces:
                out.write(piece)
        if running.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace").strip().splitlines()
            raise Failed(f"pg_dump 没有成功：{words[-1] if words else running.returncode}")


def _copy(path, to, same=None):
    """A copy, or a further name of the copy in the last backup, when that is byte for byte the same."""
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if same and _are_alike(same, path):
        os.link(same, to)
    else:
        shutil.copyfile(path, to)
        to.chmod(0o600)


def _are_alike(one, other):
    is_long_as = one.is_file() and one.stat().st_size == other.stat().st_size
    return is_long_as and manifest.measured(one) == manifest.measured(other)


def _settle(work):
    """Everything on the disk before the folder gets its name."""
    for path in glued(work.rglob("*"), [work]):
        _sync(path)


def _sync(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
