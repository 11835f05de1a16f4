"""Messages that leave the portal: claimed before the call, never sent twice, never to who left."""

from datetime import date, timedelta

import pytest
import time_machine

from branches.actions import root
from branches.rights import Role
from reminders import net, outbox, sweep, tasks
from reminders.models import Delivery, Kind
from tests.factories import (
    BranchFactory,
    ChannelFactory,
    ContactFactory,
    DeliveryFactory,
    DigestFactory,
    DutyFactory,
    FulfilmentFactory,
    UserFactory,
)
from tests.reminders.stub import Gateway
from tests.reminders.test_sweep import at
from tests.security.rows import dump

pytestmark = pytest.mark.django_db
State = Delivery.State
PHONE = "19765432109"


@pytest.fixture
def gateway(settings):
    with Gateway() as found:
        settings.REMINDER_HOSTS = [found.host]
        yield found


@pytest.fixture
def branch():
    return BranchFactory(parent=BranchFactory(committee=True))


@pytest.fixture
def told(branch, gateway):
    """A secretary with a telephone, a digest of today, and a gateway; returns the waiting message."""
    ContactFactory(user=UserFactory(serving=branch, name="周明远"), kind=Kind.SMS, address=PHONE)
    ChannelFactory(kind=Kind.SMS, address=gateway.url)
    DutyFactory(branch=branch)
    sweep.run(at("05-20"))
    return Delivery.objects.get()


def drain(delivery, when=None):
    outbox.drain(delivery.channel_id, lambda: when or at("05-20", 8, 1))
    delivery.refresh_from_db()
    return delivery


def test_a_person_hears_by_sms_once(told, gateway):
    assert drain(told).state == State.SENT
    assert drain(told).attempts == 1
    sweep.run(at("05-20", 9))

    assert gateway.texts == [
        f"{PHONE} 您有 1 件事待办，最近一件：5 月主题党日（5 月 28 日截止，还有 8 天）。请登录云岭教育党建办理。"
    ]
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("kind", [Kind.WECOM, Kind.DINGTALK])
def test_a_group_hears_once_a_day_of_organisations_and_counts(branch, gateway, kind):
    for each in (branch, BranchFactory(parent=branch.parent), BranchFactory()):
        DutyFactory(branch=each)
        UserFactory(serving=each, name="周明远")
        UserFactory(serving=each, role=Role.EDITOR)
    channel = ChannelFactory(branch=branch.parent, kind=kind, address=gateway.url)

    for hour in (8, 9, 10):
        sweep.run(at("05-20", hour))
        outbox.drain(channel.pk, lambda: at("05-20", 11))

    assert len(gateway.texts) == 1
    assert f"【提醒】{branch.parent} 5 月 20 日" in gateway.texts[0]
    assert "5 月主题党日（5 月 28 日截止，还有 8 天）：2 个党组织待办" in gateway.texts[0]
    assert "周明远" not in gateway.texts[0]


def test_a_channel_on_trial_sends_nothing_and_says_so(branch, gateway):
    DutyFactory(branch=branch)
    UserFactory(serving=branch)
    ChannelFactory(address=gateway.url, is_test=True)
    sweep.run(at("05-20"))

    delivery = drain(Delivery.objects.get())

    assert (delivery.state, delivery.note) == (State.SENT, "只试不发，没有向外发出")
    assert not gateway.got


@pytest.mark.parametrize("what", ["done", "dismissed", "closed account", "contact withdrawn", "yesterday"])
def test_nothing_is_sent_that_is_no_longer_wanted(told, gateway, branch, what):
    user, when = told.digest.user, at("05-20", 8, 1)
    if what == "done":
        FulfilmentFactory(duty=branch.duties.get())
        sweep.run(at("05-20", 8, 1))
    elif what == "dismissed":
        user.appointments.update(ended_on=date(2025, 5, 19))
    elif what == "closed account":
        type(user).objects.filter(pk=user.pk).update(is_active=False)
    elif what == "contact withdrawn":
        user.contacts.all().delete()
    else:
        when = at("05-21", 8)

    assert drain(told, when).state == State.DROPPED
    assert not gateway.got


@pytest.mark.parametrize(
    ("answer", "has_key", "state"),
    [
        ((200, {"errcode": 0}), False, "sent"), ((200, {"errcode": 93000}), False, "failed"), ((404, {}), False, "failed"),
        ((302, {}), False, "failed"), ((429, {}), False, "waiting"), ((500, {}), False, "unknown"), ((502, {}), True, "waiting"),
    ],
)  # fmt: skip
def test_what_an_answer_means(told, gateway, answer, has_key, state):
    gateway.answer = answer
    told.channel.has_key = has_key
    told.channel.save()

    assert drain(told).state == state
    assert gateway.paths == ["/send?token=invented"], "no redirect is followed"


