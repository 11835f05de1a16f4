"""What the 工作台 shows: one branch's month, or the county's year."""

from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from assessment import forecast
from assessment.judging import kind_of
from assessment.sheet import plain
from branches.models import Branch, Notice, Receipt, Rectification
from branches.rights import may
from duties import table
from duties.models import Duty, Unlock
from duties.periods import MEETING
from meetings.models import Meeting
from members import dues, transfers
from members.community import birthdays
from members.models import Appraisal, Correction, DuesWaiver, Member, Membership
from portal.models import Export
from recruitment import wording
from recruitment.models import Application
from recruitment.outlook import roads
from recruitment.turns import Eyes
from rulebook.book import in_force
from training import enrolling

PAST = "past"
SPANS = (
    ("month", "本月应办"), ("notice", "通知要办的"), (PAST, "已过期、还可以补登的"), ("quarter", "本季度"), ("half", "本半年"),
    ("term", "本学期"), ("year", "本年度"),
)  # fmt: skip
UNDONE = {MEETING: "还差 1 次"}  # what is reported or answered once is simply 待办
ALONG = {"party_lecture": "theme_party_day"}  # held on the same day it needs no meeting of its own
ABOVE_STEP = "activist_filing"  # any step of an organisation above: whose turn it is depends on the branch alone
LISTED = 8  # branches on the front page; the rest are one click away
GREETINGS = ((11, "上午好"), (13, "中午好"), (18, "下午好"), (24, "晚上好"))  # until that hour


def of_branch(user, branch, today):
    """The month of one branch: what is due, what came back, the points so far, political birthdays."""
    may_edit = may(user, "meeting.edit", at=branch)
    unfinished = _unfinished(user, branch)
    month, groups, done = due(user, branch, today, unfinished=unfinished)
    missed = Duty.objects.visible_to(user).filter(branch=branch, year=today.year, ends_on__lt=today, fulfilments=None)
    members = Member.objects.visible_to(user).filter(
        pk__in=Membership.objects.visible_to(user).filter(branch=branch).on(today).values("member")
    )
    context = {
        "branch": branch, "today": today, "greeting": _greeting(), "groups": groups, "month": month, "done": done,
        "missed": missed.count(), "year_url": f"{reverse('duties:list')}?branch={branch.pk}&year={today.year}",
        "month_url": reverse("duties:month", args=[branch.pk, today.year, today.month]),
        "unsigned": unsigned(user).filter(branch=branch).count(),
        "returned": _returned([meeting for meeting in unfinished if meeting.state == Meeting.State.RETURNED]),
        "drafts": [_record(meeting) for meeting in unfinished if meeting.state == Meeting.State.DRAFT],
        "persons": [
            {"icon": icon, "label": label, "words": words, "url": reverse(page)}
            for icon, label, count, words, page in persons_waiting(user, today)
            if count
        ] + enrolments(user, branch, today),
        "rectify": _rectify(user, branch, today),
        "dues": _dues(user, branch, today), "birthdays": (celebrated := _birthdays(members, today)),
        "has_members": bool(celebrated) or members.exists(), "may_edit": may_edit, "score": None,
    }  # fmt: skip
    if may(user, "score.see", at=branch):
        context["score"] = score_of(branch, today)
    return context


def score_of(branch, today):
    """预估得分 of the branch as it stands: points, what can still be had by when, what is lost; None where it gets none."""
    row = forecast.latest(branch, today.year, on=today, kind=kind_of(branch, today.year))
    if row is None:
        return None
    own = row.content["own"]
    gains = [gain | {"until": gain["until"] and date.fromisoformat(gain["until"])} for gain in own["gains"][:2]]
    numbers = {name: None if own[name] is None else Decimal(own[name]) for name in ("total", "still", "lost")}
    return numbers | {
        "judged": plain(own["judged"]), "gains": gains, "all_gains": len(own["gains"]),
        "first_gains": sum((Decimal(gain["points"]) for gain in gains), Decimal(0)),
        "losses": own["losses"][:2], "all_losses": len(own["losses"]),
    }  # fmt: skip


