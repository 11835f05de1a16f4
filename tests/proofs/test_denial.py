"""T-DOS: people who are slow, huge or greedy do not keep the others out: /livez and the door answer within a second all the
while, memory stays bounded, nothing answers 500, and afterwards everything is as before."""

import http.client
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import cycle
from urllib.parse import urlencode

import pytest

from tests.proofs import real_site
from tests.proofs.scale import SHARE

SECONDS = max(3, round(15 * SHARE))
MOST_BYTES = 1_200_000_000  # of all processes of the web server; MemoryMax of its unit is 2 GiB


@pytest.fixture(scope="module")
def site():
    if not (program := shutil.which("nginx")):
        pytest.skip("这里没有 nginx：apt install nginx-light")
    with real_site.running(STATEMENT_SECONDS="5") as site:
        site.stand_behind(program)
        for _ in range(20):  # what each worker does once, at its first page
            site.asked("/sign-in/")
        yield site


class Door(threading.Thread):
    """Asks /livez and the door all the time: how long each took."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.over, self.took, self.statuses = port, threading.Event(), [], Counter()

    def run(self):
        while not self.over.is_set():
            path = "/livez" if len(self.took) % 4 else "/sign-in/"
            begun = time.monotonic()
            try:
                # From another address, as somebody else who is not to suffer.
                with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30,
                                                        source_address=("127.0.0.2", 0))) as line:  # fmt: skip
                    line.request("GET", path)
                    status = line.getresponse().status
            except OSError as error:
                status = type(error).__name__
            self.took.append(time.monotonic() - begun)
            self.statuses[status] += 1
            time.sleep(0.1)


def attacked(site, attack, *, threads=8, seconds=None):
    """What the door saw while so many threads did `attack(over)`, and the answers that they got."""
    over, answers, most = threading.Event(), Counter(), [0]
    door = Door(site.port)
    door.start()

    def go_on():
        while not over.is_set():
            answers[attack(over)] += 1

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(go_on) for _ in range(threads)]
        end = time.monotonic() + (seconds or SECONDS)
        while time.monotonic() < end:
            time.sleep(0.5)
            most[0] = max(most[0], site.memory())
        over.set()
    for each in running:
        each.result()
    door.over.set()
    door.join(10)
    door.took.sort()
    slowest = door.took[-1]
    print(f"door: {len(door.took)} asked, slowest {slowest:.2f} s, {dict(door.statuses)}; answers {dict(answers)}; "
          f"{most[0] / 1e6:.0f} MB")  # fmt: skip
    assert set(door.statuses) == {200}
    assert slowest < 1
    assert most[0] < MOST_BYTES
    assert 500 not in answers
    real_site.until(lambda: site.asked("/readyz")[0] == 200, 20, site.log)
    return answers


def _raw(site, head, pieces, wait=10):
    """Send a request piece by piece; the status line's number, or why there was none."""
    with closing(socket.create_connection(("127.0.0.1", site.port), timeout=wait)) as line:
        try:
            line.sendall(head)
            for piece in pieces:
                line.sendall(piece)
            answer = line.recv(64)
        except OSError as error:
            return type(error).__name__
    return int(answer.split()[1]) if answer.startswith(b"HTTP/") else "closed"


def test_slow_bodies_wait_alone(site):
    """200 who begin a form and never end it."""
    lines = []
    for _ in range(200):
        line = socket.create_connection(("127.0.0.1", site.port), timeout=10)
        line.sendall(
            b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 1000\r\n\r\nusername="
        )
        lines.append(line)

    def drip(over):
        for line in lines:
            with suppress(OSError):
                line.sendall(b"a")
        over.wait(0.5)
        return "dripped"

    try:
        attacked(site, drip, threads=1)
    finally:
        for line in lines:
            line.close()


