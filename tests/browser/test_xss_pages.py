"""T-XSS: a script in every text column of the county stays text. A draw of the pages; `make prove` opens all with every payload."""

import random
import re

import pytest

from tests.browser.gathered import Shown, gather
from tests.browser.planted import PAYLOADS, again, open_all, plant, shown
from tests.routes import routes

pytestmark = pytest.mark.django_db
DRAWN = 40  # routes


def test_what_somebody_typed_is_never_part_of_the_page(county, ask, chromium_path, record_property):
    pages, _ = gather(county, ask, random.sample(list(routes()), DRAWN))
    plant(turn=random.randrange(len(PAYLOADS)))
    pages = again(ask, pages)
    record_property("pages", len(pages))

    assert len(set(PAYLOADS)) == 120
    assert [page.url for page in pages if unguarded(page)] == []
    assert open_all(pages, chromium_path) == {}
    assert len(shown(pages)) > 20, "pages that show nothing prove nothing"


def unguarded(page):
    """Whether the page's own policy would let a script of the page run."""
    policy = dict(re.findall(r"([\w-]+) ([^;]*)", page.headers.get("Content-Security-Policy", "")))
    return policy.get("default-src") != "'none'" or policy.get("script-src") != "'self'" or "unsafe" in str(policy)


@pytest.mark.parametrize(
    ("body", "found"),
    [("<b x55>", "x55"), ("<script>alert(1)</script>", "script-src"), ("<a href='javascript:alert(1)'>x</a>", "javascript"),
     ("<img src='//evil.example/a.png'>", "img-src"), ("<p style='color:red'>x</p>", "style-src")],
)  # fmt: skip
def test_the_browser_itself_would_notice(chromium_path, body, found):
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
    page = Shown("x", "x", "/x/", f"<!doctype html><title>x</title>{body}".encode(),
                 {"Content-Type": "text/html", "Content-Security-Policy": policy})  # fmt: skip

    assert found in str(open_all([page], chromium_path))
