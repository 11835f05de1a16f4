"""T-AUTH-1 in full: 10,000 guesses at one account over 1, 50 and 5,000 addresses and inside one /64, without Redis."""

import ipaddress

import pytest
from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from tests.proofs.scale import SHARE

PASSWORD = "right-Horse-9-staple"
SPREADS = {
    "1 address": (["203.0.113.9"], 5),
    "50 addresses": ([f"10.{n}.0.1" for n in range(50)], 20),
    "5,000 addresses": ([str(ipaddress.ip_address(0x0A000001 + 256 * n)) for n in range(5000)], 20),
    "one /64": ([f"2001:db8:0:7::{n:x}" for n in range(5000)], 5),
}


@pytest.mark.django_db
@pytest.mark.parametrize("spread", SPREADS)
def test_guesses_that_reach_a_password(client, monkeypatch, spread):
    looked_at = []

    def authenticate(self, request, username=None, password=None, **kwargs):  # the guess is spared its 40 ms
        looked_at.append(username)
        return User.objects.filter(username=username).first() if password == PASSWORD else None

    monkeypatch.setattr(ModelBackend, "authenticate", authenticate)
    User.objects.create_user("zhoumy", PASSWORD, name="周明远")
    addresses, most = SPREADS[spread]
    for turn in range(round(10_000 * SHARE)):
        client.post(
            "/sign-in/", {"username": "zhoumy", "password": "wrong"}, REMOTE_ADDR=addresses[turn % len(addresses)]
        )
    assert len(looked_at) <= most
