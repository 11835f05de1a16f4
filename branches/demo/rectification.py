"""整改 in the invented county: what 巡察, 述职 and 民主评议 brought up, and how far every open item has come by the branch's
manner: done in time, late, sent back, long overdue, taken up again. In bulk, as the acts would have left it."""

from datetime import date, datetime, time, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast
from django.utils import timezone

from branches.demo.county import GOOD, ORDINARY, WEAK
from branches.models import Rectification, RectificationStep
from jobs.copying import insert, rewrite

State, Source, Act = Rectification.State, Rectification.Source, RectificationStep.Act
WALKED = (
    Source.SCREENING,
    Source.LIFE_MEETING,
    Source.PATROL,
    Source.REVIEW,
    Source.APPRAISAL,
)  # 督导检查 walks its own
SHARE = {GOOD: 0.10, ORDINARY: 0.22, WEAK: 0.75}  # of organisations with something from outside in the year
NEVER = {GOOD: 0.0, ORDINARY: 0.03, WEAK: 0.2}
LATE = {GOOD: 0.0, ORDINARY: 0.08, WEAK: 0.4}
BACK = {GOOD: 0.02, ORDINARY: 0.08, WEAK: 0.3}
UNSEEN = 0.4  # of those handed in lately: nobody above has looked yet
AGAIN = 0.02  # of those done long ago: the problem came back
PROBLEMS = {  # source → (文号, what is wrong with what to do)
    Source.PATROL: ("云岭巡〔{year}〕4号", [
        ("党费收缴台账与公示表不一致，未按月公示。", "逐月核对台账，补做公示。"),
        ("党员大会记录不完整，缺应到、实到人数。", "对照台账补全记录，落实专人记录。"),
        ("“三重一大”事项决策记录不规范。", "修订议事规则，补全决策记录。"),
    ]),
    Source.REVIEW: ("", [
        ("抓支部班子成员“一岗双责”不够实。", "明确分工，每季度听取一次汇报。"),
        ("联系教学一线党员教师不经常。", "支委每月听课、谈心不少于两次。"),
    ]),
    Source.APPRAISAL: ("", [
        ("党员先锋岗作用发挥不明显。", "划定责任区，公开承诺，半年评一次。"),
    ]),
}  # fmt: skip
DONE = (
    "已对照问题逐项补齐，台账和公示已经核对一致。",
    "已修订制度并开会明确，此后各月按制度执行。",
    "已落实到人，最近一次检查未再发现。",
)
WHY = {
    Act.RETURN: "只补了一部分，其余月份还没有补齐，请补齐后再报。",
    Act.REOPEN: "复查发现同样的问题又出现，请重新整改。",
}


def build(county, rng):
    places = {sketch.branch.pk: sketch for sketch in county.sketches if not sketch.branch.closed_on}
    made = insert(_raised(county, rng, places.values()))
    insert(
        [RectificationStep(item=item, act=Act.RAISE, on=item.raised_on, created_by=item.created_by) for item in made]
    )
    walk = _Walk(county, rng)
    open_items = Rectification.objects.filter(state=State.OPEN, source__in=WALKED, branch__in=places)
    order = ("branch__order", "branch__name", "source", "raised_on", "due_on", "problem")  # whoever raised them first
    items = [item for item in open_items.order_by(*order) if walk.through(item, places[item.branch_id])]
    fields = [
        "state", "measure", "owner", "done", "submitted_by", "submitted_at", "accepted_by", "accepted_at", "settled_on",
        "reopened", "due_on",
    ]  # fmt: skip
    rewrite(items, fields)
    insert(walk.steps)
    for model, day in (
        (Rectification, "raised_on"),
        (RectificationStep, "on"),
    ):  # an hour of that day, not of the build
        model.objects.update(created_at=Cast(F(day), DateTimeField()) + timedelta(hours=2))


def _raised(county, rng, sketches):
    """What came from outside in the running year."""
    for sketch in sketches:
        if rng.random() >= SHARE[sketch.manner[1]]:
            continue
        source = rng.choice(list(PROBLEMS))
        number, problems = PROBLEMS[source]
        on = max(
            date(county.today.year, 1, 1), county.today - timedelta(days=rng.randint(3, 200)), sketch.branch.founded_on
        )
        if on > county.today:
            continue
        problem, measure = rng.choice(problems)
        yield Rectification(
            branch=sketch.branch, source=source, source_number=number.format(year=on.year), problem=problem, measure=measure,
            raised_on=on, due_on=on + timedelta(days=rng.choice([30, 45, 60])), created_by=county.users["gongwei"],
        )  # fmt: skip


class _Walk:
    """Items on their road until today, with their steps."""

    def __init__(self, county, rng):
        self.county, self.rng, self.today, self.steps = county, rng, county.today, []

    def through(self, item, sketch):
        """Take the item as far as its branch would have; returns whether anything happened."""
        manner, rng, by = sketch.manner[1], self.rng, sketch.author
        staff, admin = self.county.users["gongwei"], self.county.users["gongwei-admin"]
        judge = staff if by != staff else admin
        item.owner = item.owner or "党组织书记"
        item.measure = item.measure or "列出清单，逐项落实到人，月底前报送情况。"
        begun = self._took(item, Act.PLAN, item.raised_on + timedelta(days=rng.randint(1, 6)), by)
        if not begun or rng.random() < NEVER[manner]:
            return begun
        room = max(2, (item.due_on - item.raised_on).days)
        after = room + rng.randint(4, 40) if rng.random() < LATE[manner] else rng.randint(room // 2, room)
        on = item.raised_on + timedelta(days=max(after, 2))
        if rng.random() < BACK[manner]:
            if not self._handed_in(item, on - timedelta(days=1), by):
                return True
            if self._took(item, Act.RETURN, on + timedelta(days=2), judge):
                item.state = State.RETURNED
            on += timedelta(days=rng.randint(6, 25))
        if item.state == State.SUBMITTED or not self._handed_in(item, on, by):
            return True
        looked = on + timedelta(days=rng.randint(1, 9))
        if (self.today - on).days < 60 and rng.random() < UNSEEN:
            return True
        if not self._took(item, Act.ACCEPT, looked, judge):
            return True
        item.state, item.accepted_by, item.accepted_at, item.settled_on = State.ACCEPTED, judge, _at(looked), on
        closed = looked + timedelta(days=rng.randint(1, 30))
        if self._took(item, Act.CLOSE, closed, judge):
            item.state = State.CLOSED
            again = closed + timedelta(days=rng.randint(60, 120))
            if rng.random() < AGAIN and self._took(item, Act.REOPEN, again, judge):
                item.state, item.reopened, item.due_on = State.OPEN, 1, again + timedelta(days=30)
                item.accepted_by = item.accepted_at = item.settled_on = None
        return True

    def _handed_in(self, item, on, by):
        words = self.rng.choice(DONE)
        if not self._took(item, Act.SUBMIT, on, by, words):
            return False
        item.state, item.done, item.submitted_by, item.submitted_at = State.SUBMITTED, words, by, _at(on)
        return True

    def _took(self, item, act, on, by, words=""):
        """Whether the step was taken by today; one of tomorrow was not."""
        if on > self.today:
            return False
        self.steps.append(RectificationStep(item=item, act=act, on=on, words=words or WHY.get(act, ""), created_by=by))
        return True


def _at(day):
    return datetime.combine(day, time(10), tzinfo=timezone.get_default_timezone())
