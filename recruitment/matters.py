"""Beside the steps: 公示 from its first to its last working day, 政审联审 with what each department answered."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.rights import require
from files.secrecy import refuse_marked
from recruitment import legality
from recruitment.cases import calendar, cases
from recruitment.models import Application, DepartmentReply, Publicity
from recruitment.road import in_force
from rulebook.book import is_calendar_known, rule, value

Matter, Conclusion = Publicity.Matter, DepartmentReply.Conclusion
DAY = timedelta(days=1)
LONGEST = timedelta(days=180)  # a notice that hangs longer is a slip of the pen
SETTLED_BY = {  # the step that rests on the notice: from then on it stays as it is
    Matter.PROSPECT: "confirm_prospect",
    Matter.ADMISSION: "committee_approval",
    Matter.CONVERSION: "conversion_approval",
}
FOLLOWS = {  # what must be done before there is anything to make public
    Matter.PROSPECT: "confirm_activist",
    Matter.ADMISSION: "political_review",
    Matter.CONVERSION: "committee_approval",
}


def _open(application, verb, by):
    """The locked application, open, of a branch where `by` may."""
    application = (
        Application.objects.select_for_update(of=("self",)).select_related("branch", "member").get(pk=application.pk)
    )
    require(by, verb, at=application.branch)
    if application.outcome:
        raise ValidationError(f"档案已办结（{application.get_outcome_display()}），不能再办理。")
    return application, legality.standing(cases([application])[application.pk])


# --- 公示


def suggested_end(matter, started_on):
    """(last day of a notice that begins on that day, whether it is provisional: the year's holidays are not entered yet)."""
    days = value("recruit.public_days", on=started_on)
    end = legality.last_workday(started_on, days[matter] if days else 0, calendar())
    return end, not all(is_calendar_known(year) for year in {started_on.year, end.year})


def open_notice(application, matter):
    """The notice on which the step rests: the last one of that matter."""
    return application.publicities.filter(matter=matter).order_by("-pk").first()


def begun_on(application, step):
    """The day of a step as it was entered last, or None: what lies before it belongs to an earlier turn of the road."""
    row = application.steps.filter(step=step, is_undone=False).order_by("-pk").first()
    return row and row.on


def is_of_this_turn(notice):
    since = begun_on(notice.application, FOLLOWS[notice.matter])
    return since is None or since <= notice.started_on


def lacks_result(application, notice):
    """An old ledger tells the days of a notice, not what came in: that may be added at any time, once."""
    return application.is_imported and notice.objections is None


def _frozen(matter, acts):
    if SETTLED_BY[matter] in acts:
        raise ValidationError("这项公示之后的步骤已经办理，不能再改；确需重新公示的，请先退回该步骤。")


@transaction.atomic
def publish(notice, *, version=None, by, today):
    """Enter a notice, or put one right until its step is taken: at least as many working days as the rule asks for."""
    application, acts = _open(notice.application, "recruit.edit", by)
    _frozen(notice.matter, acts)
    if FOLLOWS[notice.matter] not in acts:
        raise ValidationError("还没有办到需要公示的一步。")
    first = acts[FOLLOWS[notice.matter]][0].on
    if notice.pk:
        known = Publicity.objects.select_for_update(of=("self",)).get(pk=notice.pk)
        known.claim(version)
        if known.application_id != application.pk or known.matter != notice.matter:
            raise ValidationError("公示的对象和事项不能更改，请另行登记。")
        _frozen(known.matter, acts)
        notice.version = known.version
        if (known.started_on, known.ended_on) == (notice.started_on, notice.ended_on):
            notice.objections, notice.settled = known.objections, known.settled
        elif known.objections is not None:
            # Other days are another notice: what came in by the first one stays on record.
            notice = Publicity(
                application=application, matter=notice.matter, started_on=notice.started_on, ended_on=notice.ended_on,
                place=notice.place, created_by=by,
            )  # fmt: skip
    else:
        notice.created_by = by
    if notice.started_on < first:
        label = in_force(first).steps[FOLLOWS[notice.matter]].label
        raise ValidationError({"started_on": f"公示应在“{label}”（{first:%Y-%m-%d}）以后。"})
    if notice.started_on > today:
        raise ValidationError({"started_on": "公示开始日期不能晚于今天。"})
    refuse_marked(notice.place, "公示地点")
    end, is_provisional = suggested_end(notice.matter, notice.started_on)
    if notice.ended_on < end:
        found = rule("recruit.public_days", on=notice.started_on)
        soon = "（当年放假安排尚未录入，暂按周一至周五计算）" if is_provisional else ""
        raise ValidationError({
            "ended_on": f"公示不少于 {found.value[notice.matter]} 个工作日，最早到 {end:%Y-%m-%d} 结束{soon}。（{found.source}）"
        })  # fmt: skip
    if notice.ended_on > max(end, notice.started_on + LONGEST):
        raise ValidationError({"ended_on": f"公示时间超过 {LONGEST.days} 天，请核对结束日期。"})
    notice.full_clean()
    notice.save()
    audit.record(
        "recruit.publish", application, by=by, matter=notice.matter, since=str(notice.started_on),
        until=str(notice.ended_on),
    )  # fmt: skip
    return notice


@transaction.atomic
def close_notice(notice, *, objections, settled="", version=None, by, today):
    """After its last day: how many told something, and what was found (the conclusion only)."""
    application, acts = _open(notice.application, "recruit.edit", by)
    notice = Publicity.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if not lacks_result(application, notice):
        _frozen(notice.matter, acts)
    if version is not None:
        notice.claim(version)
    if today <= notice.ended_on:
        raise ValidationError(f"公示到 {notice.ended_on:%Y-%m-%d} 为止，期满以后再登记结果。")
    refuse_marked(settled, "调查核实结论")
    notice.objections, notice.settled = objections, settled.strip()
    notice.full_clean()
    notice.save()
    audit.record("recruit.close_notice", application, by=by, matter=notice.matter, objections=objections)
    return notice


# --- 政审联审


def due_day(asked_on):
    """By which day a department answers, the day after asking counted first."""
    return legality.last_workday(asked_on + DAY, value("recruit.reply_days", on=asked_on) or 0, calendar())


@transaction.atomic
def ask(application, departments, *, asked_on, number="", by, today):
    """Ask these departments at once; each has the same last day."""
    application, acts = _open(application, "review.edit", by)
    if "political_review" in acts:
        raise ValidationError("政治审查已经办结，不再发函。")
    if "confirm_prospect" not in acts:
        raise ValidationError("确定为发展对象以后再办理政审联审。")
    if not acts["confirm_prospect"][0].on <= asked_on <= today:
        raise ValidationError({"asked_on": "发函日期应在确定发展对象之后，不晚于今天。"})
    departments = [name.strip() for name in departments if name.strip()]
    if not departments or len(set(departments)) != len(departments):
        raise ValidationError({"departments": "请选要发函的部门，每个部门一次。"})
    refuse_marked(number, "文号")
    rows = []
    for name in departments:
        refuse_marked(name, "部门")
        row = DepartmentReply(
            application=application, department=name, asked_on=asked_on, due_on=due_day(asked_on), number=number.strip(),
            created_by=by,
        )  # fmt: skip
        row.full_clean()
        row.save()
        rows.append(row)
    audit.record("recruit.ask", application, by=by, departments=len(rows), asked_on=str(asked_on))
    return rows


@transaction.atomic
def answer(reply, *, conclusion, replied_on, version=None, by, today):
    """A department's conclusion and nothing more; the record of the act does not say it."""
    application, acts = _open(reply.application, "review.edit", by)
    reply = DepartmentReply.objects.select_for_update(of=("self",)).get(pk=reply.pk)
    if version is not None:
        reply.claim(version)
    if "political_review" in acts:
        raise ValidationError("政治审查已经办结，回复不能再改。")
    if conclusion not in Conclusion.values:
        raise ValidationError({"conclusion": "请选结论。"})
    if not reply.asked_on <= replied_on <= today:
        raise ValidationError({"replied_on": f"回复日期应在发函日期 {reply.asked_on:%Y-%m-%d} 和今天之间。"})
    reply.conclusion, reply.replied_on = conclusion, replied_on
    reply.full_clean()
    reply.save()
    audit.record("recruit.answer", application, by=by, reply=reply.pk, replied_on=str(replied_on))
    return reply


def asked_now(application):
    """What departments were asked since the person is a prospect: answers from before that are of another review."""
    since = begun_on(application, "confirm_prospect")
    return application.replies.filter(asked_on__gte=since) if since else application.replies.all()


def waiting_for(application, on):
    """The departments of the rule, and others asked, whose last answer by that day is missing or not clear."""
    latest = {}
    for row in asked_now(application).order_by("asked_on", "pk"):
        latest[row.department] = row
    wanted = dict.fromkeys([*(value("recruit.departments", on=on) or ()), *latest])
    return [
        name
        for name in wanted
        if name not in latest
        or latest[name].conclusion != Conclusion.CLEAR
        or latest[name].replied_on > on
    ]  # fmt: skip


def reviewed(application, on):
    """Refuse a review that says passed while a department has not answered, doubts, or says no."""
    missing = waiting_for(application, on)
    if missing:
        raise ValidationError(f"{'、'.join(missing)}还没有回复“未发现问题”，政治审查不能登记为合格。（政审联审）")
