"""Duties as the pages show them: finished rows of branches × duties, finished lines of one branch, the way to each act."""

import calendar
from urllib.parse import urlencode

from django.urls import reverse

from branches.models import Notice
from branches.rights import may
from duties import matrix
from duties.periods import ACTIVITY, FILING, MEETING, NOTICE
from rulebook.book import rules as all_rules

SOON = 7  # days
FINE = {"done", "na", "none"}  # what the phone leaves out: nothing to do about it
WORDS = {"done": "已办", "late": "迟办", "miss": "缺", "wait": "待办", "none": "未到"}
VERBS = {MEETING: "meeting.edit", ACTIVITY: "meeting.edit", FILING: "duty.file", NOTICE: "notice.receive"}
MET_AS = {"leader_lecture": "party_lecture"}  # a rule that is met by a record of another kind
ACTS = {MEETING: ("登记", "补登"), ACTIVITY: ("登记", "补登"), FILING: ("填报", "补报"), NOTICE: ("办理", "补办")}


def month_end(day):
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


# --- one duty


def rule_of(duty, book):
    """The rule of a duty as it stands in `book`; one no longer (or not yet) in force as it was first laid down."""
    key = f"duty.{duty.rule}"
    return book.get(key) or all_rules()[key][0]


def way(rule):
    """What meets a duty of the rule: meeting, activity, filing or notice."""
    return rule.value.get("by", MEETING)


def act_url(duty, rule, *, along=()):
    """Where a duty is met: the form of the meeting (also of the kinds `along`), of the activity, of the filing, or the notice."""
    by = way(rule)
    if by == FILING:
        return reverse("duties:filing", args=[duty.pk])
    if by == NOTICE:
        page = "datacalls:of_notice" if duty.notice.kind == Notice.Kind.CALL else "duties:notice"
        return reverse(page, args=[duty.notice_id])
    page = "meetings:activity_add" if by == ACTIVITY else "meetings:add"
    query = [("branch", duty.branch_id), *(("kind", kind) for kind in (*along, _kind(duty)))]
    return f"{reverse(page)}?{urlencode(query)}"


def _kind(duty):
    return MET_AS.get(duty.rule, duty.rule)


def records_url(duty, rule):
    """Where the records that met a duty are found."""
    by = way(rule)
    if by in (FILING, NOTICE):
        return reverse("duties:duty", args=[duty.pk])
    page = "meetings:activities" if by == ACTIVITY else "meetings:list"
    query = urlencode({"branch": duty.branch_id, "kind": _kind(duty), "year": duty.met_on.year})
    return f"{reverse(page)}?{query}"


def allowed(user, branch):
    """The ways of meeting a duty that are open to `user` in the organisation."""
    return {by for by, verb in VERBS.items() if may(user, verb, at=branch)}


def is_locked(duty, on, opened=()):
    """Whether the duty can only be met after 上级 has opened it again; `opened`: keys of duties opened for now."""
    return duty.locks_on < on and duty.pk not in opened


def act(duty, rule, on, *, allowed, opened=()):
    """(address, word) of what can be done about an unmet duty, or two empty strings; `allowed`: ways that are open."""
    if duty.met_on or duty.opens_on > on:
        return "", ""
    if is_locked(duty, on, opened):
        return (f"{reverse('duties:duty', args=[duty.pk])}#unlock", "申请补办") if FILING in allowed else ("", "")
    if way(rule) not in allowed:
        return "", ""
    return act_url(duty, rule), ACTS[way(rule)][duty.ends_on < on]


def short(day, year):
    """25 日, 2 月 25 日, or 2025 年 2 月 25 日: as much as one must say."""
    return f"{day.month} 月 {day.day} 日" if day.year == year else f"{day.year} 年 {day.month} 月 {day.day} 日"


