"""换届选举 and 补选: the file of an election step by step, who may stand, whether it stands, and the term that comes of it.

Sources: 《中国共产党基层组织选举工作条例》（2020 年）, 《中国共产党支部工作条例（试行）》第六章; shares and spans are rules.
"""

from datetime import timedelta
from fractions import Fraction

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Branch, Term
from branches.rights import require
from members import vacancies
from members.models import (
    Election,
    ElectionStep,
    Exemption,
    Member,
    Membership,
    Nominee,
    Post,
    Sanction,
    Standing,
    TermExtension,
)
from rulebook.book import in_force, value

Key, Office, Kind = ElectionStep.Key, Post.Office, Branch.Kind
LEAVES = (Kind.BRANCH, Kind.JOINT)
ELECTING = (*LEAVES, Kind.COMMITTEE, Kind.GENERAL)  # 工委 is appointed; a branch for a time holds no election
FROM_ABOVE = {Key.NOTICE, Key.REPLY, Key.CANDIDATE_REPLY, Key.RESULT_REPLY}  # the superior's papers
AFTER = {  # what a step rests on: no reply without its request, no ballot before both replies
    Key.REPLY: [Key.REQUEST],
    Key.CANDIDATE_REQUEST: [Key.CANDIDATES],
    Key.CANDIDATE_REPLY: [Key.CANDIDATE_REQUEST],
    Key.CONGRESS: [Key.REPLY, Key.CANDIDATE_REPLY],
    Key.FIRST_COMMITTEE: [Key.CONGRESS],
    Key.RESULT_REPORT: [Key.CONGRESS, Key.FIRST_COMMITTEE],
    Key.RESULT_REPLY: [Key.RESULT_REPORT],
}
DAY = timedelta(days=1)
REFUSED = "按规定不能列为候选人，请联系上级党组织。"  # why is not for those who ask


# --- who has a vote, who may stand


def homes(branch, on):
    """Memberships of that day there; of a 党委 or 总支 those of all its branches."""
    found = Membership.objects.on(on)
    return found.filter(branch=branch) if branch.kind in LEAVES else found.filter(branch__path__startswith=branch.path)


def voters(branch, on):
    """Memberships of those with a vote there on that day; of a 党委 or 总支 those of all its branches.

    Without members on probation, those not counted (不计入应到会), 停止党籍 and 留党察看.
    """
    full = homes(branch, on).filter(kind=Membership.Kind.FULL)
    aside = Exemption.objects.filter(scope=Exemption.Scope.QUORUM).on(on).values("member")
    return full.exclude(member__in=aside).exclude(member__in=_barred(on))


def entitled(branch, on):
    """How many members of that organisation itself have a vote on that day."""
    return voters(branch, on).filter(branch=branch).count()


def _barred(on):
    suspended = Standing.objects.filter(kind=Standing.Kind.SUSPENDED).on(on).values("member")
    watched = Sanction.objects.filter(kind=Sanction.Kind.PROBATION).on(on).values("member")
    return Member.objects.filter(pk__in=suspended.union(watched)).values("pk")


def refuse_unfit(member, office, branch, on):
    """Raise when the member may not stand for that office on that day."""
    if not homes(branch, on).filter(member=member, kind=Membership.Kind.FULL).exists():
        raise ValidationError(f"{member}在 {on:%Y-%m-%d} 不是{branch}的正式党员，不能列为候选人。")
    if Member.objects.filter(pk=member.pk, pk__in=_barred(on)).exists():
        raise ValidationError(f"{member}{REFUSED}")
    if office == Office.SECRETARY:
        years = value("secretary.min_party_years", on=on)
        if member.converted_on is None:
            raise ValidationError(f"{member}没有登记转正日期，算不出党龄，请先补登。")
        if member.converted_on + relativedelta(years=years) > on:
            raise ValidationError(
                f"书记须有 {years} 年以上党龄，{member}的党龄从 {member.converted_on:%Y-%m-%d} 起算。"
            )


def least(share, whole):
    """The least whole number that is `at_least` the share of `whole`, or `more_than` it; exact."""
    part = Fraction(*share.get("at_least", share.get("more_than"))) * whole
    whole_part, rest = divmod(part.numerator, part.denominator)
    return whole_part + (bool(rest) if "at_least" in share else 1)


