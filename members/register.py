"""The register of members: the checks of a person's facts, the orders of a list, the search, and what is entered by hand."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When

import vault
from accounts import audit
from accounts.throttle import spend_lookup
from branches.models import Branch
from branches.rights import require
from members.actions import require_home
from members.models import Backbone, GroupMembership, Member, Membership, Post
from members.names import keys_of
from office import values
from rulebook.book import in_force, rules

SEATS = [office for office in Post.Office if office != Post.Office.GROUP_LEADER]  # 班子序
ORDERS = {"": "单位序、班子序", "strokes": "姓氏笔画", "initials": "拼音"}
TAKEN = "这个身份证号已在系统中登记，请联系上级党组织核实。"
PERSON_DATES = ("birth_on", "joined_on", "converted_on", "retired_on")


# --- the checks of one person's facts, the same for a form and for an import


class Checks:
    """What cannot be, or is odd, in the facts of a person, by the rules in force on a day (domain-rules §11)."""

    def __init__(self, on):
        self.on = on
        self.min_age = in_force(on=on)["membership.min_age"].value
        self.probation = rules()["probation.months"]

    def faults(self, found, labels):
        """Triples (key, what is wrong in words, whether it is only a warning) for cleaned values by column name."""
        number = found.get("id_number")
        born = found.get("birth_on") or (values.id_birth_on(number) if number else None)
        joined, converted = found.get("joined_on"), found.get("converted_on")
        for key in PERSON_DATES[:3]:
            if found.get(key) and found[key] > self.on:
                yield key, f"{labels[key]}在今天以后，请核对", False
        if joined and born and joined < born + relativedelta(years=self.min_age):
            yield "joined_on", f"入党时未满{self.min_age}周岁，请核对出生日期和入党日期", False
        if joined and converted and converted < joined:
            yield "converted_on", "转正早于入党，请核对", False
        elif joined and converted:
            # A joiner of 29 February is due on 28 February: months are clamped to the month's end.
            months = next((rule.value for rule in reversed(self.probation) if rule.since <= joined), None)
            if months and converted < joined + relativedelta(months=months):
                yield "converted_on", f"预备期不足{months}个月，请核对入党日期和转正日期", False
        if (retired := found.get("retired_on")) and born and retired < born + relativedelta(years=self.min_age):
            yield "retired_on", "退休日期与出生日期对不上，请核对", True
        began = (found.get("work_began") or "")[:4]  # of a page the column itself has not looked at it yet
        if began.isdecimal() and born and int(began) < born.year + 14:
            yield "work_began", "参加工作时间与出生日期对不上，请核对", True

    def mismatches(self, found):
        """Where birth and sex do not agree with the ID number: warnings, for either may be the one that is wrong."""
        if not (number := found.get("id_number")):
            return
        if found.get("birth_on") and found["birth_on"] != values.id_birth_on(number):
            yield "birth_on", "出生日期与身份证号不一致，请核对"
        if found.get("sex") and Member.Sex(found["sex"]).label != values.id_sex(number):
            yield "sex", "性别与身份证号不一致，请核对"


# --- the orders of a list

NAMED = ("kind", "member__name", "branch__name")  # what a list of names reads of a membership: a row has eighty columns


def in_order(rows, order=""):
    """Memberships in 单位序, within a branch in 班子序 and then by 姓氏笔画; or the whole list by strokes or pinyin."""
    if order == "strokes":
        return rows.order_by("member__strokes", "member")
    if order == "initials":
        return rows.order_by("member__initials", "member__strokes", "member")
    return rows.annotate(seat=seat()).order_by("branch__order", "branch", "seat", "member__strokes", "member")


def seat():
    """The rank of a membership's member among the leaders of that branch now; whoever has no seat comes behind."""
    # One question for each seat: those the planner asks once of all posts, a smallest rank it asks of each member.
    held = Post.objects.filter(member=OuterRef("member"), term__branch=OuterRef("branch"), ended_on=None)
    ranks = (When(Exists(held.filter(office=office)), then=Value(rank)) for rank, office in enumerate(SEATS))
    return Case(*ranks, default=Value(len(SEATS)), output_field=IntegerField())


