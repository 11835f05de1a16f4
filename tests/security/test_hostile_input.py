"""Whatever is typed into an address or a form, the portal answers in words: never with an error of its own.

The suite draws of the bent values for each page by the run's dice; `make prove` sends them all.
"""

import random
import sys
from datetime import date
from urllib.parse import urlencode

import pytest
from django.core.signals import got_request_exception

from tests.routes import TARGETS, keys_of, person_for, routes

pytestmark = pytest.mark.django_db
ROUTES = list(routes())
SAFE = [route for route in ROUTES if "get" in route.methods]
UNSAFE = [route for route in ROUTES if "post" in route.methods]
HOSTILE = {
    "nul": "党\0建", "surrogate": "\ud800", "digits": "9" * 5000, "bigint": "9223372036854775808", "int": "2147483648",
    "smallint": "32768", "minus": "-1", "power": "1e999", "not a number": "NaN", "other digits": "٣", "superscript": "²",
    "first day": "0001-01-01", "last day": "9999-12-31", "no day": "2025-02-30", "year nought": "0000", "empty": "",
    "zero": "0", "long": "党" * 350_000, "quote": "' OR 1=1 --", "json": '{"$ne": 1}', "turned": "\u202egnp.\u202d",
    "first month": "0001-01", "last month": "9999-12",
}  # fmt: skip
ADDRESSES = ("nul", "digits", "other digits", "last day", "year nought")  # the suite draws two for each page
LONG = 16  # fields
ASKED = (  # what views read from an address
    "about", "add", "as", "ask", "at", "branch", "document", "box", "campaign", "duty", "entry", "filled", "find", "form", "format", "free",
    "from", "from_month", "group", "held_on", "key", "kind", "lack", "level", "like", "line", "meeting", "member", "month", "name",
    "named", "next", "on", "only", "owner", "page", "part", "place", "print", "q", "quarter", "reached", "result", "role", "round", "rule",
    "sample", "scope", "serial", "session", "show", "source", "stage", "state", "status", "step", "tab",
    "under", "until_month", "upper", "visit",
    "when", "year",
)  # fmt: skip
DAY = "2025-11-20"
MEETING = {
    "kinds": "theme_party_day", "held_on": DAY, "topic": "新的主题", "place": "会议室", "host": "王伟", "due_count": "9",
    "attended_count": "8", "minutes": "学习", "version": "1", "masses_count": "0", "agenda-rows": "2", "agenda-0-kind": "first",
    "agenda-0-title": "学习", "agenda-0-study_item": "", "vote-rows": "1", "vote-0-rule": "election", "vote-0-title": "换届",
    "vote-0-entitled": "9", "vote-0-present": "8", "vote-0-in_favour": "0", "vote-0-seats": "1", "vote-0-ballots_out": "8",
    "vote-0-ballots_back": "8", "vote-0-name-rows": "2", "vote-0-name-0-name": "王伟", "vote-0-name-0-votes": "8",
    "basic_forms": "", "lecturer": "", "agenda_notice": "", "att-1": "present",
}  # fmt: skip
ACTS = {  # what the buttons of a page send beside the fields of its form
    "meetings:add": [MEETING, MEETING | dict.fromkeys(("all", "skeleton", "unified", "more_names"), "0")],
    "meetings:edit": [MEETING | {"submit": "1"}],
    "meetings:send_back": [{"reason": "请补名单"}],
    "members:transfer_list_add": [
        {"branch": "1", "title": "x", "number": "", "moves_on": DAY, "rows": "2", "row-1-name": "王伟",
         "row-1-source": "", "row-1-target": "x"},
    ],
    "members:transfer_list_issue": [{"issued_on": DAY, "valid_days": "30", "dues_paid_through": "2025-11"}],
    "members:transfer_list_confirm": [{"receipt_on": DAY}],
    "members:transfer_arrive": [{
        "to_branch": "", "kind": "full", "from_place": "x", "number": "x", "issued_on": DAY, "valid_days": "30",
        "dues_paid_through": "2025-11", "reason": "x", "person-name": "王伟", "person-joined_on": "2020-07-01",
        "person-id_number": "",
    }],
    "meetings:review": [
        {"act": "accept", "pk": "1"}, {"act": "branch", "key": "1"}, {"act": "send_back", "key": "1", "back-1-reason": "补"},
        {"act": "settle", "key": "1", "flag-1-answer": "核实"},
    ],
    "meetings:campaign_move": [{"act": "open"}],
    "meetings:campaign_finish": [{"branch": "", "step": "", "done_on": DAY}],
    "meetings:campaign_find": [{"branch": "", "problem": "x", "measure": "x", "owner": "x", "due_on": DAY}],
    "meetings:campaign_guidance": [{"release": "1"}, {"group": "一组", "guide": "1", "stage": "primary"}],
    "meetings:activity_add": [{"kind": "volunteering", "held_on": DAY, "title": "x", "count": "3", "hours": "1.5"}],
    "meetings:plan_add": [{"kind": "first", "year": "2025", "title": "x", "lines": "1月 学习", "branch": ""}],
    "meetings:campaign_add": [{
        "branch": "", "kind": "org_life_meeting", "assessment_year": "2025", "title": "x", "opens_on": DAY,
        "ends_on": "2026-03-31", "steps": "2026-01-10 学习", "plan": "x",
    }],
    "duties:hand": [{"to": ""}],
    "duties:unlock_ask": [{"reason": "停电"}],
    "duties:unlock_decide": [{"grant": "1", "until": DAY, "answer": "x"}, {"refuse": "1", "until": "", "answer": "x"}],
    "duties:notice_add": [
        {"branch": "", "kind": "notice", "title": "x", "body": "x", "reach": "all", "deadline_on": DAY, "month": "2025-11"},
        {"tick": "1", "sort": "branch", "stage": "primary", "addressed_to": "1"},
    ],
    "duties:notice_marks": [{"mark-1": "present"}],
    "duties:receipt": [{"sign": "1"}, {"reply": "1", "answer": "已办"}],
    "reminders:list": [{"until": "1"}],
    "reminders:calls": [{"reason": "催办", "password": "x"}],
    "reminders:channels": [
        {"act": "open", "branch": "1", "kind": "wecom", "new_address": "https://a/b", "daily_limit": "5"},
        {"act": "try", "channel": "1"}, {"act": "disable", "channel": "1", "version": "1"}, {"act": "retry", "delivery": "1"},
    ],
    "reminders:bulletin_add": [{"period": "month/2025-10-01"}],
    **{f"reminders:bulletin_{act}": [{"version": "1"}] for act in ("sign", "reopen", "publish")},
    "reminders:ladder_take": [
        {"subject": "ideology_return", "level": "reminder", "parties": "x"},
        {"each": "reminder:ideology_return", "page": "1", "list": "1"},
    ],
    "portal:account": [
        {"act": "appoint", "branch": "1", "role": "editor", "started_on": DAY}, {"act": "dismiss", "post": "1", "on": DAY},
        {"act": "disable"}, {"act": "reset"},
    ],
    "portal:import_batch": [{"act": "commit", "only_valid": "1"}, {"act": "undo"}],
    "assessment:judge": [{"part": "PF10", "b1-PF10-points": "1", "b1-PF10-reason": "x"}],
    "branches:title_move": [{"act": act, "number": "x", "named_on": DAY, "ended_why": "x"} for act in ("name", "end", "report")],
    "branches:titles_report": [{"title": "1", "year": "2025"}],
    "branches:seven": [{"carry": "1", "year": "2025"}],
    "branches:duties4_carry": [{"branch": "1", "year": "2025"}],
    "branches:duty4_edit": [{"strike": "1", "version": "1"}],
    "branches:contact_visit": [{"drop": "1"}],
    "branches:standard_move": [{"item": "1", "to": "up", "version": "1"}, {"group": "1", "to": "down", "version": "1"}],
    "branches:standard_drop": [{"item": "1", "version": "1"}, {"group": "1", "version": "1"}],
    "branches:standard_act": [{"act": "retire"}],
    "branches:campaign_act": [{"act": "close"}],
    "branches:campaign_assessors": [{"release": "1", "kind": "first", "branch": "1"}],
    "branches:letters": [{"pk": "1", "prefix": "x", "serial": "1", "due_on": DAY}],
    "branches:catalogue_act": [{"act": "retire"}],
    "branches:rectifications_settle": [{"act": "close", "pk": "1"}],
    "branches:file_add": [{"files": ""}],
}  # fmt: skip
OF_A_BRANCH = {  # pages that first ask whom it is about
    "branches:inspection_add", "branches:talk_add", "branches:risk_add", "branches:title_add", "branches:form_count_add",
    "branches:weak_add", "meetings:decision_add",
}  # fmt: skip
LADDER = {
    "answer": {"version": "1", "text": "说明"}, "hand": {"version": "1", "to": "纪工委", "handed_on": DAY},
    "close": {"version": "1", "outcome": "已办"},
}  # fmt: skip


