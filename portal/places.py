"""Where one can go: every place with what it is for, and which places stand on the menu of which post.

The menu is what a post does week by week; the page 全部栏目 holds everything that the same person may open.
"""

from functools import cache
from typing import NamedTuple

from django.urls import reverse

from branches.rights import Role, Task, assigned, may, serving


class Place(NamedTuple):
    """One entry: its page, the word that menu, heading and breadcrumb share, the verb that opens it ("": everybody)."""

    route: str
    icon: str
    label: str
    verb: str
    about: str


class Group(NamedTuple):
    """Places that belong together; the menu, being shorter, joins neighbours of the same `heading`."""

    label: str
    heading: str
    places: tuple


def _group(label, heading, *rows):
    return Group(label, heading, tuple(Place(*row) for row in rows))


GROUPS = (
    _group(
        "日常", "日常",
        ("portal:home", "home", "工作台", "", "现在该办什么"),
        ("portal:board", "gauge", "工作分析", "board.see", "完成率、及时率、整改、发展、培训的全貌和月报"),
        ("duties:list", "duties", "应办事项", "duty.see", "一年里要办的每一件，办到哪一步"),
        ("duties:notices", "file", "通知", "notice.see", "收到、发出的通知，签收和答复"),
        ("datacalls:answers", "table", "要我填的表", "call.answer", "上级临时要的表，知道的已经填好"),
        ("datacalls:list", "table", "临时收表", "call.run", "向下级收一张表，催报、汇总"),
        ("reminders:list", "bell", "提醒", "", "每天一份，只说还没办的"),
        ("reminders:urge", "phone", "催办单", "reminder.see", "谁欠什么，打印或者打电话"),
        ("reminders:ladder", "flag", "通报和约谈", "ladder.see", "提醒、通报、约谈、问责建议的办理"),
    ),
    _group(
        "组织生活", "组织生活",
        ("meetings:list", "meeting", "组织生活", "meeting.see", "三会一课、主题党日、组织生活会的记录"),
        ("meetings:review", "eye", "审核记录", "meeting.review", "交上来的记录，通过或者退回"),
        ("meetings:activities", "pen", "工作纪实", "meeting.see", "谈心谈话、走访慰问、意识形态等小事的登记"),
        ("meetings:plans", "book", "学习计划", "meeting.see", "学习计划、学法方案和学到哪里"),
        ("meetings:campaigns", "calendar", "生活会", "campaign.see", "组织生活会、民主生活会的步骤和问题清单"),
        ("meetings:decisions", "table", "三重一大", "decision.see", "集体决定的事项和会议"),
        ("portal:papers", "print", "手册和公开表", "meeting.see", "由记录生成的工作手册、党务公开表"),
        ("portal:copying", "copy", "抄录到上级平台", "copying.mark", "按云岭先锋、智慧党建的栏目次序复制"),
    ),
    _group(
        "党员", "党员和培训",
        ("members:list", "members", "党员", "member.see", "党员名册"),
        ("members:corrections", "pen", "更正申请", "member.edit", "党员申请更正自己的信息"),
        ("members:dues", "table", "党费收缴", "dues.see", "应交、实交、欠缴和公示"),
        ("members:transfers", "exit", "组织关系转接", "transfer.see", "转出、转入、介绍信和回执"),
        ("members:appraisals", "vote", "民主评议党员", "appraisal.see", "每年一次的评议和等次"),
        ("members:polls", "gauge", "群众测评", "poll.see", "群众对党组织和党员的测评"),
        ("members:honour_rounds", "flag", "评先评优", "honour.see", "推荐、评选、荣誉登记"),
        ("members:whereabouts", "phone", "流动和失联", "member.see", "流动、失联、出国、停止党籍的党员"),
        ("members:community", "home", "双报到", "community.see", "到社区报到和参加的服务"),
        ("members:birthdays", "calendar", "政治生日", "member.see", "谁在哪天过政治生日，贺卡"),
        ("members:sanctions", "shield", "党纪处分", "sanction.see", "处分和影响期"),
    ),
    _group(
        "发展党员", "党员和培训",
        ("recruitment:board", "road", "发展党员", "recruit.see", "每个人走到哪一步，下一步最早哪天"),
        ("recruitment:list", "table", "档案台账", "recruit.see", "发展党员的全部档案，可以导出"),
        ("recruitment:quotas", "duties", "发展党员计划", "report.export", "全年名额和完成情况"),
    ),
    _group(
        "教育培训", "党员和培训",
        ("training:list", "book", "培训班次", "training.see", "培训班、报名、签到、考试"),
        ("training:hours", "gauge", "学时", "training.see", "每名党员学了多少，还差多少"),
        ("training:coverage", "members", "万名党员进党校", "training.see", "谁进过党校，谁还没有"),
        ("training:teachers", "user", "师资库", "training.see", "讲课的老师"),
        ("training:questions", "table", "题库", "training.run", "考试和测验的题目"),
    ),
    _group(
        "组织和整改", "整改和考核",
        ("branches:list", "tree", "党组织", "branch.see", "党组织名单和基本情况"),
        ("members:structure", "history", "组织和人数", "member.see", "任何一天的组织、党员人数"),
        ("members:terms", "vote", "换届选举", "election.see", "届满日期、换届和补选的材料"),
        ("members:setting", "tree", "组织设置核查", "branch.see", "人数、支委会、党小组是否合规"),
        ("members:letters", "pen", "责任书", "letter.see", "目标责任书的签订和印制"),
        ("branches:dossiers", "book", "支部档案", "file.see", "联系点、指导员、七个一、称号"),
        ("branches:campaigns", "gauge", "分析研判", "screening.see", "五强五好等研判的进度和结果"),
        ("branches:visits", "pen", "到校研判", "screening.judge", "分给我的支部，逐项评分"),
        ("branches:approvals", "vote", "研判审定", "screening.approve", "审定研判类别"),
        ("branches:results", "gauge", "研判反馈", "screening.see", "反馈函和整改意见"),
        ("branches:rectifications", "rectify", "整改", "rectify.see", "问题、措施、期限、销号"),
        ("branches:weak_cases", "flag", "整顿台账", "weak.see", "软弱涣散党组织的整顿"),
        ("branches:inspections", "eye", "督导检查", "inspection.see", "检查计划、记录和通报"),
        ("branches:risks", "shield", "廉政风险点", "integrity.see", "风险点和防控措施"),
        ("branches:catalogue", "settings", "名目设置", "catalogue.edit", "认定情形、四个一、称号、七个一的名目"),
    ),
    _group(
        "考核述职", "整改和考核",
        ("assessment:list", "gauge", "量化考核", "score.see", "得分，每一分的来由"),
        ("assessment:own_round", "flag", "考核自查", "score.contest", "交自查、看结果、提异议"),
        ("assessment:judging", "pen", "考评组评分", "score.judge", "分给我的指标和党组织"),
        ("assessment:rounds", "calendar", "年度考核", "round.see", "自查、评分、公布、异议、审定的进度"),
        ("assessment:schemes", "book", "考核方案", "scheme.see", "一年的指标、分值、等次"),
        ("assessment:seals", "shield", "封存和查验", "seal.see", "封存的结果有没有人动过"),
        ("assessment:secretary_reviews", "pen", "述职评议", "secretary_review.see", "书记的述职报告和评议"),
        ("assessment:uses", "flag", "结果运用", "use.see", "考核结果用在了哪里"),
    ),
    _group(
        "报表和资料", "报表和资料",
        ("portal:reports", "table", "报表", "report.export", "二十种统计表，截至任何一天"),
        ("portal:packs", "file", "迎检资料包", "pack.run", "按检查清单把记录装成一个文件"),
        ("portal:imports", "upload", "导入", "import.run", "花名册、台账等表格一次读入"),
        ("portal:exports", "download", "导出", "export.run", "名册的导出和审批"),
    ),
    _group(
        "设置和帮助", "设置和帮助",
        ("portal:accounts", "user", "账号和任职", "account.manage", "开账号、重置密码、任职"),
        ("portal:audit", "eye", "操作记录", "audit.see", "谁在什么时候改了什么"),
        ("portal:status", "gauge", "系统状态", "status.see", "服务、备份、磁盘是否正常"),
        ("portal:settings", "settings", "设置", "year.open", "规则、方案、节假日、表样、岗位"),
        ("portal:rules", "book", "规则", "rule.see", "应办、及时、得分按哪些规定算"),
        ("portal:rights", "shield", "权限一览", "rule.see", "各岗位能办什么"),
        ("portal:burden", "gauge", "填报负担", "rule.see", "一年要填多少，哪些是自动来的"),
        ("exchange:api", "exit", "数据接口", "rule.see", "别的系统怎样读取门户数据"),
        ("portal:help", "help", "帮助", "", "第一天办什么、怎么办、操作手册"),
        ("portal:places", "more", "全部栏目", "", "您能打开的所有页面"),
    ),
)  # fmt: skip

