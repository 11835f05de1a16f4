"""The way in without an account: links, scanning, typing. What a stranger may learn is nothing."""

import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from branches.rights import Role
from tests.factories import AppointmentFactory, EnrolmentFactory, UserFactory
from tests.training.test_class_sign_in import Hall
from training import classes, codes, guesses, passes, sign_in, surveys
from training.models import ClassPass, Enrolment, SignIn, TrainingClass

pytestmark = pytest.mark.django_db
SCAN, TYPE, LINK = (reverse(f"training:{name}") for name in ("scan", "type_code", "open_pass"))


@pytest.fixture(autouse=True)
def _nobody_has_guessed():
    guesses._store().flushdb()


@pytest.fixture
def hall():
    return Hall()


def link(hall, *people):
    made = passes.issue(hall.training_class, people or [hall.person], by=hall.staff, at=timezone.now())
    return made[0][1]


def phone(hall, person=None):
    """A browser in which the link of a person was opened."""
    browser = Client()
    assert browser.post(LINK, {"k": link(hall, person or hall.person)}).status_code == 302
    return browser


def digits(hall, back=0):
    session = hall.at_door()
    rule = sign_in.rule_of(session)
    return codes.digits(session.row_key, codes.window(session.now, rule) - back, rule)


class TestLink:
    def test_looking_at_it_does_not_use_it_up(self, hall):
        token = link(hall)
        for _ in range(3):
            assert Client().get(LINK, {"k": token}).status_code == 200

        assert ClassPass.objects.get().used_at is None

    def test_the_same_page_for_any_link_that_is_looked_at(self, hall):
        pages = [Client().get(LINK, {"k": token}) for token in (link(hall), "invented")]

        plain = [re.sub(rb'value="[^"]*"', b"", each.content) for each in pages]
        assert plain[0] == plain[1]

    def test_opens_once_and_again_only_where_it_was_opened(self, hall):
        token, mine, other = link(hall), Client(), Client()

        assert mine.post(LINK, {"k": token}).status_code == 302
        assert mine.post(LINK, {"k": token}).status_code == 302
        refused = other.post(LINK, {"k": token})
        assert "已在别的手机上用过，请让支部或主办方重发" in refused.content.decode()

    def test_only_its_digest_is_kept(self, hall):
        token = link(hall)

        assert token not in str(list(ClassPass.objects.values()))
        assert len(token) >= 22  # 128 bits and more

    def test_a_new_one_ends_the_old_one_and_the_phone_that_had_opened_it(self, hall):
        old = phone(hall)
        assert str(hall.person) in old.get(SCAN).content.decode()
        fresh = link(hall)

        assert str(hall.person) not in old.get(SCAN).content.decode()
        assert Client().post(LINK, {"k": fresh}).status_code == 302

    def test_wrong_revoked_ended_withdrawn_and_finished_are_the_same_bytes(self, hall):
        def refusal(token):
            response = Client().post(LINK, {"k": token})
            assert "没有办成" in response.content.decode()
            return response.content

        revoked = link(hall)
        link(hall)
        found = {refusal("invented"), refusal(revoked), refusal("")}
        ended = link(hall)
        ClassPass.objects.filter(revoked_at=None).update(ends_on="2025-01-01")
        found.add(refusal(ended))
        gone = link(hall)
        type(hall.person).objects.update(withdrawn_on=timezone.localdate(), withdrawn_why="x")
        found.add(refusal(gone))
        type(hall.person).objects.update(withdrawn_on=None, withdrawn_why="")
        TrainingClass.objects.update(state="cancelled", cancel_reason="x")
        found.add(refusal(gone))

        assert len(found) == 1

    def test_serves_as_long_as_a_survey_opened_late_and_in_the_phone_that_holds_it(self, hall):
        browser, today = phone(hall), timezone.localdate()
        over = today - timedelta(days=10)
        TrainingClass.objects.update(state="closing", starts_on=over, ends_on=over)
        hall.training_class.refresh_from_db()
        ClassPass.objects.update(ends_on=passes.last_day(hall.training_class))
        assert str(hall.person) not in browser.get(SCAN).content.decode()

        survey = surveys.open_survey(hall.training_class, by=hall.staff, on=today)

        assert ClassPass.objects.get().ends_on == survey.until_on == today + timedelta(days=3)
        assert browser.get(reverse("training:survey_answer", args=[hall.training_class.pk])).status_code == 200
        assert Client().post(LINK, {"k": link(hall)}).status_code == 302
        assert browser.cookies["pass"]["max-age"] > 300 * 24 * 3600

    def test_a_class_that_lasts_longer_keeps_its_links_and_a_revoked_one_stays_as_it_was(self, hall):
        link(hall)
        link(hall)
        row = TrainingClass.objects.get()
        row.ends_on += timedelta(days=5)
        longer = passes.last_day(row)
        classes.save(row, version=row.version, by=hall.staff)

        assert ClassPass.objects.get(revoked_at=None).ends_on == longer == timezone.localdate() + timedelta(days=8)
        assert ClassPass.objects.exclude(revoked_at=None).get().ends_on == longer - timedelta(days=5)

    def test_the_cookie_is_for_the_server_alone_and_cannot_be_made(self, hall, settings):
        settings.HTTPS = True
        browser = Client()
        browser.post(LINK, {"k": link(hall)})
        cookie = browser.cookies["__Host-pass"]

        assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
        settings.HTTPS = False
        forged = Client()
        forged.cookies["pass"] = f"[[{ClassPass.objects.get().pk}, 999999]]:xxxx"
        assert str(hall.person) not in forged.get(SCAN).content.decode()

    def test_a_cookie_of_one_use_opens_nothing_else(self, hall):
        browser = Client()
        browser.cookies["scan"] = passes.sealed("pass", [[1, 2, 3]])
        browser.cookies["pass"] = passes.sealed("scan", [hall.session.pk, 0, "scan"])

        assert browser.get(SCAN).status_code == 200
        assert "没有办成" in browser.post(SCAN).content.decode()


