"""What the 工作台 shows: one branch's month, or the county's year."""

from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from assessment import scoring
from assessment.sheet import Sheet, plain
from branches.models import Branch, Notice, Receipt
from branches.rights import may, places
from duties import matrix, table
from duties.models import Duty, Unlock
from duties.periods import GROUPS, MEETING, labels
from meetings import review
from meetings.models import Meeting
from members.models import Member, Membership
from reminders import sheets
from reminders.models import Bulletin, LadderStep
from rulebook.book import in_force

PAST = "past"
SPANS = (
    ("month", "本月应办"), ("notice", "通知要办的"), (PAST, "已过期、还可以补登的"), ("quarter", "本季度"), ("half", "本半年"),
    ("term", "本学期"), ("year", "本年度"),
)  # fmt: skip
UNDONE = {MEETING: "还差 1 次"}  # what is reported or answered once is simply 待办
ALONG = {"party_lecture": "theme_party_day"}  # held on the same day it needs no meeting of its own
LISTED = 8  # branches on the front page; the rest are one click away
GREETINGS = ((11, "上午好"), (13, "中午好"), (18, "下午好"), (24, "晚上好"))  # until that hour
SPARK = 36  # height of the trend's picture, whose width is 100


def of_branch(user, branch, today):
    """The month of one branch: what is due, what came back, the points so far, political birthdays."""
    may_edit = may(user, "meeting.edit", at=branch)
    month, groups, done = _due(user, branch, today)
    meetings = Meeting.objects.visible_to(user).filter(branch=branch).for_list()
    missed = Duty.objects.visible_to(user).filter(branch=branch, year=today.year, ends_on__lt=today, fulfilments=None)
    members = Member.objects.visible_to(user).filter(
        pk__in=Membership.objects.visible_to(user).filter(branch=branch).on(today).values("member")
    )
    context = {
        "branch": branch, "today": today, "greeting": _greeting(), "groups": groups, "month": month, "done": done,
        "missed": missed.count(), "year_url": f"{reverse('duties:list')}?branch={branch.pk}&year={today.year}",
        "month_url": reverse("duties:month", args=[branch.pk, today.year, today.month]),
        "unsigned": _unsigned(user).filter(branch=branch).count(),
        "returned": _returned(meetings.filter(state=Meeting.State.RETURNED)),
        "drafts": [_record(meeting) for meeting in meetings.filter(state=Meeting.State.DRAFT)],
        "birthdays": _birthdays(members, today), "has_members": members.exists(), "may_edit": may_edit, "score": None,
    }  # fmt: skip
    if may(user, "score.see", at=branch):
        graded = Branch.objects.visible_to(user, verb="score.see").graded().filter(pk=branch.pk)
        for score in scoring.score(graded, today.year, on=today):
            context |= {
                "score": score, "judged": plain(score.judged),
                "gains": Sheet(score, today.year, user=user, on=today).gains()[:2],
            }  # fmt: skip
    return context


def _unsigned(user):
    """The notices that organisations of this person have not yet signed for."""
    waiting = Receipt.objects.visible_to(user, verb="notice.receive").filter(received_at__isnull=True)
    return waiting.filter(notice__state=Notice.State.ISSUED)


def _greeting():
    hour = timezone.localtime().hour
    return next(word for until, word in GREETINGS if hour < until)


def _due(user, branch, today, book=None):
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
    met = Meeting.objects.visible_to(user).in_bulk(pks)
    begun = _begun(user, branch)
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


def _begun(user, branch):
    """(kind, assessment year) → the records of the branch that are written and not handed in. Two queries."""
    waits = [Meeting.State.DRAFT, Meeting.State.RETURNED]
    found = {}
    for meeting in Meeting.objects.visible_to(user).filter(branch=branch, state__in=waits).prefetch_related("kinds"):
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


def _returned(meetings):
    """The records that came back, with the reason, the day and the reviewer: two queries, however many."""
    found = list(meetings)
    rows = {str(meeting.pk): _record(meeting) for meeting in found}
    if found:
        events = reduce(or_, map(audit.of, found)).filter(action="meeting.send_back")
        for event in reversed(events):  # the last one stands
            rows[event.object_id] |= {"at": event.at, "by": event.by}
    return list(rows.values())


