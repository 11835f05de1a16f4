"""The yearly round in the invented county: a year taken to its end, or as far as the calendar has it."""

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from accounts import audit
from accounts.models import User
from assessment import canonical, objections, rounds, scoring, sealing, vetoes
from assessment.demo import judging
from assessment.judging import content_of, kind_of, schemes_of
from assessment.models import (
    Adjustment,
    Judgement,
    ManualScore,
    Objection,
    Round,
    Scheme,
    Seal,
    SelfCheck,
    Verdict,
    Veto,
)
from branches.demo import GOOD, ORDINARY, WEAK
from branches.rights import may
from jobs.copying import insert
from rulebook.book import named_days, working_day

State = Round.State
WORDS = {
    GOOD: "对照细则逐项查过，组织生活按月开展，记录齐全，党员到会率高。下一步把党建和教研融合的做法总结出来。",
    ORDINARY: "对照细则查过，有的月份主题党日开在月底，党小组会记录偏简单。已排出下年计划，按月落实。",
    WEAK: "对照细则查过，缺了几个月的主题党日，学时没有达标。已明确专人登记，按期补办能补的事项。",
}
WRITES = {GOOD: 0.98, ORDINARY: 0.92, WEAK: 0.7}  # how many hand in a self-check
CONTESTS = 0.04  # of the branches, in the self-check
OBJECTS = 0.025  # of the branches, after publication
SAID = {
    "AT1": "有一个月的主题党日在 28 日以后，当月 27 日已发通知、因防汛顺延，通知和签到都在记录里，请核对。",
    "AT5": "两名党员借调在外，应到人数没有扣除，借调函已补登，请核对到会率。",
    "PF10": "融合课例在片区交流过，材料交了，评定时没有看到，请再看一次。",
    "EX2.2": "品牌做法有推广的记录，得分偏低，请核对材料。",
    "": "这一项有登记的材料，评定时没有看到，请核对。",
}
ANSWERS = {
    True: ("经核对，材料属实，采纳。", "异议成立，按材料改正"),
    False: ("经核对，材料不在本年度内，不采纳。", ""),
}
VETO_PAPERS = ("云岭教体通报〔{}〕7号", "云岭教体通报〔{}〕11号")
DEADLINES = ((12, 1), (12, 20), (1, 8))  # opened, self-check, judging; the last in the next year
PUBLISHED, AFTER = (1, 12), 3  # the first day of publication; working days from the window to the 工委会议


def build(county):
    """The years that are over to their end, the running one as far as the calendar has it."""
    for year in () if county.is_vast else (*county.past, county.years[0]):
        close(county, year)
    begin(county, county.years[1])


def days_of(year):
    """(opened, self-check until, judging until, published, window, meeting) of a year's round."""
    opened, checked = (date(year, *DEADLINES[place]) for place in (0, 1))
    published = working_day(date(year + 1, *PUBLISHED), named_days(year + 1))
    window = meeting = rounds.window(published)
    for _ in range(AFTER):
        meeting = working_day(meeting + timedelta(days=1), named_days(year + 1))
    return opened, checked, date(year + 1, *DEADLINES[2]), published, window, meeting


def close(county, year):
    """A whole year's round: self-checks, judgements, publication, objections, vetoes, the decision, final. Its scheme is
    published already. A year whose 工委会议 has not been yet is only begun."""
    days = days_of(year)
    if days[-1] > county.today:
        return begin(county, year)
    return _Year(county, year, days).close()


def begin(county, year):
    """A year as far as it is: not opened before its day, then self-check, then judging."""
    days = days_of(year)
    if county.today < days[0]:
        return None
    return _Year(county, year, days).begin()