def least_candidates(seats, on):
    """How many must stand for `seats` seats of a committee (差额): 3 seats → 4 candidates."""
    more = Fraction(str(value("election.more_candidates", on=on))) * seats
    return seats + -(-more.numerator // more.denominator)


def asked_steps(election):
    """The steps that this election has, in order."""
    has_committee = election.seats > 0
    if election.kind == Election.Kind.BY and not has_committee:
        serving = Term.objects.filter(branch=election.branch_id).order_by("-started_on").first()
        has_committee = serving is not None and serving.committee_size > 0  # the committee chooses among its own
    picks_secretary = election.kind == Election.Kind.GENERAL or any(
        nominee.office == Office.SECRETARY for nominee in election.nominees.all()
    )
    left_out = set()
    if election.kind == Election.Kind.BY:
        left_out.add(Key.NOTICE)
    if not (has_committee and picks_secretary):
        left_out.add(Key.FIRST_COMMITTEE)
    return [key for key in Key if key not in left_out]


# --- the file


@transaction.atomic
def begin(election, *, by, on):
    """Open the file of an election; a by-election needs an empty seat."""
    branch = Branch.objects.select_for_update(no_key=True).get(pk=election.branch_id)
    require(by, "election.edit", at=branch)
    if branch.kind not in ELECTING or branch.closed_on:
        raise ValidationError(f"{branch}不办理换届选举。")
    if election.kind == Election.Kind.BY:
        empty = vacancies.of(branch, on)
        if not empty:
            raise ValidationError("现在没有登记的空缺，不用补选。有人离任的，先在本页“现任”里登记免职日期。")
        if election.seats > empty.seats:
            raise ValidationError({"seats": f"本届空缺 {empty.seats} 名委员，补选名额不能超过空缺。"})
        if not election.seats and not empty.has_no_secretary:
            raise ValidationError({"seats": "书记没有空缺，请填写要补选的委员名额。"})
    election.created_by = by
    election.full_clean()
    election.save()
    audit.record("election.begin", election, by=by, kind=election.kind, seats=election.seats)
    return election


@transaction.atomic
def enter_step(election, key, *, done_on, number, by, on):
    """Enter a paper of the file, or put its day or number right while the election is open."""
    election = locked(election)
    require_step(election, key, by)
    if key in (Key.CONGRESS, Key.RESULT_REPLY):
        raise ValidationError("这一步由选举结果、批复届次时一并登记。")
    put_step(election, key, done_on, number, by, on)
    return election


def put_step(election, key, done_on, number, by, on):
    if key not in asked_steps(election):
        raise ValidationError(f"这次选举没有“{Key(key).label}”这一步。")
    if done_on > on:
        raise ValidationError({"done_on": "日期不能晚于今天。"})
    steps = {step.key: step for step in election.steps.all()}
    step = steps.get(key) or ElectionStep(election=election, key=key, created_by=by)
    before = str(step.done_on or "")
    step.done_on, step.number = done_on, number
    steps[key] = step
    _refuse_disorder(election, steps)
    step.full_clean()
    step.save()
    audit.record("election.step", election, by=by, key=key, before=before, on=str(done_on), number=number)


def _refuse_disorder(election, steps):
    asked = asked_steps(election)
    for key, rests_on in AFTER.items():
        for earlier in rests_on:
            if key not in steps or earlier not in asked:
                continue
            if earlier not in steps:
                raise ValidationError(f"请先登记“{Key(earlier).label}”，再登记“{Key(key).label}”。")
            if steps[earlier].done_on > steps[key].done_on:
                raise ValidationError(
                    f"“{Key(key).label}”（{steps[key].done_on:%Y-%m-%d}）不能早于“{Key(earlier).label}”（{steps[earlier].done_on:%Y-%m-%d}）。"
                )


def warnings(election, steps):
    """What is worth a look and stops nothing: the request goes up a month before the ballot."""
    request, congress = steps.get(Key.REQUEST), steps.get(Key.CONGRESS)
    day = congress.done_on if congress else election.planned_on
    if request and day and request.done_on + relativedelta(months=1) > day:
        return [f"换届请示（{request.done_on:%Y-%m-%d}）一般应在选举（{day:%Y-%m-%d}）一个月前上报。"]
    return []


@transaction.atomic
def nominate(election, member, office, *, by, on):
    """Put somebody on the list of candidates; 书记 and 副书记 are one each (等额)."""
    election = locked(election)
    require_step(election, Key.CANDIDATES, by)
    _refuse_after_ballot(election)
    refuse_unfit(member, office, election.branch, on)
    if office == Office.GROUP_LEADER:
        raise ValidationError({"office": "党小组长由党小组推选，不在支部选举中产生。"})
    one = (Office.SECRETARY, Office.DEPUTY)
    if office in one and election.nominees.filter(office=office).exists():
        raise ValidationError({"office": f"{Office(office).label}等额选举，候选人预备人选只能有一位。"})
    nominee = Nominee(election=election, member=member, office=office)
    nominee.full_clean()
    nominee.save()
    audit.record("election.nominate", election, by=by, member=member.pk, office=office)
    return nominee


@transaction.atomic
def withdraw(nominee, *, by):
    """Take somebody off the list before the ballot."""
    election = locked(nominee.election)
    require_step(election, Key.CANDIDATES, by)
    _refuse_after_ballot(election)
    audit.record("election.withdraw", election, by=by, member=nominee.member_id, office=nominee.office)
    nominee.delete()
    return election


def _refuse_after_ballot(election):
    if election.held_on:
        raise ValidationError("选举结果已经登记，候选人名单不能再改。")


@transaction.atomic
def cancel(election, *, reason, by):
    """Close a file without a result, with the reason."""
    election = locked(election)
    require(by, "election.edit", at=election.branch)
    election.state, election.refusal = Election.State.CANCELLED, reason
    election.version += 1
    election.full_clean()
    election.save()
    audit.record("election.cancel", election, by=by)
    return election


@transaction.atomic
def extend(term, *, until, number, approved_on, by, on):
    """Approve that the serving term ends later, once and by at most the months of the rule."""
    term = Term.objects.select_for_update(of=("self",)).select_related("branch__parent").get(pk=term.pk)
    require(by, "election.approve", at=superior(term.branch))
    if Term.objects.filter(branch=term.branch, started_on__gt=term.started_on).exists() or term.branch.closed_on:
        raise ValidationError("只有现任这一届可以延期。")
    if term.expires_on is None:
        raise ValidationError("本届没有登记届满日期，不能延期。")
    months = value("election.extension_months", on=approved_on)
    if until > term.expires_on + relativedelta(months=months):
        latest = term.expires_on + relativedelta(months=months)
        raise ValidationError({"until": f"延期最长 {months} 个月，最晚延至 {latest:%Y-%m-%d}。"})
    if approved_on > on:
        raise ValidationError({"approved_on": "批准日期不能晚于今天。"})
    row = TermExtension(
        term=term, before=term.expires_on, until=until, number=number, approved_on=approved_on, created_by=by
    )
    row.full_clean()
    row.save()
    term.expires_on = until
    term.full_clean()
    term.save(update_fields=["expires_on"])
    audit.record("term.extend", term.branch, by=by, before=str(row.before), until=str(until), number=number)
    return row


@transaction.atomic
def end_post(post, *, last, by, on):
    """Somebody leaves an office: the seat is empty from the day after."""
    post = Post.objects.select_for_update(of=("self",)).select_related("term__branch", "member").get(pk=post.pk)
    require(by, "election.edit", at=post.term.branch)
    if post.ended_on:
        raise ValidationError("已经登记了免职日期。")
    if last > on:
        raise ValidationError({"last": "免职日期不能晚于今天。"})
    if last < post.started_on:
        raise ValidationError({"last": f"免职日期不能早于任职日期 {post.started_on:%Y-%m-%d}。"})
    post.ended_on = last
    post.full_clean()
    post.save(update_fields=["ended_on"])
    audit.record("post.end", post.term.branch, by=by, member=post.member_id, office=post.office, last=str(last))
    return post


# --- what others of this matter use


def superior(branch):
    """Whose leave is asked: the organisation above, never the organisation itself."""
    return branch.parent or branch


def locked(election, version=None):
    found = Election.objects.select_for_update(of=("self",)).select_related("branch__parent").get(pk=election.pk)
    if version is not None:
        found.claim(version)
    if found.state != Election.State.OPEN:
        raise ValidationError(f"这件选举{found.get_state_display()}，不能再改。")
    return found


def require_step(election, key, by):
    if key in FROM_ABOVE:
        require(by, "election.approve", at=superior(election.branch))
    else:
        require(by, "election.edit", at=election.branch)


def book_of(election, on):
    """The rules of the day of the ballot, or of today before it."""
    return in_force(on=election.held_on or on)


@transaction.atomic
def mark_dual_leader(post, *, is_dual, basis, by):
    """Say of a secretary who serves that he or she leads the subject too (双带头人), by which paper; or no longer."""
    post = Post.objects.select_for_update(of=("self",)).select_related("term__branch", "member").get(pk=post.pk)
    require(by, "file.edit", at=post.term.branch)
    if post.office != Post.Office.SECRETARY:
        raise ValidationError("“双带头人”只在书记任职上登记。")
    if post.ended_on:
        raise ValidationError("这位同志已经不任书记。")
    if is_dual and not basis:
        raise ValidationError({"basis": "请写明依据，如认定学科带头人的文号。"})
    post.is_dual_leader, post.dual_basis = is_dual, basis if is_dual else ""
    post.full_clean()
    post.save(update_fields=["is_dual_leader", "dual_basis"])
    audit.record("post.dual_leader", post.term.branch, by=by, member=post.member_id, is_dual=is_dual)
    return post
