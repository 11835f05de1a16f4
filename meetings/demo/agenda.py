"""Agendas and votes of the invented meetings: by totals alone, and each lawful on its day."""

from meetings.demo import words
from meetings.models import AgendaItem, Candidate, MeetingKind, StudyPlan, Vote
from meetings.voting import needed
from rulebook.book import rules

KEPT = {MeetingKind.Kind.MEMBERS_MEETING, MeetingKind.Kind.COMMITTEE_MEETING, MeetingKind.Kind.THEORY_STUDY}
Item, Plan = AgendaItem.Kind, StudyPlan.Kind


def write(diary, meeting, kinds, manner, everybody, about):
    """The agenda of a meeting that has one, and what was voted on. `everybody`: how many should have come, excused or not."""
    rng, pending = diary.rng, diary.pending
    lines, votes = [], []
    if about:
        lines, votes = about(diary, meeting, everybody)
    elif KEPT & set(kinds):
        kind = next(kind for kind in kinds if kind in KEPT)
        for sort, plan in ((Item.FIRST, Plan.STUDY), (Item.SECOND, Plan.LAW)):
            if rng.random() < manner.orderly and (item := diary.plans.get((plan, meeting.held_on))):
                lines.append((sort, f"学习{item.title}", item))
        is_small = kind == MeetingKind.Kind.COMMITTEE_MEETING
        if is_small:
            lines.append((Item.DISCUSS, meeting.topic, None))
        if not is_small or rng.random() < 0.3:
            lines += [(*line, None) for line in words.AGENDA[kind][: rng.randint(1, 2)]]
        if kind == MeetingKind.Kind.MEMBERS_MEETING and rng.random() < 0.45:
            votes = _ordinary(diary, meeting)
            lines += [(Item.DECIDE, vote.title, None) for vote, _ in votes]
    pending.agenda += [
        AgendaItem(meeting=meeting, position=place, kind=kind, title=title, study_item=item)
        for place, (kind, title, item) in enumerate(lines)
    ]
    for place, (vote, candidates) in enumerate(votes):
        vote.position = place
        pending.votes.append(vote)
        pending.candidates += [
            Candidate(vote=vote, position=at, name=name, votes=count) for at, (name, count) in enumerate(candidates)
        ]


def _voters(diary, meeting):
    """(entitled, present): full members without those who are not counted; of those present nobody on probation votes."""
    on, sketch = meeting.held_on, diary.sketch
    aside = {pk for pk, since, until in sketch.aside if since <= on and (until is None or until >= on)}
    there = [stay for stay in sketch.roster if stay.covers(on)]
    entitled = sum(stay.is_full and stay.pk not in aside for stay in there)
    return entitled, max(0, min(entitled, meeting.attended_count - (len(there) - entitled)))


def _needs(kind, entitled, present, on):
    """(rule, how many must come, how many must agree); no county decides otherwise, so the database is not asked."""
    found = [row for row in rules()[f"vote.{kind}"] if row.since <= on][-1].value
    sizes = {"entitled": entitled, "present": present}
    return found, needed(found["present"], entitled), needed(found["passed"], sizes[found["passed"]["of"]])


def _ordinary(diary, meeting):
    entitled, present = _voters(diary, meeting)
    _, must_come, must_agree = _needs("ordinary", entitled, present, meeting.held_on)
    if present < max(must_come, must_agree):
        return []
    abstained = diary.rng.choice([0, 0, 0, 1]) if present > must_agree else 0
    vote = Vote(
        meeting=meeting, rule=Vote.Rule.ORDINARY, title=diary.rng.choice(words.ORDINARY_VOTES), entitled=entitled,
        present=present, in_favour=present - abstained, abstained=abstained,
    )  # fmt: skip
    return [(vote, [])]


def admission(diary, meeting, everybody, *, title):
    """Admission of a probationary member or the end of the probation; opinions in writing as long as the rule knew them."""
    entitled, present = _voters(diary, meeting)
    found, must_come, must_agree = _needs("recruitment", entitled, present, meeting.held_on)
    meeting.resolutions = f"{title}，报上级党组织审批。"
    lines = [
        (Item.REPORT, "支委会报告审查情况", None), (Item.DISCUSS, "讨论", None), (Item.DECIDE, f"表决：{title}", None),
    ]  # fmt: skip
    if present < max(must_come, must_agree):
        meeting.resolutions = "到会有表决权的党员不足，改期表决。"
        return lines[:1], []
    written = min(diary.rng.randint(0, 1), entitled - present) if found["written"] else 0
    abstained = diary.rng.choice([0, 0, 1]) if present > must_agree else 0
    ballots = dict.fromkeys(("ballots_out", "ballots_back"), present if found["secret"] else None)
    vote = Vote(
        meeting=meeting, rule=Vote.Rule.RECRUITMENT, title=title, entitled=entitled, present=present, written=written,
        in_favour=present - abstained + written, abstained=abstained, **ballots,
    )  # fmt: skip
    return lines, [(vote, [])]


def election(diary, meeting, everybody):
    """A committee elected with more candidates than seats; the last on the ballot gets what the others left."""
    entitled, present = _voters(diary, meeting)
    team = [name for _, name in diary.sketch.committee]
    others = [stay.name for stay in diary.sketch.roster if stay.is_full and stay.covers(meeting.held_on)]
    others = [name for name in dict.fromkeys(others) if name not in team]
    more = 1  # 差额 of one fifth: three or five seats ask for one name more
    lines = [
        (Item.REPORT, "听取上届支部委员会工作报告", None), (Item.DECIDE, "通过选举办法和监票人、计票人", None),
        (Item.DECIDE, "无记名投票选举新一届支部委员会委员", None),
    ]  # fmt: skip
    meeting.resolutions = "选举结果报上级党组织审批。"
    _, must_come, must_agree = _needs("election", entitled, present, meeting.held_on)
    if present < must_come or len(others) < more or present < 4:
        meeting.resolutions = "到会有选举权的党员不足，改期选举。"
        return lines[:1], []
    rest, ballots = len(team) * present, []
    for name in team:
        count = present - diary.rng.randint(0, min(2, present - must_agree))
        rest -= count
        ballots.append((name, count))
    ballots += [(name, min(rest // more, must_agree - 1)) for name in others[:more]]
    vote = Vote(
        meeting=meeting, rule=Vote.Rule.ELECTION, title="选举新一届支部委员会委员", entitled=entitled, present=present,
        ballots_out=present, ballots_back=present, seats=len(team),
    )  # fmt: skip
    return lines, [(vote, ballots)]
