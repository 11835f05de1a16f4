"""The members of the invented county, and all that is recorded of them, matter by matter."""

from members.demo import roster


def build(county, rng):
    roster.build(county, rng)
