"""A whole portal for one run: its own database, the demo county, granian on a free port."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import psycopg2

from config.processes import locked

ROOT = Path(__file__).resolve().parents[2]


BRANCH = """
from django.utils import timezone
from accounts.models import User
from branches.actions import root
from duties.actions import generate
from tests import factories
branch = factories.BranchFactory(parent=root(), name="中共云岭示范县新设第{number}学校支部委员会")
factories.MemberFactory.create_batch({members}, branch=branch)
user = factories.UserFactory(username="{username}", name="陆书记", serving=branch, must_change_password=False)
user.set_password("{password}")
user.save()
generate(timezone.localdate().year, by=User.objects.system())
"""


class Site:
    """`url` and the demo county's sign-in names with their passwords."""

    def __init__(self, url, folder, environment):
        self.url, self.environment, self.shell = url, environment, None
        self.passwords = {}
        accounts = folder / "demo-accounts.txt"  # not there when the county is empty
        for line in accounts.read_text("utf-8").splitlines() if accounts.exists() else ():
            words = line.split()
            if len(words) >= 3 and words[0].isascii():
                self.passwords[words[0]] = words[1]

    def furnish(self, code):
        """Run `code` in a shell of the portal: rows that the demo county does not have."""
        if self.shell is None:
            argv = [sys.executable, "-m", "tests.browser.furnisher"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self.shell = subprocess.Popen(argv, cwd=ROOT, env=self.environment, text=True, **pipes)
        print(json.dumps(code), file=self.shell.stdin, flush=True)
        if fault := json.loads(self.shell.stdout.readline() or '"the shell ended"'):
            raise RuntimeError(fault)

    def close(self):
        if self.shell is not None:
            self.shell.communicate(timeout=15)

    def new_branch(self, members):
        """A branch of so many members that has entered nothing yet; returns the sign-in name of its secretary."""
        number = len(self.passwords)
        username = f"xinshe{number}"
        self.passwords[username] = secrets.token_urlsafe(12)
        self.furnish(
            BRANCH.format(number=number, members=members, username=username, password=self.passwords[username])
        )
        return username

    def sign_in(self, page, username):
        """Through the door, as a person does it."""
        page.goto(f"{self.url}/sign-in/")
        page.get_by_label("账号").fill(username)
        page.get_by_label("密码", exact=True).fill(self.passwords[username])
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{self.url}/")


def prepared(size, template):
    """(database, folder) of a portal that nobody used yet, with such a county: made once a run, every site is a copy of it."""
    name = f"prepared_{template}_{size}".replace(".", "_")
    folder = Path(os.environ["VAR_DIR"]) / name
    with locked(folder.with_suffix(".lock")):
        if not (folder / "made").exists():
            _create(name, template)
            environment = _environment(name, folder)
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "static").mkdir(parents=True)
            (folder / "vendor").symlink_to(ROOT / "var/vendor")
            if template == "template1":
                run(environment, "manage.py", "migrate", "-v0")
            if size:
                run(environment, "manage.py", "demo_county", "--size", str(size))
            run(environment, "manage.py", "collectstatic", "--noinput", "-v0")
            (folder / "made").touch()
    return name, folder


def _create(name, template):
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")  # of somebody who was ended meanwhile
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def _environment(name, folder):
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    environment = os.environ | {
        "DATABASE_URL": address.replace(f"postgresql:/{name}", f"postgresql:///{name}"), "VAR_DIR": str(folder),
        "KEY_DIR": str(folder / "keys"),
    }  # fmt: skip
    environment.pop("PORTAL_TESTING", None)  # the real storage of static files, with their hashed names
    return environment


def run(environment, *arguments):
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def serving(folder, *, size, template="template1", application="tests.browser.door:application"):
    """A portal on the servers that DATABASE_URL and REDIS_URL name, in a database of its own; of size 0 without a county."""
    base, kept = prepared(size, template)
    name = f"site_{secrets.token_hex(4)}"
    _create(name, base)
    shutil.copytree(kept, folder, symlinks=True, dirs_exist_ok=True)
    environment = _environment(name, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--blocking-threads", "4", "--no-ws",
         "--log-level", "warning", application], cwd=ROOT, env=environment,
    )  # fmt: skip
    site = Site(f"http://127.0.0.1:{port}", folder, environment)
    try:
        _wait(f"{site.url}/livez", server)
        yield site
    finally:
        site.close()
        server.terminate()
        server.wait(15)


def _wait(url, server):
    for _ in range(600):
        try:
            urlopen(url, timeout=5).close()  # noqa: S310
            return
        except (URLError, OSError):
            if server.poll() is not None:
                raise RuntimeError("granian did not start") from None
            time.sleep(0.05)
    raise RuntimeError("granian did not answer within 30 seconds")
