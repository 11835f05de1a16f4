"""Duties of organisation life and of ideology, who came, and what the secretary was called to."""

import calendar
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from .book import days, exact, plus, read, within

LENGTH = {"month": 1, "quarter": 3, "half": 6, "year": 12}
NAME = {
    "month": "{0:%Y-%m}".format,
    "quarter": lambda day: f"{day.year}-Q{(day.month - 1) // 3 + 1}",
    "half": lambda day: f"{day.year}-H{(day.month - 1) // 6 + 1}",
    "year": lambda day: str(day.year),
}


# 书记讲党课: of the organisation whose secretary spoke, wherever that was.
LECTURES = """
SELECT DISTINCT t.branch_id, m.held_on, k.assessment_year
FROM meetings_meeting m JOIN meetings_meetingkind k ON k.meeting_id = m.id AND k.kind = 'party_lecture'
JOIN members_post p ON p.member_id = m.lecturer_id AND p.office = 'secretary'
    AND m.held_on BETWEEN p.started_on AND coalesce(p.ended_on, 'infinity')
JOIN branches_term t ON t.id = p.term_id
WHERE m.state IN ('submitted', 'accepted')
"""


class Period(NamedTuple):
    name: str
    first: date
    last: date
    due: date  # the last day of full credit
    until: date  # the last day on which it can be met


