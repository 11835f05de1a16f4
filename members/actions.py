from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

import vault
from accounts import audit
from branches.actions import root
from branches.models import Term
from branches.rights import require
from members.models import Backbone, Exemption, LeadingCadre, Member, Membership, Post, Standing
from members.names import keys_of

_FIELDS = (
    "name",
    "sex",
    "ethnicity",
    "birth_on",
    "education",
    "title",
    "joined_on",
    "converted_on",
    "note",
)


@transaction.atomic
def import_roster(rows, *, by, on):
    """Write the good rows of a plan: new members with their membership and posts, changed fields of known ones.

    A membership opens at the later of 入党 and the branch's founding, its start marked as estimated.
    Returns (added, changed).
    """
    require(by, "import.run", at=root())
    added, memberships, changed = [], [], set()
    for row in rows:
        member, values = row.extra.get("member"), row.values
        fresh = {name: values.get(name) for name in _FIELDS if values.get(name) not in (None, "")}
        if member is None:
            member = Member(**fresh, **keys_of(values["name"]), id_number=values.get("id_number") or "")
            member.phone = values.get("phone") or ""
            added.append(member)
            memberships += _memberships(member, row.extra["branch"], values)
            row.extra["member"] = member
            continue
        if (phone := values.get("phone")) and vault.reveal(member, "phone") != phone:
            fresh["phone"] = phone
        if differing := {name for name, new in fresh.items() if name == "phone" or getattr(member, name) != new}:
            for name in differing:
                setattr(member, name, fresh[name])
            keys = keys_of(member.name, member.initials_given)
            for name, key in keys.items():
                setattr(member, name, key)
            member.version += 1
            member.save(update_fields=[*differing, *keys, "version"])
            changed.add(member.pk)
    Member.objects.bulk_create(added, batch_size=2000)
    Membership.objects.bulk_create(memberships, batch_size=2000)
    changed |= _convert(rows) | _write_standings(rows, by, on) | _write_backbones(rows, on)
    _write_posts(rows, on)
    audit.record("member.import", by=by, added=len(added), changed=len(changed))
    return len(added), len(changed)


def _memberships(member, branch, values):
    start = max(values["joined_on"], branch.founded_on)
    converted = values.get("converted_on")
    full, probationary = Membership.Kind.FULL, Membership.Kind.PROBATIONARY
    if values["kind"] == full and converted and converted > start:
        return [
            Membership(
                member=member,
                branch=branch,
                kind=probationary,
                started_on=start,
                ended_on=converted - timedelta(days=1),
                start_estimated=True,
            ),
            Membership(member=member, branch=branch, kind=full, started_on=converted),
        ]
    return [Membership(member=member, branch=branch, kind=values["kind"], started_on=start, start_estimated=True)]


def _convert(rows):
    """Members on probation whom the roster now shows as full, with the day: a new membership follows the old one.

    Returns the members' keys.
    """
    full = {
        row.extra["member"].pk: row.values["converted_on"]
        for row in rows
        if row.values["kind"] == Membership.Kind.FULL and row.values.get("converted_on")
    }
    waiting = Membership.objects.select_for_update().filter(
        member__in=full, kind=Membership.Kind.PROBATIONARY, ended_on=None
    )
    found = set()
    for membership in waiting:
        converted = full[membership.member_id]
        if converted <= membership.started_on:  # the probation lay before the time in this branch
            membership.kind = Membership.Kind.FULL
            membership.save(update_fields=["kind"])
        else:
            membership.ended_on = converted - timedelta(days=1)
            membership.save(update_fields=["ended_on"])
            Membership.objects.create(
                member_id=membership.member_id,
                branch_id=membership.branch_id,
                kind=Membership.Kind.FULL,
                started_on=converted,
            )
        found.add(membership.member_id)
    return found


def _write_standings(rows, by, on):
    """停止党籍 as the roster says it: since when it does not say, so the start is marked as estimated. Returns keys."""
    said = {row.extra["member"].pk: row.values.get("status") for row in rows if row.values.get("status")}
    open_ones = {row.member_id: row for row in Standing.objects.filter(member__in=said, ended_on=None)}
    fresh = [
        Standing(member_id=pk, started_on=on, start_estimated=True, created_by=by)
        for pk, status in said.items()
        if status == Standing.Kind.SUSPENDED and pk not in open_ones
    ]
    over = [pk for pk, status in said.items() if status != Standing.Kind.SUSPENDED and pk in open_ones]
    Standing.objects.bulk_create(fresh)
    Standing.objects.filter(member__in=over, ended_on=None).update(ended_on=on)
    return {row.member_id for row in fresh} | set(over)


def _write_backbones(rows, on):
    """骨干 as the roster names them: another name ends the one on record and opens the next. Returns the members' keys."""
    said = {row.extra["member"].pk: row.values["backbone"] for row in rows if row.values.get("backbone")}
    on_record = {}
    for row in Backbone.objects.filter(member__in=said, ended_on=None):
        on_record.setdefault(row.member_id, []).append(row)
    fresh, over = [], []
    for pk, name in said.items():
        known = on_record.get(pk, [])
        if name in {row.name for row in known}:
            continue
        made = backbone(name, member_id=pk, started_on=on, start_estimated=True)
        over += [row.pk for row in known if row.kind == made.kind]
        fresh.append(made)
    Backbone.objects.filter(pk__in=over).update(ended_on=on - timedelta(days=1))
    Backbone.objects.bulk_create(fresh)
    return {row.member_id for row in fresh}


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


def _write_posts(rows, on):
    terms = {term.branch_id: term for term in Term.objects.on(on)}
    wanted = [
        (terms[row.extra["branch"].pk], row.extra["member"], office)
        for row in rows
        for office in row.values.get("posts") or ()
        if row.extra["branch"].pk in terms
    ]
    known = set(
        Post.objects.filter(term__in={term.pk for term, _, _ in wanted}, ended_on=None).values_list(
            "term", "member", "office"
        )
    )
    Post.objects.bulk_create(
        [
            Post(term=term, member=member, office=office, started_on=term.started_on)
            for term, member, office in wanted
            if (term.pk, member.pk, office) not in known
        ]
    )


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
