"""The roster's way into the register: the good rows of a plan, written in bulk, each row touched told to the trail."""

from collections import defaultdict
from datetime import timedelta

from django.db import transaction

from accounts import audit
from branches.actions import root
from branches.models import Term
from branches.rights import require
from jobs.copying import insert
from jobs.trail import Trail
from members.actions import backbone
from members.models import Backbone, GroupMembership, Member, Membership, Post, Standing
from members.names import keys_of
from members.register import stays
from members.resources import PLAIN, SEALED


@transaction.atomic
def import_roster(rows, *, by, on, trail=None):
    """Write the good rows of a plan: new members with their membership and posts, changed fields of known ones.

    A membership opens at the later of 入党 and the branch's founding, its start marked as estimated.
    """
    trail = trail or Trail()
    require(by, "import.run", at=root())
    added, memberships = [], []
    for row in (row for row in rows if row.is_new):
        values = row.values
        fresh = {name: values[name] for name in PLAIN if values.get(name) not in (None, "")}
        member = Member(
            **fresh, **keys_of(values["name"]), **{name: values.get(name) or "" for name in ("id_number", *SEALED)}
        )
        added.append(member)
        memberships += stays(member, row.extra["branch"], values["kind"])
        row.extra["member"] = member
    trail.add(insert(added))
    trail.add(insert(memberships))
    _update([row for row in rows if row.extra.get("fresh")], trail)
    _convert([row for row in rows if row.extra.get("converts")], trail)
    _write_standings(rows, by, on, trail)
    _write_backbones(rows, on, trail)
    _write_groups(rows, on, trail)
    _write_posts(rows, on, trail)
    changed = sum(bool(row.changes) for row in rows)
    audit.record("member.import", by=by, added=len(added), changed=changed)


def _update(rows, trail):
    """One statement for all members of whom the same fields differ, instead of one for each member."""
    trail.keep(Member, [row.extra["member"].pk for row in rows])
    alike = defaultdict(list)
    for row in rows:
        member, fresh = row.extra["member"], dict(row.extra["fresh"])
        if "name" in fresh:
            fresh |= keys_of(fresh["name"], member.initials_given)
        for name, new in fresh.items():
            setattr(member, name, new)
        member.version += 1
        alike[frozenset(fresh)].append(member)
    for names, members in alike.items():
        Member.objects.bulk_update(members, [*sorted(names), "version"], batch_size=500)


def _convert(rows, trail):
    """Members on probation whom the roster shows as full, with the day: a full membership follows the one on probation."""
    held = [row.extra["membership"].pk for row in rows]
    trail.keep(Membership, held)
    locked = Membership.objects.select_for_update().in_bulk(held)
    following = []
    for row in rows:
        membership, converted = locked[row.extra["membership"].pk], row.values["converted_on"]
        if converted <= membership.started_on:  # the probation lay before the time in this branch
            membership.kind = Membership.Kind.FULL
            continue
        membership.ended_on, membership.end_reason = converted - timedelta(days=1), Membership.End.CONVERTED
        full = Membership(member_id=membership.member_id, branch_id=membership.branch_id, kind=Membership.Kind.FULL)
        full.started_on = converted
        following.append(full)
    Membership.objects.bulk_update(locked.values(), ["kind", "ended_on", "end_reason"], batch_size=500)
    trail.add(Membership.objects.bulk_create(following, batch_size=2000))


def _write_standings(rows, by, on, trail):
    """停止党籍 as the roster says it: since when it does not say, so the start is marked as estimated."""
    said = {row.extra["member"].pk: row.values.get("status") for row in rows if row.values.get("status")}
    open_ones = {row.member_id: row.pk for row in Standing.objects.filter(member__in=said, ended_on=None)}
    fresh = [
        Standing(member_id=pk, started_on=on, start_estimated=True, created_by=by)
        for pk, status in said.items()
        if status == Standing.Kind.SUSPENDED and pk not in open_ones
    ]
    over = [open_ones[pk] for pk, status in said.items() if status != Standing.Kind.SUSPENDED and pk in open_ones]
    trail.keep(Standing, over)
    Standing.objects.filter(pk__in=over).update(ended_on=on)
    trail.add(Standing.objects.bulk_create(fresh))


def _write_backbones(rows, on, trail):
    """骨干 as the roster names them: another name ends the one of that kind on record and opens the next.

    One that began on this very day is put right instead: it cannot end before it began.
    """
    said = {row.extra["member"].pk: row.values["backbone"] for row in rows if row.values.get("backbone")}
    on_record = defaultdict(list)
    for row in Backbone.objects.filter(member__in=said, ended_on=None):
        on_record[row.member_id].append(row)
    fresh, over, young = [], [], []
    for pk, name in said.items():
        if name in {row.name for row in on_record[pk]}:
            continue
        made = backbone(name, member_id=pk, started_on=on, start_estimated=True)
        alike = [row for row in on_record[pk] if row.kind == made.kind]
        for row in alike:
            if row.started_on >= on:
                row.name, row.level = made.name, made.level
                young.append(row)
            else:
                row.ended_on = on - timedelta(days=1)
                over.append(row)
        if not any(row in young for row in alike):
            fresh.append(made)
    trail.keep(Backbone, [row.pk for row in over + young])
    Backbone.objects.bulk_update(over + young, ["name", "level", "ended_on"], batch_size=500)
    trail.add(Backbone.objects.bulk_create(fresh))


def _write_groups(rows, on, trail):
    """党小组 as the roster says it: another one ends the time in the one on record, or replaces it if that began today."""
    said = {row.extra["member"].pk: row.extra["group"] for row in rows if row.extra.get("group")}
    on_record = {row.member_id: row for row in GroupMembership.objects.filter(member__in=said, ended_on=None)}
    fresh, over = [], []
    for pk, group in said.items():
        row = on_record.get(pk)
        if row and row.group_id == group.pk:
            continue
        if row and row.started_on >= on:
            row.group = group
        else:
            fresh.append(GroupMembership(member_id=pk, group=group, started_on=max(on, group.started_on)))
            if row:
                row.ended_on = on - timedelta(days=1)
        over += [row] if row else []
    trail.keep(GroupMembership, [row.pk for row in over])
    GroupMembership.objects.bulk_update(over, ["group", "ended_on"], batch_size=500)
    trail.add(GroupMembership.objects.bulk_create(fresh))


def _write_posts(rows, on, trail):
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
    posts = [
        Post(term=term, member=member, office=office, started_on=term.started_on)
        for term, member, office in wanted
        if (term.pk, member.pk, office) not in known
    ]
    trail.add(Post.objects.bulk_create(posts))
