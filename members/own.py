"""A person's own rights in the own record: who looked at it, what is wrong in it, a copy of it, the account that opens it."""

import io
import json
import zipfile
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Min, Q
from django.utils import timezone

import vault
from accounts import audit, second_factor
from accounts.models import User
from accounts.throttle import spend_lookup
from branches import rights
from branches.actions import root
from branches.models import Appointment, Branch
from branches.rights import ROLES, Role, require
from members import dues_ledger
from members.models import Correction, DuesPayment, Member, Membership
from office import values
from rulebook import book
from vault.fields import SealedTextField

SEALED = {"id_number": "公民身份号码", "phone": "手机", "address": "家庭住址"}
# What a member may ask to have put right. The last is for what is no column of the person.
CORRECTABLE = (
    "name", "sex", "ethnicity", "native_place", "birth_on", "id_number", "phone", "address", "education", "degree",
    "graduated_from", "work_began", "position", "title", "joined_on", "converted_on",
)  # fmt: skip
OTHER = "other"
PARSERS = {"id_number": values.parse_id_number, "phone": values.parse_phone}
OPEN_AT_ONCE = 10
SEEN_BY_THE_PERSON = ("office", "own")
NOT_YET_TOLD = {"members.AppraisalRow": Q(told_on=None)}  # a grade is told by the branch, not found in a download
CLOSED = {"excellent", "qualified", "basic", "unqualified", "votes"}  # ballots stay closed, one's own too


class Reason(models.TextChoices):
    TRANSFER = "transfer", "办理组织关系"
    IDENTITY = "identity", "核对身份"
    CONTACT = "contact", "联系本人"
    SUPERIOR = "superior", "上级调阅"
    OTHER = "other", "其他"


# --- looking at a classified value


def reveal(member, name, *, reason="", note="", by, on):
    """The value of a sealed field. The look is recorded and committed before anything is opened: no record, no value."""
    _record_look(member, name, reason=reason, note=note, by=by, on=on)
    return vault.reveal(member, name)


@transaction.atomic
def _record_look(member, name, *, reason, note, by, on):
    if name not in SEALED:
        raise ValidationError("没有这一项。")
    if member.user_id is not None and member.user_id == by.pk:
        audit.record("member.reveal", member, by=by, field=name, kind="own")
        return
    home = _home(member, on)
    require(by, "member.reveal", at=home)
    if reason not in Reason.values:
        raise ValidationError("请选择查看的事由。")
    spent = spend_lookup(by)
    detail = {"frequent": spent} if spent > settings.LOOKUP_LIMITS["frequent"] else {}
    audit.record("member.reveal", member, by=by, field=name, reason=reason, note=note, kind=_kind(by, home), **detail)


def _kind(by, home):
    """`discipline` when only a post of 纪检 opens it; such looks are not told to the person."""
    roles = {
        role
        for role, path in rights.serving(by)
        if "member.reveal" in ROLES[role]
        and (home.path == path or (ROLES[role]["member.reveal"] == rights.BELOW and home.path.startswith(path)))
    }
    return "discipline" if roles == {Role.DISCIPLINE} else "office"


def looks_at(member):
    """Who looked, as the person may know it: not 纪检."""
    return audit.looks_at(member, kinds=SEEN_BY_THE_PERSON)


# --- dues


def dues_years(member, *, on):
    """This year and the last with the months owed: [{year, months, count, paid, open}], newest first. Three queries.

    A month before the branch's first recorded payment was kept on paper: here it is neither paid nor open.
    """
    first = date(on.year - 1, 1, 1)
    stays = member.memberships.filter(Q(ended_on=None) | Q(ended_on__gte=first), started_on__lte=on)
    branches = list(stays.values_list("branch", flat=True).distinct())
    begun = dict(DuesPayment.objects.filter(branch__in=branches).values_list("branch").annotate(Min("month")))
    rows = [row for row in dues_ledger.owed(branches, first, on.replace(day=1)) if row.member == member.pk]
    years = []
    for year in (on.year, on.year - 1):
        months = [_month(row, begun.get(row.branch), on) for row in rows if row.month.year == year]
        years.append({
            "year": year, "months": months, "count": sum(bool(each["paid"]) for each in months),
            "paid": sum((each["paid"] or Decimal(0) for each in months), Decimal(0)),
            "open": [each["month"] for each in months if each["state"] == "miss"],
        })  # fmt: skip
    return years


