"""Back from a backup: everything is checked before a byte is written, and again when it is in place."""

import os
import shutil
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from portal.operations import locks, making, manifest, programs, rows
from portal.operations.programs import Failed

EXTRA = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"


def check(folder, *, identity=""):
    """The manifest of a backup that is whole and for which every key is at hand; raises Failed."""
    content = manifest.read(folder)
    manifest.check_keys(content)
    manifest.check_files(folder, content)
    if content["recipient"]:
        if not identity:
            raise Failed("这份备份是加密的：请用 --identity 给出解密私钥文件。")
        if locks.fingerprint(locks.public_of(identity)) != content["recipient"]:
            raise Failed(f"解密私钥不是这份备份的（备份是给公钥 {content['recipient']} 加密的）。")
    return content


def restore(folder, *, address, media, heads_in, identity="", tell=lambda words: None):
    """Into an empty database and empty folders; returns the manifest. Raises Failed."""
    folder, media, heads_in = Path(folder), Path(media), Path(heads_in)
    tell("检查备份")
    content = check(folder, identity=identity)
    with closing(programs.connect(address)) as connection:
        refuse_used(connection, address, media, heads_in)
        major = programs.major_of(connection)
    tell("导入数据库")
    _load(folder / making.DUMP, address, major, identity if content["recipient"] else "")
    tell("核对每张表")
    compare(content, address)
    tell("放回文件")
    for name in sorted(content["files"]):
        part = Path(name)
        if part.parts[0] == making.FILES:
            _put(folder / part, media / part.relative_to(making.FILES), content["files"][name])
        elif part.parts[0] == making.HEADS:
            _put(folder / part, heads_in / part.name, content["files"][name])
    return content


def refuse_used(connection, address, media, heads_in):
    """A restore never writes over anything."""
    with connection.cursor() as cursor:
        cursor.execute(EXTRA)
        if cursor.fetchone()[0]:
            raise Failed(f"数据库 {address.get('dbname', '')} 不是空的。请先建一个空库（createdb），再恢复到那里。")
    if media.is_dir() and any(media.iterdir()):
        raise Failed(f"文件目录 {media} 不是空的。请先移走里面的内容，再恢复。")
    if any((heads_in / name).exists() for name in making.HEAD_FILES):
        raise Failed(f"{heads_in} 里已有链头文件。请先移走，再恢复。")


def compare(content, address):
    """The database holds what the manifest says; raises Failed with the first difference."""
    with rows.instant(address) as (cursor, _):
        if difference := rows.differing(content["tables"], rows.digests(cursor)):
            raise Failed(f"恢复出来的数据与备份清单不符：{difference}。")
        if rows.migrations(cursor) != content["migrations"]:
            raise Failed("恢复出来的数据库版本（迁移记录）与备份清单不符。")
        if behind := rows.behind(cursor):
            raise Failed(f"表 {behind[0]} 的编号序列落后于已有的行，新记录会撞号。")


def _load(dump, address, major, identity):
    program = programs.find("pg_restore", major)
    argv = [program, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--dbname="]
    with tempfile.TemporaryFile() as said, dump.open("rb") as source:
        running = subprocess.Popen(argv, env=programs.environment(address), stdin=subprocess.PIPE, stderr=said)
        pieces = iter(lambda: source.read(making.CHUNK), b"")
        try:
            for piece in locks.unlocked(pieces, identity) if identity else pieces:
                running.stdin.write(piece)
            running.stdin.close()
        except BrokenPipeError:
            running.wait()
        except BaseException:
            running.kill()
            running.wait()
            raise
        if running.wait():
            said.seek(0)
            words = said.read().decode(errors="replace").strip().splitlines()
            raise Failed(f"pg_restore 没有成功：{words[0] if words else running.returncode}")


def _put(source, to, told):
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(source, to)
    to.chmod(0o600)
    if manifest.measured(to) != told:
        raise Failed(f"文件 {to.name} 写到 {to.parent} 后校验和不符，请检查磁盘。")
    handle = os.open(to, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
