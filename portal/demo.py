"""A county that does not exist, for looking at and for measuring: what the apps' `demo.build` share, and their order."""

import random
import secrets
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from accounts import audit
from accounts.models import User
from assessment import demo as assessment
from branches import demo as branches
from branches.actions import appoint, root
from branches.demo import Named, person, seat_below
from branches.models import Branch
from branches.rights import Role
from duties.actions import generate
from meetings import demo as meetings
from meetings.models import Meeting
from members import demo as members
from members.models import Member

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


@dataclass
class County:
    """What a build goes by, and what was made so far. The clock enters as `today` alone."""

    size: float
    seed: str
    today: date
    system: User
    sketches: list = field(default_factory=list)  # branches.demo.Sketch
    users: dict = field(default_factory=dict)  # sign-in name → User
    accounts: list = field(default_factory=list)  # (sign-in name, password, post, organisation)
    people: int = 0
    phones: int = 0

    @property
    def years(self):
        """The complete year and the running one."""
        return self.today.year - 1, self.today.year

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
    seats |= {"zhiwei": (star, star, 1), "dangwei": (upper, *seat_below(county, upper))}
    top, since = root(), date(county.years[0], 1, 1)
    for username, role in POSTS:
        place, home, seat = seats.get(username, (None, None, None))
        name = home.named[seat].name if home else person(rng, rng.choice("12"))
        branch, password = place.branch if place else top, secrets.token_urlsafe(9)
        user = User.objects.create_user(username, password, name=name, must_change_password=False)
        appoint(user, branch, role, started_on=since, by=county.system)
        if home:  # the roster links the account to its person
            home.named[seat] = home.named[seat]._replace(user=user)
        county.users[username] = user
        county.accounts.append((username, password, role.label, branch.name))


def _duties(county, rng):
    for year in county.years:
        generate(year, by=county.system)


STEPS = (  # each draws on what those before it left in the county
    ("branches", branches.build),
    ("accounts", _accounts),
    ("members", members.build),
    ("duties", _duties),
    ("meetings", meetings.build),
    ("assessment", assessment.build),
)
