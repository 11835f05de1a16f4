"""Each minute: what is over is cleared, what falls due is found, and everybody gets the one digest of the day.

Every step is one statement over the whole county, in a transaction of its own, and may be repeated at any time: the
unique constraints decide what is new. A step waits for the same step of another process, so that they never deadlock.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time, timedelta

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from branches.rights import SEATS
from jobs.fault import point
from reminders.models import GROUP_KINDS, Reminder, Sweep
from rulebook.book import in_force, read_once
from rulebook.models import CalendarDay

LOCK = 20_181_028  # any number, as long as nothing else locks by it
LONGEST_REST = 15  # days: no holiday is longer
REPEATS = 520  # how often at most `every` repeats: ten years of weeks
SATURDAY = 5


@dataclass(frozen=True)
class Step:
    """One line of a rule: these posts are told on these days, as (day of the matter, day of telling)."""

    rule: str
    of: str
    days: tuple
    roles: tuple
    is_upward: bool
    source: str
    options: dict


@read_once()
def run(now):
    """One sweep at the instant `now`. Returns the day's row of the heartbeat."""
    on = timezone.localtime(now).date()
    book = in_force(on=on)
    point("sweep-begin")
    with _alone() as cursor:
        last, told = _state(cursor, on)
        _clear(cursor, on, book, now, told)
        point("sweep-cleared-uncommitted")
    point("sweep-cleared")
    with _alone() as cursor:
        found = _find(cursor, steps(_since(last, on, book), on, book), on, now)
        point("sweep-found-uncommitted")
    point("sweep-found")
    sent = 0
    if is_open(now, book):
        with _alone() as cursor:
            sent = _send(cursor, on, now, book)
            point("sweep-sent-uncommitted")
        point("sweep-sent")
        with _alone() as cursor:
            _queue(cursor, on, now)
            point("sweep-queued-uncommitted")
        point("sweep-queued")
    beat = _beat(on, now, found, sent)
    point("sweep-end")
    return beat


@contextmanager
def _alone():
    """The planner's guesses are poor for a county whose rows nobody has counted yet, and a wrong loop over pairs of rows
    takes minutes; everything is asked for the whole county anyway, which is what joining by hashes is for."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true), pg_advisory_xact_lock(%s)",
            [LOCK],
        )
        yield cursor


_STATE = """
SELECT (SELECT max("on") FROM reminders_sweep WHERE "on" < %s),
       ARRAY(SELECT DISTINCT rule FROM reminders_reminder WHERE cleared_at IS NULL)
