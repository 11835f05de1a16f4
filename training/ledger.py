"""学时: what each member has, and needs, in a calendar year. One statement for any number of branches.

* Hours of a class count in the year of the day on which they were held, so a class over New Year is split by its sessions.
* A meeting counts by the rule for its kind; of several kinds the highest. Only rolls of counted records say who was there.
* Hours from elsewhere count until they are sent back. Hours go with the person, whatever the branch of the day was.
* Who held an office of the rule for the share of the year's days needs the hours of an office holder; several posts are
  taken together, an open one is taken to last, and a post ends with its term and its branch.
* One yardstick for the whole year: the rules in force on its last day, or on the day asked while it runs.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from members.models import Post
from rulebook.book import in_force

RULES = {
    "member": "hours.member", "secretary": "hours.secretary", "post": "hours.post", "pro_rata": "hours.pro_rata",
    "meetings": "hours.meetings", "classes": "hours.secretary_classes",
}  # fmt: skip
NONE = Decimal(0)
TENTH = Decimal("0.1")
FEW = 40  # branches, or members (a page of them), for which what they attended is sought from their side
SUSPENDED, EXEMPT = "suspended", "exempt"
WORDS = {SUSPENDED: "停止党籍，不作学时要求", EXEMPT: "全年免于考勤，不作学时要求"}

_OF_BRANCHES = """
WITH people AS MATERIALIZED (
    SELECT m.member_id, m.branch_id FROM members_membership AS m
    WHERE m.branch_id = ANY(%(keys)s::bigint[])
        AND m.started_on <= %(day)s AND (m.ended_on IS NULL OR m.ended_on >= %(day)s)
), """
_OF_MEMBERS = """
WITH people AS MATERIALIZED (
    SELECT p.id AS member_id, m.branch_id FROM members_member AS p
    LEFT JOIN members_membership AS m ON m.member_id = p.id
        AND m.started_on <= %(day)s AND (m.ended_on IS NULL OR m.ended_on >= %(day)s)
    WHERE p.id = ANY(%(keys)s::bigint[])
), """
_HAVE = """sat AS (
    SELECT e.member_id, s.id, s.hours, s.training_class_id,
        bool_or(b.path <> o.path AND starts_with(b.path, o.path)) AS is_upper
    FROM training_classsession AS s
    JOIN training_trainingclass AS c ON c.id = s.training_class_id AND c.state <> 'cancelled'
    JOIN branches_branch AS o ON o.id = c.branch_id
    JOIN training_signin AS n ON n.session_id = s.id AND n.mark = 'present'
    JOIN training_enrolment AS e ON e.id = n.enrolment_id
    JOIN branches_branch AS b ON b.id = e.branch_id
    JOIN people AS p ON p.member_id = e.member_id
    WHERE s.held_on BETWEEN %(first)s AND %(day)s
    GROUP BY e.member_id, s.id
), classes AS (
    SELECT member_id, sum(hours) AS hours, count(DISTINCT training_class_id) FILTER (WHERE is_upper) AS upper
    FROM sat GROUP BY member_id
), other AS (
    SELECT h.member_id, sum(h.hours) AS hours, count(*) FILTER (WHERE h.is_concentrated) AS concentrated
    FROM training_otherhours AS h JOIN people AS p ON p.member_id = h.member_id
    WHERE h.year = %(year)s AND h.ended_on <= %(day)s AND h.state <> 'returned'
    GROUP BY h.member_id
), """
_ROLLS = """worth AS (
    SELECT k.meeting_id, max(v.hours) AS hours
    FROM meetings_meeting AS m
    JOIN meetings_meetingkind AS k ON k.meeting_id = m.id
    JOIN unnest(%(kinds)s::text[], %(hours)s::numeric[]) AS v(kind, hours) ON v.kind = k.kind
    WHERE m.held_on BETWEEN %(first)s AND %(day)s AND m.state IN ('submitted', 'accepted')
    GROUP BY k.meeting_id
), rolls AS (
    SELECT a.member_id, sum(w.hours) AS hours
    FROM worth AS w
    JOIN meetings_attendance AS a ON a.meeting_id = w.meeting_id AND a.mark = 'present'
    JOIN people AS p ON p.member_id = a.member_id
    GROUP BY a.member_id
), """
# Of a few members: from their lines on the rolls, not through every meeting of the county.
_ROLLS_OF_FEW = """there AS (
    SELECT a.member_id, a.meeting_id FROM people AS p
    JOIN meetings_attendance AS a ON a.member_id = p.member_id AND a.mark = 'present'
    JOIN meetings_meeting AS m ON m.id = a.meeting_id
    WHERE m.held_on BETWEEN %(first)s AND %(day)s AND m.state IN ('submitted', 'accepted')
), rolls AS (
    SELECT t.member_id, sum(w.hours) AS hours
    FROM there AS t
    JOIN LATERAL (
        SELECT max(v.hours) AS hours FROM meetings_meetingkind AS k
        JOIN unnest(%(kinds)s::text[], %(hours)s::numeric[]) AS v(kind, hours) ON v.kind = k.kind
        WHERE k.meeting_id = t.meeting_id
    ) AS w ON w.hours IS NOT NULL
    GROUP BY t.member_id
), """
_NEED = """posts AS (
    SELECT member_id, range_agg(daterange(since, until, '[]')) AS days
    FROM (
        SELECT x.member_id, GREATEST(x.started_on, %(first)s) AS since,
            LEAST(x.ended_on, b.closed_on, %(last)s, (
                SELECT min(u.started_on) - 1 FROM branches_term AS u
                WHERE u.branch_id = t.branch_id AND u.started_on > t.started_on
            )) AS until
        FROM members_post AS x
        JOIN people AS p ON p.member_id = x.member_id
        JOIN branches_term AS t ON t.id = x.term_id
        JOIN branches_branch AS b ON b.id = t.branch_id
        WHERE x.office = ANY(%(offices)s::text[]) AND x.started_on <= %(last)s
            AND (x.ended_on IS NULL OR x.ended_on >= %(first)s)
    ) AS x
    WHERE since <= until GROUP BY member_id
), stays AS (
    SELECT m.member_id,
        range_agg(daterange(GREATEST(m.started_on, %(first)s), LEAST(COALESCE(m.ended_on, %(last)s), %(last)s), '[]')) AS days,
        min(GREATEST(m.started_on, %(first)s)) AS since
    FROM members_membership AS m JOIN people AS p ON p.member_id = m.member_id
    WHERE m.started_on <= %(last)s AND (m.ended_on IS NULL OR m.ended_on >= %(first)s)
    GROUP BY m.member_id
), excused AS (
    SELECT x.member_id, range_agg(daterange(x.started_on, x.ended_on, '[]')) AS days
    FROM members_exemption AS x JOIN people AS p ON p.member_id = x.member_id
    WHERE x.scope = 'attendance' AND x.started_on <= %(last)s AND (x.ended_on IS NULL OR x.ended_on >= %(first)s)
    GROUP BY x.member_id
)
SELECT p.member_id, p.branch_id, COALESCE(c.hours, 0), COALESCE(r.hours, 0), COALESCE(o.hours, 0),
    COALESCE(c.upper, 0) + COALESCE(o.concentrated, 0),
    COALESCE((SELECT sum(upper(d) - lower(d)) FROM unnest(x.days) AS d), 0)::int,
    %(months)s AND s.since > %(first)s, 13 - EXTRACT(month FROM s.since)::int,
    CASE
        WHEN p.branch_id IS NULL THEN NULL
        WHEN EXISTS (
            SELECT FROM members_standing AS z WHERE z.member_id = p.member_id AND z.kind = 'suspended'
                AND z.started_on <= %(day)s AND (z.ended_on IS NULL OR z.ended_on >= %(day)s)
        ) THEN 'suspended'
        WHEN e.days @> s.days THEN 'exempt'
        ELSE ''
    END
