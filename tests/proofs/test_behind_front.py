"""The guide of deploy/ tried: HTTPS, nginx with the given configuration, the web server by the line of its unit."""

import gzip
import http.client
import re
import shutil
import ssl
import subprocess
import sys
import time
from contextlib import closing
from urllib.parse import urlencode

import pytest

from tests.config.front import configured
from tests.proofs import real_site
from tests.proofs.scale import SHARE

TIMES = max(20, round(400 * SHARE))
TRUSTING = ssl._create_unverified_context()  # noqa: S323 - a certificate of its own, over loopback


class Browser:
    def __init__(self, port):
        self.port, self.cookies = port, {}

    def ask(self, method, path, body=None, **headers):
        """(status, headers, bytes) over TLS."""
        with closing(http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=TRUSTING)) as line:
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            origin = {"Host": "localhost", "Cookie": cookies, "Referer": "https://localhost/"}
            line.request(method, path, body, origin | headers)
            answer = line.getresponse()
            data = answer.read()
        for told in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = told.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, answer.headers, data

    def post(self, path, **fields):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(fields), **kind)


@pytest.fixture(scope="module")
def site():
    if not (program := shutil.which("nginx")):
        pytest.skip("这里没有 nginx：apt install nginx-light")
    vendor = real_site.ROOT / "var/vendor"
    with real_site.running(is_real=True, vendor=vendor, HTTPS="1", ALLOWED_HOSTS="localhost", DEMO="0") as site:
        folder = site.folder / "front"
        site.http, site.https = real_site.free_port(), real_site.free_port()
        written = configured(folder, ports=(site.http, site.https), portal=site.port)
        (folder / "static").symlink_to(site.folder / "static")
        nginx = subprocess.Popen([program, "-c", written, "-g", "daemon off;"], start_new_session=True)
        browser = Browser(site.https)
        real_site.until(lambda: _answers(browser), 20)
        yield site
        nginx.terminate()
        nginx.wait(20)


def _answers(browser):
    try:
        return browser.ask("GET", "/livez")[0] == 200
    except OSError:
        return False


@pytest.fixture
def browser(site):
    return Browser(site.https)


def test_plain_http_is_sent_to_https(site):
    with closing(http.client.HTTPConnection("127.0.0.1", site.http)) as line:
        line.request("GET", "/members/?q=%E6%9F%90", headers={"Host": "localhost"})
        answer = line.getresponse()

    assert (answer.status, answer.headers["Location"]) == (301, "https://localhost/members/?q=%E6%9F%90")


def test_somebody_signs_in(site, browser):
    subprocess.run([sys.executable, "manage.py", "first_admin"], cwd=real_site.ROOT, env=site.environ, check=True)
    name, password = (site.folder / "first-admin.txt").read_text().split()
    _, _, page = browser.ask("GET", "/sign-in/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.decode())[1]

    status, headers, _ = browser.post("/sign-in/", username=name, password=password, csrfmiddlewaretoken=token)

    assert (status, headers["Location"]) == (302, "/")
    assert {"__Host-session", "__Host-csrf"} <= set(browser.cookies)
    status, headers, _ = browser.ask("GET", "/")
    assert (status, headers["Location"]) == (302, "/password/")  # the first password opens one page


def test_every_answer_carries_the_headers(browser):
    for path, status in (("/sign-in/", 200), ("/nothing/", 302), ("/static/nothing.css", 404), ("/livez", 200)):
        found, headers, _ = browser.ask("GET", path)
        assert found in (status, 404)
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert not re.search(r"\d", headers["Server"]), headers["Server"]
        assert "X-Powered-By" not in headers


def test_static_files_come_from_the_front_small_and_for_good(browser):
    _, _, page = browser.ask("GET", "/sign-in/")
    found = sorted(set(re.findall(r'"(/static/[^"#]+\.(?:css|js))', page.decode())))

    assert found
    for path in found:
        status, headers, data = browser.ask("GET", path, **{"Accept-Encoding": "gzip"})
        assert (status, headers["Content-Encoding"]) == (200, "gzip"), path
        assert "immutable" in headers["Cache-Control"]
        assert gzip.decompress(data)


def test_pages_come_small_and_are_kept_nowhere(browser):
    """The token in a form is masked anew each time, so that its length tells nothing (BREACH)."""
    asked = [browser.ask("GET", "/sign-in/", **{"Accept-Encoding": "gzip"}) for _ in range(2)]
    tokens = {
        re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', gzip.decompress(page).decode())[1]
        for *_, page in asked
    }

    assert len(tokens) == 2
    assert all("no-store" in headers["Cache-Control"] for _, headers, _ in asked)
    assert "SameSite=Lax" in asked[0][1]["Set-Cookie"]


@pytest.mark.parametrize(("megabytes", "status"), [(24, 403), (27, 413)], ids=["below", "above"])
def test_an_upload_above_the_limit_ends_at_the_front(browser, megabytes, status):
    """What the front lets through is refused by the portal, since nobody is signed in."""
    found, _, _ = browser.ask("POST", "/imports/roster/", b"a" * megabytes * 1_000_000)

    assert found in (status, 503 if status == 403 else status)  # unread, and the line closed by the portal


def test_readyz_is_for_the_own_machine(site, browser):
    assert browser.ask("GET", "/readyz")[0] == 200
    assert "deny all" in (site.folder / "front/site.conf").read_text("utf-8")


def test_no_query_stands_in_the_log(site, browser):
    browser.ask("GET", "/sign-in/?next=/members/?q=%E5%90%8D")

    for log in (site.folder / "front").glob("portal*.log"):
        assert "next=" not in log.read_text()


def test_what_the_visitor_says_of_himself_is_not_believed(site, browser):
    browser.ask("GET", "/sign-in/")
    for number in range(8):
        _, _, page = browser.ask("GET", "/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.decode())[1]
        status, _, _ = browser.ask(
            "POST", "/sign-in/", urlencode({"username": "w", "password": "x", "csrfmiddlewaretoken": token}),
            **{"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": f"10.1.{number}.1"},
        )  # fmt: skip
    assert status in (403, 429), "five tries from one network, whatever it calls itself"


def test_figures(browser):
    for name, path in (("/livez", "/livez"), ("door", "/sign-in/")):
        begun, took = time.monotonic(), []
        for _ in range(TIMES):
            start = time.monotonic()
            assert browser.ask("GET", path)[0] == 200
            took.append(time.monotonic() - start)
        took.sort()
        print(f"{name}: {TIMES / (time.monotonic() - begun):.0f} a second over fresh TLS lines by one visitor, "
              f"p50 {took[TIMES // 2] * 1000:.0f} ms, p95 {took[TIMES * 95 // 100] * 1000:.0f} ms")  # fmt: skip


def test_a_portal_that_is_away_is_told_by_the_front(site, browser):
    """Last: the web server ends, the front goes on."""
    site.stop()

    status, headers, page = browser.ask("GET", "/sign-in/")

    assert (status, headers["Retry-After"]) == (503, "5")
    assert "系统正在恢复" in page.decode()
    site.start()
    real_site.until(lambda: browser.ask("GET", "/livez")[0] == 200, 20, site.log)