def _birthdays(members, today):
    """Whose 政治生日 falls into this month, by the day."""
    found = members.filter(joined_on__month=today.month, joined_on__year__lt=today.year)
    return [
        {"member": member, "years": today.year - member.joined_on.year, "is_today": member.joined_on.day == today.day}
        for member in sorted(found, key=lambda member: (member.joined_on.day, member.joined_on, member.pk))
    ]


def of_staff(user, branches, today):
    """The county's (or a 党委's) year of organisation life: two rates, what is open, the first rows of branches × duties."""
    year, book = today.year, in_force(on=today)
    rules = matrix.columns(year, today, "life", book)
    all_duties = Duty.objects.visible_to(user)
    duties = all_duties.filter(branch__in=branches.values("pk"), rule__in=rules)
    branches = branches.filter(pk__in=duties.filter(year=year).values("branch"))
    scope = branches.values("pk")
    open_now = duties.filter(opens_on__lte=today, ends_on__gte=today, fulfilments=None)
    missing = duties.filter(year=year, ends_on__lt=today, fulfilments=None)
    behind = branches.filter(pk__in=missing.values("branch")).in_order()
    first = list(behind[:LISTED]) or list(branches.in_order()[:LISTED])
    meetings = Meeting.objects.visible_to(user).filter(branch__in=scope)
    months = matrix.by_month(scope, year, today, rules=rules)
    return {
        "today": today, "year": year, "totals": matrix.totals(scope, year, today, rules=rules),
        "branch_count": branches.count(), "trend": trend(months), "columns": rules.values(),
        "rows": table.rows(first, year, today, rules=rules), "behind_count": behind.count(), "page": reverse("duties:list"),
        "tiles": _tiles(open_now, meetings, today, book, user), "waiting": _waiting(user, today),
        "others": _other_groups(all_duties, today, book), **_own(user, today, book),
        "may_export": may(user, "grade.export"), "may_import": may(user, "import.run"),
    }  # fmt: skip


def _own(user, today, book):
    """What the organisation itself owes, beside what it watches over: the first lines not yet done."""
    paths = [path for path, _ in places(user, "duty.file")]
    own = Branch.objects.visible_to(user, verb="duty.see").owing().filter(path__in=paths).in_order().first()
    if not own:
        return {"own": None, "own_lines": []}
    _, groups, _ = _due(user, own, today, book)
    lines = [line for group in groups for line in group["lines"] if not line["is_met"]]
    return {
        "own": own, "own_lines": lines[:LISTED], "own_count": len(lines),
        "own_url": f"{reverse('duties:list')}?branch={own.pk}",
    }  # fmt: skip


def _other_groups(duties, today, book):
    """意识形态 缺 4 件: what is missing in the groups that the table below leaves out, with the way there."""
    missing = duties.filter(year=today.year, ends_on__lt=today, fulfilments=None).order_by()
    counts = dict(missing.values_list("rule").annotate(count=Count("pk")))
    found = []
    for group, label in GROUPS.items():
        if group != "life":
            count = sum(counts.get(rule, 0) for rule in matrix.columns(today.year, today, group, book))
            found.append({"label": label, "count": count, "url": f"{reverse('duties:list')}?group={group}"})
    return found