@pytest.mark.parametrize(("has_key", "calls", "state"), [(True, 5, "unknown"), (False, 1, "unknown")])
def test_without_an_answer_only_who_knows_keys_is_asked_again(told, gateway, monkeypatch, has_key, calls, state):
    monkeypatch.setattr(net, "TIMEOUT", 0.05)
    gateway.delay = 0.3
    told.channel.has_key = has_key
    told.channel.save()

    for hours in range(8):
        drain(told, at("05-20", 8, 1) + timedelta(hours=hours))

    assert told.state == state
    assert list(gateway.got.values()) == [calls]


def test_nobody_there_is_tried_again_later_and_not_for_ever(told, settings):
    gone = Gateway()
    gone.server_close()
    settings.REMINDER_HOSTS = [gone.host]
    told.channel.address = gone.url
    told.channel.save()

    states = []
    for minutes in (0, 0, 1, 5, 6, 30, 90, 200):
        states.append(drain(told, at("05-20", 8, 1) + timedelta(minutes=minutes)).attempts)

    assert states == [1, 1, 2, 2, 3, 4, 5, 5]
    assert told.state == State.FAILED


@pytest.mark.parametrize(("has_key", "state"), [(True, State.WAITING), (False, State.UNKNOWN)])
def test_a_message_whose_sender_died(told, has_key, state):
    told.channel.has_key = has_key
    told.channel.save()
    outbox.claim(told.channel_id, at("05-20", 8, 1))

    outbox.recover(at("05-20", 8, 2))
    told.refresh_from_db()
    assert told.state == State.SENDING
    outbox.recover(at("05-20", 8, 4))
    told.refresh_from_db()
    assert told.state == state


def test_a_late_answer_settles_what_was_thought_unknown(told):
    claimed = outbox.claim(told.channel_id, at("05-20", 8, 1))
    outbox.recover(at("05-20", 8, 4))

    outbox.settle(claimed, net.Outcome(True), at("05-20", 8, 5))

    told.refresh_from_db()
    assert told.state == State.SENT


def test_no_more_than_the_daily_limit(gateway):
    channel = ChannelFactory(kind=Kind.SMS, address=gateway.url, daily_limit=3)
    for _ in range(5):
        user = UserFactory(serving=(branch := BranchFactory()))
        ContactFactory(user=user, kind=Kind.SMS, address=PHONE)
        DeliveryFactory(channel=channel, digest=DigestFactory(user=user, about=[branch]))

    outbox.drain(channel.pk, lambda: at("05-20", 9))

    assert len(gateway.texts) == 3
    assert Delivery.objects.filter(state=State.WAITING).count() == 2


def test_the_nearest_channel_is_taken(branch, gateway):
    ContactFactory(user=UserFactory(serving=branch), kind=Kind.SMS, address=PHONE)
    ChannelFactory(kind=Kind.SMS, address=gateway.url)
    near = ChannelFactory(kind=Kind.SMS, address=gateway.url, branch=branch.parent)
    ChannelFactory(kind=Kind.SMS, address=gateway.url, branch=BranchFactory(committee=True))
    DutyFactory(branch=branch)

    sweep.run(at("05-20"))

    assert Delivery.objects.get().channel == near


def test_a_trial_goes_to_who_asked(gateway):
    admin = UserFactory(serving=root(), role=Role.ADMIN)
    ContactFactory(user=admin, kind=Kind.SMS, address=PHONE)
    channel = ChannelFactory(kind=Kind.SMS, address=gateway.url)
    DeliveryFactory(channel=channel, asked_by=admin, asked_at=at("05-20"))

    outbox.drain(channel.pk, lambda: at("05-20", 9))

    assert gateway.texts == [f"{PHONE} 【提醒】云岭教育党建：这是一条试发的消息，收到即表示渠道可用。"]


@pytest.mark.parametrize(("hour", "is_sent"), [(21, False), (20, True), (3, False)])
def test_nothing_leaves_in_quiet_hours(told, gateway, monkeypatch, hour, is_sent):
    monkeypatch.setattr(tasks.deliver, "delay", tasks.deliver)
    with time_machine.travel(at("05-20", hour), tick=False):
        tasks.sweep()

    assert bool(gateway.got) == is_sent


def test_nothing_private_is_left_in_clear(client, told, gateway, capfd):
    """T-LOG: a person's addresses, a channel's token: neither in the tables, nor in what was printed or logged."""
    client.force_login(told.digest.user)
    client.post("/reminders/settings/", {"email": "zhou.mingyuan@example.invalid", "sms": PHONE})
    client.post("/reminders/settings/", {"email": "no address", "sms": PHONE[:-1]})
    gateway.answer = (500, {})
    drain(told)

    written = dump() + "".join(capfd.readouterr())

    assert [word for word in (PHONE, PHONE[:-1], "zhou.mingyuan", "token=invented") if word in written] == []
    assert PHONE in gateway.texts[0]
