"""Whether a vote stands and carries, by the rule of that meeting on that day. Counts of persons and ballots; no names.

Sources: 支部工作条例 arts. 11–12, 发展党员工作细则, 基层组织选举工作条例 art. on 到会 and 当选; the shares are rows `vote.*`.
"""

from dataclasses import dataclass
from fractions import Fraction

from django.core.exceptions import ValidationError

from rulebook.book import in_force


@dataclass(frozen=True)
class Verdict:
    """`must_come` persons with a vote have to be there, `must_agree` have to agree; words say it as an office would."""

    stands: bool
    carries: bool
    must_come: int
    must_agree: int
    words: str
    source: str


def needed(share, whole):
    """The least whole number that is `at_least` the share of `whole`, or `more_than` it."""
    if "at_least" in share:
        part = Fraction(*share["at_least"]) * whole
        return part.numerator // part.denominator + (part.denominator > 1)
    part = Fraction(*share["more_than"]) * whole
    return part.numerator // part.denominator + 1


def judge(kind, *, entitled, present, in_favour=0, written=0, on, book=None):
    """The verdict on one vote held on that day. `in_favour` holds the written opinions in favour where the rule counts them.

    `book`: the rules of that day, when the caller has read them already.
    Raises `ValidationError` when no rule was in force on that day, or written opinions are given where they do not count.
    """
    found = (in_force(on=on) if book is None else book).get(f"vote.{kind}")
    if found is None:
        raise ValidationError("召开日期早于现行表决规定，请核对日期。")
    if written and not found.value["written"]:
        raise ValidationError(f"这类表决不计会前书面意见（{found.source.partition('：')[0]}），请把书面意见改为 0。")
    sizes = {"entitled": entitled, "present": present}
    must_come = needed(found.value["present"], entitled)
    must_agree = needed(found.value["passed"], sizes[found.value["passed"]["of"]])
    stands = present >= must_come and entitled > 0
    carries = stands and in_favour >= must_agree
    if not stands:
        words = f"应到会有表决权 {entitled} 人，须到会 {must_come} 人以上，实到 {present} 人，不能表决"
    else:
        words = f"须赞成 {must_agree} 票以上，得赞成 {in_favour} 票，{'通过' if carries else '没有通过'}"
    return Verdict(stands, carries, must_come, must_agree, words, found.source)


def elected(vote, on, candidates=None, *, book=None):
    """(verdict on attendance, [(candidate, whether elected)]) of an election, more votes first; ties at the last seat elect neither.

    More than half of those actually present, and no more than the seats. Ballots issued and taken back are checked: an
    election with more ballots back than out is void (选举无效). `candidates`: those typed, of a vote not saved yet.
    """
    verdict = judge("election", entitled=vote.entitled, present=vote.present, on=on, book=book)
    ranked = sorted(
        vote.candidates.all() if candidates is None else candidates, key=lambda each: (-each.votes, each.position)
    )
    enough = [each for each in ranked if verdict.stands and each.votes >= verdict.must_agree]
    seats = vote.seats or 0
    if len(enough) > seats:
        edge = enough[seats].votes if seats else 0
        enough = [each for each in enough[:seats] if each.votes > edge]
    winners = {each.position for each in enough}
    return verdict, [(each, each.position in winners) for each in ranked]


def least_candidates(seats, on, *, book=None):
    """How many must stand for `seats` committee seats: at least 20 % more (差额), 3 seats → 4 candidates."""
    share = Fraction(str((in_force(on=on) if book is None else book)["election.more_candidates"].value))
    more = share * seats
    return seats + more.numerator // more.denominator + (more.denominator > 1)
