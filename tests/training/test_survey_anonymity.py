"""A small version of tests/proofs/test_anonymity.py: forty answers, and no order tells whose they are."""

import pytest

from tests.proofs.anonymity import ask_everybody, best_guess, tables_of_answers


@pytest.mark.django_db
def test_no_order_of_any_trace_tells_who_gave_what(monkeypatch):
    survey, scores, remarks = ask_everybody(40, monkeypatch)

    assert survey.answered == 40
    assert survey.remarks == sorted(remarks.values())
    assert tables_of_answers() == []
    assert min(p for _, p in best_guess(survey, scores, remarks, rounds=200).values()) > 0.01
