"""Sealed texts give their result again, to the byte: random years, as no record would make them; and a check of ten years of 600
organisations is done within a minute."""

import random
import time
import tracemalloc
from datetime import date

import pytest

from accounts.models import User
from assessment import canonical, sealing, verification
from branches.models import Branch
from tests.assessment.random_inputs import random_inputs
from tests.factories import BranchFactory, RoundFactory
from tests.factories_assessment import SchemeFactory
from tests.proofs.scale import BLOCKS, SEED, SHARE, times

YEARS, ORGANISATIONS = 10, max(20, round(600 * SHARE))


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_years_give_the_same_bytes(block):
    for number in range(times(10_000)):
        seed = SEED * 1000 + block * 10**6 + number
        inputs, decided = random_inputs(random.Random(seed), most=4)
        scheme, county, rows = canonical.texts(inputs, decided=decided)
        again, told = canonical.inputs_of(scheme, county, rows.values())
        assert canonical.texts(again, decided=told) == (scheme, county, rows), seed
        assert sealing.results_of(again, told) == sealing.results_of(inputs, decided), seed


@pytest.mark.django_db
def test_ten_years_are_checked_within_a_minute(settings, tmp_path, record_property):
    settings.VAR_DIR = tmp_path
    branches = [BranchFactory(order=place) for place in range(ORGANISATIONS)]
    dice, begun = random.Random(SEED), time.monotonic()
    for year in range(2016, 2016 + YEARS):
        inputs = years_of(dice, branches, year)
        made = sealing.closing(inputs, {}, {"kind": "branch", "stage": "published", "attempt": 1})
        round = RoundFactory(
            year=year, scheme=SchemeFactory(year=year), state="published", published_on=date(year + 1, 1, 12),
            objections_until=date(year + 1, 1, 19),
        )  # fmt: skip
        sealing._write(round, "branch", "published", 1, made, by=User.objects.system())
    sealing.keep_heads()
    sealed = time.monotonic() - begun

    tracemalloc.start()
    begun = time.monotonic()
    report = verification.verify(heads=sealing.kept_heads())
    slow = time.monotonic() - begun
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    begun = time.monotonic()
    verification.verify(heads=sealing.kept_heads())
    took = time.monotonic() - begun

    size = sum(len(words) for words in made.rows[branches[0].pk])
    record_property("seconds", round_to(took))
    print(
        f"\n{report.rows} rows of {YEARS} years checked in {took:.1f} s ({slow:.1f} s with memory traced, peak {peak:.0f} MB); "
        f"sealed in {sealed:.1f} s; a row is about {size} characters"
    )
    assert (report.seals, report.rows, report.findings) == (YEARS, YEARS * ORGANISATIONS, ())
    assert took <= 60


def round_to(number):
    return f"{number:.1f}"


def years_of(dice, branches, year):
    """The random inputs of a full county, on organisations that are."""
    from dataclasses import replace

    found, _ = random_inputs(dice, most=2)
    facts, manual = {key: {} for key in found.facts}, {}
    chosen = tuple(
        Branch(pk=b.pk, name=b.name, kind="branch", order=b.order, stage=dice.choice(["primary", "junior", ""]),
               founded_on=date(year - 3, 1, 1)) for b in branches
    )  # fmt: skip
    for branch in chosen:
        other, _ = random_inputs(dice, most=2)
        (pk,) = [each.pk for each in other.branches]
        for key, of_branch in other.facts.items():
            if of_branch and pk in of_branch:
                facts[key][branch.pk] = of_branch[pk]
        manual |= {(branch.pk, part): judged for (_, part), judged in other.manual.items()}
    return replace(found, year=year, on=date(year + 1, 3, 31), branches=chosen, facts=facts, manual=manual, adjusted={},
                   vetoes={})  # fmt: skip
