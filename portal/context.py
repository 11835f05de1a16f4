"""What every page shows around its own matter: names, navigation, who is signed in."""

from dataclasses import dataclass, replace
from functools import cache

from django.db.models import Count, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from branches.actions import root
from branches.models import Branch
from branches.rights import Role, may, serving
from portal import search
from portal.help import book
from portal.operations.health import backup_is_late
from reminders.models import Digest, Sweep
from rulebook.book import portal_name

NAV = [  # group, then (route, icon, label, verb)
    (
        "日常",
        [
            ("portal:home", "home", "工作台", ""),
            ("portal:board", "gauge", "工作分析", "board.see"),
            ("duties:list", "duties", "应办事项", "duty.see"),
            ("duties:notices", "file", "通知", "notice.see"),
            ("datacalls:answers", "table", "要我填的表", "call.answer"),
            ("datacalls:list", "table", "临时收表", "call.run"),
            ("reminders:list", "bell", "提醒", ""),
            ("reminders:urge", "phone", "催办单", "reminder.see"),
            ("reminders:ladder", "flag", "通报和约谈", "ladder.see"),
            ("portal:help", "help", "帮助", ""),
        ],
    ),
    (
        "记录",
        [
            ("meetings:list", "meeting", "组织生活", "meeting.see"),
            ("meetings:review", "eye", "审核记录", "meeting.review"),
            ("meetings:activities", "pen", "工作纪实", "meeting.see"),
            ("meetings:plans", "book", "学习计划", "meeting.see"),
            ("meetings:campaigns", "calendar", "生活会", "campaign.see"),
            ("portal:papers", "print", "手册和公开表", "meeting.see"),
            ("portal:copying", "copy", "抄录到上级平台", "copying.mark"),
            ("portal:packs", "file", "迎检资料包", "pack.run"),
        ],
    ),
    (
        "党员",
        [
            ("members:list", "members", "党员", "member.see"),
            ("members:corrections", "pen", "更正申请", "member.edit"),
            ("members:dues", "table", "党费", "dues.see"),
            ("members:transfers", "exit", "转接", "transfer.see"),
            ("members:appraisals", "vote", "民主评议", "appraisal.see"),
            ("members:polls", "gauge", "群众测评", "poll.see"),
            ("members:honour_rounds", "flag", "评先评优", "honour.see"),
            ("members:whereabouts", "phone", "流动和失联", "member.see"),
            ("members:community", "home", "双报到", "community.see"),
            ("members:birthdays", "calendar", "政治生日", "member.see"),
            ("members:sanctions", "shield", "党纪处分", "sanction.see"),
        ],
    ),
    (
        "教育培训",
        [
            ("training:list", "book", "培训班次", "training.see"),
            ("training:hours", "gauge", "学时", "training.see"),
            ("training:coverage", "members", "进党校", "training.see"),
            ("training:teachers", "user", "师资库", "training.see"),
            ("training:questions", "table", "题库", "training.run"),
        ],
    ),
    (
        "发展党员",
        [
            ("recruitment:board", "road", "发展党员", "recruit.see"),
            ("recruitment:list", "table", "档案台账", "recruit.see"),
            ("recruitment:quotas", "duties", "发展计划", "report.export"),
        ],
    ),
    (
        "研判整改",
        [
            ("branches:dossiers", "book", "支部档案", "file.see"),
            ("branches:campaigns", "gauge", "分析研判", "screening.see"),
            ("branches:visits", "pen", "到校研判", "screening.judge"),
            ("branches:approvals", "vote", "研判审定", "screening.approve"),
            ("branches:results", "gauge", "研判反馈", "screening.see"),
            ("branches:rectifications", "rectify", "整改", "rectify.see"),
            ("branches:weak_cases", "flag", "整顿", "weak.see"),
            ("branches:inspections", "eye", "督导检查", "inspection.see"),
            ("members:setting", "tree", "组织设置核查", "branch.see"),
            ("branches:risks", "shield", "廉政风险点", "integrity.see"),
            ("branches:catalogue", "settings", "名目设置", "catalogue.edit"),
        ],
    ),
    (
        "组织和考核",
        [
            ("branches:list", "tree", "党组织", "branch.see"),
            ("members:structure", "history", "组织和人数", "member.see"),
            ("members:terms", "vote", "换届选举", "election.see"),
            ("members:letters", "pen", "责任书", "letter.see"),
            ("meetings:decisions", "table", "三重一大", "decision.see"),
            ("assessment:list", "gauge", "考核述职", "score.see"),
            ("assessment:schemes", "book", "考核方案", "scheme.see"),
            ("assessment:rounds", "calendar", "年度考核", "round.see"),
            ("assessment:seals", "shield", "封存和查验", "seal.see"),
            ("assessment:own_round", "flag", "考核自查", "score.contest"),
            ("assessment:judging", "pen", "考评组评分", "score.judge"),
            ("assessment:secretary_reviews", "pen", "述职评议", "secretary_review.see"),
            ("assessment:uses", "flag", "结果运用", "use.see"),
            ("portal:reports", "table", "报表", "report.export"),
            ("portal:imports", "upload", "导入", "import.run"),
            ("portal:exports", "download", "导出", "export.run"),
        ],
    ),
    (
        "管理",
        [
            ("portal:audit", "eye", "操作记录", "audit.see"),
            ("portal:accounts", "user", "账号和任职", "account.manage"),
            ("portal:rules", "book", "规则", "rule.see"),
            ("portal:settings", "settings", "设置", "year.open"),
            ("portal:burden", "gauge", "填报负担", "rule.see"),
            ("portal:rights", "shield", "权限一览", "rule.see"),
            ("exchange:api", "exit", "数据接口", "rule.see"),
            ("portal:status", "gauge", "系统状态", "status.see"),
        ],
    ),
]
BESIDE = {
    "duties:list": ["exchange:feeds"],
    "assessment:rounds": ["assessment:vetoes"],
    "members:terms": ["members:elections", "members:dual_leaders"],
    "reminders:ladder": ["reminders:bulletins"],
    "reminders:urge": ["reminders:calls"],
    "members:honour_rounds": ["members:honours"],
    "branches:inspections": ["branches:talks"],
    "members:setting": ["members:changes"],
    "training:hours": ["training:other_hours"],
    "recruitment:quotas": ["recruitment:figures"],
    "assessment:list": ["assessment:compare"],
    "portal:settings": ["recruitment:templates", "reminders:channels"],
}  # shown under another's entry
TOO_LONG = 10  # minutes without a sweep, which comes every minute
MENU = "#menu"  # the sidebar itself, which opens as a sheet on the phone
BOTTOM = ["portal:home", "duties:list", "meetings:add", "members:list", MENU]
BOTTOM_STAFF = ["portal:home", "duties:list", "members:list", "assessment:list", MENU]
ADD = {"meetings:add": ("plus", "登记会议", "meeting.edit")}