class TestHandingOut:
    def test_a_branch_gives_to_its_own_people_only(self, hall):
        secretary, theirs = UserFactory(), EnrolmentFactory(training_class=hall.training_class)
        AppointmentFactory(user=secretary, role=Role.SECRETARY, branch=hall.person.branch)

        assert len(passes.issue(hall.training_class, [hall.person], by=secretary, at=timezone.now())) == 1
        with pytest.raises(PermissionDenied):
            passes.issue(hall.training_class, [theirs], by=secretary, at=timezone.now())
        outsider = EnrolmentFactory(training_class=hall.training_class, member=None, branch=None)
        with pytest.raises(PermissionDenied):
            passes.issue(hall.training_class, [outsider], by=secretary, at=timezone.now())
        assert len(passes.issue(hall.training_class, [theirs, outsider], by=hall.staff, at=timezone.now())) == 2

    @pytest.mark.parametrize("state", ["planned", "archived", "cancelled"])
    def test_not_for_a_class_that_is_not_open(self, hall, state):
        stamp = {"archived_by": hall.staff, "archived_at": timezone.now()} if state == "archived" else {}
        TrainingClass.objects.update(state=state, cancel_reason="x", **stamp)

        with pytest.raises(ValidationError, match="不能发签到链接"):
            link(hall)

    def test_not_to_nobody(self, hall):
        with pytest.raises(ValidationError, match="选中"):
            passes.issue(hall.training_class, [EnrolmentFactory()], by=hall.staff, at=timezone.now())