"""


def _state(cursor, on):
    """The last day that was looked through to its end, if any, and the rules of which something is still open."""
    cursor.execute(_STATE, [on])
    return cursor.fetchone()


def _since(last, on, book):
    """The first day to look at: the last one that was looked through, a month back at most."""
    return max(last or on, on - timedelta(days=book["remind.back"].value["days"]))


def is_open(now, book):
    """Whether a message may come at this hour."""
    hours = book["remind.hours"].value
    hour = timezone.localtime(now).time().replace(tzinfo=None)
    return time.fromisoformat(hours["opens"]) <= hour < time.fromisoformat(hours["closes"])


def may_send(now):
    return is_open(now, in_force(on=timezone.localtime(now).date()))


# ---- which days


def steps(first, last, book):
    """What every rule in force tells on the days from `first` to `last`."""
    named = dict(
        CalendarDay.objects.filter(
            on__range=(first - timedelta(days=LONGEST_REST), last + timedelta(days=LONGEST_REST))
        ).values_list("on", "is_working")
    )
    found = []
    for key, rule in book.items():
        value = rule.value
        if not (key.startswith("remind.") and isinstance(value, dict) and "source" in value):
            continue
        for step in value["steps"]:
            roles, is_upward = (step["up"], True) if "up" in step else (step["to"], False)
            days = occasions(step, value.get("shift", "none"), first, last, named)
            found.append(
                Step(key, step["of"], days, tuple(roles), is_upward, value["source"], value.get("options", {}))
            )
    return found


def occasions(step, shift, first, last, named):
    """Pairs (day of the matter, day of telling) of one step, for days of telling from `first` to `last`."""
    offsets = list(step["days"])
    if every := step.get("every"):
        offsets += range(offsets[-1] + every, offsets[-1] + every * REPEATS, every)
    early, late = [day for day in offsets if day <= 0], [day for day in offsets if day > 0]
    found = []
    reach = LONGEST_REST if shift != "none" else 0
    for number in range((last - first).days + 2 * reach + 1):
        plain = first + timedelta(days=number - reach)
        for group, way in (early, shift), (late, shift if shift == "none" else "next"):
            told = told_on(plain, way, named)
            if first <= told <= last:
                found += [(plain - timedelta(days=offset), told) for offset in group]
    return tuple(found)


def told_on(day, shift, named):
    """The working day on which one is told instead of a day of rest."""
    step = {"none": 0, "previous": -1, "next": 1}[shift]
    while step and not named.get(day, day.weekday() < SATURDAY):
        day += timedelta(days=step)
    return day


# ---- the statements

# The open matters are worked out once: without statistics the planner would ask all sources again for each reminder.
_CLEAR = """
WITH open(rule, object_id) AS MATERIALIZED ({open})
UPDATE reminders_reminder reminder SET cleared_at = %s
WHERE cleared_at IS NULL AND NOT EXISTS (
    SELECT FROM open WHERE open.rule = reminder.rule AND open.object_id = reminder.object_id
)
"""


def _clear(cursor, on, book, now, told):
    """What its source no longer gives is met, replaced or gone. `told` are the rules of which something is open."""
    if not told:
        return
    parts, values = ["SELECT NULL::text, NULL::bigint WHERE false"], []
    for key in told:
        value = book[key].value if key in book else None
        if isinstance(value, dict) and "source" in value:  # a rule that is off has nothing open
            rows = import_string(value["source"])(on, of=value["steps"][0]["of"], **value.get("options", {}))
            open_ones = Reminder.objects.filter(rule=key, cleared_at__isnull=True)
            rows = rows.filter(pk__in=open_ones.values("object_id"))  # the rest of the county is of no matter here
            if statement := _statement(rows):
                sql, params = statement
                parts.append(f"SELECT %s::text, object_id FROM ({sql}) s(object_id, branch_id, day, due_on)")  # noqa: S608
                values += [key, *params]
    cursor.execute(_CLEAR.format(open="\nUNION ALL\n".join(parts)), [*values, now])


def _statement(rows):
    """(SQL, its values) of a source's rows, or None when it is out of season and gives no row at all."""
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:
        return None


_FIND = """
INSERT INTO reminders_reminder (rule, label, object_id, branch_id, place_id, role, "on", due_on, found_at)
SELECT DISTINCT rule, label, object_id, branch_id, place_id, role, "on", due_on, %s::timestamptz
FROM (
    SELECT found.*, place.id AS place_id
    FROM ({found}) found(rule, label, object_id, branch_id, due_on, "on", role, is_upward)
    JOIN branches_branch branch ON branch.id = found.branch_id
    CROSS JOIN LATERAL unnest(CASE
        WHEN is_upward THEN array_remove(string_to_array(trim(both '/' from branch.path), '/')::bigint[], branch.id)
        ELSE ARRAY[branch.id] END) at(id)
    JOIN branches_branch place ON place.id = at.id
    JOIN unnest(%s::text[], %s::text[]) seat(role, kind) ON seat.role = found.role AND seat.kind = place.kind
) told
WHERE NOT EXISTS (
    SELECT FROM reminders_reminder known
    WHERE known.rule = told.rule AND known.object_id = told.object_id AND known."on" = told."on"
      AND known.place_id = told.place_id AND known.role = told.role
)
ORDER BY rule, object_id, "on", place_id, role
ON CONFLICT (rule, object_id, "on", place_id, role) DO NOTHING
"""
_SEATED = """
SELECT %s::text, %s::text, s.object_id, s.branch_id, s.due_on, days."on", roles.role, roles.is_upward
FROM ({rows}) s(object_id, branch_id, day, due_on)
JOIN unnest(%s::date[], %s::date[], %s::int[]) days(day, "on", step) ON days.day = s.day
JOIN unnest(%s::int[], %s::text[], %s::boolean[]) roles(step, role, is_upward) ON roles.step = days.step
"""


