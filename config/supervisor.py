"""`make run`: servers, migrations, web, worker and beat under one roof; whatever is started here is ended here."""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import sys
import time
from pathlib import Path

from config import embedded
from config.embedded import ROOT, Servers, Unavailable
from config.processes import Register, until

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
UNUSED_STATIC = ("rest_framework", "import_export", "ext", "htmx-4*", "htmax*")  # what packages bring and no page loads
LOG_LIMIT = 10_000_000  # bytes; a larger log makes room for a fresh one at the next start


class Stopped(Exception):
    """Somebody asked us to stop."""


class Refused(Exception):
    """One line that says why the portal cannot run."""


class Supervisor:
    def __init__(self):
        self.var = Path(os.environ.get("VAR_DIR", ROOT / "var")).resolve()
        self.host = os.environ.get("HOST", "127.0.0.1")
        self.port = port_number(os.environ.get("PORT", "8000"))
        self.asked = False

    def check(self):
        """Called in every wait. A flag and not an exception from the handler: nothing is torn off half-started."""
        if self.asked:
            raise Stopped

    def ask(self, *_):
        self.asked = True

    def run(self):
        for sign in STOPPING:
            signal.signal(sign, self.ask)
        os.umask(0o077)
        from config import validation  # only now that a stop is heard: what it reads takes long

        if line := validation.refusal(os.environ):
            raise Refused(line)
        (self.var / "log").mkdir(parents=True, exist_ok=True)
        for log in (self.var / "log").glob("*.log"):
            if log.stat().st_size > LOG_LIMIT:
                log.replace(log.with_suffix(".old"))
        with (self.var / "supervisor.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused("门户已经在这个目录里运行。") from None
            self.register = Register(self.var / "processes.json")
            for name in list(self.register.rows):  # left behind by a supervisor that was killed
                self.register.stop(name)
            refuse_taken(self.host, self.port)
            wanted = embedded.lacking()
            self.servers = Servers(embedded.folder(), wanted, check=self.check) if wanted else None
            try:
                if self.servers:
                    os.environ.update(self.servers.__enter__().environment)
                if line := validation.server_refusal(os.environ):
                    raise Refused(line)
                self.prepare()
                self.serve()
                self.fill()
                while True:
                    self.watch()
                    time.sleep(0.2)
            finally:
                self.stop()

    # ---- the steps

    def prepare(self):
        without = [part for pattern in UNUSED_STATIC for part in ("-i", pattern)]
        jobs = {"migrate": ["migrate", "-v0"], "collectstatic": ["collectstatic", "--noinput", "-v0", *without]}
        for name, arguments in jobs.items():
            self.start(name, "manage.py", *arguments)
        for name in jobs:
            if code := self.finish(name):
                raise Refused(f"{name} 失败（退出码 {code}）：\n{self.last_lines(name)}")

    def serve(self):
        address = ["--host", self.host, "--port", str(self.port)]
        self.start("web", "-m", "granian", "--interface", "wsgi", *address, "--blocking-threads", "4", "--no-ws",
                   "--log-level", "warning", "config.wsgi:application")  # fmt: skip
        if not until(self.answers, 60, self.watch):
            raise Refused(f"网站 60 秒内没有应答，请看日志 {self.var}/log/web.log")
        front = "，HTTPS 由前端代理提供" if os.environ.get("HTTPS") == "1" else ""
        say(f"门户已就绪：http://{self.host}:{self.port}/（按 Ctrl-C 停止{front}；日志在 {self.var}/log）")
        celery = ("-m", "celery", "-A", "config.celery")
        self.start("worker", *celery, "worker", "-c", "2", "-l", "warning", "--without-gossip", "--without-mingle")
        self.start("beat", *celery, "beat", "-l", "warning", "-s", str(self.var / "beat-schedule"))

    def fill(self):
        """An empty database gets the demo county, or its first administrator; the portal serves all the same."""
        if not self.empty():
            return
        name = "first_admin" if os.environ.get("DEMO") == "0" else "demo_county"
        self.start(name, "manage.py", name, log=False)
        if code := self.finish(name, self.watch):
            say(f"manage.py {name} 没有成功（退出码 {code}）；门户继续运行，可稍后再执行一次。")

    def watch(self):
        self.check()
        for name in ("web", "worker", "beat"):
            if name in self.register.children and not self.register.alive(name):
                code = self.register.children[name].returncode
                raise Refused(f"{name} 意外退出（退出码 {code}），已停止全部进程：\n{self.last_lines(name)}")
        if self.servers and not self.servers.alive():
            raise Refused(f"数据库或队列意外退出，已停止全部进程，请看日志 {self.var}/log")

    def stop(self):
        """The web first, so that nothing new comes in; the worker may finish its task; the servers last."""
        for sign in STOPPING:
            signal.signal(sign, signal.SIG_IGN)
        for name in ("web", "beat", "worker", *self.register.rows):
            self.register.stop(name, patience=20 if name == "worker" else 10)
        if self.servers:
            self.servers.leave(force=True)

    # ---- how

    def start(self, name, *arguments, log=True):
        path = self.var / "log" / f"{name}.log" if log else None
        self.register.start(name, [sys.executable, *arguments], log=path, cwd=ROOT)

    def finish(self, name, check=None):
        until(lambda: not self.register.alive(name), 3600, check or self.check)
        code = self.register.children[name].returncode
        self.register.stop(name)
        return code

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
            connection = http.client.HTTPConnection(host, self.port, timeout=10)
            with contextlib.closing(connection):
                connection.request("GET", "/livez")
                return connection.getresponse().status < 500
        return False

    def empty(self):
        import psycopg2

        connection = psycopg2.connect(os.environ["DATABASE_URL"])
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("select not exists (select from accounts_user where username <> 'system')")
            return cursor.fetchone()[0]

    def last_lines(self, name):
        log = self.var / "log" / f"{name}.log"
        return "\n".join([*log.read_text(errors="replace").splitlines()[-15:], f"（日志：{log}）"])


def port_number(text):
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise Refused(f"PORT 应是 1–65535 的数字，现在是“{text}”。")


def refuse_taken(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise Refused(f"端口 {port} 不能用（{error.strerror}）。换一个：make run PORT={port % 65535 + 1}") from None


def say(line):
    print(line, flush=True)


def main():
    try:
        Supervisor().run()
    except Stopped:
        say("已停止。")
    except (Refused, Unavailable) as reason:
        sys.exit(str(reason))
    except PermissionError as error:
        sys.exit(f"没有权限写 {error.filename}：它可能是另一个用户（例如 root）建立的。")


if __name__ == "__main__":
    main()
