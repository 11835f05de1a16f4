"""The invented county's yearly assessments."""

from assessment.demo import judging


def build(county, rng):
    """Each part in its order; what comes later rests on what came before."""
    judging.build(county, rng)
