"""Dated acts on the organisations of the invented county, and what still stands to be mended in their setting."""

from datetime import date

from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from branches.actions import add_below
from branches.demo import COUNTY, new_key
from branches.models import Branch, OrgChange, School
from jobs.copying import insert
from members.models import Post

BIG = 54  # members of the branch that is too large
UNITS = 6  # of the joint branch that covers too many
Kind, Change = Branch.Kind, OrgChange.Kind


def prepare(county):
    """Before the roster: one branch has more members than a branch should have."""
    if sketch := next((one for one in county.sketches if _is_large(one, county)), None):
        sketch.headcount = BIG


def _is_large(sketch, county):
    uppers = [one for one in county.sketches if one.parent is sketch.parent]
    return (
        sketch.is_leaf and sketch.headcount >= 30 and not sketch.is_retired and not sketch.seat and not sketch.is_vacant
        and sketch.branch.closed_on is None and sketch.parent.parent_id is not None and sketch is not uppers[0]
    )  # fmt: skip


def build(county, rng):
    """After the elections: the acts of three years, one secretary for two branches, a joint branch of six units."""
    rows = [*_renamed(county), *_upgraded(county), *_ended(county, rng)]
    insert(rows)
    OrgChange.objects.update(created_at=Cast(F("on"), DateTimeField()))
    _two_posts(county)
    _many_units(county)


def _row(county, branch, kind, on, number, **words):
    on = min(on, county.today)
    number = f"示例〔{on.year}〕{number}号"
    return OrgChange(branch=branch, kind=kind, on=on, number=number, created_by=county.users["gongwei"], **words)


def _renamed(county):
    """Two schools were given other names; their branches followed."""
    named = [one.branch for one in county.sketches if one.is_leaf and not one.seat and "小学" in one.branch.name]
    last, this = county.years
    for branch, on in zip(named[1:3], (date(last, 9, 1), date(this, 3, 10)), strict=False):
        before = branch.name.replace("小学", "完全小学", 1)
        yield _row(
            county, branch, Change.RENAMED, on, 9, before=before, after=branch.name, reason="学校更名"
        )  # fmt: skip


def _upgraded(county):
    """A 总支 that was one large branch until before the records begin; a 党委 that was a 总支 until this January."""
    last, this = county.years
    if general := next((one.branch for one in county.sketches if one.branch.kind == Kind.GENERAL), None):
        below = [one.branch.name for one in county.sketches if one.parent is general]
        after = "、".join(below)[:100]
        on = date(last - 1, 9, 1)
        yield _row(
            county, general, Change.UPGRADED, on, 21, before=Kind.BRANCH, after=Kind.GENERAL, reason="党员超过 50 人"
        )
        yield _row(county, general, Change.OVERSIZED, on, 21, before=general.name, after=after)
    if committee := next((one.branch for one in county.sketches if one.branch.kind == Kind.COMMITTEE), None):
        on = date(this, 1, 10)
        yield _row(
            county,
            committee,
            Change.UPGRADED,
            on,
            2,
            before=Kind.GENERAL,
            after=Kind.COMMITTEE,
            reason="党员超过 100 人",
        )


def _ended(county, rng):
    """What was merged, what was founded for a time, and what was dissolved when its time was over."""
    last, _ = county.years
    for sketch in county.sketches:
        branch = sketch.branch
        if sketch.successor:
            on = branch.closed_on.replace(month=branch.closed_on.month + 1, day=1)
            yield _row(
                county,
                branch,
                Change.MERGED,
                on,
                18,
                before=branch.name,
                after=sketch.successor.branch.name,
                reason="学校撤并",
            )
        if branch.kind == Kind.TEMPORARY:
            yield _row(county, branch, Change.FOUNDED, branch.founded_on, 15, after=branch.name)
    name = f"中共{COUNTY}{last}年高考服务保障临时支部委员会"
    ended = Branch(
        name=name, kind=Kind.TEMPORARY, founded_on=date(last, 5, 20), closed_on=date(last, 6, 30), row_key=new_key(rng),
        order=len(county.sketches) + 1, note="任务完成，自然撤销",
        stage=Branch.Stage.OFFICE, area=Branch.Area.CITY, nature=Branch.Nature.PUBLIC,
    )  # fmt: skip
    add_below([(ended, county.top.branch)])
    yield _row(county, ended, Change.FOUNDED, ended.founded_on, 11, after=name)
    yield _row(county, ended, Change.DISSOLVED, date(last, 7, 1), 14, before=name, reason="任务完成")


def _two_posts(county):
    """In one small branch the secretary's seat is held by the secretary of another: a thing the check finds."""
    singles = [
        one for one in county.sketches
        if one.is_leaf and not one.seat and not one.is_vacant and one.branch.closed_on is None and one.committee
        and one.term.started_on < county.today and not one.term.committee_size
    ]  # fmt: skip
    if len(singles) < 2:
        return
    other, small = singles[:2]
    posts = Post.objects.filter(term=small.term, office=Post.Office.SECRETARY)
    lead = Post.objects.filter(term=other.term, office=Post.Office.SECRETARY, ended_on=None).first()
    if lead:
        on = max(small.term.started_on, other.term.started_on)
        posts.delete()
        post = Post.objects.create(
            term=small.term, member_id=lead.member_id, office=Post.Office.SECRETARY, started_on=on
        )
        small.leaders = [row for row in small.leaders if row[2] is not small.term]
        other.leaders.append(
            (post.member_id, post.member.name, small.term, on)
        )  # what is held by whom is read from here


def _many_units(county):
    joint = next((one for one in county.sketches if one.branch.kind == Kind.JOINT), None)
    if joint:
        names = [f"云岭{word}村小学教学点" for word in "梨柳松竹杏槐"]
        more = [School(name=name) for name in names[: max(0, UNITS - len(joint.schools))]]
        insert(more)
        joint.branch.schools.add(*more)
