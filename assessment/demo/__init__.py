"""The invented county's yearly assessments."""

from assessment.demo import forecast, round, schemes, secretary_review, uses


def build(county, rng):
    """Each part in its order; what comes later rests on what came before."""
    schemes.build(county)
    secretary_review.build(county)
    round.build(county)
    uses.build(county)
    forecast.build(county, rng)
