"""The members of the invented county: lawful in form, and nobody's.

The area codes of their ID numbers (99…) do not exist, and the prefix 154 is given to no operator.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo import LEADER, Named, Stay, new_key, person
from jobs.copying import insert
from members.actions import backbone
from members.demo.person import fill
from members.models import Exemption, GroupMembership, LeadingCadre, Member, Membership, Post
from members.names import keys_of
from office.values import ID_CHECK, ID_WEIGHTS
from rulebook import codes

FLUSH = 2000
LEADERS = 6  # places whose members lead the branch, where it has a committee
End = Membership.End
Office = Post.Office
OFFICES = [Office.SECRETARY, Office.ORGANISATION, Office.PUBLICITY, Office.DISCIPLINE, Office.YOUTH]
MINORITIES = ["彝族", "彝族", "彝族", "回族", "白族", "苗族", "壮族", "傣族", "哈尼族", "纳西族", "傈僳族"]
RARE = [  # place in a large branch, name, sex, 民族: what a register must be able to hold
    (12, "古丽尼格尔·阿卜杜热依木江", "2", "维吾尔族"),
    (13, "杨𣲗", "1", "汉族"),
    (14, "王春芳", "2", "汉族"),
    (15, "王春芳", "2", "彝族"),
    (16, "木阿鲁·沙玛依火", "1", "彝族"),
]
EDUCATION = (
    ["大学", "大学", "大学", "大学", "大专", "大专", "硕士研究生", "中专"],
    ["中专", "中专", "大专", "大学", "高中"],
)
TITLES = ["一级教师", "一级教师", "高级教师", "二级教师", "二级教师", "三级教师", "正高级教师"]
CADRES = ["教育体育局党组书记、局长", "教育体育局副局长", "教育体育局副局长", "教育体育局四级调研员"]
NATIONS, SCHOOLING = codes.words("ethnicity"), codes.words("education")
BACKBONES = ["县级骨干教师", "县级学科带头人", "市级骨干教师", "县级名班主任", "校级骨干教师"]


@dataclass
class Pending:
    """Rows drawn and not yet written; written in portions so that memory stays small at any size."""

    members: list = field(default_factory=list)
    stays: list = field(default_factory=list)  # (Sketch, Membership)
    posts: list = field(default_factory=list)
    committee: list = field(default_factory=list)  # (Sketch, Member)
    excused: list = field(default_factory=list)  # (Sketch, Exemption)
    leaders: list = field(default_factory=list)  # (Sketch of the home, Post)
    backbones: list = field(default_factory=list)
    grouped: list = field(default_factory=list)

    def write(self):
        insert(self.members)
        insert([stay for _, stay in self.stays])
        insert(self.posts)
        insert(self.backbones)
        insert(self.grouped)
        insert([row for _, row in self.excused])
        for sketch, stay in self.stays:
            is_full = stay.kind == Membership.Kind.FULL
            sketch.roster.append(Stay(stay.member_id, stay.member.name, stay.started_on, stay.ended_on, is_full))
        for sketch, member in self.committee:
            sketch.committee.append((member.pk, member.name))
        for sketch, row in self.excused:
            if row.scope == Exemption.Scope.ATTENDANCE:
                sketch.excused.append((row.member_id, row.started_on, row.ended_on))
            else:
                sketch.aside.append((row.member_id, row.started_on, row.ended_on))
        for sketch, post in self.leaders:
            sketch.leaders.append((post.member_id, post.member.name, post.term, post.started_on))
        self.__init__()


def build(county, rng):
    """Fill every branch with its members, their time in it and their posts."""
    leaves = [sketch for sketch in county.sketches if sketch.is_leaf]
    steady = [sketch for sketch in leaves if sketch.branch.closed_on is None and sketch.branch.founded_on.year < 2017]
    special = next(sketch for sketch in leaves if sketch.headcount > 20 and not sketch.is_retired)
    pending = Pending()
    for sketch in leaves:
        rare = {place: Named(name, sex) for place, name, sex, _ in RARE} if sketch is special else {}
        folk = {place: people for place, _, _, people in RARE} if sketch is special else {}
        team = []
        for place in range(sketch.headcount):
            named = sketch.named.get(place) or rare.get(place)
            is_elder = (
                place < 6 or named is not None or sketch.successor is not None
            )  # posts go to those who joined long ago
            member = _member(county, rng, sketch, named, place, is_elder=is_elder, ethnicity=folk.get(place))
            team.append(member)
            if rng.random() < 0.14 and not sketch.is_retired:
                pending.backbones.append(_backbone(county, rng, member))
            _stay(county, rng, sketch, member, pending, steady if not is_elder else None)
        _posts(sketch, team, pending)
        _group(sketch, team, pending)
        _excuse(county, rng, sketch, team, pending)
        if len(pending.members) >= FLUSH:
            pending.write()
    pending.write()
    _cadres(county)
    for model in (Exemption, LeadingCadre):
        model.objects.update(created_at=Cast(F("started_on"), DateTimeField()))


def _member(county, rng, sketch, named, place, *, is_elder, ethnicity=None):
    today = county.today
    sex = named.sex if named else ("1" if rng.random() < 0.42 else "2")
    age = rng.randint(61, 84) if sketch.is_retired else rng.randint(34 if is_elder else 24, 58)
    birth_on = today - timedelta(days=age * 365 + rng.randint(0, 364))
    joined_on = converted_on = None
    if not is_elder and not sketch.is_retired and rng.random() < 0.03:
        joined_on = today - timedelta(days=rng.randint(20, 340))
    else:
        latest = today - relativedelta(years=9 if is_elder else 1, days=5)
        lapse = min(33 * 365, (latest - birth_on).days)
        joined_on = birth_on + timedelta(days=rng.randint(19 * 366, lapse))
        converted_on = joined_on + relativedelta(months=12)
    county.people += 1
    if ethnicity is None:
        ethnicity = rng.choice(MINORITIES) if rng.random() < 0.22 else "汉族"
    name = named.name if named else person(rng, sex)
    member = Member(
        row_key=new_key(rng), name=name, **keys_of(name), sex=sex, ethnicity=NATIONS[ethnicity], birth_on=birth_on,
        education=SCHOOLING[rng.choice(EDUCATION[sketch.is_retired])], joined_on=joined_on, converted_on=converted_on,
        title="" if rng.random() < 0.12 else rng.choice(TITLES[2:3] * 3 + TITLES if is_elder else TITLES),
        user=named.user if named else None,
    )  # fmt: skip
    member.id_number = id_number(county.people, birth_on, sex)
    member.phone = county.phone() if rng.random() < 0.98 else ""
    fill(member, sketch, county.people, is_leader=place < LEADERS, today=today)
    return member


def _backbone(county, rng, member):
    """A professional honour gained before joining (骨干培养成党员) or after (党员培养成骨干)."""
    latest = county.today - timedelta(days=30)
    gained = member.joined_on + timedelta(days=rng.randint(-900, 3000))
    return backbone(rng.choice(BACKBONES), member=member, started_on=min(gained, latest))


def id_number(serial, birth_on, sex):
    """Eighteen characters with a right check digit and an area code that no place has."""
    area, order = divmod(serial, 400)
    digits = f"99{area + 1:04d}{birth_on:%Y%m%d}{2 * order + (sex == '1'):03d}"
    return digits + ID_CHECK[sum(weight * int(digit) for weight, digit in zip(ID_WEIGHTS, digits, strict=True)) % 11]


def _stay(county, rng, sketch, member, pending, others):
    """The person's time in the branch: from the start, come from one of `others`, or gone with a closed branch."""
    branch, today = sketch.branch, county.today
    pending.members.append(member)
    start = max(member.joined_on, branch.founded_on)
    chance = rng.random()
    came_on = date(today.year - 1, 1, 1) + timedelta(days=rng.randint(0, 240 + (today - date(today.year, 1, 1)).days))
    if sketch.successor:
        end = branch.closed_on
        pending.stays += _rows(sketch, member, start, end, End.ADJUSTED)
        pending.stays += _rows(sketch.successor, member, end + timedelta(days=1), None)
    elif others and chance < 0.03 and start < came_on:
        before = rng.choice(others)
        first = max(member.joined_on, before.branch.founded_on)
        if first < came_on and before is not sketch:
            pending.stays += _rows(before, member, first, came_on - timedelta(days=1), End.TRANSFERRED)
            start = came_on
        pending.stays += _rows(sketch, member, start, None)
    elif others and chance < 0.04 and start < came_on:
        member.note = "组织关系已转出本县"
        pending.stays += _rows(sketch, member, start, came_on, End.TRANSFERRED)
    else:
        pending.stays += _rows(sketch, member, start, None, start_estimated=True)


