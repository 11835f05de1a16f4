"""A county that does not exist, for looking at and for measuring: what the apps' `demo.build` share, and their order."""

import random
import secrets
from dataclasses import dataclass, field
from datetime import date

from django.db import connection, transaction

from accounts import audit
from accounts.models import User
from assessment import demo as assessment
from branches import demo as branches
from branches.actions import appoint
from branches.demo import LEADER, Named, Sketch, person, seat_below
from branches.models import Appointment, Branch
from branches.rights import Role
from datacalls import demo as datacalls
from duties import demo as duties
from exchange import demo as exchange
from meetings import demo as meetings
from meetings.models import Meeting
from members import demo as members
from members.models import Member
from portal import packs
from portal.models import Pack, PackItem
from portal.settings import demo as settings
from recruitment import demo as recruitment
from reminders import demo as reminders
from training import demo as training

POSTS = [  # sign-in name and post; at the top, unless the account has a seat further down
    ("gongwei-admin", Role.ADMIN),
    ("gongwei", Role.STAFF),
    ("lingdao", Role.LEADER),
    ("dangwei", Role.COMMITTEE),
    ("shuji", Role.SECRETARY),
    ("shuji2", Role.SECRETARY),
    ("zhiwei", Role.EDITOR),
    ("ducha", Role.INSPECTOR),
    ("jijian", Role.DISCIPLINE),
]

VAST = 20  # times the size of a county


@dataclass
class County:
    """What a build goes by, and what was made so far. The clock enters as `today` alone."""

    size: float
    seed: str
    today: date
    system: User
    top: Sketch | None = None  # 工委 itself
    sketches: list = field(default_factory=list)  # those below it
    life_meetings: dict = field(default_factory=dict)  # (organisation pk, year) → day of its 组织生活会
    numbers: dict = field(default_factory=dict)  # year → last 文号 given
    agendas: dict = field(default_factory=dict)  # (year, month) → Notice of 统一议题
    users: dict = field(default_factory=dict)  # sign-in name → User
    accounts: list = field(default_factory=list)  # (sign-in name, password, post, organisation)
    people: int = 0
    phones: int = 0

    @property
    def years(self):
        """The complete year and the running one."""
        return self.today.year - 1, self.today.year

    @property
    def is_vast(self):
        """Made to be measured, not to be looked at: without what no job of the bench reads and what takes long to make."""
        return self.size > VAST

    @property
    def past(self):
        """The two years before those: of them the records of meetings alone were brought along."""
        return () if self.is_vast else (self.today.year - 3, self.today.year - 2)

    def scaled(self, count, *, least=1):
        """How many of something a county of this size has, when one of size 1 has `count`."""
        return max(least, round(count * self.size))

    def phone(self):
        """The next number of a prefix that is given to no operator."""
        self.phones += 1
        return f"154{self.phones * 7919 % 10**8:08d}"


def is_empty():
    """Whether nothing but the root stands in the database."""
    return not (Branch.objects.exclude(parent=None).exists() or Member.objects.exists())


@transaction.atomic
def build(*, size, seed, today):
    """Make the county in one transaction: the same size, seed and day give the same county."""
    county = County(size, seed, today, User.objects.system())
    for app, step in STEPS:
        step(county, random.Random(f"{seed}/{app}"))
    audit.record(
        "demo.build", by=county.system, size=size, seed=seed, on=str(today),
        branches=len(county.sketches), members=county.people, meetings=Meeting.objects.count(),
    )  # fmt: skip
    return county


def _accounts(county, rng):
    """One account per post; passwords are random and need not be changed, since a demo is looked at by many."""
    seats = {sketch.seat: (sketch, sketch, 0) for sketch in county.sketches if sketch.seat}
    star = seats["shuji"][0]
    star.named[1] = Named(person(rng, "2"), "2")
    upper = next(sketch for sketch in county.sketches if not sketch.is_leaf and sketch.term)
    office = next(sketch for sketch in county.sketches if LEADER in sketch.named)
    seats |= {
        "zhiwei": (star, star, 1), "dangwei": (upper, *seat_below(county, upper)), "lingdao": (county.top, office, LEADER),
    }  # fmt: skip
    since = date(county.years[0], 1, 1)
    for username, role in POSTS:
        place, home, seat = seats.get(username, (county.top, None, None))
        name = home.named[seat].name if home else person(rng, rng.choice("12"))
        password = secrets.token_urlsafe(9)
        user = User.objects.create_user(username, password, name=name, must_change_password=False)
        appoint(user, place.branch, role, started_on=since, by=county.system)
        if home:  # the roster links the account to its person
            home.named[seat] = home.named[seat]._replace(user=user)
            place.author = place.author or user
        county.users[username] = user
        county.accounts.append((username, password, role.label, place.branch.name))
    county.top.author = county.users["gongwei"]
    _plain(county, star)
    _others(county, rng, since)


