"""A portal as it is run: PostgreSQL that keeps its word, the web server of deploy/, people who sign in over HTTP."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2

from config.embedded import Servers, Unavailable
from tests import migrated
from tests.config.front import configured
from tests.proofs.sign_in_site import Phone

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy/portal-web.service"


class Site:
    def __init__(self, folder, servers):
        self.folder, self.servers = folder, servers
        self.environ = os.environ | servers.environment | {
            "PORTAL_TESTING": "1", "VAR_DIR": str(folder), "KEY_DIR": str(folder / "keys"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }  # fmt: skip
        self.url = servers.environment["DATABASE_URL"]
        self.port, self.web, self.nginx = free_port(), None, None

    def start(self):
        """The web server by the line of its unit."""
        words = next(line for line in UNIT.read_text("utf-8").splitlines() if line.startswith("ExecStart="))
        argv = shlex.split(words.partition("=")[2])[1:]
        argv[argv.index("--port") + 1] = str(self.port)
        with (self.folder / "web.log").open("ab") as log:
            self.web = subprocess.Popen(
                [sys.executable, "-m", "granian", *argv], cwd=ROOT, env=self.environ, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        until(lambda: self.asked("/livez")[0] in (200, 301, 400), 120, self.log)

    def stand_behind(self, program):
        """Put the front of deploy/ before the web server, without its certificate; from now on people ask the front."""
        behind, self.port = self.port, free_port()
        folder = self.folder / "front"
        folder.mkdir()
        written = configured(folder, ports=(free_port(), self.port), portal=behind, is_plain=True)
        self.nginx = subprocess.Popen([program, "-c", written, "-g", "daemon off;"], start_new_session=True)
        until(lambda: self.asked("/readyz")[0] == 200, 20, self.log)

    def log(self):
        return (self.folder / "web.log").read_text(errors="replace")[-3000:]

    def stop(self):
        if self.nginx:
            self.nginx.terminate()
            self.nginx.wait(20)
        self.web.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.web.wait(40)
        with suppress(ProcessLookupError):
            os.killpg(self.web.pid, signal.SIGKILL)

    def asked(self, path):
        try:
            return Phone(self.port).get(path)
        except OSError:
            return 0, ""

    def people(self, count):
        """Phones of so many people of the 工委 who are signed in."""
        program = [sys.executable, "-m", "tests.proofs.real_rows", str(count)]
        done = subprocess.run(program, cwd=ROOT, env=self.environ, check=True, capture_output=True, text=True)
        found = []
        for key in json.loads(done.stdout):
            phone = Phone(self.port)
            phone.cookies["session"] = key
            found.append(phone)
        return found

    def rows(self, question, *arguments):
        connection = psycopg2.connect(self.url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(question, arguments)
                return cursor.fetchall()
        finally:
            connection.close()

    # ---- the database falls and comes back

    def kill_database(self):
        """`kill -9` of the postmaster: nobody is told anything."""
        os.kill(self.servers.register.rows["postgresql"][0], signal.SIGKILL)
        until(lambda: not self.servers.register.alive("postgresql"), 10)

    def bring_database_back(self):
        """As the guard of services does; its processes of before may take a moment to go. Returns seconds until it answers."""
        begun = time.monotonic()
        while True:
            self.servers.register.children.pop("postgresql", None)
            self.servers.start_postgresql()
            with suppress(Unavailable, AssertionError):
                until(self.servers.postgresql_answers, 30, check=self.servers.still_there("postgresql"))
                return time.monotonic() - begun
            time.sleep(0.2)

    def memory(self):
        """Bytes that all processes of the web server hold."""
        total = 0
        for status in Path("/proc").glob("[0-9]*/status"):
            with suppress(OSError):
                words = status.read_text()
                if os.getpgid(int(status.parent.name)) == self.web.pid:
                    total += int(words.partition("VmRSS:")[2].split()[0]) * 1024
        return total


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def until(condition, seconds, words=lambda: "", check=lambda: None):
    end = time.monotonic() + seconds
    while not condition():
        check()
        assert time.monotonic() < end, words()
        time.sleep(0.05)


@contextmanager
def running(*, is_real=False, vendor=None, **environ):
    """`is_real`: nothing of the tests is set, and the static files are collected as in an installation."""
    folder = Path(tempfile.mkdtemp(prefix="portal-proof-"))
    try:
        with Servers(folder / "embedded") as servers:
            (folder / "static").mkdir()
            (folder / "vendor").symlink_to(vendor) if vendor else (folder / "vendor").mkdir()
            migrated.fill(servers.environment["DATABASE_URL"])
            site = Site(folder, servers)
            site.environ |= environ
            if is_real:
                del site.environ["PORTAL_TESTING"]
                argv = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
                subprocess.run(argv, cwd=ROOT, env=site.environ, check=True)
            site.start()
            try:
                yield site
            finally:
                site.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
