"""T-MASS: a form writes what it declares. Every column of every table sent along changes nothing."""

from datetime import date

import pytest
from django.apps import apps
from django.db import models

from branches.models import (
    AdmonitionTalk,
    Appointment,
    Branch,
    CatalogueEntry,
    Inspection,
    IntegrityRisk,
    Notice,
    Receipt,
    ResponsibilityLine,
    Screening,
    Standard,
    StandardItem,
    Title,
)
from meetings.models import Activity, Campaign, Finding, Meeting, StudyPlan
from members.models import Exemption, LeadingCadre, Member, ResponsibilityLetter
from reminders.models import Bulletin
from tests.canaries import OURS
from tests.routes import TARGETS, keys_of, routes
from tests.security.rows import changed, contents, rewind_counters
from training.models import ClassSession, Teacher, TrainingClass

pytestmark = pytest.mark.django_db
# What the views read beside the fields of their form.
READ_BESIDE = {
    "next",
    "act",
    "part",
    "page",
    "all_present",
    "refresh",
    "submit",
    "only_valid",
    "kinds",
    "branch",
    "version",
}


def typed(value):
    if isinstance(value, (list, tuple)):
        return list(value)
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def as_shown(response):
    """The body that a browser would send back from the page's own form."""
    context = response.context
    forms = context["forms"] if "forms" in context else [context["form"]]
    return {field.html_name: typed(field.value()) for form in forms for field in form}


def poison(field):
    """A value of the column's kind that is not there yet."""
    if field.choices:
        return str(field.choices[-1][0])
    if field.is_relation:
        return str(field.related_model.objects.order_by("-pk").values_list("pk", flat=True).first())
    kinds = {
        models.BooleanField: "on", models.DateField: "2001-02-03", models.DateTimeField: "2001-02-03 04:05",
        models.UUIDField: "00000000-0000-4000-8000-000000000000", models.JSONField: '{"x": 1}',
    }  # fmt: skip
    whole = isinstance(field, (models.IntegerField, models.DecimalField))
    return next((value for kind, value in kinds.items() if type(field) is kind), "7" if whole else "Ⓗ")


def every_column(first):
    """name → poison for every column of every table; where names agree, as the table `first` has it."""
    found = {}
    for model in (first, *(model for app in OURS for model in apps.get_app_config(app).get_models())):
        for field in model._meta.concrete_fields:
            for name in {field.name, field.attname}:
                found.setdefault(name, poison(field))
    return found


def meeting_body(county, ask, person, url):
    roll = {f"att-{member.pk}": "present" for member in county.members["a1"]}
    return as_shown(ask(person, "get", url)) | roll | {"topic": "新的主题", "kinds": ["theme_party_day"]}


def plain(**act):
    """The same body for everybody; a value may be looked up in the county."""

    def body(county, ask, person, url):
        return {key: typed(value(county) if callable(value) else value) for key, value in act.items()}

    return body


def edited(**new):
    return lambda county, ask, person, url: as_shown(ask(person, "get", url)) | new


def judged(county, ask, person, url):
    key = f"b{county.branches['a1'].pk}-PF10"
    return as_shown(ask(person, "get", f"{url}?part=PF10")) | {
        "part": "PF10",
        f"{key}-points": "1",
        f"{key}-reason": "新",
    }