def _rows(sketch, member, start, end, reason="", **fields):
    """One membership, or two when the probation ended in between."""
    full, probationary = Membership.Kind.FULL, Membership.Kind.PROBATIONARY
    converted = member.converted_on
    if converted is None or (end and converted > end):
        stretches = [(probationary, start, end, reason)]
    elif converted > start:
        last = converted - timedelta(days=1)
        stretches = [(probationary, start, last, End.CONVERTED), (full, converted, end, reason)]
    else:
        stretches = [(full, start, end, reason)]
    made = []
    for kind, since, until, why in stretches:
        stay = Membership(
            member=member, branch=sketch.branch, kind=kind, started_on=since, ended_on=until, end_reason=why, **fields
        )
        made.append((sketch, stay))
        fields = {}
    return made


def _posts(sketch, team, pending):
    """Secretary and committee members from the top of the list, then the leaders of the groups."""
    term = sketch.term
    for place, office in enumerate(OFFICES[: sketch.term.committee_size or 1]):
        if not (office == Office.SECRETARY and sketch.is_vacant):
            _serve(sketch, term, team[place], office, pending)
            pending.committee.append((sketch, team[place]))
    for place, _ in enumerate(sketch.groups, 6):
        _serve(sketch, term, team[place], Office.GROUP_LEADER, pending)
    for place, named in sketch.named.items():
        if named.term is not None and named.term is not term:
            _serve(sketch, named.term, team[place], Office.SECRETARY, pending)


