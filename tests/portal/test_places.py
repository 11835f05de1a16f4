"""The menu: short, by what a post does; its word, the heading, the title and the way back are the same everywhere."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.urls import reverse

from branches.rights import Role, Task, may
from portal import places
from portal.settings import home

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
MOST = {  # entries, 工作台, 帮助 and 全部栏目 among them
    "secretary a1": 18, "editor a1": 18, "staff": 30, "admin": 30, "committee a": 30, "leader": 30, "inspector": 30,
    "discipline": 18, "assessor": 18, "member without post": 3,
}  # fmt: skip
GREETS = {"portal:home"}  # its heading is the person's name, its title the word of the menu
OF_A_YEAR = re.compile(r"^\d{4} 年度?")
CRUMB = re.compile(
    r"{% url '([a-z_:]+)' as (\w+) %}{% include \"components/crumb.html\" with url=(\w+) label=\"([^\"]+)\""
)
OPENED = re.compile(r"打开“([^”]+)”")
INSIDE_A_FORM = {"表决"}


def words_of(pattern, text):
    found = re.search(pattern, text, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", found[1])).split())


def shown(ask, person, url):
    """(heading, title) of the page to which an entry leads at last."""
    answer = ask(person, "get", url)
    while answer.status_code == 302:
        answer = ask(person, "get", answer["Location"])
    assert answer.status_code == 200, url
    text = answer.content.decode()
    return words_of(r"<h1[^>]*>(.*?)</h1>", text), words_of(r"<title>(.*?)</title>", text).partition(" · ")[0]


def called_otherwise(ask, person, entries):
    """What of (route, label) is headed or titled by another word: a year may stand before it, a name after it."""
    faults = {}
    for route, label in entries:
        heading, title = shown(ask, person, reverse(route))
        if route in GREETS:
            heading = title
        if OF_A_YEAR.sub("", heading) != label or title.partition("：")[0] != heading:
            faults[route] = (label, heading, title)
    return faults


@pytest.mark.parametrize("person", MOST)
def test_each_place_is_headed_by_its_word(county, ask, person):
    user = county.people[person]
    found = [place for _, group in places.open_to(user) for place in group]
    if not may(user, "duty.see"):  # the home of who holds no post is the own page
        found = [place for place in found if place.route not in GREETS]

    assert called_otherwise(ask, person, [(place.route, place.label) for place in found]) == {}


def test_each_page_of_the_settings_is_headed_by_its_word(county, ask):
    found = [row["entry"] for _, rows in home.groups(county.people["admin"]) for row in rows]

    assert called_otherwise(ask, "admin", [(entry.route, entry.label) for entry in found]) == {}


def test_the_way_back_is_called_as_the_menu_calls_it():
    called = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for route, name, used, label in CRUMB.findall(path.read_text("utf-8")):
            if name == used and places.label_of(route) not in ("", label):
                called[str(path.relative_to(ROOT))] = (route, label)

    assert called == {}


def test_the_manual_calls_pages_as_the_menu_does():
    known = {place.label for place in places.PLACES.values()}
    known |= {entry.label for _, entries in home.GROUPS for entry in entries} | INSIDE_A_FORM
    texts = {path.name: path.read_text("utf-8") for path in (ROOT / "portal/help").rglob("*.yaml")}

    assert {(name, word) for name, text in texts.items() for word in OPENED.findall(text) if word not in known} == set()


@pytest.mark.parametrize("person", MOST)
def test_a_menu_is_short_and_all_else_is_one_step_away(county, ask, person):
    user = county.people[person]
    text = ask(person, "get", "/places/").content.decode()
    menu, main = text[text.index('id="menu"') :].partition("<main")[::2]

    assert len(re.findall(r'<a href="/', menu)) <= MOST[person]
    ways = set(re.findall(r'href="(/[^"]*)"', main[: main.index("</main>")]))
    assert {reverse(place.route) for _, group in places.open_to(user) for place in group} - ways == {"/places/"}


def test_every_post_and_task_has_a_menu_of_known_places():
    assert {*Role, *Task} == {*places.MENUS}
    assert {route for routes in places.MENUS.values() for route in routes} <= {*places.PLACES}


def test_a_place_that_is_not_on_the_menu_leads_back_to_all_of_them(ask):
    rules = ask("secretary a1", "get", "/settings/rules/").content.decode()
    duties = ask("secretary a1", "get", "/duties/").content.decode()

    assert '<a class="crumb" href="/places/">' in rules
    assert '<a class="crumb" href="/places/">' not in duties


def test_the_search_over_everything_finds_pages_too(ask):
    text = ask("secretary a1", "get", "/search/?q=资料包").content.decode()
    main = text[text.index("<main") :]

    assert 'href="/packs/"' in main
    assert "没有找到" not in main
    assert 'href="/packs/"' not in ask("inspector", "get", "/search/?q=资料包").content.decode()


@pytest.mark.parametrize(("word", "there"), [("处分", True), ("没有这个栏目", False)], ids=["found", "nothing"])
def test_a_place_is_found_by_a_word(ask, word, there):
    text = ask("discipline", "get", f"/places/?q={word}").content.decode()
    main = text[text.index("<main") :]

    assert ("党纪处分" in main) == there
    assert ("没有这样的栏目" in main) != there
    assert "廉政风险点" not in main
