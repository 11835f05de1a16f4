"""The transfers behind the moves that the roster drew, and some that are still on their way.

Nothing is invented beside the register: each move inside the county and each departure gets the letter that led to it.
"""

from datetime import datetime, time, timedelta

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from branches.demo import WEAK, Stay, new_key, person
from jobs.copying import insert, rewrite
from members.demo.roster import id_number
from members.models import Member, Membership, Post, Transfer, TransferList, TransferStep
from members.names import keys_of

State, Direction = Transfer.State, Transfer.Direction
REASONS = ["工作调动", "工作调动", "工作调动", "县管校聘", "交流轮岗"]
ROADS = {
    State.DRAFT: [State.DRAFT],
    State.AGREED: [State.DRAFT, State.AGREED],
    State.ISSUED: [State.DRAFT, State.AGREED, State.ISSUED],
    State.RECEIVED: [State.DRAFT, State.AGREED, State.ISSUED, State.RECEIVED],
    State.DONE: [State.DRAFT, State.AGREED, State.ISSUED, State.RECEIVED, State.DONE],
    State.RETURNED: [State.DRAFT, State.AGREED, State.ISSUED, State.RETURNED],
    State.WITHDRAWN: [State.DRAFT, State.WITHDRAWN],
}
ON_LIST = 6  # persons of the list of 县管校聘
VALID = 30
PLACES = ["中共邻水县第一中学支部委员会", "中共青河市第三小学支部委员会", "中共白崖县教育体育局机关支部委员会"]


def build(county, rng):
    """Past moves first, numbered by the day of their letters; then what is open today."""
    sketches = {sketch.branch.pk: sketch for sketch in county.sketches if sketch.is_leaf}
    rows = [_past(county, rng, sketches, *move) for move in _moves(county, sketches)]
    rows += _open_ones(county, rng, sketches) + _arrivals(county, rng, sketches)
    _number(rows)
    _listed(county, rows)
    _write(county, rows)


def _moves(county, sketches):
    """(membership that ended, branch of the one that began the day after or None) of each move that was no merger."""
    after = Membership.objects.filter(member=OuterRef("member"), started_on=OuterRef("ended_on") + timedelta(days=1))
    ended = (
        Membership.objects.filter(ended_on__isnull=False).annotate(next=Subquery(after.values("branch")[:1]))
        .filter(Q(next=None) | ~Q(next=F("branch"))).select_related("member").order_by("ended_on", "member__row_key")
    )  # fmt: skip
    return [(stay, stay.next) for stay in ended if not sketches[stay.branch_id].successor]


def _past(county, rng, sketches, stay, target):
    """The letter of one move; the latest ones are accepted and wait for the body above."""
    received_on = stay.ended_on + timedelta(days=1)
    old, new = sketches[stay.branch_id], sketches.get(target)
    slow = WEAK in (new or old).manner and rng.random() < 0.4
    ago = timedelta(days=rng.randint(34, 70) if slow else rng.randint(0, 12))
    issued_on = max(received_on - ago, stay.started_on)
    receipt_on = received_on + timedelta(days=rng.randint(1, 9))
    is_done = receipt_on <= county.today
    days = 90 if slow else VALID
    return Transfer(
        direction=Direction.INSIDE if new else Direction.OUT, member=stay.member, kind=stay.kind, from_branch=old.branch,
        to_branch=new and new.branch, to_place="" if new else rng.choice(PLACES), reason=rng.choice(REASONS),
        state=State.DONE if is_done else State.RECEIVED if new else State.ISSUED, issued_on=issued_on, valid_days=days,
        valid_until=issued_on + timedelta(days=days), dues_paid_through=issued_on.replace(day=1),
        received_on=received_on, receipt_on=receipt_on if is_done else None, created_by=old.author,
    )  # fmt: skip