def persons_waiting(user, today):
    """What waits for this person's hand in the matters of members: (icon, label, count, in words, route)."""
    found = []
    if may(user, "transfer.ask") or may(user, "transfer.approve"):
        count = transfers.waiting(user, today).count()
        found.append(("link", "组织关系转接，待您办的", count, f"{count} 件", "members:transfers"))
    if may(user, "member.edit"):
        asked = Correction.objects.visible_to(user, verb="member.edit").filter(state=Correction.State.OPEN).count()
        found.append(("pen", "党员申请更正信息，待答复", asked, f"{asked} 件", "members:corrections"))
    if may(user, "dues.approve"):
        asked = DuesWaiver.objects.visible_to(user, verb="dues.approve").filter(state=DuesWaiver.State.ASKED).count()
        found.append(("file", "党费减免申请，待批准", asked, f"{asked} 件", "members:dues_waivers"))
    if may(user, "appraisal.approve"):
        handed = Appraisal.objects.visible_to(user, verb="appraisal.approve").filter(state=Appraisal.State.SUBMITTED)
        count = handed.exclude(submitted_by=user).count()
        found.append(("vote", "民主评议结果，待审定", count, f"{count} 个支部", "members:appraisals"))
    if may(user, "recruit.see"):
        count, words = recruiting(user, today)
        found.append(("road", "发展党员，轮到您办的", count, words, "recruitment:board"))
    if may(user, "export.approve"):
        count = Export.objects.visible_to(user).waiting_for(user).count()
        found.append(("download", "含身份证号的导出，待审批", count, f"{count} 件", "portal:exports"))
    return found


def recruiting(user, today):
    """(how many roads wait for this person, 2 件，最近一件 12 月 12 日前): only those whose turn it can be are judged."""
    eyes = Eyes(user)
    led = Branch.objects.visible_to(user, verb="recruit.see").filter(applications__outcome="").distinct()
    mine = [branch for branch in led if branch.path in eyes.own or eyes.is_turn(ABOVE_STEP, branch)]
    rows = Application.objects.visible_to(user).open().filter(branch__in=mine) if mine else ()
    found = roads(rows.select_related("member", "branch"), user, today) if mine else []
    waiting = [road.due_now() for road in found if road.due_now() or (road.is_gone and road.is_mine)]
    days = [wording.limit(each) for found in waiting for each in found if wording.limit(each)]
    words = f"{len(waiting)} 件"
    if late := sum(day < today for day in days):
        words += f"，已超期 {late} 件"
    elif days:
        words += f"，最近一件 {table.short(min(days), today.year)}前"
    return len(waiting), words


def enrolments(user, branch, today):
    """The classes for which this organisation has places and has named nobody yet."""
    if not may(user, "training.enrol", at=branch):
        return []
    return [
        {
            "icon": "book", "label": f"待报名：{quota.training_class.title}",
            "words": f"{table.short(enrolling.deadline(quota.training_class), today.year)}截止",
            "url": reverse("training:roll", args=[quota.training_class_id]),
        }
        for quota in enrolling.waiting(branch, today)
    ]  # fmt: skip


def unsigned(user):
    """The notices that organisations of this person have not yet signed for."""
    waiting = Receipt.objects.visible_to(user, verb="notice.receive").filter(received_at__isnull=True)
    return waiting.filter(notice__state=Notice.State.ISSUED)


def _rectify(user, branch, today):
    """整改 2 件，其中超期 1 件: what is with the branch to put right, with the way there; None when nothing is."""
    rows = Rectification.objects.visible_to(user).filter(branch=branch).at_branch()
    found = rows.order_by().aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)))
    return found | {"url": reverse("branches:rectifications")} if found["open"] else None


def _dues(user, branch, today):
    """本月党费已收 28/30, with the way to the month; None where nobody may see it or nobody owes any."""
    if not may(user, "dues.see", at=branch):
        return None
    paid, owed = dues.state_of(branch, today)
    url = reverse("members:dues_month", args=[branch.pk, today.year, today.month])
    return {"paid": paid, "owed": owed, "url": url} if owed else None


def _greeting():
    hour = timezone.localtime().hour
    return next(word for until, word in GREETINGS if hour < until)