def test_slow_heads_wait_alone(site):
    """200 who never end their first line."""
    lines = [socket.create_connection(("127.0.0.1", site.port), timeout=10) for _ in range(200)]

    def drip(over):
        for line in lines:
            with suppress(OSError):
                line.sendall(b"X-a: b\r\n")
        over.wait(0.5)
        return "dripped"

    for line in lines:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    try:
        attacked(site, drip, threads=1)
    finally:
        for line in lines:
            line.close()


def test_heads_of_any_size(site):
    sizes = cycle([10_000, 100_000, 1_000_000])

    def send(over):
        size = next(sizes)
        return _raw(site, b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * size + b"\r\n\r\n", ())

    assert {431, 400, "closed", "ConnectionResetError", "BrokenPipeError"} & set(attacked(site, send, threads=4))


def test_forms_of_any_size(site):
    """Twelve megabytes in one field; 100,000 fields; both signed in and at the door."""
    [phone] = site.people(1)
    phone.get("/sign-in/")
    huge = "username=" + "a" * 12_000_000
    many = "&".join(f"f{number}=1" for number in range(100_000))
    bodies = iter([huge, many] * 10_000)

    def send(over):
        with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
            connection.request("POST", "/sign-in/", next(bodies), {"Content-Type": "application/x-www-form-urlencoded"})
            return connection.getresponse().status

    # Refused before it was read: then the front may find the line closed and say 503 in its own words.
    assert set(attacked(site, send, threads=4)) <= {400, 403, 413, 503}


def test_uploads_beyond_what_is_taken(site):
    """Multipart bodies of 40 MB in one file and of 3,000 parts."""
    [phone] = site.people(1)
    cookies = "; ".join(f"{name}={value}" for name, value in phone.cookies.items())
    edge = b'--e\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'
    whole = edge + b"a" * 40_000_000 + b"\r\n--e--\r\n"
    parts = edge.replace(b"\r\n\r\n", b"\r\n\r\na\r\n") * 3_000 + b"--e--\r\n"
    bodies = iter([whole, parts] * 10_000)

    def send(over):
        with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
            kind = {"Content-Type": "multipart/form-data; boundary=e", "Cookie": cookies}
            try:
                connection.request("POST", "/imports/roster/", next(bodies), kind)
                return connection.getresponse().status
            except OSError as error:
                return type(error).__name__

    attacked(site, send, threads=3)


def test_greedy_questions(site):
    """Searches with every sign that a pattern knows, pages far beyond the last, reports over everything, at once."""
    phones = site.people(8)
    asked = iter([
        "/search/?" + urlencode({"q": "%_" * 200}), "/search/?" + urlencode({"q": "(a+)+$" * 50}),
        "/members/?" + urlencode({"q": "\\" * 500}), "/members/?page=999999999", "/members/?page=" + "9" * 4000,
        "/settings/audit/?page=99999999", "/reports/terms/", "/reports/", "/?" + urlencode({"year": "9" * 50}),
        "/meetings/?" + urlencode({"q": "%" * 1000, "page": "-1"}), "/assessment/?year=2025", "/duties/?year=2025",
    ] * 10_000)  # fmt: skip
    mine = iter(range(10_000_000))

    def send(over):
        phone = phones[next(mine) % len(phones)]
        try:
            return phone.get(next(asked))[0]
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__

    assert 200 in attacked(site, send, threads=3)


def test_a_statement_that_does_not_end_is_given_up(site):
    """What the web asks of the database ends after the seconds of the setting."""
    told = json.loads(
        _shell(
            site,
            "import json; from django.db import connection as c; k = c.cursor(); "
            "k.execute('show statement_timeout'); print(json.dumps(k.fetchone()))",
        )
    )

    assert told == ["5s"]


def _shell(site, words):
    argv = [sys.executable, "-c", f"import django; django.setup(); {words}"]
    return subprocess.run(argv, cwd=real_site.ROOT, env=site.environ, capture_output=True, text=True, check=True).stdout
