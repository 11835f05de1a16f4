"""Three weeks of reminders of the invented county, as the beat would have sent them, and a channel that only tries."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from duties.demo.moments import at
from jobs.copying import insert, rewrite
from reminders import sweep
from reminders.demo import follow_up
from reminders.models import Channel, Delivery, Digest, Kind, Sweep

State = Delivery.State
SENT_OUT = [  # days ago, how it ended, what the record says; today's waits for the beat
    (0, State.WAITING, ""), (1, State.SENT, "只试不发，没有向外发出"), (2, State.SENT, "只试不发，没有向外发出"),
    (3, State.FAILED, "连接不上对方"), (4, State.UNKNOWN, "没有等到对方的答复"), (5, State.DROPPED, "已经没有要提醒的事"),
    (6, State.SENDING, ""),
]  # fmt: skip
DAYS = 21
UNREAD = 3  # days


def build(county, rng):
    """What is still open today was told on its days, each morning at eight; today's is left to the beat."""
    if county.is_vast:
        return
    mornings = [
        timezone.make_aware(datetime.combine(county.today - timedelta(days=days), time(8)))
        for days in range(DAYS, 0, -1)
    ]
    Sweep.objects.create(on=county.today - timedelta(days=DAYS + 1), last_at=mornings[0] - timedelta(days=1))
    for morning in mornings:
        sweep.run(morning)
    # Since then nothing new was to be told, and the portal has looked every minute: nobody is alarmed before the beat begins.
    Sweep.objects.filter(on=mornings[-1].date()).update(last_at=timezone.now())
    read = []
    for digest in Digest.objects.filter(on__lt=county.today - timedelta(days=UNREAD)):
        if rng.random() < 0.8:
            digest.read_at = digest.sent_at + timedelta(minutes=rng.randint(5, 600))
            read.append(digest)
    rewrite(read, ["read_at"])
    channel = Channel.objects.create(
        branch=county.top.branch,
        kind=Kind.WECOM,
        address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=invented",
        is_test=True,
    )
    insert(_delivery(channel, county.today - timedelta(days=days), *row) for days, *row in SENT_OUT)
    follow_up.build(county, rng)


def _delivery(channel, on, state, note):
    """One day's message to the group of the channel."""
    is_over = state not in (State.WAITING, State.SENDING)
    return Delivery(
        channel=channel, kind=channel.kind, on=on, state=state, note=note, attempts=int(state != State.WAITING),
        next_at=at(on, 8), claimed_at=None if state == State.WAITING else at(on, 8, 1), settled_at=at(on, 8, 2) if is_over else None,
    )  # fmt: skip
