"""What waits for a person's hand, over all matters: one table of who decides what, counted by one query."""

from collections.abc import Callable
from datetime import date
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Exists, Func, JSONField, OuterRef, Q, Subquery
from django.urls import reverse

from assessment.judging import JUDGING
from assessment.models import Objection, Round, SealedScore, SecretaryReview, SelfCheck, Veto
from branches import rectifications
from branches.models import Branch, Notice, Receipt, Screening, ScreeningCampaign, WeakCase
from branches.prefilling import OPEN
from branches.rights import may, places
from duties import table
from duties.models import Unlock
from meetings import review
from meetings.models import Meeting
from members import transfers
from members.models import Appraisal, Correction, DuesWaiver
from portal.models import Export
from recruitment import outlook, turns, wording
from reminders import sheets
from reminders.models import Bulletin, LadderStep
from training.models import OtherHours

FIRST = 6  # kinds in sight on the 工作台 of those above branches; the rest are folded


class Matter(NamedTuple):
    """One kind of decision: who takes it (`verbs`, any of them), which rows wait, how the line reads, where it leads.

    `turned`: a field, a value of it, and how the line reads where some of the rows have that value.
    """

    name: str
    verbs: tuple
    rows: Callable  # (user, today) → queryset
    icon: str
    label: str
    unit: str
    page: str
    asked: str = ""
    turned: tuple = ()
    since: str = ""  # the instant from which a row waits
    in_bulk: bool = False  # many small ones that a page settles together
    until: str = ""  # the day after which nothing can be done, told in place of the number


def unsigned(user):
    """The notices that organisations of this person have not yet signed for."""
    waiting = Receipt.objects.visible_to(user, verb="notice.receive").filter(received_at__isnull=True)
    return waiting.filter(notice__state=Notice.State.ISSUED)


def _bulletins(state):
    return lambda user, today: Bulletin.objects.visible_to(user).filter(state=state)


def _appraisals(user, today):
    handed = Appraisal.objects.visible_to(user, verb="appraisal.approve").filter(state=Appraisal.State.SUBMITTED)
    return handed.exclude(submitted_by=user)


def _rows(model, verb, **state):
    return lambda user, today: model.objects.visible_to(user, verb=verb).filter(**state)


def _of_those_below(model, verb, **state):
    """Rows of organisations strictly below the own posts: nobody decides about the own organisation's work."""

    def rows(user, today):
        reach = [
            Q(branch__path__startswith=path) & ~Q(branch__path=path) for path, below in places(user, verb) if below
        ]
        return model.objects.visible_to(user, verb=verb).filter(reduce(or_, reach, Q(pk__in=[])), **state)

    return rows


def _hours(user, today):
    entered = OtherHours.State.ENTERED
    return _of_those_below(OtherHours, "hours.accept", state=entered)(user, today).exclude(created_by=user.pk)


def _vetoes(user, today):
    proposed = Veto.objects.visible_to(user, verb="veto.confirm").filter(confirmed_at=None, lifted_at=None)
    return proposed.exclude(proposed_by=user.pk)


def _to_judge(user, today):
    """The organisations in the hands of an assessor while the year's round is judged."""
    judged = Round.objects.visible_to(user).filter(state__in=JUDGING)
    return Branch.objects.visible_to(user, verb="score.judge").filter(Exists(judged))


def _published(user, today):
    """Own organisations whose points are published, while something may be said against them."""
    told = SealedScore.objects.filter(
        branch=OuterRef("pk"), seal__round__state=Round.State.PUBLISHED, seal__round__objections_until__gte=today
    )
    own = Branch.objects.visible_to(user, verb="score.contest").filter(Exists(told))
    return own.annotate(until=Subquery(told.order_by("-seal").values("seal__round__objections_until")[:1]))


def _self_checks(user, today):
    """Own organisations whose self-check may still be handed in. Of a 党委 only where the round grades those too."""
    above = [Branch.Kind.COMMITTEE, Branch.Kind.GENERAL]
    running = Round.objects.visible_to(user).filter(state=Round.State.SELF_CHECK, self_check_until__gte=today)
    begun = running.filter(year__gte=OuterRef("founded_on__year"))
    handed_in = SelfCheck.objects.filter(
        round__in=running.values("pk"), branch=OuterRef("pk"), state=SelfCheck.State.SUBMITTED
    )
    found = Branch.objects.visible_to(user, verb="score.contest").filter(closed_on=None)
    return found.filter(
        Q(Exists(begun), kind__in=[Branch.Kind.BRANCH, Branch.Kind.JOINT])
        | Q(Exists(begun.filter(committee_scheme__isnull=False)), kind__in=above),
        ~Exists(handed_in),
    )


