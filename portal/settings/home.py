"""设置: everything that may be changed without a programmer, in groups, each with when it was last changed and by whom."""

from typing import NamedTuple

from django.db.models import Max
from django.urls import reverse

from accounts.models import AuditEvent
from branches.rights import may


class Entry(NamedTuple):
    """One page of settings: its route, the verb that opens it, what it is for, and the rows whose record tells of changes."""

    route: str
    verb: str
    label: str
    about: str
    rows: tuple = ()


GROUPS = (
    ("每年一次", (
        Entry("portal:year_open", "year.open", "年初启用", "一次生成应办事项、方案草稿、责任清单，接续联系点和指导员"),
        Entry("portal:calendar", "setting.edit", "节假日和学期", "国务院办公厅的放假安排、各学期起止，决定截止日怎样顺延",
              ("rulebook.CalendarDay", "rulebook.SchoolTerm")),
        Entry("recruitment:quotas", "recruit.quota", "发展党员计划", "全年名额下达到各党组织"),
    )),
    ("规则和标准", (
        Entry("portal:rules", "rule.see", "规则", "应办、及时、得分按哪些规定算"),
        Entry("portal:burden", "rule.see", "填报负担", "一年要填多少，哪些是自动来的"),
        Entry("portal:decisions", "setting.edit", "规则和决定", "天数、比例、日期、责任书条文等，本县可以自己定的", ("rulebook.Decision",)),
        Entry("assessment:schemes", "scheme.edit", "考核方案", "年度考核的指标、分值、等次", ("assessment.Scheme",)),
        Entry("branches:standards", "screening.run", "研判标准", "五强五好等分析研判的项目和分值", ("branches.Standard",)),
        Entry("branches:catalogue", "catalogue.edit", "名目设置", "认定情形、四个一、称号、七个一", ("branches.CatalogueEntry",)),
        Entry("branches:inspection_plans", "inspection.run", "督查检查计划", "一年查什么、查哪些党组织", ("branches.InspectionPlan",)),
    )),
    ("表样和渠道", (
        Entry("portal:word_templates", "catalogue.edit", "Word 表样", "换成上级统一的表样，可以先看填好的样子", ("files.WordTemplate",)),
        Entry("reminders:channels", "reminder.manage", "提醒渠道", "工作群、邮箱、短信，可以试发", ("reminders.Channel",)),
    )),
    ("人员和岗位", (
        Entry("portal:posts", "account.manage", "任职和交接", "每个党组织谁在什么岗位，书记交接一页办完", ("branches.Appointment",)),
        Entry("portal:accounts", "account.manage", "账号和任职", "开账号、重置密码、停用"),
        Entry("portal:rights", "rule.see", "权限一览", "每个岗位能办什么"),
        Entry("portal:audit", "audit.see", "操作记录", "谁在什么时候改了什么"),
    )),
    ("名称和系统", (
        Entry("portal:names", "setting.edit", "门户和机关名称", "页面上方和落款显示的名称"),
        Entry("exchange:hooks", "hook.manage", "数据推送", "令牌的上限，往哪里推送"),
        Entry("exchange:api", "rule.see", "数据接口", "别的系统怎样读取门户数据"),
        Entry("portal:status", "status.see", "系统状态", "服务、备份、磁盘是否正常"),
    )),
)  # fmt: skip


def groups(user):
    """The groups that hold anything for this person: [(label, [{entry, url, last event}])]. Two queries."""
    shown = [(label, [entry for entry in entries if may(user, entry.verb)]) for label, entries in GROUPS]
    labels = {name for _, entries in shown for entry in entries for name in entry.rows}
    lasts = dict(AuditEvent.objects.filter(label__in=labels).order_by().values_list("label").annotate(last=Max("pk")))
    events = AuditEvent.objects.select_related("by").in_bulk(lasts.values())
    return [
        (label, [
            {"entry": entry, "url": reverse(entry.route),
             "last": events.get(max((lasts.get(name, 0) for name in entry.rows), default=0))}
            for entry in entries
        ])
        for label, entries in shown if entries
    ]  # fmt: skip
