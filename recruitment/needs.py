"""What a step itself must show, and the days for it: age, working days, a vote, people. Pure: no database, no clock."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

DAY = timedelta(days=1)


def last_workday(start, number, is_working):
    """The last of so many working days from `start` on, `start` counted when it is one."""
    day = start - DAY
    while number:
        day += DAY
        number -= is_working(day)
    return day


def birthday(born, years):
    """The day on which somebody is so many years old: of 29 February, the 1 March of a common year (民法 computes full years)."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


# --- what a step itself must show: (need, act, case, is_working) → (words, day that would be right) or None


def _age(need, act, case, is_working):
    if case.born is None:
        return f"{need['says']}，出生日期未填", None
    day = birthday(case.born, need["years"])
    return (need["says"], day) if act.on < day else None


def _filled(need, act, case, is_working):
    return None if act.data.get(need["of"]) else (need["says"], None)


def _passed(need, act, case, is_working):
    return None if act.data.get(need["of"]) == "passed" else (need["says"], None)


def _workdays(need, act, case, is_working):
    start, until = act.data.get("public_from"), act.data.get("public_until")
    least = last_workday(start, need["least"], is_working) if start else None
    if not least or not until or until < least:
        return need["says"], least + DAY if least else None
    return (need["says"], until + DAY) if act.on <= until else None


def _training(need, act, case, is_working):
    if act.data.get("exception"):
        return None
    enough = act.data.get("days", 0) >= need["days"] or act.data.get("hours", 0) >= need["hours"]
    passed = act.data.get("passed", False) or not need.get("passed")
    return None if enough and passed else (need["says"], None)


def _people(need, act, case, is_working):
    """`data[of]`: one entry a person, {"full": formal member on that day, "on_probation": 留党察看}."""
    people = act.data.get(need["of"], ())
    right = need["least"] <= len(people) <= need["most"] and all(person["full"] for person in people)
    if need.get("not_on_probation_in_party"):
        right = right and not any(person.get("on_probation") for person in people)
    return None if right else (need["says"], None)


def _vote(need, act, case, is_working):
    """More than half of those entitled are there, and more than half of them are in favour; by the edition with or without
    opinions that were written before."""
    vote = act.data.get("vote")
    if not vote:
        return f"{need['says']}，没有表决票数", None
    # The count holds opinions written before the meeting; where they do not count they are taken off again.
    agreed = vote["in_favour"] - (0 if need["written"] == "counted" else vote.get("written", 0))
    held = vote["present"] * 2 > vote["entitled"]
    carried = agreed * 2 > vote["entitled"]
    secret = vote.get("secret", False) or not need.get("secret")
    return None if held and carried and secret else (need["says"], None)


def _approver(need, act, case, is_working):
    return None if act.data.get("approver") in need["kinds"] else (need["says"], None)


def _stays(need, act, case, is_working):
    leaves = act.data.get("leaves_on")
    return (need["says"], None) if leaves and leaves <= act.on + relativedelta(months=need["months"]) else None


CHECKS = {
    "age": _age, "filled": _filled, "passed": _passed, "workdays": _workdays, "training": _training, "people": _people,
    "vote": _vote, "approver": _approver, "stays": _stays,
}  # fmt: skip
