"""Handing a post over: what is open that day, the old post's end and the new one's beginning in one act, the paper to sign."""

from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from accounts import audit
from accounts.models import User
from branches import actions as organisation
from branches.models import Appointment, Branch, Notice, Receipt, Rectification
from branches.rights import Role, require
from duties.models import Duty
from duties.periods import labels
from files.secrecy import refuse_marked
from meetings.models import Meeting
from members import own
from office.paper import Heading, Paper, Signatures, Table, Text, official_date
from office.word import to_word
from portal import waiting
from portal.tally import Tally
from recruitment.models import Application

VERB = "account.manage"
LISTED = 15  # of each kind; the rest are counted and found by the link
AHEAD = relativedelta(months=3)
OF_BRANCH = (Role.SECRETARY, Role.EDITOR, Role.COMMITTEE)


class Item(NamedTuple):
    """One kind of thing that the successor takes over: how many (None: its words say it), the first of them, where all are."""

    label: str
    count: int | None
    words: list
    url: str

    @property
    def rest(self):
        """That there are more than the words name."""
        return [f"等 {self.count} 件"] if self.count and self.count > len(self.words) else []


def open_items(post, *, on):
    """What is open on that day in the organisation and with the person, by kind; kinds with nothing are left out."""
    found = [item for item in _of_branch(post.branch, on) if item.count] if post.role in OF_BRANCH else []
    told = {"unsigned"} if post.role in OF_BRANCH else set()  # those of the branch are named one by one
    matters, tally = [each for each in (*waiting.ABOVE, *waiting.PERSONS) if each.name not in told], Tally()
    waiting.ask(tally, post.user, on, matters)
    for line in waiting.lines(tally.ask(), post.user, on, matters):
        label = line["label"].replace("待您", "待本岗位").replace("轮到您", "轮到本岗位")
        found.append(Item(label, None, [line["words"]], line["url"]))
    return found


def _of_branch(branch, on):
    named = labels(on)
    duties = Duty.objects.filter(branch=branch, opens_on__lte=on, locks_on__gte=on, met_on=None)
    unfinished = Meeting.objects.filter(branch=branch, state__in=[Meeting.State.DRAFT, Meeting.State.RETURNED])
    rectify = Rectification.objects.filter(branch=branch).at_branch()
    unsigned = Receipt.objects.filter(branch=branch, received_at=None, notice__state=Notice.State.ISSUED)
    roads = Application.objects.filter(branch=branch, outcome="")

    def duty_words(duty):
        name = "通知" if duty.notice_id else named.get(duty.rule, "")
        return f"{name}（{duty.label}，{duty.due_on:%Y-%m-%d} 截止）"

    def meeting_words(meeting):
        kinds = "、".join(row.get_kind_display() for row in meeting.kinds.all())
        return f"{meeting.held_on:%Y-%m-%d} {kinds}（{meeting.get_state_display()}）"

    return [
        _item("应办事项，没有办的", duties.select_related("notice").order_by("due_on", "pk"), "duties:list", duty_words),
        _item("组织生活记录，草稿和退回的", unfinished.for_list().order_by("held_on", "pk"), "meetings:list", meeting_words),
        _item("整改事项，没有完成的", rectify.order_by("due_on", "pk"), "branches:rectifications",
              lambda row: f"{row.problem}（{row.due_on:%Y-%m-%d} 前）"),
        _item("通知，没有签收的", unsigned.select_related("notice").order_by("pk"), "duties:notices", lambda row: row.notice.title),
        _item("发展党员，在办的档案", roads.select_related("member").order_by("applied_on", "pk"), "recruitment:list",
              lambda row: str(row.member)),
    ]  # fmt: skip


def _item(label, rows, route, say):
    count = rows.count()
    return Item(label, count, [say(row) for row in rows[:LISTED]] if count else [], reverse(route))


def serving_now(branch, *, on):
    """Who serves in an organisation, with account names: any of them may be the successor."""
    return Appointment.objects.serving(on).filter(branch=branch).select_related("user").order_by("role", "started_on")


def others_of(post, *, on):
    """The further posts of whoever holds this one."""
    rest = Appointment.objects.filter(user=post.user_id).exclude(pk=post.pk).exclude(ended_on__lt=on)
    return rest.select_related("branch")