EVERYBODY = ("portal:home", "portal:help", "portal:places")
_STAFF = (
    "portal:board", "duties:list", "duties:notices", "datacalls:list", "reminders:urge", "reminders:ladder", "meetings:list",
    "meetings:review", "members:list", "members:transfers", "recruitment:board", "training:list", "branches:list",
    "members:terms", "branches:campaigns", "branches:rectifications", "branches:weak_cases", "branches:inspections",
    "assessment:list", "assessment:rounds", "assessment:secretary_reviews", "portal:reports", "portal:imports", "portal:settings",
)  # fmt: skip
_BRANCH = (
    "duties:list", "duties:notices", "datacalls:answers", "meetings:list", "meetings:activities", "portal:papers",
    "portal:copying", "members:list", "members:dues", "recruitment:board", "training:hours", "branches:rectifications",
)  # fmt: skip
MENUS = {  # what a post does week by week, besides EVERYBODY's
    Role.ADMIN: (*_STAFF, "portal:accounts", "portal:audit", "portal:status"),
    Role.STAFF: (*_STAFF, "training:hours", "branches:results", "portal:exports"),
    Role.LEADER: (
        "portal:board", "duties:list", "duties:notices", "reminders:ladder", "meetings:list", "members:list", "recruitment:board",
        "training:list", "branches:list", "branches:campaigns", "branches:approvals", "branches:rectifications",
        "branches:weak_cases", "branches:inspections", "assessment:list", "assessment:rounds", "assessment:uses", "portal:reports",
    ),
    Role.COMMITTEE: (
        *_BRANCH, "portal:board", "datacalls:list", "reminders:urge", "members:transfers", "branches:list", "members:terms",
        "branches:inspections", "assessment:list", "assessment:own_round", "assessment:secretary_reviews", "portal:reports",
    ),
    Role.SECRETARY: (*_BRANCH, "members:transfers", "assessment:list", "assessment:own_round"),
    Role.EDITOR: _BRANCH,
    Role.INSPECTOR: (
        "portal:board", "duties:list", "duties:notices", "meetings:list", "meetings:decisions", "members:list",
        "recruitment:board", "training:list", "branches:list", "members:terms", "branches:dossiers", "branches:inspections",
        "assessment:list", "assessment:rounds", "assessment:seals", "portal:reports", "portal:audit",
    ),
    Role.DISCIPLINE: ("members:list", "members:sanctions", "branches:list", "branches:risks"),
    Task.ASSESSOR: ("branches:visits", "branches:list", "duties:list", "meetings:list"),
    Task.GUIDE: ("meetings:campaigns", "branches:list", "meetings:list"),
    Task.INSTRUCTOR: ("branches:list", "duties:list", "meetings:list", "members:list", "branches:rectifications"),
    Task.CONTACT: ("branches:list", "duties:list", "meetings:list", "branches:dossiers", "assessment:list"),
    Task.GRADER: ("assessment:judging", "assessment:list", "branches:list", "meetings:list"),
}  # fmt: skip
OWN = Place(
    "portal:own", "user", "我的信息", "", "本人的党员信息、党费、学时"
)  # what the 工作台 is for a member without post
PLACES = {place.route: place for group in GROUPS for place in group.places}


