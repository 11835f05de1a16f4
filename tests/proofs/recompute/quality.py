"""PF8, EX2.1 and the veto: 分析研判, 整改, 品牌, 软弱涣散."""

from datetime import date
from decimal import Decimal


def standardised(ask, year):
    """Points of the last round the branch was told of, of those that could be had; nothing that is scored elsewhere."""
    told = ask(
        """
        SELECT DISTINCT ON (s.branch_id) s.branch_id, s.id
        FROM branches_screening s JOIN branches_screeningcampaign c ON c.id = s.campaign_id
        WHERE c.year = %(year)s AND s.state = 'issued'
        ORDER BY s.branch_id, c.id DESC, (s.kind = 'look_back') DESC""",
        {"year": year},
    )
    if not told:
        return None
    sums = {
        screening: (got, whole)
        for screening, got, whole in ask("""
            SELECT m.screening_id, sum(m.points), sum(i.points)
            FROM branches_screeningmark m JOIN branches_standarditem i ON i.id = m.item_id
            WHERE m.is_applicable AND m.points IS NOT NULL AND NOT i.is_scored_elsewhere
                AND m.screening_id = ANY(%(told)s) GROUP BY m.screening_id""", {"told": [pk for _, pk in told]})
    }  # fmt: skip
    return {branch: sums[pk] for branch, pk in told if pk in sums}


def rectified_on_time(ask, year, on):
    """Items whose last day is past, settled by then; handed in by then and not looked at yet: nobody's fault."""
    rows = ask("""
        SELECT branch_id, settled_on <= due_on,
            state = 'submitted' AND coalesce((
                SELECT s."on" FROM branches_rectificationstep s WHERE s.item_id = r.id AND s.act = 'submit'
                ORDER BY s.id DESC LIMIT 1
            ), (submitted_at AT TIME ZONE 'Asia/Shanghai')::date) <= due_on
        FROM branches_rectification r
        WHERE due_on BETWEEN %(first)s AND %(last)s AND due_on < %(on)s""",
        {"first": date(year, 1, 1), "last": date(year, 12, 31), "on": on})  # fmt: skip
    if not rows:
        return None
    found = {}
    for branch, in_time, waits in rows:
        if not waits:
            value, whole = found.get(branch, (Decimal(0), Decimal(0)))
            found[branch] = value + bool(in_time), whole + 1
    return found


def brands(ask, year, on, branches):
    """A brand named by the day that stands: the branch's own, or that of the school above it."""
    rows = ask("""
        SELECT DISTINCT b.path FROM branches_title t JOIN branches_catalogueentry e ON e.id = t.entry_id
        JOIN branches_branch b ON b.id = t.branch_id
        WHERE e.label LIKE '%%品牌%%' AND t.named_on <= %(day)s AND NOT (t.state = 'ended' AND t.state_on <= %(day)s)
            AND b.kind IN ('committee', 'general', 'branch', 'joint')""", {"day": min(on, date(year, 12, 31))})  # fmt: skip
    if not rows:
        return None
    paths = dict(ask("SELECT id, path FROM branches_branch"))
    return {
        branch: (Decimal(any(paths[branch].startswith(path) for (path,) in rows)), Decimal(1)) for branch in branches
    }


def weak_standing(ask, year, on):
    """2: on the list at the year's end; 1: listed in the year or before, and struck off within it."""
    rows = ask("""
        SELECT branch_id, max(CASE WHEN closed_on <= %(day)s THEN 1 ELSE 2 END) FROM branches_weakcase
        WHERE listed_on <= %(day)s AND (closed_on IS NULL OR closed_on >= %(first)s) GROUP BY branch_id""",
        {"first": date(year, 1, 1), "day": min(on, date(year, 12, 31))})  # fmt: skip
    return {branch: (Decimal(standing), None) for branch, standing in rows}
