"""A worker, a beat, a database and a queue of their own, which the proof may kill as it likes."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2
import redis

from config.embedded import Servers
from tests import migrated
from tests.reminders.stub import Gateway

ROOT = Path(__file__).resolve().parents[2]
POINT = re.compile(r"""point\("([a-z-]+)"\)""")
POINTS = sorted({name for path in (ROOT / "reminders").glob("*.py") for name in POINT.findall(path.read_text("utf-8"))})
PROGRAM = [sys.executable, "-m", "celery", "-A", "tests.proofs.reminder_app"]
_KEYED = "SELECT count(*) FROM reminders_delivery message JOIN reminders_channel channel ON channel.id = channel_id WHERE has_key"


class Site:
    """What runs, and what may be asked of it."""

    def __init__(self, folder, servers, environment, gateways):
        self.folder, self.servers, self.environment, self.gateways = folder, servers, environment, gateways
        self.faults = Path(environment["FAULT_DIR"])
        self.running = {}
        self.database = psycopg2.connect(environment["DATABASE_URL"])
        self.database.autocommit = True
        self.people = 0
        self.rows = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.reminder_rows", "serve"], cwd=ROOT, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def start(self, name):
        """`worker`, or `beat` with any ending: two beats are no mistake."""
        how = ["worker", "-c", "3", "--without-gossip", "--without-mingle"]
        if name.startswith("beat"):
            how = ["beat", "-s", str(self.folder / name)]
        log = (self.folder / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(
            [*PROGRAM, *how, "-l", "error", "--pidfile", ""], cwd=ROOT, env=self.environment, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        log.close()

    def kill(self, name):
        """With everything that it started, and without a word."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def children(self):
        """The worker's processes that do the work."""
        found = subprocess.run(["pgrep", "-P", str(self.running["worker"].pid)], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]

    def more(self, count, *, days=0):
        """So many more people with one thing to do, whose day is `days` past."""
        self.rows.stdin.write(f"{count} {days}\n")
        self.rows.stdin.flush()
        assert self.rows.stdout.readline() == "ok\n"
        self.people += count

    def plant(self, name):
        (self.faults / name).touch()

    def value(self, query):
        with self.database.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    def is_told(self):
        return self.value("SELECT count(*) FROM reminders_digest") == self.people

    def is_settled(self):
        open_states = "('waiting', 'sending')"
        return (
            self.is_told()
            and self.value("SELECT count(*) FROM reminders_delivery") == self.people
            and not self.value(f"SELECT count(*) FROM reminders_delivery WHERE state IN {open_states}")  # noqa: S608
        )

    def wait(self, condition, seconds=60):
        """Seconds until it was so; the worker's log is the message when it never is."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"not within {seconds} s\n" + (self.folder / "worker.log").read_text()[-3000:])
            time.sleep(0.05)
        return time.monotonic() - begun

    def figures(self):
        """What came out, for the record and for the assertions."""
        keyed, plain = self.gateways
        states = dict(self.all("SELECT state, count(*) FROM reminders_delivery GROUP BY state"))
        unknown = {str(key) for (key,) in self.all("SELECT key FROM reminders_delivery WHERE state = 'unknown'")}
        return {
            "people": self.people,
            "digests": self.value("SELECT count(*) FROM reminders_digest"),
            "lines": self.value("SELECT count(*) FROM reminders_digestline"),
            "twice in the inbox": self.value(
                'SELECT count(*) FROM (SELECT FROM reminders_digest GROUP BY user_id, "on" HAVING count(*) > 1) d'
            ),
            "states": states,
            "with keys": self.value(_KEYED), "with keys: not sent": self.value(f"{_KEYED} AND state <> 'sent'"),
            "with keys: effects": sum(keyed.effects.values()), "with keys: calls": sum(keyed.got.values()),
            "with keys: twice": sum(count > 1 for count in keyed.effects.values()),
            "without: effects": sum(plain.effects.values()),
            "without: twice": sum(count > 1 for count in plain.effects.values()),
            "unknown": len(unknown), "unknown, yet arrived": len(unknown & set(plain.effects)),
        }  # fmt: skip

    def all(self, query):
        with self.database.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()


@contextmanager
def running(*, beats=1):
    folder = Path(tempfile.mkdtemp(prefix="portal-proof-"))
    try:
        with Servers(folder / "embedded", fast=True) as servers, Gateway(knows_keys=True) as keyed, Gateway() as plain:
            environment = os.environ | servers.environment | {
                "PORTAL_TESTING": "1", "VAR_DIR": str(folder), "KEY_DIR": str(folder / "keys"),
                "FAULT_DIR": str(folder / "faults"), "REMINDER_HOSTS": f"{keyed.host},{plain.host}",
            }  # fmt: skip
            for name in ("static", "vendor", "faults"):
                (folder / name).mkdir()
            migrated.fill(servers.environment["DATABASE_URL"])
            make = [sys.executable, "-m", "tests.proofs.reminder_rows", "open", keyed.url, plain.url]
            subprocess.run(make, cwd=ROOT, env=environment, check=True)
            site = Site(folder, servers, environment, (keyed, plain))
            try:
                for name in ("worker", *(f"beat-{number}" for number in range(beats))):
                    site.start(name)
                yield site
            finally:
                for name in list(site.running):
                    site.kill(name)
                site.rows.kill()
                site.rows.wait()
                site.rows.stdin.close()
                site.rows.stdout.close()
                site.database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stop_queue(site, seconds):
    """The queue hangs for a while and then has forgotten everything."""
    pid = site.servers.register.rows["valkey"][0]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)
    url = site.environment["REDIS_URL"].replace("redis+socket:", "unix:")
    with redis.from_url(url) as store:
        store.flushall()


def shuffled(names, times, rng):
    """Each name so many times, in any order."""
    found = [name for name in names for _ in range(times)]
    rng.shuffle(found)
    return found
