"""T-QR: what a guess, an altered code, a replay, another class's code and a wrong clock are worth: nothing."""

import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import ClassPassFactory, EnrolmentFactory
from tests.proofs.scale import BLOCKS, SEED, SHARE, times
from tests.training.test_class_sign_in import Hall
from training import codes, guesses, passes, sign_in
from training.models import SignIn

pytestmark = pytest.mark.django_db
SCAN, TYPE = reverse("training:scan"), reverse("training:type_code")
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def forged(rng, session, theirs, rule):
    """A text that looks like a code of this session and is none of this moment: as chance, a thief or a clerk would make it."""
    number = codes.window(session.now, rule)
    right = codes.text(session.pk, session.row_key, number)
    kind = rng.randrange(6)
    if kind == 0:  # any sixteen signs
        return f"{session.pk}.{''.join(rng.choices(SIGNS, k=16))}"
    if kind == 1:  # one sign altered
        place = rng.randrange(1, 17)
        return (
            right[:-place]
            + rng.choice([sign for sign in SIGNS if sign != right[-place]])
            + right[len(right) - place + 1 :]
        )
    if kind == 2:  # two signs exchanged, or a piece moved round
        tag = right[-16:]
        cut = rng.randrange(1, 16)
        return f"{session.pk}.{tag[cut:] + tag[:cut]}"
    if kind == 3:  # of another moment, long before or to come
        return codes.text(session.pk, session.row_key, number + rng.choice([-1, 1]) * rng.randrange(3, 10**6))
    if kind == 4:  # of another class
        return f"{session.pk}.{codes.tag(theirs.row_key, number)}"
    return codes.text(session.pk, UUID(int=rng.getrandbits(128)), number)  # made with another key


@pytest.mark.parametrize("block", range(BLOCKS))
def test_of_a_hundred_thousand_forged_codes_none_is_accepted(block):
    rng = random.Random(f"{SEED}/{block}")
    hall, theirs, accepted = Hall(), Hall().at_door(), []
    rule = sign_in.rule_of(theirs)
    for turn in range(times(100_000)):
        if turn % 100 == 0:
            session = hall.at_door()  # the moment moves on
        text = forged(rng, session, theirs, rule)
        if sign_in.scanned(text):
            accepted.append(text)

    assert accepted == []
    assert sign_in.scanned(hall.code()) == hall.session


@pytest.mark.parametrize("block", range(BLOCKS))
def test_of_a_hundred_thousand_typed_guesses_next_to_none_is_looked_at(block, monkeypatch):
    """Ten phones of the roll guess as fast as they can, from one network: five each are looked at, the rest are not."""
    guesses._store().flushdb()
    rng, hall, looked_at = random.Random(f"{SEED}/{block}"), Hall(), []
    monkeypatch.setattr(sign_in, "typed", lambda digits, sessions: looked_at.append(digits))
    phones = [_phone(hall, person) for person in EnrolmentFactory.create_batch(10, training_class=hall.training_class)]
    for turn in range(times(100_000)):
        phones[turn % 10].post(TYPE, {"code": f"{rng.randrange(10**6):06}"})

    assert len(looked_at) <= 50
    assert not SignIn.objects.exists()


def _phone(hall, person):
    link = ClassPassFactory(
        enrolment=person,
        digest=passes.digest(str(uuid4())),
        used_at=timezone.now(),
        ends_on=hall.training_class.ends_on,
    )
    phone = Client()
    phone.cookies["pass"] = passes.sealed("pass", [passes.Held(link.pk, person.pk, link.ends_on.toordinal())])
    return phone


def test_a_code_seen_31_seconds_ago_opens_nothing():
    rng, session = random.Random(SEED), Hall().at_door()
    rule = sign_in.rule_of(session)
    for _ in range(round(1_000 * SHARE)):
        seen = session.now + timedelta(seconds=rng.random() * 10**6)
        tag = codes.tag(session.row_key, codes.window(seen, rule))
        assert codes.is_right(session.row_key, tag, seen, rule)
        assert not codes.is_right(session.row_key, tag, seen + timedelta(seconds=31), rule)


@pytest.mark.parametrize("skew", [-3600, -60, 0, 60, 3600])
def test_a_server_whose_clock_is_wrong_signs_in_by_the_database(skew):
    hall = Hall()
    phone = _phone(hall, hall.person)
    real = hall.at_door().now
    with time_machine.travel(real + timedelta(seconds=skew)):
        phone.get(SCAN, {"k": hall.code()})
        assert "签到成功" in phone.post(SCAN).content.decode()
        # What was shown 45 s before by the database is old, whatever the server thinks.
        assert sign_in.scanned(hall.code(back=3)) is None

    assert abs((SignIn.objects.get().signed_at - real).total_seconds()) < 30