def open_to(user):
    """Everything that this person may open: [(group, places)]."""
    found = [(group, [_named(user, place) for place in group.places if _opens(user, place)]) for group in GROUPS]
    return [(group, places) for group, places in found if places]


def find(user, word):
    """What of it is called so, or is for that: [(place, address)]."""
    found = [place for _, places in open_to(user) for place in places]
    return [(place, reverse(place.route)) for place in found if word in place.label or word in place.about]


def menu(user):
    """What of it stands on the menu: [(heading, places)]."""
    wanted, found = on_menu(user), {}
    for group in GROUPS:
        for place in group.places:
            if place.route in wanted and _opens(user, place):
                found.setdefault(group.heading, []).append(_named(user, place))
    return list(found.items())


def is_only_member(user):
    """Whether the home of this person is the own page: a member without post and task."""
    return not serving(user) and not assigned(user) and getattr(user, "member", None) is not None


def on_menu(user):
    """The routes that the posts and tasks of this person put there."""
    held = [role for role, _ in serving(user)] + [task for task, _ in assigned(user)]
    return {*EVERYBODY, *(route for post in held for route in MENUS[post])}


def is_off_menu(user, path):
    """Whether the page at this address is a place, but none of this person's menu."""
    return path in _addresses() and _addresses()[path] not in on_menu(user)


def label_of(route):
    """What the menu calls a page; "" for what is no place."""
    return PLACES[route].label if route in PLACES else ""


def _opens(user, place):
    return not place.verb or may(user, place.verb)


def _named(user, place):
    return OWN if place.route == "portal:home" and is_only_member(user) else place


@cache
def _addresses():
    return {reverse(route): route for route in PLACES}
