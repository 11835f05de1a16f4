"""What the form of a meeting says beside its fields: the rule, the day, the duties met, the records it reads like."""

from functools import reduce
from operator import or_

from django.db.models import Q

from branches.models import Notice, above
from duties.models import Duty
from meetings import actions, review
from meetings.models import AgendaItem, Meeting, MeetingKind, StudyPlan
from members.models import Post

KINDS = dict(MeetingKind.Kind.choices)
THEME, ORG_LIFE = MeetingKind.Kind.THEME_PARTY_DAY, MeetingKind.Kind.ORG_LIFE_MEETING


def quorum(book, chosen):
    """How many must be there, and where that stands; only of a members' meeting."""
    rule = book.get("meeting.quorum_share")
    if rule is None or MeetingKind.Kind.MEMBERS_MEETING not in chosen:
        return None
    place, _, text = rule.source.partition("：")
    return {"text": text, "cite": place}


def kinds_rule(book, chosen):
    """What the rules say of the kinds chosen: the words, and where they stand."""
    known = [(kind, book[f"duty.{kind}"]) for kind in chosen if f"duty.{kind}" in book]
    rules = [(KINDS[kind], *rule.source.partition("：")[::2]) for kind, rule in known]
    words = [f"{name}{text}" if name not in text else text for name, _, text in rules if text]
    return (
        {"text": f"{'；'.join(words)}。", "cite": "；".join(dict.fromkeys(place for _, place, _ in rules))}
        if rules
        else None
    )


def day_rule(book, chosen):
    rule = book.get("duty.theme_party_day")
    if rule and THEME in chosen:
        first, last = rule.value["window"]
        return {
            "text": f"主题党日以每月 {rule.value['target']} 日为宜，{first} 日至 {last} 日之间召开；"
            f"{rule.value['due']} 日以后开按迟办计。",
            "cite": "本县口径" if rule.local else rule.source,
        }
    rule = book.get("duty.org_life_meeting")
    if rule and ORG_LIFE in chosen:
        return {"text": f"组织生活会{rule.note}。", "cite": ""}
    return None


def day_notes(book, branch, chosen, day, today):
    """Whether the day is a good one: pairs (sign, words)."""
    notes = []
    if day > today:
        notes.append(("wait", "召开日期在今天以后：现在可以存草稿，会后再提交"))
    if day < branch.founded_on:
        notes.append(("late", f"早于支部成立日期 {branch.founded_on:%Y-%m-%d}，请核对年月日"))
    elif "duty.theme_party_day" in book and THEME in chosen:
        value = book["duty.theme_party_day"].value
        first, last = value["window"]
        if day.day > value["due"]:
            notes.append(("late", f"主题党日在 {value['due']} 日以后，按迟办计"))
        elif day.day < first:
            notes.append(("wait", f"早于 {first} 日，主题党日宜在 {first} 日至 {last} 日之间"))
        else:
            notes.append(("done", f"在 {first} 日至 {last} 日之间，按时"))
    return notes


def meets(user, branch, chosen, day):
    """The duties that such a record would meet, in words; a kind that meets none is named too."""
    if not chosen:
        return []
    wanted = [
        Q(rule=kind, year=year) & (Q(period=str(year)) | Q(opens_on__lte=day, ends_on__gte=day))
        for kind in chosen
        for year in [actions.assessed_year(kind, day)]
    ]
    duties = Duty.objects.visible_to(user).filter(reduce(or_, wanted), branch=branch)
    found = {duty.rule: duty for duty in duties}
    return [
        {
            "name": f"{found[kind].label}{KINDS[kind]}" if kind in found else KINDS[kind],
            "sign": "na" if kind not in found else "late" if day > found[kind].due_on else "done",
        }
        for kind in chosen
    ]


def most_urgent(user, branch, day):
    """The duty that falls due first of those that a meeting of that day would meet; None when nothing is open."""
    duties = Duty.objects.visible_to(user).filter(
        branch=branch, rule__in=KINDS, opens_on__lte=day, ends_on__gte=day, met_on=None
    )
    return duties.order_by("due_on", "target_on", "pk").first()


def begun(user, duty):
    """The branch's record for a duty that was begun and is not handed in: one goes on with it and does not write a second."""
    found = Meeting.objects.visible_to(user, verb="meeting.edit").filter(
        branch=duty.branch_id, kinds__kind=duty.rule, held_on__gte=duty.opens_on, held_on__lte=duty.ends_on,
        state__in=[Meeting.State.DRAFT, Meeting.State.RETURNED],
    )  # fmt: skip
    return found.order_by("pk").first()


def presiding(user, branch, last, names, day):
    """Who will preside: whoever did so the last time, the secretary of that day being the office and not the person; else
    the secretary. `names`: who is on the register of the day, nobody else presides."""
    posts = Post.objects.visible_to(user).filter(office=Post.Office.SECRETARY, term__branch=branch)
    held = list(posts.order_by("-started_on").values_list("member__name", "started_on", "ended_on"))

    def secretary(on):
        return next((name for name, since, until in held if since <= on and (until is None or on <= until)), "")

    if last is None or not last.host:
        return secretary(day)
    if last.host == secretary(last.held_on) or (names and last.host not in names):
        return secretary(day) or last.host
    return last.host


def opening(book):
    """The county's rule of 第一议题 and 第二议题: the kinds it is for, in words and as keys; None where there is none."""
    rule = book.get("agenda.first_and_second")
    if rule is None:
        return None
    names = "、".join(KINDS[kind] for kind in rule.value)
    return {
        "text": f"{names}：第一项为第一议题，第二项为第二议题（学法）。", "cite": rule.source, "kinds": " ".join(rule.value),
    }  # fmt: skip


def first_items(book, chosen):
    """The kinds of item that such a meeting opens with by the county's rule: 第一议题, 第二议题."""
    rule = book.get("agenda.first_and_second")
    return [AgendaItem.Kind.FIRST, AgendaItem.Kind.SECOND] if rule and set(rule.value) & set(chosen) else []


def study_plans(user, branch, year):
    """The year's plans that this organisation follows: its own and those of every organisation above it."""
    paths = [*above(branch.path), branch.path]
    return StudyPlan.objects.visible_to(user).filter(year=year, branch__path__in=paths).order_by("kind", "branch__path")


def agendas_issued(user, branch, day):
    """The 统一议题 that were sent to this organisation for that month."""
    return (
        Notice.objects.visible_to(user)
        .issued()
        .filter(kind=Notice.Kind.AGENDA, month__year=day.year, month__month=day.month, receipts__branch=branch)
        .distinct()
        .order_by("-pk")
    )


def last_alike(user, branch, chosen, day, but):
    """The branch's last record of one of these kinds up to that day, whose skeleton may serve again."""
    found = (
        Meeting.objects.visible_to(user).filter(branch=branch, kinds__kind__in=chosen, held_on__lte=day).exclude(pk=but)
    )
    return found.order_by("-held_on", "-pk").first() if chosen else None


def likenesses(meeting):
    """Which counted records read like this one, in words that name no other branch and quote nothing. Two queries."""
    found = review.alike(meeting.minutes, on=meeting.held_on, but=meeting.pk)
    return [_in_words(meeting, other, round(100 * share)) for other, share in found[:3]]


def _in_words(meeting, other, share):
    if other.branch_id != meeting.branch_id:
        return f"与其他支部的一份记录有 {share}% 相近"
    day = f"{other.held_on.month} 月 {other.held_on.day} 日"
    if other.held_on.year != meeting.held_on.year:
        day = f"{other.held_on.year} 年 {day}"
    return f"与本支部 {day}的记录有 {share}% 相近"