def _month(row, begun, on):
    if row.is_settled and row.paid is None:
        state, word = "na", "免交"
    elif row.is_settled:
        state, word = ("done", "按时") if row.is_punctual else ("late", "迟交")
    elif row.until >= on:
        state, word = "wait", "未到期"
    elif begun and row.month >= begun:
        state, word = "miss", "未交"
    else:
        state, word = "none", "没有登记"
    return {"month": row.month, "state": state, "word": word, "paid": row.paid}


# --- asking for a correction, and its answer


@transaction.atomic
def ask_correction(member, *, field, said, reason="", by):
    """A member says what is wrong in the own record. What is said is kept sealed."""
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if member.user_id != by.pk:
        raise ValidationError("只能申请更正本人的信息。")
    if field not in (*CORRECTABLE, OTHER):
        raise ValidationError("请选择要更正的内容。")
    open_ones = list(member.corrections.filter(state=Correction.State.OPEN).values_list("field", flat=True))
    if field in open_ones and field != OTHER:
        raise ValidationError("这一项已有一份更正申请在办理，请等支部答复。")
    if len(open_ones) >= OPEN_AT_ONCE:
        raise ValidationError(f"还有 {OPEN_AT_ONCE} 份更正申请没有答复，请等答复后再提出。")
    correction = Correction(member=member, field=field, said=_parsed(field, said), reason=reason, created_by=by)
    correction.full_clean()
    correction.save()
    audit.record("correction.ask", correction, by=by, member=member.pk, field=field)
    return correction


def _parsed(field, said):
    try:
        return PARSERS[field](said) if field in PARSERS else said.strip()
    except ValueError as error:
        raise ValidationError(str(error)) from error


@transaction.atomic
def answer_correction(correction, *, state, answer="", by, on):
    """The branch answers. What is classified is written as it was asked for, unread; all else is edited by hand before."""
    member = Member.objects.select_for_update().get(pk=correction.member_id)
    correction = Correction.objects.select_for_update(of=("self",)).select_related("member").get(pk=correction.pk)
    require(by, "member.edit", at=_home(member, on))
    if member.user_id == by.pk:
        raise ValidationError("不能答复本人的更正申请，请上级党组织办理。")
    if correction.state != Correction.State.OPEN:
        raise ValidationError("这份更正申请已经答复。")
    if state not in (Correction.State.DONE, Correction.State.REFUSED):
        raise ValidationError("请选择办理结果。")
    if state == Correction.State.DONE and correction.field in SEALED:
        _put_right(member, correction, by)
    correction.state, correction.answer = state, answer.strip()
    correction.answered_by, correction.answered_at = by, timezone.now()
    correction.full_clean(exclude=["said"])
    correction.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    audit.record("correction.answer", correction, by=by, member=member.pk, state=state)
    return correction


def _put_right(member, correction, by):
    name, said = correction.field, _parsed(correction.field, vault.reveal(correction, "said"))
    names = [name]
    if name == "id_number":
        index = vault.index_for(Member, name, said)
        if Member.objects.filter(id_number_index=index).exclude(pk=member.pk).exists():
            raise ValidationError("这个身份证号已在系统中登记，请联系上级党组织核实。")
        names.append("id_number_index")
    setattr(member, name, said)
    member.version = F("version") + 1
    member.save(update_fields=[*names, "version"])
    audit.record("members.member.edit", member, by=by, changed={name: "changed"})


def answer_by(correction, *, days, named):
    """The last day for the answer: so many working days after the day of the application."""
    day = timezone.localtime(correction.created_at).date()
    for _ in range(days):
        day = book.working_day(day + timedelta(days=1), named)
    return day


def clock(today):
    """What `answer_by` counts with: the rule in force and the days that differ, read once for a whole list."""
    named = {**book.named_days(today.year - 1), **book.named_days(today.year), **book.named_days(today.year + 1)}
    return {"days": book.value("privacy.correction_days", on=today), "named": named}


