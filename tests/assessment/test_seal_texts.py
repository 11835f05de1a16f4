"""Canonical texts: one text for one value, to the byte, and back again; nothing passes through binary floating point."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessment import canonical, scoring, sealing
from assessment import scheme as schemes
from assessment.rules import exact
from assessment.scoring import Inputs, Judged
from branches.models import Branch
from rulebook.facts import Fact
from tests.assessment.random_inputs import random_inputs


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"b": 1, "a": [True, None, "章"]}, '{"a":[true,null,"章"],"b":1}'),
        (Decimal("8.00"), "8.00"),
        (Decimal("1E+1"), "1E+1"),
        (0.3, "0.3"),
        (date(2025, 12, 31), '"2025-12-31"'),
        (datetime(2026, 1, 12, 2, tzinfo=UTC), '"2026-01-12T02:00:00.000000+00:00"'),
        ((), "[]"),
        ('"', '"\\""'),
    ],
)
def test_one_text_for_one_value(value, words):
    assert canonical.text(value) == words


def test_what_is_no_number_or_not_plain_has_no_text():
    for value in (Decimal("NaN"), float("inf"), Decimal("Infinity")):
        with pytest.raises(ValueError, match="no number"):
            canonical.text(value)
    with pytest.raises(TypeError, match="set has no canonical text"):
        canonical.text({1, 2} and {"a": {1}})


def test_numbers_come_back_as_they_were_written():
    told = canonical.data('{"a":8.00,"b":3,"c":1E+1}')

    assert [(type(number), str(number)) for number in told.values()] == [
        (Decimal, "8.00"),
        (int, "3"),
        (Decimal, "1E+1"),
    ]
    assert canonical.text(told) == '{"a":8.00,"b":3,"c":1E+1}'


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_what_was_read_is_written_as_it_was(value):
    words = canonical.text(value)
    assert canonical.text(canonical.data(words)) == words


def texts_again(inputs, decided=None):
    scheme, county, rows = canonical.texts(inputs, decided=decided)
    again, told = canonical.inputs_of(scheme, county, rows.values())
    return (scheme, county, rows), canonical.texts(again, decided=told), again, told


@pytest.mark.parametrize("seed", range(10))
def test_what_belongs_to_one_organisation_is_written_by_the_same_rules(seed):
    """It goes a faster way, since nothing in it is a number of binary floating point."""
    inputs, decided = random_inputs(random.Random(seed))
    rows = canonical.texts(inputs, decided=decided)[2]
    results = [canonical.result_text(score, "合格") for score in scoring.evaluate(inputs)]

    assert list(rows) == [branch.pk for branch in inputs.branches]
    for words in (*rows.values(), *results):
        assert canonical.text(canonical.data(words)) == words


@pytest.mark.parametrize("seed", range(40))
def test_random_years_come_back_to_the_byte_and_give_the_same(seed):
    inputs, decided = random_inputs(random.Random(seed))

    first, second, again, told = texts_again(inputs, decided)

    assert first == second
    assert told == decided
    assert sealing.results_of(inputs, decided) == sealing.results_of(again, told)
    results = sealing.results_of(again, told)
    scores = scoring.ranking.ranked(scoring.evaluate(again), again.content, again.period)
    proposed = canonical.decide(scores, told)
    for score in scores:
        rebuilt, grade = canonical.score_of(again.content, first[2][score.branch.pk], results[score.branch.pk])
        assert canonical.result_text(rebuilt, grade) == results[score.branch.pk]
        assert rebuilt == score
        assert (rebuilt.total, rebuilt.judged, rebuilt.still) == (score.total, score.judged, score.still)
        assert grade == proposed[score.branch.pk]


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50, deadline=None)
@given(
    value=st.decimals(0, 10**6, places=4),
    whole=st.none() | st.decimals(0, 10**4, places=2),
    still=st.decimals(0, 100, places=1),
    words=st.text(max_size=20).filter(lambda words: "\0" not in words),
    pks=st.lists(st.integers(1, 2**62), max_size=5),
    void=st.booleans(),
)
def test_any_fact_comes_back(value, whole, still, words, pks, void):
    branch = Branch(pk=1, name=words, kind="branch", stage="", order=0, founded_on=date(2020, 1, 1))
    fact = Fact(value, whole, "meetings.Meeting", tuple(pks), (words,), still, words, void)
    inputs = Inputs(2025, date(2026, 3, 31), schemes.of_year(2025), (branch,), {"AT1": {1: fact}, "AT2": None},
                    {(1, "PF10"): Judged(value, words)}, {(1, "AT3"): Judged(still, words)}, {1: ["fraud"]})  # fmt: skip

    first, second, again, _ = texts_again(inputs)

    assert first == second
    assert again.facts == {"AT1": {1: fact}, "AT2": None}
    assert (again.manual, again.adjusted, again.vetoes) == (inputs.manual, inputs.adjusted, inputs.vetoes)
    assert again.on == inputs.on


def test_equal_numbers_of_two_schemes_are_not_taken_for_one_another():
    """What another scheme wrote as 2.0 must not stand in the texts of one that wrote 2, whichever was read first."""
    assert [str(exact(number)) for number in (2.0, 2, Decimal("2.00"), 2.0)] == ["2.0", "2", "2.00", "2.0"]


@pytest.mark.parametrize("words", ["", "{", "[]", '{"year":1}', '"x"'])
def test_a_text_that_is_none_of_ours_is_refused(words):
    with pytest.raises(canonical.Unreadable):
        canonical.inputs_of("{}", words, [])
    with pytest.raises(canonical.Unreadable):
        canonical.score_of({"items": [], "dimensions": []}, words, words)


def test_a_row_that_is_none_of_ours_is_refused():
    inputs, decided = random_inputs(random.Random(1))
    scheme, county, rows = canonical.texts(inputs, decided=decided)
    row = next(iter(rows.values()))
    for spoilt in (row.replace('"value":"', '"value":"x'), row.replace('"founded_on":"', '"founded_on":"x')):
        if spoilt != row:
            with pytest.raises(canonical.Unreadable):
                canonical.inputs_of(scheme, county, [spoilt])