@pytest.fixture
def faults():
    """What went wrong inside, in the words of the error."""
    found = []

    def note(sender, request=None, **_):
        found.append(repr(sys.exc_info()[1])[:200])

    got_request_exception.connect(note)
    yield found
    got_request_exception.disconnect(note)


def body(fields):
    """As a browser would not send it: surrogates and all."""
    return urlencode(fields, doseq=True, errors="surrogatepass")


def address(county, route, person):
    """The route at a row that the person may change, or without a key."""
    if "pk" not in route.args:
        return route.url()
    owners = dict(reversed(keys_of(county, TARGETS[route.name])))
    wanted = ("a1", "root") if person != "admin" else ("a1", "admin", None, "root")
    return route.url(next((owners[owner] for owner in wanted if owner in owners), next(iter(owners.values()))))


def bodies(county, ask, route, person, url):
    """The forms that the page sends: as shown, and what its buttons send."""
    found = [dict(act) for act in ACTS.get(route.name, [])]
    pk = url.rstrip("/").split("/")[-2]
    act = route.name.removeprefix("reminders:ladder_")
    found += [{f"{act}-{pk}-{name}": value for name, value in LADDER[act].items()}] if act in LADDER else []
    if "get" in route.methods:
        context = ask(person, "get", url).context or {}
        forms = [*context.get("forms", ()), *filter(None, [context.get("form")])]
        found.append({field.html_name: typed(field.value()) for form in forms for field in form})
    own = str(county.branches["a1"].pk)
    return [
        {name: own if name == "branch" and value == "" else value for name, value in each.items()}
        for each in found or [{}]
    ]


