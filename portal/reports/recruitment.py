"""发展党员: 台账 (3), 名册 and 发展计划完成表 (4), as the steps stood on the day asked."""

from dataclasses import replace

from django.db.models import F

from branches.models import Branch
from portal.reports.table import RATE, SUM, Column, Table
from recruitment import ledger, legality, quotas, steps, wording
from recruitment.ledger_sheet import CLOSED, CLOSED_BY, COLUMNS, PERSON, ROLLS
from recruitment.models import Application, ApplicationStay, RecruitmentQuota

LEDGER = [Column(label, width) for label, width, _ in COLUMNS]
PLACE = "党支部"
PLANS = [
    Column("党委", 30), Column("上报计划（人）", 9, SUM), Column("下达名额（人）", 9, SUM), Column("依据文号", 18),
    Column("完成（人）", 9, SUM), Column("其中业务骨干（人）", 9, SUM), Column("业务骨干占比", 9, RATE, ((5,), (), (4,))),
    Column("占比要求（%）", 9), Column("剩余名额（人）", 9),
]  # fmt: skip
DONE = [Column("姓名", 12), Column("党支部", 40), Column("批准日期", 11), Column("业务骨干", 9), Column("学校领导", 9)]
ROLL_WORDS = (
    "三本名册：姓名等基本情况、各步日期、联系人或介绍人、下一步",
    "完成表：计划",
    "名额",
    "完成",
    "业务骨干",
    "业务骨干占比",
    "剩余",
)


def _lines(ask):
    """Lines of the files that were open on some day of the year up to the day asked, each cut off at that day."""
    found = Application.objects.visible_to(ask.user).filter(
        branch__in=ask.keys("recruit.see"), applied_on__lte=ask.on
    )  # fmt: skip
    found = found.exclude(ended_on__lt=ask.first).for_list().order_by("branch__order", "branch_id", "applied_on", "pk")
    lines = ledger.lines(found, ask.user, ask.on)
    return [_as_of(line, ask.on) for line in lines] if ask.is_past else lines


def _as_of(line, on):
    """The line without the steps taken later."""
    road, application = line.road, line.application
    case = replace(road.case, acts=tuple(act for act in road.case.acts if act.on <= on))
    if application.ended_on and application.ended_on > on:
        application.outcome = ""
    application.stage, application.step, _ = steps.where(case)
    acts = legality.standing(case)
    following = [] if application.outcome else legality.following(case, on=on, is_working=road.is_working)
    gaps = legality.gaps(case, on=on, is_working=road.is_working)
    road = replace(road, case=case, acts=acts, following=wording.in_turn(following, on), gaps=gaps)
    return replace(line, road=road, rows={key: row for key, row in line.rows.items() if key in acts})


def _places(ask, lines):
    """application → the name of the branch in which the person was led on the day."""
    stays = ApplicationStay.objects.filter(
        application__in=[line.application.pk for line in lines], started_on__lte=ask.on
    )
    stays = stays.order_by("started_on", "pk").annotate(name=F("branch__name"))
    return {row.application_id: ask.former.get(row.branch_id, row.name) for row in stays}


def _cells(line, columns, places):
    at = places.get(line.application.pk)
    return tuple(at if label == PLACE and at else cell(line) for label, _, cell in columns)


def ledger_of_year(ask):
    lines = _lines(ask)
    closed = {
        label for key, labels in CLOSED_BY.items() if any(not line.sees(key) for line in lines) for label in labels
    }
    columns = [replace(each, label=f"{each.label}（{CLOSED}）") if each.label in closed else each for each in LEDGER]
    places = _places(ask, lines)
    rows = [_cells(line, COLUMNS, places) for line in lines]
    note = "列本年在办和本年办结的；学历、职务职称、骨干类别、联系人按目前登记。"
    return [Table("发展党员台账", f"{ask.year}年发展党员工作台账（全程纪实）", columns, rows, unit="人", note=note)]


def rolls(ask):
    lines = [line for line in _lines(ask) if not line.application.outcome]
    places, tables = _places(ask, lines), []
    for title, stages, further in ROLLS:
        columns = [*PERSON, *further, ("下一步", 30, ledger.due_words)]
        rows = [_cells(line, columns, places) for line in lines if line.application.stage in stages]
        tables.append(
            Table(title, title, [Column(label, width) for label, width, _ in columns], rows, unit="人", empty="没有这一类同志")
        )  # fmt: skip
    return [*tables, *_plans(ask)]


def _plans(ask):
    plans = RecruitmentQuota.objects.visible_to(ask.user).filter(year=ask.year, branch__in=ask.keys("recruit.see"))
    plans = plans.select_related("branch").order_by("branch__order", "branch")
    files = Application.objects.visible_to(ask.user).filter(branch__in=ask.keys("recruit.see"))
    lines = quotas.lines(plans, files, ask.year, on=ask.on)
    rows = [
        (
            ask.name(line.quota.branch), line.quota.planned, line.quota.places, line.quota.number, len(line.admitted),
            line.backbones, None, line.quota.backbone_share, line.left,
        )
        for line in lines
    ]  # fmt: skip
    people = [person for line in lines for person in line.admitted]
    names = (
        dict(Branch.objects.filter(pk__in={person.branch for person in people}).values_list("pk", "name")) | ask.former
    )
    done = [
        (person.application.member.name, names[person.branch], person.on, person.is_backbone, person.is_head)
        for person in people
    ]  # fmt: skip
    title = f"{ask.year}年发展党员计划完成表"
    return [
        Table("计划完成表", title, PLANS, rows, note=quotas.LIMIT, empty="还没有登记这一年的发展计划"),
        Table("完成人员", f"{title}（完成人员）", DONE, done, unit="人", evidence=True, empty="还没有完成的"),
    ]
