"""The organisations of a county that does not exist: schools, Party organisations, terms, groups.

All names are invented. `Sketch` is what the later apps of the demo know of an organisation beyond its row.
"""

import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle, islice
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from accounts.models import User
from branches.actions import add_below, root
from branches.models import Branch, Group, School, Term
from jobs.copying import insert
from rulebook.book import value

COUNTY = "云岭示范县"
ROOT_NAME = f"中共{COUNTY}委教育体育工作委员会"
GOOD, ORDINARY, WEAK = "good", "ordinary", "weak"
Kind, Stage, Area, Nature = Branch.Kind, Branch.Stage, Branch.Area, Branch.Nature

# stage, schools at size 1, sub-branches of a large one, members of a branch that covers the whole school
STAGES = [
    (Stage.COMPLETE, 3, 5, (30, 44)),
    (Stage.VOCATIONAL, 2, 5, (30, 44)),
    (Stage.SENIOR, 3, 4, (24, 40)),
    (Stage.NINE_YEAR, 5, 2, (18, 36)),
    (Stage.JUNIOR, 8, 2, (22, 40)),
    (Stage.PRIMARY, 24, 2, (5, 14)),
    (Stage.KINDERGARTEN, 14, 0, (7, 15)),
    (Stage.SPECIAL, 1, 0, (10, 16)),
]
LARGE, CENTRAL, PRIVATE, SMALL = (30, 46), (22, 40), (3, 8), (8, 16)

HEADS, TAILS = "东西南北青白上下前后", "山河坪箐溪岭田坝"
SPREAD = ["", "大", "小", "新", "老", "外", "里", "中", "高", "平"]
VILLAGES = [
    "石桥", "松林", "梨园", "竹坪", "麦地", "柳湾", "清泉", "向阳", "花椒", "核桃", "枫树", "云台", "水塘", "茶山",
]  # fmt: skip
FLOWERS = ["小白鸽", "蒲公英", "七色花", "小松鼠", "映山红", "小蜜蜂", "萤火虫", "向日葵"]
DAWNS = ["晨曦", "繁星", "朝露", "远帆"]

COMMON = "李王张杨陈刘赵周何罗马高郭徐孙朱胡梁宋谢"
SURNAMES = "唐许邓冯韩曹彭曾萧田董袁潘蒋蔡余杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾夏韦傅方白邹孟熊秦邱段尹普沙木刀"
COMPOUND = ["欧阳", "上官", "司徒", "诸葛"]
# Chosen so that no combination is the name of somebody known.
MALE = ("志文国建永明家云春学光德宏立世", "平林海峰良才福祥松柱材聪能达宽")
FEMALE = ("秀玉丽春晓美雪云海文金婉慧雅月", "芳英梅琴萍霞珍琼芬仙莲香燕蓉竹")
SINGLE = {"1": "亮松涛勇辉", "2": "芳敏静丽娟燕红梅"}


LEADER = 11  # place of the secretary of 工委 among the members of the office's branch


class Named(NamedTuple):
    """Someone whose name is known before the roster is drawn: the secretary of `term`, or the owner of an account."""

    name: str
    sex: str
    term: Term | None = None
    user: User | None = None


class Stay(NamedTuple):
    """A member's time in a branch, as full member or on probation."""

    pk: int
    name: str
    since: date
    until: date | None
    is_full: bool

    def covers(self, day):
        return self.since <= day and (self.until is None or self.until >= day)


