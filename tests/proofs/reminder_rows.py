"""Run in the proof's own database: `open` makes the county and its gateways, `more N OFFSET` people with something to do today."""

import os
import sys
from datetime import timedelta
from uuid import uuid4

import django


def main(act, *arguments):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    {"open": open_county, "serve": serve}[act](*arguments)


def open_county(with_keys, without):
    """Two 党委: the gateway of the first knows keys, that of the second does not. Any hour will do."""
    from django.utils import timezone

    from accounts.models import User
    from branches.actions import root
    from branches.models import Branch
    from reminders.models import Channel, Kind
    from rulebook.models import Decision

    system = User.objects.system()
    hours = {"opens": "00:00", "closes": "23:59:59.999999"}
    Decision.objects.create(
        key="remind.hours", value=hours, from_on=timezone.localdate(), source="proof", decided_by=system
    )
    for name, url, has_key in (("甲党委", with_keys, True), ("乙党委", without, False)):
        upper = Branch(name=name, kind="committee", parent=root(), path=name, founded_on="2010-01-01")
        upper.save()
        upper.path = f"{root().path}{upper.pk}/"
        upper.save()
        Channel.objects.create(
            branch=upper, kind=Kind.SMS, address=url, is_test=False, has_key=has_key, daily_limit=1_000_000
        )


def serve():
    """Make people as told line by line: a count and by how many days the occasion is past; answers with the seconds it took."""
    for line in sys.stdin:
        count, days = map(int, line.split())
        more(count, days)
        print("ok", flush=True)


def more(count, days):
    from django.db import transaction
    from django.utils import timezone

    from accounts.models import User
    from branches.models import Appointment, Branch
    from duties.models import Duty
    from reminders.models import Contact, Kind, Sweep

    today = timezone.localdate()
    target = today - timedelta(days=days)
    uppers = list(Branch.objects.filter(kind="committee").order_by("pk"))
    marks = [uuid4().hex[:12] for _ in range(count)]
    with transaction.atomic():
        if days:  # as if nothing had run since
            Sweep.objects.filter(on=today).delete()
            Sweep.objects.get_or_create(on=today - timedelta(days=days), defaults={"last_at": timezone.now()})
        branches = Branch.objects.bulk_create(
            Branch(
                name=f"云岭{mark}小学党支部", parent=uppers[number % 2], path=mark, founded_on="2010-01-01",
            )
            for number, mark in enumerate(marks)
        )  # fmt: skip
        for branch in branches:
            branch.path = f"{branch.parent.path}{branch.pk}/"
        Branch.objects.bulk_update(branches, ["path"])
        users = User.objects.bulk_create(User(username=mark, name="周明远", password="!") for mark in marks)
        Appointment.objects.bulk_create(
            Appointment(user=user, branch=branch, role="secretary", started_on="2010-01-01")
            for user, branch in zip(users, branches, strict=True)
        )
        Contact.objects.bulk_create(Contact(user=user, kind=Kind.SMS, address=f"197{user.pk:08}") for user in users)
        Duty.objects.bulk_create(
            Duty(
                branch=branch, rule="theme_party_day", year=target.year, period=f"{target:%Y-%m}",
                opens_on=target - timedelta(days=10), target_on=target, due_on=target + timedelta(days=3),
                ends_on=target + timedelta(days=40), locks_on=target + timedelta(days=70),
            )
            for branch in branches
        )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