def _waiting(user, today):
    """What waits for this person's hand, each with how much and the way there; nothing for those who only read."""
    bulletins, drafted, signed = Bulletin.objects.visible_to(user), Bulletin.State.DRAFT, Bulletin.State.SIGNED
    found = []
    if may(user, "reminder.call"):
        organisations, matters = sheets.how_many(user, today, verb="reminder.call")
        found.append(
            ("flag", "逾期未办、该催的", organisations, f"{organisations} 个党组织 {matters} 件", "reminders:urge")
        )
    if may(user, "notice.receive"):
        count = _unsigned(user).count()
        found.append(("file", "收到、待签收的通知", count, f"{count} 份", "duties:notices"))
    if may(user, "meeting.review"):
        asked = review.asked(Meeting.objects.visible_to(user, verb="meeting.review")).count()
        found.append(("eye", "有疑问、待核实的记录", asked, f"{asked} 条", "meetings:review"))
    if may(user, "duty.unlock"):
        asked = Unlock.objects.visible_to(user, verb="duty.unlock").filter(decided_at__isnull=True).count()
        found.append(("lock", "补办申请，待批复", asked, f"{asked} 件", "duties:unlocks"))
    if may(user, "bulletin.sign"):
        count = bulletins.filter(state=drafted).count()
        found.append(("pen", "起草好、待签发的通报", count, f"{count} 份", "reminders:bulletins"))
    if may(user, "bulletin.draft"):
        count = bulletins.filter(state=signed).count()
        found.append(("file", "已签发、待发出的通报", count, f"{count} 份", "reminders:bulletins"))
    if may(user, "ladder.act"):
        count = LadderStep.objects.visible_to(user, verb="ladder.act").open().filter(answered_at__isnull=False).count()
        found.append(("flag", "已作说明、待了结的", count, f"{count} 件", "reminders:ladder"))
    return [
        {
            "icon": icon,
            "label": label,
            "words": words,
            "url": reverse(page) + ("?tab=open" if page == "reminders:ladder" else ""),
        }
        for icon, label, count, words, page in found
        if count
    ]


def _tiles(open_now, meetings, today, book, user):
    """The four counts, each with its words and the list it leads to."""
    this_month = Q(ends_on__lte=table.month_end(today))
    counts = open_now.aggregate(
        open=Count("pk", filter=this_month), branches=Count("branch", distinct=True, filter=this_month)
    )
    soon = _by_rule(open_now.filter(due_on__range=(today, today + timedelta(days=table.SOON))))
    names = labels(today, book=book)
    submitted, returned = Meeting.State.SUBMITTED, Meeting.State.RETURNED
    records = meetings.aggregate(**{state: Count("pk", filter=Q(state=state)) for state in (submitted, returned)})
    found = {
        "open": counts["open"], "open_note": f"{counts['branches']} 个党组织" if counts["branches"] else "都办好了",
        "soon": sum(count for _, count in soon),
        "soon_note": "、".join(f"{names[rule]} {count} 件" for rule, count in soon[:2]) or "没有",
        "submitted": records[submitted], "returned": records[returned],
        "submitted_note": "随时可以抽看、退回" if may(user, "meeting.review") else "随时可以抽看",
    }  # fmt: skip
    reviewed = "meetings:review" if may(user, "meeting.review") else ""
    pages = {
        "open": f"{reverse('duties:list')}?only=open", "soon": f"{reverse('duties:list')}?only=soon",
        "submitted": reverse(reviewed) if reviewed else f"{reverse('meetings:list')}?state={submitted}",
        "returned": f"{reverse('meetings:list')}?state={returned}",
    }  # fmt: skip
    return found | {f"{name}_url": url if found[name] else "" for name, url in pages.items()}


def _by_rule(duties):
    """(rule, how many), the most first."""
    return list(duties.order_by().values_list("rule").annotate(count=Count("pk")).order_by("-count", "rule"))


def trend(months):
    """The two rates of the months past as an SVG of 100 × 40: paths, the words beside it, and the last month's step.

    None with fewer than two months. The lower edge is the tens below the lowest rate, said in words.
    """
    rows = [row for row in months if row["owed"]]
    if len(rows) < 2:
        return None
    low = min(row["timeliness"] for row in rows) // 10 * 10
    low = min(low, 90)

    def path(name):
        step = Decimal(100) / (len(rows) - 1)
        points = [
            f"{step * place:.2f} {3 + SPARK * (100 - Decimal(str(row[name]))) / Decimal(str(100 - low)):.2f}"
            for place, row in enumerate(rows)
        ]
        return "M" + "L".join(points)

    first, before, last = rows[0], rows[-2], rows[-1]
    return {
        "completeness": path("completeness"), "timeliness": path("timeliness"), "low": int(low),
        "first": first, "last": last,
        "completeness_step": _step(last["completeness"] - before["completeness"]),
        "timeliness_step": _step(last["timeliness"] - before["timeliness"]),
    }  # fmt: skip


def _step(points):
    """+0.4, −0.2, or 持平."""
    return "持平" if not round(points, 1) else f"{points:+.1f}".replace("-", "−")
