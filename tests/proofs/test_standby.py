"""A standby by one variable: pages that only look are read from it; what was just written, rights and sessions never are;
and when it lags or falls nobody notices."""

import os
import subprocess
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from urllib.parse import quote

import psycopg2
import pytest

from config.embedded import postgresql_programs, unprivileged
from tests.proofs import real_site
from tests.proofs.scale import SHARE

TRIALS = max(10, round(100 * SHARE))


class Standby:
    """A second PostgreSQL that streams from the first, in a folder of its own."""

    def __init__(self, site):
        self.site, self.folder = site, site.folder / "standby"
        self.sockets = site.servers.sockets / "standby"
        self.sockets.mkdir(mode=0o700)
        self.programs, _ = postgresql_programs(site.folder / "embedded/postgresql")
        self.prefix, self.as_user, owner = unprivileged(False)
        self.folder.mkdir(mode=0o700)
        for path in (self.folder, self.sockets):
            os.chown(path, owner, -1)
        base = [*self.prefix, self.programs / "pg_basebackup", "-h", site.servers.sockets, "-U", "portal", "-D"]
        subprocess.run(
            [*base, self.folder / "data", "-R", "-X", "stream", "-c", "fast"], preexec_fn=self.as_user, check=True
        )
        self.url = f"postgresql://portal@/portal?host={quote(str(self.sockets))}"
        self.start()

    def start(self):
        argv = [*self.prefix, self.programs / "postgres", "-D", self.folder / "data", "-c", "listen_addresses=",
                "-c", f"unix_socket_directories={self.sockets}"]  # fmt: skip
        with (self.site.folder / "standby.log").open("ab") as log:
            self.process = subprocess.Popen(
                argv, preexec_fn=self.as_user, stdout=log, stderr=log, start_new_session=True
            )
        real_site.until(self.answers, 60)

    def answers(self):
        with suppress(psycopg2.OperationalError), closing(psycopg2.connect(self.url)):
            return True
        return False

    def ask(self, question):
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(question)
            return cursor.fetchone()[0]

    def queries(self):
        """How many transactions it has answered."""
        return self.ask("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'portal'")

    def kill(self):
        self.process.kill()
        self.process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)


@pytest.fixture(scope="module")
def site():
    with real_site.running() as site:
        site.stop()
        standby = Standby(site)
        site.environ |= {"DATABASE_REPLICA_URL": standby.url}
        site.start()
        site.standby = standby
        yield site
        standby.kill()


@pytest.fixture(scope="module")
def root(site):
    return site.rows("SELECT id FROM branches_branch WHERE parent_id IS NULL")[0][0]


def _quiet(phone):
    """Nobody wrote from this phone for a while."""
    phone.cookies.pop("wrote", None)


def test_pages_that_look_are_read_from_the_standby(site):
    [phone] = site.people(1)
    time.sleep(1)
    phone.get("/training/teachers/")
    time.sleep(1.5)  # the figures of the server come late
    before = site.standby.queries()
    for _ in range(20):
        assert phone.get("/training/teachers/")[0] == 200
    time.sleep(1.5)

    asked = site.standby.queries() - before
    print(f"20 pages: {asked} transactions at the standby")
    assert asked >= 20


def test_everybody_sees_the_own_act_at_once(site, root):
    """Who writes and looks in the same moment is faster than the standby."""
    [phone] = site.people(1)
    phone.get("/training/teachers/add/")
    missing = 0
    for turn in range(TRIALS):
        status, _ = phone.post("/training/teachers/add/", branch=root, name="某某", unit=f"own-{turn}")
        assert status == 302
        missing += f"own-{turn}" not in phone.get(f"/training/teachers/?q=own-{turn}")[1]
    print(f"{TRIALS} acts, {missing} not seen at once")
    assert missing == 0


def test_whoever_lost_the_post_is_out_at_once(site):
    """No page that was asked for after the commit opens, whatever the standby still believes."""
    opened = 0
    phones = site.people(TRIALS // 2)
    for phone in reversed(phones):  # the newest account is the last phone's
        assert phone.get("/training/teachers/")[0] == 200
        [(user,)] = site.rows("SELECT max(user_id) FROM branches_appointment WHERE ended_on IS NULL")
        with closing(psycopg2.connect(site.url)) as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE branches_appointment SET ended_on = current_date - 1, started_on = current_date - 9 "
                           "WHERE user_id = %s", [user])  # fmt: skip
            connection.commit()
        opened += sum(other.get("/training/teachers/")[0] == 200 for other in phones)
    # Each round ended one post more: of n phones n-1, n-2, … 0 may still open the page.
    count = len(phones)
    print(f"{count} posts ended: {opened} pages opened, {count * (count - 1) // 2} by those whose post goes on")
    assert opened == count * (count - 1) // 2


def test_a_standby_that_lags_is_not_asked(site, root):
    [phone, writer] = site.people(2)
    writer.get("/training/teachers/add/")
    site.standby.ask("SELECT pg_wal_replay_pause()::text")
    try:
        writer.post("/training/teachers/add/", branch=root, name="某某", unit="while-it-lags")
        time.sleep(12)  # five seconds behind, and two looks
        writer.get("/training/teachers/")  # a look that finds out
        _quiet(phone)
        seen = [("while-it-lags" in phone.get("/training/teachers/?q=while-it-lags")[1]) for _ in range(20)]
    finally:
        site.standby.ask("SELECT pg_wal_replay_resume()::text")
    print(f"while it lags: {sum(seen)} of 20 pages are of the primary")
    assert sum(seen) == 20


def test_a_standby_that_falls_is_not_noticed(site):
    time.sleep(12)  # it is near again and asked again
    phones, over, statuses, slowest = site.people(4), threading.Event(), Counter(), [0.0]

    def look(phone):
        while not over.is_set():
            begun = time.monotonic()
            statuses[phone.get("/training/teachers/")[0]] += 1
            slowest[0] = max(slowest[0], time.monotonic() - begun)

    threads = [threading.Thread(target=look, args=[phone]) for phone in phones]
    for thread in threads:
        thread.start()
    time.sleep(3)
    site.standby.kill()
    time.sleep(4)
    site.standby.start()
    time.sleep(3)
    over.set()
    for thread in threads:
        thread.join()

    print(f"while it fell and came back: {dict(statuses)}, slowest {slowest[0]:.2f} s")
    assert set(statuses) == {200}