FROM people AS p
LEFT JOIN classes AS c ON c.member_id = p.member_id
LEFT JOIN rolls AS r ON r.member_id = p.member_id
LEFT JOIN other AS o ON o.member_id = p.member_id
LEFT JOIN posts AS x ON x.member_id = p.member_id
LEFT JOIN stays AS s ON s.member_id = p.member_id
LEFT JOIN excused AS e ON e.member_id = p.member_id
"""


class Hours(NamedTuple):
    """A member's hours of a year by where they come from, and what the year asks for; `need` is None when it asks nothing.

    `branch` is where the member is registered on the day asked, `concentrated` how many classes of an organisation above
    (集中培训) were attended, `owed_classes` how many are owed.
    """

    member: int
    branch: int | None
    classes: Decimal
    meetings: Decimal
    other: Decimal
    concentrated: int
    is_post: bool
    need: Decimal | None
    owed_classes: int
    excuse: str

    @property
    def total(self):
        return self.classes + self.meetings + self.other

    @property
    def missing(self):
        return max(NONE, self.need - self.total) if self.need is not None else NONE

    @property
    def lacks_class(self):
        return self.need is not None and self.concentrated < self.owed_classes

    @property
    def is_short(self):
        return self.need is not None and self.total < self.need

    @property
    def is_met(self):
        """Whether everything asked for is there: the hours, and of an office holder the class as well."""
        return self.need is not None and not self.is_short and not self.lacks_class

    @property
    def why_none(self):
        return WORDS.get(self.excuse, "" if self.need is not None else "不在册，不作学时要求")


def hours(members, year, *, on):
    """member pk → Hours of `members` (rows or keys), wherever they are. One statement and the rules."""
    keys = sorted({getattr(each, "pk", each) for each in members})
    return {row.member: row for row in _ask(_OF_MEMBERS, keys, year, on)} if keys else {}


def of_branches(branches, year, *, on):
    """[Hours] of everybody registered in `branches` (rows or keys) at the year's end, or on the day while it runs."""
    keys = sorted({getattr(each, "pk", each) for each in branches})
    return _ask(_OF_BRANCHES, keys, year, on) if keys else []


