"""What the invented county's assessors judged: two for each organisation, mostly near each other, now and then apart."""

from decimal import Decimal

from assessment.judging import manual_parts, tolerance
from assessment.models import Judgement, ManualScore
from assessment.result import cents
from branches.demo import GOOD, ORDINARY, WEAK
from branches.models import Assignment
from branches.rights import Task
from jobs.copying import insert

SHARES = {GOOD: (80, 98), ORDINARY: (62, 84), WEAK: (35, 62)}  # per cent of a part's points
APART = {"share": 0.004, "words": "调阅材料复看，以附有佐证的为准"}  # of all pairs; what the third then says
STEP = Decimal("0.05")
REASONS = {
    "PF10": ("党员教师带头教研，有实例", "有融合计划，成效一般", "融合停留在计划，缺少实例"),
    "EX2.2": ("品牌有特色，师生知晓度高", "品牌初步形成", "尚未形成品牌"),
    "PF1.3": ("会前准备充分，批评具体", "程序完整，批评偏少", "程序不全，材料简单"),
}
OTHERS = ("做法实，有记录可查", "按要求做了，成效一般", "做得不够，材料简单")
SECOND = ("实地看过，与材料相符", "材料齐，现场一般", "现场和材料都有缺")
NOTHING = "没有加分事项"


def assessors(county):
    """The persons of the 考评组: secretaries of 党委 and 党总支 above the branches, each with the own place."""
    return [(sketch.author, sketch.branch) for sketch in county.sketches if not sketch.is_leaf and sketch.author
            and not sketch.branch.closed_on and sketch.author != county.users["gongwei"]]  # fmt: skip


def pair_for(number, branch, people):
    """Two of them who have nothing to do with the organisation."""
    found = [person for person, place in people
             if not branch.path.startswith(place.path) and not place.path.startswith(branch.path)]  # fmt: skip
    start = number * 2 // 12  # a dozen organisations in the same hands
    chosen = []
    for offset in range(len(found)):
        person = found[(start + offset) % len(found)]
        if person not in chosen:
            chosen.append(person)
        if len(chosen) == 2:
            return tuple(chosen)
    return ()


def send(county, branches, *, since, until):
    """Two assessors for each of the organisations; returns organisation id → the two."""
    people, by = assessors(county), county.users["gongwei"]
    pairs = {branch.pk: pair_for(number, branch, people) for number, branch in enumerate(branches)}
    places = {branch.pk: branch for branch in branches}
    insert(
        Assignment(
            user=person, branch=places[pk], task=Task.GRADER, group=f"第{number + 1}组", started_on=since, until=until,
            created_by=by,
        )
        for pk, two in pairs.items() for number, person in enumerate(two)
    )  # fmt: skip
    return pairs


def judge(county, rng, round, content, branches, manner, pairs):
    """Both judged every part that people judge; what lies apart was settled."""
    given, counted = [], []
    for branch in branches:
        two = pairs.get(branch.pk) or ()
        if len(two) < 2:
            continue
        for item, part in manual_parts(content, branch.stage):
            is_apart = branch == branches[0] and part["key"] == "PF10"  # one at least, whatever the dice say
            marks = _marks(rng, part, item, manner[branch.pk], round, is_apart)
            given += [
                Judgement(year=round.year, branch=branch, part=part["key"], assessor=who, points=points, reason=words)
                for who, (points, words) in zip(two, marks, strict=True)
            ]
            counted.append(_counted(county, round, branch, part, two, marks))
    insert(given)
    insert(counted)


def _marks(rng, part, item, manner, round, is_apart):
    """[(points, words)] of the two."""
    most = Decimal(str(part["points"]))
    if item["dimension"] == "bonus":
        return [(Decimal(0), NOTHING), (Decimal(0), NOTHING)]
    place = (GOOD, ORDINARY, WEAK).index(manner)
    first = _stepped(most * rng.randint(*SHARES[manner]) / 100)
    reach = tolerance(round, most)
    if rng.random() < APART["share"] or is_apart:
        second = _stepped(max(Decimal(0), first - reach - Decimal("0.4")))
        if first - second <= reach:
            second = _stepped(min(most, first + reach + Decimal("0.4")))
    else:
        second = min(most, max(Decimal(0), first + rng.randint(-2, 2) * STEP))
    return [(first, REASONS.get(part["key"], OTHERS)[place]), (second, SECOND[place])]


def _stepped(points):
    return (points / STEP).to_integral_value() * STEP


def _counted(county, round, branch, part, two, marks):
    (one, words), (other, more) = marks
    is_apart = abs(one - other) > tolerance(round, Decimal(str(part["points"])))
    return ManualScore(
        year=round.year, branch=branch, part=part["key"], points=cents((one + other) / 2), is_settled=is_apart,
        reason=APART["words"] if is_apart else "；".join(dict.fromkeys([words, more])),
        judged_by=county.users["gongwei"] if is_apart else two[1],
    )  # fmt: skip
