"""T-QRY over the whole portal: following the links as two posts, no page asks the database more often in a county four
times as large, and no link leads nowhere.

Counted is how often one page asks the same question: pages of one address may ask different things, but one that asks the
same of every row asks it more often where there are more.
"""

import random
import re
from collections import Counter, defaultdict
from datetime import date
from html import unescape

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve

from accounts.models import User
from portal import demo

TODAY = date(2026, 11, 20)
SMALL, LARGE = 0.1, 0.4
EACH = 5  # pages looked at of one route
LINK = re.compile(r'href="(/[^"#]*)"')
WORD = re.compile(r"[a-z_]+")
LIST = re.compile(r"%s(?:, ?%s)+|\(%s\)(?:, \(%s\))+")
WITHIN = 2  # times: two records of one kind may differ by what they have


def counted(size, person):
    """((route, statement) → how often a page asks it at most, {link that leads nowhere: the page it stands on})."""
    with transaction.atomic():
        demo.build(size=size, seed="1", today=TODAY)
        found = crawl(person)
        transaction.set_rollback(True)
    return found


def crawl(person):
    client, rng = Client(), random.Random(1)
    client.force_login(User.objects.get(username=person))
    most, dead, seen, waiting = defaultdict(int), {}, defaultdict(set), [("/", "")]
    while waiting:
        address, page = waiting.pop(rng.randrange(len(waiting)))
        route = route_of(address)
        if route is None or address in seen[route] or len(seen[route]) >= EACH:
            continue
        seen[route].add(address)
        with transaction.atomic(), Asked() as asked:
            answer = client.get(address)
            body = answer.getvalue()
        if answer.status_code in (403, 404):
            dead[address] = page
        if answer.status_code != 200:
            continue
        for statement, times in asked.times.items():
            most[route, statement] = max(most[route, statement], times)
        if answer["Content-Type"].startswith("text/html"):
            waiting += [(unescape(link), address) for link in LINK.findall(body.decode())]
    return dict(most), dead


class Asked:
    """statement, whatever its parameters → how often it was asked within the block."""

    def __enter__(self):
        self.times, self.wrapper = Counter(), connection.execute_wrapper(self._add)
        self.wrapper.__enter__()
        return self

    def __exit__(self, *error):
        self.wrapper.__exit__(*error)

    def _add(self, execute, sql, *rest):
        self.times[LIST.sub("%s…", str(sql))] += 1
        return execute(sql, *rest)


def route_of(address):
    """The route, and which of its pages where they are named by a word: each report is a page of its own."""
    try:
        found = resolve(address.partition("?")[0])
    except Resolver404:
        return None
    return " ".join([found.view_name, *filter(WORD.fullmatch, map(str, found.kwargs.values()))])


@pytest.mark.parametrize("person", ["gongwei", "shuji"])
@pytest.mark.django_db
def test_no_page_asks_more_often_in_a_larger_county_and_no_link_leads_nowhere(person):
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        (small, dead), (large, also_dead) = counted(SMALL, person), counted(LARGE, person)

    both = {route for route, _ in small} & {route for route, _ in large}
    assert len(both) > 100
    assert dead | also_dead == {}
    assert {
        (route, statement): (small.get((route, statement), 0), times)
        for (route, statement), times in large.items()
        if route in both and times > small.get((route, statement), 0) + WITHIN
    } == {}


@pytest.mark.django_db
def test_asking_of_every_row_would_be_found():
    """The counting itself: three rows asked one by one are three times the same question."""
    with Asked() as asked:
        for key in (1, 2, 3):
            User.objects.filter(pk=key).first()
        list(User.objects.filter(pk__in=[1, 2, 3]))
        list(User.objects.filter(pk__in=[1, 2]))

    assert sorted(asked.times.values()) == [2, 3]
