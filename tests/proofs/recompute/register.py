"""What the register of members and of their leaderships gives: 评议, 测评, 换届, 党费, 学时, 转接, 荣誉."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from .book import exact, months_between, plus, within

ONE, NONE = Decimal(1), Decimal(0)
ZONE = "Asia/Shanghai"
LEVELS = {"国家级": "nation", "省级": "province", "市级": "city", "县级": "county", "校级": "school"}


def appraised(ask, life, year):
    """民主评议 of the year held by the last day of the 组织生活会 that is owed beside it, and handed in."""
    held = dict(ask("""
        SELECT branch_id, held_on FROM members_appraisal WHERE year = %(year)s AND state IN ('submitted', 'approved')""",
        {"year": year}))  # fmt: skip
    if not held:
        return None
    return {
        branch: (ONE if branch in held and held[branch] <= period.until else NONE, ONE)
        for branch, [(period, _)] in life.owed("org_life_meeting").items()
    }


def mass_poll(ask, book, year):
    last = date(year, 12, 31)
    weights, least = book.at("poll.weights", last), book.at("poll.least_ballots", last)
    rows = ask(
        "SELECT branch_id, satisfied, fairly, dissatisfied, unsure FROM members_masspoll WHERE year = %(year)s",
        {"year": year},
    )
    if not rows or weights is None:
        return None
    found = {}
    for branch, *counts in rows:
        told = dict(zip(("satisfied", "fairly", "dissatisfied", "unsure"), counts, strict=True))
        whole = sum(told[name] for name in weights)
        if sum(counts) >= least and whole:
            found[branch] = sum(told[name] * exact(weight) for name, weight in weights.items()), Decimal(whole)
    return found


# --- PF2: months past the expiry until the election, past the leaving until the filling, each beyond the grace


def months_late(ask, book, year, on):
    start, until = date(year, 1, 1), min(on, date(year, 12, 31))
    grace = book.at("term.grace_months", date(year, 12, 31))
    found = {}
    closed = dict(ask("SELECT id, closed_on FROM branches_branch"))

    def late(branch, since, done):
        end = min(each for each in (done, closed[branch], until) if each)
        beyond = max(0, months_between(since, max(since, end)) - grace) if end >= start else 0
        found[branch] = found.get(branch, NONE) + beyond

    terms = defaultdict(list)
    for branch, since, expires in ask(
        "SELECT branch_id, started_on, expires_on FROM branches_term WHERE started_on <= %(last)s ORDER BY started_on",
        {"last": date(year, 12, 31)},
    ):
        terms[branch].append((since, expires))
    for branch, rows in terms.items():
        for (_, expires), following in zip(rows, [*rows[1:], (None, None)], strict=True):
            if expires:
                late(branch, expires, following[0])
    served = ask("""
        SELECT t.branch_id, lower(g), upper(g) - 1
        FROM (
            SELECT t.branch_id, CASE WHEN min(p.started_on) <= least(%(until)s, b.closed_on)
                THEN datemultirange(daterange(min(p.started_on), least(%(until)s, b.closed_on), '[]'))
                    - range_agg(daterange(p.started_on, p.ended_on, '[]')) END AS gaps
            FROM members_post p JOIN branches_term t ON t.id = p.term_id JOIN branches_branch b ON b.id = t.branch_id
            WHERE p.office = 'secretary' AND p.started_on <= %(until)s
            GROUP BY t.branch_id, b.closed_on
        ) t LEFT JOIN LATERAL unnest(t.gaps) g ON TRUE""", {"until": until})  # fmt: skip
    for branch, since, last_empty in served:
        found.setdefault(branch, NONE)
        if since:
            late(branch, since, last_empty + timedelta(days=1))  # the next begins on the day after; or nobody yet
    return {branch: (value, None) for branch, value in found.items()}


# --- PF4: each member's months, one by one


def dues_on_time(ask, book, year):
    rows = ask(
        """
        SELECT member_id, month, payable, paid, paid_on FROM members_duespayment
        WHERE month BETWEEN %(first)s AND %(last)s""",
        {"first": date(year, 1, 1), "last": date(year, 12, 1)},
    )
    if not rows:
        return None
    months = [date(year, number, 1) for number in range(min(row[1] for row in rows).month, 13)]
    register = _Dues(ask, book, year, {(who, month): said for who, month, *said in rows if said[1] > 0})
    value, whole = defaultdict(Decimal), defaultdict(Decimal)
    for member in register.stays:
        for month in months:
            branch, in_time = register.month(member, month)
            if branch:
                whole[branch] += 1
                value[branch] += in_time
    return {branch: (value[branch], whole[branch]) for branch in whole}


class _Dues:
    """To which branch a member owed a month, and whether it was paid by the last day for it."""

    def __init__(self, ask, book, year, payments):
        self.payments = payments
        self.back = book.at("dues.back_months", date(year, 12, 1)) or 0
        self.stays, self.letters, self.waivers, self.lost = (defaultdict(list) for _ in range(4))
        for member, *stay in ask("""
            SELECT member_id, branch_id, started_on, ended_on, end_reason FROM members_membership
            ORDER BY member_id, started_on"""):
            self.stays[member].append(stay)
        for member, *letter in ask("""
            SELECT member_id, direction, from_branch_id, received_on, dues_paid_through FROM members_transfer
            WHERE state = 'done' AND dues_paid_through IS NOT NULL ORDER BY received_on, id"""):
            self.letters[member].append(letter)
        for member, *waiver in ask(
            "SELECT member_id, from_month, to_month, amount FROM members_dueswaiver WHERE state = 'approved'"
        ):
            self.waivers[member].append(waiver)
        for member, *stretch in ask(
            "SELECT member_id, started_on, ended_on FROM members_standing WHERE kind = 'suspended'"
        ):
            self.lost[member].append(stretch)
        self.consents = {
            (branch, of): agreed
            for branch, of, agreed in ask("SELECT branch_id, year, agreed_on FROM members_duesconsent")
        }
        self.temporary = {pk for (pk,) in ask("SELECT id FROM branches_branch WHERE kind = 'temporary'")}

    def month(self, member, month):
        """(branch, paid in time) of a member's month; no branch where nothing is owed here."""
        last = plus(month, 1) - timedelta(days=1)
        branch = self._owed_to(member, month, last)
        if branch is None or branch in self.temporary:
            return None, False
        left = [amount for since, until, amount in self.waivers[member] if since <= month <= until]
        if left and min(left) == 0:
            return branch, True
        said = self.payments.get((member, month))
        until = self._until(branch, month, last)
        return branch, bool(said and said[1] >= (said[0] or 0) and said[2] <= until)

    def _until(self, branch, month, last):
        quarter = plus(date(month.year, (month.month - 1) // 3 * 3 + 1, 1), 3) - timedelta(days=1)
        agreed = self.consents.get((branch, month.year))
        return quarter if agreed and agreed <= quarter else last

    def _owed_to(self, member, month, last):
        begun = [stay for stay in self.stays[member] if stay[1] <= last]
        if not begun or any(within(last, *stretch) for stretch in self.lost[member]):
            return None
        branch, _, ended, reason = begun[-1]  # where the member was last in the month
        if ended and ended < month:
            return None
        left_here = reason == "transferred" and self._took_along(member, branch, month)
        if ended and ended <= last and (reason == "died" or left_here):
            return None
        for direction, left, received, through in self.letters[member]:
            if direction != "out" and received and received.replace(day=1) <= month <= through:
                return left  # paid there already; None: outside the county
        return branch

    def _took_along(self, member, branch, month):
        """A letter out of the county says the month before was the last one paid here."""
        return any(
            direction == "out" and left == branch and plus(month, -self.back) <= through < month
            for direction, left, _, through in self.letters[member]
        )


# --- PF9


def transfers_late(ask, book, year, on, branches):
    """Letters and errors whose time ran out in the year before they were settled, for the side that held them longer."""
    start, until = date(year, 1, 1), min(on, date(year, 12, 31))
    months, allowed = book.at("transfer.within_months", on), book.at("correction.within_days", on)
    letters = ask("""
        SELECT t.id, t.direction, t.from_branch_id, t.to_branch_id, t.issued_on, t.state, t.received_on,
            min(s.taken_on), min(s.taken_on) FILTER (WHERE s.state = 'issued'),
            min(s.taken_on) FILTER (WHERE s.state IN ('returned', 'withdrawn'))
        FROM members_transfer t LEFT JOIN members_transferstep s ON s.transfer_id = t.id
        WHERE t.issued_on <= %(until)s GROUP BY t.id""", {"until": until})  # fmt: skip
    if not any(start <= row[4] for row in letters):
        return None
    found = dict.fromkeys(branches, NONE)
    for _, direction, left, came, issued, state, received, begun, opened, back in letters:
        settled = received or (back if state in ("returned", "withdrawn") else None)
        limit, held_until = plus(opened or issued, months), min(settled or until, until)
        if not start <= limit < held_until:
            continue
        side = {"out": left, "in": came}.get(direction)
        if side is None:
            side = left if issued - (begun or issued) > held_until - issued else came
        if side in found:
            found[side] += 1
    stays = defaultdict(list)
    for member, *stay in ask("SELECT member_id, branch_id, started_on, ended_on FROM members_membership"):
        stays[member].append(stay)
    for member, asked, answered in ask(
        """SELECT member_id, (created_at AT TIME ZONE %(zone)s)::date, (answered_at AT TIME ZONE %(zone)s)::date
        FROM members_correction""",
        {"zone": ZONE},
    ):
        limit = asked + timedelta(days=allowed)
        if asked <= until and start <= limit < min(answered or until, until):
            for branch, since, ended in stays[member]:
                if branch in found and within(limit, since, ended):
                    found[branch] += 1
    return {branch: (value, None) for branch, value in found.items()}


# --- EX1


def titles(ask, book, year, on, branches, most):
    """Honours of the organisation, and titles named by a paper: of one matter the highest, together at most `most`."""
    first, day = date(year, 1, 1), min(on, date(year, 12, 31))
    points = book.at("honour.points", date(year, 12, 31))
    honours = ask(
        """
        SELECT branch_id, id, level, btrim(matter), btrim(title), number FROM members_honour
        WHERE member_id IS NULL AND conferred_on BETWEEN %(first)s AND %(day)s
            AND (revoked_on IS NULL OR revoked_on > %(on)s)""",
        {"first": first, "day": day, "on": on},
    )
    named = ask(
        """
        SELECT t.branch_id, t.level, e.label, t.number
        FROM branches_title t JOIN branches_catalogueentry e ON e.id = t.entry_id
        WHERE t.level <> '' AND t.named_on BETWEEN %(first)s AND %(day)s
            AND NOT (t.state = 'ended' AND t.state_on <= %(day)s)""",
        {"first": first, "day": day},
    )
    named = [row for row in named if row[0] in branches]
    if points is None or not (honours or named):
        return None
    best = defaultdict(lambda: defaultdict(Decimal))  # branch → matter → points
    for branch, pk, level, matter, _, _ in honours:
        _raise(best[branch], matter or pk, exact(points.get(level, 0)))
    for branch, level, label, number in named:
        same = [
            (matter or pk)
            for at, pk, _, matter, title, paper in honours
            if at == branch and (label in (matter, title) or (number and number == paper))
        ]
        _raise(best[branch], same[0] if same else label, exact(points.get(LEVELS.get(level), 0)))
    most = exact(most)
    return {branch: (min(most, sum(best[branch].values(), NONE)), most) for branch in branches}


def _raise(best, matter, points):
    best[matter] = max(best[matter], points)
