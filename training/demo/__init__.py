"""Two years of training: classes with their rolls and signatures, surveys, an exam, and hours from elsewhere."""

from training.demo import courses, hours, marks, rolls


def build(county, rng):
    held = courses.build(county, rng)
    rolls.build(county, rng, held)
    marks.build(county, rng, held)
    hours.build(county, rng)
