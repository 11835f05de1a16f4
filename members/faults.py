"""组织设置核查: what of an organisation's setting does not agree with the rules, and what to do about each point.

Codes, remedies and their sources are rows `setting.*` of the rulebook; here stands how each is found. All for any number
of organisations by the same few queries.
"""

from dataclasses import dataclass

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from branches.models import Appointment, Branch, OrgChange, Term
from branches.rights import Role
from members.models import Membership, Post
from members.structure_checks import LEAVES
from rulebook.book import Rule, in_force

Kind = Branch.Kind
PREFIX = "setting."


@dataclass(frozen=True)
class Fault:
    """One point of one organisation: `words` say what was found, the rule what to do about it and where that is written."""

    code: str
    words: str
    rule: Rule

    @property
    def is_hint(self):
        return bool(self.rule.value.get("hint"))

    @property
    def remedy(self):
        return self.rule.value["text"]

    @property
    def act(self):
        return self.rule.value["act"]


@dataclass(frozen=True)
class Seen:
    """What is known of one organisation on the day."""

    branch: Branch
    full: int
    members: int
    below: int
    term: Term | None
    shares: int  # how many other branches its secretary leads

    @property
    def is_leaf(self):
        return self.branch.kind in LEAVES


def rules(book):
    """code → Rule of every fault that is looked for, in the order of the file."""
    return {
        key.removeprefix(PREFIX): rule
        for key, rule in book.items()
        if key.startswith(PREFIX) and "act" in rule.value
    }  # fmt: skip


def rules_on(day):
    return rules(in_force(on=day))


def found(branches, on):
    """branch id → [Fault] on that day, of every organisation among `branches`, those without any too. A constant number of queries."""
    book = in_force(on=on)
    known = rules(book)
    return {
        seen.branch.pk: [Fault(code, words, known[code]) for code, words in _looked(seen, on, book) if code in known]
        for seen in _seen(branches, on)
    }


def _seen(branches, on):
    if not isinstance(branches, QuerySet):
        branches = [getattr(branch, "pk", branch) for branch in branches]
    rows = Membership.objects.on(on).filter(branch__in=branches).order_by()
    counts = {
        pk: (full, members)
        for pk, full, members in rows.values("branch")
        .annotate(full=Count("pk", filter=Q(kind=Membership.Kind.FULL)), members=Count("pk"))
        .values_list("branch", "full", "members")
    }
    inside = Membership.objects.on(on).filter(branch__parent__in=branches).order_by()
    below = dict(inside.values("branch__parent").annotate(count=Count("pk")).values_list("branch__parent", "count"))
    led = Post.objects.filter(term=OuterRef("pk"), office=Post.Office.SECRETARY, started_on__lte=on)
    terms = Term.objects.on(on).filter(branch__in=branches).annotate(has_secretary=Exists(led.exclude(ended_on__lt=on)))
    serving = {term.branch_id: term for term in terms}
    shared, kinds = _shared(on), OrgChange.objects.kinds_on(on)
    for branch in (
        Branch.objects.filter(pk__in=branches).annotate(units=Count("schools", distinct=True)).order_by("path")
    ):
        branch.kind = kinds.get(branch.pk, branch.kind)
        full, members = counts.get(branch.pk, (0, 0))
        yield Seen(
            branch, full, members, below.get(branch.pk, 0), serving.get(branch.pk), shared.get(branch.pk, 0)
        )  # fmt: skip


def _shared(on):
    """branch id → how many other branches its secretary leads that day, by the register or by the accounts. Two queries.

    One seat of each person in each branch; who leads a 总支 beside a branch below it is not meant.
    """
    at_work = Branch.objects.at_work(on).filter(kind__in=LEAVES)
    newest = Term.objects.filter(pk__in=Term.objects.on(on).filter(branch__in=at_work).values("pk"))
    posts = Post.objects.filter(term__in=newest, office=Post.Office.SECRETARY, started_on__lte=on)
    by_post = posts.exclude(ended_on__lt=on).values_list("member", "term__branch").distinct()
    accounts = Appointment.objects.serving(on).filter(role=Role.SECRETARY, branch__in=at_work, user__is_active=True)
    by_account = accounts.order_by().values_list("user", "branch").distinct()
    shared = {}
    for rows in (by_post, by_account):
        led = {}
        for person, branch in rows:
            led.setdefault(person, set()).add(branch)
        for several in led.values():
            for branch in several:
                shared[branch] = max(shared.get(branch, 0), len(several) - 1)
    return shared


def _looked(seen, on, book):
    """Pairs (code, words) in the order in which they are mended."""
    branch, term = seen.branch, seen.term
    least, most, threshold, units = (
        book[f"branch.{key}"].value for key in ("min_full_members", "max_members", "committee_threshold", "joint_units")
    )
    if seen.is_leaf and seen.full < least:
        yield "too_few", f"正式党员 {seen.full} 人，不足 {least} 人"
    if seen.is_leaf and seen.members > most:
        yield "too_many", f"党员 {seen.members} 人，超过 {most} 人"
    if seen.is_leaf and seen.full >= threshold and not (term and term.committee_size):
        yield "no_committee", f"正式党员 {seen.full} 人，达到 {threshold} 人，应设支部委员会"
    if term and term.expires_on and term.expires_on < on:
        yield "expired", f"任期已于 {term.expires_on:%Y-%m-%d} 届满，尚未换届"
    if term and not term.has_secretary and not term.secretary_name:
        yield "vacant", "书记空缺"
    if seen.shares:
        yield "shared_secretary", f"书记同时担任另外 {seen.shares} 个党支部的书记"
    if branch.kind == Kind.JOINT and branch.units > units:
        yield "joint_units", f"联合党支部覆盖 {branch.units} 个单位，超过 {units} 个"
    yield from _hinted(seen, on, book)


def _hinted(seen, on, book):
    branch, general = seen.branch, book["branch.general_members"].value
    if branch.kind == Kind.GENERAL and seen.below < general["from"]:
        yield "upper_small", f"下级党员共 {seen.below} 人，不足 {general['from']} 人"
    if branch.kind == Kind.GENERAL and seen.below > general["to"]:
        yield "upper_large", f"下级党员共 {seen.below} 人，超过 {general['to']} 人"
    months = book["branch.temporary_months"].value
    if branch.kind == Kind.TEMPORARY and branch.founded_on + relativedelta(months=months) < on:
        yield "temporary_over", f"{branch.founded_on:%Y-%m-%d} 成立，已超过 {months} 个月，任务是否已经完成"
