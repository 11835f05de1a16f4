"""Who is on the roll of each class, who came, and how they signed."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from branches.demo import GOOD, ORDINARY, WEAK, new_key, person
from duties.demo.moments import at
from jobs.copying import insert
from training.models import ClassQuota, ClassSession, Enrolment, SignIn, TrainingClass

Kind, State = TrainingClass.Kind, TrainingClass.State
Mark, Method, Source, Outcome = SignIn.Mark, SignIn.Method, Enrolment.Source, Enrolment.Outcome
PRESENT = {GOOD: 0.98, ORDINARY: 0.94, WEAK: 0.86}
GOES = {GOOD: 1.1, ORDINARY: 1.0, WEAK: 0.75}  # how readily a branch sends its members to 党校
LEAVE, LATER = "学校考务，已向主办方请假", "手机没电，当场由班主任核对"
SERIAL = "云教党培〔{year}〕{number}号-{serial:03d}"
CERTIFIED = (Kind.ACTIVIST, Kind.CANDIDATE)


def build(county, rng, held):
    """Who signed decides what came of it for everybody; then all is written at once."""
    covered = {}
    for course in held:
        course.people = list(_people(county, rng, course, covered))
    sign_ins = [row for course in held for row in _signed(county, rng, course)]
    _settle(held, sign_ins)
    insert([row for course in held for row, _ in course.people])
    insert(sign_ins)
    for course in held:
        day = min(course.starts_on - timedelta(days=6), county.today - timedelta(days=1))
        Enrolment.objects.filter(training_class=course.row).update(created_at=at(day, 15))


def _row(rng, course, author, **fields):
    return Enrolment(row_key=new_key(rng), training_class=course.row, created_by=author, **fields)


def _people(county, rng, course, covered):
    """Pairs (Enrolment, manner of the branch)."""
    day, now = course.starts_on, course.starts_on.year == county.today.year
    staff = county.users["gongwei"]
    if course.who == "outsiders":
        leaves = [sketch for sketch in county.sketches if sketch.is_leaf and not sketch.branch.closed_on]
        for number in range(county.scaled(course.share, least=8)):
            home = leaves[(number * 7 + day.month) % len(leaves)]
            unit = home.schools[0].name if home.schools else home.branch.name
            yield _row(rng, course, staff, name=person(rng, rng.choice("12")), unit=unit, position="教师"), ORDINARY
        return
    asked = {}
    if course.who == "enrolling":
        asked = dict(ClassQuota.objects.filter(training_class=course.row).values_list("branch", "places"))
    known = set()
    for sketch in county.sketches:
        if not sketch.is_leaf:
            continue
        for stay, source in _of(sketch, rng, course, day, covered, asked, now):
            if stay.pk in known:
                continue
            known.add(stay.pk)
            author = sketch.author if source == Source.BRANCH else staff
            row = _row(rng, course, author, name=stay.name, branch=sketch.branch, member_id=stay.pk, source=source)
            yield row, sketch.manner[now]


def _of(sketch, rng, course, day, covered, asked, now):
    """Pairs (Stay, source) of one branch that go to this class."""
    here = [stay for stay in sketch.roster if stay.covers(day)]
    if course.who == "secretaries":
        led = {pk for pk, _, _, since in sketch.leaders if since <= day}
        return [
            (stay, Source.RULE)
            for stay in here
            if stay.pk in led and (course.share == 1 or rng.random() < course.share)
        ]
    if course.who == "committee":
        team = {pk for pk, _ in sketch.committee}
        return [(stay, Source.BRANCH) for stay in here if stay.pk in team and rng.random() < course.share]
    if course.who == "below":
        inside = sketch.branch.path.startswith(course.row.branch.path)
        return [(stay, Source.BRANCH) for stay in here if inside and rng.random() < course.share]
    if course.who == "some":
        return [(stay, Source.SHEET) for stay in here if rng.random() < course.share]
    if course.who == "enrolling":
        places = asked.get(sketch.branch.pk, 0)
        if not places or sketch.is_star or rng.random() < 0.4:
            return []
        return [(stay, Source.BRANCH) for stay in here[1 : 1 + places]]
    if course.who == "party":
        been = covered.setdefault(day.year, set())
        share = course.share * GOES[sketch.manner[now]]
        going = [stay for stay in here if stay.pk not in been and rng.random() < share]
        been.update(stay.pk for stay in going)
        return [(stay, Source.RULE) for stay in going]
    return []


# --- signatures


def _signed(county, rng, course):
    """The marks of all sessions that are over before the day of the build."""
    is_paper = course.kind == Kind.LECTURE
    for session in course.sessions:
        if session.held_on >= county.today:
            continue
        begins = timezone.make_aware(datetime.combine(session.held_on, session.begins))
        here = [
            row
            for enrolment, manner in course.people
            if (row := _mark(county, rng, session, begins, enrolment, manner, is_paper)) is not None
        ]
        if course.is_signed_by_all_means:
            _peculiar(session, begins, here)
        yield from here


def _mark(county, rng, session, begins, enrolment, manner, is_paper):
    staff, chance = county.users["gongwei"], rng.random()
    common = {
        "session": session,
        "enrolment": enrolment,
        "signed_at": begins - timedelta(seconds=rng.randint(30, 2400)),
    }
    by_hand = {"entered_by": staff, "entered_at": begins + timedelta(hours=4)}
    if chance > PRESENT[manner]:
        if chance > 0.985:
            return SignIn(**common, **by_hand, mark=Mark.LEAVE, reason=LEAVE)
        return None
    way = rng.random()
    if is_paper or way < 0.14:
        return SignIn(**common, **by_hand, method=Method.PAPER)
    if way < 0.16:
        return SignIn(**common, **by_hand, method=Method.LATER, reason=LATER)
    method = Method.SCAN if way < 0.9 else Method.CODE
    return SignIn(**common, method=method, device=f"{rng.getrandbits(128):032x}")


def _peculiar(session, begins, here):
    """One phone that signed for three, and in the first session a second call that a few did not answer."""
    scanned = [row for row in here if row.method in (Method.SCAN, Method.CODE)]
    for row in scanned[1:3]:
        row.device = scanned[0].device
    if session.begins.hour >= 12:
        return
    session.called_again_at = begins + timedelta(minutes=70)
    session.called_again_until_at = begins + timedelta(minutes=73)
    ClassSession.objects.filter(pk=session.pk).update(
        called_again_at=session.called_again_at, called_again_until_at=session.called_again_until_at
    )
    for number, row in enumerate(scanned):
        if number % 14 != 5:
            row.answered_at = session.called_again_at + timedelta(seconds=20 + number % 120)


def _settle(held, sign_ins):
    """结业 of what is archived: four fifths of the hours; numbers where the kind gives them."""
    hours, given = {}, {}
    for row in sign_ins:
        if row.mark == Mark.PRESENT:
            key = id(row.enrolment)  # not saved yet
            hours[key] = hours.get(key, Decimal(0)) + row.session.hours
    for course in held:
        if course.state != State.ARCHIVED:
            continue
        owed, year = sum(session.hours for session in course.sessions), course.ends_on.year
        number = 0
        if course.kind in CERTIFIED:
            number = given[year] = given.get(year, 0) + 1
        serial = 0
        for row, _ in course.people:
            is_enough = hours.get(id(row), Decimal(0)) >= owed * Decimal("0.8")
            row.outcome = Outcome.COMPLETED if is_enough else Outcome.INCOMPLETE
            if number and is_enough:
                serial += 1
                row.certificate = SERIAL.format(year=year, number=number, serial=serial)