def due(user, branch, today, book=None, unfinished=None):
    """(the month in a sentence, the groups of lines, what is done): one line per duty that can be met today.

    The next act comes first; what is done stays in sight for the month alone, whose checklist it completes.
    """
    book = in_force(on=today) if book is None else book
    unlocks = Unlock.objects.visible_to(user).in_force(today).filter(duty__branch=branch)
    opened = dict(unlocks.values_list("duty", "expires_on"))
    duties = list(
        Duty.objects.visible_to(user)
        .filter(branch=branch, opens_on__lte=today)
        .filter(Q(ends_on__gte=today) | Q(locks_on__gte=today, fulfilments=None) | Q(pk__in=opened, fulfilments=None))
        .with_met()
        .select_related("notice", "handed_to")
        .prefetch_related("fulfilments")
        .order_by("due_on", "ends_on", "pk")
    )
    pks = {done.object_id for duty in duties for done in duty.fulfilments.all() if done.label == Meeting._meta.label}
    met = Meeting.objects.visible_to(user).in_bulk(pks) if pks else {}
    begun = _begun(_unfinished(user, branch) if unfinished is None else unfinished)
    undone = {duty.rule for duty in duties if not duty.met_on and duty.ends_on >= today}
    allowed = table.allowed(user, branch)
    lines = {span: [] for span, _ in SPANS}
    for duty in sorted(duties, key=lambda duty: (bool(duty.met_on), duty.handed_to_id != user.pk)):
        rule = table.rule_of(duty, book)
        span = rule.value["per"] if duty.ends_on >= today else PAST
        line = table.line(duty, rule, today, allowed=allowed, opened=opened, me=user)
        lines[span].append(_line(duty, rule, line, met, undone, today) | _go_on(duty, line, begun))
        if duty.pk in opened and not duty.met_on:
            lines[span][-1]["why"] += f"，{table.short(opened[duty.pk], today.year)}前补上"
    open_lines = [line for span in ("month", "quarter") for line in lines[span] if not line["is_met"]]
    following = next((line for line in open_lines if line["icon"] == "pen"), None)
    if following:
        following["now"] = True
    left = [line for line in lines["month"] if not line["is_met"]]
    month = {
        "all": len(lines["month"]), "done": len(lines["month"]) - len(left), "left": len(left),
        "target": left[0]["target"] if left else "", "is_one": len(left) == 1,
        "notices": sum(not line["is_met"] for line in lines["notice"]),
    }  # fmt: skip
    done = [line for span, _ in SPANS[1:] for line in lines[span] if line["is_met"]]
    for span, _ in SPANS[1:]:
        lines[span] = [line for line in lines[span] if not line["is_met"]]
    groups = [
        {
            "title": title if span != PAST or len(lines[span]) <= LISTED else f"{title}（共 {len(lines[span])} 件）",
            "lines": lines[span][:LISTED] if span == PAST else lines[span],
            "end": _end(span, lines[span], today),
        }
        for span, title in SPANS
    ]
    return month, [group for group in groups if group["lines"] or group["title"] == SPANS[0][1]], done


def _end(span, lines, today):
    """12 月 31 日截止，剩 41 天: of the first that ends, for what is longer than a month."""
    if span == PAST:
        return "补开、补报的按迟办计"
    ends = [line["ends_on"] for line in lines if not line["is_met"]]
    if span == "month" or not ends:
        return ""
    left = (min(ends) - today).days
    return f"{table.short(min(ends), today.year)}截止，" + (f"剩 {left} 天" if left else "就是今天")


def _unfinished(user, branch):
    """The records of the branch that are written and not handed in, or came back. Two queries."""
    waits = [Meeting.State.DRAFT, Meeting.State.RETURNED]
    return list(Meeting.objects.visible_to(user).filter(branch=branch, state__in=waits).for_list())


def _begun(unfinished):
    """(kind, assessment year) → the unfinished records of it."""
    found = {}
    for meeting in sorted(unfinished, key=lambda meeting: meeting.pk):
        for row in meeting.kinds.all():
            found.setdefault((row.kind, row.assessment_year), []).append(meeting)
    return found


def _go_on(duty, line, begun):
    """Where a record for the duty is begun, one goes on with it and does not write a second."""
    if duty.met_on or not line["act"]:
        return {}
    for meeting in begun.get((duty.rule, duty.year), ()):
        if duty.opens_on <= meeting.held_on <= duty.ends_on:
            words = ("已退回", "修改后再报") if meeting.state == Meeting.State.RETURNED else ("有草稿", "接着填")
            return {"word": words[0], "action": words[1], "url": reverse("meetings:edit", args=[meeting.pk])}
    return {}