# --- the search


def named(rows, word, at="member__"):
    """The rows whose member bears the name, bore it, or is found by the beginning of the pinyin initials."""
    try:
        name = values.clean_name(word)[0]
    except ValueError:
        name = word.strip()
    tests = Q(**{f"{at}name__contains": name}) | Q(**{f"{at}former_name__contains": name})
    return rows.filter(tests | Q(**{f"{at}initials__startswith": word.strip().lower()}))


@transaction.atomic
def find(number, *, by):
    """The member with that ID number where `by` may look them up, or None: nobody, or somebody elsewhere, alike.

    Raises ValidationError for a text that is no ID number, and beyond the hour's limit.
    """
    try:
        number = values.parse_id_number(number)
    except ValueError as error:
        raise ValidationError(str(error)) from error
    if not number:
        raise ValidationError("请填写身份证号。")
    spend_lookup(by)
    index = vault.index_for(Member, "id_number", number)
    found = Member.objects.visible_to(by, verb="member.reveal").filter(id_number_index=index).first()
    audit.record("member.search_id", found, by=by, found=found is not None)
    return found


# --- entered by hand


def is_taken(number, *, besides=None):
    """Whether somebody else, anywhere in the county, has that ID number."""
    index = vault.index_for(Member, "id_number", number)
    return bool(index) and Member.objects.filter(id_number_index=index).exclude(pk=besides).exists()


def report_taken(number, branch, *, by):
    """Leave a trace for the superior, who alone is told whose number it is: the person at the branch learns nothing."""
    known = Member.objects.get(id_number_index=vault.index_for(Member, "id_number", number))
    audit.record("member.duplicate", branch, by=by, known=known.pk)


def stays(member, branch, kind, *, since=None):
    """The unsaved memberships of somebody who is on the register for the first time: the probation, then the rest.

    Without `since` they begin at the later of 入党 and the branch's founding, and the start is marked as estimated.
    """
    start = since or max(day for day in (member.joined_on, branch.founded_on) if day)
    estimated, converted = since is None, member.converted_on
    full, probationary = Membership.Kind.FULL, Membership.Kind.PROBATIONARY
    if kind == full and converted and converted > start:
        first = Membership(
            member=member, branch=branch, kind=probationary, started_on=start, ended_on=converted - timedelta(days=1),
            start_estimated=estimated, end_reason=Membership.End.CONVERTED,
        )  # fmt: skip
        return [first, Membership(member=member, branch=branch, kind=full, started_on=converted)]
    return [Membership(member=member, branch=branch, kind=kind, started_on=start, start_estimated=estimated)]


@transaction.atomic
def add(member, *, branch, kind, since, by, on):
    """Enter a person by hand who is on no register of the county yet."""
    branch = Branch.objects.select_for_update(of=("self",), no_key=True).get(pk=branch.pk)
    require(by, "member.edit", at=branch)
    if branch.closed_on or branch.kind not in (Branch.Kind.BRANCH, Branch.Kind.JOINT, Branch.Kind.TEMPORARY):
        raise ValidationError("党员应编入还在的党支部。")
    if since and since > on:
        raise ValidationError({"since": "到本支部的日期在今天以后，请核对。"})
    if since and since < branch.founded_on:
        raise ValidationError({"since": f"支部成立于 {branch.founded_on:%Y-%m-%d}，到本支部的日期不能更早。"})
    if since and member.joined_on and since < member.joined_on:
        raise ValidationError({"since": "到本支部的日期不能早于入党日期。"})
    for name, key in keys_of(member.name, member.initials_given).items():
        setattr(member, name, key)
    member.full_clean()
    member.save()
    for stay in stays(member, branch, kind, since=since):
        stay.full_clean()
        stay.save()
    audit.record("member.add", member, by=by, branch=branch.pk, kind=kind, joined_on=str(member.joined_on))
    return member


