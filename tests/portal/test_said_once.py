"""What an empty list offers as the next act, the heading of the page does not offer a second time."""

import re

import pytest
from django.template import Context, Template

from branches.actions import root
from branches.rights import VERBS, Role, may
from tests import factories
from tests.routes import routes

FILES = re.compile(r"export|word|workbook|template|calendar|print|sign_out")  # what is taken along is no page
HEADING = re.compile(
    r'<div class="pagehead">(.*?)(?=<section|<nav|<form|<div class="(?:note|grid|panel|empty|mb-3))', re.DOTALL
)
LINK = re.compile(r'<a class="btn[^"]*" href="([^"]+)"')
EMPTY = re.compile(r'<div class="empty">.*?</div>', re.DOTALL)  # up to the end of its acts
POSTS = [Role.ADMIN, Role.STAFF, Role.COMMITTEE, Role.SECRETARY]


def told(page):
    """(acts of the heading, acts of the empty lists): their addresses."""
    heading = HEADING.search(page)
    below = [LINK.findall(part) for part in EMPTY.findall(page)]
    return set(LINK.findall(heading[1]) if heading else ()), {url for urls in below for url in urls}


@pytest.mark.django_db
@pytest.mark.parametrize("role", POSTS)
def test_an_empty_list_offers_its_act_once(client, role):
    kind = {Role.COMMITTEE: {"committee": True}}.get(role, {})
    place = root() if role in (Role.ADMIN, Role.STAFF) else factories.BranchFactory(parent=root(), **kind)
    user = factories.UserFactory(serving=place, role=role, must_change_password=False)
    client.force_login(user)
    twice, offered = {}, 0
    for route in routes():
        if route.args or route.methods != ("get",) or FILES.search(route.name):
            continue
        if route.policy in VERBS and not may(user, route.policy):
            continue
        answer = client.get(route.url())
        if answer.status_code != 200 or answer.streaming or not answer["Content-Type"].startswith("text/html"):
            continue
        above, below = told(answer.content.decode())
        offered += bool(below)
        if found := above & below:
            twice[route.name] = found

    assert twice == {}
    assert offered > 5, "on an empty portal there are empty lists that offer something"


PAGE = """{% load ui %}{% said_once %}<div class="pagehead"><div class="acts"><a class="btn btn-primary" href="/add/">登记</a>
<a class="btn btn-plain" href="/find/">查找</a><nav class="seg"><a href="?">全部</a></nav></div></div>{% below %}MAIN{% endsaid_once %}"""


@pytest.mark.parametrize(
    ("main", "left"),
    [
        ('<div class="empty"><h2>空</h2><div class="acts"><a class="btn btn-primary" href="/add/">登记</a></div></div>', {"/find/"}),
        ('<div class="empty"><h2>空</h2></div><a class="btn btn-plain" href="/find/">查找</a>', {"/add/", "/find/"}),
        ('<div class="empty"><div class="acts"><a class="btn btn-primary" href="?">看全部</a></div></div>', {"/add/", "/find/"}),
        ('<div class="empty"></div><div class="empty"><div class="acts"><a class="btn" href="/find/">找</a></div></div>', {"/add/"}),
        ('<p><a href="/add/">登记</a></p>', {"/add/", "/find/"}),
    ],
    ids=["the same act", "a link beside", "another act", "the second list", "no list"],
)  # fmt: skip
def test_only_what_an_empty_list_offers_is_left_out_above(main, left):
    page = Template(PAGE.replace("MAIN", main)).render(Context())

    heading, rest = page.split("</nav></div></div>")
    assert set(LINK.findall(heading)) == left
    assert rest == main
    assert '<a href="?">全部</a>' in heading