def _group(sketch, team, pending):
    """Each in one of the branch's groups, its leader in the own one, from when both were there."""
    since = {
        id(stay.member): stay.started_on for where, stay in pending.stays if where is sketch and stay.ended_on is None
    }
    count = len(sketch.groups)
    for place, member in enumerate(team if count else ()):
        group = sketch.groups[(place - LEADERS) % count]
        if id(member) in since and group.ended_on is None:
            start = max(group.started_on, since[id(member)])
            pending.grouped.append(GroupMembership(member=member, group=group, started_on=start))


def _serve(sketch, term, member, office, pending):
    post = Post(term=term, member=member, office=office, started_on=max(term.started_on, member.joined_on))
    pending.posts.append(post)
    if office == Office.SECRETARY:
        pending.leaders.append((sketch, post))


# --- who need not come, and who goes to two branches' meetings


def _excuse(county, rng, sketch, team, pending):
    """Old members, maternity leave, teachers sent elsewhere; in one branch somebody who is not counted at all."""
    today, (last, _) = county.today, county.years
    taken = {*range(6 + len(sketch.groups)), *sketch.named}  # whoever holds a post comes
    free = [member for place, member in enumerate(team) if place not in taken and member.converted_on]
    if sketch.successor or not free:
        return
    decided = f"{last - 1} 年 12 月支部党员大会讨论同意"
    autumn = date(today.year - (today.month < 9), 9, 1)

    def excuse(member, reason, start, end, basis, scope=Exemption.Scope.ATTENDANCE):
        start = max(start, member.joined_on, sketch.branch.founded_on)
        if start <= today and not any(row.member is member for _, row in pending.excused):
            row = Exemption(
                member=member, scope=scope, reason=reason, started_on=start, ended_on=end, basis=basis,
                created_by=sketch.author,
            )  # fmt: skip
            pending.excused.append((sketch, row))

    if sketch.is_retired:
        by_age = sorted(free, key=lambda member: (member.birth_on, member.name))
        for member in by_age[: max(2, len(by_age) // 6)]:
            excuse(member, Exemption.Reason.INFIRM, date(last, 1, 1), None, decided)
        excuse(
            by_age[-1], Exemption.Reason.INCAPABLE, date(last, 3, 1), None, f"支部党员大会 {last}-02-26 决定，报上级党组织同意",
            Exemption.Scope.QUORUM,
        )  # fmt: skip
        return
    mothers = [member for member in free if member.sex == "2" and (today - member.birth_on).days < 42 * 365]
    if mothers and (sketch.is_star or rng.random() < 0.25):
        start = today - timedelta(days=rng.randint(20, 150 if sketch.is_star else 400))
        mother = rng.choice(mothers)
        free.remove(mother)  # who is on leave is not sent elsewhere too
        excuse(mother, Exemption.Reason.LEAVE, start, start + timedelta(days=157), "学校批准的产假")
    if free and (sketch.is_star or rng.random() < 0.15):
        end = autumn + relativedelta(months=11) - timedelta(days=1)
        excuse(rng.choice(free), Exemption.Reason.AWAY, autumn, end, "县内支教一学年，参加支教学校党支部的组织生活")


def _cadres(county):
    """The leaders of the bureau, members of the office's branch like everybody else there."""
    home = next(sketch for sketch in county.sketches if LEADER in sketch.named)
    known = dict.fromkeys(stay.pk for stay in home.roster if stay.until is None and stay.is_full)
    first = next(pk for pk, _, term, _ in home.leaders if term is county.top.term)
    others = [pk for pk in known if pk not in {first, *(pk for pk, _ in home.committee)}]
    insert(
        LeadingCadre(
            member_id=pk, office=office, started_on=date(county.years[0] - place % 2, 3 + place, 1),
            created_by=county.users["gongwei"],
        )
        for place, (pk, office) in enumerate(zip([first, *others], CADRES, strict=False))
    )  # fmt: skip