def _line(duty, rule, line, met, undone, today):
    """One duty as a person would say it, with the way to do it."""
    along = (ALONG[duty.rule],) if ALONG.get(duty.rule) in undone and duty.ends_on >= today else ()
    first = min(duty.fulfilments.all(), key=lambda done: done.on, default=None)
    meeting = met.get(first.object_id) if first and first.label == Meeting._meta.label else None
    name = duty.notice.title if duty.notice_id else rule.label
    if duty.ends_on < today and not duty.notice_id:
        name = f"{duty.label}{name}"
    elif not duty.notice_id and duty.year != today.year:
        name = f"{name}（{duty.year} 年度）"
    found = {
        "state": line["state"], "name": name, "why": _why(duty, rule, line, meeting, along, today), "is_met": line["is_met"],
        "word": {"done": "已办", "late": "迟办", "miss": "已过期"}.get(line["state"], UNDONE.get(table.way(rule), "待办")),
        "ends_on": duty.ends_on, "target": _target(duty, rule, today), "now": False, "url": "", "action": "", "icon": "",
        "about": "" if line["is_met"] else line["url"],
    }  # fmt: skip
    if duty.met_on:
        found |= {"url": meeting.get_absolute_url() if meeting else line["url"], "action": "查看"}
    elif line["act"]:
        url = table.act_url(duty, rule, along=along) if along else line["act_url"]
        found |= {"url": url, "action": line["act"], "icon": "pen"}
    return found


def _why(duty, rule, line, meeting, along, today):
    """Until when, and what makes it easier; who has it in hand; whether the day still may change."""
    window = rule.value.get("window")
    if meeting:
        return f"{table.short(duty.met_on, today.year)}，应到 {meeting.due_count} 人、实到 {meeting.attended_count} 人"
    if duty.met_on:
        return line["day"]
    if duty.locks_on < today:
        words = f"已于 {table.short(duty.locks_on, today.year)}锁定，上级已同意补办"
    elif duty.ends_on < today:
        words = f"{table.short(duty.locks_on, today.year)}前还可以{line['act'] or '补登'}，以后须申请补办"
    elif window and duty.due_on < today:
        words = f"已过 {window[1]} 日，{table.short(duty.ends_on, today.year)}前补开的按迟办计"
    elif window:
        words = f"{window[0]} 日至 {window[1]} 日之间，以 {rule.value['target']} 日为宜；{window[1]} 日以后开按迟办计"
    elif along:
        words = "可与本月主题党日合并，登记一次同时办结两件"
    else:
        words = line["day"]
    notes = ["日期暂定" if line["is_provisional"] else "", line["handed"]]
    return "；".join(filter(None, [words, *notes]))


def _target(duty, rule, today):
    if "window" in rule.value and duty.due_on >= today:
        return f"{rule.value['target']} 日前后"
    return f"{table.short(duty.due_on if duty.due_on >= today else duty.ends_on, today.year)}前"


def _record(meeting):
    kinds = "、".join(kind.get_kind_display() for kind in meeting.kinds.all())
    return {
        "title": f"{meeting.held_on.month} 月{kinds or '会议'}记录", "topic": meeting.topic, "held_on": meeting.held_on,
        "reason": meeting.return_reason, "url": meeting.get_absolute_url(), "edit": reverse("meetings:edit", args=[meeting.pk]),
    }  # fmt: skip


def _returned(found):
    """The records that came back, with the reason, the day and the reviewer: one query, however many."""
    rows = {str(meeting.pk): _record(meeting) for meeting in found}
    if found:
        events = reduce(or_, map(audit.of, found)).filter(action="meeting.send_back")
        for event in reversed(events):  # the last one stands
            rows[event.object_id] |= {"at": event.at, "by": event.by}
    return list(rows.values())


def _birthdays(members, today):
    """Whose 政治生日 falls into this month, by the day."""
    return [
        {"member": member, "years": years, "is_today": day == today}
        for member, day, years in birthdays(members, today.year, today.month)
    ]