class TestScanning:
    def test_is_two_taps(self, hall):
        browser = phone(hall)
        shown = browser.get(SCAN, {"k": hall.code()})
        assert str(hall.person) in shown.content.decode()

        done = browser.post(SCAN)
        assert "签到成功" in done.content.decode()
        again = [browser.get(SCAN, {"k": hall.code()}), browser.post(SCAN)][1]
        assert f"您已签到（{timezone.localtime(SignIn.objects.get().signed_at):%H:%M}）" in again.content.decode()

    def test_drawing_the_page_again_says_the_same(self, hall):
        browser = phone(hall)
        browser.get(SCAN, {"k": hall.code()})
        browser.post(SCAN)

        assert "您已签到" in browser.post(SCAN).content.decode()

    def test_without_a_scan_nothing_is_signed(self, hall):
        assert "没有办成" in phone(hall).post(SCAN).content.decode()
        assert not SignIn.objects.exists()

    def test_a_stranger_learns_neither_class_nor_session(self, hall):
        shown = Client().get(SCAN, {"k": hall.code()}).content.decode()

        assert hall.training_class.title not in shown
        assert hall.session.topic not in shown

    def test_old_altered_of_another_class_and_unknown_are_the_same_bytes(self, hall):
        theirs, browser = Hall(), phone(hall)
        right = hall.code()
        wrong = [
            hall.code(back=3), right[:-1] + ("A" if right[-1] != "A" else "B"), f"{hall.session.pk}.{theirs.code()[-16:]}",
            f"{10**9}.{right[-16:]}", "", "x", "\x00", "9" * 500,
        ]  # fmt: skip
        answers = [each.get(SCAN, {"k": text}) for each in (browser, Client()) for text in wrong]
        answers += [browser.post(TYPE, {"code": text}) for text in ("", "123", digits(theirs), digits(hall, back=3))]
        without_lesson = Hall(held_on=timezone.localdate() + timezone.timedelta(days=2))
        answers.append(phone(without_lesson).post(TYPE, {"code": digits(hall)}))

        assert "没有办成" in answers[0].content.decode()
        assert len({(each.status_code, each.content) for each in answers}) == 1
        assert not SignIn.objects.exists()

    def test_typing_a_password_in_between_loses_nothing(self, hall):
        user = UserFactory()
        type(hall.person.member).objects.filter(pk=hall.person.member_id).update(user=user)
        browser = Client()
        shown = browser.get(SCAN, {"k": hall.code()}).content.decode()
        assert f"?next={SCAN}" in shown

        browser.force_login(user)
        assert str(hall.person) in browser.get(SCAN).content.decode()
        assert "签到成功" in browser.post(SCAN).content.decode()

    def test_opening_the_link_in_between_loses_nothing(self, hall):
        browser = Client()
        browser.get(SCAN, {"k": hall.code()})
        answer = browser.post(LINK, {"k": link(hall)}, follow=True)

        assert str(hall.person) in answer.content.decode()
        assert "签到成功" in browser.post(SCAN).content.decode()

    def test_too_early_the_page_goes_on_by_itself(self):
        hall = Hall(held_on=timezone.localdate() + timezone.timedelta(days=2))
        shown = phone(hall).get(SCAN, {"k": hall.code()})

        assert "本页会自动继续" in shown.content.decode()
        assert shown["Refresh"] == f"20; url={SCAN}"

    def test_somebody_of_another_class_cannot(self, hall):
        theirs = Hall()
        browser = phone(theirs)
        browser.get(SCAN, {"k": hall.code()})
        browser.post(SCAN)

        assert not SignIn.objects.exists()

    def test_somebody_who_withdrew_cannot(self, hall):
        browser = phone(hall)
        type(hall.person).objects.update(withdrawn_on=timezone.localdate(), withdrawn_why="x")
        browser.get(SCAN, {"k": hall.code()})
        browser.post(SCAN)

        assert not SignIn.objects.exists()

    def test_one_phone_for_two_leaves_the_same_mark_and_is_not_refused(self, hall):
        other = EnrolmentFactory(training_class=hall.training_class)
        browser = phone(hall)
        for person in (hall.person, other):
            browser.post(LINK, {"k": link(hall, person)})
            browser.get(SCAN, {"k": hall.code()})
            browser.post(SCAN)

        assert SignIn.objects.count() == 2
        assert len(set(SignIn.objects.values_list("device", flat=True))) == 1

    def test_costs_three_queries_and_the_rest_of_a_transaction(self, hall):
        browser = phone(hall)
        browser.get(SCAN, {"k": hall.code()})
        with CaptureQueriesContext(connection) as queries:
            browser.post(SCAN)
        asked = [each["sql"] for each in queries if not re.match("SAVEPOINT|RELEASE", each["sql"])]

        assert len(asked) <= 5, asked


class TestTyping:
    def test_signs(self, hall):
        assert "签到成功" in phone(hall).post(TYPE, {"code": f" {digits(hall)} "}).content.decode()
        assert SignIn.objects.get().method == "code"

    def test_full_width_digits_too(self, hall):
        wide = digits(hall).translate(str.maketrans("0123456789", "０１２３４５６７８９"))

        assert "签到成功" in phone(hall).post(TYPE, {"code": wide}).content.decode()

    def test_a_stranger_cannot_even_try(self, hall):
        assert Client().post(TYPE, {"code": digits(hall)}).status_code == 302
        assert not SignIn.objects.exists()

    def test_after_five_wrong_ones_not_even_the_right_one(self, hall):
        browser = phone(hall)
        for _ in range(5):
            assert "没有办成" in browser.post(TYPE, {"code": "000000x"}).content.decode()
        locked = browser.post(TYPE, {"code": digits(hall)})

        assert "次数太多" in locked.content.decode()
        assert not SignIn.objects.exists()
        browser.get(SCAN, {"k": hall.code()})
        assert "签到成功" in browser.post(SCAN).content.decode()

    def test_a_right_one_clears_the_count(self, hall):
        browser = phone(hall)
        for _ in range(3):
            for _ in range(4):
                browser.post(TYPE, {"code": "x"})
            assert "没有办成" not in browser.post(TYPE, {"code": digits(hall)}).content.decode()

    def test_without_the_counter_no_code_is_looked_at(self, hall, monkeypatch):
        browser = phone(hall)
        monkeypatch.setattr(guesses, "_store", lambda: guesses.redis.Redis(port=1, socket_connect_timeout=0.2))

        assert "次数太多" in browser.post(TYPE, {"code": digits(hall)}).content.decode()
        assert not SignIn.objects.exists()