def day_of(year, on):
    """The day on which a year is looked at."""
    return min(on, date(year, 12, 31))


def rules_of(year, *, on):
    """What the year is measured by: name → Rule, by the names of `RULES`."""
    book = in_force(on=day_of(year, on))
    return {name: book[key] for name, key in RULES.items() if key in book}


def _ask(people, keys, year, on):
    day, first, last = day_of(year, on), date(year, 1, 1), date(year, 12, 31)
    rules = rules_of(year, on=on)
    if day < first or len(rules) < len(RULES):  # the year has not begun, or nothing was laid down for it yet
        return []
    value = {name: rule.value for name, rule in rules.items()}
    worth = {kind: number for kind, number in value["meetings"].items() if number}
    rolls = _ROLLS_OF_FEW if len(keys) <= FEW else _ROLLS
    with connection.cursor() as cursor:
        cursor.execute(
            "".join((people, _HAVE, rolls, _NEED)),
            {
                "keys": keys, "year": year, "day": day, "first": first, "last": last, "kinds": list(worth),
                "hours": [Decimal(str(number)) for number in worth.values()],
                "offices": [office for office in value["post"]["offices"] if office in Post.Office.values],
                "months": value["pro_rata"] == "months",
            },
        )  # fmt: skip
        return [_hours(row, value, (last - first).days + 1) for row in cursor.fetchall()]


def _hours(row, value, days):
    member, branch, classes, meetings, other, concentrated, served, is_part, months, excuse = row
    is_post = served >= Decimal(str(value["post"]["share"])) * days and served > 0
    need = None
    if excuse == "":
        need = Decimal(str(value["secretary" if is_post else "member"]))
        if is_part:
            need = (need * months / 12).quantize(TENTH)
    owed = value["classes"] if is_post and need is not None else 0
    return Hours(member, branch, classes, meetings, other, concentrated, is_post, need, owed, excuse or "")