@dataclass(eq=False)
class Sketch:
    """One organisation; `manner` is how it keeps its duties, last year and in the running one."""

    branch: Branch
    parent: Branch
    schools: list
    headcount: int = 0
    manner: tuple = (ORDINARY, ORDINARY)
    is_retired: bool = False
    is_vacant: bool = False  # no secretary at present
    seat: str = ""  # the account that belongs here; the page of `shuji` shows one of everything
    successor: "Sketch | None" = None  # where the members went when it was closed
    term: Term | None = None
    groups: list = field(default_factory=list)
    named: dict = field(default_factory=dict)  # place in the branch's list of members → Named
    roster: list = field(default_factory=list)  # Stay
    committee: list = field(default_factory=list)  # (member pk, name)
    leaders: list = field(default_factory=list)  # members who are secretary somewhere: (member pk, name, Term, since)
    excused: list = field(default_factory=list)  # (member pk, first day, last day or None) of those who need not come
    aside: list = field(default_factory=list)  # the same of those not counted among who should come
    author: User | None = None  # who writes down what the organisation does

    @property
    def is_star(self):
        return self.seat == "shuji"

    @property
    def is_leaf(self):
        """Whether members belong to it directly."""
        return self.branch.kind in (Kind.BRANCH, Kind.JOINT)


@dataclass(frozen=True)
class Plan:
    """One school before its organisations are drawn."""

    school: School
    stage: str
    area: str
    nature: str
    members: tuple
    parts: int


def person(rng, sex):
    """A name; one in a hundred has a surname of two characters."""
    chance = rng.random()
    surname = rng.choice(COMPOUND if chance < 0.01 else COMMON if chance < 0.6 else SURNAMES)
    if rng.random() < 0.12:
        return surname + rng.choice(SINGLE[sex])
    first, second = MALE if sex == "1" else FEMALE
    return surname + rng.choice(first) + rng.choice(second)


def new_key(rng):
    """A row key that follows the seed, as everything else does."""
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def ordinal(number):
    """第十二"""
    digits = "零一二三四五六七八九"
    if number >= 100:
        return f"第{number}"
    tens, ones = divmod(number, 10)
    return "第" + (f"{digits[tens] if tens > 1 else ''}十" if tens else "") + (digits[ones] if ones or not tens else "")


