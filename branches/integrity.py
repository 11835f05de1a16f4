"""正风肃纪: 廉政风险点 of posts and processes with their reviews, and how often the 四种形态 were applied."""

import re

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import User
from branches.models import Branch, FormCount, IntegrityRisk, Term
from branches.rights import require
from files.secrecy import refuse_marked
from rulebook.book import value

TEXTS = ("place", "risk", "measure", "owner_post")
SURNAMES = "王李张刘陈赵周吴徐孙朱胡郭何罗梁宋郑谢韩唐冯邓曹彭曾萧田董潘袁蔡蒋余杜叶程魏苏吕丁卢姚沈钟姜崔谭陆范汪廖"
TITLED = re.compile(rf"(?:^|[^一-龥])[{SURNAMES}](?:老师|校长|园长|书记|主任)")
NO_NAMES = "请写岗位或环节（如 食堂采购、总务主任），不写姓名。"


def next_review(day, *, on):
    """By when a risk looked at on that day is looked at again."""
    return day + relativedelta(months=value("integrity.review_months", on=on))


def names_somebody(text, branch):
    """Whether a text names a person: ××同志, 王老师, or somebody who holds or held an office there."""
    if "同志" in text or TITLED.search(text):
        return True
    organs = [int(part) for part in branch.path.strip("/").split("/")]
    known = set(Term.objects.filter(branch__in=organs).values_list("secretary_name", flat=True))
    known |= set(User.objects.filter(appointments__branch__in=organs).values_list("name", flat=True))
    return any(name in text for name in known if len(name) > 1)


@transaction.atomic
def save_risk(row, *, version=None, by, on):
    """Enter a risk, or change an open one. It stands for a post or a process, so whoever is named in it is refused."""
    if row.pk:
        known = _locked(row, by)
        known.claim(version or 0)
        _refuse_closed(known)
        row.version, row.branch, row.reviewed_on = known.version, known.branch, known.reviewed_on
    else:
        row.created_by = by
    require(by, "integrity.edit", at=row.branch)
    faults = {name: NO_NAMES for name in TEXTS if names_somebody(getattr(row, name), row.branch)}
    for name in TEXTS:
        refuse_marked(getattr(row, name), row._meta.get_field(name).verbose_name)
    if row.found_on > on:
        faults["found_on"] = "排查日期不能晚于今天。"
    since = row.reviewed_on or row.found_on
    latest = next_review(since, on=on)
    if row.review_on > latest:
        months = value("integrity.review_months", on=on)
        faults["review_on"] = f"至少每 {months} 个月复查一次，最迟填 {latest:%Y-%m-%d}。"
    if faults:
        raise ValidationError(faults)
    is_new = not row.pk
    row.full_clean()
    row.save()
    audit.record("integrity.enter" if is_new else "integrity.mend", row, by=by, review_on=str(row.review_on))
    return row


@transaction.atomic
def review(row, *, reviewed_on, version, by, on):
    """已复查: the guard was looked at on that day and holds; the next day follows by the rule."""
    row = _locked(row, by)
    row.claim(version)
    _refuse_closed(row)
    if not (row.reviewed_on or row.found_on) <= reviewed_on <= on:
        since = row.reviewed_on or row.found_on
        raise ValidationError({"day": f"复查日期应在 {since:%Y-%m-%d} 至今天之间。"})
    row.reviewed_on, row.review_on = reviewed_on, next_review(reviewed_on, on=on)
    return _saved(row, "review", by, reviewed_on=str(reviewed_on))


@transaction.atomic
def close(row, *, closed_on, version, by, on):
    """The risk is gone: the post or the process is no more, or is done in another way."""
    row = _locked(row, by)
    row.claim(version)
    _refuse_closed(row)
    if not row.found_on <= closed_on <= on:
        raise ValidationError({"day": f"消除日期应在 {row.found_on:%Y-%m-%d} 至今天之间。"})
    row.closed_on = closed_on
    return _saved(row, "close", by, closed_on=str(closed_on))


def _locked(row, by):
    row = IntegrityRisk.objects.select_for_update(of=("self",)).select_related("branch").get(pk=row.pk)
    require(by, "integrity.edit", at=row.branch)
    return row


def _refuse_closed(row):
    if row.closed_on:
        raise ValidationError(f"这个风险点已于 {row.closed_on:%Y-%m-%d} 消除，不能再改。")


def _saved(row, act, by, **detail):
    row.full_clean()
    row.save()
    audit.record(f"integrity.{act}", row, by=by, **detail)
    return row


@transaction.atomic
def count(branch, *, day, numbers, by, on):
    """How often each of the 四种形态 was applied in an organisation on a day: form → times, all in one go.

    The record names the counts, not the organisation: more people read what was done to that.
    """
    require(by, "discipline.edit", at=branch)
    if day > on:
        raise ValidationError({"day": "日期不能晚于今天。"})
    if not any(numbers.values()):
        raise ValidationError("请至少填一种形态的人次。")
    Branch.objects.select_for_update(of=("self",), no_key=True).get(pk=branch.pk)
    for form, times in numbers.items():
        if times:
            row = FormCount(branch=branch, on=day, form=form, count=times, created_by=by)
            row.full_clean()
            row.save()
            audit.record("discipline.count", row, by=by, day=str(day))
    return branch


@transaction.atomic
def drop_count(row, *, by):
    """Take out a count that was entered by mistake, so that it can be entered right."""
    row = FormCount.objects.select_for_update(of=("self",)).select_related("branch").get(pk=row.pk)
    require(by, "discipline.edit", at=row.branch)
    audit.record("discipline.drop", row, by=by, day=str(row.on))
    row.delete()


def by_quarter(rows):
    """[(form, [times of each quarter], of the year)] of the counts of one year, and the sums: one pass over the rows."""
    sums = {form: [0, 0, 0, 0] for form in FormCount.Form}
    for on, form, times in rows.values_list("on", "form", "count"):
        sums[FormCount.Form(form)][(on.month - 1) // 3] += times
    table = [(form.label, quarters, sum(quarters)) for form, quarters in sums.items()]
    return [
        *table,
        ("合计", [sum(column) for column in zip(*sums.values(), strict=True)], sum(row[2] for row in table)),
    ]
