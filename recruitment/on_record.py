"""Who is on record already when a ledger of people under way comes in: asked once for all its rows."""

from collections import defaultdict

import vault
from members.models import Member, Membership, Sanction
from members.register import Checks
from recruitment.models import Application

ELSEWHERE = "身份证号已登记在其他党支部，请先办理组织关系转接，或联系上级党组织核实"


class OnRecord:
    """Persons by number, and by branch and name; their running membership and open road; the members who may guide."""

    def __init__(self, rows, on):
        self.checks = Checks(on)
        numbers = {row.values["id_number"] for row in rows if row.values.get("id_number")}
        self.index = {number: vault.index_for(Member, "id_number", number) for number in numbers}
        branches = {row.extra["branch"].pk for row in rows if row.extra["branch"]}
        self.by_index = {
            member.id_number_index: member for member in Member.objects.filter(id_number_index__in=self.index.values())
        }
        wanted = {member.pk for member in self.by_index.values()}
        stays = Membership.objects.filter(branch__in=branches).select_related("member")
        stays = [
            *stays,
            *Membership.objects.filter(member__in=wanted).exclude(branch__in=branches).select_related("member"),
        ]
        roads = Application.objects.filter(branch__in=branches).select_related("member")
        roads = [
            *roads,
            *Application.objects.filter(member__in=wanted).exclude(branch__in=branches).select_related("member"),
        ]
        self.memberships = {stay.member_id: stay for stay in stays if stay.ended_on is None}
        self.joined, self.by_name, self.stays = {}, defaultdict(dict), defaultdict(list)
        for stay in stays:
            self.joined[stay.member_id] = min(stay.started_on, self.joined.get(stay.member_id, stay.started_on))
            self.stays[stay.branch_id, stay.member.name].append(stay)
            if stay.ended_on is None:
                self.by_name[stay.branch_id, stay.member.name][stay.member_id] = stay.member
        self.watched = defaultdict(list)
        sanctions = Sanction.objects.filter(member__in={stay.member_id for stay in stays}, kind=Sanction.Kind.PROBATION)
        for member, start, end in sanctions.values_list("member", "started_on", "ended_on"):
            self.watched[member].append((start, end))
        self.open_roads = {road.member_id: road for road in roads if not road.outcome}
        for road in roads:
            if not road.outcome:
                self.by_name[road.branch_id, road.member.name][road.member_id] = road.member

    def mismatches(self, found):
        return self.checks.mismatches(found)

    def person(self, found, branch, born):
        """(the member on record or None, (column, words) of a refusal or None): by number, else by name, branch and birth."""
        number = found.get("id_number")
        member = self.by_index.get(self.index[number]) if number else None
        if member is not None:
            return member, self._refusal(member, branch)
        alike = [
            each for each in self.by_name[branch.pk, found["name"]].values()
            if (born is None or each.birth_on is None or each.birth_on == born) and not (number and each.id_number_index)
        ]  # fmt: skip
        if len(alike) > 1 or (alike and born is None and not number):
            return None, ("name", "支部里有同名的同志，请填出生日期或公民身份号码，以便区分")
        return (alike[0], self._refusal(alike[0], branch)) if alike else (None, None)

    def _refusal(self, member, branch):
        membership, road = self.memberships.get(member.pk), self.open_roads.get(member.pk)
        if membership is not None and membership.branch_id != branch.pk:
            return "id_number", ELSEWHERE
        if road is not None and road.branch_id != branch.pk:
            return "id_number", "这位同志在其他党支部已有没有办结的发展党员档案，请先转接档案"
        if membership is None and road is None and member.pk in self.joined:
            return "id_number", "这位同志已离开原支部，请先办理组织关系转接，再导入"
        return None

    def guide(self, name, branch, day):
        """The one member of that name whom the branch ever had: {member, full and on_probation on that day}; else None."""
        stays = self.stays.get((branch.pk, name), [])
        if len({stay.member_id for stay in stays}) != 1:
            return None
        member = stays[0].member_id
        full = [(stay.started_on, stay.ended_on) for stay in stays if stay.kind == Membership.Kind.FULL]
        return {"member": member, "full": _on(full, day), "on_probation": _on(self.watched[member], day)}


def _on(stretches, day):
    return any(start <= day and (end is None or day <= end) for start, end in stretches)
