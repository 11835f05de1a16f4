"""Notices of 工委 and of one school committee, with what every organisation did about them."""

from datetime import date, timedelta

from branches.demo import GOOD, ORDINARY, WEAK
from branches.models import Notice, Receipt
from duties.demo import words
from duties.demo.moments import at
from duties.models import Duty, Fulfilment
from jobs.copying import insert, rewrite
from rulebook.book import named_days, value, working_day

Kind, State, Mark = Notice.Kind, Notice.State, Receipt.Mark
LABEL = Receipt._meta.label
NUMBER = "云岭教体工委〔{year}〕{number}号"
SIGNED = {GOOD: (0, 0), ORDINARY: (0, 3), WEAK: (2, 15)}  # days until a notice is signed for
SKIPPED = {GOOD: 0.0, ORDINARY: 0.03, WEAK: 0.2}
MARKS = {
    GOOD: (95, 5, 0),
    ORDINARY: (88, 9, 3),
    WEAK: (74, 12, 14),
}  # of a hundred secretaries called: came, on leave, absent
FRIDAY = 4
OPEN = 3  # days: the star branch has not yet signed what came so lately


class Desk:
    """Draws notices; written at the end, all at once."""

    def __init__(self, county, rng):
        self.county, self.rng, self.numbers = county, rng, county.numbers
        self.notices, self.receipts, self.duties = [], [], []

    def issue(self, kind, on, title, body, *, deadline=None, needs_answer=False, below=None, number="", **fields):
        """One notice with a receipt of everybody who received it, when its day has come."""
        county = self.county
        if on > county.today:
            return None
        upper = below or county.top
        if kind in (Kind.NOTICE, Kind.MEETING) and not below:
            self.numbers[on.year] = self.numbers.get(on.year, 0) + 1
            number = NUMBER.format(year=on.year, number=self.numbers[on.year])
        notice = Notice(
            branch=upper.branch, kind=kind, title=title, body=body, deadline_on=deadline, needs_answer=needs_answer,
            number=number, state=State.ISSUED,
            created_by=upper.author, issued_by=upper.author, issued_at=at(on, 9, self.rng.randint(0, 50)), **fields,
        )  # fmt: skip
        self.notices.append(notice)
        for sketch in county.sketches:
            branch = sketch.branch
            if (
                branch.founded_on <= on
                and (branch.closed_on or on) >= on
                and (not below or sketch.parent is below.branch)
            ):
                self._receive(notice, sketch, on)
        return notice

    def _receive(self, notice, sketch, on):
        rng, today = self.rng, self.county.today
        receipt = Receipt(notice=notice, branch=sketch.branch)
        self.receipts.append(receipt)
        manner = sketch.manner[on.year == self.county.years[1]]
        if notice.kind == Kind.MEETING and notice.held_on < today:
            receipt.mark = rng.choices([Mark.PRESENT, Mark.LEAVE, Mark.ABSENT], MARKS[manner])[0]
        day = on + timedelta(days=rng.randint(*SIGNED[manner]))
        is_left = rng.random() < SKIPPED[manner] or (sketch.is_star and (today - on).days <= OPEN)
        if sketch.term is None or is_left or day > today or (sketch.is_star and day > today - timedelta(days=OPEN)):
            return
        receipt.received_by, receipt.received_at = sketch.author, at(day, rng.randint(10, 17), rng.randint(0, 59))
        if not notice.needs_answer:
            return
        left = max(0, (notice.deadline_on - day).days)
        answered = day + timedelta(days=rng.randint(0, left if manner != GOOD else left // 2))
        if answered <= today and rng.random() >= SKIPPED[manner]:
            receipt.answer, receipt.answered_by = rng.choice(words.ANSWERS), sketch.author
            receipt.answered_at = at(answered, 18, rng.randint(0, 59))

    def write(self):
        insert(self.notices)
        for notice in self.notices:
            notice.created_at = (notice.issued_at or at(self.county.today, 9)) - timedelta(hours=1)
        rewrite(self.notices, ["created_at"])
        insert(self.receipts)
        late = timedelta(days=value("duty.late_window", on=self.county.today)["days"])
        duties = {}
        for receipt in self.receipts:
            notice = receipt.notice
            if notice.deadline_on and notice.state == State.ISSUED:
                days = dict.fromkeys(("target_on", "due_on", "ends_on"), notice.deadline_on)
                duties[receipt] = Duty(
                    branch_id=receipt.branch_id, rule="notice", year=notice.deadline_on.year, period=f"N{notice.pk}",
                    notice=notice, opens_on=notice.issued_at.date(), locks_on=notice.deadline_on + late, **days,
                )  # fmt: skip
        insert(duties.values())
        insert(
            (
                Fulfilment(duty=duty, label=LABEL, object_id=receipt.pk, on=done.date())
                for receipt, duty in duties.items()
                if (done := receipt.answered_at if receipt.notice.needs_answer else receipt.received_at)
            )
        )


def build(county, rng):
    desk, today = Desk(county, rng), county.today
    for year in county.years:
        named = named_days(year)
        for month in range(1, 13):
            if year == today.year:
                _monthly(desk, year, month, named)
            for row in words.YEARLY:
                if row[0] == month:
                    _issue(desk, working_day(date(year, *row[:2]), named), *row[2:])
    for days, *row in words.RECENT:
        on = today - timedelta(days=days)
        _issue(desk, on - timedelta(days=max(0, on.weekday() - FRIDAY)), *row)
    upper = next(sketch for sketch in county.sketches if sketch.author is county.users["dangwei"])
    desk.issue(
        Kind.NOTICE, today - timedelta(days=16), *words.OWN, below=upper, deadline=today - timedelta(days=4),
        needs_answer=True,
    )  # fmt: skip
    title, body = words.WITHDRAWN
    taken_back = desk.issue(Kind.NOTICE, today - timedelta(days=40), title, body)
    desk.numbers[taken_back.issued_at.year] -= 1  # it is the last of its year so far
    taken_back.state, taken_back.number = State.WITHDRAWN, ""
    title, body = words.DRAFT
    staff = county.users["gongwei"]
    desk.notices.append(Notice(branch=county.top.branch, kind=Kind.NOTICE, title=title, body=body, created_by=staff))
    desk.write()


def _issue(desk, on, kind, title, body, days, needs_answer):
    days = days and timedelta(days=days)
    if kind == Kind.MEETING:
        desk.issue(kind, on, title, body, held_on=on + days)
    else:
        desk.issue(kind, on, title, body, deadline=days and on + days, needs_answer=needs_answer)


def _monthly(desk, year, month, named):
    """调度要点 and 统一议题 of a month."""
    first = date(year, month, 1)
    lines = "\n".join(f"{number}. {line}。" for number, line in enumerate(words.DISPATCH[month - 1], 1))
    body = f"本月要点：\n{lines}\n请各党组织月底前用三句话答复：办得怎样、有什么困难、下月打算。"
    desk.issue(
        Kind.DISPATCH, working_day(first + timedelta(days=1), named), f"{month}月党建工作调度要点", body, month=first
    )
    agenda = words.AGENDA[month - 1]
    title = f"{month}月统一议题：{agenda.partition('，')[0]}"
    found = desk.issue(
        Kind.AGENDA, working_day(first, named), title, f"{agenda}。各支部可结合实际另加议题。", month=first
    )
    if found:
        desk.county.agendas[year, month] = found
