"""T-CSRF: nothing is written that the person did not send from a page of ours, and nothing by looking."""

import logging

import pytest
from django.db import transaction
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from tests.routes import TARGETS, keys_of, person_for, routes
from tests.security.rows import changed, checksums, written

pytestmark = pytest.mark.django_db
UNSAFE = [route for route in routes() if "post" in route.methods]
SAFE = [route for route in routes() if "get" in route.methods]
NOTED = (  # files and sheets that are taken away
    "branches:file", "branches:screening_letter", "branches:campaign_export", "branches:contacts_export",
    "branches:dossiers_export", "branches:form_counts_export", "branches:inspections_export",
    "branches:rectifications_export", "branches:results_export", "branches:sevens_export", "branches:talks_export",
    "branches:titles_export", "branches:weak_export", "members:changes_export", "members:dual_export",
    "members:letter_export", "members:letter_file", "members:setting_export", "meetings:decision_export",
    "recruitment:document_word", "recruitment:zip", "recruitment:file",
    "portal:supervision", "training:archive_briefing", "training:archive_certificates", "training:coverage_export",
    "training:coverage_people_export", "training:exam_export", "training:export", "training:hours_export",
    "training:of_member_export", "training:other_hours_file", "training:questions_export", "training:roll_export",
    "training:sign_in_sheet", "assessment:secretary_review_export", "assessment:secretary_report_word",
    "assessment:secretary_report_file", "assessment:use_word", "assessment:use_export", "assessment:what_if_workbook",
    "portal:report_file", "portal:monthly_word", "portal:handover_word",
)  # fmt: skip
WRITES_BY_LOOKING = {
    # What was last computed is kept; nothing rests on it, and it is written over by the next who looks.
    **{f"assessment:{name}": {"assessment_forecast"} for name in ("list", "sheet", "earned", "compare")},
    "assessment:compare_export": {"accounts_auditevent", "assessment_forecast"},
    "exchange:feed": {"exchange_feed"},  # the day on which it was last read
    "training:timetable_word": {"accounts_auditevent"},
    "training:file": {"training_classfile"},  # courseware: how often, not by whom
    **{name: {"accounts_auditevent"} for name in NOTED},
    "assessment:workbook": {"accounts_auditevent"},
    "datacalls:form": {"accounts_auditevent"},
    "recruitment:export": {"accounts_auditevent"},
    "recruitment:export_rolls": {"accounts_auditevent"},
    "meetings:file": {"accounts_auditevent"},
    "meetings:campaign_file": {"accounts_auditevent"},
    "reminders:bulletin_word": {"accounts_auditevent"},
    "reminders:bulletin_pdf": {"accounts_auditevent"},
    "meetings:activity_export": {"accounts_auditevent"},
    "duties:export_meetings": {"accounts_auditevent"},
    "duties:export_ideology": {"accounts_auditevent"},
    "portal:handbook": {"accounts_auditevent"},
    "portal:job_file": {"accounts_auditevent"},
    "portal:disclosure": {"accounts_auditevent"},
    "members:transfer_export": {"accounts_auditevent"},
    "members:transfer_letter": {"accounts_auditevent"},
    "members:dues_export": {"accounts_auditevent"},
    "members:dues_public_export": {"accounts_auditevent"},
    "members:dues_arrears_export": {"accounts_auditevent"},
    "members:paper_request": {"accounts_auditevent"},
    "members:paper_candidates": {"accounts_auditevent"},
    "members:paper_result": {"accounts_auditevent"},
    "members:honour_word": {"accounts_auditevent"},
    "members:honour_pdf": {"accounts_auditevent"},
    "members:honour_export": {"accounts_auditevent"},
    "members:appraisal_export": {"accounts_auditevent"},
    "members:terms_export": {"accounts_auditevent"},
    "members:community_export": {"accounts_auditevent"},
    "members:birthday_export": {"accounts_auditevent"},
    "members:whereabouts_export": {"accounts_auditevent"},
}  # fmt: skip - who takes figures away is recorded

OF_ONESELF = {
    "training:handout",
    "training:survey_answer",
    "training:sit",
}  # for who is on the roll: a 404 for the staff


def found_by(route, *codes):
    """The codes that are right when the token is."""
    return {*codes, 404} if route.name in OF_ONESELF else {*codes}


def address(county, route):
    """The route at a row that the administrator (or the secretary of a1) may change."""
    if "pk" not in route.args:
        return route.url()
    keys = keys_of(county, TARGETS[route.name])
    owners = dict(reversed(keys))  # the first row of each
    return route.url(next(owners[owner] for owner in ("a1", "admin", None, "root") if owner in owners))


def sign_in(browser, county, keys, route):
    browser.cookies["session"] = keys[person_for(county, route)]


@pytest.fixture(scope="module")
def untouched(_county, keys, django_db_blocker):
    """The tables as each of these tests finds them."""
    with django_db_blocker.unblock():
        return checksums()


def changed_since(untouched, before):
    """The tables whose rows differ from `untouched`; nothing is hashed where nothing was written since `before`."""
    return changed(untouched, checksums()) if written() != before else set()


@pytest.fixture
def browser():
    logging.disable(logging.ERROR)
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.cookies["csrf"] = _get_new_csrf_string()
    yield browser
    logging.disable(logging.NOTSET)


def forgeries(browser):
    own = browser.cookies["csrf"].value
    return {
        "no token": {},
        "foreign token": {"HTTP_X_CSRFTOKEN": _get_new_csrf_string()},
        "foreign origin": {"HTTP_X_CSRFTOKEN": own, "HTTP_ORIGIN": "https://evil.example"},
        "no origin at all": {"HTTP_X_CSRFTOKEN": own, "HTTP_ORIGIN": "null"},
    }


@pytest.mark.parametrize("route", UNSAFE, ids=lambda route: route.name)
def test_a_forged_write_is_refused_and_changes_nothing(county, keys, untouched, browser, route):
    sign_in(browser, county, keys, route)
    before = written()
    for headers in forgeries(browser).values():
        assert browser.post(address(county, route), {"next": "/"}, **headers).status_code == 403
    assert changed_since(untouched, before) == set()

    with transaction.atomic():
        genuine = {"HTTP_X_CSRFTOKEN": browser.cookies["csrf"].value, "HTTP_ORIGIN": "http://testserver"}
        assert browser.post(address(county, route), {"next": "/"}, **genuine).status_code in found_by(route, 200, 302)
        transaction.set_rollback(True)


@pytest.mark.parametrize("route", SAFE, ids=lambda route: route.name)
def test_looking_changes_nothing(county, keys, untouched, browser, route):
    sign_in(browser, county, keys, route)
    before = written()

    for method in ("get", "head", "options"):
        assert getattr(browser, method)(address(county, route)).status_code in found_by(route, 200, 302, 405)

    assert changed_since(untouched, before) == WRITES_BY_LOOKING.get(route.name, set())


def test_a_write_is_noticed(county):
    untouched, before = checksums(), written()
    county.branches["a1"].groups.update(name="改名")

    assert changed_since(untouched, before) == {"branches_group"}
