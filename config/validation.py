"""Before anything starts: does the environment make sense? What does not is refused in one line, with what to do.

`refusal(environ)` looks at words, files and folders alone; `server_refusal` at the database that they name. Both are asked by
`make run`, by the web server and by the worker and beat.
"""

import ipaddress
import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from config.server_check import look, server_problem
from vault import keys, seal_keys

ROOT = Path(__file__).resolve().parent.parent
EXIT = 78  # EX_CONFIG: a guard of services need not try again
ZONE = "Asia/Shanghai"
VENDOR = ("bootstrap.min.css", "echarts.simple.min.js")
GUESSABLE = {
    "",
    "postgres",
    "portal",
    "password",
    "passw0rd",
    "admin",
    "root",
    "123456",
    "12345678",
    "changeme",
    "secret",
}
HOST = re.compile(r"\.?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\]", re.I)


class Wrong(Exception):
    """One line."""


def refusal(environ, *, on_server=True):
    """The first thing wrong in the environment, or "". `on_server`: also the files that only a running portal needs."""
    try:
        for check in (_switches, _hosts, _folders, _keys, _database, _replica, _queue, _limits, _outside, _backup):
            check(environ)
        if on_server:
            _assets(environ)
            _port(environ)
    except Wrong as reason:
        return str(reason)
    return ""


def server_refusal(environ):
    """The first thing wrong with the database, or ""."""
    facts = look(environ.get("DATABASE_URL", "postgresql:///portal"))
    return server_problem(facts, is_trial=environ.get("PORTAL_TESTING") == "1")


def migration_refusal():
    """Where several servers share a database, one of them migrates it first. Needs Django."""
    import django

    django.setup()
    from portal.operations.health import pending_migrations

    if found := pending_migrations():
        return f"数据库有 {len(found)} 个更新没有执行（{'.'.join(found[0])}）：请先执行 manage.py migrate。"
    return ""


def refuse_or_go_on(environ=None):
    """For the web server, the worker and the beat: ends the process with one line, or returns."""
    environ = os.environ if environ is None else environ
    if line := refusal(environ, on_server=False) or server_refusal(environ) or migration_refusal():
        print(f"不能启动：{line}", file=sys.stderr, flush=True)
        sys.exit(EXIT)


def _is_https(environ):
    return environ.get("HTTPS") == "1"


def _switches(environ):
    for name in ("HTTPS", "DEMO", "PORTAL_TESTING"):
        if environ.get(name, "") not in ("", "0", "1"):
            raise Wrong(f"{name} 只能是 0 或 1，现在是“{environ[name]}”。")
    if environ.get("DEBUG", "").lower() not in ("", "0", "false", "no"):
        raise Wrong("DEBUG 不能打开：出错页面会把数据显示给访问的人。请去掉 DEBUG。")
    if environ.get("SECOND_FACTOR", "required") not in ("required", "offered"):
        raise Wrong("SECOND_FACTOR 只能是 required（必须）或 offered（自愿）。")
    if _is_https(environ):
        if environ.get("PORTAL_TESTING") == "1":
            raise Wrong("PORTAL_TESTING=1 只用于测试，不能和 HTTPS=1 一起用。")
        if environ.get("DEMO") == "1":
            raise Wrong("DEMO=1 会建立口令公开的示范账号，不能和 HTTPS=1 一起用。")
        if environ.get("SECOND_FACTOR") == "offered":
            raise Wrong("HTTPS=1 的正式环境里 SECOND_FACTOR 不能是 offered：管理员和督查必须使用两步验证。")
    zone = environ.get("TZ", "")
    if zone:
        try:
            ZoneInfo(zone.lstrip(":"))
        except (ValueError, OSError, KeyError) as error:
            raise Wrong(f"TZ=“{zone}”不是时区名。请去掉 TZ，或写 {ZONE}。") from error
        if _is_https(environ) and zone.lstrip(":") != ZONE:
            raise Wrong(f"TZ 应是 {ZONE}，现在是“{zone}”：日志的时间会对不上。")
    name = environ.get("PORTAL_NAME", "门户")
    if not 1 <= len(name.strip()) <= 30:
        raise Wrong("PORTAL_NAME 应有 1 到 30 个字。")


