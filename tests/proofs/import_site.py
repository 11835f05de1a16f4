"""A database and workers of their own, which the proof about killed imports may kill as it likes."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2

from config.embedded import Servers
from tests import migrated

ROOT = Path(__file__).resolve().parents[2]
POINTS = ("job-claimed", "job-progress", "import-planned", "import-written", "job-worked", "job-committed")
WORK = [sys.executable, "-m", "celery", "-A", "config.celery"]
TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^(jobs|django|auth|axes|accounts)_'"
)


class Site:
    def __init__(self, environment, folder):
        self.environment, self.folder = environment, folder
        self.faults = Path(environment["FAULT_DIR"])
        self.database = psycopg2.connect(environment["DATABASE_URL"])
        self.database.autocommit = True
        self.worker = None

    def run(self, *arguments):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def all(self, query, *params):
        with self.database.cursor() as cursor:
            cursor.execute(query, params)
            return cursor.fetchall()

    def checksum(self):
        """One number for every row that is not the work itself, its batch or the record of acts."""
        return [
            (name, self.all(f"SELECT count(*), sum(('x' || left(md5(t::text), 15))::bit(60)::bigint) FROM {name} t")[0])  # noqa: S608
            for (name,) in sorted(self.all(TABLES))
        ]

    def job(self, pk):
        return self.all("SELECT state, attempts FROM jobs_job WHERE id = %s", pk)[0]

    def start(self):
        """A real worker, and the word that there is work: what the beat says each minute."""
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                [*WORK, "worker", "-c", "1", "-l", "error", "--without-gossip", "--without-mingle", "--pidfile", ""],
                cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.tell()

    def tell(self):
        self.run("-c", "from config.celery import app; app.send_task('jobs.tasks.work_off')")

    def kill(self):
        """With everything that it started, and without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait(10)

    def wait(self, condition, seconds=120):
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"not within {seconds} s\n" + (self.folder / "worker.log").read_text()[-3000:])
            time.sleep(0.05)

    def nobody_works(self):
        """The database has noticed that the worker is gone: its connections are closed and its locks free."""
        return not self.all("SELECT FROM pg_locks WHERE locktype = 'advisory'")


@contextmanager
def running():
    folder = Path(tempfile.mkdtemp(prefix="portal-proof-"))
    try:
        with Servers(folder / "embedded", fast=True) as servers:
            environment = os.environ | servers.environment | {
                "PORTAL_TESTING": "1", "VAR_DIR": str(folder), "KEY_DIR": str(folder / "keys"),
                "FAULT_DIR": str(folder / "faults"), "DJANGO_SETTINGS_MODULE": "config.settings",
            }  # fmt: skip
            for name in ("static", "vendor", "faults"):
                (folder / name).mkdir()
            site = Site(environment, folder)
            try:
                migrated.fill(servers.environment["DATABASE_URL"])
                yield site
            finally:
                if site.worker:
                    site.kill()
                site.database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
