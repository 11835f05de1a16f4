"""What the invented county owes: the duties of four years, the notices of 工委, what was filed, and leave asked for."""

from duties.actions import generate
from duties.demo import filings, notices, unlocks, visits


def build(county, rng):
    """Duties first; what fulfils them by a form alone or by an answer is written here, what takes a meeting comes later."""
    for year in (*county.past, *county.years):
        generate(year, by=county.system)
    notices.build(county, rng)
    filings.build(county, rng)


def unlock(county, rng):
    """After everything was entered: what stayed undone, and leave asked for to enter it still."""
    visits.build(county)
    unlocks.build(county, rng)
