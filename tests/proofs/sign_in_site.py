"""A portal on two cores with servers of its own, and phones that ask it over HTTP as phones do."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import psycopg2

from config.embedded import Servers
from tests import migrated
from training import codes

ROOT = Path(__file__).resolve().parents[2]
CORES = 2
RULE = {"window": 15, "previous": 1, "code_digits": 6}
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Phone:
    """One browser: cookies, and the token of the last form. Each page is a connection of its own, as on a crowded network."""

    def __init__(self, port):
        self.port, self.cookies, self.token = port, {}, ""

    def get(self, path):
        return self._ask("GET", path)

    def post(self, path, **fields):
        return self._ask("POST", path, urlencode(fields | {"csrfmiddlewaretoken": self.token}))

    def _ask(self, method, path, body=None):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            page = response.read().decode()
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        if found := _TOKEN.search(page):
            self.token = found[1]
        return response.status, page


class Site:
    def __init__(self, port, environment):
        self.port, self.environment = port, environment
        self.database = psycopg2.connect(environment["DATABASE_URL"])
        self.database.autocommit = True

    def rows(self, *arguments):
        program = [sys.executable, "-m", "tests.proofs.sign_in_rows", *map(str, arguments)]
        done = subprocess.run(program, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def now(self):
        with self.database.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            return datetime.fromtimestamp(float(cursor.fetchone()[0]), tz=UTC)

    def code(self, session):
        """What the screen of the hall shows at this moment."""
        pk, row_key = session
        return codes.text(pk, UUID(row_key), codes.window(self.now(), RULE))

    def opened(self, token):
        """A phone in which somebody's link was opened."""
        phone = Phone(self.port)
        phone.get(f"/training/p/?k={token}")
        status, _ = phone.post("/training/p/", k=token)
        assert status == 302
        return phone


@contextmanager
def running(settings):
    """`settings` lets this process read the same keys, as the screen of the hall does."""
    folder = Path(tempfile.mkdtemp(prefix="portal-proof-"))
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(
        0, set(sorted(mine)[:CORES])
    )  # what is started inherits it: server, database and phones share them
    try:
        with Servers(folder / "embedded", fast=True) as servers:
            environment = os.environ | servers.environment | {
                "PORTAL_TESTING": "1", "VAR_DIR": str(folder), "KEY_DIR": str(folder / "keys"),
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }  # fmt: skip
            for name in ("static", "vendor"):
                (folder / name).mkdir()
            migrated.fill(servers.environment["DATABASE_URL"])
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            program = ["granian", "--interface", "wsgi", "--port", str(port), "--blocking-threads", "4", "--no-ws"]
            program += ["--log-level", "warning", "tests.proofs.sign_in_app:application"]
            with (folder / "web.log").open("ab") as log:
                server = subprocess.Popen(
                    [sys.executable, "-m", *program], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
                )
            try:
                _wait(port, server, folder)
                settings.VAULT_KEY_DIR = folder / "keys"
                site = Site(port, environment)
                yield site
                site.database.close()
            finally:
                server.terminate()
                server.wait(15)
    finally:
        os.sched_setaffinity(0, mine)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port, server, folder):
    for _ in range(600):
        try:
            if Phone(port).get("/livez")[0] == 200:
                return
        except OSError:
            assert server.poll() is None, (folder / "web.log").read_text()
            time.sleep(0.1)
    raise AssertionError((folder / "web.log").read_text())