def _open_ones(county, rng, sketches):
    """Who is about to move: one of each state, an overdue letter among them, one that came back, one given up."""
    leaves = [sketch for sketch in sketches.values() if not sketch.branch.closed_on and not sketch.is_retired]
    star = next(sketch for sketch in leaves if sketch.is_star)
    others = [sketch for sketch in leaves if sketch is not star and len(sketch.roster) > 8]
    posts = set(Post.objects.filter(ended_on=None).values_list("member", flat=True))
    moved, today, made = set(), county.today, []
    plans = [  # state, days since the letter or the asking, whether the page of `shuji` is the one that receives
        (State.DRAFT, 2, False), (State.AGREED, 4, False), (State.AGREED, 6, None), (State.ISSUED, 8, True),
        (State.ISSUED, 22, None), (State.ISSUED, 41, None), (State.ISSUED, 12, False), (State.RECEIVED, 9, None),
        (State.RETURNED, 60, None),
        (State.WITHDRAWN, 90, None),
    ]  # fmt: skip
    for state, days, arrives in plans:
        first, second = rng.sample(others, 2) if len(others) > 1 else (star, star)
        old, new = (first, star) if arrives else (star, second) if arrives is False else (first, second)
        day = today - timedelta(days=days)
        free = [
            stay for stay in old.roster
            if stay.until is None and stay.since < day and stay.pk not in posts | moved and stay.is_full
        ]  # fmt: skip
        if old is new or not free:
            continue
        stay = rng.choice(free)
        moved.add(stay.pk)
        has_letter = state in (State.ISSUED, State.RETURNED, State.RECEIVED)
        made.append(
            Transfer(
                direction=Direction.INSIDE, member_id=stay.pk, kind=Membership.Kind.FULL, from_branch=old.branch,
                to_branch=new.branch, reason=rng.choice(REASONS), state=state, issued_on=day if has_letter else None,
                valid_days=VALID if has_letter else None, valid_until=day + timedelta(days=VALID) if has_letter else None,
                dues_paid_through=day.replace(day=1) if has_letter else None, created_by=old.author,
                refusal={State.RETURNED: "抬头写成了撤并前的支部名称", State.WITHDRAWN: "本人暂不调动"}.get(state, ""),
            )
        )  # fmt: skip
        if state == State.RECEIVED:
            made[-1].received_on = _move(stay, old, new, day + timedelta(days=4))
        made[-1].begun_on = day - timedelta(days=2) if has_letter else day
    return made


def _move(stay, old, new, day):
    """Accepted a few days ago: from that day on in the new branch."""
    last = day - timedelta(days=1)
    Membership.objects.filter(member=stay.pk, ended_on=None).update(ended_on=last)
    Membership.objects.create(member_id=stay.pk, branch=new.branch, kind=Membership.Kind.FULL, started_on=day)
    old.roster[old.roster.index(stay)] = stay._replace(until=last)
    new.roster.append(Stay(stay.pk, stay.name, day, None, True))
    return day


def _arrivals(county, rng, sketches):
    """Two from outside: one long accepted, one whose letter lies before the branch."""
    leaves = [sketch for sketch in sketches.values() if not sketch.branch.closed_on and not sketch.is_retired]
    star = next(sketch for sketch in leaves if sketch.is_star)
    made = []
    for place, (days, sketch) in enumerate(((260, rng.choice(leaves)), (9, star))):
        issued_on = county.today - timedelta(days=days)
        member = _newcomer(county, rng, "12"[place])
        transfer = Transfer(
            direction=Direction.IN, member=member, kind=Membership.Kind.FULL, from_place=PLACES[place], to_branch=sketch.branch,
            reason="工作调动", state=State.ISSUED, number=f"〔{issued_on.year}〕介字第{118 + place}号", issued_on=issued_on,
            valid_days=60, valid_until=issued_on + timedelta(days=60), dues_paid_through=issued_on.replace(day=1),
            created_by=sketch.author,
        )  # fmt: skip
        if place == 0:
            day = max(issued_on + timedelta(days=14), sketch.branch.founded_on)
            transfer.state, transfer.received_on, transfer.receipt_on = State.DONE, day, day + timedelta(days=3)
            Membership.objects.create(member=member, branch=sketch.branch, kind=transfer.kind, started_on=day)
            sketch.roster.append(Stay(member.pk, member.name, day, None, True))
        made.append(transfer)
    return made


