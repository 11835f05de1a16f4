"""Roads into the Party in every stage, for two editions of the 细则: lawful, late, taken back, moved, ended, brought from paper."""

from recruitment.demo import beside, joining, people, roads


def build(county, rng):
    drawn = roads.Drawn(county, rng)
    people.joined(drawn)
    joining.joining(drawn)
    drawn.write()
    beside.build(drawn)