@dataclass(frozen=True)
class Link:
    url: str
    icon: str
    label: str
    current: bool
    add: bool = False
    count: int = 0


def frame(request):
    """Context for `base.html`; without a signed-in person only the names."""
    context = {"portal_name": portal_name(on=timezone.localdate()), "large": request.COOKIES.get("large") == "1"}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return context | {"organ_name": root().name}
    posts = serving(user)
    labels = [Role(role).label for role, _ in posts]
    organ, unread, swept_at = _read(user)
    return context | {
        "organ_name": organ,
        "nav": navigation(request, {"reminders:list": unread, "portal:status": _red(user)}),
        "unread": unread,
        "sees_scores": may(user, "score.see"),
        "may_search": bool(search.open_to(user)),
        "asleep": asleep(posts, swept_at),
        "bottom": bottom(request),
        "help_url": book.explained_at(request.path),
        "me": {"name": str(user), "post": "、".join(dict.fromkeys(labels)) or "未任职"},
    }


def _red(user):
    """For who keeps the portal running: 1 where last night's backup is missing. No question where none was ordered."""
    return int(may(user, "status.see") and backup_is_late(timezone.now()))


def _read(user):
    """(the county's committee, how many digests are unread, when the reminders were last looked through), by one query."""
    unread = Digest.objects.visible_to(user).filter(read_at__isnull=True).order_by().annotate(of=Value(0)).values("of")
    count = Coalesce(Subquery(unread.annotate(count=Count("pk")).values("count")), 0)
    last = Subquery(Sweep.objects.visible_to(user).values("last_at")[:1])
    return Branch.objects.filter(parent=None).values_list("name", count, last).get()


def asleep(posts, swept_at):
    """For staff: minutes since the reminders were last looked through, when that is too long ago."""
    if not {Role.ADMIN, Role.STAFF} & {role for role, _ in posts}:
        return None
    minutes = int((timezone.now() - swept_at).total_seconds() // 60) if swept_at else 0
    return minutes if minutes >= TOO_LONG else None


def navigation(request, counts):
    """The groups of links that the signed-in person may follow, with how many of something wait there."""
    groups = [
        (
            label,
            [
                _link(request, *row[:3], count=counts.get(row[0], 0))
                for row in rows
                if not row[3] or may(request.user, row[3])
            ],
        )
        for label, rows in NAV
    ]
    here = max((len(link.url) for _, links in groups for link in links if link.current), default=0)
    return [
        {"label": label, "items": [replace(link, current=link.current and len(link.url) == here) for link in links]}
        for label, links in groups
        if links
    ]


def bottom(request):
    """The five places of the phone's bottom bar: a branch enters meetings, staff look at scores."""
    known = {route: (icon, label, verb) for _, rows in NAV for route, icon, label, verb in rows} | ADD
    wanted = BOTTOM_STAFF if may(request.user, "score.rank") else BOTTOM
    places = [
        _link(request, route, icon, label, add=route in ADD)
        for route in wanted
        if route != MENU
        for icon, label, verb in [known[route]]
        if not verb or may(request.user, verb)
    ]
    return [*places, Link(MENU, "more", "更多", False)]


def _link(request, route, icon, label, add=False, count=0):
    url, pages = _addresses(route)
    current = any(request.path == page or (page != "/" and request.path.startswith(page)) for page in pages)
    return Link(url, icon, label, current, add, count)


@cache
def _addresses(route):
    """The address of an entry, and those of the pages that are shown under it: the same for every request."""
    url = reverse(route)
    return url, (url, *map(reverse, BESIDE.get(route, ())))
