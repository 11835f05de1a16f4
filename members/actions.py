from datetime import timedelta

from django.db import transaction
from pypinyin import Style, lazy_pinyin

import vault
from accounts import audit
from branches.actions import root
from branches.models import Term
from branches.rights import require
from members.models import Member, Membership, Post

_FIELDS = (
    "name",
    "sex",
    "ethnicity",
    "birth_on",
    "education",
    "title",
    "backbone",
    "joined_on",
    "converted_on",
    "status",
    "note",
)


def initials(name):
    """The pinyin initials by which a name is found: 周明远 → zmy."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore"))[:50].lower()


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
            member = Member(**fresh, initials=initials(values["name"]), id_number=values.get("id_number") or "")
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
            member.initials = initials(member.name)
            member.version += 1
            member.save(update_fields=[*differing, "initials", "version"])
            changed.add(member.pk)
    Member.objects.bulk_create(added, batch_size=2000)
    Membership.objects.bulk_create(memberships, batch_size=2000)
    changed |= _convert(rows)
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
