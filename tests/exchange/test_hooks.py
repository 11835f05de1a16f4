"""Addresses outside are told of what was done: from the chain of records, in scope, signed, once each, and never a name or a word."""

import hashlib
import hmac
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ValidationError

from accounts import audit, chain
from accounts.models import User
from branches.actions import root
from branches.rights import Role
from exchange import actions, hooks
from exchange.forms import HookForm
from exchange.models import Hook, HookDelivery
from reminders import net
from tests.factories import (
    BranchFactory,
    FulfilmentFactory,
    HookDeliveryFactory,
    HookFactory,
    MeetingFactory,
    TrainingClassFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 11, 20, 2, 0, tzinfo=UTC)
State = HookDelivery.State


class Receiver(ThreadingHTTPServer):
    """The other side: notes bodies and headers, answers as told."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.got, self.status = [], 200
        self.url = f"http://127.0.0.1:{self.server_port}/events"


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.got.append((self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver(settings):
    with Receiver() as found:
        settings.REMINDER_HOSTS = [f"+127.0.0.1:{found.server_port}"]
        threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield found
        found.shutdown()


@pytest.fixture(autouse=True)
def _settled(monkeypatch):
    """Within the test's one transaction nothing is committed: the chain takes what is there."""
    start, end = chain.SETTLED.index("AND ((pg_snapshot_xmin"), chain.SETTLED.index("ORDER BY")
    monkeypatch.setattr(chain, "SETTLED", chain.SETTLED[:start] + chain.SETTLED[end:])


def done(act, thing):
    audit.record(act, thing, by=User.objects.system())
    chain.extend()


def opened(events, branch=None, **fields):
    chain.extend()
    return HookFactory(events=events, branch=branch or root(), position=hooks.newest(), **fields)


def test_a_hook_hears_what_it_asked_for_in_its_organisations_and_once():
    upper = BranchFactory(committee=True)
    ours, theirs = MeetingFactory(branch=BranchFactory(parent=upper)), MeetingFactory(branch=BranchFactory())
    done("meeting.submit", ours)  # before it was opened
    hook = opened(["meeting.submitted"], branch=upper)
    for meeting in (ours, theirs):
        done("meeting.submit", meeting)
        done("meeting.accept", meeting)

    made = [hooks.read(NOW), hooks.read(NOW)]

    assert made == [1, 0]
    told = HookDelivery.objects.get(hook=hook)
    assert (told.event, told.kind, told.object_id, told.branch_id) == (
        "meeting.submitted",
        "meetings",
        ours.pk,
        ours.branch_id,
    )


def test_a_duty_is_told_once_whatever_meets_it_again():
    meeting = MeetingFactory()
    duty = FulfilmentFactory(label="meetings.Meeting", object_id=meeting.pk, duty__branch=meeting.branch).duty
    hook = opened(["duty.met"])
    for _ in range(2):
        done("meeting.submit", meeting)
        hooks.read(NOW)

    assert list(hook.deliveries.values_list("event", "kind", "object_id")) == [("duty.met", "duties", duty.pk)]


def test_of_a_restricted_class_nobody_outside_hears():
    hook = opened(["class.opened", "class.closed"])
    shut, other = (TrainingClassFactory(branch=root(), kind=kind) for kind in ("remedial", "affairs"))
    for row in (shut, other):
        done("training.open", row)

    assert hooks.read(NOW) == 1
    assert list(hook.deliveries.values_list("object_id", flat=True)) == [other.pk]


def test_every_act_and_event_is_known():
    for name, event in hooks.EVENTS.items():
        assert event.label, name
    assert set(hooks.ACTS.values()) | {hooks.DUTY_MET} == set(hooks.EVENTS)


def test_the_message_says_no_name_and_no_word_and_is_signed(receiver):
    hook = HookFactory(url=receiver.url, secret="the key")
    delivery = HookDeliveryFactory(hook=hook, next_at=NOW, happened_at=NOW, object_id=12)

    hooks.send_out(lambda: NOW)

    data, headers = receiver.got[0]
    delivery.refresh_from_db()
    assert json.loads(data) == {
        "id": str(delivery.key), "event": "meeting.submitted", "object": "meetings", "object_id": 12,
        "organisation_id": root().pk, "at": "2025-11-20T10:00:00+08:00",
    }  # fmt: skip
    stamp, tag = (part.partition("=")[2] for part in headers["X-Portal-Signature"].split(","))
    assert hmac.new(b"the key", f"{stamp}.".encode() + data, hashlib.sha256).hexdigest() == tag
    assert headers["Idempotency-Key"] == str(delivery.key)
    assert (delivery.state, delivery.attempts, len(receiver.got)) == (State.SENT, 1, 1)


