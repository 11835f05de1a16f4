"""Making duties and meeting them, for all branches at once."""

from django.db import connection, transaction
from django.utils.module_loading import import_string

from accounts import audit
from duties.models import Fulfilment
from duties.periods import Span, spans
from rulebook.book import value

_OWED = """
WITH span AS (
    SELECT * FROM unnest(%(rule)s, %(period)s, %(opens_on)s::date[], %(target_on)s::date[], %(due_on)s::date[],
                         %(ends_on)s::date[], %(counts_until)s::date[], %(owed_by)s, %(owed_if)s)
        AS s(rule, period, opens_on, target_on, due_on, ends_on, counts_until, owed_by, owed_if)
), interval_held(owed_if, branch_id, since, until) AS (
    {conditions}
), holding AS (  -- two groups at a time are still one time of having groups
    SELECT owed_if, branch_id, range_agg(daterange(since, until, '[]')) AS days
    FROM interval_held WHERE since <= coalesce(until, 'infinity'::date) GROUP BY owed_if, branch_id
), owed AS (
    SELECT branch.id AS branch_id, span.*
    FROM span JOIN branches_branch branch ON branch.kind = ANY(string_to_array(span.owed_by, ','))
        AND branch.founded_on <= span.counts_until AND coalesce(branch.closed_on, span.opens_on) >= span.opens_on
    LEFT JOIN holding ON holding.branch_id = branch.id AND holding.owed_if = span.owed_if
    CROSS JOIN LATERAL (
        SELECT sum(upper(part) - lower(part)) AS days FROM unnest(
            CASE span.owed_if WHEN '' THEN '{{(,)}}'::datemultirange ELSE holding.days END
            * datemultirange(daterange(greatest(branch.founded_on, span.opens_on),
                                       least(branch.closed_on, span.counts_until), '[]'))
        ) part
    ) held
    WHERE held.days >= %(share)s * (span.counts_until - span.opens_on + 1)
), gone AS (
    DELETE FROM duties_duty duty
    WHERE duty.year = %(year)s
      AND NOT EXISTS (SELECT FROM owed WHERE owed.branch_id = duty.branch_id AND owed.rule = duty.rule
                                         AND owed.period = duty.period)
    RETURNING id
), loose AS (
    DELETE FROM duties_fulfilment done USING gone WHERE done.duty_id = gone.id
)
INSERT INTO duties_duty (branch_id, rule, year, period, opens_on, target_on, due_on, ends_on)
SELECT branch_id, rule, %(year)s, period, opens_on, target_on, due_on, ends_on FROM owed
ON CONFLICT (branch_id, rule, year, period) DO UPDATE
    SET opens_on = excluded.opens_on, target_on = excluded.target_on, due_on = excluded.due_on, ends_on = excluded.ends_on
    WHERE (duties_duty.opens_on, duties_duty.target_on, duties_duty.due_on, duties_duty.ends_on)
       <> (excluded.opens_on, excluded.target_on, excluded.due_on, excluded.ends_on)
"""


@transaction.atomic
def generate(year, *, by):
    """Make a year's duties of every branch in one statement; safe to repeat at any time.

    A period is owed when the branch (and the committee or the groups that the rule asks for) existed for the share
    `duty.part_period` of it. Duties no longer owed go. Returns the rows written.
    """
    found = spans(year)
    if not found:
        return 0
    parts, values = ["SELECT NULL::text, NULL::bigint, NULL::date, NULL::date WHERE false"], []
    for name in sorted({span.owed_if for span in found if span.owed_if}):
        sql, params = import_string(name)().query.sql_with_params()
        parts.append(f"SELECT %s::text, held.* FROM ({sql}) held")  # noqa: S608 - compiled by the ORM
        values += [name, *params]
    columns = {field: [getattr(span, field) for span in found] for field in Span._fields}
    columns["owed_by"] = [",".join(kinds) for kinds in columns["owed_by"]]
    share = value("duty.part_period", on=found[0].opens_on)["share"]
    with connection.cursor() as cursor:
        conditions = cursor.mogrify("\nUNION ALL\n".join(parts), values).decode()
        cursor.execute(_OWED.format(conditions=conditions.replace("%", "%%")), columns | {"year": year, "share": share})
        written = cursor.rowcount
    if written:
        audit.record("duty.generate", by=by, year=year, written=written)
    return written


_MEET = """
INSERT INTO duties_fulfilment (duty_id, label, object_id, "on")
SELECT duty.id, %(label)s, done.object_id, done.held_on
FROM unnest(%(branch)s, %(rule)s, %(year)s, %(pk)s, %(on)s::date[]) AS done(branch_id, rule, year, object_id, held_on)
JOIN duties_duty duty ON duty.branch_id = done.branch_id AND duty.rule = done.rule AND CASE
    WHEN duty.period = duty.year::text THEN duty.year = done.year
    ELSE done.held_on BETWEEN duty.opens_on AND duty.ends_on END
ON CONFLICT (duty_id, label, object_id) DO UPDATE SET "on" = excluded."on" WHERE duties_fulfilment."on" <> excluded."on"
"""


def fulfil(label, done):
    """Say which duties are met by records of the model `label`: `done` yields (branch id, rule, year, pk, on).

    A yearly duty is found by the record's assessment year, any other by its day.
    """
    rows = list(zip(*done, strict=True))
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _MEET, dict(zip(("branch", "rule", "year", "pk", "on"), map(list, rows), strict=True)) | {"label": label}
        )
        return cursor.rowcount


def withdraw(label, pks):
    """The records no longer count: what they met is open again."""
    Fulfilment.objects.filter(label=label, object_id__in=pks).delete()
