"""通报 of the last quarter and month, and the ladder 提醒→通报→约谈→问责建议 as it was climbed in the last weeks."""

from datetime import timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.demo import WEAK
from branches.models import Notice
from duties.demo.moments import at
from duties.demo.notices import Desk
from jobs.copying import insert
from reminders import bulletin as bulletins
from reminders import ladder
from reminders.models import Bulletin, LadderStep

Level, Kind = LadderStep.Level, Bulletin.Kind
LOOKED_AT = 60  # organisations, so that a large county costs no more than a small one
TAKEN = [  # days ago, how many steps, the least days overdue
    (44, 12, 20), (32, 5, 30), (20, 3, 45), (8, 1, 60),
]  # fmt: skip
ANSWERS = [
    "会议已按期召开，登记人员外出培训，未及时录入，本周内补登。", "当月学校迎检，活动推迟，下月一并安排，今后提前列入计划。",
    "经办同志交接时漏办，已明确专人负责。",
]  # fmt: skip
OUTCOME = "支部已作说明并补办，不再推进。"
PARTIES = "工委分管负责同志、党支部书记"


def build(county, rng):
    out = _bulletins(county, rng)
    _ladder(county, rng, out)


def _bulletins(county, rng):
    """The quarter that is over was signed and sent out; the month that is over is being drafted."""
    today, staff, leader = county.today, county.users["gongwei"], county.users["lingdao"]
    first, last = bulletins.stretch(Kind.QUARTER, bulletins.stretch(Kind.QUARTER, today)[0] - timedelta(days=1))
    if (on := last + timedelta(days=10)) > today:
        first, last = bulletins.stretch(Kind.QUARTER, first - timedelta(days=1))
        on = last + timedelta(days=10)
    out = _drafted(county, Kind.QUARTER, first, last, on)
    desk = Desk(county, rng)
    number = f"云岭教体工委通报〔{last.year}〕{(last.month + 2) // 3}号"
    notice = desk.issue(Notice.Kind.BULLETIN, on + timedelta(days=2), out.title, bulletins.as_text(out), number=number)
    notice.issued_by = leader
    desk.write()
    out.state, out.signed_by, out.signed_at = Bulletin.State.PUBLISHED, leader, at(on + timedelta(days=1), 15)
    out.notice, out.number = notice, notice.number
    out.save()
    first, last = bulletins.stretch(Kind.MONTH, today.replace(day=1) - timedelta(days=1))
    _drafted(county, Kind.MONTH, first, last, max(last + timedelta(days=1), today - timedelta(days=1)))
    Bulletin.objects.filter(created_by=staff).update(created_at=F("edited_at"))
    return out


def _drafted(county, kind, first, last, on):
    staff, top = county.users["gongwei"], county.top.branch
    found = bulletins.figures(top, first, last, on)
    return Bulletin.objects.create(
        branch=top, kind=kind, opens_on=first, ends_on=last, counted_on=on, figures=found, demands=bulletins.DEMANDS,
        created_by=staff, edited_by=staff, edited_at=at(on, 10), **bulletins.words(kind, first, on, found),
    )  # fmt: skip


def _ladder(county, rng, out):
    """On each of some days the steps that the rules proposed then: fewer and fewer organisations got further."""
    sketches = [sketch for sketch in county.sketches if sketch.is_star or (sketch.manner[1] == WEAK and sketch.term)]
    sketches = {sketch.branch.pk: sketch for sketch in sorted(sketches, key=lambda one: not one.is_star)[:LOOKED_AT]}
    named = {row["branch"] for row in out.figures["criticism"]}
    for days, count, least in TAKEN:
        on = county.today - timedelta(days=days)
        if on < county.top.term.started_on:
            continue
        found = [each for each in ladder.proposals(list(sketches), on, least=least) if days == TAKEN[0][0] or each.last]
        found = list({each.branch.pk: each for each in found}.values())  # one matter of each
        found.sort(key=lambda each: (not sketches[each.branch.pk].is_star, -each.days, each.branch.order))
        if days != TAKEN[0][0]:  # the star branch was reminded, and it goes no further
            found = [each for each in found if not sketches[each.branch.pk].is_star]
        steps = [
            LadderStep(
                branch=each.branch, subject=each.subject, level=each.level, basis=each.basis, duties=list(each.duties), on=on,
                created_by=county.users["gongwei"], parties=PARTIES if each.level == Level.TALK else "",
                bulletin=out if each.level == Level.BULLETIN and each.branch.pk in named and out.ends_on < on else None,
            )
            for each in found[:count]
        ]  # fmt: skip
        for step in steps:
            sketch = sketches[step.branch_id]
            if not sketch.is_star and rng.random() < 0.6:
                step.answer, step.answered_by = rng.choice(ANSWERS), sketch.author
                step.answered_at = at(on + timedelta(days=3), 16)
            if step.level == Level.ACCOUNTABILITY:
                step.handed_to, step.handed_on = "县纪委监委派驻纪检监察组", on + timedelta(days=2)
        insert(steps)
    done = LadderStep.objects.filter(level=Level.REMINDER).exclude(answered_at=None).order_by("pk").last()
    if done:
        further = LadderStep.objects.filter(branch=done.branch, subject=done.subject)
        further.update(outcome=OUTCOME, closed_by=county.users["gongwei"], closed_at=at(county.today, 9))
    LadderStep.objects.update(created_at=Cast("on", DateTimeField()))
