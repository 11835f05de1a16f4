"""T-PERM-2: what a page shows is for the eyes of the person who asked: every word of COUNTY-S says whose it is.

The matrix looks at every page that it opens (tests/security/test_matrix.py); here are the pages' other faces.
"""

import pytest

from accounts.policy import PUBLIC
from tests.canaries import strangers
from tests.routes import routes
from tests.security.watch import Watch

pytestmark = pytest.mark.django_db
EYES = [  # one of each reach; tests/proofs asks everybody
    "anonymous", "staff", "committee a", "secretary a1", "secretary shut", "editor c2", "inspector a", "discipline b",
    "two roles", "moved secretary",
]  # fmt: skip
WAYS = {
    "duties:list": ("?only=missing", "?year=2024", "?q=Ⓒ"),
    "members:list": ("?q=Ⓒ", "?kind=full", "?page=2"),
    "meetings:list": ("?q=Ⓒ", "?state=draft", "?state=returned", "?kind=party_lecture&year=2025", "?page=2"),
    "branches:list": ("?q=Ⓒ", "?stage=primary"),
    "assessment:list": ("?year=2024", "?order=rank", "?q=Ⓒ"),
    "assessment:judge": ("?part=PF10", "?q=Ⓒ"),
    "portal:accounts": ("?q=Ⓒ", "?page=2"),
}


@pytest.mark.parametrize("person", EYES)
def test_nobody_reads_a_word_that_is_not_for_them(county, ask, person, record_property):
    watch, read = Watch(county, person), 0
    for route in routes():
        if route.policy != PUBLIC and not county.reach(person, route.policy):
            continue
        for number, way in enumerate(WAYS.get(route.name, ())):
            watch.look(
                route.url() + way,
                ask(person, "get", route.url() + way, **({"HTTP_HX_REQUEST": "true"} if number % 2 else {})),
            )
            read += 1
    record_property("pages", read)

    assert watch.leaks == {}
    assert watch.seen or not county.reach(person, "branch.see"), "pages that show nothing prove nothing"


def test_the_watch_itself_notices_a_foreign_word(county):
    eyes = county.may_read("secretary a1")
    own, foreign = county.members["a1"][0], county.members["b1"][0]

    assert strangers(f"Ⓒmember-{own.pk}-name Ⓒmember-{own.pk}-audit", eyes) == set()
    assert strangers(f"Ⓒmember-{foreign.pk}-name", eyes) == {f"Ⓒmember-{foreign.pk}-name"}
    assert strangers(f"Ⓒmeeting-{county.meetings['a2'][0].pk}-topic", eyes) != set()
    assert strangers(f"Ⓒbranch-{county.branches['a'].pk}-name", eyes) == set()
    assert strangers(f"Ⓒbranch-{county.branches['a'].pk}-note", eyes) != set()
    assert len(county.secrets) == 60 * 2 + 14
