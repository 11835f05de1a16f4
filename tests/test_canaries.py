"""T-PERM-2: what a page shows is for the eyes of the person who asked: every word of COUNTY-S says whose it is."""

import io
import zipfile
from xml.sax.saxutils import unescape

import pytest

from accounts.policy import PUBLIC, SIGNED_IN
from tests.canaries import CANARY, strangers
from tests.routes import cases

pytestmark = pytest.mark.django_db
EYES = [  # one of each reach; tests/proofs asks everybody
    "anonymous", "staff", "committee a", "secretary a1", "secretary shut", "editor c2", "inspector a", "discipline b",
    "two roles", "moved secretary",
]  # fmt: skip
WAYS = {  # other faces of the same pages
    "duties:list": ("?only=missing", "?year=2024", "?q=Ⓒ"),
    "members:list": ("?q=Ⓒ", "?kind=full", "?page=2"),
    "meetings:list": ("?q=Ⓒ", "?state=draft", "?state=returned", "?kind=party_lecture&year=2025", "?page=2"),
    "branches:list": ("?q=Ⓒ", "?stage=primary"),
    "assessment:list": ("?year=2024", "?order=rank", "?q=Ⓒ"),
    "assessment:judge": ("?part=PF10", "?q=Ⓒ"),
    "portal:accounts": ("?q=Ⓒ", "?page=2"),
}


def pages(county, person):
    """Every page that opens for the person, in each of its ways."""
    for route, method, url, what, owner in cases(county, person):
        if method != "get" or "get" not in route.methods:
            continue
        reach = county.reach(person, route.policy)
        if route.policy in (PUBLIC, SIGNED_IN) or owner in reach or (reach and owner is None) or what == "batch":
            yield url, {}
            for number, way in enumerate(WAYS.get(route.name, ()) if not what else ()):
                yield url + way, {"HTTP_HX_REQUEST": "true"} if number % 2 else {}


def words(response):
    """All text of an answer: page and headers, or each part of a workbook; of a picture or a PDF what can be read."""
    text = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    if response.content[:2] != b"PK":
        return text + response.content.decode(errors="replace")  # a picture has no words
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return text + "".join(unescape(archive.read(name).decode()) for name in archive.namelist())


@pytest.mark.parametrize("person", EYES)
def test_nobody_reads_a_word_that_is_not_for_them(county, ask, person, record_property):
    may_read, secrets = county.may_read(person), county.secrets
    leaks, seen, read = {}, set(), 0
    for url, headers in pages(county, person):
        text = words(ask(person, "get", url, **headers))
        read += 1
        seen |= {found.group() for found in CANARY.finditer(text)}
        if foreign := strangers(text, may_read) | {secret for secret in secrets if secret in text}:
            leaks[url] = sorted(foreign)
    record_property("pages", read)

    assert leaks == {}
    assert (len(seen) > 3) == bool(county.reach(person, "branch.see")), "a page that shows nothing proves nothing"


def test_the_watch_itself_notices_a_foreign_word(county):
    eyes = county.may_read("secretary a1")
    own, foreign = county.members["a1"][0], county.members["b1"][0]

    assert strangers(f"Ⓒmember-{own.pk}-name Ⓒmember-{own.pk}-audit", eyes) == set()
    assert strangers(f"Ⓒmember-{foreign.pk}-name", eyes) == {f"Ⓒmember-{foreign.pk}-name"}
    assert strangers(f"Ⓒmeeting-{county.meetings['a2'][0].pk}-topic", eyes) != set()
    assert strangers(f"Ⓒbranch-{county.branches['a'].pk}-name", eyes) == set()
    assert strangers(f"Ⓒbranch-{county.branches['a'].pk}-note", eyes) != set()
    assert len(county.secrets) == 60 * 2 + 14
