"""The members of the invented county, and all that is recorded of them, matter by matter."""

import random

from members.demo import appraisals, changes, community, dues, elections, honours, letters, roster, standing, transfers


def build(county, rng):
    changes.prepare(county)
    roster.build(county, rng)
    transfers.build(county, rng)
    standing.build(county)
    appraisals.build(county, rng)
    honours.build(county, rng)
    dues.build(county, rng)
    elections.build(county, rng)
    community.build(county)
    letters.build(county)
    changes.build(county, random.Random(f"{county.seed}/changes"))