def label_of(field):
    """What a field of the record is called on a page."""
    if field in CORRECTABLE:
        return str(Member._meta.get_field(field).verbose_name)
    return "其他（党内职务、党费、奖惩等）"


# --- the account


def reset_factor(user, *, by):
    """For a lost phone, by whoever manages accounts and never for oneself."""
    require(by, "account.manage", at=root())
    if user.pk == by.pk:
        raise ValidationError("不能重置自己的两步验证，请由另一位管理员办理。")
    second_factor.reset(user, by=by)


@transaction.atomic
def link_account(member, user, *, by, on):
    """Tie an account to a person, who then sees the own record; `member` None unties it. One account, one person."""
    require(by, "account.manage", at=root())
    if user.pk == by.pk:
        raise ValidationError("不能给自己的账号关联党员，请由另一位管理员办理。")
    user = User.objects.select_for_update().get(pk=user.pk)
    before = Member.objects.select_for_update(no_key=True).filter(user=user).first()
    if before and member and before.pk == member.pk:
        raise ValidationError("这个账号已经关联这位党员。")
    if before:
        before.user = None
        before.save(update_fields=["user"])
        audit.record("account.unlink_member", before, by=by, account=user.pk)
    if member is None:
        return None
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if member.user_id is not None:
        raise ValidationError("这位党员已经关联了另一个账号，请先在那个账号上解除。")
    require(by, "account.manage", at=_home(member, on))
    member.user = user
    member.save(update_fields=["user"])
    audit.record("account.link_member", member, by=by, account=user.pk)
    return member


def _home(member, on):
    """The organisation where the person is today, which decides who may."""
    home = Membership.objects.filter(member=member).on(on).select_related("branch").first()
    if home is None:
        raise ValidationError("这位同志现在不在任何支部，请先办理组织关系。")
    return home.branch


# --- a copy of everything that is kept about the person


def archive(member, *, by, on):
    """A zip with one JSON file: every row that points at the person, in all apps. Other persons are left out."""
    if member.user_id != by.pk:
        raise ValidationError("只能下载本人的信息。")
    tables = {"党员": [_row(member, member)]}
    for relation in Member._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            model = relation.related_model
            rows = model._base_manager.filter(**{relation.field.name: member}).order_by("pk")
            if hidden := NOT_YET_TOLD.get(model._meta.label):
                rows = rows.exclude(hidden)
            tables.setdefault(str(model._meta.verbose_name), []).extend(_row(row, member) for row in rows)
    posts = Appointment.objects.filter(user=by).select_related("branch").order_by("pk")
    tables[str(Appointment._meta.verbose_name)] = [_row(row, member) for row in posts]
    tables["查看记录"] = [
        {"时间": look.at, "查看人": str(look.by), "查看内容": SEALED[look.detail["field"]], **told_of_look(look)}
        for look in looks_at(member)
    ]
    notice = book.value("privacy.notice", on=on)
    content = {
        "说明": notice["text"] if notice else "",
        "导出日期": on,
        "内容": {name: rows for name, rows in tables.items() if rows},
    }
    audit.record("member.archive", member, by=by, rows=sum(map(len, tables.values())))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("本人信息.json", json.dumps(content, ensure_ascii=False, indent=1, default=str))
    return stream.getvalue()


def told_of_look(look):
    """Why somebody looked, in words for the person."""
    if look.detail["kind"] == "own":
        return {"事由": "本人查看"}
    return {"事由": Reason(look.detail["reason"]).label, "说明": look.detail["note"]}


def _row(row, member):
    """A row in the words of the office. Of a relation only an organisation is named; other persons are nobody's copy."""
    told = {}
    for field in row._meta.concrete_fields:
        if field.name in CLOSED or field.name == "row_key" or field.name.endswith("_index"):
            continue
        label = str(field.verbose_name)
        if isinstance(field, SealedTextField):
            told[label] = vault.reveal(row, field.name)
        elif not field.is_relation:
            display = getattr(row, f"get_{field.name}_display", None)
            told[label] = display() if display else getattr(row, field.name)
        elif field.related_model is Branch:
            told[label] = str(getattr(row, field.name) or "")
    return told
