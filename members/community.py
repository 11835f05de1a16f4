"""双报到, 双服务, 双报告 of a branch and its members; 政治生日, 承诺 and what the 党员身份墙 shows."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, Sum

from accounts import audit
from branches.rights import require
from files import actions as files
from files.models import StoredFile
from files.secrecy import refuse_marked
from members.actions import require_home
from members.models import (
    CommunityLink,
    CommunityReport,
    CommunityService,
    Member,
    Membership,
    Pledge,
    ServiceHand,
)
from rulebook.book import value

MOST_HOURS = 24
LEAP = (2, 29)


# --- 双报到


def _not_ahead(day, on, name, label):
    if day > on:
        raise ValidationError({name: f"{label}不能晚于今天。"})


def here(branch, day):
    """Keys of the members of the branch on that day."""
    return set(Membership.objects.filter(branch=branch).on(day).values_list("member", flat=True))


@transaction.atomic
def report_in(branch, *, community, started_on, members, with_branch, by, on):
    """The branch, or members of it, report to a community. Who has already is left out. Returns how many reported."""
    require(by, "community.edit", at=branch)
    _not_ahead(started_on, on, "started_on", "报到日期")
    refuse_marked(community, "社区")
    if not members and not with_branch:
        raise ValidationError("请至少选择党支部或者一位党员。")
    strangers = {member.pk for member in members} - here(branch, on)
    if strangers:
        raise ValidationError("有的同志现在不在这个支部，请重新打开页面再选。")
    open_links = CommunityLink.objects.select_for_update(of=("self",)).filter(branch=branch, ended_on=None)
    known = set(open_links.filter(community=community).values_list("member", flat=True))
    wanted = [*([None] if with_branch else []), *(member.pk for member in members)]
    rows = [
        CommunityLink(branch=branch, member_id=pk, community=community, started_on=started_on, created_by=by)
        for pk in wanted
        if pk not in known
    ]
    for row in rows:
        row.full_clean()
        row.save()
    audit.record("community.report_in", branch, by=by, rows=len(rows), since=str(started_on))
    return len(rows)


@transaction.atomic
def end_link(link, *, last, by, on):
    """The last day on which the branch or the member reports there."""
    link = CommunityLink.objects.select_for_update(of=("self",)).select_related("branch").get(pk=link.pk)
    require(by, "community.edit", at=link.branch)
    if link.ended_on:
        raise ValidationError("已经登记了结束日期。")
    _not_ahead(last, on, "last", "结束日期")
    if last < link.started_on:
        raise ValidationError({"last": f"结束日期不能早于报到日期 {link.started_on:%Y-%m-%d}。"})
    link.ended_on = last
    link.full_clean()
    link.save(update_fields=["ended_on"])
    audit.record("community.end", link.branch, by=by, last=str(last))
    return link


@transaction.atomic
def serve(service, hours, *, by, on):
    """Enter a service or change it; `hours`: member id → hours of those who took part, of the branch on that day."""
    require(by, "community.edit", at=service.branch)
    _not_ahead(service.held_on, on, "held_on", "服务日期")
    for name, label in (("community", "社区"), ("topic", "服务内容")):
        refuse_marked(getattr(service, name), label)
    if not hours:
        raise ValidationError("请填写参加的党员和时长。")
    if set(hours) - here(service.branch, service.held_on):
        raise ValidationError("有的同志那一天不在这个支部，请核对服务日期。")
    is_new = service.pk is None
    if is_new:
        service.created_by = by
    service.full_clean()
    service.save()
    ServiceHand.objects.filter(service=service).exclude(member__in=hours).delete()
    for member, given in hours.items():
        hand = ServiceHand.objects.filter(service=service, member=member).first() or ServiceHand(
            service=service, member_id=member
        )
        hand.hours = given
        hand.full_clean()
        hand.save()
    audit.record("community.serve", service, by=by, held_on=str(service.held_on), rows=len(hours))
    return service


@transaction.atomic
def give_report(report, *, by, on):
    """双报告: the report of a year, by the branch or by a member."""
    require(by, "community.edit", at=report.branch)
    _not_ahead(report.reported_on, on, "reported_on", "报告日期")
    if not on.year - 2 <= report.year <= on.year:
        raise ValidationError({"year": "年度应是今年或者前两年。"})
    if report.member_id and report.member_id not in here(report.branch, on):
        raise ValidationError({"member": "这位同志现在不在这个支部。"})
    refuse_marked(report.summary, "报告摘要")
    report.created_by = by
    report.full_clean()
    report.save()
    audit.record("community.report", report.branch, by=by, year=report.year, to=report.to)
    return report


@dataclass
class Year:
    """双报到 of a branch in a year; `serving` are its members in work (在职), of whom `reported` report to a community."""

    serving: int = 0
    reported: int = 0
    has_branch: bool = False
    services: int = 0
    hands: int = 0
    hours: Decimal = Decimal(0)
    reports: int = 0
    member_reports: int = 0

    @property
    def share(self):
        return f"{self.reported / self.serving:.0%}" if self.serving else "—"


def in_work(branches, day):
    """Memberships of those not retired on that day (在职党员): they report in person."""
    stays = Membership.objects.filter(branch__in=branches).on(day)
    return stays.exclude(member__staffing=Member.Staffing.RETIRED).exclude(member__retired_on__lte=day)


def summary(branches, year, on):
    """branch id → Year, as it stands on the last day of the year or today. Five queries, however many branches."""
    first, last = date(year, 1, 1), min(on, date(year, 12, 31))
    found = defaultdict(Year)
    links = CommunityLink.objects.filter(branch__in=branches, started_on__lte=last).exclude(ended_on__lt=last)
    reported = {(branch, member) for branch, member in links.values_list("branch", "member")}
    for branch, member in in_work(branches, last).values_list("branch", "member"):
        found[branch].serving += 1
        found[branch].reported += (branch, member) in reported
    for branch, member in reported:
        found[branch].has_branch |= member is None
    services = CommunityService.objects.filter(branch__in=branches, held_on__range=(first, last))
    for branch, count in services.values_list("branch").annotate(Count("pk")).order_by():
        found[branch].services = count
    hands = ServiceHand.objects.filter(service__in=services).values_list("service__branch")
    for branch, count, hours in hands.annotate(Count("pk"), Sum("hours")).order_by():
        found[branch].hands, found[branch].hours = count, hours
    reports = CommunityReport.objects.filter(branch__in=branches, year=year, reported_on__lte=on).values_list("branch")
    own, others = Count("pk", filter=Q(member=None)), Count("pk", filter=~Q(member=None))
    for branch, count, by_members in reports.annotate(own=own, others=others).order_by():
        found[branch].reports, found[branch].member_reports = count, by_members
    return found


# --- 政治生日


def birthday(joined_on, year):
    """The 政治生日 of a year; who joined on 29 February has it on the day of the rule in common years."""
    if (joined_on.month, joined_on.day) == LEAP and not _is_leap(year):
        month, day = map(int, value("birthday.leap", on=date(year, 12, 31)).split("-"))
        return date(year, month, day)
    return joined_on.replace(year=year)


def _is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def birthdays(members, year, month):
    """[(member, day, years)] of the 政治生日 that fall into that month, by the day; not in the year of joining itself.

    `members`: a queryset. One query.
    """
    return celebrated(near(members, year, month), year, month)


def near(members, year, month):
    """Those of the members whose 政治生日 may fall into that month."""
    months = {month, *((2, 3) if month in (2, 3) else ())}
    return members.filter(joined_on__month__in=months, joined_on__year__lt=year)


def celebrated(people, year, month):
    """`birthdays` of people that were read already: whatever has `pk` and `joined_on`."""
    found = [(person, birthday(person.joined_on, year), year - person.joined_on.year) for person in people]
    found = [row for row in found if row[1].month == month]
    return sorted(found, key=lambda row: (row[1], row[0].joined_on, row[0].pk))


# --- 承诺, photo


@transaction.atomic
def pledge(branch, year, texts, *, by, on):
    """Enter the 承诺 of a year for members of the branch; an empty text takes one back. Returns how many changed."""
    require(by, "community.edit", at=branch)
    if year not in (on.year, on.year - 1, on.year + 1):
        raise ValidationError("年度应是今年或者前后一年。")
    if set(texts) - here(branch, on):
        raise ValidationError("有的同志现在不在这个支部，请重新打开页面再填。")
    known = {row.member_id: row for row in Pledge.objects.select_for_update().filter(member__in=texts, year=year)}
    changed = 0
    for member, text in texts.items():
        text, row = " ".join(text.split()), known.get(member)
        refuse_marked(text, "承诺")
        if (row.text if row else "") == text:
            continue
        changed += 1
        if not text:
            row.delete()
            continue
        row = row or Pledge(member_id=member, year=year, created_by=by)
        row.text = text
        row.full_clean()
        row.save()
    if changed:
        audit.record("pledge.save", branch, by=by, year=year, rows=changed)
    return changed


@transaction.atomic
def show_photo(member, upload, *, by, on):
    """Keep a picture of the member for the 身份墙; the one before is taken out."""
    require_home(member, by, on)
    member = Member.objects.select_related("photo").get(pk=member.pk)
    stored = files.keep(upload, by=by, kinds={StoredFile.Kind.IMAGE})
    before, member.photo = member.photo, stored
    member.save(update_fields=["photo"])
    audit.record("member.photo", member, by=by)
    if before is not None:
        files.discard(before, by=by)
    return member