@transaction.atomic
def name_backbone(backbone, *, by, on):
    """Enter since when a member is a backbone of some kind and level."""
    require_home(backbone.member, by, on)
    if backbone.started_on and backbone.started_on > on:
        raise ValidationError({"started_on": "认定日期在今天以后，请核对。"})
    backbone.full_clean()
    backbone.save()
    audit.record(
        "member.name_backbone", backbone.member, by=by, kind=backbone.kind, level=backbone.level,
        since=str(backbone.started_on),
    )  # fmt: skip
    return backbone


@transaction.atomic
def end_backbone(backbone, *, last, by, on):
    """Set the last day on which a member is such a backbone."""
    backbone = Backbone.objects.select_for_update(of=("self",)).select_related("member").get(pk=backbone.pk)
    require_home(backbone.member, by, on)
    if backbone.ended_on:
        raise ValidationError("已经登记了结束日期。")
    if last > on:
        raise ValidationError("结束日期在今天以后，请核对。")
    backbone.ended_on = last
    backbone.full_clean()
    backbone.save(update_fields=["ended_on"])
    audit.record("member.end_backbone", backbone.member, by=by, last=str(last))
    return backbone


# --- 党小组


@transaction.atomic
def open_group(group, *, by, on):
    """Form a 党小组 in a branch."""
    require(by, "member.edit", at=group.branch)
    if group.started_on and group.started_on > on:
        raise ValidationError({"started_on": "成立日期在今天以后，请核对。"})
    group.full_clean()
    group.save()
    audit.record("group.open", group.branch, by=by, name=group.name, since=str(group.started_on))
    return group


@transaction.atomic
def close_group(group, *, last, by, on):
    """Dissolve a 党小组: its last day, for those in it too."""
    group = type(group).objects.select_for_update(of=("self",)).select_related("branch").get(pk=group.pk)
    require(by, "member.edit", at=group.branch)
    if group.ended_on:
        raise ValidationError("这个党小组已经撤销。")
    if not group.started_on <= last <= on:
        raise ValidationError(f"撤销日期应在成立日期 {group.started_on:%Y-%m-%d} 和今天之间。")
    inside = GroupMembership.objects.select_for_update().filter(group=group, ended_on=None)
    if inside.filter(started_on__gt=last).exists():
        raise ValidationError("有同志在这一天以后才编入这个党小组，请核对撤销日期。")
    inside.update(ended_on=last)
    group.ended_on = last
    group.full_clean()
    group.save(update_fields=["ended_on"])
    audit.record("group.close", group.branch, by=by, name=group.name, last=str(last))
    return group


@transaction.atomic
def assign_groups(branch, wanted, *, since, by, on):
    """Put members of a branch into its 党小组 from a day on: member id → group, or None for none. Returns how many changed."""
    Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)
    require(by, "member.edit", at=branch)
    if since > on:
        raise ValidationError("起始日期在今天以后，请核对。")
    here = set(Membership.objects.filter(branch=branch, member__in=wanted).on(on).values_list("member", flat=True))
    now_in = {
        row.member_id: row
        for row in GroupMembership.objects.select_for_update(of=("self",))
        .filter(member__in=here, ended_on=None)
        .select_related("member", "group")
    }
    changed = 0
    for pk, group in wanted.items():
        row = now_in.get(pk)
        if pk not in here or (row.group if row else None) == group:
            continue
        if group and (group.branch_id != branch.pk or group.ended_on or group.started_on > since):
            raise ValidationError(f"“{group}”在 {since:%Y-%m-%d} 还没有成立，或不在本支部，请核对日期。")
        if row and row.started_on >= since:
            raise ValidationError(f"{row.member}从 {row.started_on:%Y-%m-%d} 起编入{row.group}，新的日期应在此之后。")
        if row:
            row.ended_on = since - timedelta(days=1)
            row.save(update_fields=["ended_on"])
        if group:
            fresh = GroupMembership(member_id=pk, group=group, started_on=since)
            fresh.full_clean()
            fresh.save()
        changed += 1
    if changed:
        audit.record("group.assign", branch, by=by, since=str(since), changed=changed)
    return changed
