"""What the 工作台 shows: one branch's month, or the county's year."""

from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from assessment import scoring
from assessment.sheet import Sheet, plain
from branches.models import Branch
from branches.rights import may
from duties import matrix, table
from duties.models import Duty
from duties.periods import labels
from meetings.models import Meeting
from members.models import Member, Membership
from rulebook.book import in_force

SPANS = (("month", "本月应办"), ("quarter", "本季度"), ("year", "本年度"))
ALONG = {"party_lecture": "theme_party_day"}  # held on the same day it needs no meeting of its own
LISTED = 8  # branches on the front page; the rest are one click away
GREETINGS = ((11, "上午好"), (13, "中午好"), (18, "下午好"), (24, "晚上好"))  # until that hour
SPARK = 36  # height of the trend's picture, whose width is 100


def of_branch(user, branch, today):
    """The month of one branch: what is due, what came back, the points so far, political birthdays."""
    may_edit = may(user, "meeting.edit", at=branch)
    month, groups = _due(user, branch, today, may_edit)
    meetings = Meeting.objects.visible_to(user).filter(branch=branch).for_list()
    missed = Duty.objects.visible_to(user).filter(branch=branch, year=today.year, ends_on__lt=today, fulfilments=None)
    members = Member.objects.visible_to(user).filter(
        pk__in=Membership.objects.visible_to(user).filter(branch=branch).on(today).values("member")
    )
    context = {
        "branch": branch, "today": today, "greeting": _greeting(), "groups": groups, "month": month,
        "missed": missed.count(), "year_url": f"{reverse('duties:list')}?branch={branch.pk}&year={today.year}",
        "returned": _returned(meetings.filter(state=Meeting.State.RETURNED)),
        "drafts": [_record(meeting) for meeting in meetings.filter(state=Meeting.State.DRAFT)],
        "birthdays": _birthdays(members, today), "has_members": members.exists(), "may_edit": may_edit, "score": None,
    }  # fmt: skip
    if may(user, "score.see", at=branch):
        scores = scoring.score(
            Branch.objects.visible_to(user, verb="score.see").filter(pk=branch.pk), today.year, on=today
        )
        context |= {
            "score": scores[0], "judged": plain(scores[0].judged),
            "gains": Sheet(scores[0], today.year, user=user, on=today).gains()[:2],
        }  # fmt: skip
    return context


def _greeting():
    hour = timezone.localtime().hour
    return next(word for until, word in GREETINGS if hour < until)


def _due(user, branch, today, may_edit):
    """(the month in a sentence, the groups of lines): one line per duty that can be met today; the next act first."""
    book, names = in_force(on=today), labels(today)
    duties = list(
        Duty.objects.visible_to(user)
        .filter(branch=branch, opens_on__lte=today, ends_on__gte=today)
        .with_met()
        .prefetch_related("fulfilments")
        .order_by("due_on", "ends_on", "pk")
    )
    pks = {done.object_id for duty in duties for done in duty.fulfilments.all()}
    met = Meeting.objects.visible_to(user).in_bulk(pks)
    undone = {duty.rule for duty in duties if not duty.met_on}
    lines = {span: [] for span, _ in SPANS}
    for duty in sorted(duties, key=lambda duty: bool(duty.met_on)):
        rule = book[f"duty.{duty.rule}"]
        line = _line(duty, names[duty.rule], rule, met, undone, today, may_edit)
        lines[rule.value["per"]].append(line)
    following = next((line for span in ("month", "quarter") for line in lines[span] if line["action"] == "登记"), None)
    if following:
        following["now"] = True
    left = [line for line in lines["month"] if not line["is_met"]]
    month = {
        "all": len(lines["month"]), "done": len(lines["month"]) - len(left), "left": len(left),
        "target": left[0]["target"] if left else "", "is_one": len(left) == 1,
    }  # fmt: skip
    groups = [{"title": title, "lines": lines[span], "end": _end(span, lines[span], today)} for span, title in SPANS]
    return month, [group for group in groups if group["lines"] or group["title"] == SPANS[0][1]]


def _end(span, lines, today):
    """12 月 31 日截止，剩 41 天: of the first that ends, for what is longer than a month."""
    ends = [line["ends_on"] for line in lines if not line["is_met"]]
    if span == "month" or not ends:
        return ""
    left = (min(ends) - today).days
    return f"{_day(min(ends), today)}截止，" + (f"剩 {left} 天" if left else "就是今天")