def _array(values):
    """One literal: what repeats for ten years has hundreds of days, and each as a value of its own is slow."""
    return f"{{{','.join(map(str, values))}}}"


def _find(cursor, found, on, now):
    """Write down who is to be told of what on these days, unless it is known; returns how many are new."""
    together = {}  # a source is asked once for all steps that go by the same day of its matter
    for step in found:
        if step.days:
            together.setdefault((step.rule, step.of), []).append(step)
    parts, values = [], [now]
    for (rule, of), group in together.items():
        days = [(day, told, number) for number, step in enumerate(group) for day, told in step.days]
        matter = [day for day, _, _ in days]
        rows = import_string(group[0].source)(on, of=of, **group[0].options)
        rows = rows.filter(day__range=(min(matter), max(matter)))  # which of them exactly, the join with the days says
        if (statement := _statement(rows)) is None:
            continue
        sql, params = statement
        posts = [(number, role, step.is_upward) for number, step in enumerate(group) for role in step.roles]
        parts.append(_SEATED.format(rows=sql))
        values += [rule, rows.model._meta.label, *params, *map(_array, zip(*days, strict=True))]
        values += map(_array, zip(*posts, strict=True))
    if not parts:
        return 0
    seats = [(role, kind) for role, kinds in SEATS.items() for kind in kinds]
    values += [[role.value for role, _ in seats], [kind for _, kind in seats]]
    cursor.execute(_FIND.format(found="\nUNION ALL\n".join(parts)), values)
    return cursor.rowcount


# The newest of several occasions of one matter stands for all of them; one that somebody was told of is over for them.
_SEND = """
WITH serving AS (
    SELECT DISTINCT post.user_id, post.branch_id, post.role
    FROM branches_appointment post JOIN accounts_user person ON person.id = post.user_id AND person.is_active
    WHERE post.started_on <= %(on)s AND coalesce(post.ended_on, 'infinity') >= %(on)s
      AND NOT EXISTS (SELECT FROM reminders_digest had WHERE had.user_id = post.user_id AND had."on" = %(on)s)
), told AS (
    SELECT serving.user_id, reminder.*
    FROM reminders_reminder reminder
    JOIN serving ON serving.branch_id = reminder.place_id AND serving.role = reminder.role
    WHERE reminder.cleared_at IS NULL AND reminder."on" BETWEEN %(since)s AND %(on)s
    UNION
    SELECT serving.user_id, reminder.*
    FROM reminders_reminder reminder
    JOIN duties_duty duty ON duty.id = reminder.object_id AND reminder.label = 'duties.Duty'
    JOIN serving ON serving.user_id = duty.handed_to_id
    WHERE reminder.cleared_at IS NULL AND reminder."on" BETWEEN %(since)s AND %(on)s
      AND reminder.place_id = reminder.branch_id
), waiting AS (
    SELECT DISTINCT ON (user_id, rule, object_id) user_id, id AS reminder_id
    FROM told
    WHERE NOT EXISTS (
        SELECT FROM reminders_reminder seen
        JOIN reminders_digestline line ON line.reminder_id = seen.id
        JOIN reminders_digest digest ON digest.id = line.digest_id AND digest.user_id = told.user_id
        WHERE seen.rule = told.rule AND seen.object_id = told.object_id AND seen."on" >= told."on"
    )
    ORDER BY user_id, rule, object_id, "on" DESC, id
), made AS (
    INSERT INTO reminders_digest (user_id, "on", sent_at)
    SELECT DISTINCT user_id, %(on)s::date, %(now)s::timestamptz FROM waiting ORDER BY user_id
    ON CONFLICT (user_id, "on") DO NOTHING
    RETURNING id, user_id
), lines AS (
    INSERT INTO reminders_digestline (digest_id, reminder_id)
    SELECT made.id, waiting.reminder_id FROM waiting JOIN made USING (user_id)
)
SELECT count(*) FROM made
"""