def _plain(county, star):
    """A member who holds no post: signed in, the own record is all there is."""
    rng = random.Random(f"{county.seed}/plain")
    name, password = person(rng, "2"), secrets.token_urlsafe(9)
    user = User.objects.create_user("dangyuan", password, name=name, must_change_password=False)
    place = max(star.headcount - 2, 2)  # after those who hold a post
    star.named[place] = Named(name, "2", user=user)
    county.users["dangyuan"] = user
    county.accounts.append(("dangyuan", password, "党员（没有任职）", star.branch.name))


def _others(county, rng, since):
    """The secretaries of all other organisations: they have accounts, and nobody knows a password of theirs."""
    found = []  # (Sketch, home of the person, place there, User, role)
    for number, sketch in enumerate(county.sketches, 1):
        if sketch.author or not sketch.term:
            sketch.author = sketch.author or county.users["gongwei"]
            continue
        home, place = (sketch, 0) if sketch.is_leaf else seat_below(county, sketch)
        role = Role.SECRETARY if sketch.is_leaf else Role.COMMITTEE
        if sketch.is_vacant:  # another of the committee writes the records until there is a secretary again
            place, role = 1, Role.EDITOR
            home.named[place] = Named(person(rng, "2"), "2")
        user = User(username=f"org{number:04d}", name=home.named[place].name, password="!")  # noqa: S106 - opens nothing
        found.append((sketch, home, place, user, role))
    User.objects.bulk_create([user for *_, user, _ in found])
    Appointment.objects.bulk_create(
        Appointment(
            user=user, branch=sketch.branch, role=role,
            started_on=max(since, sketch.branch.founded_on), ended_on=sketch.branch.closed_on,
        )
        for sketch, _, _, user, role in found
    )  # fmt: skip
    for sketch, home, place, user, _ in found:
        sketch.author = user
        home.named[place] = home.named[place]._replace(user=user)


def _packs(county, rng):
    """What two inspections ask to see: of the county's committee with all below it, and of a branch."""
    year, offered = county.years[1], {key: items for key, _, items in packs.templates(on=county.today)}
    for username, template, title in (
        ("gongwei", "pack.inspection_tour", f"县委巡察迎检资料（{year} 年）"),
        ("shuji", "pack.supervision", f"{year} 年党建督查资料"),
    ):
        by = county.users[username]
        branch = by.appointments.get(started_on__lte=county.today, ended_on=None).branch
        pack = Pack.objects.create(
            branch=branch, title=title, starts_on=date(year, 1, 1), ends_on=county.today, created_by=by
        )
        PackItem.objects.bulk_create(
            PackItem(pack=pack, position=position, title=name, kind=kind)
            for position, (name, kind) in enumerate(offered[template], 1)
        )


def analyse(county=None, rng=None):
    """What is not committed yet nobody has counted: without figures the planner goes through millions of pairs of rows.

    Our own tables alone: those that all databases of the server share would stay locked to the end of the transaction,
    and whoever counts in another database would wait for it.
    """
    tables = connection.introspection.django_table_names(only_existing=True)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(map(connection.ops.quote_name, sorted(tables)))}")


STEPS = (  # each draws on what those before it left in the county
    ("branches", branches.build),
    ("accounts", _accounts),
    ("members", members.build),
    ("duties", duties.build),
    ("exchange", exchange.build),
    ("figures", analyse),
    ("meetings", meetings.build),
    ("figures", analyse),
    ("quality", branches.late),
    ("unlocks", duties.unlock),
    ("training", training.build),
    ("recruitment", recruitment.build),
    ("assessment", assessment.build),
    ("settings", settings.build),
    ("datacalls", datacalls.build),
    ("packs", _packs),
    ("figures", analyse),
    ("reminders", reminders.build),
)
