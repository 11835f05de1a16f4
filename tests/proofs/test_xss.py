"""T-XSS: 120 payloads in every text column, every page in a real browser; and the same words in every address."""

import random
from urllib.parse import urlencode

import pytest

from tests.browser.gathered import Shown, gather
from tests.browser.planted import PAYLOADS, again, columns, open_all, plant, shown
from tests.browser.test_xss_pages import unguarded
from tests.proofs.scale import SEED, SHARE
from tests.security.test_hostile_input import ASKED

pytestmark = pytest.mark.django_db
TURNS = max(1, round(10 * SHARE))  # each cell holds another dozen of the payloads each time


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.mark.parametrize("turn", range(TURNS))
def test_no_payload_in_any_column_does_anything(county, ask, chromium_path, kept, turn):
    pages = kept.get("pages") or gather(county, ask)[0]
    kept["pages"] = pages
    plant(turn)
    pages = again(ask, pages)
    kept["seen"] = kept.get("seen", set()) | shown(pages)
    pairs = kept["seen"]
    print(
        f"T-XSS, turn {turn}: {len(pages)} pages; so far {len({column for column, _ in pairs})} of {len(columns())} columns"
        f" and {len({payload for _, payload in pairs})} payloads seen on pages, {len(pairs)} pairs"
    )

    assert [page.url for page in pages if unguarded(page)] == []
    assert open_all(pages, chromium_path) == {}


def test_no_payload_in_any_address_does_anything(county, ask, chromium_path, kept):
    rng, asked = random.Random(SEED), []
    for page in kept.get("pages") or gather(county, ask)[0]:
        words = {name: rng.choice(PAYLOADS) for name in ASKED}
        url = f"{page.url}?{urlencode(words)}"
        answer = ask(page.person, "get", url)
        if b"<html" in answer.content[:200]:
            asked.append(Shown(page.name, page.person, url, answer.content, dict(answer.headers)))
    print(f"T-XSS, addresses: {len(asked)} pages, each with {len(ASKED)} parameters")

    assert [page.url for page in asked if unguarded(page)] == []
    assert open_all(asked, chromium_path) == {}