def _newcomer(county, rng, sex):
    county.people += 1
    birth_on = county.today.replace(day=1) - timedelta(days=rng.randint(28, 45) * 365)
    joined_on = birth_on + timedelta(days=rng.randint(20, 24) * 366)
    name = person(rng, sex)
    member = Member(
        row_key=new_key(rng), name=name, sex=sex, ethnicity="01", birth_on=birth_on, joined_on=joined_on,
        converted_on=joined_on + timedelta(days=366), **keys_of(name),
    )  # fmt: skip
    member.id_number, member.phone = id_number(county.people, birth_on, sex), county.phone()
    member.save()
    return member


def _number(rows):
    """The county's numbers, year by year in the order of the letters."""
    given = {}
    letters = [row for row in rows if row.issued_on and row.direction != Direction.IN]
    for row in sorted(letters, key=lambda row: row.issued_on):
        given[row.issued_on.year] = given.get(row.issued_on.year, 0) + 1
        row.number = f"〔{row.issued_on.year}〕第{given[row.issued_on.year]}号"


def _listed(county, rows):
    """Some of the moves of one summer came by a list."""
    for year in (county.today.year, county.today.year - 1):
        summer = [
            row for row in rows
            if row.direction == Direction.INSIDE and row.state == State.DONE
            and row.received_on.year == year and row.received_on.month in (7, 8, 9)
        ][:ON_LIST]  # fmt: skip
        if len(summer) > 1:
            break
    else:
        return
    listed = TransferList.objects.create(
        branch=county.top.branch, title=f"{year} 年县管校聘交流轮岗名单", number=f"云教体〔{year}〕31号",
        moves_on=min(row.received_on for row in summer), created_by=county.top.author,
    )  # fmt: skip
    TransferList.objects.filter(pk=listed.pk).update(created_at=_at(listed.moves_on))
    for row in summer:
        row.on_list, row.reason = listed, "县管校聘"


def _at(day):
    return timezone.make_aware(datetime.combine(day, time(10)))


def _write(county, rows):
    rows.sort(key=lambda row: (_begun(row), row.number))
    insert(rows)
    steps, ended = [], []
    for row in rows:
        row.created_at = _at(_begun(row))
        steps += _steps(county, row)
        if row.received_on and row.from_branch_id:
            ended.append((row.member_id, row.received_on - timedelta(days=1)))
    rewrite(rows, ["created_at"])
    insert(steps)
    for step in steps:
        step.created_at = _at(step.taken_on)
    rewrite(steps, ["created_at"])
    known = Membership.objects.filter(member__in=[pk for pk, _ in ended])
    stays = [stay for stay in known if (stay.member_id, stay.ended_on) in ended]
    for stay in stays:
        stay.end_reason = Membership.End.TRANSFERRED
    rewrite(stays, ["end_reason"])


def _begun(row):
    return getattr(row, "begun_on", None) or row.issued_on - timedelta(days=3)


def _steps(county, row):
    """The steps by which the row came to its state, each on its day."""
    begun = _begun(row)
    days = {
        State.DRAFT: begun, State.AGREED: begun, State.ISSUED: row.issued_on, State.RECEIVED: row.received_on,
        State.DONE: row.receipt_on, State.RETURNED: (row.issued_on or begun) + timedelta(days=8),
        State.WITHDRAWN: begun + timedelta(days=1),
    }  # fmt: skip
    road = ROADS[row.state]
    if row.direction == Direction.IN:
        road = [state for state in road if state not in (State.DRAFT, State.AGREED)]
    elif row.direction == Direction.OUT:
        road = [state for state in road if state != State.RECEIVED]
    writer = county.top.author
    return [
        TransferStep(
            transfer=row, state=state, taken_on=days[state], note=row.refusal if state == row.state else "",
            created_by=writer if state in (State.ISSUED, State.DONE) else row.created_by,
        )
        for state in road
    ]  # fmt: skip
