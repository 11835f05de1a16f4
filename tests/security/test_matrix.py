"""T-PERM-1: every route × method × person × row, against what the table of rights says of it."""

import random

import pytest
from django.urls import reverse

from accounts.policy import PUBLIC, SIGNED_IN
from branches.models import Branch
from tests import county_exports, county_quality
from tests.routes import cases, routes, verb_of
from tests.security.watch import Watch

pytestmark = pytest.mark.django_db
PEOPLE = [  # the sixteen principals of T-PERM-1, a 督查 of the whole county, and who has a task without a post;
    # `make prove` asks the others of COUNTY-S too
    "anonymous", "admin", "staff", "leader of a", "committee a", "secretary a1", "secretary alone", "secretary shut",
    "editor a1", "inspector a", "discipline b", "two roles", "moved secretary", "expired", "not yet", "suspended",
    "member without post", "inspector", "assessor", "former assessor", "grader",
]  # fmt: skip
OTHERS = [
    "second admin", "leader", "committee b", "secretary b1", "editor c2", "inspector c", "discipline", "last day",
    "guide b2", "instructor a2", "contact c2",
]  # fmt: skip
# As another of PEOPLE in role and relations. The suite draws a sixth of the routes for them, half for the others:
# each route is asked by about nine people in every run, each person asks all in a few; `make prove` asks all at once.
ALIKE = {"secretary alone", "moved secretary", "expired", "not yet", "inspector", "former assessor"}
DOOR = reverse("accounts:sign_in")
OPENED = {200, 302}
FOLLOWED = {
    "plan",
    "campaign",
    "honour_round",
    "call",
    "call_notice",
    "screening_campaign",
    "class",
    "class_session",
    "class_file",
    "teacher",
    "exam",
}
COUNTY_WIDE = {"scheme", "scheme_draft", "seal", "reopening", "school_term"}
OWN = {
    "batch",
    "job",
    "job_file",
    "own_export",
    "export_columns",
    "saved_report",
}  # shown to nobody but the person who asked for it


def expected(county, person, route, method, what, owner):
    """The codes that are right, by the rows of the county and ROLES alone."""
    if route.policy != PUBLIC and not county.is_signed_in(person):
        return {"door"}
    if route.policy not in (PUBLIC, SIGNED_IN) and not county.reach(person, route.policy):
        return {403}
    if method not in route.methods:
        return {405}
    if what in OWN:
        return OPENED if owner == person else {404}
    if what == "export":
        return OPENED if county_exports.lies_open(county, person, owner) else {404}
    if what == "account":
        return {404} if owner == "nobody" else OPENED
    if what:
        return OPENED if _lies_open(county, person, route, what, owner) else {404}
    return OPENED


def _lies_open(county, person, route, what, owner):
    if what == "graded":
        if owner not in county.graded:
            return False
        if route.name == "assessment:sheet" and owner == "shut" and owner in county.reach(person, "score.rank"):
            return False  # closed before the year: it is not in the ranking
    verb = verb_of(route, what)
    if what in county_quality.OF_SCREENING and verb in ("screening.see", "screening.judge"):
        return county_quality.lies_open(county, person, what, owner, verb=verb)
    places = county.reach(person, verb)
    if what in COUNTY_WIDE:  # one for all: who may read anywhere reads it
        return owner != "nobody" and bool(places)
    if what in FOLLOWED:  # what an organisation lays down can be read, and its steps reported, by all below it
        reads = route.methods == ("get",) and verb not in ("honour.run", "screening.run", "training.run", "call.run")
        follows = reads or route.policy in ("meeting.edit", "honour.nominate", "training.enrol")
        return owner in places or (follows and any(county.lies_below(place, owner) for place in places))
    return owner in places


@pytest.mark.parametrize("person", PEOPLE)
def test_each_route_answers_each_person_as_the_table_says(county, ask, person, record_property):
    found = list(routes())
    drawn = random.sample(found, len(found) // (6 if person in ALIKE else 2))
    ask_everything(county, ask, person, record_property, each=1, among=drawn)


def ask_everything(county, ask, person, record_property, *, each=None, among=None):
    """T-PERM-1, and T-PERM-2 of the pages that open."""
    wrong, refusals, unguarded, sent = [], set(), [], 0
    watch = Watch(county, person)
    for route, method, url, what, owner in cases(county, person, each=each, among=among):
        response = ask(person, method, url)
        sent += 1
        if method == "get":
            watch.look(url, response)
        code = response.status_code
        if code == 302 and response["Location"].startswith(f"{DOOR}?next="):
            code = "door"
        if code not in expected(county, person, route, method, what, owner):
            wrong.append((method, url, owner, code))
        if code == 404:
            refusals.add(response.content)
        if "no-store" not in response.headers.get("Cache-Control", ""):
            unguarded.append(url)
    record_property("combinations", sent)

    assert wrong == [], f"{len(wrong)} of {sent} combinations: {wrong[:20]}"
    assert len(refusals) <= 1, "a row of others and a row that is not there must look the same"
    assert unguarded == []
    assert watch.leaks == {}, dict(list(watch.leaks.items())[:12])
    assert len(watch.seen) > 3 or not county.reach(person, "branch.see"), "pages that show nothing prove nothing"


def test_the_matrix_holds_everybody_and_every_relation(county, record_property):
    combinations = sum(len(list(cases(county, person))) for person in PEOPLE)
    record_property("combinations", combinations)
    print(f"T-PERM-1: {combinations} combinations of {len(PEOPLE)} people")

    assert {*PEOPLE, *OTHERS} == set(county.people)
    assert Branch.objects.count() == len(county.branches) == 15
    assert sum(map(len, county.members.values())) == 60
    assert combinations > 2_500
