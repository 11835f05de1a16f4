"""T-AUTH-2: between password and code nothing opens, no code opens twice, and guessing is limited."""

import base64
import random
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django_otp.oath import hotp

from accounts import second_factor, throttle
from accounts.models import AuditEvent, SecondFactor, User
from branches.actions import root
from branches.rights import SECOND_FACTOR, Role
from tests.factories import AppointmentFactory, BranchFactory, SecondFactorFactory, UserFactory
from tests.routes import routes

pytestmark = pytest.mark.django_db
PASSWORD = "right-Horse-9-staple"
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DOOR, CODE, SETUP, CONFIRM = "/sign-in/", "/sign-in/code/", "/second-factor/", "/confirm/"
BETWEEN = {  # what is open to everybody: the door, and the door of a class
    "accounts:sign_in", "accounts:code", "accounts:sign_out", "accounts:large", "portal:livez", "portal:readyz",
    "training:open_pass", "training:scan", "training:type_code", "training:handouts", "training:handout",
    "training:survey_answer", "training:sit", "training:own_papers", "exchange:feed",
}  # fmt: skip
KEY = b"12345678901234567890"  # what SecondFactorFactory seals


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def user():
    user = UserFactory(username="zhoumy")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def factor(user):
    return SecondFactorFactory(user=user)


def now(steps=0):
    return f"{hotp(KEY, int(datetime.now(UTC).timestamp()) // 30 + steps):06}"


def knock(client, password=PASSWORD, **data):
    return client.post(DOOR, {"username": "zhoumy", "password": password, **data})


def is_in(client):
    return "_auth_user_id" in client.session


def test_password_then_code(client, factor):
    before = knock(client, next="/members/")
    assert before["Location"] == f"{CODE}?next=%2Fmembers%2F"
    assert not is_in(client)
    key = client.session.session_key

    after = client.post(CODE, {"code": now(), "next": "/members/"})

    assert after["Location"] == "/members/"
    assert is_in(client)
    assert client.session.session_key != key
    assert AuditEvent.objects.get(action="account.sign_in").detail["factor"] == "totp"


def test_without_a_factor_the_password_is_enough(client, user):
    assert knock(client)["Location"] == "/"
    assert is_in(client)


def test_between_password_and_code_every_route_is_closed(client, factor):
    knock(client)
    opened = {}
    for route in routes():
        for method in ("get", "post"):
            response = getattr(client, method)(route.url(1))
            to_door = response.status_code == 302 and response["Location"].startswith(f"{DOOR}?next=")
            if not to_door and route.name not in BETWEEN:
                opened[route.name, method] = response.status_code
            if route.name in ("accounts:sign_out", "accounts:code"):
                knock(client)
    assert opened == {}
    assert not is_in(client)


def test_a_post_that_reaches_far_opens_nothing_but_the_setting_up(settings):
    """Every route is asked by one of these posts, drawn by the dice of the run; `make prove` has each ask all."""
    settings.SECOND_FACTOR = "required"
    only_the_setting_up_opens(lambda people: random.sample(people, 1))


def only_the_setting_up_opens(draw):
    """`draw` says which of the posts ask for a route; what is open is asked by each of them."""
    doors = {"accounts:second_factor", "accounts:confirm", "accounts:large"}
    people = {role: Client() for role in sorted(SECOND_FACTOR)}
    for role, browser in people.items():
        browser.force_login(UserFactory(serving=root(), role=role))
    opened = set()
    for route in routes():
        if route.name == "accounts:sign_out":
            continue
        for role in people if route.name in doors else draw(list(people)):
            for method in ("get", "post"):
                response = getattr(people[role], method)(route.url(1))
                if response.get("Location") != SETUP:
                    opened.add((role, route.name))

    assert opened == {(role, name) for role in people for name in doors}
    for browser in people.values():
        assert browser.get("/members/", headers={"HX-Request": "true"})["HX-Redirect"] == SETUP


@pytest.mark.parametrize(("mode", "role"), [("required", Role.SECRETARY), ("offered", Role.ADMIN)])
def test_others_may_do_without(client, settings, mode, role):
    settings.SECOND_FACTOR = mode
    place = BranchFactory() if role == Role.SECRETARY else root()
    client.force_login(UserFactory(serving=place, role=role))

    assert client.get("/members/").status_code == 200


