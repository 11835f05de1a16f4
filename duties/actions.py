"""Making duties and meeting them, for all branches at once."""

from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts import audit
from branches.models import Appointment
from branches.rights import require
from duties.models import Duty, Filing, Fulfilment, Unlock
from duties.periods import Span, spans
from rulebook.book import value

_OWED = """
WITH span AS (
    SELECT * FROM unnest(%(rule)s, %(period)s, %(opens_on)s::date[], %(target_on)s::date[], %(due_on)s::date[],
                         %(ends_on)s::date[], %(locks_on)s::date[], %(is_provisional)s, %(counts_until)s::date[], %(owed_by)s,
                         %(owed_if)s)
        AS s(rule, period, opens_on, target_on, due_on, ends_on, locks_on, is_provisional, counts_until, owed_by, owed_if)
), interval_held(owed_if, branch_id, since, until) AS (
    {conditions}
), holding AS (  -- two groups at a time are still one time of having groups
    SELECT owed_if, branch_id, range_agg(daterange(since, until, '[]')) AS days
    FROM interval_held WHERE since <= coalesce(until, 'infinity'::date) GROUP BY owed_if, branch_id
), upgraded AS (  -- of which kind an organisation was until a 升格
    SELECT branch_id, before AS kind, "on" FROM branches_orgchange WHERE kind = 'upgraded'
), kind_held AS (
    SELECT branch_id, kind, daterange(lag("on") OVER (PARTITION BY branch_id ORDER BY "on"), "on") AS days FROM upgraded
    UNION ALL
    SELECT branch.id, branch.kind, daterange((SELECT max("on") FROM upgraded WHERE branch_id = branch.id), NULL)
    FROM branches_branch branch
), of_kind AS (
    SELECT owed_by, branch_id, range_agg(days) AS days
    FROM (SELECT DISTINCT owed_by FROM span) each JOIN kind_held ON kind = ANY(string_to_array(owed_by, ','))
    GROUP BY owed_by, branch_id
), owed AS (
    SELECT branch.id AS branch_id, span.*
    FROM span JOIN of_kind ON of_kind.owed_by = span.owed_by JOIN branches_branch branch ON branch.id = of_kind.branch_id
        AND branch.founded_on <= span.counts_until AND coalesce(branch.closed_on, span.opens_on) >= span.opens_on
    LEFT JOIN holding ON holding.branch_id = branch.id AND holding.owed_if = span.owed_if
    CROSS JOIN LATERAL (
        SELECT sum(upper(part) - lower(part)) AS days FROM unnest(
            CASE span.owed_if WHEN '' THEN '{{(,)}}'::datemultirange ELSE holding.days END
            * of_kind.days * datemultirange(daterange(greatest(branch.founded_on, span.opens_on),
                                       least(branch.closed_on, span.counts_until), '[]'))
        ) part
    ) held
    WHERE held.days >= %(share)s * (span.counts_until - span.opens_on + 1)
), ended AS (  -- no longer owed; what somebody filed or asked about is kept
    SELECT duty.id, EXISTS (SELECT FROM duties_filing filing WHERE filing.duty_id = duty.id)
                 OR EXISTS (SELECT FROM duties_unlock unlock WHERE unlock.duty_id = duty.id) AS is_kept
    FROM duties_duty duty
    WHERE duty.year = %(year)s AND duty.notice_id IS NULL
      AND NOT EXISTS (SELECT FROM owed WHERE owed.branch_id = duty.branch_id AND owed.rule = duty.rule
                                         AND owed.period = duty.period)
), kept AS (
    UPDATE duties_duty duty SET is_owed = false FROM ended WHERE ended.id = duty.id AND ended.is_kept AND duty.is_owed
), gone AS (
    DELETE FROM duties_duty duty USING ended WHERE ended.id = duty.id AND NOT ended.is_kept RETURNING duty.id
), loose AS (
    DELETE FROM duties_fulfilment done USING gone WHERE done.duty_id = gone.id
)
INSERT INTO duties_duty (branch_id, rule, year, period, opens_on, target_on, due_on, ends_on, locks_on, is_provisional)
SELECT branch_id, rule, %(year)s, period, opens_on, target_on, due_on, ends_on, locks_on, is_provisional FROM owed
ORDER BY opens_on, rule, period, branch_id  -- the same county gets its duties in the same order
ON CONFLICT (branch_id, rule, year, period) DO UPDATE
    SET opens_on = excluded.opens_on, target_on = excluded.target_on, due_on = excluded.due_on,
        ends_on = excluded.ends_on, locks_on = excluded.locks_on, is_provisional = excluded.is_provisional,
        is_owed = true
    WHERE NOT duties_duty.is_owed
       OR (duties_duty.opens_on, duties_duty.target_on, duties_duty.due_on, duties_duty.ends_on, duties_duty.locks_on,
           duties_duty.is_provisional)
       <> (excluded.opens_on, excluded.target_on, excluded.due_on, excluded.ends_on, excluded.locks_on,
           excluded.is_provisional)
"""


