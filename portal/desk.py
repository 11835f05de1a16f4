"""What the 工作台 shows of one branch: its month, what came back, the points so far."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Case, OuterRef, Q, Subquery, Value, When
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from assessment import forecast
from assessment.judging import kind_of
from assessment.sheet import plain, told
from branches import statements
from branches.models import Rectification
from branches.rights import may
from duties import records as records_of
from duties import table
from duties.models import Duty, Unlock
from duties.periods import MEETING
from meetings.models import Meeting, MeetingKind
from members import community, dues
from members.models import Member, Membership
from portal import waiting
from portal.tally import Tally
from rulebook.book import in_force
from training import enrolling

PAST = "past"
SPANS = (
    ("month", "本月应办"), ("notice", "通知要办的"), (PAST, "已过期、还可以补登的"), ("quarter", "本季度"), ("half", "本半年"),
    ("term", "本学期"), ("year", "本年度"),
)  # fmt: skip
NOW = ("month", "notice", PAST)  # what stands first, before what came back
UNFINISHED = (Meeting.State.DRAFT, Meeting.State.RETURNED)
KINDS = dict(MeetingKind.Kind.choices)
UNDONE = {MEETING: "还差 1 次"}  # what is reported or answered once is simply 待办
ALONG = {"party_lecture": "theme_party_day"}  # held on the same day it needs no meeting of its own
MORE = 2  # of what earns points without a duty of today
LISTED = 8  # branches on the front page; the rest are one click away
GREETINGS = ((11, "上午好"), (13, "中午好"), (18, "下午好"), (24, "晚上好"))  # until that hour


class Person(NamedTuple):
    """As much of a member as the list of 政治生日 needs."""

    pk: int
    name: str
    joined_on: date


def of_branch(user, branch, today):
    """The month of one branch: what is due, what came back, the points so far, political birthdays. Each matter stands once."""
    tally = Tally.kept(
        ("branch", branch.pk, branch.path, statements.of_person(user, today)),
        lambda tally: fill(tally, user, branch, today),
    )
    duties = _duties(user, branch, today)
    records = _records(user, branch, today, duties)
    month, groups, done = due(user, branch, today, duties=duties, records=records)
    returned, drafts = _unfinished(records, groups)
    people = [Person(pk, name, date.fromisoformat(joined)) for pk, name, joined in tally.rows["birthdays"]]
    score = score_of(branch, today) if may(user, "score.see", at=branch) else None
    later = [group for group in groups if not group["is_now"] and group["lines"]]
    return {
        "branch": branch, "today": today, "greeting": _greeting(), "month": month, "done": done,
        "groups": [group for group in groups if group["is_now"]], "later": _later(later, today),
        "missed": tally["missed"], "year_url": f"{reverse('duties:list')}?branch={branch.pk}&year={today.year}",
        "month_url": reverse("duties:month", args=[branch.pk, today.year, today.month]),
        "returned": returned, "drafts": drafts,
        "persons": [*_noticed(tally), *waiting.lines(tally, user, today, waiting.BRANCH),
                    *_enrolments(tally.rows.get("quotas", ()), today)],
        "dues": _dues(user, branch, today),
        "birthdays": [
            {"name": person.name, "url": reverse("members:detail", args=[person.pk]), "joined_on": person.joined_on,
             "years": years, "is_today": day == today}
            for person, day, years in community.celebrated(people, today.year, today.month)
        ],
        "has_members": tally["members"], "may_edit": may(user, "meeting.edit", at=branch),
        "score": score and score | _beside(user, branch, today, score["gains"], groups),
    }  # fmt: skip


def _unfinished(records, groups):
    """(what came back, drafts) that no line of the page goes on with. What came back stands above what has time: there the line
    of its duty goes."""
    now = {line["record"] for group in groups if group["is_now"] for line in group["lines"]}
    found = {Meeting.State.RETURNED: [], Meeting.State.DRAFT: []}
    for meeting in records:
        if meeting.state in UNFINISHED and meeting.pk not in now:
            found[meeting.state].append(meeting)
    back = {meeting.pk: _record(meeting) for meeting in found[Meeting.State.RETURNED]}
    for group in groups:
        for line in (line for line in group["lines"] if line["record"] in back):
            back[line["record"]]["now"] = line["now"]
        group["lines"] = [line for line in group["lines"] if line["record"] not in back]
    begun = {line["record"] for group in groups for line in group["lines"]}
    drafts = [meeting for meeting in found[Meeting.State.DRAFT] if meeting.pk not in begun]
    return list(back.values()), list(map(_record, drafts))


def _later(groups, today):
    """What has more time than the month: folded until the month in which the first of it ends, or while it is what comes next."""
    if not groups:
        return None
    lines = [line for group in groups for line in group["lines"]]
    first = min(line["ends_on"] for line in lines)
    is_open = first <= table.month_end(today) or any(line["now"] for line in lines)
    return {"groups": groups, "count": len(lines), "first": table.short(first, today.year), "is_open": is_open}


def _noticed(tally):
    """Notices to sign for, and what is with the branch to put right."""
    found = []
    if tally["unsigned"]:
        found.append(_row("file", "通知，待签收", f"{tally['unsigned']} 份", "duties:notices"))
    if tally["rectify"]:
        late = tally.of["rectify"]["late"]
        words = f"{tally['rectify']} 件" + (f"，其中超期 {late} 件" if late else "")
        found.append(_row("rectify", "整改", words, "branches:rectifications"))
    return found


def _row(icon, label, words, page, *args):
    return {"icon": icon, "label": label, "words": words, "url": reverse(page, args=args)}


def fill(tally, user, branch, today):
    """All that is only counted or listed in a few words."""
    members = Member.objects.visible_to(user).filter(
        pk__in=Membership.objects.visible_to(user).filter(branch=branch).on(today).values("member")
    )
    missed = Duty.objects.visible_to(user).filter(branch=branch, year=today.year, ends_on__lt=today, met_on=None)
    rectifications = Rectification.objects.visible_to(user).filter(branch=branch).at_branch()
    tally.count("missed", missed)
    tally.count("unsigned", waiting.unsigned(user).filter(branch=branch))
    tally.count("rectify", rectifications, by=Case(When(due_on__lt=today, then=Value("late")), default=Value("due")))
    tally.count("members", members)
    tally.list("birthdays", community.near(members, today.year, today.month), "pk", "name", "joined_on")
    if may(user, "training.enrol", at=branch):
        quotas = enrolling.waiting(branch, today)
        tally.list("quotas", quotas, "training_class", "training_class__title", "until")
    waiting.ask(tally, user, today, waiting.BRANCH)


def score_of(branch, today):
    """预估得分 of the branch as it stands: points, where the rest of the 100 is, what can still be had; None where it gets none."""
    row = forecast.latest(branch, today.year, on=today, kind=kind_of(branch, today.year))
    if row is None:
        return None
    own = row.content["own"]
    return {
        "total": own["total"] and Decimal(own["total"]), "still": own["still"], "judged": plain(own["judged"]),
        "sums": own["balance"] and {name: Decimal(points) for name, points in own["balance"].items()},
        "gains": own["gains"], "url": reverse("assessment:sheet", args=[today.year, branch.pk]),
    }  # fmt: skip


def _beside(user, branch, today, gains, groups):
    """{more, marked}: what no line of the page can earn, the next first, with the way there; how many lines were marked with
    what they can."""
    lines, more, marked = defaultdict(list), [], 0
    for line in (line for group in groups for line in group["lines"]):
        if line["year"] == today.year and not line["is_over"]:
            lines[line["rule"]].append(line)
    for gain in gains:
        if own := lines.get(gain["rule"]):
            own[0]["gain"] = (
                f"+{gain['points']} 分" if gain["count"] == 1 else f"{gain['count']} 期共 +{gain['points']} 分"
            )
            marked += 1
        else:
            more.append(told(gain, user, branch, today))
    return {
        "more": sorted(more, key=lambda gain: gain["is_later"])[:MORE],
        "marked": marked,
        "others": max(0, len(more) - MORE),
    }


def _enrolments(quotas, today):
    """The classes for which this organisation has places and has named nobody yet."""
    return [
        _row(
            "book",
            f"待报名：{title}",
            f"{table.short(date.fromisoformat(until), today.year)}截止",
            "training:roll",
            training_class,
        )
        for training_class, title, until in quotas
    ]


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


def _duties(user, branch, today):
    """The duties of the branch that can be met today or show what was, each with `done`, `met_on` and `opened_until`. One query."""
    key = ("duties", branch.pk, statements.of_person(user, today))
    return records_of.read(statements.instances(key, lambda: timely(user, branch, today)))


def timely(user, branch, today):
    """Those duties, a queryset."""
    unlocks = Unlock.objects.visible_to(user).in_force(today).filter(duty=OuterRef("pk"))
    rows = Duty.objects.visible_to(user).filter(branch=branch, opens_on__lte=today)
    rows = rows.annotate(opened_until=Subquery(unlocks.order_by("-expires_on").values("expires_on")[:1])).filter(
        Q(ends_on__gte=today) | (Q(locks_on__gte=today) | Q(opened_until__isnull=False)) & Q(met_on=None)
    )
    return records_of.told(rows.select_related("notice", "handed_to").order_by("due_on", "ends_on", "pk"))


def _records(user, branch, today, duties):
    """The records of the branch that are not finished, and those that met these duties: newest first. One query.

    Each with its kinds as pairs (kind, assessment year) and who sent it back when.
    """
    counted = tuple(sorted({key for duty in duties for label, key, _ in duty.done if label == Meeting._meta.label}))
    key = ("records", branch.pk, counted, statements.of_person(user, today))
    return statements.instances(key, lambda: unfinished(user, branch, counted))


def unfinished(user, branch, counted):
    """Those records, a queryset."""
    rows = Meeting.objects.visible_to(user).filter(Q(branch=branch, state__in=UNFINISHED) | Q(pk__in=counted))
    rows = rows.with_kinds().annotate(back=audit.last(Meeting, "meeting.send_back"), has_minutes=~Q(minutes=""))
    return rows.defer("minutes", "trace").order_by("-held_on", "-pk")


def due(user, branch, today, book=None, duties=None, records=None):
    """(the month in a sentence, the groups of lines, what is done): one line per duty that can be met today.

    The next act comes first; what is done stands apart.
    """
    book = in_force(on=today) if book is None else book
    duties = _duties(user, branch, today) if duties is None else duties
    records = _records(user, branch, today, duties) if records is None else records
    opened = {duty.pk: duty.opened_until for duty in duties if duty.opened_until}
    known = {meeting.pk: meeting for meeting in records}
    begun = _begun([meeting for meeting in records if meeting.state in UNFINISHED])
    undone = {duty.rule for duty in duties if not duty.met_on and duty.ends_on >= today}
    allowed = table.allowed(user, branch)
    lines = {span: [] for span, _ in SPANS}
    for duty in sorted(duties, key=lambda duty: (bool(duty.met_on), duty.handed_to_id != user.pk)):
        rule = table.rule_of(duty, book)
        span = rule.value["per"] if duty.ends_on >= today else PAST
        line = table.line(duty, rule, today, allowed=allowed, opened=opened, me=user)
        told = _line(duty, rule, line, known, undone, today)
        lines[span].append(told | _go_on(duty, line, begun, told["target"]))
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
    }  # fmt: skip
    done = [line for span, _ in SPANS for line in lines[span] if line["is_met"]]
    lines = {span: [line for line in lines[span] if not line["is_met"]] for span, _ in SPANS}
    groups = [
        {
            "is_now": span in NOW,
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


def _begun(unfinished):
    """(kind, assessment year) → the unfinished records of it."""
    found = {}
    for meeting in sorted(unfinished, key=lambda meeting: meeting.pk):
        for kind, year in meeting.of_kinds:
            found.setdefault((kind, year), []).append(meeting)
    return found


def _go_on(duty, line, begun, target):
    """Where a record for the duty is begun, one goes on with it and does not write a second."""
    if duty.met_on or not line["act"]:
        return {}
    for meeting in begun.get((duty.rule, duty.year), ()):
        if duty.opens_on <= meeting.held_on <= duty.ends_on:
            found = {"record": meeting.pk, "url": reverse("meetings:edit", args=[meeting.pk])}
            if meeting.state == Meeting.State.RETURNED:
                return found | {"word": "已退回", "action": "修改后再报", "why": f"请改：{meeting.return_reason}"}
            return found | {"word": "有草稿", "action": "接着填", "why": f"{target}；{_so_far(meeting)}"}
    return {}


def _so_far(meeting):
    """What a draft holds and what it lacks, so that nobody takes it for done."""
    parts = {"主题": meeting.topic, "到会情况": meeting.attended_count, "记录": meeting.has_minutes}
    held, lacks = [name for name in parts if parts[name]], [name for name in parts if not parts[name]]
    words = [f"草稿里有{'、'.join(held)}" if held else "草稿还是空的"]
    words += [f"还没有{'、'.join(lacks)}"] if held and lacks else []
    return "，".join([*words, "提交后才算已办"])


def _line(duty, rule, line, known, undone, today):
    """One duty as a person would say it, with the way to do it."""
    along = (ALONG[duty.rule],) if ALONG.get(duty.rule) in undone and duty.ends_on >= today else ()
    label, key, _ = duty.done[0] if duty.done else ("", 0, None)
    meeting = known.get(key) if label == Meeting._meta.label else None
    name = duty.notice.title if duty.notice_id else rule.label
    if duty.ends_on < today and not duty.notice_id:
        name = f"{duty.label}{name}"
    elif not duty.notice_id and duty.year != today.year:
        name = f"{name}（{duty.year} 年度）"
    found = {
        "state": line["state"], "name": name, "why": _why(duty, rule, line, meeting, along, today), "is_met": line["is_met"],
        "word": {"done": "已办", "late": "迟办", "miss": "已过期"}.get(line["state"], UNDONE.get(table.way(rule), "待办")),
        "ends_on": duty.ends_on, "target": _target(duty, rule, today), "now": False, "url": "", "action": "", "icon": "",
        "about": "" if line["is_met"] else line["url"], "rule": duty.rule, "year": duty.year, "is_over": duty.ends_on < today,
        "record": None, "gain": "",
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
    kinds = "、".join(KINDS[kind] for kind, _ in meeting.of_kinds)
    at, by = meeting.back or (None, "")
    return {
        "title": f"{meeting.held_on.month} 月{kinds or '会议'}记录", "topic": meeting.topic, "held_on": meeting.held_on,
        "reason": meeting.return_reason, "url": meeting.get_absolute_url(), "edit": reverse("meetings:edit", args=[meeting.pk]),
        "at": at and datetime.fromisoformat(at), "by": by, "now": False,
    }  # fmt: skip