def _hosts(environ):
    told = environ.get("ALLOWED_HOSTS")
    if told is None:
        if _is_https(environ):
            raise Wrong("HTTPS=1 时要设置 ALLOWED_HOSTS，写网站的域名（多个用英文逗号隔开）。")
        return
    for host in told.split(","):
        if host == "*" or host.startswith("*"):
            if _is_https(environ):
                raise Wrong("HTTPS=1 时 ALLOWED_HOSTS 不能含“*”：请写明网站的域名。")
        elif "://" in host:
            raise Wrong(f"ALLOWED_HOSTS 只写域名，不写 {host.partition('://')[0]}://（现在是“{host}”）。")
        elif not HOST.fullmatch(host):
            raise Wrong(f"ALLOWED_HOSTS 里的“{host}”不是域名或地址（不写端口、路径和空格）。")


def _folders(environ):
    var = _var(environ)
    if var.exists() and not var.is_dir():
        raise Wrong(f"VAR_DIR {var} 不是目录。")
    there = next(path for path in (var, *var.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise Wrong(f"VAR_DIR {var} 不能写：请把它交给运行门户的用户（chown）。")
    for name in ("files", "static"):
        if (var / name).exists() and not os.access(var / name, os.W_OK | os.X_OK):
            raise Wrong(f"目录 {var / name} 不能写：请把它交给运行门户的用户（chown）。")
    if _is_https(environ) and (var / "demo-accounts.txt").exists():
        raise Wrong(
            f"{var} 里有示范数据（demo-accounts.txt），其账号口令是公开的：正式环境请用新的 VAR_DIR 和空数据库。"
        )


def _var(environ):
    return Path(environ.get("VAR_DIR", ROOT / "var"))


def _key_folder(environ):
    return Path(environ.get("KEY_DIR", _var(environ) / "keys"))


def _keys(environ):
    folder = _key_folder(environ)
    if not folder.exists():
        return  # made at the first start
    if not folder.is_dir():
        raise Wrong(f"KEY_DIR {folder} 不是目录。")
    if folder.stat().st_mode & 0o077:
        raise Wrong(f"密钥目录可被他人进入，请执行 chmod 700：{folder}")
    if not list(folder.iterdir()):
        return
    try:
        ring = keys.load(folder)
        seal_keys.load(folder)
        if (folder / keys.SIGNING_KEY).exists():
            keys._read(folder / keys.SIGNING_KEY)
    except keys.KeyProblem as problem:
        raise Wrong(str(problem)) from problem
    for name, key in [*((f"data-{number}.key", key) for number, key in ring.data.items()), ("index.key", ring.index)]:
        if len(set(key)) < 8:
            raise Wrong(f"密钥太弱（内容不是随机的）：{folder / name}")
    if len({*ring.data.values(), ring.index}) <= len(ring.data):
        raise Wrong(f"密钥目录 {folder} 里有两把相同的密钥：每把都应单独生成。")


def _address(name, text, schemes):
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise Wrong(f"{name} 写得不对：端口应是 1–65535 的数字，主机名里不能有多余的符号。") from error
    if parts.scheme not in schemes:
        raise Wrong(f"{name} 应以 {' 或 '.join(f'{scheme}://' for scheme in schemes)} 开头。")
    return parts


def _postgresql(environ, name):
    parts = _address(name, environ[name], ("postgresql", "postgres"))
    if not unquote(parts.path.lstrip("/")):
        raise Wrong(f"{name} 没有写库名（postgresql://用户:口令@主机:端口/库名）。")
    if " " in environ[name]:
        raise Wrong(f"{name} 里有空格；口令中的特殊符号要写成 %20 这样的形式。")
    if parts.hostname and not _is_local(parts.hostname) and unquote(parts.password or "").lower() in GUESSABLE:
        raise Wrong(f"{name} 的口令是空的或人人会猜到的：数据库在别的机器上，请换一个长口令。")
    return parts


def _is_local(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _database(environ):
    if environ.get("DATABASE_URL"):
        _postgresql(environ, "DATABASE_URL")


def _replica(environ):
    if not environ.get("DATABASE_REPLICA_URL"):
        return
    copy = _postgresql(environ, "DATABASE_REPLICA_URL")
    if not environ.get("DATABASE_URL"):
        raise Wrong("设置了 DATABASE_REPLICA_URL 就要设置 DATABASE_URL。")
    main = urlsplit(environ["DATABASE_URL"])
    if (copy.hostname, copy.port or 5432, copy.path, copy.query) == (
        main.hostname,
        main.port or 5432,
        main.path,
        main.query,
    ):
        raise Wrong("DATABASE_REPLICA_URL 和 DATABASE_URL 是同一个数据库：没有副本就不要设置。")


def _queue(environ):
    if not environ.get("REDIS_URL"):
        return
    parts = _address("REDIS_URL", environ["REDIS_URL"], ("redis", "rediss", "redis+socket"))
    if parts.scheme == "redis+socket":
        if not parts.path.strip("/"):
            raise Wrong("REDIS_URL 没有写套接字文件（redis+socket:///路径）。")
    elif not parts.hostname:
        raise Wrong("REDIS_URL 没有写主机（redis://主机:6379/0）。")
    elif not re.fullmatch(r"/?\d*", parts.path):
        raise Wrong("REDIS_URL 末尾应是库号，例如 /0。")
    elif not _is_local(parts.hostname) and not parts.password:
        raise Wrong("REDIS_URL 没有口令：Redis 在别的机器上，请设置口令（redis://:口令@主机:6379/0）。")


def _number(environ, name, least, most):
    text = environ.get(name, "")
    if text and not (text.isdecimal() and least <= int(text) <= most):
        raise Wrong(f"{name} 应是 {least} 到 {most} 的数字，现在是“{text}”。")


def _limits(environ):
    _number(environ, "STATEMENT_SECONDS", 1, 3600)


def _outside(environ):
    if text := environ.get("CLAMD"):
        parts = _address("CLAMD", text, ("tcp", "unix"))
        if parts.scheme == "tcp" and not parts.hostname:
            raise Wrong("CLAMD 没有写主机（tcp://127.0.0.1:3310）。")
    for host in environ.get("REMINDER_HOSTS", "").split(","):
        name, colon, port = host.strip().lstrip("+").partition(":")
        if host.strip() and not (HOST.fullmatch(name) and (not colon or (port.isdecimal() and 0 < int(port) < 65536))):
            raise Wrong(
                f"REMINDER_HOSTS 里的“{host.strip()}”不是域名：只写域名和端口（如 sms.lan:8080），前面可加一个“+”。"
            )


def _backup(environ):
    recipient = environ.get("BACKUP_RECIPIENT", "")
    if recipient and not re.fullmatch(r"[0-9a-f]{64}", recipient):
        raise Wrong("BACKUP_RECIPIENT 应是 64 位十六进制的公钥（manage.py backup --new-identity 生成）。")
    if not environ.get("BACKUP_DIR"):
        return
    folder = Path(environ["BACKUP_DIR"])
    if not folder.is_absolute():
        raise Wrong(f"BACKUP_DIR 应写完整路径（以 / 开头），现在是“{folder}”。")
    if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise Wrong(f"BACKUP_DIR {folder} 不是可以写的目录。")
    inside, held = folder.resolve(), _key_folder(environ).resolve()
    if held == inside or inside in held.parents or held in inside.parents:
        raise Wrong("BACKUP_DIR 和 KEY_DIR 不能一个放在另一个里面：密钥要与备份分开。")


def _assets(environ):
    for name in VENDOR:
        if not (_var(environ) / "vendor" / name).is_file():
            raise Wrong(f"缺少前端文件 {_var(environ) / 'vendor' / name}：请执行 make setup。")


def _port(environ):
    _number(environ, "PORT", 1, 65535)
    host = environ.get("HOST", "127.0.0.1")
    try:
        ipaddress.ip_address(host)
    except ValueError as error:
        if host != "localhost":
            raise Wrong(f"HOST 应是本机的地址，例如 127.0.0.1，现在是“{host}”。") from error
