"""The organisations of the invented county, and the work on their quality, matter by matter."""

from branches.demo import county as organisations
from branches.demo import dossier, inspection, rectification, screening, weak
from branches.demo.county import (
    COUNTY,
    GOOD,
    LEADER,
    ORDINARY,
    VILLAGES,
    WEAK,
    Named,
    Sketch,
    Stay,
    new_key,
    person,
    seat_below,
)

__all__ = [
    "COUNTY", "GOOD", "LEADER", "ORDINARY", "VILLAGES", "WEAK", "Named", "Sketch", "Stay", "build", "late", "new_key",
    "person", "seat_below",
]  # fmt: skip


def build(county, rng):
    organisations.build(county, rng)


def late(county, rng):
    """What looks at the records of a year, once there are any."""
    dossier.build(county)
    screening.build(county, rng)
    inspection.build(county)
    weak.build(county)
    rectification.build(county, rng)
