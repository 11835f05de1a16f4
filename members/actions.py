from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.rights import require
from members.models import Backbone, Exemption, LeadingCadre, Member, Membership

_LEVELS = {
    "国家": "nation",
    "全国": "nation",
    "省": "province",
    "市": "city",
    "州": "city",
    "县": "county",
    "区": "county",
    "校": "school",
}
_KINDS = {
    "带头人": "leader",
    "名师": "master",
    "名校长": "master",
    "名班主任": "master",
    "特级教师": "master",
    "管理": "management",
}


def backbone(name, **fields):
    """An unsaved `Backbone` by the name that offices write, such as 市级学科带头人: its level and kind are read from it."""
    level = next((level for word, level in _LEVELS.items() if word in name), "")
    kind = next((kind for word, kind in _KINDS.items() if word in name), Backbone.Kind.TEACHING)
    return Backbone(name=name, level=level, kind=kind, **fields)


@transaction.atomic
def exempt(exemption, *, by, on):
    """Enter a stretch in which a member need not come, or is not counted among those who should."""
    require_home(exemption.member, by, on)
    exemption.created_by = by
    exemption.full_clean()
    exemption.save()
    audit.record(
        "member.exempt", exemption.member, by=by, scope=exemption.scope, since=str(exemption.started_on),
        until=str(exemption.ended_on) if exemption.ended_on else None,
    )  # fmt: skip
    return exemption


@transaction.atomic
def end_exemption(exemption, *, last, by, on):
    """Set the last day of a stretch; one that is over stays as it was, for the rolls of that time rest on it."""
    exemption = Exemption.objects.select_for_update(of=("self",)).select_related("member").get(pk=exemption.pk)
    require_home(exemption.member, by, on)
    if exemption.ended_on and exemption.ended_on < on:
        raise ValidationError("这项豁免已经结束，不能再改。")
    exemption.ended_on = last
    exemption.full_clean()
    exemption.save(update_fields=["ended_on"])
    audit.record("member.end_exemption", exemption.member, by=by, scope=exemption.scope, last=str(last))
    return exemption


@transaction.atomic
def name_cadre(cadre, *, by, on):
    """Enter that a member is a leading cadre, who owes 双重组织生活."""
    require_home(cadre.member, by, on)
    cadre.created_by = by
    cadre.full_clean()
    cadre.save()
    audit.record("member.name_cadre", cadre.member, by=by, since=str(cadre.started_on))
    return cadre


@transaction.atomic
def release_cadre(cadre, *, last, by, on):
    """Set the last day as a leading cadre."""
    cadre = LeadingCadre.objects.select_for_update(of=("self",)).select_related("member").get(pk=cadre.pk)
    require_home(cadre.member, by, on)
    if cadre.ended_on:
        raise ValidationError("已经登记了免职日期。")
    if last < cadre.started_on:
        raise ValidationError(f"免职日期不能早于任职日期 {cadre.started_on:%Y-%m-%d}。")
    cadre.ended_on = last
    cadre.full_clean()
    cadre.save(update_fields=["ended_on"])
    audit.record("member.release_cadre", cadre.member, by=by, last=str(last))
    return cadre


def require_home(member, by, on):
    """The branch where the member is today says who may write of the member; locked, so that two do not at once."""
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    home = Membership.objects.filter(member=member).on(on).select_related("branch").first()
    if home is None:
        raise ValidationError("这位同志现在不在任何支部，请先办理组织关系。")
    require(by, "member.edit", at=home.branch)
