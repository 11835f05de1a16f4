"""The calendar of an organisation: valid by RFC 5545, without names, alive as long as its owner serves there."""

from datetime import date

import pytest
import time_machine

from accounts import actions as accounts
from accounts.models import AuditEvent
from branches.actions import dismiss, reset_password, root, set_active
from branches.models import Appointment
from branches.rights import Role
from exchange import feeds, tokens
from exchange.models import Feed
from tests.factories import BranchFactory, DutyFactory, FulfilmentFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2025, 11, 20)


@pytest.fixture
def secretary():
    return UserFactory(serving=BranchFactory(name="示例县第一小学党支部"), role=Role.SECRETARY, name="周明远")


@pytest.fixture
def branch(secretary):
    return Appointment.objects.get(user=secretary).branch


@pytest.fixture
def made(secretary, branch):
    """(row, address)."""
    feed, secret = tokens.make_feed(branch, by=secretary)
    return feed, f"/feeds/{secret}.ics"


def unfolded(data):
    return data.decode().replace("\r\n ", "").split("\r\n")


@time_machine.travel("2025-11-20T02:00Z", tick=False)
def test_a_calendar_program_reads_duties_as_whole_days(client, made, branch):
    duty = DutyFactory(branch=branch)
    FulfilmentFactory(duty=duty)
    DutyFactory(branch=BranchFactory())
    DutyFactory(branch=branch, year=2024, period="2024-05", opens_on=date(2024, 5, 20), target_on=date(2024, 5, 25),
                due_on=date(2024, 5, 28), ends_on=date(2024, 5, 31), locks_on=date(2024, 6, 30))  # fmt: skip

    answer = client.get(made[1])

    lines = unfolded(answer.content)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    assert [line for line in lines if line.startswith("UID:")] == [f"UID:duty-{duty.pk}@dangjian"]
    assert "DTSTART;VALUE=DATE:20250525" in lines
    assert "DTEND;VALUE=DATE:20250526" in lines
    assert "SUMMARY:已办：主题党日（25 日前后）" in lines
    assert "周明远" not in answer.content.decode()
    assert branch.name not in answer.content.decode()


@pytest.mark.parametrize("text", ["党" * 60, "a" * 75, "a" * 76, "x" * 74 + "党", "", "SUMMARY:" + "主题党日" * 30])
def test_lines_are_folded_at_75_octets_and_never_within_a_character(text):
    data = feeds._folded(text)

    lines = data.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 for line in lines)
    assert all(line.decode() is not None for line in lines)
    assert "".join(line.decode()[1 if number else 0 :] for number, line in enumerate(lines)) == text


def test_signs_with_a_meaning_are_escaped():
    assert feeds._escaped("a,b;c\\d\ne") == "a\\,b\\;c\\\\d\\ne"


@time_machine.travel("2025-11-20T02:00Z", tick=False)
def test_a_program_that_has_it_is_told_that_nothing_changed(client, made, branch):
    first = client.get(made[1])
    again = client.get(made[1], headers={"if-none-match": first["ETag"]})
    DutyFactory(branch=branch)
    third = client.get(made[1], headers={"if-none-match": first["ETag"]})

    assert (first.status_code, again.status_code, again.content, third.status_code) == (200, 304, b"", 200)


@time_machine.travel("2025-11-20T02:00Z", tick=False)
@pytest.mark.parametrize("end", ["revoked", "dismissed", "closed"])
def test_it_ends_with_the_post(client, made, secretary, end):
    admin = UserFactory(serving=root(), role=Role.ADMIN)
    before = client.get(made[1]).status_code
    if end == "revoked":
        tokens.revoke_feed(made[0], by=secretary)
    elif end == "dismissed":
        post = Appointment.objects.get(user=secretary)
        dismiss(post, on=post.started_on, by=admin)
    else:
        set_active(secretary, False, by=admin)
    ended, never = client.get(made[1]), client.get("/feeds/never.ics")

    assert (before, ended.status_code) == (200, 404)
    assert ended.content == never.content


@time_machine.travel("2025-11-20T02:00Z", tick=False)
def test_the_page_makes_one_shows_its_code_and_takes_it_back(client, secretary, branch):
    client.force_login(secretary)
    made = client.post("/feeds/", {"act": "make", "branch": branch.pk})
    address = made.context["address"]

    assert "data:image/svg+xml" in made.content.decode()
    assert client.get(address).status_code == 200
    assert "已经订阅过" in client.post("/feeds/", {"act": "make", "branch": branch.pk}).content.decode()
    assert client.post("/feeds/", {"act": "make", "branch": BranchFactory().pk}).context["form"].errors
    assert address not in client.get("/feeds/").content.decode()
    client.post("/feeds/", {"act": "revoke", "feed": Feed.objects.get().pk})
    assert client.get(address).status_code == 404
    assert set(AuditEvent.objects.filter(label="exchange.Feed").values_list("action", flat=True)) == {
        "feed.make",
        "feed.revoke",
    }


@time_machine.travel("2025-11-20T02:00Z", tick=False)
@pytest.mark.parametrize("end", ["password", "all sessions", "reset"])
def test_it_ends_with_the_sessions_and_the_next_takes_its_place(client, made, secretary, branch, end):
    admin = UserFactory(serving=root(), role=Role.ADMIN)
    before = client.get(made[1]).status_code
    if end == "password":
        accounts.change_password(secretary, "an invented long password", by=secretary)
    elif end == "all sessions":
        accounts.end_other_sessions(secretary, by=secretary)
    else:
        reset_password(secretary, by=admin)
        type(secretary).objects.filter(pk=secretary.pk).update(must_change_password=False)
    secretary.refresh_from_db()
    client.force_login(secretary)
    page = client.get("/feeds/").content.decode()
    again = client.post("/feeds/", {"act": "make", "branch": branch.pk}).context["address"]

    assert (before, client.get(made[1]).status_code, client.get(again).status_code) == (200, 404, 200)
    assert "地址已失效" in page
    assert Feed.objects.standing().count() == 1