def test_a_code_opens_once(client, factor):
    refused = 0
    assert second_factor.use(factor.user, now()) == "totp"
    for _ in range(100):
        refused += second_factor.use(factor.user, now()) is None
    assert refused == 100

    with time_machine.travel(NOON + timedelta(seconds=30), tick=False):
        assert second_factor.use(factor.user, now(-1)) is None  # the same code, still within the tolerance
        factor.refresh_from_db()
        SecondFactor.objects.update(misses=0)
        assert second_factor.use(factor.user, now()) == "totp"


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_one_step_off(factor, steps, opens):
    assert (second_factor.use(factor.user, now(steps)) == "totp") == opens


def test_full_width_digits_and_spaces_are_the_same_code(factor):
    typed = now().translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})

    assert second_factor.use(factor.user, f" {typed[:3]} {typed[3:]}") == "totp"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "٣٣٣٣٣٣", "²²²²²²", "1" * 19])
def test_what_is_no_code_is_refused(client, factor, typed):
    knock(client)

    assert client.post(CODE, {"code": typed}).status_code == 200
    assert not is_in(client)


def test_wrong_codes_are_counted_like_wrong_passwords_and_lock_the_door(client, factor):
    for _ in range(2):
        knock(client, "wrong")
    knock(client)
    answers = [client.post(CODE, {"code": "000000"}).status_code for _ in range(4)]

    assert answers == [200, 200, 429, 429]
    assert client.post(CODE, {"code": now()}).status_code == 429
    assert knock(client).status_code == 429
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["account.sign_in_fail"] * 2 + ["account.code_fail"] * 2 + ["account.lock_out"]


def test_the_right_password_does_not_forgive_wrong_codes(client, factor):
    for _ in range(4):
        knock(client)
        client.post(CODE, {"code": "000000"})

    assert throttle.left("zhoumy", "127.0.0.0") == 1
    knock(client)
    client.post(CODE, {"code": now()})
    assert is_in(client)
    assert throttle.left("zhoumy", "127.0.0.0") == 5


def test_whoever_guesses_slowly_meets_an_end_too(client, factor, settings):
    codes = second_factor.renew_codes(factor.user, by=factor.user)
    for _ in range(settings.SECOND_FACTOR_MISSES):
        second_factor.use(factor.user, "000000")

    assert second_factor.use(factor.user, now()) is None
    knock(client)
    assert "请用恢复码" in client.post(CODE, {"code": now()}).content.decode()
    assert second_factor.use(factor.user, codes[0]) == "recovery"
    assert second_factor.use(factor.user, now()) == "totp"


def test_the_wait_for_the_code_ends(client, factor):
    knock(client)
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        assert client.post(CODE, {"code": now()})["Location"] == DOOR


@pytest.mark.parametrize("change", [{"is_active": False}, {"session_epoch": 7}], ids=["closed", "password changed"])
def test_what_happens_to_the_account_meanwhile_counts(client, factor, change):
    knock(client)
    User.objects.filter(pk=factor.user_id).update(**change)

    assert client.post(CODE, {"code": now()})["Location"] == DOOR


def test_without_a_password_there_is_no_code_page(client, factor):
    assert client.get(CODE)["Location"] == DOOR
    assert client.post(CODE, {"code": now()})["Location"] == DOOR


# --- switching it on and off


def set_up(client):
    """Through the page; returns (recovery codes, secret)."""
    client.post(SETUP, {"act": "begin"})
    page = client.get(SETUP).content.decode()
    assert 'src="data:image/svg+xml' in page
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    code = f"{hotp(base64.b32decode(secret), int(datetime.now(UTC).timestamp()) // 30):06}"
    answer = client.post(SETUP, {"act": "confirm", "code": code})
    return re.findall(r"<code>([A-Z0-9]{5}-[A-Z0-9]{5})</code>", answer.content.decode()), secret


def test_a_first_sign_in_sets_it_up_and_then_the_portal_opens(client, user, settings):
    settings.SECOND_FACTOR = "required"
    AppointmentFactory(user=user, branch=root(), role=Role.ADMIN)
    other = Client()
    knock(other)
    knock(client)
    assert client.get("/")["Location"] == SETUP
    key = client.session.session_key

    codes, secret = set_up(client)

    assert len(set(codes)) == 10
    assert client.session.session_key != key
    assert client.get("/members/").status_code == 200
    assert not is_in(other) or other.get("/members/").status_code == 302
    factor = SecondFactor.objects.get()
    assert secret not in str(SecondFactor.objects.values())
    assert not set(codes) & set(factor.recovery)
    assert "不能关闭" in client.post(SETUP, {"act": "off"}, follow=True).content.decode()
    assert SecondFactor.objects.get().is_on


