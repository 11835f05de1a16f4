"""What branches write down: good, ordinary and weak ones, each keeping to its character."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from branches.demo import GOOD, ORDINARY, WEAK
from branches.models import Branch
from duties import actions as duties
from duties.demo.moments import at
from jobs.copying import insert
from meetings import likeness
from meetings.actions import LABEL, OF_COMMITTEE, assessed_year
from meetings.demo import agenda, words
from meetings.models import Attendance, Meeting, MeetingKind

BACK = timedelta(days=7)
HOLIDAYS = (2, 7, 8)
FROM_PAPER = 9  # days: what a weak branch enters later than that was kept on paper
REGISTERED_SINCE = 2026  # from this year on the portal asks for studies of Party work and of ideology
BASIC_FORMS = ["anthem", "oath", "dues", "constitution"]
Kind, State, Mark = MeetingKind.Kind, Meeting.State, Attendance.Mark


class Manner(NamedTuple):
    """Chances of one duty to be missed, held after the 28th, held after the 25th; share present; days until entered."""

    miss: float
    late: float
    slack: float
    present: float
    entry: int
    orderly: float  # chance that agenda, basic forms and the like are as they should be


MANNERS = {
    GOOD: Manner(0.008, 0.01, 0.08, 0.955, 2, 0.97),
    ORDINARY: Manner(0.07, 0.08, 0.24, 0.87, 5, 0.85),
    WEAK: Manner(0.22, 0.18, 0.30, 0.75, 14, 0.5),
}


@dataclass
class Pending:
    """Records drawn and not yet written."""

    meetings: list = field(default_factory=list)
    kinds: list = field(default_factory=list)
    roll: list = field(default_factory=list)
    agenda: list = field(default_factory=list)
    votes: list = field(default_factory=list)
    candidates: list = field(default_factory=list)

    def write(self, leading):
        """`leading`: member pk → [(organisation led, since)]."""
        for rows in (self.meetings, self.kinds, self.roll, self.agenda, self.votes, self.candidates):
            insert(rows)
        # What is known here is not asked of the database, whose planner knows nothing of rows not yet committed.
        met = []
        for row in self.kinds:
            meeting = row.meeting
            if meeting.state not in Meeting.COUNTED:
                continue
            met.append((meeting.branch_id, row.kind, row.assessment_year, meeting.pk, meeting.held_on))
            if row.kind == Kind.PARTY_LECTURE:
                for branch, since in leading.get(meeting.lecturer_id, ()):
                    if since <= meeting.held_on:
                        met.append((branch, "leader_lecture", row.assessment_year, meeting.pk, meeting.held_on))
        duties.fulfil(LABEL, met)
        self.__init__()


class Diary:
    """What one organisation writes down. `plans`: what it studies, by (kind of plan, year, month)."""

    def __init__(self, county, sketch, rng, pending, plans):
        self.county, self.sketch, self.rng, self.pending, self.plans = county, sketch, rng, pending, plans
        self.first, self.last = sketch.branch.founded_on, sketch.branch.closed_on or county.today

    def keep(self, year, manner):
        rng, today = self.rng, self.county.today
        owing = False  # a theme day missed last month and made good in this one
        lectures = {rng.choice([quarter, quarter + 1, quarter + 2]) for quarter in (1, 4, 7, 10)}
        assemblies = {rng.choice([quarter, quarter + 1, quarter + 2]) for quarter in (1, 4, 7, 10)}
        lecturers = self._lecturers(sorted(lectures), manner)
        studies = self._studies(year, sorted(assemblies), manner)
        for month in range(1, 13):
            if date(year, month, 1) > today:
                break
            is_now = self.sketch.is_star and _same_month(date(year, month, 1), today)
            kept = lambda: rng.random() >= manner.miss or is_now  # noqa: B023, E731
            extra = [
                kind
                for kind, months in ((Kind.PARTY_LECTURE, lectures), (Kind.MEMBERS_MEETING, assemblies))
                if month in months
                and (kept() or (kind == Kind.PARTY_LECTURE and month in lecturers.guests))
                and not (kind == Kind.PARTY_LECTURE and self._is_returned(year, month))
            ]
            together = [kind for kind in extra if rng.random() < 0.4]
            lecturer = lecturers.of[month] if month in lectures else None
            is_held = kept() and not self._is_gap(year, month)
            if is_held:
                self.hold(
                    [Kind.THEME_PARTY_DAY, *together], self._theme_day(year, month, manner), manner, lecturer=lecturer
                )
                if owing and rng.random() < 0.5:
                    self.hold([Kind.THEME_PARTY_DAY], self._weekday(year, month, 4, 12), manner)
            owing = not is_held
            for kind in extra:
                if kind not in together or not is_held:
                    study = studies.pop(month, []) if kind == Kind.MEMBERS_MEETING else []
                    self.hold([kind, *study], self._weekday(year, month, 6, 19), manner, lecturer=lecturer)
            if study := studies.pop(month, []):
                self.hold(study, self._weekday(year, month, 6, 19), manner)
            early = (2, 5) if is_now else (8, 16)
            if self.sketch.term.committee_size and kept():
                self.hold([Kind.COMMITTEE_MEETING], self._weekday(year, month, *early), manner)
            if self.sketch.groups and kept():
                self.hold([Kind.GROUP_MEETING], self._weekday(year, month, *early), manner)
        if rng.random() >= manner.miss / 2:
            month_of = rng.choice([(year, 12), (year, 12), (year + 1, 1), (year + 1, 2)])
            on = self._weekday(*month_of, 6, 24)
            if self.hold([Kind.ORG_LIFE_MEETING], on, manner):
                self.county.life_meetings[self.sketch.branch.pk, year] = on

    def _studies(self, year, assemblies, manner):
        """month → kinds of study held with the members' meeting of that month: Party work and ideology, each half-year."""
        found = {}
        if year < REGISTERED_SINCE:
            return found
        for half in (assemblies[:2], assemblies[2:]):
            for kind, month in zip((Kind.SPECIAL_PARTY_STUDY, Kind.IDEOLOGY_STUDY), half, strict=True):
                if self.rng.random() >= manner.miss:
                    found.setdefault(month, []).append(kind)
        return found

    def _lecturers(self, months, manner):
        """Who gives the four lectures: the secretary one of them (not always), guests who lead elsewhere one each."""
        rng, sketch = self.rng, self.sketch
        mine = [leader for leader in sketch.leaders if leader[2] is sketch.term]
        guests = [leader for leader in sketch.leaders if leader[2] is not sketch.term]
        order = list(months)
        if not sketch.is_star:  # the star's secretary begins the year with one
            rng.shuffle(order)
        of = {}
        if mine and (sketch.is_star or rng.random() >= manner.miss / 2):
            of[order.pop(0)] = ("secretary", *mine[0][:2])
        of_guests = {order.pop(0): ("secretary", *guest[:2]) for guest in guests[: len(order)]}
        for month in order:
            sort = rng.choices(["member", "elder", "guest"], (6, 3, 1))[0]
            others = [(stay.pk, stay.name) for stay in sketch.roster if stay.is_full and stay.until is None]
            if sort == "guest" or not others:
                of[month] = ("guest", None, f"县委党校 {rng.choice(['陶', '龚', '施', '易'])}老师")
            else:
                team = sketch.committee[1:] or others
                of[month] = (sort, *(rng.choice(team) if sort == "member" else others[len(others) // 2]))
        return Lecturers(of | of_guests, set(of_guests))

    def sit(self, year):
        """The meetings of a committee (党委, 党总支, 工委): studies by its members alone."""
        rng, manner = self.rng, MANNERS[self.sketch.manner[year == self.county.years[1]]]
        owes = [Kind.SPECIAL_PARTY_STUDY, Kind.IDEOLOGY_STUDY]
        kind = self.sketch.branch.kind
        if year < REGISTERED_SINCE:
            owes = []
        elif kind == Branch.Kind.WORK_COMMITTEE:
            owes = owes[:1]
        for half in (1, 7):
            for study in owes:
                if rng.random() >= manner.miss:
                    self.hold([study], self._weekday(year, half + rng.randint(1, 4), 6, 24), manner)
        if kind in (Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE):
            for quarter in (1, 4, 7, 10):
                if rng.random() >= manner.miss:
                    self.hold([Kind.THEORY_STUDY], self._weekday(year, quarter + rng.randint(0, 2), 6, 24), manner)
            if year == self.county.today.year:  # it counts for the year before
                self.hold([Kind.DEMOCRATIC_LIFE_MEETING], self._weekday(year, 1, 8, 22), manner)

    def elect(self):
        """The election with which the present term began, when it fell into these years."""
        term, manner = self.sketch.term, MANNERS[GOOD]
        if not term.committee_size or self.sketch.is_vacant or term.started_on.year < self.county.years[0]:
            return
        self.hold([Kind.MEMBERS_MEETING], term.started_on, manner, topic="党支部换届选举", about=agenda.election)

    def admit(self):
        """Meetings that voted on somebody's admission or on the end of somebody's probation."""
        for stay in self.sketch.roster:
            if stay.since.year < self.county.years[0] or stay.since <= self.first:
                continue
            before = any(other.pk == stay.pk and not other.is_full for other in self.sketch.roster)
            if not stay.is_full or before:
                words_ = f"{stay.name}同志按期转正" if stay.is_full else f"接收{stay.name}同志为预备党员"
                topic = "讨论预备党员转正" if stay.is_full else "讨论接收预备党员"
                about = lambda *args, title=words_: agenda.admission(*args, title=title)  # noqa: E731
                self.hold([Kind.MEMBERS_MEETING], stay.since, MANNERS[GOOD], topic=topic, about=about)

    def _is_gap(self, year, month):
        """The star branch has missed one theme day this year, and this month's is still to come."""
        today = self.county.today
        return self.sketch.is_star and year == today.year and month in (today.month, max(1, today.month - 4))

    def _is_returned(self, year, month):
        """The star branch has handed in one lecture this quarter, and that record came back."""
        day = self.county.today - BACK
        return self.sketch.is_star and year == day.year and (month - 1) // 3 == (day.month - 1) // 3

    def _theme_day(self, year, month, manner):
        chance = self.rng.random()
        if chance < manner.late and month != 2:
            return self._weekday(year, month, 29, 30)
        return self._weekday(year, month, *((26, 28) if chance < manner.late + manner.slack else (20, 25)))

    def _weekday(self, year, month, first, last):
        """A day of that stretch, not on a weekend unless the stretch is too short to avoid it."""
        days = [date(year, month, day) for day in range(first, last + 1)]
        return self.rng.choice([day for day in days if day.weekday() < 5] or days)

    def _due(self, kinds, on):
        """(who should come, who of them need not): as the register would say; of a committee above branches only numbers."""
        sketch = self.sketch
        if not sketch.is_leaf:
            return list(range(sketch.term.committee_size)), set()
        if self._is_small(kinds):
            return [pk for pk, _ in sketch.committee], set()
        due = [stay.pk for stay in sketch.roster if stay.covers(on)]
        return due, {pk for pk, since, until in sketch.excused if since <= on and (until is None or until >= on)} & {
            *due
        }

    def _is_small(self, kinds):
        """Whether the committee meets alone."""
        has_committee = Kind.COMMITTEE_MEETING in kinds or self.sketch.term.committee_size
        return bool(set(kinds) <= OF_COMMITTEE and has_committee)

    def hold(self, kinds, on, manner, state=None, *, lecturer=None, topic="", about=None, **fields):
        """Write a meeting, unless the branch did not exist or the day has not come. `about` writes agenda and votes."""
        rng, today, sketch = self.rng, self.county.today, self.sketch
        if not self.first <= on <= self.last and state != State.DRAFT:
            return None
        everybody, excused = self._due(kinds, on)
        due = [pk for pk in everybody if pk not in excused]
        if not due:
            return None
        is_running = on.year == today.year
        lecturer = lecturer if Kind.PARTY_LECTURE in kinds else None
        topic = topic or self._topic(kinds, on.month, lecturer)
        share = rng.gauss(manner.present - 0.06 * (on.month in HOLIDAYS), 0.04)
        attended = min(len(due), max(1, round(len(due) * (max(share, 0.88) if about else share))))
        entered = min(on + timedelta(days=rng.randint(0, manner.entry)), today)
        state = state or self._state(on, entered)
        meeting = Meeting(
            branch=sketch.branch, held_on=on, topic=topic, host=self._host(kinds), place=rng.choice(words.PLACES), state=state,
            due_count=len(due), attended_count=attended, excused_count=len(excused),
            created_by=sketch.author if is_running else self.county.users["gongwei"],
            return_reason=rng.choice(words.REASONS) if state == State.RETURNED else "",
            submitted_at=None if state == State.DRAFT else at(entered, rng.randint(9, 17), rng.randint(0, 59)),
        )  # fmt: skip
        if lecturer:
            _, meeting.lecturer_id, name = lecturer
            meeting.lecturer_name = "" if meeting.lecturer_id else name
        if is_running:
            self._fill(meeting, kinds, manner, entered)
        for name, content in fields.items():
            setattr(meeting, name, content)
        meeting.trace = likeness.trace(meeting.minutes) if is_running and not self.county.is_vast else []
        self.pending.meetings.append(meeting)
        self.pending.kinds += [
            MeetingKind(meeting=meeting, kind=kind, assessment_year=assessed_year(kind, on)) for kind in kinds
        ]
        if sketch.is_leaf and _same_month(on, today) and on <= today and meeting.attended_count:
            away = set(rng.sample(range(len(due)), len(due) - meeting.attended_count))
            marks = {due[place]: rng.choice([Mark.LEAVE, Mark.LEAVE, Mark.ABSENT]) for place in sorted(away)}
            marks |= dict.fromkeys(sorted(excused), Mark.EXCUSED)
            self.pending.roll += [
                Attendance(meeting=meeting, member_id=pk, mark=marks.get(pk, Mark.PRESENT)) for pk in everybody
            ]
        if state != State.DRAFT and (is_running or about):
            agenda.write(self, meeting, kinds, manner, len(everybody), about)
        return meeting

    def _fill(self, meeting, kinds, manner, entered):
        """What the portal asks for beyond the counts."""
        rng, today, on = self.rng, self.county.today, meeting.held_on
        is_orderly = rng.random() < manner.orderly
        meeting.minutes = self._minutes(meeting, kinds)
        if Kind.THEME_PARTY_DAY in kinds:
            meeting.basic_forms = BASIC_FORMS if is_orderly else sorted(rng.sample(BASIC_FORMS, rng.randint(1, 3)))
            meeting.masses_count = rng.randint(2, 6) if rng.random() < 0.15 else 0
            notice = self.county.agendas.get((on.year, on.month))
            if is_orderly and notice and notice.issued_at.date() <= on:
                meeting.agenda_notice = notice
        for kind in kinds:
            if kind in words.RESOLUTIONS:
                meeting.resolutions = rng.choice(words.RESOLUTIONS[kind])
        if self.sketch.is_leaf and Kind.COMMITTEE_MEETING not in kinds and rng.random() < 0.08:
            meeting.remote_opinions = rng.choice(words.REMOTE)
        if manner.entry > FROM_PAPER and (entered - on).days > FROM_PAPER and rng.random() < 0.7:
            meeting.is_from_paper = True
        if meeting.state in (State.ACCEPTED, State.RETURNED):
            meeting.reviewed_by = self.county.users["gongwei"]
            meeting.reviewed_at = at(min(entered + timedelta(days=rng.randint(1, 4)), today), 18, rng.randint(0, 59))

    def _minutes(self, meeting, kinds):
        rng, sketch = self.rng, self.sketch
        is_small = self._is_small(kinds)
        names = [name for _, name in sketch.committee] if is_small else [stay.name for stay in sketch.roster]
        names = [name for name in names if name != meeting.host] or ["一位委员"]
        pool = words.OF_THE_COMMITTEE if is_small or not sketch.is_leaf else words.SPOKEN
        told = [rng.choice(words.OPENINGS), f"围绕“{meeting.topic}”进行学习和讨论。"]
        told += [*rng.sample(pool, rng.randint(3, 5)), rng.choice(words.CLOSINGS)]
        return "\n".join(
            line.format(host=meeting.host, name=rng.choice(names), subject=rng.choice(words.SUBJECTS)) for line in told
        )

    def _state(self, on, entered):
        """What is a month old has been accepted; a few records of this month are unfinished or came back."""
        rng, today = self.rng, self.county.today
        if _same_month(on, today) and not self.sketch.is_star:
            return rng.choices([State.SUBMITTED, State.DRAFT, State.RETURNED], (92, 4, 4))[0]
        return State.SUBMITTED if (today - entered).days < 30 else State.ACCEPTED

    def _topic(self, kinds, month, lecturer):
        parts = []
        for kind in kinds:
            if kind == Kind.PARTY_LECTURE:
                topics = words.LECTURES[lecturer[0]]
            else:
                topics = words.TOPICS[kind][month - 1] if kind == Kind.THEME_PARTY_DAY else words.TOPICS[kind]
            parts.append(self.rng.choice(topics))
        return "；".join(parts)

    def _host(self, kinds):
        team = self.sketch.committee
        if not team:
            return self.sketch.term.secretary_name
        deputy = len(team) > 1 and (Kind.GROUP_MEETING in kinds or self.rng.random() < 0.1)
        return team[1 if deputy else 0][1]

    def add_unfinished(self):
        """For the page of the star branch: one record sent back, and one begun for the theme day to come."""
        today, manner = self.county.today, MANNERS[self.sketch.manner[1]]
        lecturer = ("secretary", *self.sketch.leaders[0][:2])
        self.hold(
            [Kind.PARTY_LECTURE], today - BACK, manner, State.RETURNED, lecturer=lecturer, return_reason=words.REASONS[1],
            minutes="",
        )  # fmt: skip
        planned = max(today, self._weekday(today.year, today.month, 24, 26))
        empty = {"attended_count": 0, "minutes": "", "basic_forms": [], "masses_count": 0, "remote_opinions": ""}
        self.hold([Kind.THEME_PARTY_DAY], planned, manner, State.DRAFT, **empty)


class Lecturers(NamedTuple):
    """month → (sort of lecturer, member pk or None, name); and the months in which a leader from elsewhere speaks."""

    of: dict
    guests: set


def _same_month(one, other):
    return (one.year, one.month) == (other.year, other.month)