def _line(duty, name, rule, met, undone, today, may_edit):
    """One duty as a person would say it, with the way to do it."""
    window = rule.value.get("window")
    kinds = [duty.rule]
    first = min(duty.fulfilments.all(), key=lambda done: done.on, default=None)
    meeting = met.get(first.object_id) if first else None
    if duty.met_on:
        why = f"{_day(duty.met_on, today)}已开"
        if meeting:
            why = f"{_day(duty.met_on, today)}，应到 {meeting.due_count} 人、实到 {meeting.attended_count} 人"
    elif window and duty.due_on < today:
        why = f"已过 {window[1]} 日，{_day(duty.ends_on, today)}前补开的按迟办计"
    elif window:
        why = f"{window[0]} 日至 {window[1]} 日之间，以 {rule.value['target']} 日为宜；{window[1]} 日以后开按迟办计"
    elif ALONG.get(duty.rule) in undone:
        why, kinds = "可与本月主题党日合并，登记一次同时办结两件", [ALONG[duty.rule], duty.rule]
    else:
        why = f"{_day(duty.ends_on, today)}前"
    state = duty.state(today)
    line = {
        "state": state, "name": name if duty.year == today.year else f"{name}（{duty.year} 年度）", "why": why,
        "word": {"done": "已办", "late": "迟办"}.get(state, "还差 1 次"), "is_met": bool(duty.met_on),
        "ends_on": duty.ends_on, "target": _target(duty, rule, today), "now": False, "url": "", "action": "", "icon": "",
    }  # fmt: skip
    if duty.met_on:
        records = f"{reverse('meetings:list')}?branch={duty.branch_id}&kind={duty.rule}"
        line |= {"url": meeting.get_absolute_url() if meeting else records, "action": "查看"}
    elif may_edit:
        query = "".join(f"&kind={kind}" for kind in kinds)
        line |= {"url": f"{reverse('meetings:add')}?branch={duty.branch_id}{query}", "action": "登记", "icon": "pen"}
    return line


def _target(duty, rule, today):
    if "window" in rule.value and duty.due_on >= today:
        return f"{rule.value['target']} 日前后"
    return f"{_day(duty.ends_on, today)}前"


def _day(day, today):
    return f"{day.month} 月 {day.day} 日" if day.year == today.year else f"{day.year} 年 {day.month} 月 {day.day} 日"


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
    """The county's (or a 党委's) year: two rates, what is open, the first rows of branches × duties."""
    year = today.year
    scope = branches.values("pk")
    duties = Duty.objects.visible_to(user).filter(branch__in=scope)
    open_now = duties.filter(opens_on__lte=today, ends_on__gte=today, fulfilments=None)
    missing = duties.filter(year=year, ends_on__lt=today, fulfilments=None)
    behind = branches.filter(pk__in=missing.values("branch")).in_order()
    first = list(behind[:LISTED]) or list(branches.in_order()[:LISTED])
    meetings = Meeting.objects.visible_to(user).filter(branch__in=scope)
    months = matrix.by_month(scope, year, today)
    return {
        "today": today, "year": year, "totals": matrix.totals(scope, year, today), "branch_count": branches.count(),
        "trend": trend(months), "columns": matrix.columns(year, today).values(), "rows": table.rows(first, year, today),
        "behind_count": behind.count(), "page": reverse("duties:list"),
        "tiles": _tiles(open_now, meetings, today),
        "may_export": may(user, "grade.export"), "may_import": may(user, "import.run"),
    }  # fmt: skip


def _tiles(open_now, meetings, today):
    """The four counts, each with its words and the list it leads to."""
    this_month = open_now.filter(ends_on__lte=table.month_end(today))
    soon = open_now.filter(due_on__range=(today, today + timedelta(days=table.SOON)))
    branches = this_month.values("branch").distinct().count()
    submitted, returned = Meeting.State.SUBMITTED, Meeting.State.RETURNED
    found = {
        "open": this_month.count(), "open_note": f"{branches} 个支部" if branches else "都办好了",
        "soon": soon.count(), "soon_note": _by_rule(soon, today) or "没有",
        "submitted": meetings.filter(state=submitted).count(), "returned": meetings.filter(state=returned).count(),
    }  # fmt: skip
    pages = {
        "open": f"{reverse('duties:list')}?only=open", "soon": f"{reverse('duties:list')}?only=soon",
        "submitted": f"{reverse('meetings:list')}?state={submitted}", "returned": f"{reverse('meetings:list')}?state={returned}",
    }  # fmt: skip
    return found | {f"{name}_url": url if found[name] else "" for name, url in pages.items()}


def _by_rule(duties, today):
    """主题党日 71 件、支委会 3 件: the two rules with the most."""
    names = labels(today)
    counts = duties.order_by().values("rule").annotate(count=Count("pk", distinct=True)).order_by("-count", "rule")[:2]
    return "、".join(f"{names[row['rule']]} {row['count']} 件" for row in counts)


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
