"""Whether a branch is set up as the rules ask (组织设置)."""

from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q

from branches.models import Branch, Term
from members import faults, vacancies
from members.models import Membership, Post
from rulebook.book import in_force
from rulebook.facts import Fact


def setting(branches, period):
    """branch id → Fact: points in which a branch's setting does not agree with the rules (组织设置), in words; no mere hints.

    Source: 《中国共产党支部工作条例（试行）》第二章、第六章.
    """
    return {
        pk: Fact(Decimal(len(words)), None, "branches.Branch", (pk,), words)
        for pk, points in faults.found(branches, period.on).items()
        for words in [tuple(fault.words for fault in points if not fault.is_hint)]
    }


def days_without_secretary(branches, period):
    """branch id → Fact: days for which the seat of the secretary has been empty, of those where it is. Two queries."""
    terms = Term.objects.filter(branch__in=branches)
    serving = {term.branch_id: term for term in terms.on(period.on)}
    found = {}
    for branch, vacancy in vacancies.found(terms, period.on).items():
        if vacancy.has_no_secretary:
            since = vacancy.secretary_since or serving[branch].started_on
            words = (f"书记自 {since:%Y-%m-%d} 起空缺",)
            found[branch] = Fact(
                Decimal((period.on - since).days), None, "branches.Term", (serving[branch].pk,), words
            )  # fmt: skip
    return found


def full_members(branches, period):
    """branch id → Fact: its full members on the day. One query."""
    full = Q(memberships__in=Membership.objects.on(period.on).filter(kind=Membership.Kind.FULL))
    rows = Branch.objects.filter(pk__in=branches).annotate(full=Count("memberships", filter=full, distinct=True))
    return {pk: Fact(Decimal(count), None, "branches.Branch", (pk,)) for pk, count in rows.values_list("pk", "full")}