def typed(value):
    if isinstance(value, (list, tuple)):
        return [str(getattr(each, "pk", each)) for each in value]
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(getattr(value, "pk", value))


def bent(whole, *, every=False):
    """Bodies with each field bent in turn, sent twice, left out; with all of them bent at once; and none at all.

    Of the two ways in which a field is bent one is drawn, and of a long form every other field; `every` takes all.
    """
    values = list(HOSTILE.values())
    places = {name: (values[place % len(values)], values[-1 - place % len(values)]) for place, name in enumerate(whole)}
    taken = whole if every or len(whole) <= LONG else random.sample(list(whole), max(LONG, len(whole) // 2))
    for name in taken:
        for value in places[name] if every else random.sample(places[name], 1):
            yield whole | {name: value}
    for value in (HOSTILE["nul"], HOSTILE["digits"]):
        yield dict.fromkeys(whole, value)
    yield {name: [value, HOSTILE["minus"]] for name, value in whole.items()}
    yield {}


def send(ask, person, url, fields):
    return ask(person, "post", url, body(fields), content_type="application/x-www-form-urlencoded").status_code


@pytest.mark.parametrize("route", SAFE, ids=lambda route: route.name)
def test_no_address_breaks_a_page(county, ask, faults, route):
    ask_bent(county, ask, faults, route, random.sample(ADDRESSES, 2))


def ask_bent(county, ask, faults, route, names):
    person, wrong = person_for(county, route), []
    url = address(county, route, person)
    for name in names:
        if ask(person, "get", f"{url}?{body(dict.fromkeys(ASKED, HOSTILE[name]))}").status_code >= 500:
            wrong.append((name, faults[-1:]))

    assert wrong == []


@pytest.mark.parametrize("route", UNSAFE, ids=lambda route: route.name)
def test_no_form_breaks_the_portal(county, ask, faults, route):
    send_bent(county, ask, faults, route)


def send_bent(county, ask, faults, route, *, every=False):
    person, wrong = person_for(county, route), []
    url = address(county, route, person)
    url += f"?branch={county.branches['a1'].pk}" if route.name in OF_A_BRANCH else ""
    for whole in bodies(county, ask, route, person, url):
        for fields in bent(whole, every=every):
            if send(ask, person, url, fields) >= 500:
                changed = {name: value[:20] for name, value in fields.items() if whole.get(name) != value}
                wrong.append((changed, faults[-1:]))

    assert wrong == []
