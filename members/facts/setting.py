"""Whether a branch is set up as the rules ask (组织设置)."""

from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q

from branches.models import Branch, Term
from members.models import Membership, Post
from rulebook.book import in_force
from rulebook.facts import Fact


def setting(branches, period):
    """branch id → Fact: points in which a branch's setting does not agree with the rules (组织设置), in words. Three queries.

    Source: 《中国共产党支部工作条例（试行）》第二章、第六章.
    """
    on, book = period.on, in_force(on=period.on)
    least, most, threshold, units = (
        book[f"branch.{key}"].value for key in ("min_full_members", "max_members", "committee_threshold", "joint_units")
    )
    rows = Membership.objects.on(on).filter(branch__in=branches).order_by()
    counts = {
        row["branch"]: row
        for row in rows.values("branch").annotate(
            full=Count("pk", filter=Q(kind=Membership.Kind.FULL)), members=Count("pk")
        )
    }
    secretaries = Post.objects.filter(term=OuterRef("pk"), office=Post.Office.SECRETARY, started_on__lte=on)
    terms = {
        term.branch_id: term
        for term in Term.objects.on(on)
        .filter(branch__in=branches)
        .annotate(has_secretary=Exists(secretaries.exclude(ended_on__lt=on)))
    }
    leaves = Branch.objects.filter(pk__in=branches).annotate(units=Count("schools", distinct=True))
    found = {}
    for branch in leaves:
        is_leaf = branch.kind in (Branch.Kind.BRANCH, Branch.Kind.JOINT)
        count, term, words = counts.get(branch.pk, {"full": 0, "members": 0}), terms.get(branch.pk), []
        if is_leaf and count["full"] < least:
            words.append(f"正式党员 {count['full']} 人，不足 {least} 人")
        if is_leaf and count["members"] > most:
            words.append(f"党员 {count['members']} 人，超过 {most} 人")
        if is_leaf and count["full"] >= threshold and not (term and term.committee_size):
            words.append(f"正式党员 {count['full']} 人，达到 {threshold} 人，应设支部委员会")
        if term and term.expires_on and term.expires_on < on:
            words.append(f"任期已于 {term.expires_on:%Y-%m-%d} 届满，尚未换届")
        if term and not term.has_secretary and not term.secretary_name:
            words.append("书记空缺")
        if branch.kind == Branch.Kind.JOINT and branch.units > units:
            words.append(f"联合党支部覆盖 {branch.units} 个单位，超过 {units} 个")
        found[branch.pk] = Fact(Decimal(len(words)), None, "branches.Branch", (branch.pk,), tuple(words))
    return found