def _send(cursor, on, now, book):
    """Put the digest of the day before everybody who has something to do and none yet; returns how many."""
    since = on - timedelta(days=book["remind.back"].value["days"])
    cursor.execute(_SEND, {"on": on, "now": now, "since": since})
    return cursor.fetchone()[0]


# A person's digest leaves by the nearest channel of that kind above a post of theirs; a group hears once a day.
_QUEUE = """
WITH channel AS (
    SELECT channel.id, channel.kind, branch.path
    FROM reminders_channel channel JOIN branches_branch branch ON branch.id = channel.branch_id
    WHERE channel.is_active
), personal AS (
    SELECT DISTINCT ON (digest.id, channel.kind) digest.id AS digest_id, channel.id AS channel_id, channel.kind
    FROM reminders_digest digest
    JOIN reminders_contact contact ON contact.user_id = digest.user_id
    JOIN branches_appointment post ON post.user_id = digest.user_id
        AND post.started_on <= %(on)s AND coalesce(post.ended_on, 'infinity') >= %(on)s
    JOIN branches_branch branch ON branch.id = post.branch_id
    JOIN channel ON channel.kind = contact.kind AND starts_with(branch.path, channel.path)
    WHERE digest."on" = %(on)s
    ORDER BY digest.id, channel.kind, length(channel.path) DESC, channel.id
), groups AS (
    SELECT NULL::bigint AS digest_id, channel.id AS channel_id, channel.kind
    FROM channel
    WHERE channel.kind = ANY(%(group_kinds)s) AND EXISTS (
        SELECT FROM reminders_digest digest
        JOIN reminders_digestline line ON line.digest_id = digest.id
        JOIN reminders_reminder reminder ON reminder.id = line.reminder_id
        JOIN branches_branch branch ON branch.id = reminder.branch_id AND starts_with(branch.path, channel.path)
        WHERE digest."on" = %(on)s AND reminder.place_id = reminder.branch_id
    )
)
INSERT INTO reminders_delivery (channel_id, kind, digest_id, "on", key, state, attempts, next_at, note)
SELECT channel_id, kind, digest_id, %(on)s::date, gen_random_uuid(), 'waiting', 0, %(now)s::timestamptz, ''
FROM (SELECT * FROM personal UNION ALL SELECT * FROM groups) message(digest_id, channel_id, kind)
WHERE NOT EXISTS (
    SELECT FROM reminders_delivery known WHERE known.digest_id = message.digest_id AND known.kind = message.kind
       OR (message.digest_id IS NULL AND known.digest_id IS NULL AND known.channel_id = message.channel_id
           AND known."on" = %(on)s AND known.asked_by_id IS NULL)
)
ORDER BY channel_id, digest_id
ON CONFLICT DO NOTHING
"""


def _queue(cursor, on, now):
    """Set out the messages of the day that leave the portal."""
    cursor.execute(_QUEUE, {"on": on, "now": now, "group_kinds": list(map(str, GROUP_KINDS))})


_BEAT = """
INSERT INTO reminders_sweep AS day ("on", last_at, found, sent) VALUES (%s, %s, %s, %s)
ON CONFLICT ("on") DO UPDATE SET last_at = greatest(day.last_at, excluded.last_at),
    found = day.found + excluded.found, sent = day.sent + excluded.sent
RETURNING "on", last_at, found, sent
"""


def _beat(on, now, found, sent):
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, [on, now, found, sent])
        return Sweep(*cursor.fetchone())
