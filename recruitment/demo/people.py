"""Roads of those on the register who joined in these years."""

from dateutil.relativedelta import relativedelta

from branches.models import Branch
from meetings.models import AgendaItem, Vote
from members.actions import backbone
from members.demo.person import WORK
from members.models import Member, Membership
from recruitment.demo.roads import DAY, late_talk, timeline, workday
from recruitment.models import RoadStep

Kind = Membership.Kind
APPROVED = 20  # days after the vote
BACKBONES = 0.65  # of those taken in
HEADS = 11  # every so manieth of those taken in leads a school
HONOURS = (  # what somebody was before joining: 双培养
    "校级骨干教师", "县级骨干教师", "县级学科带头人", "校级后备管理干部", "市级骨干教师", "县级名班主任", "校级骨干教师", "县级管理骨干",
)  # fmt: skip
ADMITTED = "接收{}同志为预备党员"
EXTENDED = (24, 150)  # days since an extension was voted: approved, and not over yet
TEACHES, LEADS = WORK[Member.Staffing.PUBLIC], "12"


def joined(drawn):
    """Roads of whoever is on probation, and of whoever became a full member in these two years, as the meetings voted."""
    county, here, has_extended = drawn.county, steady(drawn), False
    votes = {
        (vote.meeting.branch_id, vote.title): vote
        for vote in Vote.objects.filter(rule=Vote.Rule.RECRUITMENT).select_related("meeting")
    }
    lately = [
        (sketch, stay) for sketch in here for stay in sketch.roster
        if stay.until is None and (not stay.is_full or stay.since.year >= county.years[0])
    ]  # fmt: skip
    members = Member.objects.in_bulk([stay.pk for _, stay in lately])
    earlier = {
        (sketch.branch.pk, stay.pk): stay
        for sketch in here for stay in sketch.roster if stay.until and not stay.is_full
    }  # fmt: skip
    longer = _whose_is_extended(drawn, lately, votes)
    for sketch, stay in lately:
        member = members[stay.pk]
        if member.joined_on is None:
            continue
        taken = {
            "branch_vote": votes.get((sketch.branch.pk, ADMITTED.format(stay.name))),
            "conversion_vote": votes.get((sketch.branch.pk, f"{stay.name}同志按期转正")),
        }
        if stay is longer:
            _extended(drawn, sketch, stay, member, taken["branch_vote"])
        elif not stay.is_full:
            _on_probation(drawn, sketch, stay, member, taken)
        elif member.converted_on == stay.since:
            first = earlier.get((sketch.branch.pk, stay.pk))
            has_extended = _converted(drawn, sketch, stay, first, member, taken, has_extended) or has_extended


def steady(drawn):
    """Branches that have been there all the time that a road takes."""
    long_ago = drawn.county.today - relativedelta(years=6)
    return [
        sketch for sketch in drawn.county.sketches
        if sketch.is_leaf and sketch.branch.closed_on is None and sketch.successor is None
        and sketch.branch.founded_on <= long_ago
    ]  # fmt: skip


def _on_probation(drawn, sketch, stay, member, taken):
    """A member from the approval on: the day of the vote stays the day of joining."""
    today = drawn.county.today
    vote, on = taken["branch_vote"], member.joined_on
    is_here = stay.since == on and vote is not None and vote.meeting.held_on == on
    before = today.replace(day=1) - DAY  # who is on the roll of this month's meetings is not touched
    approved = max(on, min(workday(on + DAY * APPROVED), before))
    if is_here:
        Membership.objects.filter(member=member, ended_on=None).update(started_on=approved)
        sketch.roster[sketch.roster.index(stay)] = stay._replace(since=approved)
    days = timeline(on, approved)
    drawn.draw(sketch, member, days if is_here else late_talk(days), votes=taken, is_imported=not is_here)
    _honoured(drawn, member, on)


def _honoured(drawn, member, joined_on):
    """Every other one was a backbone of the school before joining; some lead it."""
    if drawn.rng.random() < BACKBONES and member.pk not in drawn.honoured:
        name = HONOURS[len(drawn.backbones) % len(HONOURS)]
        drawn.backbones.append(backbone(name, member=member, started_on=joined_on - DAY * 400))
    drawn.taken_in += 1
    if drawn.taken_in % HEADS == 0 and (position := leading(member)):
        Member.objects.filter(pk=member.pk).update(position=position, work=LEADS)


