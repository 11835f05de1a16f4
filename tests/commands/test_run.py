"""`make run` and `manage.py` for real: own servers, own port, own folder."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest

from config import embedded
from config.processes import until

ROOT = Path(embedded.__file__).resolve().parent.parent
NOBODY = embedded.NOBODY
# An ordinary user who may also *read* everything, for the case that this checkout or its Python is root's alone.
READS = "-all,+dac_read_search"
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
AS_NOBODY += [f"--inh-caps={READS}", f"--ambient-caps={READS}", f"--bounding-set={READS}"]
OURS = {"DATABASE_URL", "REDIS_URL", "PORTAL_TESTING", "VAR_DIR", "KEY_DIR", "DJANGO_SETTINGS_MODULE", "HTTPS"}
READY = "门户已就绪"


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


class Portal:
    """A folder of its own, and what runs in it."""

    def __init__(self, folder, user=None):
        self.var, self.user, self.port, self.started = folder / "var", user, free_port(), []
        shutil.copytree(ROOT / "var/vendor", self.var / "vendor")
        if user:
            for path in (folder, self.var, *self.var.rglob("*")):
                os.chown(path, user, user)
        self.output = folder / "output"
        kept = {name: value for name, value in os.environ.items() if name not in OURS and "PYTEST" not in name}
        self.env = {**kept, "VAR_DIR": str(self.var), "PORT": str(self.port), "DEMO": "0", "HOME": str(folder)}

    def popen(self, *arguments):
        self.output.unlink(missing_ok=True)  # what an orphan of the last one still says goes to the old file
        with self.output.open("w") as out:
            argv = [*(AS_NOBODY if self.user else []), sys.executable, *arguments]
            self.started.append(subprocess.Popen(argv, cwd=ROOT, env=self.env, stdout=out, stderr=out))
        return self.started[-1]

    def start(self):
        return self.popen("-m", "config.supervisor")

    def manage(self, *arguments):
        return self.popen("manage.py", *arguments)

    def says(self, text, process):
        assert until(lambda: text in self.said() or process.poll() is not None, 180), self.said()
        assert text in self.said(), self.said()

    def said(self):
        return self.output.read_text()

    def page(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=20) as answer:
            return answer.status, answer.read().decode()

    def numbers(self):
        """name → process number, once the last of them has been started."""
        register = self.var / "processes.json"
        assert until(lambda: "beat" in register.read_text(), 20)
        return {name: pid for name, (pid, _) in json.loads(register.read_text()).items()}

    def processes(self):
        """Every process that names this folder in its command or its environment."""
        mark, found = os.fsencode(self.var), set()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdecimal() and any(mark in (entry / f).read_bytes() for f in ("cmdline", "environ")):
                    found.add(int(entry.name))
        return found

    def end(self):
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.started:
            process.wait()


@pytest.fixture
def new_portal():
    with contextlib.ExitStack() as stack:

        def make(user=None):
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-run-", ignore_cleanup_errors=True))
            )
            portal = Portal(folder, user)
            stack.callback(portal.end)
            return portal

        yield make


def serves_and_leaves_nothing_behind(portal):
    running = portal.start()
    portal.says(f"{READY}：http://127.0.0.1:{portal.port}/", running)

    status, text = portal.page()
    assert (status, "密码" in text) == (200, True)
    secret = portal.var / "first-admin.txt"
    assert until(secret.exists, 30), portal.said()
    assert oct(secret.stat().st_mode & 0o777) == "0o600"
    assert {path.stat().st_mode & 0o077 for path in portal.var.iterdir() if path.name != "vendor"} == {0}
    assert len(portal.processes()) >= 6  # the supervisor, two servers, web, worker, beat

    running.send_signal(signal.SIGTERM)
    assert running.wait(40) == 0, portal.said()
    assert portal.processes() == set()
    assert not list((portal.var / "embedded/s").glob("*"))


def test_an_ordinary_user_is_served_the_sign_in_page_and_nothing_is_left_behind(new_portal):
    if os.geteuid():
        pytest.skip("the present user is an ordinary one")
    if subprocess.run([*AS_NOBODY, "true"], capture_output=True).returncode:
        pytest.skip("setpriv cannot make an ordinary user here")
    serves_and_leaves_nothing_behind(new_portal(NOBODY))


def test_it_serves_and_leaves_nothing_and_after_kill_9_serves_again_until_a_worker_falls(new_portal):
    """One folder from the first start, which takes the longest, to the last."""
    portal = new_portal()
    serves_and_leaves_nothing_behind(portal)

    first = portal.start()
    portal.says(READY, first)
    before = portal.numbers()
    first.kill()
    first.wait()

    second = portal.start()
    portal.says(READY, second)
    assert portal.page()[0] == 200
    after = portal.numbers()
    assert not portal.processes() & {before[name] for name in ("web", "worker", "beat")}

    os.kill(after["worker"], signal.SIGKILL)
    assert second.wait(40) == 1
    assert "worker 意外退出" in portal.said()
    assert portal.processes() == set()


@pytest.mark.parametrize("seconds", [0.2, 1.5, 3])
def test_a_stop_while_starting_leaves_nothing_behind(new_portal, seconds):
    portal = new_portal()
    running = portal.start()
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    assert running.wait(40) in (0, -signal.SIGINT, 1), portal.said()  # before Python listens, the signal itself ends it
    assert portal.processes() == set(), portal.said()


def test_a_taken_port_is_one_clear_line(new_portal):
    portal = new_portal()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", portal.port))
        taken.listen()
        assert portal.start().wait(30) == 1
    assert portal.said().startswith(f"端口 {portal.port} 不能用")
    assert portal.said().count("\n") == 1
    assert portal.processes() == set()


def test_commands_start_the_servers_for_their_own_length_or_share_them(new_portal):
    portal = new_portal()
    ask = "from django.db import connection as c; c.ensure_connection(); print('connected', flush=True); import time; "
    slow = portal.manage("shell", "-v0", "-c", ask + "time.sleep(60)")
    portal.says("connected", slow)
    quick = portal.manage("shell", "-v0", "-c", ask)
    assert quick.wait(30) == 0
    assert len(portal.processes()) >= 3  # the slow one still has its servers

    slow.terminate()
    slow.wait(30)
    assert portal.processes() == set()


def test_the_last_one_out_stops_the_servers(new_portal):
    folder = new_portal().var / "embedded"
    with embedded.Servers(folder, fast=True) as outer:
        with embedded.Servers(folder, fast=True) as inner:
            assert inner.environment == outer.environment
        assert outer.alive()
    assert not outer.alive()
    assert not list(outer.sockets.glob("*"))


def test_a_long_path_gets_its_sockets_elsewhere(new_portal):
    with embedded.Servers(new_portal().var / ("长" * 60) / "embedded", ["valkey"], fast=True) as servers:
        assert len(str(servers.sockets)) < 80
    assert not servers.sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has two ways to run PostgreSQL")
def test_root_without_namespaces_runs_postgresql_as_nobody(new_portal, monkeypatch):
    folder = new_portal().var / "embedded"
    with embedded.Servers(folder, ["postgresql"], fast=True):
        pass

    def forbidden():
        raise PermissionError

    monkeypatch.setattr(embedded, "enter_user_namespace", forbidden)
    (folder / "postgresql/postmaster.pid").write_text("1\n")  # left by a crash; the number is another's now
    with embedded.Servers(folder, ["postgresql"], fast=True) as servers:
        assert servers.postgresql_answers()
        assert (folder / "postgresql").stat().st_uid == NOBODY
