"""T-CFG: a broken configuration is refused in one line before anything starts, with a code other than 0."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import server_check, validation
from vault import keys

ROOT = Path(validation.__file__).resolve().parent.parent
HTTPS = {"HTTPS": "1", "ALLOWED_HOSTS": "dj.example.cn"}
SOUND = {
    "trial on one's own machine": {},
    "one server": {
        **HTTPS, "DATABASE_URL": "postgresql:///portal?host=/var/run/postgresql", "REDIS_URL": "redis://127.0.0.1:6379/0",
        "DEMO": "0", "TZ": "Asia/Shanghai", "SECOND_FACTOR": "required", "STATEMENT_SECONDS": "30", "PORT": "8000",
        "CLAMD": "unix:///run/clamav/clamd.sock", "REMINDER_HOSTS": "qyapi.weixin.qq.com,+sms.lan:8080", "HOST": "127.0.0.1",
    },
    "several servers": {
        "HTTPS": "1", "ALLOWED_HOSTS": "dj.example.cn,.jyj.example.cn,[::1]",
        "DATABASE_URL": "postgresql://portal:Lh2-unheard@10.0.0.5:5432/portal",
        "DATABASE_REPLICA_URL": "postgresql://portal:Lh2-unheard@10.0.0.6:5432/portal",
        "REDIS_URL": "redis://:long-word@10.0.0.7:6379/0", "BACKUP_DIR": "/srv/backup", "BACKUP_RECIPIENT": "ab" * 32,
    },
}  # fmt: skip
WORDS = {  # what is set, and words of the one line that it gives
    "HTTPS neither 0 nor 1": ({"HTTPS": "yes"}, "HTTPS 只能是 0 或 1"),
    "DEMO neither 0 nor 1": ({"DEMO": "true"}, "DEMO 只能是 0 或 1"),
    "DEBUG": ({"DEBUG": "1"}, "DEBUG 不能打开"),
    "DEBUG in words": ({"DEBUG": "True"}, "DEBUG 不能打开"),
    "no such second factor": ({"SECOND_FACTOR": "none"}, "SECOND_FACTOR 只能是"),
    "second factor left to oneself": ({**HTTPS, "SECOND_FACTOR": "offered"}, "必须使用两步验证"),
    "demo accounts in earnest": ({**HTTPS, "DEMO": "1"}, "口令公开的示范账号"),
    "test mode in earnest": ({**HTTPS, "PORTAL_TESTING": "1"}, "只用于测试"),
    "a zone that is none": ({"TZ": "Beijing"}, "不是时区名"),
    "another zone": ({**HTTPS, "TZ": "UTC"}, "TZ 应是 Asia/Shanghai"),
    "no name": ({"PORTAL_NAME": "  "}, "PORTAL_NAME 应有 1 到 30 个字"),
    "a name too long": ({"PORTAL_NAME": "党" * 31}, "PORTAL_NAME 应有 1 到 30 个字"),
    "no hosts in earnest": ({"HTTPS": "1"}, "要设置 ALLOWED_HOSTS"),
    "every host in earnest": ({"HTTPS": "1", "ALLOWED_HOSTS": "*"}, "不能含“\\*”"),
    "every subdomain by a star": ({"HTTPS": "1", "ALLOWED_HOSTS": "a.cn,*.b.cn"}, "不能含“\\*”"),
    "an http origin": ({"HTTPS": "1", "ALLOWED_HOSTS": "http://dj.example.cn"}, "不写 http://"),
    "a host with a port": ({"ALLOWED_HOSTS": "dj.example.cn:8000"}, "不写端口"),
    "a host with a blank": ({"ALLOWED_HOSTS": "a.cn, b.cn"}, "不写端口、路径和空格"),
    "an empty host": ({"ALLOWED_HOSTS": ""}, "不是域名或地址"),
    "a database of another kind": ({"DATABASE_URL": "mysql://u:p@localhost/portal"}, "应以 postgresql://"),
    "a database without a name": ({"DATABASE_URL": "postgresql://u:p@localhost"}, "没有写库名"),
    "a database at no port": ({"DATABASE_URL": "postgresql://u:p@localhost:x/portal"}, "DATABASE_URL 写得不对"),
    "a port too high": ({"DATABASE_URL": "postgresql://u:p@localhost:99999/portal"}, "DATABASE_URL 写得不对"),
    "a password of everybody's": ({"DATABASE_URL": "postgresql://portal:portal@10.0.0.5/portal"}, "人人会猜到"),
    "no password far away": ({"DATABASE_URL": "postgresql://portal@db.example.cn/portal"}, "口令是空的"),
    "a blank in the address": ({"DATABASE_URL": "postgresql://u:a b@localhost/portal"}, "里有空格"),
    "a copy of itself": (
        {"DATABASE_URL": "postgresql:///portal", "DATABASE_REPLICA_URL": "postgresql:///portal"}, "是同一个数据库"),
    "a copy of nothing": ({"DATABASE_REPLICA_URL": "postgresql:///copy"}, "就要设置 DATABASE_URL"),
    "a copy of another kind": (
        {"DATABASE_URL": "postgresql:///portal", "DATABASE_REPLICA_URL": "10.0.0.6/portal"}, "DATABASE_REPLICA_URL 应以"),
    "a queue of another kind": ({"REDIS_URL": "amqp://localhost"}, "REDIS_URL 应以 redis://"),
    "a queue without a host": ({"REDIS_URL": "redis:///0"}, "REDIS_URL 没有写主机"),
    "a queue with a word for a number": ({"REDIS_URL": "redis://localhost:6379/portal"}, "末尾应是库号"),
    "a queue open to all": ({"REDIS_URL": "redis://10.0.0.7:6379/0"}, "REDIS_URL 没有口令"),
    "a queue at no socket": ({"REDIS_URL": "redis+socket://"}, "没有写套接字文件"),
    "patience that is no number": ({"STATEMENT_SECONDS": "30s"}, "STATEMENT_SECONDS 应是 1 到 3600"),
    "no patience": ({"STATEMENT_SECONDS": "0"}, "STATEMENT_SECONDS 应是 1 到 3600"),
    "a scanner of another kind": ({"CLAMD": "/run/clamd.sock"}, "CLAMD 应以 tcp://"),
    "a scanner nowhere": ({"CLAMD": "tcp://:3310"}, "CLAMD 没有写主机"),
    "a reminder to a port that is none": ({"REMINDER_HOSTS": "sms.lan:99999"}, "只写域名"),
    "a reminder to an address": ({"REMINDER_HOSTS": "https://qyapi.weixin.qq.com"}, "只写域名"),
    "a backup beside whatever": ({"BACKUP_DIR": "backup"}, "应写完整路径"),
    "a recipient that is no key": ({"BACKUP_RECIPIENT": "age1xyz"}, "BACKUP_RECIPIENT 应是 64 位"),
    "a port in words": ({"PORT": "http"}, "PORT 应是 1 到 65535"),
    "port nought": ({"PORT": "0"}, "PORT 应是 1 到 65535"),
    "a host that is none": ({"HOST": "http://0.0.0.0"}, "HOST 应是本机的地址"),
}  # fmt: skip


@pytest.fixture
def place(tmp_path):
    """A folder as `make setup` leaves it, with keys."""
    (tmp_path / "vendor").mkdir()
    for name in validation.VENDOR:
        (tmp_path / "vendor" / name).touch()
    keys.ensure_keys(tmp_path / "keys")
    return tmp_path


def refusal(place, **environ):
    return validation.refusal({"VAR_DIR": str(place)} | environ)


@pytest.mark.parametrize("environ", SOUND.values(), ids=SOUND)
def test_what_makes_sense_goes_on(place, environ):
    assert refusal(place, **environ) == ""


@pytest.mark.parametrize(("environ", "words"), WORDS.values(), ids=WORDS)
def test_what_makes_none_is_refused_in_one_line(place, environ, words):
    line = refusal(place, **environ)

    assert re.search(words, line), line
    assert "\n" not in line
    assert line.endswith(("。", "/"))


# --- folders and keys

BROKEN = {
    "others read a key": (lambda p: (p / "keys/data-1.key").chmod(0o644), "data-1.key"),
    "others read the index key": (lambda p: (p / "keys/index.key").chmod(0o640), "可被他人读取"),
    "others enter the folder": (lambda p: (p / "keys").chmod(0o755), "chmod 700"),
    "no data key": (lambda p: (p / "keys/data-1.key").unlink(), "缺少数据密钥文件"),
    "no index key": (lambda p: (p / "keys/index.key").unlink(), "缺少密钥文件"),
    "no seal key": (lambda p: (p / "keys/seal-1.key").unlink(), "缺少封存签名密钥文件"),
    "a key cut short": (lambda p: (p / "keys/data-1.key").write_text("abc"), "密钥文件已损坏"),
    "a key of noughts": (lambda p: (p / "keys/data-1.key").write_text("0" * 64), "密钥太弱"),
    "one key twice": (
        lambda p: (p / "keys/index.key").write_text((p / "keys/data-1.key").read_text()), "两把相同的密钥"),
    "a file for the folder of keys": (lambda p: _instead(p / "keys"), "KEY_DIR .* 不是目录"),
    "no files of the pages": (lambda p: (p / "vendor" / validation.VENDOR[0]).unlink(), "make setup"),
}  # fmt: skip


def _instead(folder):
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.touch()


@pytest.mark.parametrize(("damage", "words"), BROKEN.values(), ids=BROKEN)
def test_folders_and_keys_are_looked_at(place, damage, words):
    damage(place)

    line = refusal(place)

    assert re.search(words, line), line
    assert "\n" not in line


def test_the_folder_is_one(place):
    (place / "file").touch()

    assert "不是目录" in validation.refusal({"VAR_DIR": str(place / "file")})


def test_the_folder_can_be_written(place, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    assert "不能写" in refusal(place)


def test_what_was_a_demonstration_does_not_become_the_real_thing(place):
    (place / "demo-accounts.txt").touch()

    assert refusal(place) == ""
    assert "示范数据" in refusal(place, **HTTPS)


@pytest.mark.parametrize("backup", ["keys", "keys/backup", "."])
def test_keys_and_backups_lie_apart(place, backup):
    assert "密钥要与备份分开" in refusal(place, BACKUP_DIR=str(place / backup), KEY_DIR=str(place / "keys"))


# --- the database server

GOOD = {
    "server_version_num": "150018", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "encoding": "UTF8",
    "default_transaction_read_only": "off", "collate": "C", "ctype": "C.UTF-8", "provider": "c", "is_standby": False,
    "offset": 0.2,
}  # fmt: skip
SERVERS = {
    "too old": ({"server_version_num": "140010"}, "PostgreSQL 太旧（14）：至少要 15"),
    "another encoding": ({"encoding": "SQL_ASCII"}, "应是 UTF8"),
    "letters that know no Chinese": ({"ctype": "C"}, "按中文查找会找不到"),
    "a standby": ({"is_standby": True}, "只读副本"),
    "read only": ({"default_transaction_read_only": "on"}, "只读"),
    "a clock half a minute off": ({"offset": -31.0}, "时钟相差 31 秒"),
    "fsync off": ({"fsync": "off"}, "断电会损坏数据"),
    "pages half written": ({"full_page_writes": "off"}, "断电会损坏数据"),
    "commits that are not": ({"synchronous_commit": "off"}, "丢掉已经答复"),
    "a wrong password": ({"refused": 'FATAL: password authentication failed for user "portal"'}, "口令不对"),
    "no such database": ({"refused": 'FATAL: database "portal" does not exist'}, "请先建好"),
    "nobody there": ({"refused": "Connection refused Is the server running"}, "没有数据库在运行"),
    "an unknown host": ({"refused": 'could not translate host name "db"'}, "主机名找不到"),
    "whatever else": ({"refused": "something new"}, "连不上数据库：something new"),
}


@pytest.mark.parametrize(("facts", "words"), SERVERS.values(), ids=SERVERS)
def test_a_server_that_cannot_keep_its_word_is_refused(facts, words):
    assert words in server_check.server_problem(GOOD | facts)


def test_a_sound_server_goes_on():
    assert server_check.server_problem(GOOD) == ""
    assert server_check.server_problem(GOOD | {"fsync": "off"}, is_trial=True) == ""


def test_the_server_of_the_tests_is_looked_at_for_real():
    facts = server_check.look(os.environ["DATABASE_URL"])

    assert server_check.server_problem(facts, is_trial=True) == ""
    assert "断电" in server_check.server_problem(facts)  # it was made for tests: fsync is off


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql:///portal?host=/nowhere", "套接字不存在"),
        ("postgresql://portal@127.0.0.1:1/portal", "没有数据库在运行"),
        ("postgresql:///portal?what=1", "不认识的参数"),
        (None, "请先建好"),
    ],
    ids=["no socket", "nobody there", "an option that is none", "no such database"],
)
def test_a_server_that_cannot_be_reached_is_told_in_words(url, words):
    url = url or os.environ["DATABASE_URL"].replace("/portal?", "/nothing?")

    line = server_check.server_problem(server_check.look(url))

    assert words in line
    assert "\n" not in line


# --- all of them end the process


@pytest.mark.parametrize("module", ["config.supervisor", "config.wsgi"])
def test_the_process_ends_with_one_line(place, module):
    environ = os.environ | {"VAR_DIR": str(place), "DEBUG": "1"}

    done = subprocess.run([sys.executable, "-m", module], cwd=ROOT, env=environ, capture_output=True, text=True)

    assert done.returncode not in (0, None)
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "DEBUG 不能打开" in done.stderr


def test_a_command_says_a_lost_key_in_one_line(place):
    (place / "keys/index.key").unlink()
    environ = os.environ | {"VAR_DIR": str(place), "KEY_DIR": str(place / "keys")}

    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=environ, capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [f"缺少密钥文件：{place}/keys/index.key"]
