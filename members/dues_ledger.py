"""Who owes the dues of which month to which branch, and what was paid: one statement for any number of branches.

A month belongs to one branch, never to two and never to none:
* where the member was last in that month, the whole month, from the month of the branch's vote (预备党员从支部大会通过之日起);
* to the branch that was left when the letter says the month was paid there (党费交至); to none here when it was paid elsewhere;
* who left the Party owes the last month begun, who died owes no more; who is 停止党籍 on the last day owes nothing;
* 临时党支部 collect none: the dues go to the branch where the member is registered.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.db import connection

from rulebook.book import value

LOOKS_BACK = 12  # months in which arrears are sought; the rules act on six
# Those with a waiver, a letter or a suspension in the stretch are `odd`; all others are counted without a second look.
# What the planner cannot estimate is MATERIALIZED, else it is worked out again for each row beside it.
_STAYS = """
WITH months AS (
    SELECT m AS month, (m + interval '1 month')::date - 1 AS last,
        (date_trunc('quarter', m::timestamp) + interval '3 months')::date - 1 AS quarter_last
    FROM unnest(%(months)s::date[]) AS m
), odd AS (
    SELECT member_id FROM members_standing
    WHERE kind = 'suspended' AND started_on <= %(end)s AND (ended_on IS NULL OR ended_on >= %(first)s)
    UNION SELECT member_id FROM members_dueswaiver
    WHERE state = 'approved' AND from_month <= %(last)s AND to_month >= %(first)s
    UNION SELECT member_id FROM members_transfer
    WHERE state = 'done' AND direction <> 'out' AND received_on <= %(end)s AND dues_paid_through >= %(first)s
), seen AS (
    SELECT member_id, branch_id, started_on, ended_on, end_reason,
        lead(started_on) OVER (PARTITION BY member_id ORDER BY started_on) AS next_on
    FROM members_membership
    WHERE started_on <= %(end)s AND (ended_on IS NULL OR ended_on >= %(first)s)
        AND member_id IN (SELECT member_id FROM members_membership WHERE branch_id = ANY(%(branches)s::bigint[]))
), stays AS MATERIALIZED (
    SELECT s.member_id, s.branch_id, o.member_id IS NOT NULL AS is_odd,
        GREATEST(date_trunc('month', s.started_on::timestamp)::date, %(first)s) AS from_month,
        LEAST(
            (date_trunc('month', s.next_on::timestamp) - interval '1 month')::date,
            CASE
                WHEN s.ended_on IS NULL THEN %(last)s
                WHEN s.end_reason = 'died' OR s.end_reason = 'transferred' AND EXISTS (
                    SELECT FROM members_transfer AS t
                    WHERE t.member_id = s.member_id AND t.from_branch_id = s.branch_id AND t.direction = 'out'
                        AND t.state = 'done' AND t.dues_paid_through < date_trunc('month', s.ended_on::timestamp)
                        AND t.dues_paid_through >= date_trunc('month', s.ended_on::timestamp) - make_interval(months => %(back)s)
                ) THEN (date_trunc('month', s.ended_on::timestamp) - interval '1 month')::date
                ELSE date_trunc('month', s.ended_on::timestamp)::date
            END,
            %(last)s
        ) AS to_month
    FROM seen AS s
    LEFT JOIN odd AS o ON o.member_id = s.member_id
), odd_stays AS MATERIALIZED (
    SELECT * FROM stays WHERE is_odd
), odd_due AS (
    SELECT s.member_id, m.month, m.last, m.quarter_last,
        CASE WHEN v.is_known THEN v.branch_id ELSE s.branch_id END AS branch_id,
        (
            SELECT min(w.amount) FROM members_dueswaiver AS w
            WHERE w.member_id = s.member_id AND w.state = 'approved' AND m.month BETWEEN w.from_month AND w.to_month
        ) AS waived
    FROM odd_stays AS s
    JOIN months AS m ON m.month BETWEEN s.from_month AND s.to_month
    LEFT JOIN LATERAL (
        SELECT TRUE AS is_known, t.from_branch_id AS branch_id FROM members_transfer AS t
        WHERE t.member_id = s.member_id AND t.state = 'done' AND t.direction <> 'out'
            AND m.month BETWEEN date_trunc('month', t.received_on::timestamp)::date AND t.dues_paid_through
        ORDER BY t.received_on, t.id LIMIT 1
    ) AS v ON TRUE
    WHERE NOT EXISTS (
        SELECT FROM members_standing AS x
        WHERE x.member_id = s.member_id AND x.kind = 'suspended'
            AND x.started_on <= m.last AND (x.ended_on IS NULL OR x.ended_on >= m.last)
    )
), """
_ROWS = """ledger AS (
    SELECT d.branch_id, d.member_id, d.month,
        CASE WHEN c.id IS NULL THEN d.last ELSE d.quarter_last END AS until,
        p.payable, p.paid, p.paid_on, d.waived,
        (p.paid IS NOT NULL OR d.waived IS NOT DISTINCT FROM 0) AS is_settled,
        (d.waived IS NOT DISTINCT FROM 0 OR p.paid >= COALESCE(p.payable, 0)
            AND p.paid_on <= CASE WHEN c.id IS NULL THEN d.last ELSE d.quarter_last END) IS TRUE AS is_punctual
    FROM due AS d
    JOIN branches_branch AS b ON b.id = d.branch_id AND b.kind <> 'temporary'
    LEFT JOIN members_duesconsent AS c
        ON c.branch_id = d.branch_id AND c.year = EXTRACT(year FROM d.month)::int AND c.agreed_on <= d.quarter_last
    LEFT JOIN paid AS p ON p.member_id = d.member_id AND p.month = d.month
    WHERE d.branch_id = ANY(%(branches)s::bigint[])
)
"""
_ALL = """due AS (
    SELECT * FROM odd_due
    UNION ALL
    SELECT s.member_id, m.month, m.last, m.quarter_last, s.branch_id, NULL
    FROM stays AS s JOIN months AS m ON m.month BETWEEN s.from_month AND s.to_month
    WHERE NOT s.is_odd
), paid AS (
    SELECT * FROM members_duespayment WHERE paid > 0 AND month BETWEEN %(first)s AND %(last)s
), """
_ODD = """due AS (
    SELECT * FROM odd_due
), paid AS (
    SELECT * FROM members_duespayment
    WHERE paid > 0 AND month BETWEEN %(first)s AND %(last)s AND member_id IN (SELECT member_id FROM odd)
), """
_COUNTED = """, spans AS (
    SELECT s.branch_id, s.from_month, s.to_month, count(*) AS people
    FROM stays AS s JOIN branches_branch AS b ON b.id = s.branch_id AND b.kind <> 'temporary'
    WHERE NOT s.is_odd AND s.branch_id = ANY(%(branches)s::bigint[])
    GROUP BY s.branch_id, s.from_month, s.to_month
), payments AS (
    SELECT s.branch_id, p.month, count(*) AS settled, sum(p.paid) AS paid,
        count(*) FILTER (WHERE p.paid_on <= m.last AND p.paid >= COALESCE(p.payable, 0)) AS by_month,
        count(*) FILTER (WHERE p.paid_on <= m.quarter_last AND p.paid >= COALESCE(p.payable, 0)) AS by_quarter
    FROM stays AS s
    JOIN members_duespayment AS p ON p.member_id = s.member_id AND p.month BETWEEN s.from_month AND s.to_month
    JOIN months AS m ON m.month = p.month
    WHERE NOT s.is_odd AND p.paid > 0 AND p.month BETWEEN %(first)s AND %(last)s AND s.branch_id = ANY(%(branches)s::bigint[])
    GROUP BY s.branch_id, p.month
), counted AS (
    SELECT s.branch_id, m.month, m.last, m.quarter_last, sum(s.people) AS due
    FROM spans AS s JOIN months AS m ON m.month BETWEEN s.from_month AND s.to_month
    GROUP BY s.branch_id, m.month, m.last, m.quarter_last
), both_kinds AS (
    SELECT d.branch_id, d.month, CASE WHEN c.id IS NULL THEN d.last ELSE d.quarter_last END AS until, d.due,
        COALESCE(p.settled, 0) AS settled,
        COALESCE(CASE WHEN c.id IS NULL THEN p.by_month ELSE p.by_quarter END, 0) AS punctual,
        COALESCE(p.paid, 0) AS paid
    FROM counted AS d
    LEFT JOIN members_duesconsent AS c
        ON c.branch_id = d.branch_id AND c.year = EXTRACT(year FROM d.month)::int AND c.agreed_on <= d.quarter_last
    LEFT JOIN payments AS p ON p.branch_id = d.branch_id AND p.month = d.month
    UNION ALL
    SELECT branch_id, month, until, 1, is_settled::int, is_punctual::int, COALESCE(paid, 0) FROM ledger
)
SELECT branch_id, month, min(until), sum(due)::int, sum(settled)::int, sum(punctual)::int, sum(paid)
FROM both_kinds GROUP BY branch_id, month
"""
_EACH = "SELECT * FROM ledger ORDER BY month, member_id"
_LEDGER = "".join((_STAYS, _ALL, _ROWS))
_TALLY = "".join((_STAYS, _ODD, _ROWS, _COUNTED))


class Due(NamedTuple):
    """One member's dues of one month, as owed to `branch`; `until` is the last day on which it is in time."""

    branch: int
    member: int
    month: date
    until: date
    payable: Decimal | None  # as it was when paid
    paid: Decimal | None
    paid_on: date | None
    waived: Decimal | None  # what an approved waiver leaves to be paid
    is_settled: bool
    is_punctual: bool