@transaction.atomic
def generate(year, *, by):
    """Make a year's duties of every branch in one statement; safe to repeat at any time.

    A period is owed when the branch (and the committee or the groups that the rule asks for) existed for the share
    `duty.part_period` of it, as one of the kinds that owe it. Duties no longer owed go, or count no more
    where something was filed or asked about them. Returns the rows written.
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


def met_by(branch, owed, day):
    """The duties of `branch` that a record of that day would meet; `owed` holds pairs (rule, assessment year)."""
    wanted = [
        Q(rule=rule, year=year) & (Q(period=str(year)) | Q(opens_on__lte=day, ends_on__gte=day)) for rule, year in owed
    ]
    return list(Duty.objects.filter(reduce(or_, wanted), branch=branch)) if wanted else []


def withdraw(label, pks):
    """The records no longer count: what they met is open again."""
    Fulfilment.objects.filter(label=label, object_id__in=pks).delete()


# --- met by a form alone


@transaction.atomic
def file(duty, answers, *, by, on, version=None):
    """Answer a duty by its form (`filings.yaml`); answered again, the answer is replaced while the duty is not locked."""
    duty = Duty.objects.select_for_update(of=("self",)).select_related("branch").get(pk=duty.pk)
    require(by, "duty.file", at=duty.branch)
    if on < duty.opens_on:
        raise ValidationError(f"这件事项 {duty.opens_on:%Y-%m-%d} 才开始，现在还不能填报。")
    refuse_locked([duty], on=on)
    filing = Filing.objects.filter(duty=duty).first()
    if filing:
        filing.claim(version)
        filing.answers = answers
    else:
        filing = Filing(duty=duty, answers=answers, filed_on=on, created_by=by)
    filing.full_clean()
    filing.save()
    meet(duty, filing, on=filing.filed_on)
    audit.record("duty.file", filing, by=by, rule=duty.rule, period=duty.period)
    return filing


def meet(duty, record, *, on):
    """One record meets one duty."""
    Fulfilment.objects.get_or_create(duty=duty, label=record._meta.label, object_id=record.pk, defaults={"on": on})


# --- handed to somebody of the branch


@transaction.atomic
def hand(duty, *, to, by, on):
    """Hand a duty to somebody who serves in its branch, who will be reminded and prepares it; `to` None takes it back."""
    duty = Duty.objects.select_for_update(of=("self",)).select_related("branch").get(pk=duty.pk)
    require(by, "duty.hand", at=duty.branch)
    if to and not Appointment.objects.serving(on).filter(user=to, branch=duty.branch, user__is_active=True).exists():
        raise ValidationError(f"{to}现在不在{duty.branch}任职，不能交办；请先由管理员登记任职。")
    duty.handed_to, duty.handed_by, duty.handed_at = (to, by, timezone.now()) if to else (None, None, None)
    duty.full_clean()
    duty.save(update_fields=["handed_to", "handed_by", "handed_at"])
    audit.record("duty.hand", duty, by=by, to=to.pk if to else None)
    return duty


# --- locked, and opened again for one branch and period


def refuse_locked(duties, *, on):
    """Raise `ValidationError` when every one of `duties` is locked on that day and none was opened again."""
    locked = [duty for duty in duties if duty.locks_on < on]
    if not locked or len(locked) < len(duties):
        return
    if not Unlock.objects.in_force(on).filter(duty__in=locked).exists():
        first = locked[0]
        raise ValidationError(
            f"{first.label}的补登期已于 {first.locks_on:%Y-%m-%d} 结束。需要补办的，请在“应办事项”里申请补办，上级同意后再登记。"
        )


@transaction.atomic
def ask_unlock(duty, *, reason, by, on):
    """Ask 上级 for leave to enter a record of a locked duty."""
    duty = Duty.objects.select_for_update(of=("self",)).select_related("branch").get(pk=duty.pk)
    require(by, "duty.file", at=duty.branch)
    if duty.locks_on >= on:
        raise ValidationError("这件事项还没有锁定，可以直接登记。")
    if duty.fulfilments.exists():
        raise ValidationError("这件事项已经办结，不需要补办。")
    unlock = Unlock(duty=duty, reason=reason, created_by=by)
    unlock.full_clean()
    unlock.save()
    audit.record("duty.ask_unlock", unlock, by=by, duty=duty.pk)
    return unlock


@transaction.atomic
def decide_unlock(unlock, *, until, answer, by, on):
    """Grant leave until a day (`until` None: refuse). The asker cannot be the one who decides."""
    unlock = Unlock.objects.select_for_update(of=("self",)).select_related("duty__branch").get(pk=unlock.pk)
    require(by, "duty.unlock", at=unlock.duty.branch)
    if not unlock.duty.is_owed:
        raise ValidationError("这件事项已不再应办，不用批复。")
    if unlock.decided_at:
        raise ValidationError("这份申请已经批复过了。")
    if unlock.created_by_id == by.pk:
        raise ValidationError("申请人不能批准自己的申请，请由另一位同志批复。")
    if until and until < on:
        raise ValidationError("准予补办的最后一天不能早于今天。")
    most = value("duty.unlock_days", on=on)["most"]
    if until and (until - on).days > most:
        raise ValidationError(f"准予补办最多 {most} 天，请把最后一天改早一些。")
    if not until and not answer:
        raise ValidationError("不同意补办的，请写明理由。")
    unlock.expires_on, unlock.answer, unlock.decided_by, unlock.decided_at = until, answer, by, timezone.now()
    unlock.full_clean()
    unlock.save()
    audit.record("duty.decide_unlock", unlock, by=by, until=str(until) if until else None)
    return unlock
