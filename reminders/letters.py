"""Digests in words: for the page, for a person's mail, for a group. Organisations and counts, never a person's fault."""

from collections import defaultdict

from django.db.models import F
from django.urls import reverse
from django.utils.module_loading import import_string

from duties.models import Duty
from reminders.models import DigestLine, Reminder
from rulebook.book import in_force, portal_name

LISTED = 10  # matters in a mail, organisations in a line


def day_word(day, on):
    """5 月 28 日截止，还有 3 天."""
    if day is None:
        return ""
    left = (day - on).days
    when = f"{day.month} 月 {day.day} 日" if day.year == on.year else f"{day.year} 年 {day.month} 月 {day.day} 日"
    if left > 0:
        return f"{when}截止，还有 {left} 天"
    return f"{when}截止，就是今天" if left == 0 else f"{when}截止，已过 {-left} 天"


def named(reminders, on, book):
    """(rule, key of the matter) → (title, address of the act); one query per source. What is gone is not in it."""
    wanted = defaultdict(set)
    for reminder in reminders:
        wanted[reminder.rule].add(reminder.object_id)
    by_words = defaultdict(dict)
    for rule, pks in wanted.items():
        if rule in book and isinstance(book[rule].value, dict) and "words" in book[rule].value:
            by_words[book[rule].value["words"]][rule] = pks
    found = {}
    for words, rules in by_words.items():
        titles = import_string(words)(set().union(*rules.values()), on)
        found |= {(rule, pk): titles[pk] for rule, pks in rules.items() for pk in pks if pk in titles}
    return found


def opened(digests, on):
    """Per digest what its page shows: groups by rule, each with its lines, why they came and what clears them."""
    book = in_force(on=on)
    lines = list(
        DigestLine.objects.filter(digest__in=[digest.pk for digest in digests])
        .select_related("reminder__branch", "reminder__place")
        .order_by("reminder__due_on", "reminder__branch__order", "pk")
    )
    titles = named([line.reminder for line in lines], on, book)
    of_digest = defaultdict(lambda: defaultdict(list))
    for line in lines:
        of_digest[line.digest_id][line.reminder.rule].append(line.reminder)
    order = {key: place for place, key in enumerate(book)}
    return [
        {
            "digest": digest,
            "groups": [
                _group(book.get(rule), rows, titles, on)
                for rule, rows in sorted(of_digest[digest.pk].items(), key=lambda pair: order.get(pair[0], 0))
            ],
        }
        for digest in digests
    ]


def _group(rule, reminders, titles, on):
    own = [reminder for reminder in reminders if reminder.place_id == reminder.branch_id]
    below = defaultdict(list)
    for reminder in reminders:
        if reminder.place_id != reminder.branch_id:
            title, _ = titles.get((reminder.rule, reminder.object_id), ("已不需要办", ""))
            below[title].append(reminder)
    return {
        "label": rule.label if rule else "其他",
        "clears": rule.value.get("clears", "") if rule else "",
        "source": rule.source if rule else "",
        "lines": [_own(reminder, titles, on) for reminder in own]
        + [_below(title, rows) for title, rows in below.items()],
    }


def _own(reminder, titles, on):
    """A matter of the reader's own organisation, with the way to clear it."""
    title, url = titles.get((reminder.rule, reminder.object_id), ("已不需要办", ""))
    is_over, is_duty = reminder.cleared_at is not None, reminder.label == Duty._meta.label
    state = "done" if is_over else "miss" if reminder.due_on and reminder.due_on < on else "wait"
    return {
        "state": state, "word": {"done": "已了结", "miss": "逾期", "wait": "待办"}[state], "name": title,
        "why": "；".join(filter(None, [str(reminder.branch), "" if is_over else day_word(reminder.due_on, on)])),
        "url": "" if is_over else url, "action": "去办理" if is_duty else "查看",
        "icon": "pen" if is_duty and not is_over else "",
    }  # fmt: skip


def _below(title, reminders):
    """The same matter of organisations below: how many, and the first of those where it is still open."""
    still = [reminder for reminder in reminders if reminder.cleared_at is None]
    names = list(dict.fromkeys(str(reminder.branch) for reminder in still))
    is_duty = reminders[0].label == Duty._meta.label
    route, action = ("reminders:urge", "看催办单") if is_duty else ("branches:list", "看党组织")
    return {
        "state": "wait" if still else "done", "name": title,
        "word": f"{len(still)} 个党组织未了结" if still else f"{len(reminders)} 个党组织，都已了结",
        "why": "、".join(names[:LISTED]) + (f"等 {len(names)} 个" if len(names) > LISTED else ""),
        "url": reverse(route) if still else "", "action": action, "icon": "",
    }  # fmt: skip


# ---- out of the portal

NAMED = 30  # organisations in a group's message


def personal(digest, on, *, is_short):
    """What is still open of a person's digest; "" when nothing is. A short message tells the count and the first matter."""
    lines = DigestLine.objects.filter(digest=digest, reminder__cleared_at__isnull=True).select_related("reminder")
    reminders = [line.reminder for line in lines.order_by("reminder__due_on", "pk")]
    book = in_force(on=on)
    titles, site = named(reminders, on, book), portal_name(on=on, book=book)
    words = []
    for reminder in reminders:
        title, _ = titles.get((reminder.rule, reminder.object_id), ("", ""))
        if title:
            words.append(f"{title}（{when}）" if (when := day_word(reminder.due_on, on)) else title)
    words = list(dict.fromkeys(words))
    if not words:
        return ""
    if is_short:
        return f"您有 {len(words)} 件事待办，最近一件：{words[0]}。请登录{site}办理。"
    rows = [f"{number}. {text}" for number, text in enumerate(words[:LISTED], 1)]
    more = [f"……共 {len(words)} 件"] if len(words) > LISTED else []
    return "\n".join([f"您有 {len(words)} 件事待办：", *rows, *more, f"请登录{site}，在“提醒”里办理。"])


def group(branch, on):
    """What a group is told of a day: matters, counts and organisations at and below `branch`; "" when all is done."""
    told = Reminder.objects.filter(
        lines__digest__on=on, branch__path__startswith=branch.path, place=F("branch"), cleared_at__isnull=True
    )
    rows = list(told.select_related("branch").order_by("due_on", "branch__order", "branch", "pk").distinct())
    titles = named(rows, on, in_force(on=on))
    of_title = defaultdict(dict)
    for reminder in rows:
        title, _ = titles.get((reminder.rule, reminder.object_id), ("", ""))
        if title:
            of_title[title, reminder.due_on][reminder.branch_id] = str(reminder.branch)
    if not of_title:
        return ""
    parts = [f"【提醒】{branch} {on.month} 月 {on.day} 日"]
    for (title, due_on), branches in of_title.items():
        names = "、".join(list(branches.values())[:NAMED]) + ("等" if len(branches) > NAMED else "")
        parts.append(f"{title}（{day_word(due_on, on)}）：{len(branches)} 个党组织待办——{names}")
    return "\n".join([*parts, "已经办好的，请登记后提交。"])