TEAM = {"count": "3", "answer-team": "护学队"}
REST = dict.fromkeys(("number", "body", "deadline_on", "needs_answer", "month", "held_on", "stage"), "")  # of a notice
POST = {"role": "editor", "started_on": "2025-11-20"}
FORMS = [  # route, whose row or which act, table, people, body
    ("branches:edit", "a1", Branch, ["admin", "staff"], edited(note="新")),
    ("members:edit", "a1", Member, ["admin", "committee a", "secretary a1"], edited(name="周明远", note="新")),
    ("meetings:edit", "a1", Meeting, ["staff", "secretary a1", "editor a1"], meeting_body),
    ("meetings:add", None, Meeting, ["secretary a1", "editor a1"], meeting_body),
    ("meetings:submit", "a1", Meeting, ["secretary a1"], plain()),
    ("meetings:send_back", "a1", Meeting, ["admin", "staff"], plain(reason="请补名单")),
    ("assessment:judge", None, Branch, ["grader"], judged),
    ("portal:account_add", None, Appointment, ["admin"],
     plain(username="new.person", name="新人", branch=lambda county: county.branches["a1"].pk, **POST)),
    ("portal:account", "appoint", Appointment, ["admin"],
     plain(act="appoint", branch=lambda county: county.branches["c1"].pk, **POST)),
    ("portal:account", "dismiss", Appointment, ["admin"],
     plain(act="dismiss", on="2025-11-20", post=lambda county: county.people["secretary a1"].appointments.get().pk)),
    ("portal:account", "disable", Appointment, ["admin"], plain(act="disable")),
    ("portal:account", "reset", Appointment, ["admin"], plain(act="reset")),
    ("meetings:activity_edit", "a1", Activity, ["staff", "secretary a1"], edited(title="新", **TEAM)),
    ("meetings:activity_add", None, Activity, ["editor a1"],
     plain(kind="volunteering", held_on="2025-11-19", title="护学岗", hours="", **TEAM)),
    ("meetings:plan_edit", "a1", StudyPlan, ["staff", "secretary a1"], edited(title="新")),
    ("meetings:campaign_edit", "root", Campaign, ["admin", "staff"], edited(title="新")),
    ("meetings:campaign_find", "a1", Finding, ["secretary a1"],
     plain(branch=lambda county: county.branches["a1"].pk, problem="甲", measure="乙", owner="丙", due_on="2025-12-01")),
    ("meetings:finding_edit", "a1", Finding, ["secretary a1"], edited(problem="新")),
    ("members:exemption_add", "a1", Exemption, ["committee a", "secretary a1"],
     plain(scope="attendance", reason="infirm", started_on="2025-11-01", ended_on="", basis="")),
    ("members:cadre_add", "a1", LeadingCadre, ["secretary a1"], plain(office="局长", started_on="2025-11-01")),
    ("duties:notice_add", None, Notice, ["staff", "committee a"],
     plain(branch=lambda county: county.branches["a"].pk, kind="notice", title="新通知", reach="all", **REST)),
    ("duties:receipt", "a1", Receipt, ["secretary a1", "editor a1"], plain(sign="1")),
    ("reminders:bulletin_add", None, Bulletin, ["staff"], plain(period="quarter/2025-07-01")),
    ("reminders:bulletin_edit", "root", Bulletin, ["staff"], edited(title="新")),
    ("branches:title_edit", "a1", Title, ["secretary a1"], edited(results="新")),
    ("branches:inspection_edit", "root", Inspection, ["staff"], edited(summary="新")),
    ("branches:talk_edit", "a1", AdmonitionTalk, ["committee a"], edited(talked_with="新")),
    ("branches:risk_edit", "a1", IntegrityRisk, ["secretary a1"], edited(place="新")),
    ("branches:standard_edit", "root", Standard, ["staff"], edited(title="新")),
    ("branches:standard_item", "root", StandardItem, ["staff"], edited(label="新")),
    ("branches:duty4_edit", "root", ResponsibilityLine, ["staff"], edited(text="新")),
    ("branches:catalogue_edit", "root", CatalogueEntry, ["staff"], edited(note="新")),
    ("branches:visit", "a1", Screening, ["assessor"], edited(visited_on="2025-11-19")),
    ("members:letter_edit", "a1", ResponsibilityLetter, ["secretary a1"], edited(counter_signer="新")),
    ("training:edit", "a", TrainingClass, ["committee a"], edited(place="新")),
    ("training:session_edit", "a", ClassSession, ["committee a"], edited(topic="新")),
    ("training:teacher_edit", "a", Teacher, ["committee a"], edited(unit="新")),
]  # fmt: skip


def key_of(county, route, whose):
    if route == "meetings:send_back":
        return next(row.pk for row in county.meetings["a1"] if row.state == Meeting.State.SUBMITTED)
    if route == "portal:account":
        return county.people["secretary a1"].pk
    if route in ("meetings:edit", "meetings:submit"):
        return next(row.pk for row in county.meetings["a1"] if row.state == Meeting.State.DRAFT)
    return next(pk for owner, pk in keys_of(county, TARGETS[route]) if owner == whose)


@pytest.mark.parametrize(
    ("route", "whose", "model", "person", "make"),
    [(route, whose, model, person, make) for route, whose, model, people, make in FORMS for person in people],
    ids=[f"{route} {whose or ''} {person}" for route, whose, _, people, _ in FORMS for person in people],
)
def test_undeclared_columns_are_not_written(county, ask, route, whose, model, person, make):
    found = next(each for each in routes() if each.name == route)
    url = found.url(key_of(county, route, whose) if "pk" in found.args else None)
    body = make(county, ask, person, url)
    extra = {name: value for name, value in every_column(model).items() if name not in {*body, *READ_BESIDE}}
    before = contents()

    rewind_counters()
    plain, plain_code = after(ask, person, url, body)
    rewind_counters()
    stuffed, stuffed_code = after(ask, person, url, body | extra)

    assert changed(before, plain) - {"accounts_auditevent"}, f"{plain_code}: the form itself writes nothing here"
    assert {table: set(stuffed[table]) ^ set(plain[table]) for table in changed(plain, stuffed)} == {}
    assert stuffed_code == plain_code
    assert len(extra) > 60


def after(ask, person, url, body):
    """What the database holds after the post, before it is taken back."""
    seen = {}

    def look(response):
        seen["rows"] = contents()
        return response.status_code

    code = ask(person, "post", url, body, then=look)
    return seen["rows"], code
