"""What befell some members of the invented county: 停止党籍, 失联, 流动, 出国, a death, two 处分, one of them an expulsion."""

import random
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import DateTimeField, F
from django.db.models.functions import Cast

from members.models import GroupMembership, Membership, Post, Sanction, Standing, Transfer, Whereabouts

End, Kind = Membership.End, Whereabouts.Kind
LAST_ORDER = "云教党〔{}〕{}号"


def build(county):
    """Draws from a stream of its own, so that the rest of the county stays as it was."""
    rng, today = random.Random(f"{county.seed}/standing"), county.today
    staff, admin = county.users["gongwei"], county.users["gongwei-admin"]
    people = _free(county, rng)
    away = [
        (Kind.LOST, "3", "", 34, None), (Kind.LOST, "1", "", 7, None), (Kind.LOST, "6", "", 2, None),
        (Kind.AWAY, "", "沿海某市务工", 9, 1), (Kind.AWAY, "", "省城照顾家人", 3, 1),
        (Kind.ABROAD, "", "公派国外任教", 14, 8), (Kind.ABROAD, "", "国外探亲", 5, 2),
    ]  # fmt: skip
    for place, (kind, reason, where, months, contact) in enumerate(away):
        sketch, stay = people.pop()
        since = max(today - relativedelta(months=months), stay.since)
        Whereabouts.objects.create(
            member_id=stay.pk, kind=kind, lost_reason=reason, destination=where, started_on=since, created_by=sketch.author,
            contacted_on=max(since, today - relativedelta(months=contact)) if contact else None,
        )  # fmt: skip
        if place == 0:
            Standing.objects.create(
                member_id=stay.pk, reason="与党组织失去联系六个月以上", created_by=staff,
                basis=LAST_ORDER.format(today.year - 2, 17), started_on=max(since, today - relativedelta(months=26)),
            )  # fmt: skip
    _leave(*people.pop(), today - timedelta(days=38), End.DIED, "")
    expelled, decision = people.pop(), f"云纪〔{today.year}〕7号"
    last = today - timedelta(days=75)
    _leave(*expelled, last, End.EXPELLED, decision)
    for (_, stay), kind, started_on, ended_on, number in (
        (expelled, Sanction.Kind.EXPULSION, last, None, decision),
        (people.pop(), Sanction.Kind.WARNING, today - timedelta(days=140), today + timedelta(days=225), f"云纪〔{today.year}〕3号"),
    ):  # fmt: skip
        Sanction.objects.create(
            member_id=stay.pk, kind=kind, started_on=started_on, ended_on=ended_on, number=number, created_by=admin
        )
    for model in (Whereabouts, Standing, Sanction):
        model.objects.update(created_at=Cast(F("started_on"), DateTimeField()))


def _free(county, rng):
    """(Sketch, Stay) of members without office, account or transfer, at most two of a branch."""
    busy = set(Post.objects.values_list("member", flat=True)) | set(Transfer.objects.values_list("member", flat=True))
    leaves = [
        sketch for sketch in county.sketches if sketch.is_leaf and not sketch.is_star and sketch.successor is None
    ]
    found = []
    for sketch in leaves:
        kept_out = busy | {pk for pk, *_ in (*sketch.excused, *sketch.aside)}
        free = [
            stay for stay in sketch.roster
            if stay.until is None and stay.is_full and stay.pk not in kept_out and (county.today - stay.since).days > 1200
        ]  # fmt: skip
        if len(free) > 1:
            found += [(sketch, stay) for stay in rng.sample(free, 2)]
    rng.shuffle(found)
    return found


def _leave(sketch, stay, last, reason, basis):
    """The last day of somebody in the branch; what is built later goes by the roster."""
    home = Membership.objects.filter(member=stay.pk, ended_on=None)
    home.update(ended_on=last, end_reason=reason, end_basis=basis)
    GroupMembership.objects.filter(member=stay.pk, ended_on=None).update(ended_on=last)
    sketch.roster[sketch.roster.index(stay)] = stay._replace(until=last)
