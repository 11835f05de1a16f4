"""Pages of COUNTY-S handed to a real browser: gathered through the test client, served again as the same bytes and headers."""

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders

from tests.routes import keys_of, person_for, routes, targets

PEOPLE = ("admin", "staff", "committee a", "secretary a1", "editor a1", "member without post", "assessor", "grader",
          "discipline", "instructor a2", "contact c2", "anonymous")  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """What one person was shown at one address."""

    name: str
    person: str
    url: str
    body: bytes
    headers: dict


def gather(county, ask, among=None):
    """Every route with a page, once for each kind of row that it shows, as somebody who sees it; and the routes without any."""
    found, without = [], []
    for route in among or routes():
        if "get" not in route.methods:
            continue
        pages = [_page(county, ask, route, what) for what in (targets(route.name) if "pk" in route.args else ("",))]
        found += [page for page in pages if page]
        without += [] if any(pages) else [route.name]
    return found, without


def _page(county, ask, route, what):
    """The first page that somebody gets, or None where there is only a file, a redirect or a refusal."""
    people = dict.fromkeys((person_for(county, route), *PEOPLE))
    urls = [route.url(pk) for _, pk in keys_of(county, what)[:-1]] if what else [route.url()]
    for person in people:
        for url in urls:
            response = ask(person, "get", url)
            is_page = b"<html" in response.content[:200]  # a piece for htmx stands on the page that asks for it
            if response.status_code == 200 and is_page:
                return Shown(route.name, person, url, response.content, dict(response.headers))
            if response.status_code in (200, 403):
                break  # a file whatever the row, or nothing for this person at all
    return None


def static(path):
    """The bytes of one of our own files, or None."""
    if not path.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
        return None
    name = path.split("/", 2)[2]
    if name.startswith("vendor/"):
        file = settings.BASE_DIR / "var" / name
        return file.read_bytes() if file.exists() else None
    file = finders.find(name)
    return Path(file).read_bytes() if file else None


@contextmanager
def served(pages):
    """A server of these pages at `url/<number of the page>/…`; what they ask for besides our own files is in `strange`."""
    strange = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = urlsplit(self.path).path
            number = path.split("/")[1]
            if number.isdigit() and int(number) < len(pages):
                page = pages[int(number)]
                self.answer(200, page.body, page.headers)
            elif (body := static(path)) is not None:
                self.answer(200, body, {"Content-Type": guess_type(path)[0], "Cache-Control": "max-age=3600",
                                        "Cross-Origin-Resource-Policy": "same-origin"})  # fmt: skip
            else:
                strange.append(self.path)
                self.answer(204, b"", {})  # a picture, or a piece asked for by htmx: it has a page of its own

        do_POST = do_GET

        def answer(self, status, body, headers):
            self.send_response(status)
            for name, value in headers.items():
                if name not in ("Content-Length", "Set-Cookie", "Server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # a page that was left did not wait for it
                self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", strange
    finally:
        server.shutdown()
        server.server_close()