@pytest.mark.parametrize("skew", [-60, 60])
def test_a_server_whose_clock_is_wrong_goes_by_the_database(hall, skew):
    browser, real = phone(hall), hall.at_door().now
    with time_machine.travel(real + timezone.timedelta(seconds=skew)):
        browser.get(SCAN, {"k": hall.code()})
        assert "签到成功" in browser.post(SCAN).content.decode()

    assert abs((SignIn.objects.get().signed_at - real).total_seconds()) < 30


@pytest.mark.parametrize("what", ["good", "revoked", "ended", "withdrawn", "cancelled", "account", "nobody"])
def test_the_quick_question_and_the_plain_one_know_the_same_person(hall, rf, what):
    """`sign_in.visit` is `passes.person` written out."""
    request = rf.get("/")
    request.user = UserFactory() if what == "account" else AnonymousUser()
    request.COOKIES = {} if what in ("account", "nobody") else {"pass": phone(hall).cookies["pass"].value}
    changes = {
        "revoked": (ClassPass, {"revoked_at": timezone.now()}), "ended": (ClassPass, {"ends_on": "2025-01-01"}),
        "withdrawn": (Enrolment, {"withdrawn_on": "2025-01-01", "withdrawn_why": "x"}),
        "cancelled": (TrainingClass, {"state": "cancelled", "cancel_reason": "x"}),
        "account": (type(hall.person.member), {"user": request.user if what == "account" else None}),
    }  # fmt: skip
    if what in changes:
        model, fields = changes[what]
        model.objects.filter(pk=hall.person.member_id if what == "account" else model.objects.latest("pk").pk).update(
            **fields
        )
    plain = passes.person(request, hall.training_class)
    quick = sign_in.visit(hall.session.pk, passes.held(request), user=request.user.pk)

    assert (plain is not None) == (what in ("good", "account", "cancelled"))
    assert (quick.pk if quick else None) == (plain.pk if plain and what != "cancelled" else None)


def test_what_opens_something_stands_in_no_log(hall, caplog):
    """Links and codes are in the query of an address: what is logged of a refusal is its path."""
    token, code = link(hall), hall.code(back=3)
    with caplog.at_level(logging.DEBUG):
        browser = Client()
        browser.get(LINK, {"k": token})
        browser.post(LINK, {"k": token})
        Client().post(LINK, {"k": token})
        browser.get(SCAN, {"k": code})
        browser.get(f"{SCAN}elsewhere/", {"k": code})
        browser.post(SCAN, {"csrfmiddlewaretoken": token})

    kept = " ".join(str(record.getMessage()) for record in caplog.records if record.name.startswith("django.request"))
    assert SCAN in kept
    assert token not in kept
    assert code not in kept


def test_nothing_of_the_door_is_kept_by_the_browser_or_told_to_others(hall):
    for response in (Client().get(LINK, {"k": "x"}), Client().get(SCAN, {"k": hall.code()}), Client().get(SCAN)):
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "same-origin"
        assert "geolocation=()" in response["Permissions-Policy"]


def test_whose_browser_it_is(hall, rf):
    other = Hall()
    browser = phone(hall)
    request = rf.get("/")
    request.COOKIES, request.user = {"pass": browser.cookies["pass"].value}, UserFactory()
    assert passes.person(request, hall.training_class) == hall.person
    assert passes.person(request, other.training_class) is None
    type(other.person.member).objects.filter(pk=other.person.member_id).update(user=request.user)
    request.user.refresh_from_db()
    assert passes.person(request, other.training_class) == other.person
