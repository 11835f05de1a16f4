"""The form of a meeting, as tests send it: one day in May, a branch with four members and its secretary signed in."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from duties.actions import generate
from meetings.models import MeetingKind
from tests import factories


@pytest.fixture
def may_26():
    with time_machine.travel("2025-05-26T02:00:00Z", tick=False):
        yield date(2025, 5, 26)


@pytest.fixture
def branch():
    branch = factories.BranchFactory()
    generate(2025, by=User.objects.system())
    return branch


@pytest.fixture
def members(branch):
    return factories.MemberFactory.create_batch(4, branch=branch)


@pytest.fixture
def typed():
    """typed(branch, members, …) → what a browser sends of a plain record, everybody present."""

    def fill(branch, members=(), *, kinds=(MeetingKind.Kind.THEME_PARTY_DAY,), **more):
        return {
            "branch": branch.pk, "kinds": list(kinds), "held_on": "2025-05-24", "topic": "师德师风专题学习",
            "minutes": "学习讨论。", **{f"att-{member.pk}": "present" for member in members}, **more,
        }  # fmt: skip

    return fill


@pytest.fixture
def send(client):
    """send(data, button) → the answer to one press of a button of the form."""

    def press(data, button="submit", url=None):
        return client.post(url or reverse("meetings:add"), data | {button: data.get(button, "1")})

    return press
