"""Roads of people who are not members yet: in every stage, and one of each situation that a road may be in."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import Max

from branches.demo import WEAK, new_key, person
from meetings.models import Meeting, MeetingKind, Vote
from members.demo.person import fill
from members.demo.roster import id_number
from members.models import Member, Membership
from members.names import keys_of
from recruitment.demo.people import ADMITTED, HEADS, LEADS, decided, leading, steady, until_conversion
from recruitment.demo.roads import BEFORE, DAY, late_talk, timeline, workday
from recruitment.models import Application, ApplicationStay, Guide, RoadStep
from recruitment.road import in_force
from rulebook import codes
from rulebook.book import value

End, Kind, Outcome = Membership.End, Membership.Kind, Application.Outcome
MAJORITY = 0.5
# How far those not yet members are (the last step taken, days since): two or three of each, by turns.
REACHED = [
    ("apply", 6), ("initial_talk", 90), ("cultivate", 60), ("assign_sponsors", 5), ("assign_mentor", 70), ("assign_sponsors", 30),
    ("pre_review", 2), ("confirm_activist", 4), ("initial_talk", 20), ("confirm_prospect", 4), ("cultivate", 150),
    ("prospect_training", 8), ("assign_mentor", 140), ("fill_application_form", 9), ("activist_filing", 1),
    ("political_review", 6), ("committee_screen", 12), ("initial_talk", 150), ("prospect_filing", 1), ("apply", 12),
]  # fmt: skip
CHOSEN = [row for row in REACHED if row[0] in (
    "confirm_prospect", "prospect_filing", "assign_sponsors", "political_review", "prospect_training", "committee_screen",
)]  # fmt: skip
PLACE = {key: place for place, (key, _) in enumerate(BEFORE)}  # of a row of reviews the last
GAPS = [before - after for (_, before), (_, after) in zip(BEFORE, [*BEFORE[1:], ("branch_vote", 0)], strict=True)]


def joining(drawn):
    """People in every stage up to the vote; then one of each situation that a road may be in."""
    county = drawn.county
    places = [sketch for sketch in steady(drawn) if not sketch.is_retired and _full(sketch, county.today) >= 4]
    places.sort(key=lambda sketch: (not sketch.is_star, sketch.branch.name))
    if not places:
        return
    count = county.scaled(len(REACHED) + 10, least=8)
    for number in range(count):
        sketch = places[number // 2 if number < 4 else number % len(places)]
        _going(drawn, sketch, *REACHED[number % len(REACHED)])
    _situations(drawn, places, count)
    _voted(drawn, places)
    _chosen(drawn, places)


def _full(sketch, on):
    return sum(stay.is_full and stay.covers(on) for stay in sketch.roster)


def _chosen(drawn, places):
    """Where nobody was chosen for years somebody is now, but in weak branches."""
    since = drawn.county.today - relativedelta(years=value("recruit.none_years", on=drawn.county.today))
    known = {
        row.branch.pk for road in drawn.roads for row in road.rows if row.step == "confirm_prospect" and row.on > since
    }
    bare = [sketch for sketch in places if sketch.branch.pk not in known and sketch.manner[1] != WEAK]
    for number, sketch in enumerate(bare):
        _going(drawn, sketch, *CHOSEN[number % len(CHOSEN)])


def _applicant(drawn, sketch):
    """Somebody who works in the branch's school and is in no branch."""
    county, rng = drawn.county, drawn.rng
    sex = rng.choice("12")
    born = county.today - timedelta(days=rng.randint(26 * 365, 40 * 365))
    county.people += 1
    name = person(rng, sex)
    member = Member(
        row_key=new_key(rng), name=name, **keys_of(name), sex=sex, ethnicity=codes.words("ethnicity")["汉族"],
        birth_on=born, education=codes.words("education")["大学"], title=rng.choice(["一级教师", "二级教师", ""]),
    )  # fmt: skip
    member.id_number, member.phone = id_number(county.people, born, sex), county.phone()
    fill(member, sketch, county.people, is_leader=False, today=county.today)
    if county.people % HEADS == 0 and (position := leading(member)):
        member.position, member.work = position, LEADS
    drawn.applicants.append(member)
    return member


def _vote_on(drawn, key, since):
    """The day of the vote of a road on which `key` was the last step, so many days ago."""
    place = PLACE[key]
    return drawn.county.today - DAY * max(0, min(since, GAPS[place] - 3)) + DAY * BEFORE[place][1]


def _going(drawn, sketch, key, since, change=lambda days: days, **fields):
    days = timeline(_vote_on(drawn, key, since))
    return drawn.draw(sketch, _applicant(drawn, sketch), change(days), **fields)


def _situations(drawn, places, count):
    place = lambda number: places[(count + number) % len(places)]  # noqa: E731
    today = drawn.county.today
    _going(
        drawn, places[0], "assign_mentor", 50, late_talk,
        explained={"initial_talk": "寒假期间申请人外出学习，返校后补谈"},
    )  # fmt: skip
    _going(
        drawn, place(1), "prospect_training", 4, lambda days: [*days[:5], *days[6:]],
        explained={"cultivate": "培养联系人调动，漏了一次考察，已补指定"},
    )  # fmt: skip
    _redone(drawn, place(2))
    _moved(drawn, place(3), place(4))
    for number, outcome, reason in (
        (5, Outcome.WITHDRAWN, "本人书面撤回申请"), (6, Outcome.ENDED, "连续两次考察不合格，支部委员会研究不再培养"),
    ):  # fmt: skip
        road = _going(drawn, place(number), "cultivate", 30)
        road.fields |= {"outcome": outcome, "ended_on": today - DAY * 10, "end_reason": reason}
    public = _going(drawn, places[0], "cultivate", 34)
    public.notices.append(drawn.notice(public, "confirm_prospect", None, started_on=workday(today - DAY * 2)))
    halfway = [row for row in REACHED if PLACE[row[0]] >= PLACE["assign_mentor"]]
    for number in range(drawn.county.scaled(10, least=2)):  # begun on paper, gone on with here
        key, since = halfway[number * 3 % len(halfway)]
        without = ("initial_talk",) if number == 3 else ()
        road = _going(drawn, place(7 + number), key, since, late_talk, is_imported=True, without=without)
        road.guides = [each for each in road.guides if each.role != Guide.Role.MENTOR or number % 2]
        for row in road.rows[-1:] if len(road.rows) > 4 else ():
            row.is_imported = False
    _cancelled(drawn, place(20))


