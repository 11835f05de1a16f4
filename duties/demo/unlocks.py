"""Leave asked for to enter what was locked: one still open, one granted, one refused."""

from datetime import timedelta

from branches.demo import WEAK
from duties.demo import words
from duties.demo.moments import at
from duties.models import Duty, Unlock


def build(county, rng):
    today, staff = county.today, county.users["gongwei"]
    locked = Duty.objects.filter(rule="theme_party_day", locks_on__lt=today, met_on=None, branch__closed_on=None)
    of_branch = {duty.branch_id: duty for duty in locked.order_by("opens_on")}  # the latest of each
    sketches = [sketch for sketch in county.sketches if sketch.branch.pk in of_branch]
    sketches.sort(key=lambda sketch: (not sketch.is_star, sketch.manner[1] != WEAK))
    decisions = [{}, {"expires_on": today + timedelta(days=9), "answer": words.GRANTED}, {"answer": words.REFUSED}]
    for days, sketch, reason, decided in zip((1, 6, 12), sketches, words.REASONS, decisions, strict=False):
        if decided:
            decided |= {"decided_by": staff, "decided_at": at(today - timedelta(days=days - 1), 11)}
        duty = of_branch[sketch.branch.pk]
        row = Unlock.objects.create(duty=duty, reason=reason, created_by=sketch.author, **decided)
        Unlock.objects.filter(pk=row.pk).update(created_at=at(today - timedelta(days=days), 15, 20))