@transaction.atomic
def seat(branch, role, username, name, *, started_on, by):
    """A post for an account, which is opened when there is none of that name. Returns (user, first password or None)."""
    user = User.objects.filter(username=username).first()
    if user is None:
        return organisation.open_account(username, name, branch, role, started_on=started_on, by=by)
    if user.name != name:
        raise ValidationError(
            {"name": f"账号 {username} 是别人的，姓名对不上。请核对账号；新来的同志换一个没有用过的账号名。"}
        )
    if not user.is_active:
        raise ValidationError({"username": f"账号 {username} 已停用，请先在“账号”里启用。"})
    organisation.appoint(user, branch, role, started_on=started_on, by=by)
    return user, None


@transaction.atomic
def hand_over(post, username, name, *, handed_on, number="", closes_account=False, by, on):
    """The post passes from one to the other: both serve on that day, so that it can be gone through together.

    The old holder is signed out everywhere; with `closes_account` the account and its phone go too. Returns as `seat`.
    """
    post = Appointment.objects.select_for_update(of=("self",)).select_related("branch", "user").get(pk=post.pk)
    require(by, VERB, at=post.branch)
    if post.user_id == by.pk:
        raise ValidationError("不能办理自己的交接，请由另一位管理员办理。")
    if post.ended_on is not None:
        raise ValidationError("这个岗位已经免去，不用交接；直接给继任的同志任职即可。")
    if not post.started_on <= handed_on <= on + AHEAD:
        raise ValidationError({"handed_on": f"交接日期应在任职日期 {post.started_on:%Y-%m-%d} 以后，最远三个月以后。"})
    if username == post.user.username:
        raise ValidationError({"username": "继任的就是现任，不用交接。"})
    refuse_marked(number, "依据")
    outgoing = User.objects.select_for_update().get(pk=post.user_id)
    organisation.dismiss(post, on=handed_on, by=by)
    user, password = seat(post.branch, post.role, username, name, started_on=handed_on, by=by)
    if closes_account:
        _close(post, outgoing, handed_on, by, on)
    else:
        outgoing.session_epoch += 1
        outgoing.save(update_fields=["session_epoch"])
    audit.record(
        "appointment.hand_over", post, by=by, to=user.pk, on=str(handed_on), number=number, closed=closes_account
    )
    return user, password


def _close(post, outgoing, handed_on, by, on):
    """Nothing is left for this person to sign in for."""
    if handed_on > on:
        raise ValidationError({"closes_account": "交接日期还没有到，先不停用账号，到时再办。"})
    if others := list(others_of(post, on=on)):
        raise ValidationError({"closes_account": f"{outgoing}还任{others[0]}，账号不能停用。"})
    if outgoing.factor:
        own.reset_factor(outgoing, by=by)
        outgoing.refresh_from_db()
    organisation.set_active(outgoing, False, by=by)


def word(post, items, *, on):
    """交接清单 as a paper: what is open, what is in the portal, and lines for both and for whoever oversees it."""
    role, branch = post.get_role_display(), post.branch
    rows = [[item.label, item.count, "\n".join([*item.words, *item.rest])] for item in items]
    blocks = [
        Text(
            f"{branch}{role}岗位由{post.user}移交给＿＿＿＿＿＿同志。截至{official_date(on)}，门户中没有办结的事项如下。"
        ),
        Heading("待办事项"),
        Table(["事项", "件数", "明细"], rows, widths=[3, 1, 6], empty="没有待办事项"),
        Heading("其他移交"),
        Table(["内容", "数量", "备注"], [[name, "", ""] for name in HANDED], widths=[4, 1, 4]),
        Text("双方已当面核对，情况属实；未尽事项由移交人协助办理。"),
        Signatures(["移交人", "接收人", "监交人"]),
    ]
    return to_word(Paper(f"{role}工作交接清单", dated=on, organ=branch.name, blocks=blocks))


HANDED = (
    "党支部印章、党旗党徽",
    "党员名册和党员档案材料",
    "组织生活会议记录本",
    "发展党员纸质档案",
    "党费收缴账册和余额",
    "其他",
)


def holders(branches, *, on):
    """branch key → the posts held there that day, in the order of the roles, in one query."""
    found, ranks = {}, list(Role)
    rows = Appointment.objects.serving(on).filter(branch__in=branches).select_related("user")
    for post in sorted(rows.order_by("started_on", "pk"), key=lambda post: ranks.index(post.role)):
        found.setdefault(post.branch_id, []).append(post)
    return found


def is_vacant(branch, posts):
    """Whether an organisation that is led by one secretary has nobody in that post."""
    if branch.kind == Branch.Kind.WORK_COMMITTEE:
        return False
    head = Role.COMMITTEE if branch.kind in (Branch.Kind.COMMITTEE, Branch.Kind.GENERAL) else Role.SECRETARY
    return all(post.role != head for post in posts)