class _Year:
    """One year's round while it is built; draws from a stream of its own."""

    def __init__(self, county, year, days):
        self.county, self.year, self.days = county, year, days
        self.rng = random.Random(f"{county.seed}/round/{year}")
        self.staff, self.admin = (User.objects.get(pk=county.users[name].pk) for name in ("gongwei", "gongwei-admin"))
        place = county.years.index(year) if year in county.years else 0
        self.sketches = {sketch.branch.pk: sketch for sketch in county.sketches}
        self.manner = {pk: sketch.manner[place] for pk, sketch in self.sketches.items()}

    def begin(self):
        checked = self.days[1]
        self._open(State.SELF_CHECK if self.county.today <= checked else State.JUDGING)
        self._send()
        self._check_themselves(min(self.county.today, checked), share=0.5 if self.county.today <= checked else 1)
        return self.round

    def close(self):
        self._open(State.REVIEW)
        self._send()
        self._check_themselves(self.days[1])
        self._judge()
        self._publish()
        self._object()
        self._veto()
        self._decide()
        self._finalise()
        return self.round

    # ---- up to publication

    def _open(self, state):
        opened, checked, judged, *_ = self.days
        found = {row.kind: row for row in Scheme.objects.filter(year=self.year, state=Scheme.State.PUBLISHED)}
        self.round = Round.objects.create(
            year=self.year, state=state, scheme=found[Scheme.Kind.BRANCH],
            committee_scheme=found.get(Scheme.Kind.COMMITTEE), opened_on=opened, self_check_until=checked,
            judging_until=judged, opened_by=self.staff,
        )  # fmt: skip
        Round.objects.filter(pk=self.round.pk).update(opened_at=_at(opened))
        audit.record("round.open", self.round, by=self.staff, year=self.year)
        last = scoring.last_day(self.year, self.county.today)
        self.graded = {
            kind: list(scoring.graded(self.year, on=last, kind=kind).in_order()) for kind, _ in schemes_of(self.round)
        }
        self.all = [branch for branches in self.graded.values() for branch in branches]

    def _send(self):
        self.pairs = judging.send(self.county, self.all, since=self.days[0], until=self.days[2])

    def _check_themselves(self, until, *, share=1):
        rows, contested = [], []
        for branch in self.all:
            manner, author = self.manner[branch.pk], self._author(branch)
            if self.rng.random() > WRITES[manner] * share:
                continue
            rows.append(SelfCheck(round=self.round, branch=branch, words=WORDS[manner], submitted_by=author))
            if self.rng.random() < CONTESTS:
                contested.append(self._objection(branch, author, Objection.Phase.SELF_CHECK, self.days[0]))
        insert(rows)
        SelfCheck.objects.filter(round=self.round).update(submitted_at=_at(min(until, self.days[1])))
        if self.round.state == State.REVIEW:
            for row in contested:
                self._answer(row, self.rng.random() < 0.5, self.days[1])
        insert(contested)

    def _judge(self):
        for kind, content in schemes_of(self.round):
            judging.judge(self.county, self.rng, self.round, content, self.graded[kind], self.manner, self.pairs)
        for model in (Judgement, ManualScore):
            model.objects.filter(year=self.year).update(judged_at=_at(self.days[2]))
        audit.record("score.judge", by=self.staff, year=self.year, judged=len(self.all))

    def _publish(self):
        published, window = self.days[3:5]
        for kind, _ in schemes_of(self.round):
            sealing.seal(self.round, kind, Seal.Stage.PUBLISHED, by=self._may(self.staff, "round.run"), on=published)
        self.round.state, self.round.published_on, self.round.objections_until = State.PUBLISHED, published, window
        self.round.save()
        audit.record("round.publish", self.round, by=self.staff, on=str(published), objections_until=str(window))

    # ---- after it

    def _object(self):
        """Some object; half of it is upheld, and the points are put right."""
        parts = self._parts()
        rows, made = [], []
        for branch in self.all:
            if self.rng.random() >= OBJECTS and not (self.sketches[branch.pk].is_star and not rows):
                continue
            row = self._objection(
                branch, self._author(branch), Objection.Phase.PUBLISHED, self.days[3] + timedelta(days=1)
            )
            points, most = parts.get((branch.pk, row.part), (None, None))
            self._answer(row, points is not None and points < most and self.rng.random() < 0.5, self.days[4])
            rows.append(row)
            if row.outcome == Objection.Outcome.UPHELD:
                better = min(most, points + Decimal("0.5"))
                made.append((row, Adjustment(
                    round=self.round, branch=branch, part=row.part, before=points, points=better,
                    reason=ANSWERS[True][1], made_by=row.answered_by,
                )))  # fmt: skip
        insert(rows)
        for row, adjustment in made:
            adjustment.objection_id = row.pk
        insert(adjustment for _, adjustment in made)
        Objection.objects.filter(round=self.round, phase=Objection.Phase.PUBLISHED).update(raised_at=_at(self.days[3]))
        Adjustment.objects.filter(round=self.round).update(made_at=_at(self.days[4]))

    def _parts(self):
        """(organisation id, part) → (points, most) as published, of what was scored."""
        seals = Seal.objects.filter(round=self.round, stage=Seal.Stage.PUBLISHED)
        found = {}
        for row in seals:
            for branch, words in row.scores.values_list("branch", "result"):
                for key, told in canonical.data(words)["parts"].items():
                    if told["state"] == "scored":
                        found[branch, key] = Decimal(told["points"]), Decimal(told["most"])
        return found

    def _objection(self, branch, author, phase, day):
        keys = {part["key"] for _, part in objections.parts_of(content_of(self.round, kind_of(branch, self.year)))}
        part = self.rng.choice([key for key in SAID if key in keys] or sorted(keys))
        words = SAID.get(part, SAID[""])
        return Objection(
            round=self.round, branch=branch, phase=phase, part=part, words=words, raised_by=author, raised_on=day
        )

    def _answer(self, row, is_upheld, day):
        row.answer = ANSWERS[is_upheld][0]
        row.outcome = Objection.Outcome.UPHELD if is_upheld else Objection.Outcome.DISMISSED
        row.answered_by = self.admin if row.raised_by_id == self.staff.pk else self.staff
        row.answered_at = _at(day)

    def _veto(self):
        """One that holds, and one that was lifted by a paper."""
        weak = [branch for branch in self.graded[Scheme.Kind.BRANCH] if self.manner[branch.pk] == WEAK]
        keys = [row["key"] for row in vetoes.reasons(self.round.scheme.content)][::-1]
        day = _at(date(self.year, 11, 20))
        for place, (branch, key) in enumerate(zip(weak[:2], keys, strict=False)):
            lifted = {
                "lifted_number": f"云岭教体〔{self.year + 1}〕3号",
                "lifted_by": self.staff,
                "lifted_at": _at(self.days[4]),
            }
            Veto.objects.create(
                year=self.year, branch=branch, reason=key, number=VETO_PAPERS[place].format(self.year),
                on=date(self.year, 11, 10 + place), proposed_by=self.staff, confirmed_by=self.admin, confirmed_at=day,
                **(lifted if place else {}),
            )  # fmt: skip
        Veto.objects.filter(year=self.year).update(proposed_at=day - timedelta(days=2))

    def _decide(self):
        """The 工委会议 set one grade otherwise than proposed."""
        self.round.state = State.DECIDING
        self.round.save(update_fields=["state"])
        told = rounds.published(self.round, Scheme.Kind.BRANCH)
        near = [branch for branch in self.graded[Scheme.Kind.BRANCH]
                if self.manner[branch.pk] == ORDINARY and told.get(branch.pk, (None, ""))[1] == "合格"]  # fmt: skip
        for branch in near[-1:]:
            Verdict.objects.create(
                round=self.round, branch=branch, proposed="合格", grade="基本合格", made_by=self.admin,
                reason="整改事项到期没有完成，工委会议研究降一等",
            )  # fmt: skip

    def _finalise(self):
        meeting = self.days[-1]
        round = self.round
        round.meeting_on, round.minutes_number = meeting, f"云岭教体工委纪要〔{meeting.year}〕2号"
        round.state, round.final_by, round.final_at = State.FINAL, self.admin, _at(meeting)
        for kind, _ in schemes_of(round):
            sealing.seal(round, kind, Seal.Stage.FINAL, by=self._may(self.admin, "round.final"), on=meeting)
        round.save()
        for scheme in filter(None, (round.scheme, round.committee_scheme)):
            scheme.state, scheme.closed_by, scheme.closed_at = Scheme.State.CLOSED, self.admin, round.final_at
            scheme.save(update_fields=["state", "closed_by", "closed_at"])
        audit.record("round.final", round, by=self.admin, meeting_on=str(meeting), number=round.minutes_number)

    def _may(self, user, verb):
        """The user, or the system for a county of another day than today's: rights go by the clock."""
        return user if may(user, verb) else self.county.system

    def _author(self, branch):
        return self.sketches[branch.pk].author or self.staff


def _at(day):
    return datetime.combine(day, time(2), UTC)