def leading(member):
    """What a teacher is called who leads a school."""
    if member.work != TEACHES:
        return ""
    return "副园长" if member.teaching_stage == Branch.Stage.KINDERGARTEN else "副校长"


def _whose_is_extended(drawn, lately, votes):
    """Who came on probation from elsewhere, and whose time was not over when it had been a year: one stay, or None."""
    today = drawn.county.today
    found = [
        stay for sketch, stay in lately
        if not stay.is_full and EXTENDED[0] <= (today - stay.since).days <= EXTENDED[1] and stay.since.day > 5
        and (vote := votes.get((sketch.branch.pk, ADMITTED.format(stay.name)))) and vote.meeting.held_on == stay.since
    ]  # fmt: skip
    return max(found, key=lambda stay: (stay.since, stay.name), default=None)


def _extended(drawn, sketch, stay, member, vote):
    """The meeting that would have taken the person in decided on half a year more, and the superior approved it."""
    voted, meeting, months = stay.since, vote.meeting, 6
    joined_on = workday(voted - relativedelta(months=12) - DAY * 5)
    here = voted.replace(day=1)
    title = f"延长{stay.name}同志预备期六个月"
    AgendaItem.objects.filter(meeting=meeting, title=f"表决：{vote.title}").update(title=f"表决：{title}")
    meeting.resolutions = meeting.resolutions.replace(vote.title, title)
    meeting.save(update_fields=["resolutions"])
    vote.title = title
    vote.save(update_fields=["title"])
    Member.objects.filter(pk=member.pk).update(joined_on=joined_on)
    Membership.objects.filter(member=member, ended_on=None).update(started_on=here)
    sketch.roster[sketch.roster.index(stay)] = stay._replace(since=here)
    days = until_conversion(timeline(joined_on, workday(joined_on + DAY * APPROVED)))
    road = drawn.draw(sketch, member, late_talk(days), is_imported=True, extended_months=months)
    decided(
        drawn,
        road,
        [("extension_vote", voted, {"months": months}), ("extension_approval", workday(voted + DAY * 16), {})],
    )
    road.rows[-2].vote = vote
    for row in road.rows[-2:]:
        row.is_imported = False


def until_conversion(days):
    return [
        row for row in days if row[0] not in ("transfer_apply", "conversion_vote", "conversion_approval", "archive")
    ]


def _converted(drawn, sketch, stay, first, member, taken, has_extended):
    """A closed road; of whom these years' meetings did not vote on it came from paper. Whether it was the extended one."""
    on = member.joined_on
    here = first is not None and first.since == on
    is_whole = here and all(vote is not None for vote in taken.values())
    if is_whole:
        approved = min(workday(on + DAY * APPROVED), stay.since - DAY)
        Membership.objects.filter(member=member, ended_on=first.until, kind=Kind.PROBATIONARY).update(
            started_on=approved
        )
        drawn.draw(sketch, member, timeline(on, approved, stay.since), votes=taken)
        _honoured(drawn, member, on)
        return False
    extend = not has_extended and here and taken["branch_vote"] is None and first.since.year < drawn.county.years[0]
    if not extend and not drawn.papers:  # of most roads of that time only the register is here
        return False
    drawn.papers -= not extend
    fields, beside = {}, []
    if extend:
        on -= relativedelta(months=6)
        Member.objects.filter(pk=member.pk).update(joined_on=on)
        Membership.objects.filter(member=member, ended_on=first.until, kind=Kind.PROBATIONARY).update(started_on=on)
        fields, full = {"extended_months": 6}, on + relativedelta(months=12)
        beside = [("extension_vote", full + DAY * 4, {"months": 6}), ("extension_approval", full + DAY * 20, {})]
    road = drawn.draw(sketch, member, late_talk(timeline(on, on, stay.since)), is_imported=True, **fields)
    decided(drawn, road, beside)
    return extend


def decided(drawn, road, rows):
    organ = drawn.organ(road.sketch)
    for key, day, data in rows:
        is_above = key.endswith("_approval")
        row = RoadStep(
            branch=road.sketch.branch, step=key, on=day, is_imported=True, words="" if is_above else "工作纪律松懈，还要继续考察",
            data=data | ({"organ": organ.pk, "approver": organ.kind} if is_above else {}), created_by=road.sketch.author,
        )  # fmt: skip
        place = next((at for at, each in enumerate(road.rows) if each.on > day), len(road.rows))
        road.rows.insert(place, row)
