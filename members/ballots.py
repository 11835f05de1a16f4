"""The ballot of an election and what comes of it: the result held against the rules, then the term and its posts."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import Term
from branches.rights import require
from members import elections, vacancies
from members.elections import LEAVES, Key, Office
from members.models import Election, Post
from rulebook.book import value

DAY = timedelta(days=1)


@transaction.atomic
def record_result(election, *, held_on, counts, votes, by, on, version):
    """Enter the ballot: `counts` holds due, attended, issued, returned, valid; `votes` nominee id → (votes, office).

    Who should come is counted from the register of the day; only a 党委 or 总支, which meets by delegates, says it.
    Raises `ValidationError` when the meeting could not vote or the papers do not add up.
    """
    election = elections.locked(election, version)
    elections.require_step(election, Key.CONGRESS, by)
    if held_on > on:
        raise ValidationError({"held_on": "选举日期不能晚于今天。"})
    branch = election.branch
    serving = Term.objects.filter(branch=branch).order_by("-started_on").first()
    if serving and serving.started_on >= held_on:
        raise ValidationError({"held_on": f"现任这一届从 {serving.started_on:%Y-%m-%d} 开始，选举日期应在这一天以后。"})
    nominees = list(election.nominees.select_related("member").order_by("pk"))
    election.held_on = held_on
    _refuse_list(election, nominees, held_on)
    due = elections.voters(branch, held_on).count()
    if branch.kind not in LEAVES:
        due = counts["due"] or due
    _refuse_counts(election, due, counts, [votes[nominee.pk][0] for nominee in nominees], held_on)
    election.due_count, election.attended_count = due, counts["attended"]
    for name in ("issued", "returned", "valid"):
        setattr(election, f"ballots_{name}", counts[name])
    election.full_clean()
    election.save()
    chosen = _elected(nominees, votes, election, held_on)
    for nominee in nominees:
        nominee.votes, nominee.office = votes[nominee.pk]
        nominee.is_elected = nominee in chosen
        nominee.full_clean()
        nominee.save(update_fields=["votes", "office", "is_elected"])
    elections.put_step(election, Key.CONGRESS, held_on, "", by, on)
    audit.record(
        "election.result", election, by=by, on=str(held_on), due=due, attended=counts["attended"], elected=len(chosen)
    )
    return election


def places(election, nominees):
    """How many are to be elected: the seats of the committee, or one for each office where no committee is formed."""
    return election.seats or len(nominees)


def _refuse_list(election, nominees, on):
    """The list as it must be for a ballot: enough candidates, one secretary, everybody fit on the day."""
    if not nominees:
        raise ValidationError("请先登记候选人。")
    offices = [nominee.office for nominee in nominees]
    wanted = elections.least_candidates(election.seats, on)
    if election.seats and len(nominees) < wanted:
        raise ValidationError(f"应选委员 {election.seats} 名，候选人至少 {wanted} 名（差额不少于应选人数的五分之一）。")
    if not election.seats and set(offices) - {Office.SECRETARY, Office.DEPUTY}:
        raise ValidationError("不选委员的，候选人只有书记、副书记。")
    if election.kind == Election.Kind.GENERAL and offices.count(Office.SECRETARY) != 1:
        raise ValidationError("请在候选人中登记一位书记候选人。")
    for nominee in nominees:
        elections.refuse_unfit(nominee.member, nominee.office, election.branch, on)


def _refuse_counts(election, due, counts, votes, on):
    rule = value("vote.election", on=on)
    attended, issued, returned, valid = (counts[name] for name in ("attended", "issued", "returned", "valid"))
    must_come = elections.least(rule["present"], due)
    if attended > due:
        raise ValidationError({"attended": f"应到有选举权的 {due} 人，实到不能多于应到。"})
    if not due or attended < must_come:
        raise ValidationError(
            {"attended": f"应到有选举权的 {due} 人，须到会 {must_come} 人以上，实到 {attended} 人，不能选举。"}
        )
    if issued > attended:
        raise ValidationError({"issued": "发出的选票不能多于实到人数。"})
    if returned > issued:
        raise ValidationError({"returned": "收回的选票多于发出的选票，选举无效，应重新选举。"})
    if valid > returned:
        raise ValidationError({"valid": "有效选票不能多于收回的选票。"})
    if any(each > valid for each in votes):
        raise ValidationError("每位候选人的得票不能多于有效选票。")
    if election.seats and sum(votes) > valid * election.seats:
        raise ValidationError(f"得票合计 {sum(votes)}，多于有效选票 {valid} 张各选 {election.seats} 名的总数，请核对。")


def _elected(nominees, votes, election, on):
    """More than half of those present, the most votes first; equal votes at the last seat elect neither."""
    enough_votes = elections.least(value("vote.election", on=on)["passed"], election.attended_count)
    ranked = sorted(nominees, key=lambda nominee: -votes[nominee.pk][0])
    enough = [nominee for nominee in ranked if votes[nominee.pk][0] >= enough_votes]
    seats = places(election, nominees)
    if len(enough) > seats:
        edge = votes[enough[seats].pk][0]
        enough = [nominee for nominee in enough[:seats] if votes[nominee.pk][0] > edge]
    return enough


@transaction.atomic
def finish(election, *, number, replied_on, by, on):
    """The superior's reply: a 换届 opens the term from the day of the ballot, a 补选 fills the seats of the running one.

    Posts of the old term end the day before; the old term itself stays as it was. Leaders of groups, whom the groups
    choose, go on in the new term.
    """
    election = elections.locked(election)
    branch = election.branch
    require(by, "election.approve", at=elections.superior(branch))
    if election.held_on is None:
        raise ValidationError("请先登记选举结果。")
    chosen = list(election.nominees.filter(is_elected=True).select_related("member").order_by("pk"))
    _refuse_outcome(election, chosen)
    _refuse_gone(branch, chosen, on)
    elections.put_step(election, Key.RESULT_REPLY, replied_on, number, by, on)
    if election.kind == Election.Kind.GENERAL:
        election.term = _open_term(election, chosen)
    else:
        _fill_seats(election, chosen)
    election.state = Election.State.DONE
    election.version += 1
    election.full_clean()
    election.save()
    audit.record("election.finish", election, by=by, branch=branch.pk, posts=len(chosen), since=str(election.held_on))
    return election


def _refuse_outcome(election, chosen):
    offices = [nominee.office for nominee in chosen]
    seats = places(election, election.nominees.all())
    if len(chosen) != seats:
        raise ValidationError(
            f"应选 {seats} 名，当选 {len(chosen)} 名。名额不足的，应对不足的名额另行选举后再登记结果。"
        )
    if election.kind == Election.Kind.GENERAL and offices.count(Office.SECRETARY) != 1:
        raise ValidationError("当选的委员中没有书记。请按第一次支委会选举的结果，改定各人的职务。")
    if offices.count(Office.SECRETARY) > 1 or offices.count(Office.DEPUTY) > 1:
        raise ValidationError("书记、副书记各只有一位，请核对当选人的职务。")


def _refuse_gone(branch, chosen, on):
    """Between the ballot and the reply somebody may have moved or left: no office is given to who is not there."""
    here = set(elections.homes(branch, on).values_list("member", flat=True))
    if gone := [str(nominee.member) for nominee in chosen if nominee.member_id not in here]:
        raise ValidationError(f"{'、'.join(gone)}已不在{branch}，不能任职。请终止这次选举，另行选举。")


def _open_term(election, chosen):
    branch, start = election.branch, election.held_on
    years = value("term.years", on=start)[branch.kind]
    secretary = next(nominee.member for nominee in chosen if nominee.office == Office.SECRETARY)
    term = Term(
        branch=branch, started_on=start, expires_on=start + relativedelta(years=years), committee_size=election.seats,
        secretary_name=secretary.name,
    )  # fmt: skip
    term.full_clean()
    open_posts = Post.objects.select_for_update().filter(term__branch=branch, ended_on=None)
    if open_posts.filter(started_on__gte=start).exists():
        raise ValidationError(f"{start:%Y-%m-%d} 及以后登记过任职，请先核对党员的职务。")
    leaders = list(open_posts.filter(office=Office.GROUP_LEADER))
    term.save()
    open_posts.update(ended_on=start - DAY)
    Post.objects.bulk_create(
        Post(term=term, member_id=member, office=office, started_on=start)
        for member, office in [
            *((nominee.member_id, nominee.office) for nominee in chosen),
            *((post.member_id, post.office) for post in leaders),
        ]
    )
    return term


def _fill_seats(election, chosen):
    branch, start = election.branch, election.held_on
    term = Term.objects.select_for_update().filter(branch=branch).order_by("-started_on").first()
    empty = vacancies.of(branch, start)
    sitting = Post.objects.filter(term=term, ended_on=None).exclude(office=Office.GROUP_LEADER)
    new = [nominee for nominee in chosen if not sitting.filter(member=nominee.member_id).exists()]
    if len(new) > empty.seats and term.committee_size:
        raise ValidationError(f"选举当天空缺 {empty.seats} 名，当选 {len(new)} 名，多于空缺。")
    for nominee in chosen:
        if nominee.office == Office.SECRETARY and not empty.has_no_secretary:
            raise ValidationError("选举当天书记没有空缺，请核对前任书记的免职日期。")
        # Who sat on the committee already changes the office.
        sitting.filter(member=nominee.member_id, started_on__lt=start).update(ended_on=start - DAY)
        Post.objects.create(term=term, member=nominee.member, office=nominee.office, started_on=start)
        if nominee.office == Office.SECRETARY:
            term.secretary_name = nominee.member.name
            term.save(update_fields=["secretary_name"])
