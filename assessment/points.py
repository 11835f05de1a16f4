"""党员积分卡 of a branch's members for one year, computed from records and stored nowhere (product.md, domain-rules 9.6).

Off unless the county decides otherwise (rule points.card). Four items with the points of rule points.items:
组织活动 by attendance, 学习活动 by the lectures and studies among them, 中心工作 by services and honours (rule points.work),
党费 by months paid in time, none at all for whoever is months behind (rule points.dues_lapse).
Who is on probation is watched and not graded; the retired and those exempt from attendance are left out.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from assessment.result import ZERO
from meetings.models import Attendance, Meeting, MeetingKind
from members.dues_ledger import owed
from members.models import Exemption, Honour, Member, Membership, ServiceHand
from members.register import in_order
from rulebook.book import in_force

ITEMS = {"meetings": "组织活动", "study": "学习活动", "work": "中心工作", "dues": "党费"}
Kind = MeetingKind.Kind
STUDY = (Kind.PARTY_LECTURE, Kind.THEORY_STUDY, Kind.IDEOLOGY_STUDY)
OBSERVED, RETIRED, EXEMPT = "预备党员，只观察不评分", "离退休，不参加", "免于考勤，不参加"


@dataclass
class Item:
    """Points got of `most`; None where nothing can be counted. `rows` are (words, the record or None)."""

    key: str
    most: Decimal
    got: Decimal | None
    words: str
    rows: list = field(default_factory=list)

    @property
    def label(self):
        return ITEMS[self.key]


@dataclass
class Card:
    member: Member
    items: list = field(default_factory=list)
    aside: str = ""  # why this member has no points
    rank: int | None = None

    @property
    def total(self):
        """None for those without points; an item that cannot be counted leaves the rest re-scaled."""
        counted = [item for item in self.items if item.got is not None]
        most = sum((item.most for item in counted), ZERO)
        if self.aside or not most:
            return None
        whole = sum((item.most for item in self.items), ZERO)
        return _round(sum((item.got for item in counted), ZERO) * whole / most)


def is_on(on):
    return in_force(on=on)["points.card"].value is True


def cards(branch, year, on):
    """[Card] of everybody in the branch on the last day of the year or today, ranked within it; few queries at any size."""
    last, book = min(on, date(year, 12, 31)), in_force(on=on)
    stays = list(in_order(Membership.objects.filter(branch=branch).on(last).select_related("member")))
    people = [stay.member_id for stay in stays]
    most = {key: Decimal(str(points)) for key, points in book["points.items"].value.items()}
    found = {
        "meetings": _attended(branch, year, people, last), "study": _attended(branch, year, people, last, STUDY),
        "work": _work(people, year, last, book["points.work"].value),
        "dues": _dues(branch, year, last, book["points.dues_lapse"].value),
    }  # fmt: skip
    exempt = set(
        Exemption.objects.filter(member__in=people, scope=Exemption.Scope.ATTENDANCE)
        .on(last)
        .values_list("member", flat=True)
    )
    made = []
    for stay in stays:
        card = Card(stay.member, aside=_aside(stay, last, exempt))
        if not card.aside:
            card.items = [_item(key, most[key], found[key].get(stay.member_id)) for key in ITEMS]
        made.append(card)
    totals = [card.total for card in made if card.total is not None]
    for card in made:
        if card.total is not None:
            card.rank = 1 + sum(total > card.total for total in totals)
    return made


def _aside(stay, last, exempt):
    member = stay.member
    if stay.kind == Membership.Kind.PROBATIONARY:
        return OBSERVED
    if member.staffing == Member.Staffing.RETIRED or (member.retired_on and member.retired_on <= last):
        return RETIRED
    return EXEMPT if member.pk in exempt else ""


def _item(key, most, counted):
    if counted is None:
        return Item(key, most, ZERO, "没有记录") if key == "work" else Item(key, most, None, "没有可计的记录")
    share, words, rows = counted
    return Item(key, most, _round(min(most, share if key == "work" else share * most)), words, rows)


def _attended(branch, year, people, last, kinds=None):
    """member id → (share, words, rows) over the counted records with a roll; who was excused was not due."""
    of_year = MeetingKind.objects.filter(assessment_year=year)
    of_year = of_year.filter(kind__in=kinds) if kinds else of_year
    meetings = (
        Meeting.objects.counted().filter(branch=branch, held_on__lte=last, pk__in=of_year.values("meeting"))
        .order_by("held_on", "pk").in_bulk()
    )  # fmt: skip
    marks = defaultdict(dict)
    roll = Attendance.objects.filter(meeting__in=meetings, member__in=people).exclude(mark=Attendance.Mark.EXCUSED)
    for row in roll:
        marks[row.member_id][row.meeting_id] = row
    found = {}
    for member, rows in marks.items():
        came = sum(row.mark == Attendance.Mark.PRESENT for row in rows.values())
        lines = [
            (f"{meeting.held_on:%Y-%m-%d} {meeting.topic}：{rows[pk].get_mark_display()}", meeting)
            for pk, meeting in meetings.items()
            if pk in rows
        ]
        found[member] = (Decimal(came) / len(rows), f"应到 {len(rows)} 次，实到 {came} 次", lines)
    return found


def _work(people, year, last, worth):
    """member id → (points, words, rows) of services in communities and honours of the year."""
    points, rows, days = defaultdict(Decimal), defaultdict(list), (date(year, 1, 1), last)
    hands = ServiceHand.objects.filter(member__in=people, service__held_on__range=days).select_related("service")
    for hand in hands.order_by("service__held_on", "pk"):
        points[hand.member_id] += Decimal(str(worth["service"]))
        rows[hand.member_id].append((f"{hand.service.held_on:%Y-%m-%d} 社区服务：{hand.service.topic}", hand.service))
    honours = Honour.objects.filter(member__in=people, conferred_on__range=days).exclude(revoked_on__lte=last)
    for honour in honours.order_by("conferred_on", "pk"):
        points[honour.member_id] += Decimal(str(worth["honour"].get(honour.level, 0)))
        rows[honour.member_id].append(
            (f"{honour.conferred_on:%Y-%m-%d} {honour.get_level_display()}荣誉：{honour.title}", honour)
        )
    return {member: (points[member], f"{len(rows[member])} 项", rows[member]) for member in rows}


def _dues(branch, year, last, lapse):
    """member id → (share of months in time, words, rows) of the months that are over; none when `lapse` months are unpaid."""
    of_member = defaultdict(list)
    for due in owed([branch.pk], date(year, 1, 1), date(year, 12, 1)):
        if due.until <= last or due.is_settled:
            of_member[due.member].append(due)
    found = {}
    for member, dues in of_member.items():
        good, unpaid = sum(due.is_punctual for due in dues), sum(not due.is_settled for due in dues)
        late = max((_months_late(due, last) for due in dues), default=0)
        share = Decimal(0) if late > lapse else Decimal(good) / len(dues)
        words = f"应交 {len(dues)} 个月，按时 {good} 个月" + (f"，{unpaid} 个月未交" if unpaid else "")
        words += f"；有的月份拖欠超过 {lapse} 个月，此项不得分" if late > lapse else ""
        lines = [
            (f"{due.month.month} 月：{'按时' if due.is_punctual else '迟交或少交' if due.is_settled else '未交'}", None)
            for due in dues
        ]
        found[member] = (share, words, lines)
    return found


def _months_late(due, last):
    """Whole months between the last day in time and the payment, or today."""
    if due.is_punctual:
        return 0
    paid = due.paid_on if due.is_settled and due.paid_on else last
    months = (paid.year - due.until.year) * 12 + paid.month - due.until.month
    return months if paid.day >= min(due.until.day, 28) else months - 1


def _round(points):
    return points.quantize(Decimal("0.1"), ROUND_HALF_UP)
