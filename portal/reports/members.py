"""党员: 花名册 (1), 民主评议汇总 (7), 党费 (12), 组织关系转接台账 (13), 双报到和政治生日 (17)."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

from django.db.models import Exists, Min, OuterRef, Q

from meetings.models import Meeting, MeetingKind
from members import community, dues_ledger, dues_sheet, roster_sheet
from members.dues import Rates
from members.dues_upward import quarter_of
from members.models import (
    Appraisal,
    AppraisalRow,
    CommunityService,
    DuesBase,
    Member,
    Membership,
    Transfer,
    TransferStep,
)
from portal.reports.table import MONEY, RATE, SUM, Column, Table, until

# --- 1

KEYS = (
    "branch", "name", "sex", "ethnicity", "birth_on", "id_number", "education", "joined_on", "converted_on", "kind", "posts",
    "work", "title", "phone", "standing", "whereabouts", "note",
)  # fmt: skip
ROSTER = [Column(*roster_sheet.COLUMNS[key][:2]) for key in KEYS]
KEPT = {"branch", "name", "kind"}  # of the membership itself; all else belongs to the branch of today
GONE = "现已不在本范围，只列当时的登记"
PORTION = 2000


def roster(ask):
    rows = Membership.objects.filter(branch__in=ask.keys("member.see")).on(ask.on).for_list()
    rows = rows.order_by("branch__order", "branch_id", "member__strokes", "pk")
    count = rows.count()
    return [
        Table("党员花名册", "党员花名册", ROSTER, lambda most: _roster(ask, rows[:most]), count=count, unit="人",
              note="身份证号、手机按权限遮盖；确需完整号码的，在“导出”中说明用途、经审批后导出。"),
    ]  # fmt: skip


def _roster(ask, rows):
    rows, found = list(rows), []
    members = [row.member_id for row in rows]
    here = set(Member.objects.visible_to(ask.user).filter(pk__in=members).values_list("pk", flat=True))
    beside = roster_sheet.Beside(members, ask.on)
    for row in rows:
        row.branch.name = ask.name(row.branch)
        cells = [
            roster_sheet.COLUMNS[key][2](row, beside) if key in KEPT or row.member_id in here else "" for key in KEYS
        ]
        if row.member_id not in here:
            cells[-1] = GONE
        found.append(tuple(cells))
    return found


# --- 7

GRADES = AppraisalRow.Grade
APPRAISALS = [
    Column("支部", 38), Column("组织生活会", 11), Column("评议日期", 11), Column("状态", 10), Column("应参加", 7, SUM),
    Column("参加", 7, SUM), Column("缺席", 7, SUM), Column("缺席原因", 18), Column("预备", 7, SUM), Column("优秀", 7, SUM),
    Column("合格", 7, SUM), Column("基本合格", 7, SUM), Column("不合格", 7, SUM), Column("优秀占比", 8, RATE, ((9,), (), (9, 10, 11, 12))),
]  # fmt: skip
APPRAISED = [
    Column("支部", 38), Column("姓名", 12), Column("人员类别", 10), Column("参加", 7), Column("缺席原因", 18), Column("等次", 10),
    Column("告知日期", 11),
]  # fmt: skip


def appraisals(ask):
    branches = list(ask.in_year("appraisal.see").graded())
    keys = [branch.pk for branch in branches]
    held = {row.branch_id: row for row in Appraisal.objects.filter(branch__in=keys, year=ask.year, held_on__lte=ask.on)}
    met = Meeting.objects.counted().filter(
        branch__in=keys, held_on__lte=ask.on, kinds__kind=MeetingKind.Kind.ORG_LIFE_MEETING, kinds__assessment_year=ask.year
    )  # fmt: skip
    met = dict(met.order_by().values_list("branch").annotate(Min("held_on")))
    lines = AppraisalRow.objects.filter(appraisal__in=[row.pk for row in held.values()]).select_related("member")
    of, rows, people = defaultdict(list), [], []
    for line in lines.order_by("member__strokes", "pk"):
        of[line.appraisal_id].append(line)
    for branch in branches:
        each, name = held.get(branch.pk), ask.name(branch)
        if each is None:
            rows.append((name, met.get(branch.pk), None, "未登记", *[None] * 10))
            continue
        listed = of[each.pk]
        grades = Counter(line.final or line.proposed for line in listed)
        absent = Counter(line.absent_reason or "未写" for line in listed if not line.is_present)
        rows.append(
            (
                name, met.get(branch.pk), each.held_on, each.get_state_display(), len(listed),
                len(listed) - absent.total(), absent.total(),
                "；".join(f"{reason} {count} 人" for reason, count in sorted(absent.items())),
                sum(line.kind == Membership.Kind.PROBATIONARY for line in listed), *(grades[grade] for grade in GRADES), None,
            )
        )  # fmt: skip
        people += [
            (
                name, line.member.name, line.get_kind_display(), line.is_present, line.absent_reason,
                line.get_final_display() or line.get_proposed_display(), until(line.told_on, ask.on),
            )
            for line in listed
        ]  # fmt: skip
    title = f"{ask.year}年度组织生活会与民主评议党员汇总表"
    note = "等次以审定的为准，未审定的按支部拟定；预备党员参加评议，不定等次；优秀占比＝优秀÷定等次人数。"
    return [
        Table("汇总", title, APPRAISALS, rows, note=note),
        Table("党员明细", f"{ask.year}年度民主评议党员登记表", APPRAISED, people, unit="人", evidence=True),
    ]


# --- 12

DUES = [
    Column("党支部", 40), Column("应交人数", 8, SUM), Column("应交（元）", 13, MONEY), Column("实交（元）", 13, MONEY),
    Column("欠缴人数", 8, SUM), Column("欠缴月次", 8, SUM), Column("收缴率", 8, RATE, ((3,), (), (2,))),
]  # fmt: skip
PAID = [
    Column("党支部", 38), Column("姓名", 12), Column("应交累计（元）", 12, MONEY), Column("实交累计（元）", 12, MONEY),
    Column("欠缴月份", 24), Column("备注", 14),
]  # fmt: skip


def dues(ask):
    """What was due, paid and is unpaid as the days of payment stood on the day asked."""
    branches, rates = list(ask.in_year("dues.see")), Rates()
    keys = [branch.pk for branch in branches]
    owed = dues_ledger.owed(keys, ask.first, date(ask.year, 12, 1))
    known = DuesBase.objects.filter(member__in={due.member for due in owed}, year=ask.year)
    bases = {base.member_id: base for base in known}
    accounts = defaultdict(lambda: defaultdict(lambda: [Decimal(0), Decimal(0), [], ""]))
    for due in owed:
        is_paid = due.paid is not None and (due.paid_on is None or due.paid_on <= ask.on)
        if not is_paid and due.until >= ask.on:
            continue
        account = accounts[due.branch][due.member]
        amount = (
            due.payable
            if is_paid and due.payable is not None
            else rates.due(bases.get(due.member), due.month, due.waived)
        )
        account[0] += amount or 0
        account[1] += due.paid if is_paid else 0
        if not is_paid and due.waived != 0:
            account[2].append(due.month)
        if amount is None:
            account[3] = "未登记基数"
    names = dict(Member.objects.filter(pk__in={due.member for due in owed}).values_list("pk", "name"))
    rows, people = [], []
    for branch in branches:
        found = accounts.get(branch.pk)
        if not found:
            continue
        owing = [account[2] for account in found.values() if account[2]]
        due, paid = (sum((account[place] for account in found.values()), Decimal(0)) for place in (0, 1))
        rows.append((ask.name(branch), len(found), due, paid, len(owing), sum(map(len, owing)), None))
        people += [
            (ask.name(branch), names[member], account[0], account[1], dues_sheet.months_of(account[2]), account[3])
            for member, account in sorted(found.items(), key=lambda pair: (names[pair[0]], pair[0]))
        ]
    title = f"{ask.year}年党费收缴情况表"
    note = "应交只计已到期和已交的月份；交纳日期在统计截止日以后的，按未交计；没有登记基数的，不计应交金额。"
    tables = [Table("汇总", title, DUES, rows, note=note), *_public(ask)]
    return [*tables, Table("明细", f"{title}（明细）", PAID, people, evidence=True)]


def _public(ask):
    """公示表 of the quarter in which the day lies, of a single branch: open within it, names and amounts as they are."""
    if ask.top is None or ask.top.kind not in (ask.top.Kind.BRANCH, ask.top.Kind.JOINT) or not ask.keys("dues.see"):
        return []
    quarter = (ask.end.month + 2) // 3
    found = dues_sheet.public(ask.top, ask.year, quarter, on=ask.on)
    columns = [
        Column("姓名", 16), *(Column(f"{month.month}月（元）", 12, MONEY) for month in found["months"]),
        Column("合计（元）", 14, MONEY), Column("备注", 24),
    ]  # fmt: skip
    rows = [
        (row["member"].name, *(cell or None for cell in row["cells"]), row["sum"], row["note"]) for row in found["rows"]
    ]
    first, last = quarter_of(ask.year, quarter)
    title = f"{ask.year}年第{quarter}季度党费收缴公示表"
    return [Table("公示表", title, columns, rows, note=f"{first.month} 月至 {last.month} 月，按目前登记的交纳记录。")]


# --- 13

TRANSFERS = [
    Column("姓名", 9), Column("性别", 5), Column("人员类别", 9), Column("转接类型", 9), Column("转出党组织", 26),
    Column("转入党组织", 26), Column("转接原因", 12), Column("介绍信编号", 14), Column("开出日期", 11), Column("有效期至", 11),
    Column("党费交至", 9), Column("接收日期", 11), Column("回执日期", 11), Column("状态", 14),
]  # fmt: skip


def transfers(ask):
    """Those in which something was done in the year, each in the state that it had reached on the day asked."""
    keys = ask.keys("transfer.see")
    done = TransferStep.objects.filter(transfer=OuterRef("pk"), taken_on__range=(ask.first, ask.end))
    found = Transfer.objects.visible_to(ask.user).filter(Q(from_branch__in=keys) | Q(to_branch__in=keys), Exists(done))
    found = list(found.for_list().order_by("issued_on", "pk"))
    steps = TransferStep.objects.filter(transfer__in=found, taken_on__lte=ask.on).order_by("taken_on", "pk")
    reached, states = dict(steps.values_list("transfer", "state")), dict(Transfer.State.choices)
    rows = [
        (
            row.member.name, row.member.get_sex_display(), row.get_kind_display(), row.get_direction_display(), row.source,
            row.target, row.reason, row.number if until(row.issued_on, ask.on) else "", until(row.issued_on, ask.on),
            row.valid_until if until(row.issued_on, ask.on) else None,
            f"{row.dues_paid_through:%Y-%m}" if row.dues_paid_through else "", until(row.received_on, ask.on),
            until(row.receipt_on, ask.on), states[reached.get(row.pk, row.state)],
        )
        for row in found
    ]  # fmt: skip
    return [Table("转接台账", f"{ask.year}年组织关系转接台账", TRANSFERS, rows, unit="件")]


# --- 17

COMMUNITY = [
    Column("党支部", 40), Column("支部已报到", 9), Column("在职党员", 8, SUM), Column("已报到", 8, SUM),
    Column("报到率", 8, RATE, ((3,), (), (2,))), Column("服务次数", 8, SUM), Column("参加人次", 8, SUM), Column("服务时长", 9, SUM),
    Column("支部报告", 8, SUM), Column("党员报告", 8, SUM),
]  # fmt: skip
SERVICES = [
    Column("党支部", 40), Column("服务日期", 11), Column("社区（村）", 20), Column("服务内容", 34), Column("参加党员", 8, SUM),
    Column("时长合计", 8, SUM),
]  # fmt: skip
BIRTHDAYS = [Column("党支部", 40), Column("姓名", 12), Column("政治生日", 12), Column("满（年）", 8)]


def community_year(ask):
    branches = list(ask.in_year("community.see").graded())
    keys = [branch.pk for branch in branches]
    sums = community.summary(keys, ask.year, ask.end)
    rows = []
    for branch in branches:
        each = sums[branch.pk]
        rows.append(
            (
                ask.name(branch), "是" if each.has_branch else "否", each.serving, each.reported, None, each.services,
                each.hands, each.hours, each.reports, each.member_reports,
            )
        )  # fmt: skip
    month = ask.month or ask.on.month
    title = f"{ask.year}年双报到情况表"
    return [
        Table("双报到", title, COMMUNITY, rows),
        Table("政治生日", f"{ask.year}年{month}月政治生日名单", BIRTHDAYS, _birthdays(ask, month), unit="人",
              note="只列月、日和年数，不列入党日期。", empty="这个月没有政治生日"),
        Table("服务记录", f"{title}（服务记录）", SERVICES, lambda most: _services(ask, keys, most), unit="次", evidence=True),
    ]  # fmt: skip


def _birthdays(ask, month):
    stays = Membership.objects.filter(branch__in=ask.keys("member.see")).on(ask.on)
    at = {row.member_id: row.branch for row in stays.filter(member__joined_on__isnull=False).select_related("branch")}
    found = community.birthdays(Member.objects.visible_to(ask.user).filter(pk__in=at), ask.year, month)
    return [
        (ask.name(at[member.pk]), member.name, f"{day.month}月{day.day}日", years)
        for member, day, years in found
    ]  # fmt: skip


def _services(ask, keys, most):
    rows = CommunityService.objects.filter(branch__in=keys, held_on__range=(ask.first, ask.end))
    rows = rows.select_related("branch").prefetch_related("hands").order_by("held_on", "pk")[:most]
    return [
        (
            ask.name(row.branch), row.held_on, row.community, row.topic, len(row.hands.all()),
            sum((hand.hours for hand in row.hands.all()), Decimal(0)),
        )
        for row in rows
    ]  # fmt: skip