def line(duty, rule, on, *, allowed=(), opened=(), me=None):
    """One duty as a line of a branch's list; needs `handed_to`."""
    state = duty.state(on)
    url, word = act(duty, rule, on, allowed=allowed, opened=opened)
    return {
        "name": duty.label if duty.notice_id else rule.label,
        "period": "" if duty.notice_id else duty.label,
        "rule": rule,
        "state": "na" if state == "none" else state,
        "word": _word(duty, state, on, opened),
        "day": _when(duty, state, on),
        "handed": _handed(duty, me),
        "is_mine": me is not None and duty.handed_to_id == me.pk,
        "is_provisional": duty.is_provisional and not duty.met_on,
        "is_met": bool(duty.met_on),
        "url": reverse("duties:duty", args=[duty.pk]),
        "records": records_url(duty, rule) if duty.met_on else "",
        "act_url": url,
        "act": word,
    }


def _word(duty, state, on, opened):
    if state == "miss" and is_locked(duty, on, opened):
        return "缺，已锁定"
    if state == "wait" and duty.due_on < on:
        return "待办，按迟办计"
    return WORDS[state]


def _when(duty, state, on):
    if duty.met_on:
        return f"{short(duty.met_on, on.year)}办结"
    if state == "miss":
        return f"{short(duty.ends_on, on.year)}期满"
    if state == "none":
        return f"{short(duty.opens_on, on.year)}开始"
    return f"{short(duty.ends_on if duty.due_on < on else duty.due_on, on.year)}前"


def _handed(duty, me):
    if not duty.handed_to_id or duty.met_on:
        return ""
    return "交给您办" if me is not None and duty.handed_to_id == me.pk else f"交给{duty.handed_to}"


# --- branches × duties


def rows(branches, year, on, *, rules=None, part=""):
    """One row per branch: name, link to its year, how much is fine, and a finished cell per duty rule."""
    return [_row(branch, cells, year) for branch, cells in matrix.rows(branches, year, on, rules=rules, part=part)]


def _row(branch, cells, year):
    owed = [cell for cell in cells if cell.state != "na"]
    fine = sum(cell.state == "done" for cell in owed)
    return _head(branch, year, fine, len(owed), "项") | {
        "cells": [
            {
                "state": cell.state,
                "label": cell.label,
                "word": cell.word,
                "figure": "—" if cell.state == "na" else f"{cell.met}/{cell.owed or cell.open}",
                "is_fine": cell.state in FINE,
                "url": "",
            }
            for cell in cells
        ],
    }


def _head(branch, year, fine, owed, unit):
    return {
        "name": branch.name,
        "url": f"{reverse('duties:list')}?branch={branch.pk}&year={year}",
        "stage": branch.get_stage_display(),
        "sum": f"{owed} {unit}全部办好" if fine == owed else f"{owed} {unit}中 {fine} {unit}全办",
        "is_fine": fine == owed,
    }


def months(branches, rule, year, on, *, part=""):
    """(labels of the periods, one row per branch) of one rule: a sign and a day per period."""
    branches = list(branches)
    periods, found = matrix.by_period(branches, rule, year, part=part)
    return [label for _, label in periods], [_of_periods(branch, periods, found, year, on) for branch in branches]


def _of_periods(branch, periods, found, year, on):
    of_branch = found.get(branch.pk, {})
    cells = [_of_period(of_branch.get(name), label, on) for name, label in periods]
    owed = [cell for cell in cells if cell["state"] != "na"]
    return _head(branch, year, sum(cell["state"] == "done" for cell in owed), len(owed), "期") | {"cells": cells}


def _of_period(duty, label, on):
    if duty is None:
        return {"state": "na", "label": label, "word": "不适用", "figure": "—", "is_fine": True, "url": ""}
    state = duty.state(on)
    figure = f"{duty.met_on.month}.{duty.met_on.day}" if duty.met_on else "—" if state == "none" else ""
    return {
        "state": "na" if state == "none" else state, "label": label, "word": WORDS[state], "figure": figure,
        "is_fine": state in FINE, "url": reverse("duties:duty", args=[duty.pk]),
    }  # fmt: skip