JUDGED = (  # what was put into somebody's hands alone
    Matter("to_judge", ("score.judge",), _to_judge, "pen", "考评组评分，分给您的", "个党组织", "assessment:judging"),
    Matter(
        "visits", ("screening.judge",), _rows(Screening, "screening.judge", state__in=OPEN), "eye", "到校研判，分给您的", "个党组织",
        "branches:visits",
    ),
)  # fmt: skip
ABOVE = (  # what only those who stand above branches are told
    Matter("unsigned", ("notice.receive",), lambda user, today: unsigned(user), "file", "收到、待签收的通知", "份", "duties:notices",
           since="notice__issued_at"),
    Matter(
        "asked", ("meeting.review",), lambda user, today: review.asked(Meeting.objects.visible_to(user, verb="meeting.review")),
        "eye", "有疑问、待核实的记录", "条", "meetings:review",
    ),
    Matter(
        "unlocks", ("duty.unlock",), _rows(Unlock, "duty.unlock", decided_at__isnull=True, duty__is_owed=True),
        "lock", "补办申请，待批复", "件",
        "duties:unlocks",
        since="created_at",
    ),
    Matter("drafted", ("bulletin.sign",), _bulletins(Bulletin.State.DRAFT), "pen", "起草好、待签发的通报", "份", "reminders:bulletins",
           since="created_at"),
    Matter("signed", ("bulletin.draft",), _bulletins(Bulletin.State.SIGNED), "file", "已签发、待发出的通报", "份", "reminders:bulletins",
           since="signed_at"),
    Matter(
        "rectified", ("rectify.accept",), lambda user, today: rectifications.waiting(user), "rectify", "提交的整改，待验收", "件",
        "branches:rectifications", "?at=submitted",
        since="submitted_at",
    ),
    Matter(
        "ladder", ("ladder.act",),
        lambda user, today: LadderStep.objects.visible_to(user, verb="ladder.act").open().filter(answered_at__isnull=False),
        "flag", "已作说明、待了结的", "件", "reminders:ladder", "?tab=open",
        since="answered_at",
    ),
    Matter(
        "screened", ("screening.approve",),
        _rows(Screening, "screening.approve", state=Screening.State.SUBMITTED, campaign__state=ScreeningCampaign.State.OPEN),
        "vote", "研判结果，待审定", "个党组织", "branches:approvals",
        since="submitted_at",
    ),
    Matter(
        "weak", ("weak.approve",), _rows(WeakCase, "weak.approve", state__in=[WeakCase.State.PUBLICISED, WeakCase.State.ACCEPTED]),
        "flag", "整顿，待审定列入或销号", "件", "branches:weak_cases",
    ),
    Matter("vetoes", ("veto.confirm",), _vetoes, "shield", "一票否决，待确认", "件", "assessment:vetoes", since="proposed_at"),
    Matter(
        "reports", ("secretary_review.accept",),
        _of_those_below(SecretaryReview, "secretary_review.accept", state=SecretaryReview.State.SUBMITTED), "pen",
        "述职报告，待审核", "份", "assessment:secretary_reviews", "?at=submitted",
    ),
    Matter(
        "objections", ("round.run",), _rows(Objection, "round.run", answered_at=None), "pen", "考核异议，待答复", "件",
        "assessment:objections_now",
        since="raised_at",
    ),
    Matter(
        "hours", ("hours.accept",), _hours, "gauge", "其他学时，待核实", "条", "training:other_hours", "?state=entered",
        since="created_at", in_bulk=True,
    ),
)  # fmt: skip
PERSONS = (
    Matter(
        "transfers", ("transfer.ask", "transfer.approve"), transfers.waiting, "link", "组织关系转接，待您办的", "件",
        "members:transfers", "?tab=mine",
        since="created_at",
    ),
    Matter(
        "corrections", ("member.edit",), _rows(Correction, "member.edit", state=Correction.State.OPEN), "pen",
        "党员申请更正信息，待答复", "件", "members:corrections",
        since="created_at",
    ),
    Matter(
        "waivers", ("dues.approve",), _rows(DuesWaiver, "dues.approve", state=DuesWaiver.State.ASKED), "file",
        "党费减免申请，待批准", "件", "members:dues_waivers",
        since="created_at",
    ),
    Matter(
        "appraisals", ("appraisal.approve",), _appraisals, "vote", "民主评议结果，待审定", "个支部", "members:appraisals",
        "?state=submitted",
        since="submitted_at",
    ),
    Matter(
        "exports", ("export.approve",), lambda user, today: Export.objects.visible_to(user).waiting_for(user), "download",
        "含身份证号的导出，待审批", "件", "portal:exports",
        since="created_at",
    ),
)  # fmt: skip
OWN = (
    Matter(
        "own_report", ("secretary_review.write",),
        _rows(SecretaryReview, "secretary_review.write", state__in=[SecretaryReview.State.DRAFT, SecretaryReview.State.RETURNED]),
        "pen", "述职报告，待提交", "份", "assessment:secretary_reviews",
        turned=("state", SecretaryReview.State.RETURNED, "述职报告，发回重写"),
    ),
    Matter("self_checks", ("score.contest",), _self_checks, "flag", "年度考核自查，待提交", "份", "assessment:own_round"),
    Matter("published", ("score.contest",), _published, "flag", "得分已公布，请核对", "份", "assessment:own_round", until="until"),
)  # fmt: skip
BRANCH, MANY = (*JUDGED, *PERSONS, *OWN), (*JUDGED, *ABOVE, *PERSONS, *OWN)


