"""The duties of an organisation as a calendar (RFC 5545): whole days in the county's time, no person and no notice by name."""

import hashlib
from datetime import timedelta

from duties.models import Duty
from duties.periods import labels

LONGEST = 75  # octets of a line
HEAD = (
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//dangjian//duties//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
    "X-WR-CALNAME:支部应办事项", "X-WR-TIMEZONE:Asia/Shanghai", "REFRESH-INTERVAL;VALUE=DURATION:PT12H", "X-PUBLISHED-TTL:PT12H",
)  # fmt: skip


def calendar(feed, *, on):
    """The calendar's bytes: the duties of the running year, and those of the year before that may still be met."""
    duties = Duty.objects.visible_to(feed.user).filter(branch=feed.branch, year__in=(on.year - 1, on.year))
    rows = duties.exclude(year=on.year - 1, ends_on__lt=on).order_by("target_on", "pk")
    names = labels(on)
    lines = [*HEAD]
    for duty in rows:
        lines += _event(duty, names.get(duty.rule, "通知要求的事项"))
    return b"".join(_folded(line) for line in (*lines, "END:VCALENDAR"))


def _event(duty, name):
    when = "截止" if duty.target_on == duty.due_on else f"{duty.target_on.day} 日前后"
    summary = f"{'已办：' if duty.met_on else ''}{name}（{when}）"
    return (
        "BEGIN:VEVENT", f"UID:duty-{duty.pk}@dangjian", f"DTSTAMP:{duty.opens_on:%Y%m%d}T000000Z",
        f"DTSTART;VALUE=DATE:{duty.target_on:%Y%m%d}", f"DTEND;VALUE=DATE:{duty.target_on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(summary)}", "TRANSP:TRANSPARENT", "END:VEVENT",
    )  # fmt: skip


def _escaped(text):
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(line):
    """One line as its octets, broken before the 76th and never within a character."""
    parts, length = [b""], LONGEST
    for sign in line:
        octets = sign.encode()
        if len(parts[-1]) + len(octets) > length:
            parts.append(b"")
            length = LONGEST - 1  # the space that a continued line begins with
        parts[-1] += octets
    return b"\r\n ".join(parts) + b"\r\n"


def mark_of(data):
    """By which a program sees that nothing changed."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'
