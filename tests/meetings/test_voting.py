"""Whether a vote stands and carries, to the boundary: each rule in its own words, and against a plain restatement."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from meetings.models import Vote
from meetings.voting import elected, judge, least_candidates, needed
from rulebook.book import in_force
from tests.factories import CandidateFactory, VoteFactory

pytestmark = pytest.mark.django_db
DAY, OLD_EDITION, NEW_EDITION = date(2025, 11, 20), date(2026, 5, 10), date(2026, 5, 11)
Rule = Vote.Rule


@pytest.mark.parametrize(
    ("rule", "entitled", "must_come", "must_agree"),
    [
        (Rule.ORDINARY, 20, 10, 11),
        (Rule.ORDINARY, 21, 11, 11),
        (Rule.ORDINARY, 3, 2, 2),
        (Rule.COMMITTEE, 5, 3, 3),
        (Rule.COMMITTEE, 6, 3, 4),
        (Rule.CADRE, 9, 6, 5),
        (Rule.CADRE, 10, 7, 6),
        (Rule.CADRE, 7, 5, 4),
        (Rule.RECRUITMENT, 20, 11, 11),
        (Rule.RECRUITMENT, 21, 11, 11),
    ],
)
def test_a_vote_stands_and_carries_exactly_at_its_share(rule, entitled, must_come, must_agree):
    def verdict(present, in_favour):
        return judge(rule, entitled=entitled, present=present, in_favour=in_favour, on=DAY)

    assert verdict(must_come, must_come).stands
    assert not verdict(must_come - 1, must_come - 1).stands
    assert verdict(entitled, must_agree).carries
    assert not verdict(entitled, must_agree - 1).carries
    assert not verdict(must_come - 1, entitled).carries, "without a quorum nothing carries"


@pytest.mark.parametrize(("present", "stands"), [(16, True), (15, False)])
def test_an_election_needs_four_fifths(present, stands):
    verdict = judge(Rule.ELECTION, entitled=20, present=present, on=DAY)

    assert (verdict.stands, verdict.must_come) == (stands, 16)
    assert ("不能表决" in verdict.words) != stands


@pytest.mark.parametrize(("present", "votes"), [(16, 9), (17, 9), (18, 10), (20, 11)])
def test_who_is_elected_has_more_than_half_of_those_who_came(present, votes):
    vote = VoteFactory(rule=Rule.ELECTION, entitled=20, present=present, in_favour=0, seats=2)
    enough = CandidateFactory(vote=vote, votes=votes)
    short = CandidateFactory(vote=vote, votes=votes - 1)

    assert dict(elected(vote, DAY)[1]) == {enough: True, short: False}


def test_a_tie_at_the_last_seat_elects_neither():
    vote = VoteFactory(rule=Rule.ELECTION, entitled=20, present=20, in_favour=0, seats=2)
    first, *tied = [CandidateFactory(vote=vote, votes=votes) for votes in (18, 12, 12)]

    assert dict(elected(vote, DAY)[1]) == {first: True, tied[0]: False, tied[1]: False}


def test_nobody_is_elected_when_too_few_came():
    vote = VoteFactory(rule=Rule.ELECTION, entitled=20, present=15, in_favour=0, seats=1)
    CandidateFactory(vote=vote, votes=15)

    verdict, winners = elected(vote, DAY)

    assert not verdict.stands
    assert [won for _, won in winners] == [False]


@pytest.mark.parametrize(("seats", "stand"), [(1, 2), (3, 4), (5, 6), (6, 8), (7, 9), (9, 11), (10, 12)])
def test_a_fifth_more_stand_than_there_are_seats(seats, stand):
    assert least_candidates(seats, DAY) == stand


# --- recruitment, by the edition of the day of the meeting


def test_until_the_new_edition_an_opinion_filed_before_counts():
    verdict = judge(Rule.RECRUITMENT, entitled=20, present=11, in_favour=11, written=2, on=OLD_EDITION)

    assert verdict.carries
    assert "2014" in verdict.source


def test_from_the_day_of_the_new_edition_it_does_not():
    with pytest.raises(ValidationError, match="不计会前书面意见"):
        judge(Rule.RECRUITMENT, entitled=20, present=11, in_favour=11, written=1, on=NEW_EDITION)

    verdict = judge(Rule.RECRUITMENT, entitled=20, present=11, in_favour=11, on=NEW_EDITION)
    assert verdict.carries
    assert "2026" in verdict.source


def test_a_written_opinion_makes_nobody_present():
    verdict = judge(Rule.RECRUITMENT, entitled=20, present=10, in_favour=15, written=5, on=OLD_EDITION)

    assert not verdict.stands


@pytest.mark.parametrize("rule", [Rule.ORDINARY, Rule.COMMITTEE, Rule.CADRE, Rule.ELECTION])
def test_elsewhere_no_opinion_counts_that_is_not_given_there(rule):
    with pytest.raises(ValidationError, match="书面意见"):
        judge(rule, entitled=20, present=19, in_favour=19, written=1, on=DAY)


def test_a_day_before_any_rule_is_refused():
    with pytest.raises(ValidationError, match="召开日期"):
        judge(Rule.CADRE, entitled=7, present=7, in_favour=7, on=date(2021, 12, 31))


def test_a_vote_of_nobody_does_not_stand():
    assert not judge(Rule.ORDINARY, entitled=0, present=0, on=DAY).stands


# --- every size from 1 to 60, restated in whole numbers

COMES = {  # enough came: (present, entitled) in integers
    Rule.ORDINARY: lambda came, all_: 2 * came >= all_,
    Rule.COMMITTEE: lambda came, all_: 2 * came >= all_,
    Rule.CADRE: lambda came, all_: 3 * came >= 2 * all_,
    Rule.RECRUITMENT: lambda came, all_: 2 * came > all_,
    Rule.ELECTION: lambda came, all_: 5 * came >= 4 * all_,
}


@pytest.mark.parametrize("rule", Rule)
def test_every_size_up_to_sixty(rule):
    """Each number present of each number entitled, at the vote that is just enough and one short of it."""
    book = in_force(on=DAY)
    for entitled in range(1, 61):
        for present in range(entitled + 1):
            stands = COMES[rule](present, entitled)
            whole = present if rule == Rule.ELECTION else entitled
            for in_favour in {whole // 2, whole // 2 + 1}:
                verdict = judge(rule, entitled=entitled, present=present, in_favour=in_favour, on=DAY, book=book)
                case = (rule, entitled, present, in_favour)
                assert verdict.stands == stands, case
                assert verdict.carries == (stands and 2 * in_favour > whole), case


def test_shares_are_counted_without_rounding():
    assert [needed({"more_than": [1, 2]}, whole) for whole in (1, 2, 3, 4)] == [1, 2, 2, 3]
    assert [needed({"at_least": [1, 2]}, whole) for whole in (1, 2, 3, 4)] == [1, 1, 2, 2]
    assert [needed({"at_least": [2, 3]}, whole) for whole in (1, 2, 3, 4)] == [1, 2, 2, 3]
