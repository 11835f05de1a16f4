"""PF7: the 目标责任书 of the year and the secretary's report."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from .book import plus, within

NOTHING_LEFT = Decimal("Infinity")  # 不得分: as if it had come back without end


def letters_and_reviews(ask, book, year, on, branches):
    """How often a report came back beyond the first time; nothing to be had without the letter or the report."""
    asked = {"year": year, "on": on}
    letters = ask("SELECT kind, branch_id, signed_on FROM members_responsibilityletter WHERE year = %(year)s", asked)
    campaigns = ask("SELECT id, due_on FROM assessment_secretaryreviewcampaign WHERE year = %(year)s", asked)
    if not letters and not campaigns:
        return None
    found = {}
    if letters:
        last = plus(date(year, max(book.at("letter.months", on)), 1), 1) - timedelta(days=1)
        signed = {branch for kind, branch, day in letters if kind == "goal" and day <= on}
        founded = dict(ask("SELECT id, founded_on FROM branches_branch"))
        for branch in branches:
            if founded[branch] <= last:
                found[branch] = NOTHING_LEFT if on > last and branch not in signed else Decimal(0)
    for campaign, due_on in campaigns:
        for branch, value in _reports(ask, campaign, due_on, min(on, date(year, 12, 31)), on).items():
            found[branch] = found.get(branch, Decimal(0)) + value
    return {branch: (value, None) for branch, value in found.items() if branch in branches}


def _reports(ask, campaign, due_on, day, on):
    sent = defaultdict(list)
    for branch, handed_in, back, until in ask("""
        SELECT v.branch_id, p.submitted_on, p.returned_on, p.rewrite_until
        FROM assessment_secretaryreport p JOIN assessment_secretaryreview v ON v.id = p.review_id
        WHERE v.campaign_id = %(campaign)s AND p.submitted_on <= %(on)s ORDER BY p.number""",
        {"campaign": campaign, "on": on}):  # fmt: skip
        sent[branch].append((handed_in, back if back and back <= on else None, until))
    held, found = _in_office(ask, day), {}
    for (branch,) in ask(
        "SELECT branch_id FROM assessment_secretaryreview WHERE campaign_id = %(campaign)s", {"campaign": campaign}
    ):
        reports = sent[branch]
        if not reports and branch not in held:
            continue
        is_missing = (on > due_on) if not reports else bool(reports[-1][1] and on > reports[-1][2])
        returned = sum(back is not None for _, back, _ in reports)
        found[branch] = NOTHING_LEFT if is_missing else Decimal(max(0, returned - 1))
    return found


def _in_office(ask, day):
    """Branches with a secretary: by the posts, which end with their term; by the term's name where no post was ever entered."""
    terms = defaultdict(list)
    for branch, pk, since, name in ask(
        "SELECT branch_id, id, started_on, secretary_name FROM branches_term ORDER BY branch_id, started_on"
    ):
        terms[branch].append((pk, since, name))
    ends = {pk: following[1] - timedelta(days=1) for rows in terms.values() for (pk, _, _), following in pairwise(rows)}
    posts = ask("""
        SELECT t.branch_id, p.term_id, p.started_on, p.ended_on FROM members_post p JOIN branches_term t ON t.id = p.term_id
        WHERE p.office = 'secretary'""")
    found = {
        branch
        for branch, term, since, until in posts
        if within(day, since, min((each for each in (until, ends.get(term)) if each), default=None))
    }
    told = {row[0] for row in posts}
    for branch, rows in terms.items():
        serving = [name for _, since, name in rows if since <= day]
        if branch not in told and serving and serving[-1]:
            found.add(branch)
    return found
