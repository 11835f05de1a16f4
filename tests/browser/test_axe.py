"""WCAG 2.1 AA by axe on the pages of the portal, drawn by the dice of the run; `make prove` looks at every page in every dress.

The county of these pages has words without a break in every column, so that a page that is too narrow for them shows it.
"""

import random
from collections import Counter

import pytest

from tests.browser.gathered import gather
from tests.browser.looked import look
from tests.routes import routes

pytestmark = pytest.mark.django_db
DRAWN = {"desk": 30, "phone": 10, "large": 12}  # routes


@pytest.mark.parametrize(
    ("dress", "width"), [("desk", 1280), ("phone", 360), ("large", 360)], ids=["1280", "360", "360 大字版"]
)
def test_axe_finds_nothing(county, ask, chromium_path, record_property, dress, width):
    pages, _ = gather(county, ask, random.sample(list(routes()), DRAWN[dress]))
    record_property("pages", len(pages))

    assert look(pages, chromium_path, width=width, large=dress == "large") == {}


def test_axe_itself_would_notice(chromium_path):
    page = type("Page", (), {
        "url": "/x/", "person": "x", "headers": {"Content-Type": "text/html"},
        "body": b"<!doctype html><html lang=zh-CN><title>x</title><h1>x</h1><input>"
                b"<p style='color:#bbb;width:2000px'>pale</p><script>console.error('x')</script></html>",
    })  # fmt: skip
    (found,) = look([page], chromium_path).values()

    assert Counter(fault.partition(":")[0] for fault in found)["label"] == 1
    assert {"color-contrast", "x"} <= {fault.partition(":")[0] for fault in found}
    assert any("px too wide" in fault for fault in found)
