"""What was filed by a form alone in the running year: monthly returns, answers to 一月一调度, checks of the setting."""

from collections import defaultdict
from datetime import timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo import GOOD, ORDINARY, WEAK
from duties.demo import words
from duties.demo.moments import at
from duties.models import Duty, Filing, Fulfilment
from jobs.copying import insert

LABEL = Filing._meta.label
RULES = ("ideology_return", "monthly_dispatch", "setting_check", "setting_return")
MISSED = {GOOD: 0.0, ORDINARY: 0.05, WEAK: 0.22}
LATE = {GOOD: 0.0, ORDINARY: 0.06, WEAK: 0.25}
BEFORE = {GOOD: (3, 10), ORDINARY: (0, 7), WEAK: (0, 3)}  # days between filing and the due day
FLUSH = 4000


def build(county, rng):
    duties = defaultdict(list)
    owed = Duty.objects.filter(rule__in=RULES, year=county.today.year, opens_on__lte=county.today)
    for duty in owed.order_by("opens_on", "rule"):
        duties[duty.branch_id].append(duty)
    pending = []
    for sketch in county.sketches:
        for duty in duties.get(sketch.branch.pk, ()):
            if filing := _file(county, rng, sketch, duty):
                pending.append(filing)
        if len(pending) >= FLUSH:
            _write(pending)
            pending = []
    _write(pending)
    # `created_at` would be the moment of the build. Hours are added by the database, in one statement.
    Filing.objects.update(created_at=Cast(F("filed_on"), DateTimeField()) + timedelta(hours=16))
    _hand(county, duties)


def _file(county, rng, sketch, duty):
    """The filing, or None when it was forgotten or its day has not come; the star branch leaves this month's open."""
    manner, today = sketch.manner[1], county.today
    if rng.random() < MISSED[manner] or (sketch.is_star and duty.ends_on >= today):
        return None
    if rng.random() < LATE[manner] and duty.ends_on > duty.due_on:
        on = duty.due_on + timedelta(days=rng.randint(1, (duty.ends_on - duty.due_on).days))
    else:
        on = max(duty.opens_on, duty.due_on - timedelta(days=rng.randint(*BEFORE[manner])))
    if on > today or (sketch.branch.closed_on and on > sketch.branch.closed_on):
        return None
    answers = {
        "ideology_return": lambda: {"risk": "none" if rng.random() < 0.985 else "reported"},
        "monthly_dispatch": lambda: {
            "done": rng.choice(words.DONE), "trouble": rng.choice(words.TROUBLE), "next": rng.choice(words.NEXT),
        },
        "setting_check": lambda: (
            {"agrees": "differs", "words": "书记调出，正在按程序补选"} if sketch.is_vacant else {"agrees": "agrees", "words": ""}
        ),
        "setting_return": lambda: {"agrees": "agrees", "words": ""},
    }[duty.rule]()  # fmt: skip
    return Filing(duty=duty, answers=answers, filed_on=on, created_by=sketch.author)


def _write(filings):
    insert(filings)
    insert(
        Fulfilment(duty_id=filing.duty_id, label=LABEL, object_id=filing.pk, on=filing.filed_on) for filing in filings
    )


def _hand(county, duties):
    """The secretary of the star branch has handed this month's return to the member who enters the records."""
    star, today = next(sketch for sketch in county.sketches if sketch.is_star), county.today
    for duty in duties[star.branch.pk]:
        if duty.rule == "ideology_return" and duty.ends_on >= today:
            duty.handed_to, duty.handed_by = county.users["zhiwei"], county.users["shuji"]
            duty.handed_at = at(max(duty.opens_on, today - timedelta(days=4)), 10)
            duty.save(update_fields=["handed_to", "handed_by", "handed_at"])
