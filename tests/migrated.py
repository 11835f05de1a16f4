"""The databases of the tests are copies of one that has been migrated: half a minute once, not for everybody.

`python -m tests.migrated` makes it, unless it is there; whoever comes meanwhile waits.
"""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from config.processes import locked

NAME = "migrated"
ROOT = Path(__file__).resolve().parents[1]


def address(name):
    """DATABASE_URL with another database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return f"{parts.scheme}://{parts.netloc}/{name}?{parts.query}"


def template():
    """The name of the migrated database, once it is there."""
    done = subprocess.run([sys.executable, "-m", __name__], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"migrate: {done.stderr}")
    return NAME


def begin():
    """Start making it; the process may be left alone or ended."""
    return subprocess.Popen([sys.executable, "-m", __name__], cwd=ROOT, stderr=subprocess.DEVNULL)


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
        migrate("migrating")
        cursor.execute(f"ALTER DATABASE migrating RENAME TO {NAME}")


def migrate(name):
    import django
    from django.core.management import call_command
    from django.db import connections

    os.environ["DATABASE_URL"] = address(name)
    django.setup()
    call_command("migrate", verbosity=0)
    connections.close_all()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    make()
