"""Who may what: the one table of roles and verbs, shown as it is on the page 权限一览."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import go
from accounts.policy import PUBLIC, SIGNED_IN

OWN, BELOW = "own", "below"


class Role(models.TextChoices):
    ADMIN = "admin", "工委管理员"
    STAFF = "staff", "工委工作人员"
    LEADER = "leader", "工委领导（联系点）"
    COMMITTEE = "committee", "党委（总支）书记"
    SECRETARY = "secretary", "支部书记"
    EDITOR = "editor", "支委（录入）"
    INSPECTOR = "inspector", "督查（只读）"
    DISCIPLINE = "discipline", "纪检（受限页）"


class Task(models.TextChoices):
    ASSESSOR = "assessor", "研判人"
    GUIDE = "guide", "指导组成员"
    INSTRUCTOR = "instructor", "党建指导员"
    CONTACT = "contact", "联系点领导"
    GRADER = "grader", "考评组成员"


# Who reaches far signs in with a code of the phone as well (settings.SECOND_FACTOR); others may.
SECOND_FACTOR = frozenset({Role.ADMIN, Role.STAFF, Role.INSPECTOR})

VERBS = {
    "branch.see": "看党组织",
    "branch.edit": "修改党组织基本信息",
    "member.see": "看党员名册",
    "member.edit": "修改党员信息",
    "member.reveal": "查看身份证号、手机、住址，按身份证号查找",
    "standing.edit": "登记停止党籍和党籍变动",
    "sanction.see": "看党纪处分",
    "sanction.edit": "登记党纪处分",
    "transfer.see": "看组织关系转接",
    "transfer.ask": "提出、接收组织关系转接",
    "transfer.approve": "审核转接、开介绍信、确认接收",
    "dues.see": "看党费收缴",
    "dues.edit": "登记党费",
    "dues.approve": "批准党费减免、收讫上缴党费",
    "appraisal.see": "看民主评议结果",
    "appraisal.edit": "登记、上报民主评议",
    "appraisal.approve": "审定民主评议等次",
    "poll.see": "看群众测评",
    "poll.edit": "登记群众测评",
    "honour.see": "看评先评优和荣誉",
    "honour.nominate": "推荐评先评优人选",
    "honour.run": "组织评先评优、登记荣誉",
    "community.see": "看双报到",
    "community.edit": "登记双报到",
    "election.see": "看换届选举和到期一览",
    "election.edit": "办理换届选举",
    "election.approve": "批复换届、延期，登记届次",
    "branch.restructure": "办理党组织合并、拆分、更名、升格、撤销",
    "file.see": "看支部档案",
    "file.edit": "登记支部档案",
    "file.run": "安排联系点和指导员，认定称号",
    "catalogue.edit": "设置名目（认定情形、四个一、称号、七个一）",
    "letter.see": "看责任书",
    "letter.edit": "登记、印制责任书",
    "decision.see": "看三重一大事项",
    "decision.edit": "登记三重一大事项",
    "screening.see": "看研判结果和整改意见",
    "screening.run": "制定标准，组织研判，反馈意见",
    "screening.judge": "到校研判、评分",
    "screening.approve": "审定研判类别",
    "rectify.see": "看整改事项",
    "rectify.do": "制定措施、提交整改",
    "rectify.raise": "提出整改事项",
    "rectify.accept": "验收、销号、退回整改",
    "weak.see": "看软弱涣散整顿",
    "weak.do": "自评、报方案和月报、申请销号",
    "weak.run": "提出、评定、公示、验收软弱涣散整顿",
    "weak.approve": "审定列入和销号",
    "inspection.see": "看督导检查",
    "inspection.run": "计划、登记督导检查",
    "talk.see": "看约谈",
    "talk.edit": "登记约谈",
    "integrity.see": "看廉政风险点",
    "integrity.edit": "登记廉政风险点",
    "discipline.see": "看四种形态",
    "discipline.edit": "登记四种形态",
    "export.run": "导出名册",
    "export.approve": "审批含身份证号的导出",
    "audit.see": "看操作记录并校验",
    "meeting.see": "看组织生活记录",
    "meeting.edit": "登记、提交组织生活记录",
    "meeting.review": "审核、退回组织生活记录",
    "vote.see": "看表决票数",
    "plan.edit": "制定学习计划和学法方案",
    "campaign.see": "看组织生活会安排",
    "campaign.run": "组织、督导组织生活会",
    "training.see": "看教育培训、学时",
    "training.run": "办班、组织签到和考试",
    "training.enrol": "给培训班报名、换人",
    "training.closed": "看思想素质提升班",
    "hours.edit": "登记其他学时",
    "hours.accept": "核实、退回其他学时",
    "recruit.see": "看发展党员",
    "recruit.edit": "登记发展党员（支部办理的步骤）",
    "recruit.approve": "备案、预审、审批发展党员",
    "recruit.quota": "下达发展党员计划",
    "review.see": "看政治审查结论",
    "review.edit": "登记政治审查、政审联审",
    "duty.see": "看应办事项",
    "duty.file": "填报月报、调度和核查",
    "duty.hand": "交办应办事项",
    "duty.unlock": "批准逾期补办",
    "notice.see": "看通知",
    "notice.receive": "签收通知",
    "notice.issue": "起草、发出通知",
    "reminder.see": "看催办单",
    "reminder.call": "打印电话单",
    "reminder.manage": "设置提醒渠道",
    "bulletin.draft": "起草通报",
    "bulletin.sign": "签发通报",
    "ladder.see": "看通报、约谈和问责建议",
    "ladder.answer": "对提醒、通报、约谈作出说明",
    "ladder.act": "办理提醒、通报、约谈和问责建议",
    "report.export": "导出统计表",
    "score.see": "看得分和来由",
    "score.rank": "看排名",
    "points.see": "看本支部党员积分卡",
    "score.judge": "评定人工指标",
    "score.settle": "分派考评组、复核评定",
    "score.contest": "提交自查、提出异议",
    "scheme.see": "看考核方案",
    "scheme.edit": "编制、试算、发布考核方案",
    "round.see": "看年度考核的进度和结果",
    "round.run": "组织年度考核、答复异议",
    "round.final": "登记工委会议审定并封存",
    "veto.see": "看一票否决",
    "veto.propose": "提出、解除一票否决",
    "veto.confirm": "确认一票否决",
    "seal.see": "查验封存的结果",
    "use.see": "看结果运用",
    "use.edit": "登记结果运用",
    "secretary_review.see": "看述职评议",
    "secretary_review.write": "撰写、提交述职报告",
    "secretary_review.accept": "审核、发回述职报告，登记测评、评定等次",
    "secretary_review.run": "组织述职评议",
    "grade.export": "导出年度考核表",
    "board.see": "看工作分析和月报",
    "call.see": "看临时收表",
    "call.answer": "填报临时收表",
    "call.run": "发起、催报、汇总临时收表",
    "pack.run": "编制迎检资料包",
    "copying.mark": "抄录到上级平台并标记已录入",
    "year.open": "年初启用",
    "setting.edit": "修改规则、节假日、标准等设置",
    "hook.manage": "设置接口令牌上限和数据推送",
    "status.see": "看系统运行状态",
    "import.run": "导入工作簿",
    "rule.see": "看规则和权限",
    "account.manage": "管理账号和任职",
}

_COMMITTEES = ("work_committee", "committee", "general")
_BRANCHES = ("branch", "joint", "temporary")
SEATS = {  # the kinds of organisation in which a post exists
    Role.ADMIN: ("work_committee",),
    Role.STAFF: ("work_committee",),
    Role.LEADER: ("work_committee",),
    Role.COMMITTEE: ("committee", "general"),
    Role.SECRETARY: _BRANCHES,
    Role.EDITOR: (*_COMMITTEES, *_BRANCHES),
    Role.INSPECTOR: _COMMITTEES,
    Role.DISCIPLINE: _COMMITTEES,
}

_READ = (
    "branch.see", "member.see", "meeting.see", "duty.see", "score.see", "notice.see", "campaign.see", "transfer.see",
    "dues.see", "poll.see", "honour.see", "community.see", "election.see", "file.see", "letter.see", "decision.see",
    "inspection.see", "training.see", "recruit.see", "scheme.see", "secretary_review.see", "call.see",
)  # fmt: skip
_CLOSED = (
    "vote.see",
    "ladder.see",
    "appraisal.see",
    "screening.see",
    "rectify.see",
    "weak.see",
    "review.see",
)  # not even for 督查 (非经授权不开放)
_BRANCH = (
    "meeting.edit", "plan.edit", "duty.file", "duty.hand", "notice.receive", "ladder.answer", "transfer.ask", "dues.edit",
    "appraisal.edit", "honour.nominate", "community.edit", "election.edit", "file.edit", "letter.edit", "decision.edit",
    "rectify.do", "weak.do", "integrity.see", "integrity.edit", "training.enrol", "hours.edit",
    "recruit.edit", "score.contest", "secretary_review.write", "call.answer", "pack.run", "copying.mark",
)  # fmt: skip
_PERSONS = ("member.edit", "member.reveal", "export.run")
_SUPERIOR = (
    "transfer.approve", "dues.approve", "appraisal.approve", "poll.edit", "honour.run", "election.approve", "standing.edit",
    "file.run", "rectify.raise", "rectify.accept", "weak.run", "inspection.run", "talk.see", "talk.edit", "training.run",
    "hours.accept", "recruit.approve", "review.edit", "secretary_review.accept",
)  # fmt: skip
_WRITE = (
    *_PERSONS, *_SUPERIOR, "transfer.ask", "dues.edit", "appraisal.edit", "honour.nominate", "community.edit",
    "election.edit", "branch.restructure", "branch.edit", "meeting.edit", "meeting.review", "plan.edit",
    "campaign.run", "duty.file", "duty.hand", "duty.unlock", "notice.issue", "bulletin.draft", "ladder.act",
    "score.settle", "scheme.edit", "round.run", "veto.propose", "veto.confirm", "use.edit", "secretary_review.run",
    "import.run", "file.edit", "letter.edit", "decision.edit", "catalogue.edit", "screening.run",
    "screening.approve", "weak.approve", "integrity.see", "training.enrol", "training.closed", "hours.edit",
    "recruit.edit", "recruit.quota", "call.run", "pack.run", "copying.mark", "year.open",
)  # fmt: skip
_WATCH = ("score.rank", "board.see", "rule.see", "reminder.see", "report.export", "round.see", "seal.see", "use.see")
_STAFF = dict.fromkeys((*_READ, *_CLOSED, *_WRITE, *_WATCH, "reminder.call", "grade.export", "veto.see"), BELOW)
ROLES = {
    Role.ADMIN: {
        **_STAFF,
        **dict.fromkeys(
            (
                "bulletin.sign", "reminder.manage", "account.manage", "audit.see", "export.approve", "sanction.see",
                "sanction.edit", "round.final", "setting.edit", "hook.manage", "status.see",
            ),
            BELOW,
        ),
    },
    Role.STAFF: _STAFF,
    Role.LEADER: dict.fromkeys(
        (*_READ, *_CLOSED, *_WATCH, "bulletin.sign", "export.approve", "sanction.see", "screening.approve",
         "weak.approve", "talk.see", "integrity.see", "discipline.see", "training.closed", "round.final", "veto.see",
         "veto.confirm"), BELOW,
    ),
    Role.COMMITTEE: {
        **dict.fromkeys(
            (*_READ, *_CLOSED, *_PERSONS, *_SUPERIOR, "notice.issue", "reminder.see", "reminder.call", "report.export", "use.see",
             "board.see", "call.run"),
            BELOW,
        ),
        **dict.fromkeys((*_BRANCH, "rule.see"), OWN),
    },
    Role.SECRETARY: dict.fromkeys((*_READ, *_CLOSED, *_BRANCH, *_PERSONS, "review.edit", "points.see", "rule.see"), OWN),
    Role.EDITOR: dict.fromkeys(
        (
            "branch.see", "member.see", "meeting.see", "meeting.edit", "vote.see", "campaign.see", "duty.see", "duty.file",
            "notice.see", "notice.receive", "rule.see", "transfer.see", "dues.see", "dues.edit", "honour.see", "community.see",
            "community.edit", "election.see", "file.see", "file.edit", "letter.see", "decision.see", "rectify.see", "rectify.do",
            "inspection.see", "training.see", "training.enrol", "hours.edit", "recruit.see", "recruit.edit", "scheme.see",
            "call.see", "call.answer", "copying.mark",
        ),
        OWN,
    ),
    Role.INSPECTOR: dict.fromkeys((*_READ, *_WATCH, "grade.export", "audit.see"), BELOW),
    Role.DISCIPLINE: dict.fromkeys(
        (
            "branch.see", "rule.see", "member.see", "member.reveal", "sanction.see", "sanction.edit", "integrity.see",
            "integrity.edit", "discipline.see", "discipline.edit",
        ), BELOW,
    ),
}  # fmt: skip


# What a task allows in the one organisation to which somebody was assigned, whatever the person's post is.
_LOOKS = (
    "branch.see",
    "meeting.see",
    "duty.see",
    "file.see",
    "campaign.see",
    "inspection.see",
    "decision.see",
    "notice.see",
)
TASKS = {
    Task.ASSESSOR: (*_LOOKS, "member.see", "training.see", "recruit.see", "letter.see", "screening.judge"),
    Task.GUIDE: _LOOKS,
    Task.INSTRUCTOR: (*_LOOKS, "member.see", "training.see", "rectify.see"),
    Task.CONTACT: (*_LOOKS, "member.see", "training.see", "recruit.see", "score.see", "scheme.see", "rectify.see"),
    Task.GRADER: (
        *_LOOKS,
        "member.see",
        "training.see",
        "recruit.see",
        "letter.see",
        "scheme.see",
        "score.see",
        "score.judge",
    ),
}


def serving(user, *, on=None):
    """The posts `user` holds on that day as pairs (role, path). Those of today are read once per request."""
    return _held(user, on)[0]


def assigned(user, *, on=None):
    """The tasks that run on that day as pairs (task, path)."""
    return _held(user, on)[1]


def _held(user, on):
    """(posts, tasks, places by verb) of a day by one query; those of today are kept, since a user object lives no longer
    than a request."""
    found = getattr(user, "held_today", None)
    if on is None and found is not None:
        return found
    from branches.models import Appointment, Assignment  # the tables themselves ask for roles and scope here

    day = on or timezone.localdate()
    posts = Appointment.objects.serving(day).filter(user=user.pk).order_by()
    tasks = Assignment.objects.running(day).filter(user=user.pk).order_by()
    rows = list(posts.values_list("role", "branch__path").union(tasks.values_list("task", "branch__path")))
    found = ([row for row in rows if row[0] in ROLES], [row for row in rows if row[0] in TASKS], {})
    if on is None:
        user.held_today = found
    return found


def places(user, verb):
    """Where `user` may do `verb` today: pairs (path, whether below counts too). The user `system` acts everywhere."""
    if not user.is_authenticated:
        return []
    if user.is_system:
        return [("/", True)]
    if not user.is_active:
        return []
    posts, tasks, known = _held(user, None)
    if verb not in known:
        found = {(path, ROLES[role][verb] == BELOW) for role, path in posts if verb in ROLES[role]}
        found |= {(path, False) for task, path in tasks if verb in TASKS[task]}
        narrowed = getattr(user, "narrowed_to", None)  # by a token of the API, which never gives more (exchange.door)
        known[verb] = sorted(narrowed.within(verb, found) if narrowed else found)
    return known[verb]


def may(user, verb, *, at=None):
    """Whether `user` may do `verb` in the organisation `at`, or anywhere when none is named."""
    found = places(user, verb)
    if at is None:
        return bool(found)
    return any(at.path == path or (below and at.path.startswith(path)) for path, below in found)


def require(by, verb, *, at):
    """The lock inside every action: pages, API, imports and tasks all pass here. Raises `PermissionDenied`."""
    if not may(by, verb, at=at):
        raise PermissionDenied(f"您的岗位没有“{VERBS[verb]}”的权限。")


class PolicyMiddleware:
    """Deny by default: a route that declares no verb is refused, and so is a person who holds the verb nowhere."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        verb = getattr(view, "policy", None)
        if verb is None:
            raise PermissionDenied("此页面未登记权限。")
        if verb == PUBLIC:
            return None
        if not request.user.is_authenticated:
            # After signing in only a page that can be looked at makes sense, not the target of a form.
            return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else "/")
        if verb != SIGNED_IN and not may(request.user, verb):
            raise PermissionDenied(f"您的岗位没有“{VERBS[verb]}”的权限。")
        return None


def second_factor_first(get_response):
    """Until the phone is set up, a post of `SECOND_FACTOR` opens the pages for setting it up and nothing else."""

    def check(request):
        user = request.user
        request.must_have_second_factor = (
            settings.SECOND_FACTOR != "offered"
            and user.is_authenticated
            and any(role in SECOND_FACTOR for role, _ in serving(user))
        )
        waits = request.must_have_second_factor and not request.session.get("factor")
        if waits and not user.must_change_password and request.path not in _open_without_factor():
            return go(request, reverse("accounts:second_factor"))
        return get_response(request)

    return check


def _open_without_factor():
    return {reverse(f"accounts:{name}") for name in ("second_factor", "confirm", "sign_out", "large")}
