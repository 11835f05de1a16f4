"""The settings of the invented county: two rules decided otherwise, and the record of how its running year was opened."""

from datetime import date

from accounts import audit
from branches.actions import root
from portal.settings import decisions, year_opening


def build(county, rng):
    """Decisions that change no figure of the past, and what the office had done when the year began."""
    year, office = county.today.year, county.users["gongwei"]
    for key, value, from_on, number in (
        ("transfer.warn_days", 15, date(year, 3, 2), 2),
        ("rectify.days", 20, date(year + 1, 1, 1), 9),
    ):
        source = f"县委教育体育工委会议纪要〔{year}〕{number}号"
        on = min(from_on, county.today)  # entered on its first day, or ahead of it
        decisions.decide(key, value, from_on=from_on, source=source, by=county.system, on=on)
    steps = year_opening.look(year, by=office, on=county.today)
    done = {step.key: state.words for step, state in steps if step.act and state.state == year_opening.DONE}
    audit.record(year_opening.VERB, root(), by=office, year=year, done=done)