def periods(book, rule, year):
    """The stretches of a year in which a duty is owed: (period, rule of the first day of its quarter).

    What was announced for a quarter is not changed under way.
    """
    found = []
    for month in range(1, 13):
        first, quarter = date(year, month, 1), date(year, (month - 1) // 3 * 3 + 1, 1)
        said = book.at(f"duty.{rule}", quarter)
        if not said or (month - 1) % LENGTH[said["per"]]:
            continue
        summer = book.at("duty.summer", quarter)
        if summer["mode"] != "required" and rule in summer["rules"]:
            raise NotImplementedError("a summer that is waived or merged")
        last = plus(first, LENGTH[said["per"]]) - timedelta(days=1)
        until = plus(last, said["extends"]) if "extends" in said else last
        due = until
        if "due" in said:
            due = first.replace(day=min(said["due"], calendar.monthrange(year, month)[1]))
        if said.get("shift") == "next":
            while not book.is_working(due):
                due += timedelta(days=1)
            until = max(until, due)
        found.append((Period(NAME[said["per"]](first), first, last, due, until), said))
    return found


class Life:
    """What every branch owed day by day, and what it held."""

    def __init__(self, ask, book, year, on):
        self.book, self.year, self.on = book, year, on
        self.branches = {
            pk: (kind, stage, founded_on, closed_on)
            for pk, kind, stage, founded_on, closed_on in ask(
                "SELECT id, kind, stage, founded_on, closed_on FROM branches_branch"
            )
        }
        self.upgrades, self.terms, self.groups = defaultdict(list), defaultdict(list), defaultdict(list)
        for branch, before, day in ask(
            """SELECT branch_id, before, "on" FROM branches_orgchange WHERE kind = 'upgraded' ORDER BY "on" """
        ):
            self.upgrades[branch].append((day, before))
        for branch, since, size in ask(
            "SELECT branch_id, started_on, committee_size FROM branches_term ORDER BY branch_id, started_on"
        ):
            self.terms[branch].append((since, size))
        for branch, since, until in ask("SELECT branch_id, started_on, ended_on FROM branches_group"):
            self.groups[branch].append((since, until))
        self.records = defaultdict(list)  # (branch, rule) → (day, assessment year)
        for *key, day, counts_for in ask("""
            SELECT m.branch_id, k.kind, m.held_on, k.assessment_year
            FROM meetings_meeting m JOIN meetings_meetingkind k ON k.meeting_id = m.id
            WHERE m.state IN ('submitted', 'accepted')"""):
            self.records[tuple(key)].append((day, counts_for))
        asked = {kind: row["duty"] for kind, row in read("meetings/activities.yaml").items() if row.get("duty")}
        for branch, kind, day, counts_for in ask("""
            SELECT branch_id, kind, held_on, assessment_year FROM meetings_activity WHERE withdrawn_at IS NULL"""):
            if kind in asked:
                self.records[branch, asked[kind]].append((day, counts_for))
        for branch, day, counts_for in ask(LECTURES):
            self.records[branch, "leader_lecture"].append((day, counts_for))
        self.filed = {
            tuple(key): day
            for *key, day in ask("""
                SELECT d.branch_id, d.rule, d.period, f.filed_on
                FROM duties_filing f JOIN duties_duty d ON d.id = f.duty_id"""
            )
        }  # fmt: skip

    def kind_on(self, branch, day):
        """What the organisation was on a day: until a 升格 what it was before."""
        for changed_on, before in self.upgrades[branch]:
            if day < changed_on:
                return before
        return self.branches[branch][0]

    def exists_on(self, branch, day):
        _, _, founded_on, closed_on = self.branches[branch]
        return within(day, founded_on, closed_on)

    def _has(self, condition, branch, day):
        """A committee serves until the next term; the first on record reaches back. Groups: any. A school: by its stage."""
        if condition == "committee_intervals":
            terms = self.terms[branch]
            past = [size for since, size in terms if since <= day]
            return bool(past[-1] if past else terms[0][1] if terms else 0)
        if condition == "group_intervals":
            return any(within(day, since, until) for since, until in self.groups[branch])
        if condition == "school_intervals":
            return self.branches[branch][1] not in ("office", "other", "")
        raise NotImplementedError(condition)

    def owed(self, rule):
        """branch → periods in which it owed the duty for at least the share of their days that the rule names."""
        share = exact(self.book.at("duty.part_period", date(self.year, 1, 1))["share"])
        found = defaultdict(list)
        for period, said in periods(self.book, rule, self.year):
            condition = said.get("owed_if", "").rpartition(".")[2]
            every = days(period.first, period.last)
            for branch in self.branches:
                owing = sum(
                    self.exists_on(branch, day)
                    and self.kind_on(branch, day) in said["owed_by"]
                    and (not condition or self._has(condition, branch, day))
                    for day in every
                )
                if owing and owing >= share * len(every):
                    found[branch].append((period, said))
        return found

    def met(self, rule, late=1):
        """branch → (duties met, duties owed); the first record decides whether it was late."""
        found = {}
        for branch, rows in self.owed(rule).items():
            value = Decimal(0)
            for period, said in rows:
                first = self._first(branch, rule, period, said)
                if first is not None:
                    value += 1 if first <= period.due else exact(late)
            found[branch] = value, Decimal(len(rows))
        return found

    def _first(self, branch, rule, period, said):
        if said.get("by") == "filing":
            return self.filed.get((branch, rule, period.name))
        if said["per"] == "year":
            fits = [day for day, year in self.records[branch, rule] if year == self.year and day <= period.until]
        else:
            fits = [day for day, _ in self.records[branch, rule] if period.first <= day <= period.until]
        return min(fits, default=None)


def attendance(ask, year, day):
    """Everybody who came, of everybody due, over all kinds, by the day; a record of two kinds once."""
    rows = ask(
        """
        SELECT branch_id, sum(attended_count), sum(due_count) FROM meetings_meeting
        WHERE state IN ('submitted', 'accepted') AND held_on <= %(day)s
            AND id IN (SELECT meeting_id FROM meetings_meetingkind WHERE assessment_year = %(year)s)
        GROUP BY branch_id HAVING sum(due_count) > 0""",
        {"year": year, "day": day},
    )
    return {branch: (Decimal(came), Decimal(due)) for branch, came, due in rows}


CALLED = """
WITH RECURSIVE meeting AS (
    SELECT r.branch_id, (r.mark <> 'absent')::int AS came
    FROM branches_receipt r JOIN branches_notice n ON n.id = r.notice_id
    WHERE n.kind = 'meeting' AND n.state = 'issued' AND r.mark <> '' AND n.held_on BETWEEN %(first)s AND %(day)s
), seat (called, holder) AS (  -- who was called, and everybody who went in that place
    SELECT id, id FROM training_enrolment
    UNION SELECT s.called, e.id FROM seat s JOIN training_enrolment e ON e.substitutes_for_id = s.holder
), training AS (
    SELECT e.branch_id, EXISTS (
        SELECT FROM seat s JOIN training_enrolment h ON h.id = s.holder AND h.branch_id = e.branch_id
        JOIN training_signin n ON n.enrolment_id = h.id AND n.session_id = t.id WHERE s.called = e.id
    )::int AS came
    FROM training_enrolment e
    JOIN branches_branch b ON b.id = e.branch_id
    JOIN training_trainingclass c ON c.id = e.training_class_id
        AND c.kind = ANY(%(kinds)s) AND c.state NOT IN ('planned', 'cancelled')
    JOIN branches_branch o ON o.id = c.branch_id AND o.id <> b.id AND starts_with(b.path, o.path)
    JOIN training_classsession t ON t.training_class_id = c.id AND t.held_on BETWEEN %(first)s AND %(day)s
    WHERE EXISTS (SELECT FROM training_signin n WHERE n.session_id = t.id)
        AND (e.withdrawn_on IS NULL OR EXISTS (SELECT FROM training_enrolment x WHERE x.substitutes_for_id = e.id))
        AND EXISTS (
            SELECT FROM members_post p JOIN branches_term m ON m.id = p.term_id
            WHERE p.office = 'secretary' AND p.member_id = e.member_id AND m.branch_id = e.branch_id
                AND t.held_on BETWEEN p.started_on AND coalesce(p.ended_on, 'infinity')
        )
)
SELECT branch_id, sum(came), count(*) FROM (SELECT * FROM meeting UNION ALL SELECT * FROM training) a GROUP BY branch_id
"""


def called(ask, book, year, on):
    """Meetings and sessions of classes to which the secretary was called from above; leave counts as being there."""
    rule = book.at("training.secretary_kinds", on)
    asked = {"first": date(year, 1, 1), "day": min(on, date(year, 12, 31)), "kinds": rule["kinds"] if rule else []}
    return {branch: (Decimal(came), Decimal(times)) for branch, came, times in ask(CALLED, asked)}
