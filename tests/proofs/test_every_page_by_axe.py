"""Every page of the portal with axe, at both widths and in 大字版, where the suite draws of them."""

import pytest

from tests.browser.gathered import gather
from tests.browser.looked import look

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.mark.parametrize(
    ("width", "large"), [(1280, False), (360, False), (360, True)], ids=["1280", "360", "360 large"]
)
def test_axe_finds_nothing_anywhere(county, ask, chromium_path, kept, width, large):
    pages = kept.get("pages") or gather(county, ask)[0]
    kept["pages"] = pages
    print(f"axe: {len(pages)} pages at {width} px{', large' if large else ''}")

    assert look(pages, chromium_path, width=width, large=large) == {}