class Tally(NamedTuple):
    """A branch's month: how many owe, have paid, paid in time, and how much came in."""

    branch: int
    month: date
    until: date
    due: int
    settled: int
    punctual: int
    paid: Decimal


class Arrears(NamedTuple):
    """A member's unpaid months up to the last one due; `run` of them follow one another, up to that last one."""

    member: int
    branch: int  # to which the last of them is owed
    months: list
    run: int


def owed(branches, first, last):
    """[Due] of the months from `first` to `last` (first days), oldest first. One query."""
    return [Due(*row) for row in _ask(_LEDGER + _EACH, branches, first, last)]


def tally(branches, first, last):
    """[Tally], by branch and month. One query."""
    return [Tally(*row) for row in _ask(_TALLY, branches, first, last)]


def arrears(branches, *, on):
    """[Arrears] of members with unpaid months whose last day is over, the longest run first. One query.

    A branch is held to account from the first month in which it recorded any payment: what came before was kept on paper.
    """
    this = on.replace(day=1)
    select = """, began AS MATERIALIZED (
        SELECT branch_id, min(month) AS month FROM members_duespayment
        WHERE branch_id = ANY(%(branches)s::bigint[]) GROUP BY branch_id
    ), past AS (
        SELECT l.* FROM ledger AS l JOIN began AS b ON b.branch_id = l.branch_id AND l.month >= b.month
        WHERE l.until < %(on)s
    ), settled AS (SELECT member_id, max(month) FILTER (WHERE is_settled) AS month FROM past GROUP BY member_id)
    SELECT p.member_id, (array_agg(p.branch_id ORDER BY p.month DESC))[1], array_agg(p.month ORDER BY p.month),
        count(*) FILTER (WHERE s.month IS NULL OR p.month > s.month) AS run
    FROM past AS p JOIN settled AS s ON s.member_id = p.member_id
    WHERE NOT p.is_settled
    GROUP BY p.member_id ORDER BY run DESC, count(*) DESC, p.member_id"""
    first = this - relativedelta(months=LOOKS_BACK)
    return [Arrears(*row) for row in _ask(_LEDGER + select, branches, first, this - relativedelta(months=1), on=on)]


def _ask(statement, branches, first, last, **params):
    keys = [getattr(branch, "pk", branch) for branch in branches]
    count = 12 * (last.year - first.year) + last.month - first.month + 1
    months = [first + relativedelta(months=number) for number in range(count)]
    stretch = {"first": first, "last": last, "end": last + relativedelta(months=1, days=-1), "months": months}
    stretch["back"] = value("dues.back_months", on=last) or 0
    with connection.cursor() as cursor:
        cursor.execute(statement, {"branches": keys, **stretch, **params})
        return cursor.fetchall()
