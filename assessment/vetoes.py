"""一票否决: one proposes it by a paper, another confirms it, a paper lifts it. Only what is confirmed limits a grade."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from assessment import scheme as schemes
from assessment import scoring
from assessment.judging import kind_of
from assessment.models import Round, Veto
from branches.rights import require
from files.secrecy import refuse_marked


def reasons(content):
    """[{key, label, at_most}] that the scheme lists, the gravest first."""
    return [
        row for item in content["items"] for part in item["parts"] if part["by"] == "veto" for row in part["reasons"]
    ]


def label_of(content, key):
    """What a reason is called; its key where a later scheme does not know it."""
    return next((row["label"] for row in reasons(content) if row["key"] == key), key)


def _open_year(year):
    """Refuses what is final. Locks the year's round, where there is one, so that nothing slips in while it is sealed."""
    round = Round.objects.select_for_update(of=("self",)).filter(year=year).first()
    if round is not None and round.state == Round.State.FINAL:
        raise ValidationError(f"{year} 年度考核已经审定封存，一票否决不能再增减；确需改正的，先按程序重新公布。")


@transaction.atomic
def propose(branch, year, *, reason, number, dated, by, on):
    """Propose it for a year; it limits nothing until another person confirms it."""
    _open_year(year)
    require(by, "veto.propose", at=branch)
    if year not in (on.year - 1, on.year):
        raise ValidationError({"year": f"现在只能提出 {on.year - 1} 或 {on.year} 年度的。"})
    kind = kind_of(branch, year)
    if not scoring.graded(year, on=scoring.last_day(year, on), kind=kind).filter(pk=branch.pk).exists():
        raise ValidationError({"branch": f"{branch}不在 {year} 年度考核的范围内。"})
    known = reasons(schemes.in_force(year, kind))
    if reason not in {row["key"] for row in known}:
        raise ValidationError({"reason": "这一年的方案没有这个情形。"})
    if dated > on:
        raise ValidationError({"dated": "文件日期不能晚于今天。"})
    refuse_marked(number, "依据文号")
    row = Veto(year=year, branch=branch, reason=reason, number=number.strip(), on=dated, proposed_by=by)
    row.full_clean()
    row.save()
    audit.record("veto.propose", row, by=by, year=year, branch=branch.pk)
    return row


def _locked(veto, by, verb):
    row = Veto.objects.select_for_update(of=("self",)).select_related("branch").get(pk=veto.pk)
    require(by, verb, at=row.branch)
    if row.lifted_at is not None:
        raise ValidationError("这一条已经解除。")
    return row


@transaction.atomic
def confirm(veto, *, version, by):
    """Another person than who proposed it: from now on it limits the grade."""
    _open_year(veto.year)
    row = _locked(veto, by, "veto.confirm")
    row.claim(version)
    if row.confirmed_at is not None:
        raise ValidationError("这一条已经确认。")
    if row.proposed_by_id == by.pk:
        raise ValidationError("一票否决要由提出人以外的另一人确认。")
    row.confirmed_by, row.confirmed_at = by, timezone.now()
    row.full_clean()
    row.save(update_fields=["confirmed_by", "confirmed_at", "version"])
    audit.record("veto.confirm", row, by=by, year=row.year, branch=row.branch_id)
    return row


@transaction.atomic
def lift(veto, *, number, version, by):
    """Take it away by a paper, confirmed or not; that it once was stays on record."""
    _open_year(veto.year)
    row = _locked(veto, by, "veto.propose")
    row.claim(version)
    refuse_marked(number, "解除依据")
    row.lifted_number, row.lifted_by, row.lifted_at = number.strip(), by, timezone.now()
    if not row.lifted_number:
        raise ValidationError({"number": "请注明解除依据的文号；提错了的，写明收回的理由。"})
    row.full_clean()
    row.save(update_fields=["lifted_number", "lifted_by", "lifted_at", "version"])
    audit.record(
        "veto.lift", row, by=by, year=row.year, branch=row.branch_id, was_confirmed=row.confirmed_at is not None
    )
    return row
