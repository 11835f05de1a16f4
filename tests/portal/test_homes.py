"""The first page of each post: what stands on it, that every way from it is open, and that nothing foreign is told."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessment import forecast
from branches.models import Branch
from tests.county import TODAY

pytestmark = pytest.mark.django_db
MANY, MONTH, ROADS, SCHOOL, PHONES = "党组织 × 组织生活", "本月应办", "发展党员 ", "年进党校", "今天要打的电话"
WAITS, AGEING, CLOSED, POINTS, BORN = "等您办的", "整改未销号", "影响期内的党纪处分", "年预估得分", "政治生日"
HOMES = {  # post → (what stands there, what does not)
    "admin": ({MANY, ROADS, SCHOOL, PHONES, WAITS, AGEING}, {MONTH, CLOSED}),
    "staff": ({MANY, ROADS, SCHOOL, PHONES, WAITS, AGEING}, {MONTH, CLOSED}),
    "committee a": ({MANY, ROADS, SCHOOL, WAITS}, {MONTH, CLOSED}),
    "leader": ({MANY, ROADS, SCHOOL, AGEING}, {MONTH, PHONES, CLOSED}),
    "inspector": ({MANY, ROADS, SCHOOL}, {MONTH, PHONES, WAITS, AGEING, CLOSED}),
    "secretary a1": ({MONTH, POINTS, BORN, WAITS}, {MANY, AGEING, PHONES, SCHOOL}),
    "editor a1": ({MONTH, BORN}, {MANY, AGEING, PHONES, POINTS}),
    "discipline": ({CLOSED, "廉政风险点", "四种形态"}, {MANY, MONTH, WAITS, AGEING, PHONES}),
    "assessor": ({WAITS, "到校研判，分给您的"}, {MONTH, AGEING, PHONES, CLOSED}),
    "member without post": ({"我的信息"}, {MANY, MONTH, WAITS, CLOSED}),
}


@pytest.fixture
def main(ask):
    """main(person) → the page without frame and navigation."""

    def read(person):
        text = ask(person, "get", "/").content.decode()
        return text[text.index("<main") : text.index("</main>")]

    return read


@pytest.mark.parametrize("person", HOMES)
def test_each_post_reads_its_own_first_page(main, person):
    there, absent = HOMES[person]
    text = main(person)

    assert {words for words in there if words not in text} == set()
    assert {words for words in absent if f"<h2>{words}" in text or (words in (MANY, CLOSED) and words in text)} == set()


@pytest.mark.parametrize("person", HOMES)
def test_every_way_from_it_is_open(main, ask, person):
    ways = {url.split("?")[0].split("#")[0]: url for url in re.findall(r'<a [^>]*href="(/[^"]*)"', main(person))}

    answers = {url: ask(person, "get", url.replace("&amp;", "&")).status_code for url in ways.values()}
    assert {url: code for url, code in answers.items() if code not in (200, 302)} == {}


@pytest.mark.parametrize("person", [person for person in HOMES if person != "member without post"])
def test_it_costs_at_most_fifteen_queries(county, ask, person):
    """With the points kept, as they are from the night's pass on."""

    def counted(*args):
        with CaptureQueriesContext(connection) as queries:
            ask(*args)
        return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]

    if person == "secretary a1":
        forecast.run(TODAY.year, on=TODAY)
    queries = counted(person, "get", "/")
    assert len(queries) <= 15, "\n".join(query[:200] for query in queries)


@pytest.mark.parametrize(("person", "scope"), [("committee a", "/a"), ("secretary a1", "/a1"), ("leader of a", "/a")])
def test_no_organisation_outside_the_own_ones_is_named(county, main, person, scope):
    own = county.branches[scope[1:]].path
    foreign = Branch.objects.exclude(path__startswith=own).exclude(parent=None).values_list("name", flat=True)
    text = main(person)

    assert {name for name in foreign if name in text} == set()


def test_a_home_does_not_repeat_the_menu(main, ask):
    text = ask("discipline", "get", "/").content.decode()
    menu = set(re.findall(r'<a href="(/[^"?]*)"', text[text.index('id="menu"') : text.index("<main")]))
    ways = re.findall(r'<a [^>]*href="(/[^"]*)"', main("discipline"))

    assert {url for url in ways if url in menu} <= {reverse("branches:risks")}, "a tile may open what it counts"
    assert "还没有任职" not in text


def test_who_is_signed_in_stands_above_without_brackets_in_brackets(ask):
    assert "））" not in ask("discipline", "get", "/").content.decode()


def test_phones_are_only_on_the_sheet_of_calls(main):
    text = main("staff")

    assert not re.search(r"1\d{10}|1\d{2}\*{4}\d{4}", text)
    assert reverse("reminders:calls") in text
