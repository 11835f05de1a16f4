"""Three weeks of reminders of the invented county, as the beat would have sent them, and a channel that only tries."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from reminders import sweep
from reminders.models import Channel, Digest, Kind, Sweep

DAYS = 21
UNREAD = 3  # days


def build(county, rng):
    """What is still open today was told on its days, each morning at eight; today's is left to the beat."""
    mornings = [
        timezone.make_aware(datetime.combine(county.today - timedelta(days=days), time(8)))
        for days in range(DAYS, 0, -1)
    ]
    Sweep.objects.create(on=county.today - timedelta(days=DAYS + 1), last_at=mornings[0] - timedelta(days=1))
    for morning in mornings:
        sweep.run(morning)
    for digest in Digest.objects.filter(on__lt=county.today - timedelta(days=UNREAD)):
        if rng.random() < 0.8:
            digest.read_at = digest.sent_at + timedelta(minutes=rng.randint(5, 600))
            digest.save(update_fields=["read_at"])
    Channel.objects.create(
        branch=county.top.branch,
        kind=Kind.WECOM,
        address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=invented",
        is_test=True,
    )
