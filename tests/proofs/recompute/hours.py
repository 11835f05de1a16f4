"""PF5: the hours of each member, and whether they are those that the year asks of a member or of an office holder."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from .book import days, exact, within


def hours_reached(ask, book, year, on):
    first, last = date(year, 1, 1), date(year, 12, 31)
    day = min(on, last)
    asked = {"first": first, "last": last, "day": day, "year": year}
    if not _is_recorded(ask, asked):
        return None
    if book.at("hours.pro_rata", day) != "none":
        raise NotImplementedError("hours in proportion to the months")
    got = _got(ask, book, day, asked)
    office, free = _office_days(ask, book, day, asked), _free(ask, asked)
    rule = book.at("hours.post", day)
    needed = exact(rule["share"]) * len(days(first, last))
    reached, whole = defaultdict(Decimal), defaultdict(Decimal)
    for member, branch in ask(
        """
        SELECT member_id, branch_id FROM members_membership
        WHERE %(day)s BETWEEN started_on AND coalesce(ended_on, 'infinity')""",
        asked,
    ):
        if member in free:
            continue
        held = len(office.get(member, ()))
        least = book.at("hours.secretary" if held and held >= needed else "hours.member", day)
        whole[branch] += 1
        reached[branch] += got[member] >= least
    return {branch: (reached[branch], whole[branch]) for branch in whole}


def _is_recorded(ask, asked):
    """Whether the county writes hours down in the year: somebody signed in, or brought hours from elsewhere."""
    return bool(
        ask(
            """
        SELECT 1 FROM training_signin n JOIN training_classsession s ON s.id = n.session_id
        WHERE n.mark = 'present' AND extract(year FROM s.held_on) = %(year)s
        UNION ALL SELECT 1 FROM training_otherhours WHERE year = %(year)s AND state <> 'returned' LIMIT 1""",
            asked,
        )
    )


def _got(ask, book, day, asked):
    """member → hours of classes, of rolls (a meeting of several kinds counts by the highest) and from elsewhere."""
    got = defaultdict(Decimal)
    for member, hours in ask(
        """
        SELECT member_id, sum(hours) FROM (
            SELECT DISTINCT e.member_id, s.id, s.hours
            FROM training_signin n JOIN training_enrolment e ON e.id = n.enrolment_id
            JOIN training_classsession s ON s.id = n.session_id
            JOIN training_trainingclass c ON c.id = s.training_class_id
            WHERE n.mark = 'present' AND c.state <> 'cancelled' AND s.held_on BETWEEN %(first)s AND %(day)s
        ) a GROUP BY member_id
        UNION ALL
        SELECT member_id, sum(hours) FROM training_otherhours
        WHERE year = %(year)s AND ended_on <= %(day)s AND state <> 'returned' GROUP BY member_id""",
        asked,
    ):
        got[member] += hours
    worth = {kind: exact(number) for kind, number in book.at("hours.meetings", day).items()}
    for member, kinds in ask(
        """
        SELECT a.member_id, string_agg(k.kind, ' ')
        FROM meetings_attendance a JOIN meetings_meeting m ON m.id = a.meeting_id
        JOIN meetings_meetingkind k ON k.meeting_id = m.id
        WHERE a.mark = 'present' AND m.state IN ('submitted', 'accepted') AND m.held_on BETWEEN %(first)s AND %(day)s
        GROUP BY a.member_id, m.id""",
        asked,
    ):
        got[member] += max(worth.get(kind, Decimal(0)) for kind in kinds.split())
    return got


def _office_days(ask, book, day, asked):
    """member → days of the year in one of the offices of the rule; a post ends with its term and its branch."""
    following = defaultdict(list)
    for branch, since in ask("SELECT branch_id, started_on FROM branches_term ORDER BY started_on"):
        following[branch].append(since)
    found = defaultdict(set)
    for member, since, until, branch, term_since, closed_on in ask(
        """
        SELECT p.member_id, p.started_on, p.ended_on, t.branch_id, t.started_on, b.closed_on
        FROM members_post p JOIN branches_term t ON t.id = p.term_id JOIN branches_branch b ON b.id = t.branch_id
        WHERE p.office = ANY(%(offices)s)""",
        asked | {"offices": book.at("hours.post", day)["offices"]},
    ):
        later = [each - timedelta(days=1) for each in following[branch] if each > term_since]
        end = min(each for each in (until, closed_on, asked["last"], *later[:1]) if each)
        since = max(since, asked["first"])
        if since <= end:
            found[member].update(days(since, end))
    return found


def _free(ask, asked):
    """Of whom nothing is asked: 停止党籍 on the day, or excused from attendance for the whole of the year's stay."""
    found = {
        member
        for member, since, until in ask(
            "SELECT member_id, started_on, ended_on FROM members_standing WHERE kind = 'suspended'"
        )
        if within(asked["day"], since, until)
    }
    excused, stays = defaultdict(set), defaultdict(set)
    rows = ask("""
        SELECT x.member_id, x.started_on, x.ended_on FROM members_exemption x
        WHERE x.scope = 'attendance' AND x.started_on <= %(last)s AND (x.ended_on IS NULL OR x.ended_on >= %(first)s)""",
        asked)  # fmt: skip
    for table, them in ((excused, rows), (stays, ask("""
        SELECT member_id, started_on, ended_on FROM members_membership
        WHERE started_on <= %(last)s AND (ended_on IS NULL OR ended_on >= %(first)s)""", asked))):  # fmt: skip
        for member, since, until in them:
            table[member].update(days(max(since, asked["first"]), min(until or asked["last"], asked["last"])))
    return found | {member for member, every in excused.items() if stays[member] and stays[member] <= every}