def town(index):
    """东山镇, 西河镇, 南坪乡 …: different for the first eight hundred."""
    turn, place = divmod(index, 80)
    return SPREAD[turn % 10] + HEADS[place % 10] + TAILS[(place + place // 10) % 8] + ("镇" if index % 4 < 2 else "乡")


def _schools(county):
    # One town for each 中心小学, the third of all primary schools.
    towns = [town(index) for index in range(max(3, (county.scaled(24, least=6) + 2) // 3))]
    made = []
    for stage, share, parts, members in STAGES:
        # Small counties keep one of each stage, and enough small schools for a joint branch.
        for index in range(county.scaled(share, least={Stage.PRIMARY: 6, Stage.KINDERGARTEN: 3}.get(stage, 1))):
            plan = _school(stage, index, towns, parts, members)
            made.append(Plan(School(name=plan[0]), stage, *plan[1:]))
    return made


def _school(stage, index, towns, parts, members):
    """(name, 城乡, 办学性质, members, sub-branches) of the school number `index` of its stage."""
    number, place = ordinal(index + 1), towns[index % len(towns)]
    village = place + VILLAGES[(index // len(towns) + 3 * (index % len(towns))) % len(VILLAGES)]
    city, private = (Area.CITY, Nature.PUBLIC), (Area.CITY, Nature.PRIVATE, (8, 16), 0)
    dawn = lambda every: f"云岭{DAWNS[index // every % 4]}"  # noqa: E731
    again = lambda every: f"{ordinal(index // every + 1)}校区" if index >= every else ""  # noqa: E731
    match stage:
        case Stage.COMPLETE:
            return f"{COUNTY}{number}中学", *city, members, parts
        case Stage.VOCATIONAL:
            return f"{COUNTY}{number if index else ''}职业技术学校", *city, members, parts
        case Stage.SENIOR if index % 3 == 2:
            return f"{dawn(3)}高级中学{again(12)}", *private
        case Stage.SENIOR:
            return f"{COUNTY}{number}高级中学", *city, members, parts
        case Stage.NINE_YEAR if index % 5 == 4:
            return f"{dawn(5)}实验学校{again(20)}", *private
        case Stage.NINE_YEAR:
            return f"{village}九年一贯制学校", Area.TOWN, Nature.PUBLIC, members, parts
        case Stage.JUNIOR:
            return f"{place}初级中学", Area.TOWN, Nature.PUBLIC, members, 0 if index % 2 else parts
        case Stage.PRIMARY if index % 3 == 0:
            place = towns[index // 3 % len(towns)]
            return f"{place}中心小学", Area.TOWN, Nature.PUBLIC, CENTRAL, 0
        case Stage.PRIMARY if index % 6 == 5:
            return f"{COUNTY}{ordinal(index // 6 + 1)}小学", *city, CENTRAL, parts
        case Stage.PRIMARY:
            return f"{village}小学", Area.VILLAGE, Nature.PUBLIC, members, 0
        case Stage.KINDERGARTEN if index % 3 == 2:
            turn, place = divmod(index // 3, len(towns))
            return f"{towns[place]}{FLOWERS[turn % 8]}幼儿园", Area.TOWN, Nature.PRIVATE, PRIVATE, 0
        case Stage.KINDERGARTEN if index % 3 == 1:
            return f"{COUNTY}{ordinal(index // 3 + 1)}幼儿园", *city, members, 0
        case Stage.KINDERGARTEN:
            place = towns[index // 3 % len(towns)]
            return f"{place}中心幼儿园", Area.TOWN, Nature.PUBLIC, members, 0
        case _:
            return f"{COUNTY}{number if index else ''}特殊教育学校", *city, members, 0


def build(county, rng):
    """Organisations first (`county.sketches`), then terms and groups."""
    top = root()
    top.name = ROOT_NAME
    top.version += 1
    top.save(update_fields=["name", "version"])
    plans = _schools(county)
    sketches = _draw(county, top, plans, rng)
    for order, sketch in enumerate(sketches, 1):
        sketch.branch.order, sketch.branch.row_key = order, new_key(rng)
        sketch.branch.contact_phone = county.phone()
    insert({school.name: school for sketch in sketches for school in sketch.schools}.values())
    add_below([(sketch.branch, sketch.parent) for sketch in sketches])
    link = Branch.schools.through
    insert([link(branch=sketch.branch, school=school) for sketch in sketches for school in sketch.schools])
    county.sketches = sketches
    _terms(county, rng)
    _lead(county, rng, top)


def _draw(county, top, plans, rng):
    """Every organisation in 单位序: each school's own, those over several schools, and those that are no school's."""
    founded = lambda: date(rng.randint(1956, 2016), rng.randint(1, 12), rng.randint(1, 28))  # noqa: E731

    def sketch(name, kind, parent, schools, plan=None, members=(0, 0), **fields):
        row = {"stage": plan.stage, "area": plan.area, "nature": plan.nature} if plan else {}
        branch = Branch(name=f"中共{name}", kind=kind, **(row | {"founded_on": founded()} | fields))
        return Sketch(branch, parent, schools, headcount=rng.randint(*members), manner=_manner(rng))

    joined, joints = set(), []
    for word, pool in (
        ("乡村小学", [plan for plan in plans if plan.stage == Stage.PRIMARY and plan.area == Area.VILLAGE]),
        ("民办幼儿园", [plan for plan in plans if plan.stage == Stage.KINDERGARTEN and plan.nature == Nature.PRIVATE]),
    ):
        for number in range(1, county.scaled(1) + 1):
            some, pool = pool[-3:], pool[:-3]
            if len(some) > 1:
                joined |= {id(plan) for plan in some}
                name = f"{COUNTY}{word}{ordinal(number)}联合支部委员会"
                joints.append(sketch(name, Kind.JOINT, top, [plan.school for plan in some], some[0], SMALL))
    alone = [plan for plan in plans if id(plan) not in joined]
    parts = _parts(county, alone, round(120 * county.size) - len(alone) - len(joints) - 6)

    made = []
    for plan in alone:
        name = plan.school.name
        if not (count := parts.get(name)):
            made.append(sketch(f"{name}支部委员会", Kind.BRANCH, top, [plan.school], plan, plan.members))
            continue
        kind, word = (Kind.COMMITTEE, "委员会") if plan.parts > 3 else (Kind.GENERAL, "总支部委员会")
        upper = sketch(f"{name}{word}", kind, top, [plan.school], plan)
        made.append(upper)
        for number in range(1, count + 1):
            is_retired = kind == Kind.COMMITTEE and number == count
            word = "离退休" if is_retired else ordinal(number)
            since = max(upper.branch.founded_on, founded())
            whole = f"{name}{word}支部委员会"
            made.append(sketch(whole, Kind.BRANCH, upper.branch, [plan.school], plan, LARGE, founded_on=since))
            made[-1].is_retired = is_retired
    return made + joints + _others(county, top, sketch, made)


def _parts(county, plans, spare):
    """school → number of its sub-branches: large schools first, until the county has its 120 organisations."""
    spare, parts = max(spare, 3), {}
    for plan in plans:
        if plan.parts and spare > 1:
            parts[plan.school.name] = min(plan.parts, spare)
            spare -= parts[plan.school.name]
    for name in islice(cycle(parts), max(0, spare)):
        parts[name] += 1
    return parts


def _others(county, top, sketch, made):
    """Offices, 两新组织, a branch for a time, one that was closed, and what marks single branches."""
    office = {"stage": Stage.OFFICE, "area": Area.CITY, "nature": Nature.PUBLIC}
    new = {"stage": Stage.OTHER, "area": Area.CITY, "nature": Nature.NEW}
    units = [School(name=name) for name in (
        f"{COUNTY}教育体育局机关", f"{COUNTY}教育教学研究中心", "云岭小橘灯教育培训中心", "云岭童心托育服务中心", "西河镇旧街小学",
    )]  # fmt: skip
    closed_on = date(county.today.year, 6, 30)
    if closed_on >= county.today:
        closed_on = date(county.today.year - 1, 6, 30)
    found = [
        sketch(f"{units[0].name}支部委员会", Kind.BRANCH, top, [units[0]], members=(32, 45), **office),
        sketch(f"{units[1].name}支部委员会", Kind.BRANCH, top, [units[1]], members=(14, 20), **office),
        sketch(f"{units[2].name}支部委员会", Kind.BRANCH, top, [units[2]], members=(4, 6), **new),
        sketch(f"{units[3].name}支部委员会", Kind.BRANCH, top, [units[3]], members=(3, 5), **new),
        sketch(
            f"{COUNTY}教师跟岗研修临时支部委员会", Kind.TEMPORARY, top, [], **office,
            founded_on=min(date(county.today.year, 7, 6), county.today), note="研修期间设立，党员组织关系仍在原支部",
        ),
        sketch(
            f"{units[4].name}支部委员会", Kind.BRANCH, top, [units[4]], members=(6, 9),
            **office | {"stage": Stage.PRIMARY, "area": Area.VILLAGE}, closed_on=closed_on, note="学校撤并，党员已转出",
        ),
    ]  # fmt: skip
    singles = [one for one in made if one.is_leaf and one.parent is top and one.branch.nature == Nature.PUBLIC]
    by_size = sorted(singles, key=lambda one: (abs(one.headcount - 26), one.branch.name))
    star, neighbour, vacant, turned, sinking = by_size[:5]
    star.seat, star.headcount, star.manner = "shuji", max(star.headcount, 24), (ORDINARY, ORDINARY)
    neighbour.seat, neighbour.manner, vacant.manner = "shuji2", (GOOD, GOOD), (ORDINARY, WEAK)
    vacant.is_vacant, vacant.branch.note = True, "书记调出，待补选"
    turned.manner, sinking.manner = (WEAK, GOOD), (GOOD, WEAK)
    found[-1].successor = next(one for one in singles if one.branch.stage == Stage.PRIMARY and one.headcount >= 22)
    young = next(one for one in reversed(made) if one.branch.stage == Stage.KINDERGARTEN)
    young.branch.founded_on, young.headcount = date(county.today.year - 1, 9, 1), max(young.headcount, 6)
    return found


def _manner(rng):
    return (rng.choices((GOOD, ORDINARY, WEAK), (30, 50, 20))[0],) * 2


def _terms(county, rng):
    """The serving term of each, the one before it where the branch is old enough, and the groups of large branches."""
    years, terms, groups = value("term.years", on=county.today), [], []
    for sketch in county.sketches:
        branch = sketch.branch
        if branch.kind == Kind.TEMPORARY:
            continue
        length = relativedelta(years=years[branch.kind])
        expires_on = county.today + timedelta(days=_left(sketch, rng, years[branch.kind] * 365))
        if branch.closed_on:  # nobody was elected after its end
            expires_on = min(expires_on, branch.closed_on + length - relativedelta(years=1))
        started_on = max(expires_on - length, branch.founded_on)
        sex = "1" if rng.random() < 0.6 else "2"
        name = "" if sketch.is_vacant else person(rng, sex)
        sketch.term = Term(
            branch=branch, started_on=started_on, expires_on=started_on + length,
            committee_size=_committee_size(sketch), secretary_name=name,
        )  # fmt: skip
        terms.append(sketch.term)
        if name:
            home, place = (sketch, 0) if sketch.is_leaf else seat_below(county, sketch)
            home.named[place] = Named(name, sex, sketch.term)
        late = timedelta(days=rng.choice([0, 0, 0, 20, 45, 150]))
        if (before := started_on - late - length) > branch.founded_on:
            terms.append(
                Term(
                    branch=branch, started_on=before, expires_on=started_on - late,
                    committee_size=sketch.term.committee_size, secretary_name=person(rng, "1"),
                )
            )  # fmt: skip
        if sketch.is_leaf and sketch.headcount >= 24 and (sketch.is_star or rng.random() < 0.75):
            sketch.groups = [
                Group(branch=branch, name=f"{ordinal(number)}党小组", started_on=max(branch.founded_on, before))
                for number in range(1, 3 + (sketch.headcount >= 36))
            ]
            groups += sketch.groups
    insert(terms)
    insert(groups)


def _lead(county, rng, top):
    """工委 is appointed and not elected: its term has no end. Its secretary is an ordinary member of the office's branch."""
    team = Term(
        branch=top, started_on=date(county.years[0] - 1, 3, 1), committee_size=7, secretary_name=person(rng, "1")
    )
    team.save()
    home = next(sketch for sketch in county.sketches if sketch.branch.stage == Stage.OFFICE)
    home.named[LEADER] = Named(team.secretary_name, "1", team)
    county.top = Sketch(top, None, [], term=team, manner=(GOOD, GOOD))


def _left(sketch, rng, length):
    """Days until the term expires: some are overdue (weak ones more often), some fall due within three months."""
    chance = rng.random()
    if sketch.is_star:
        return 45
    if chance < (0.2 if WEAK in sketch.manner else 0.04):
        return -rng.randint(20, 300)
    return rng.randint(5, 90) if chance < 0.3 else rng.randint(91, length - 40)


def _committee_size(sketch):
    if not sketch.is_leaf:
        return 7 if sketch.branch.kind == Kind.COMMITTEE else 5
    return 0 if sketch.headcount < 9 else 3 if sketch.headcount < 30 else 5


def seat_below(county, upper):
    """(Sketch, place in its list of members) of the secretary of a 党委, who is a member of one of its branches."""
    home = next(sketch for sketch in county.sketches if sketch.parent is upper.branch)
    return home, home.headcount - 1