@pytest.mark.parametrize(
    ("status", "attempts", "ends"),
    [(410, 0, State.FAILED), (429, 0, State.WAITING), (500, 0, State.WAITING), (429, hooks.ATTEMPTS - 1, State.FAILED),
     (500, hooks.ATTEMPTS - 1, State.UNKNOWN)],
)  # fmt: skip
def test_how_it_ends(receiver, status, attempts, ends):
    receiver.status = status
    delivery = HookDeliveryFactory(hook__url=receiver.url, next_at=NOW, attempts=attempts)

    hooks.send_out(lambda: NOW)

    delivery.refresh_from_db()
    assert delivery.state == ends
    if ends == State.WAITING:
        assert delivery.next_at == NOW + timedelta(minutes=1)


def test_patience_ends_within_a_day():
    assert sum(hooks.PATIENCE) < 24 * 60


def test_who_died_while_sending_sends_again_under_the_same_key(receiver):
    delivery = HookDeliveryFactory(
        hook__url=receiver.url, state=State.SENDING, attempts=1, claimed_at=NOW - timedelta(minutes=3)
    )
    young = HookDeliveryFactory(
        hook__url=receiver.url, state=State.SENDING, attempts=1, claimed_at=NOW - timedelta(minutes=1)
    )

    hooks.send_out(lambda: NOW)

    states = [HookDelivery.objects.get(pk=each.pk).state for each in (delivery, young)]
    assert states == [State.SENT, State.SENDING]
    assert receiver.got[0][1]["Idempotency-Key"] == str(delivery.key)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "https://127.0.0.1/x",
        "https://unknown.example/x",
        "https://user:pw@hooks.example.test/",
        "ftp://x/",
        "x",
    ],
)
def test_only_an_address_of_the_list_is_taken(settings, url):
    settings.REMINDER_HOSTS = ["hooks.example.test"]
    admin = UserFactory(serving=root(), role=Role.ADMIN)
    form = HookForm({"name": "x", "branch": root().pk, "url": url, "events": ["duty.met"]}, user=admin)
    assert form.is_valid(), form.errors

    with pytest.raises(ValidationError):
        actions.open_hook(form, by=admin)
    assert not Hook.objects.exists()


def test_a_name_that_leads_inside_is_not_called(settings, monkeypatch):
    settings.REMINDER_HOSTS = ["hooks.example.test"]
    monkeypatch.setattr(net.socket, "getaddrinfo", lambda *a, **k: [(2, 1, 6, "", ("127.0.0.1", 443))])
    delivery = HookDeliveryFactory(next_at=NOW)

    hooks.send_out(lambda: NOW)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.note) == (State.FAILED, "这个名字指向内部网络，没有发出。")


def test_the_pages_register_show_stop_and_send_again(client, settings):
    settings.REMINDER_HOSTS = ["hooks.example.test"]
    client.force_login(UserFactory(serving=root(), role=Role.ADMIN))
    typed = {"name": "县平台", "branch": root().pk, "url": "https://hooks.example.test/x", "events": ["duty.met"]}
    secret = client.post("/api/hooks/", typed).context["secret"]
    hook = Hook.objects.get()
    delivery = HookDeliveryFactory(hook=hook, event="duty.met", state=State.FAILED, note="对方拒收（410）")
    page = f"/api/hooks/{hook.pk}/"

    shown = client.get(page).content.decode()
    assert "对方拒收（410）" in shown
    assert secret not in shown
    client.post(page, {"act": "again", "delivery": delivery.pk})
    delivery.refresh_from_db()
    assert delivery.state == State.WAITING
    client.post(page, {"act": "stop", "version": hook.version})
    assert not Hook.objects.get().is_active
    stale = client.post(page, {"act": "start", "version": hook.version}, follow=True).content.decode()
    assert "刚被别人改过" in stale
    assert not Hook.objects.get().is_active