def ask(tally, user, today, matters):
    """Put the counts of these matters into the tally, as far as the person decides them."""
    for matter in matters:
        if any(may(user, verb) for verb in matter.verbs):
            rows = matter.rows(user, today)
            if matter.since:
                tally.oldest(matter.name, rows, matter.since)
            else:
                tally.count(matter.name, rows, by=matter.turned[0] if matter.turned else matter.until or None)
    if may(user, "recruit.see") and may(user, "recruit.approve"):
        tally.list("uppers", turns.uppers(), "path", "kind")
    if may(user, "reminder.call"):
        asked = ("branch__order", "branch", "branch__name", "rule", "ends_on")
        place = Func(*asked, function="jsonb_build_array", output_field=JSONField())
        tally.count("overdue", sheets.due(user, today, "reminder.call"), by=place)


def lines(tally, user, today, matters):
    """[{icon, label, words, url}] of what waits, after the tally was asked. Three queries at most, for the roads."""
    found = []
    if tally["overdue"]:
        words = f"{late_organisations(tally)} 个党组织 {tally['overdue']} 件"
        found.append(_line("flag", "逾期未办、该催的", words, "reminders:urge"))
    for matter in matters:
        if tally[matter.name]:
            words = f"{tally[matter.name]} {matter.unit}"
            if matter.until:
                words = f"{table.short(min(map(date.fromisoformat, tally.of[matter.name])), today.year)}前"
            line = _line(matter.icon, _label(matter, tally), words, matter.page, matter.asked)
            found.append(line | {"since": tally.since.get(matter.name), "in_bulk": matter.in_bulk})
    if may(user, "recruit.see"):
        kinds = dict(tally.rows["uppers"]) if "uppers" in tally.rows else None
        count, words = recruiting(user, today, kinds)
        if count:
            found.append(_line("road", "发展党员，轮到您办的", words, "recruitment:board"))
    return found


def _label(matter, tally):
    if matter.turned:
        _, value, label = matter.turned
        return label if tally.of[matter.name][value] else matter.label
    return matter.label


def _line(icon, label, words, page, asked=""):
    return {
        "icon": icon, "label": label, "words": words, "url": reverse(page) + asked, "since": None, "in_bulk": False,
    }  # fmt: skip


def late_organisations(tally):
    """How many organisations the overdue duties belong to."""
    return len({branch for _, branch, *_ in tally.of.get("overdue", ())})


def in_turn(lines, today):
    """(the first lines, the rest) in the order in which to take them up: what has waited longest before what came yesterday, and
    what is settled many at a time last. Each says how long its oldest waits."""
    ranked = sorted(lines, key=lambda line: (line["in_bulk"], bool(line["since"]), line["since"] or today))
    for line in ranked:
        days = (today - line["since"]).days if line["since"] else 0
        notes = [f"最早的已等 {days} 天" if days else "", "可以一批一批核实" if line["in_bulk"] else ""]
        line["words"], _, limit = line["words"].partition("，")  # 2 件，最近一件 12 月 12 日前
        line["note"] = "，".join(filter(None, [limit, *notes]))
    return ranked[:FIRST], ranked[FIRST:]


def recruiting(user, today, kinds=None):
    """(how many roads wait for this person, 2 件，最近一件 12 月 12 日前): only those whose turn it can be are judged."""
    waiting = [road.due_now() for road in outlook.waiting(user, today, kinds)]
    days = [wording.limit(each) for found in waiting for each in found if wording.limit(each)]
    words = f"{len(waiting)} 件"
    if late := sum(day < today for day in days):
        words += f"，已超期 {late} 件"
    elif days:
        words += f"，最近一件 {table.short(min(days), today.year)}前"
    return len(waiting), words
