"""年初启用: what a new year needs, step by step, and one act that does all that needs nobody's judgement. Safe to repeat."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from assessment import drafting
from assessment.models import Round, Scheme
from branches import dossier
from branches.actions import root
from branches.models import Branch, ContactPoint, Instructor, ResponsibilityLine
from branches.rights import may, require
from duties.models import Duty
from meetings.models import StudyPlan
from portal import actions
from portal.settings import calendar
from recruitment.models import RecruitmentQuota
from rulebook.book import value
from rulebook.models import CalendarDay, SchoolTerm

VERB = "year.open"
DONE, WAITING, NEEDLESS, BY_HAND = "done", "waiting", "needless", "by_hand"
SMALL = 300  # organisations up to which the page does it while one waits


class State(NamedTuple):
    """How far a step is, in words."""

    state: str
    words: str


@dataclass(frozen=True)
class Step:
    """One thing of the new year: how far it is, what would be done, where it is done by hand."""

    key: str
    label: str
    look: Callable  # (year, on) → State
    route: str
    will: str = ""
    act: Callable | None = None  # (year, by, on) → what was done, in words
    verb: str = ""  # what doing it asks for, beyond opening the year


def years(on):
    """The years that may be opened: this one and, from the day that the county says, the next."""
    opens = value("portal.next_year", on=on)["opens"]
    return [on.year, on.year + 1] if f"{on:%m-%d}" >= opens else [on.year]


# --- the steps


def _duties(year, on):
    count = Duty.objects.filter(year=year, notice=None).count()
    return State(DONE, f"已生成 {count} 件") if count else State(WAITING, "还没有生成")


def _make_duties(year, by, on):
    actions.tend(year, by=by)
    return f"生成应办事项 {Duty.objects.filter(year=year, notice=None).count()} 件"


def _scheme(kind):
    def look(year, on):
        found = Scheme.objects.filter(year=year, kind=kind).order_by("-pk").first()
        if found is None:
            return State(WAITING, "还没有方案")
        return State(DONE, f"{found.get_state_display()}：{found.title}")

    return look


def _draft(kind):
    def act(year, by, on):
        return f"起草{drafting.start(year, kind, by=by, on=on).title}"

    return act


def _lists(year):
    """The organisations that laid down lines last year and none for this one."""
    last = ResponsibilityLine.objects.filter(year=year - 1).values("branch")
    have = ResponsibilityLine.objects.filter(year=year).values("branch")
    return Branch.objects.filter(pk__in=last).exclude(pk__in=have).filter(closed_on=None).in_order()


def _lines(year, on):
    if count := _lists(year).count():
        return State(WAITING, f"{count} 个党组织还没有 {year} 年的清单")
    count = ResponsibilityLine.objects.filter(year=year).count()
    return State(DONE, f"已有 {count} 条") if count else State(NEEDLESS, "上年没有清单，从头制定")


def _carry_lines(year, by, on):
    count = sum(dossier.carry_lines(branch, year, by=by, on=on) for branch in _lists(year))
    return f"沿用责任清单 {count} 条"


def _ended(model, year):
    """Whose time at a branch ended with the last year, and who was not sent there again."""
    turn = date(year, 1, 1)
    rows = model.objects.filter(
        ended_on__range=(turn - timedelta(days=31), turn - timedelta(days=1)), branch__closed_on=None
    )
    rows = rows.select_related("branch", "user").order_by("branch__order", "pk")
    again = set(model.objects.exclude(ended_on__lt=turn).values_list("branch", "name"))
    return [row for row in rows if (row.branch_id, row.name) not in again]


def _looking_after(model, label):
    def look(year, on):
        if count := len(_ended(model, year)):
            return State(WAITING, f"{count} 个{label}的安排到上年底为止")
        running = model.objects.on(max(on, date(year, 1, 1))).count()
        return State(DONE, f"{running} 个在联系，长期有效的自动接续") if running else State(NEEDLESS, "没有要接续的")

    return look


def _go_on(model, label):
    def act(year, by, on):
        done, left = 0, 0
        for row in _ended(model, year):
            if row.user_id == by.pk:  # nobody gives rights to oneself
                left += 1
                continue
            dossier.look_after(
                model, [row.branch], name=row.name, position=row.position, started_on=date(year, 1, 1),
                ended_on=date(year, 12, 31), number=row.number, user=row.user if row.user and row.user.is_active else None,
                by=by, on=on,
            )  # fmt: skip
            done += 1
        return f"接续{label} {done} 个" + (f"，您自己的 {left} 个请另一位同志办理" if left else "")

    return act


def _holidays(year, on):
    if count := CalendarDay.objects.filter(on__year=year).count():
        return State(DONE, f"已录入 {count} 天")
    if calendar.announced(year):
        return State(WAITING, "国务院办公厅已公布，还没有录入")
    return State(BY_HAND, "还没有公布或者没有录入，截止日先按周一至周五暂定")


def _enter_holidays(year, by, on):
    source = f"国务院办公厅关于{year}年部分节假日安排的通知"
    return f"录入节假日 {calendar.lay_down(year, calendar.announced(year), source=source, by=by, on=on)} 天"


def _terms(year, on):
    found = SchoolTerm.objects.filter(started_on__year=year)
    count, open_ones = found.count(), found.filter(is_provisional=True).count()
    if count >= 2 and not open_ones:
        return State(DONE, "两个学期都已录入")
    return State(BY_HAND, f"录入 {count} 个学期，其中暂定 {open_ones} 个，校历公布后改")


def _plans(year, on):
    count = StudyPlan.objects.filter(year=year, branch__parent=None).count()
    return State(DONE, f"工委已定 {count} 份") if count else State(BY_HAND, "工委的学习计划、学法方案由办公室制定")


def _quotas(year, on):
    count = RecruitmentQuota.objects.filter(year=year).count()
    return State(DONE, f"已登记 {count} 个党委") if count else State(BY_HAND, "各党委上报计划后登记、下达")


def _letters(year, on):
    return State(BY_HAND, "签订后由各党组织登记")


DRAFTED, WENT_ON = "照上一份方案起草，改好后另行发布", "上年底到期的接续到今年底"
STEPS = (
    Step("duties", "应办事项", _duties, "duties:list", "按现行规则生成全年各期，有节假日的顺延", _make_duties),
    Step("scheme", "党支部考核方案", _scheme(Scheme.Kind.BRANCH), "assessment:schemes", DRAFTED, _draft(Scheme.Kind.BRANCH)),
    Step(
        "committee_scheme", "党委、党总支考核方案", _scheme(Scheme.Kind.COMMITTEE), "assessment:schemes", DRAFTED,
        _draft(Scheme.Kind.COMMITTEE),
    ),
    Step("lines", "“四责”清单", _lines, "branches:duties4", "照上年逐条沿用，可以再改", _carry_lines),
    Step(
        "contacts", "联系点", _looking_after(ContactPoint, "联系点"), "branches:contacts", WENT_ON,
        _go_on(ContactPoint, "联系点"),
    ),
    Step(
        "instructors", "党建指导员", _looking_after(Instructor, "指导员"), "branches:instructors", WENT_ON,
        _go_on(Instructor, "党建指导员"),
    ),
    Step("holidays", "节假日", _holidays, "portal:calendar", "按国务院办公厅的通知填入", _enter_holidays, "setting.edit"),
    Step("terms", "学期", _terms, "portal:calendar"),
    Step("plans", "学习计划和学法方案", _plans, "meetings:plans"),
    Step("letters", "责任书", _letters, "members:letters"),
    Step("quotas", "发展党员计划", _quotas, "recruitment:quotas"),
)  # fmt: skip


def look(year, *, by, on):
    """[(step, its state)] of a year. What this person may not do is said to be for somebody else."""
    found = []
    for step in STEPS:
        state = step.look(year, on)
        if state.state == WAITING and step.verb and not may(by, step.verb):
            state = State(BY_HAND, f"{state.words}；请管理员办理")
        found.append((step, state))
    return found


@transaction.atomic
def open_year(year, *, by, on):
    """Do every step that is open and needs nobody's judgement. Returns {key: what was done}; empty when nothing was left."""
    require(by, VERB, at=root())
    if year not in years(on):
        raise ValidationError(f"只能启用 {'、'.join(map(str, years(on)))} 年。")
    if Round.objects.filter(year=year).exists():
        raise ValidationError(f"{year} 年度考核已经启动，不用再启用。")
    top = Branch.objects.select_for_update(of=("self",)).get(parent=None)  # pressed twice, the second finds it done
    done = {
        step.key: step.act(year, by, on)
        for step, state in look(year, by=by, on=on)
        if state.state == WAITING and step.act
    }
    if done:
        audit.record(VERB, top, by=by, year=year, done=done)
    return done


def told(events, year):
    """[(event, what was done then, in words)] of those events that opened this year."""
    labels = {step.key: step.label for step in STEPS}
    return [
        (event, [(labels.get(key, ""), words) for key, words in event.detail["done"].items()])
        for event in events
        if event.detail.get("year") == year
    ]
