"""The databases of the tests are copies of one that has been migrated: half a minute once, not for everybody.

`python -m tests.migrated` makes it, unless it is there; whoever comes meanwhile waits. What came out is kept in
`var/migrated/` under a sum of all that migrations are made of, so that the next run reads it back in a second.
"""

import hashlib
import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from config.embedded import postgresql_programs
from config.processes import locked

NAME = "migrated"
ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var/migrated"
IMPORTED = re.compile(r"^\s*(?:from|import) ([\w.]+)", re.MULTILINE)


def template():
    """The name of the migrated database, once it is there."""
    done = subprocess.run([sys.executable, "-m", __name__], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"migrate: {done.stderr}")
    return NAME


def copy(name):
    """The name of a new database like it."""
    import psycopg2

    with closing(psycopg2.connect(address("postgres"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template()}")
    return name


def begin():
    """Start making it; the process may be left alone or ended."""
    return subprocess.Popen([sys.executable, "-m", __name__], cwd=ROOT, stderr=subprocess.DEVNULL)


def fill(url):
    """Bring an empty database of another server as far as `manage.py migrate` would."""
    template()
    read_back(url, kept())


def address(name):
    """DATABASE_URL with another database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return f"{parts.scheme}://{parts.netloc}/{name}?{parts.query}"


def make():
    import psycopg2

    with (
        locked(Path(os.environ["VAR_DIR"]) / f"{NAME}.lock"),
        closing(psycopg2.connect(address("postgres"))) as connection,
        connection.cursor() as cursor,
    ):
        connection.autocommit = True
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [NAME])
        if cursor.rowcount:
            return
        cursor.execute("DROP DATABASE IF EXISTS migrating")  # of somebody who was ended meanwhile
        cursor.execute("CREATE DATABASE migrating")
        url, path = address("migrating"), kept()
        if path.exists():
            read_back(url, path)
        else:
            migrate(url)
            keep(url, path)
        cursor.execute(f"ALTER DATABASE migrating RENAME TO {NAME}")


def migrate(url):
    import django
    from django.core.management import call_command
    from django.db import connections

    os.environ["DATABASE_URL"] = url
    django.setup()
    call_command("migrate", verbosity=0)
    connections.close_all()


def kept():
    """Where the outcome of just these migrations is kept: a sum of them, of what they import and of what is installed."""
    files = {*ROOT.glob("*/migrations/*.py"), ROOT / "config/settings.py", ROOT / "requirements.lock"}
    for path in list(files):
        modules = (ROOT / name.replace(".", "/") for name in IMPORTED.findall(path.read_text("utf-8")))
        files |= {each for name in modules for each in (name.with_suffix(".py"), name / "__init__.py") if each.exists()}
    content = "".join(f"{path.relative_to(ROOT)}\n{path.read_text('utf-8')}\n" for path in sorted(files))
    return KEPT / f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.sql"


def keep(url, path):
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    subprocess.run([program("pg_dump"), "--no-owner", f"--file={fresh}", url], check=True)
    for older in sorted(KEPT.glob("*.sql"), key=lambda old: old.stat().st_mtime)[:-4]:
        older.unlink(missing_ok=True)
    fresh.replace(path)


def read_back(url, path):
    strictly = ["--set=ON_ERROR_STOP=1", "--single-transaction", "--no-psqlrc", "--quiet", "--output=/dev/null"]
    subprocess.run([program("psql"), *strictly, f"--file={path}", url], check=True)


def program(name):
    return postgresql_programs(Path(os.environ["VAR_DIR"]) / "embedded/postgresql")[0] / name


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    make()
