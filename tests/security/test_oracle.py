"""T-ORAC: no column can be searched, filtered or sorted by through an address; and looking somebody up tells nothing."""

import os
import random

import pytest
from django.apps import apps

import vault
from accounts.models import AuditEvent
from members.models import Member
from office.values import ID_CHECK, ID_WEIGHTS
from tests.canaries import OURS
from tests.routes import routes

pytestmark = pytest.mark.django_db
PERSON = "secretary a1"
UNKNOWN = "nosuchthing"
PROVING = bool(os.environ.get("PROOF"))  # all of them take hours; the suite draws two for each page
# What a list offers by itself is a filter and no oracle.
OFFERED = {
    "q", "page", "branch", "kind", "year", "month", "stage", "state", "scope", "when", "order", "level", "rule", "part",
    "action", "on", "area", "period", "by", "member", "label", "school", "day", "next", "until", "since", "person", "unit",
    "direction", "title", "matter", "subject", "name", "round", "term", "to",
}  # fmt: skip
SUFFIXES = ("", "__startswith", "__contains", "__gt", "__id_number_index", "__member__id_number")


def names():
    """Every column of every table, and paths of two and three steps from it."""
    columns = {
        field.name
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.concrete_fields
    } - OFFERED
    return sorted({column + suffix for column in columns for suffix in SUFFIXES} | {"ordering", "sort", "o", "filter"})


def lists(county):
    for route in routes():
        if not route.args and "get" in route.methods and county.reach(PERSON, route.policy):
            yield route.url()


def body(response, name):
    """What an answer says, without the address asked for, which the page carries along."""
    text = response.content.decode(errors="replace") if not response.streaming else ""
    return response.status_code, len(text.replace(f"{name}=1", ""))


def test_a_column_as_a_parameter_is_as_unknown_as_any_other(county, ask):
    dice, every = random.Random(2025), names()
    pages = sorted(lists(county))
    found, asked = [], 0
    assert "/members/" in pages
    for url in pages:
        plain = body(ask(PERSON, "get", f"{url}?{UNKNOWN}=1"), UNKNOWN)
        chosen = every if PROVING else dice.sample(every, 2)
        for name in chosen:
            asked += 1
            if body(ask(PERSON, "get", f"{url}?{name}=1"), name) != plain:
                found.append(f"{url}?{name}=1")

    assert found == [], f"{len(found)} of {asked}"


def test_the_number_of_somebody_elsewhere_and_of_nobody_answer_alike(county, ask):
    elsewhere = vault.reveal(Member.objects.get(pk=county.members["b1"][0].pk), "id_number")
    digits = "99009919810203" + "999"
    nobody = digits + ID_CHECK[sum(weight * int(digit) for weight, digit in zip(ID_WEIGHTS, digits, strict=True)) % 11]
    answers = []
    for number in (elsewhere, nobody):
        response = ask(PERSON, "post", "/members/find/", {"number": number})
        answers.append((response.status_code, number in response.content.decode(), len(response.content)))

    assert answers[0] == answers[1]
    assert answers[0][:2] == (200, False)


def test_each_look_up_is_counted_and_recorded_without_the_number(county, ask, settings):
    ours = vault.reveal(Member.objects.get(pk=county.members["a1"][0].pk), "id_number")
    before = AuditEvent.objects.filter(action="member.search_id").count()

    def look(response):
        events = AuditEvent.objects.filter(action="member.search_id")
        return response.status_code, events.count() - before, str(list(events.values_list("detail", "object_id")))

    code, recorded, told = ask(PERSON, "post", "/members/find/", {"number": ours}, then=look)
    settings.LOOKUP_LIMITS = {**settings.LOOKUP_LIMITS, "hour": 0}
    refused = ask(PERSON, "post", "/members/find/", {"number": ours})

    assert (code, recorded) == (302, 1)
    assert ours not in told
    assert "请稍后再查" in refused.content.decode()
