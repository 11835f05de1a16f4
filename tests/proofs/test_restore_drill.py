"""T-BAK: the demo county is saved and comes back in an empty place with other servers, by the copy of the keys from the safe;
and whatever can be wrong with a backup makes the drill fail and say what."""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psycopg2
import pytest

from config.embedded import Servers
from tests import migrated

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "four words that nobody says"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A portal with the demo county, one locked backup of it, and the keys in the safe."""
    folder = tmp_path_factory.mktemp("home")
    with Servers(folder / "embedded", fast=True) as servers:
        environ = os.environ | servers.environment | {
            "PORTAL_TESTING": "1", "VAR_DIR": str(folder), "KEY_DIR": str(folder / "keys"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }  # fmt: skip
        for name in ("static", "vendor"):
            (folder / name).mkdir()
        migrated.fill(servers.environment["DATABASE_URL"])
        home = SimpleNamespace(folder=folder, environ=environ, database=servers.environment["DATABASE_URL"])
        manage(home, "demo_county")
        manage(home, "shell", "-c", "from accounts import chain; chain.extend()")  # as the beat does each minute
        (folder / "passphrase").write_text(PASSPHRASE)
        home.identity = folder / "identity"
        public = re.search(r"[0-9a-f]{64}", manage(home, "backup", "--new-identity", home.identity))[0]
        said = manage(home, "backup", folder / "backup", "--recipient", public)
        manage(home, "backup", "--keys", folder / "safe", "--passphrase-file", folder / "passphrase")
        home.said, home.backup = said, next((folder / "backup").glob("portal-*"))
        yield home


def manage(home, *arguments, fails=False, **environ):
    argv = [sys.executable, "manage.py", *map(str, arguments)]
    done = subprocess.run(argv, cwd=ROOT, env=home.environ | environ, capture_output=True, text=True)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("· ")]
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    if fails:
        assert len(lines) == 1, done.stderr  # one line, no trace
    return lines[0] if fails else done.stdout


def drill(home, backup, **options):
    return manage(home, "drill", backup, "--identity", home.identity, **options)


@pytest.fixture
def copy(home, tmp_path):
    return Path(shutil.copytree(home.backup, tmp_path / home.backup.name))


def test_what_was_saved_is_a_portal_again(home, record_property):
    key_copy = next((home.folder / "safe").iterdir())

    said = manage(
        home, "drill", home.backup, "--identity", home.identity, "--keys", key_copy,
        "--passphrase-file", home.folder / "passphrase",
    )  # fmt: skip

    print(home.said, said)
    figures = {name: int(count) for name, count in re.findall(r"([^\s，：]+) (\d+)[，。]", said)}
    assert "演练通过" in said
    assert figures["页面"] == 16
    for name in ("表", "行", "解密", "文件", "操作记录链环", "封存"):
        assert figures[name] > 0, said
    assert b"PGDMP" not in (home.backup / "database.dump").read_bytes()[:100]
    with closing(psycopg2.connect(home.database)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT kind, is_good, detail FROM portal_maintenancerun ORDER BY id DESC LIMIT 1")
        kind, is_good, detail = cursor.fetchone()
    assert (kind, is_good, detail["pages"]) == ("drill", True, 16)


# --- each of these fails, and says what


def _middle(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _a_file(copy):
    return next(path for path in sorted((copy / "files").rglob("*")) if path.is_file())


DAMAGES = {
    "a flipped byte in the dump": (lambda b: _middle(b / "database.dump"), "database.dump 的内容被改动或已损坏"),
    "a flipped byte in a file": (lambda b: _middle(_a_file(b)), "files/.* 的内容被改动或已损坏"),
    "a dump cut short": (lambda b: os.truncate(b / "database.dump", 100_000), "database.dump 应有 .*，现有 100000 字节"),
    "a missing file": (lambda b: _a_file(b).unlink(), "备份缺少文件 files/"),
    "a manifest made fair": (
        lambda b: (b / "manifest.json").write_text((b / "manifest.json").read_text().replace('"', "'", 1)), "签名对不上"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_backup_fails_the_drill(home, copy, damage, words):
    damage(copy)

    assert re.search(words, drill(home, copy, fails=True))


def test_a_lost_key_fails_the_drill(home, tmp_path):
    keys = Path(shutil.copytree(home.folder / "keys", tmp_path / "keys"))
    (keys / "data-1.key").unlink()

    assert "缺少数据密钥文件" in drill(home, home.backup, fails=True, KEY_DIR=str(keys))


def test_another_key_fails_the_drill(home, tmp_path):
    keys = Path(shutil.copytree(home.folder / "keys", tmp_path / "keys"))
    (keys / "data-1.key").write_text(os.urandom(32).hex())

    assert "data-1.key 与备份时的不是同一把" in drill(home, home.backup, fails=True, KEY_DIR=str(keys))


def test_keys_of_another_portal_fail_the_drill(home, tmp_path):
    assert "请先恢复密钥" in drill(home, home.backup, fails=True, KEY_DIR=str(tmp_path / "keys"))


def test_another_private_half_fails_the_drill(home, tmp_path):
    manage(home, "backup", "--new-identity", tmp_path / "identity")

    said = manage(home, "drill", home.backup, "--identity", tmp_path / "identity", fails=True)

    assert "私钥不是这份备份的" in said


TAMPERED = {
    "a record of acts": (
        ("accounts_auditevent", "UPDATE accounts_auditevent SET action = 'x' WHERE id = (SELECT min(event_id) FROM accounts_auditlink)"),
        "操作记录链有断点"),
    "a sealed score": (
        ("assessment_sealedscore", "UPDATE assessment_sealedscore SET result = replace(result, '1', '2') "
         "WHERE id = (SELECT min(id) FROM assessment_sealedscore)"), "封存的结果没有通过查验"),
    "a sealed value": (
        ("members_member", "UPDATE members_member SET id_number = (SELECT id_number FROM members_member WHERE id_number <> '' "
         "ORDER BY id DESC LIMIT 1) WHERE id = (SELECT min(id) FROM members_member WHERE id_number <> '')"), "解不开"),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_a_database_tampered_with_before_it_was_saved_fails_the_drill(home, tmp_path, what):
    """The backup is sound; what is in it was changed by its owner with the triggers off."""
    (table, change), words = TAMPERED[what]
    with closing(psycopg2.connect(home.database)) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE before AS SELECT * FROM {table}")  # noqa: S608 - names of our own
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(change)
        assert cursor.rowcount == 1
        connection.commit()
        try:
            manage(home, "backup", tmp_path)
            assert words in drill(home, next(tmp_path.glob("portal-*")), fails=True)
        finally:
            cursor.execute(f"DELETE FROM {table}; INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM before")  # noqa: S608
            connection.commit()


def test_a_row_changed_in_the_dump_fails_the_drill(home, tmp_path):
    """Somebody with the seal key puts another dump in and makes every sum anew: the rows still tell."""
    with closing(psycopg2.connect(home.database)) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE members_member SET name = name || '改' WHERE id = (SELECT min(id) FROM members_member)")
        connection.commit()
    manage(home, "backup", tmp_path / "other")
    other = next((tmp_path / "other").glob("portal-*"))
    manifest = json.loads((home.backup / "manifest.json").read_text("utf-8"))
    forged = json.loads((other / "manifest.json").read_text("utf-8"))
    forged["tables"]["members_member"] = manifest["tables"]["members_member"]
    resign = "import json,sys,pathlib,django; django.setup(); from portal.operations import manifest as m; "
    resign += "m.write(pathlib.Path(sys.argv[1]), json.loads(sys.stdin.read()))"
    subprocess.run(
        [sys.executable, "-c", resign, str(other)],
        input=json.dumps(forged),
        text=True,
        cwd=ROOT,
        env=home.environ,
        check=True,
    )

    assert "表 members_member 行数相同，但内容与备份时不同" in drill(home, other, fails=True)