def _redone(drawn, sketch):
    """The training was entered by a wrong certificate, taken back, and entered anew."""
    road = _going(drawn, sketch, "committee_screen", 5)
    at = next(place for place, row in enumerate(road.rows) if row.step == "prospect_training")
    right = road.rows[at]
    wrong = RoadStep(
        branch=right.branch, step=right.step, on=right.on - DAY * 5, data=right.data | {"certificate": "云教党校〔0〕1号"},
        created_by=right.created_by,
    )  # fmt: skip
    back = RoadStep(
        branch=right.branch, step=right.step, on=right.on - DAY * 2, is_undone=True, words="结业证号登记错误，重新核对",
        created_by=right.created_by,
    )  # fmt: skip
    road.rows[at:at] = [wrong, back]


def _moved(drawn, old, sketch):
    """Led in one branch, then in another; the time counts on."""
    road = _going(drawn, old, "cultivate", 40)
    since = road.on("assign_mentor") + DAY * 60
    for row in road.rows:
        if row.on >= since:
            row.branch, row.created_by = sketch.branch, sketch.author
    for guide in road.guides:
        guide.ended_on = since - DAY
    full = [stay.pk for stay in sketch.roster if stay.is_full and stay.until is None and stay.covers(since)]
    road.guides += [
        Guide(member_id=pk, role=Guide.Role.MENTOR, started_on=since, created_by=sketch.author) for pk in full[-1:]
    ]
    first = road.rows[0].on
    road.stays = [
        ApplicationStay(branch=old.branch, started_on=first, ended_on=since - DAY),
        ApplicationStay(branch=sketch.branch, started_on=since, number="党组织关系随工作调动转接"),
    ]
    road.sketch = sketch


def _cancelled(drawn, sketch):
    """Not fit to become a full member; it was over before the county kept its roads here."""
    year = drawn.county.years[0] - 1
    vote_on, ended = date(year - 1, 10, 12), date(year, 12, 16)
    member = _applicant(drawn, sketch)
    member.joined_on = vote_on
    drawn.left.append(
        Membership(
            member=member, branch=sketch.branch, kind=Kind.PROBATIONARY, started_on=vote_on + DAY * 30, ended_on=ended,
            end_reason=End.CANCELLED, end_basis=f"支部党员大会 {ended - DAY * 20:%Y-%m-%d} 决议",
        )
    )  # fmt: skip
    days = until_conversion(timeline(vote_on, vote_on + DAY * 30))
    road = drawn.draw(
        sketch, member, days, is_imported=True, outcome=Outcome.CANCELLED, ended_on=ended,
        end_reason="预备期内不履行党员义务，支部大会讨论取消预备党员资格",
    )  # fmt: skip
    decided(drawn, road, [("cancellation_vote", ended - DAY * 20, {}), ("cancellation_approval", ended, {})])


def _voted(drawn, places):
    """Voted on and not approved yet: some in time, one more than six months ago, which has to be done anew."""
    today = drawn.county.today
    wanted = [(75, 6), (75, 6), (250, 190), (75, 6)]
    meetings = (
        Meeting.objects.filter(
            branch__in=[sketch.branch.pk for sketch in places], state__in=Meeting.COUNTED,
            kinds__kind=MeetingKind.Kind.MEMBERS_MEETING, held_on__gte=today - DAY * 260,
        )
        .annotate(last=Max("votes__position"))
        .order_by("held_on", "branch__name", "topic")
    )  # fmt: skip
    of_branch = {sketch.branch.pk: sketch for sketch in places}
    used = set()
    for most, least in wanted:
        for meeting in meetings:
            sketch = of_branch[meeting.branch_id]
            if sketch.branch.pk in used or not least <= (today - meeting.held_on).days <= most:
                continue
            if (vote := _vote(sketch, meeting)) is None:
                continue
            used.add(sketch.branch.pk)
            member = _applicant(drawn, sketch)
            vote.title = ADMITTED.format(member.name)
            vote.save()
            drawn.draw(sketch, member, timeline(meeting.held_on, today + DAY * 12), votes={"branch_vote": vote})
            break


def _vote(sketch, meeting):
    """A secret vote that carried, of those at the meeting; None when too few had come."""
    there = [stay for stay in sketch.roster if stay.covers(meeting.held_on)]
    aside = {
        pk for pk, since, until in sketch.aside if since <= meeting.held_on and (not until or until >= meeting.held_on)
    }
    entitled = sum(stay.is_full and stay.pk not in aside for stay in there)
    present = min(entitled, meeting.attended_count - (len(there) - entitled))
    if present <= entitled * MAJORITY:
        return None
    is_secret = any(need.get("secret") for need in in_force(meeting.held_on).steps["branch_vote"].needs)
    ballots = present if is_secret else None
    return Vote(
        meeting=meeting, position=0 if meeting.last is None else meeting.last + 1, rule=Vote.Rule.RECRUITMENT,
        entitled=entitled, present=present, in_favour=present, ballots_out=ballots, ballots_back=ballots,
    )  # fmt: skip