def test_a_wrong_first_code_switches_nothing_on(client, user):
    knock(client)
    client.post(SETUP, {"act": "begin"})

    assert "验证码不对" in client.post(SETUP, {"act": "confirm", "code": "000000"}).content.decode()
    assert not SecondFactor.objects.get().is_on
    assert "请填写验证码" in client.post(SETUP, {"act": "confirm"}).content.decode()


def test_an_empty_secret_opens_nothing(user):
    SecondFactorFactory(user=user, secret="", confirmed_at=None)
    empty = f"{hotp(b'', int(NOON.timestamp()) // 30):06}"

    assert second_factor.confirm(user, empty, by=user) is None


def test_recovery_codes_open_once_each_until_renewed(client, user):
    knock(client)
    codes, _ = set_up(client)
    client.post("/sign-out/")

    knock(client)
    assert client.post(CODE, {"code": codes[0].lower().replace("-", " ")})["Location"] == "/"
    assert AuditEvent.objects.filter(action="account.use_recovery_code").get().detail == {"left": 9}
    client.post("/sign-out/")
    knock(client)
    assert client.post(CODE, {"code": codes[0]}).status_code == 200
    assert client.post(CODE, {"code": codes[1]})["Location"] == "/"

    fresh = client.post(SETUP, {"act": "renew"}).content.decode()
    assert codes[2] not in fresh
    assert second_factor.use(user, codes[2]) is None


def test_who_need_not_have_it_switches_it_off(client, user):
    knock(client)
    set_up(client)
    other = Client()

    client.post(SETUP, {"act": "off"})

    assert not SecondFactor.objects.get().is_on
    assert client.get(SETUP).status_code == 200
    assert knock(other)["Location"] == "/"


def test_the_setting_up_asks_for_the_password_again_after_a_while(client, user):
    knock(client)
    with time_machine.travel(NOON + timedelta(minutes=6), tick=False):
        assert client.get(SETUP)["Location"] == f"{CONFIRM}?next=%2Fsecond-factor%2F"
        assert client.post(SETUP, {"act": "begin"})["Location"].startswith(CONFIRM)
    assert not SecondFactor.objects.exists()


def test_a_lost_phone_is_reset_and_the_person_is_told_once(client, factor):
    admin = UserFactory(serving=root(), role=Role.ADMIN, name="高雪梅")
    second_factor.reset(factor.user, by=admin)

    assert knock(client)["Location"] == "/"
    assert "管理员高雪梅同志于 2026-11-20 12:00 重置了您的两步验证" in client.get("/password/").content.decode()
    client.post("/sign-out/")
    knock(client)
    assert "重置了您的两步验证" not in client.get("/password/").content.decode()
    assert AuditEvent.objects.get(action="account.reset_factor").by == admin


# --- proving oneself again


@pytest.mark.parametrize(
    ("password", "typed", "passes"),
    [(PASSWORD, "right", True), (PASSWORD, "000000", False), (PASSWORD, "", False), ("wrong", "right", False)],
)
def test_password_and_code_are_asked_again(client, factor, password, typed, passes):
    client.force_login(factor.user)
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        code = now() if typed == "right" else typed
        answer = client.post(CONFIRM, {"password": password, "code": code, "next": "/members/"})

        assert (answer.status_code == 302 and answer["Location"] == "/members/") == passes
        assert (client.session["proved"] > NOON.timestamp()) == passes


def test_guesses_at_the_confirmation_are_limited(client, factor):
    client.force_login(factor.user)

    answers = [client.post(CONFIRM, {"password": PASSWORD, "code": "000000"}).status_code for _ in range(6)]

    assert answers == [200] * 4 + [429] * 2
    assert client.post(CONFIRM, {"password": PASSWORD, "code": now()}).status_code == 429


@pytest.mark.parametrize("wish", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_confirmation_leads_nowhere_else(client, user, wish):
    client.force_login(user)
    assert client.post(CONFIRM, {"password": PASSWORD, "next": wish})["Location"] == reverse("portal:home")
