"""What the 工作台 of those who stand above branches shows: the county's (or a 党委's) year and what waits for their hand."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Q
from django.urls import reverse

from branches import rectifications
from branches.models import Branch, Rectification
from branches.rights import may, places
from duties import matrix, table
from duties.models import Duty, Unlock
from duties.periods import GROUPS, labels
from meetings import review
from meetings.models import Meeting
from portal.desk import LISTED, due, persons_waiting, unsigned
from reminders import sheets
from reminders.models import Bulletin, LadderStep
from rulebook.book import in_force

ASKED = {
    "branches:rectifications": "?at=submitted",
    "reminders:ladder": "?tab=open",
    "members:transfers": "?tab=mine",
    "members:appraisals": "?state=submitted",
}
SPARK = 36  # height of the trend's picture, whose width is 100


def of_staff(user, branches, today):
    """The county's (or a 党委's) year of organisation life: two rates, what is open, the first rows of branches × duties."""
    year, book = today.year, in_force(on=today)
    rules = matrix.columns(year, today, "life", book)
    all_duties = Duty.objects.visible_to(user)
    duties = all_duties.filter(branch__in=branches.values("pk"), rule__in=rules)
    scope = list(duties.filter(year=year).order_by().values_list("branch", flat=True).distinct())
    branches = branches.filter(pk__in=scope)  # looked up once: each figure below would do so again
    open_now = duties.filter(opens_on__lte=today, ends_on__gte=today, fulfilments=None)
    missing = duties.filter(year=year, ends_on__lt=today, fulfilments=None)
    behind = list(missing.order_by().values_list("branch", flat=True).distinct())
    first = (branches.filter(pk__in=behind) if behind else branches).in_order()[:LISTED]
    meetings = Meeting.objects.visible_to(user).filter(branch__in=scope)
    totals, months = matrix.totals_and_months(scope, year, today, rules=rules)
    return {
        "today": today, "year": year, "totals": totals, "branch_count": len(scope), "trend": trend(months), "columns": rules.values(),
        "rows": table.rows(first, year, today, rules=rules), "behind_count": len(behind), "page": reverse("duties:list"),
        "tiles": _tiles(open_now, meetings, today, book, user), "waiting": _waiting(user, today),
        "rectify": _rectify(user, today),
        "others": _other_groups(all_duties, today, book), **_own(user, today, book),
        "may_export": may(user, "grade.export"), "may_import": may(user, "import.run"),
    }  # fmt: skip


def _own(user, today, book):
    """What the organisation itself owes, beside what it watches over: the first lines not yet done."""
    paths = [path for path, _ in places(user, "duty.file")]
    own = Branch.objects.visible_to(user, verb="duty.see").owing().filter(path__in=paths).in_order().first()
    if not own:
        return {"own": None, "own_lines": []}
    _, groups, _ = due(user, own, today, book)
    lines = [line for group in groups for line in group["lines"] if not line["is_met"]]
    return {
        "own": own, "own_lines": lines[:LISTED], "own_count": len(lines),
        "own_url": f"{reverse('duties:list')}?branch={own.pk}",
    }  # fmt: skip


def _rectify(user, today):
    """整改 by how long it is overdue, each count with its list; nothing for whoever sees none. One query."""
    if not may(user, "rectify.see"):
        return []
    page = reverse("branches:rectifications")
    counted = rectifications.counted(Rectification.objects.visible_to(user), today)
    found = [
        {"label": label, "state": sign if count else "", "value": count, "url": f"{page}?at={key}" if count else ""}
        for key, label, sign, count in counted
        if key != Rectification.State.CLOSED
    ]
    return found if any(tile["value"] for tile in found) else []


def _other_groups(duties, today, book):
    """意识形态 缺 4 件: what is missing in the groups that the table below leaves out, with the way there."""
    missing = duties.filter(year=today.year, ends_on__lt=today, fulfilments=None).order_by()
    counts = dict(missing.values_list("rule").annotate(count=Count("pk")))
    found = []
    for group, label in GROUPS.items():
        if group != "life":
            count = sum(counts.get(rule, 0) for rule in matrix.columns(today.year, today, group, book))
            found.append({"label": label, "count": count, "url": f"{reverse('duties:list')}?group={group}"})
    return found


def _waiting(user, today):
    """What waits for this person's hand, each with how much and the way there; nothing for those who only read."""
    bulletins, drafted, signed = Bulletin.objects.visible_to(user), Bulletin.State.DRAFT, Bulletin.State.SIGNED
    found = []
    if may(user, "reminder.call"):
        organisations, matters = sheets.how_many(user, today, verb="reminder.call")
        found.append(
            ("flag", "逾期未办、该催的", organisations, f"{organisations} 个党组织 {matters} 件", "reminders:urge")
        )
    if may(user, "notice.receive"):
        count = unsigned(user).count()
        found.append(("file", "收到、待签收的通知", count, f"{count} 份", "duties:notices"))
    if may(user, "meeting.review"):
        asked = review.asked(Meeting.objects.visible_to(user, verb="meeting.review")).count()
        found.append(("eye", "有疑问、待核实的记录", asked, f"{asked} 条", "meetings:review"))
    if may(user, "duty.unlock"):
        asked = Unlock.objects.visible_to(user, verb="duty.unlock").filter(decided_at__isnull=True).count()
        found.append(("lock", "补办申请，待批复", asked, f"{asked} 件", "duties:unlocks"))
    if may(user, "bulletin.sign"):
        count = bulletins.filter(state=drafted).count()
        found.append(("pen", "起草好、待签发的通报", count, f"{count} 份", "reminders:bulletins"))
    if may(user, "bulletin.draft"):
        count = bulletins.filter(state=signed).count()
        found.append(("file", "已签发、待发出的通报", count, f"{count} 份", "reminders:bulletins"))
    if may(user, "rectify.accept"):
        count = rectifications.waiting(user).count()
        found.append(("rectify", "提交的整改，待验收", count, f"{count} 件", "branches:rectifications"))
    if may(user, "ladder.act"):
        count = LadderStep.objects.visible_to(user, verb="ladder.act").open().filter(answered_at__isnull=False).count()
        found.append(("flag", "已作说明、待了结的", count, f"{count} 件", "reminders:ladder"))
    found += persons_waiting(user, today)
    return [
        {
            "icon": icon,
            "label": label,
            "words": words,
            "url": reverse(page) + ASKED.get(page, ""),
        }
        for icon, label, count, words, page in found
        if count
    ]


def _tiles(open_now, meetings, today, book, user):
    """The four counts, each with its words and the list it leads to."""
    this_month = Q(ends_on__lte=table.month_end(today))
    counts = open_now.aggregate(
        open=Count("pk", filter=this_month), branches=Count("branch", distinct=True, filter=this_month)
    )
    soon = _by_rule(open_now.filter(due_on__range=(today, today + timedelta(days=table.SOON))))
    names = labels(today, book=book)
    submitted, returned = Meeting.State.SUBMITTED, Meeting.State.RETURNED
    records = meetings.aggregate(**{state: Count("pk", filter=Q(state=state)) for state in (submitted, returned)})
    found = {
        "open": counts["open"], "open_note": f"{counts['branches']} 个党组织" if counts["branches"] else "都办好了",
        "soon": sum(count for _, count in soon),
        "soon_note": "、".join(f"{names[rule]} {count} 件" for rule, count in soon[:2]) or "没有",
        "submitted": records[submitted], "returned": records[returned],
        "submitted_note": "随时可以抽看、退回" if may(user, "meeting.review") else "随时可以抽看",
    }  # fmt: skip
    reviewed = "meetings:review" if may(user, "meeting.review") else ""
    pages = {
        "open": f"{reverse('duties:list')}?only=open", "soon": f"{reverse('duties:list')}?only=soon",
        "submitted": reverse(reviewed) if reviewed else f"{reverse('meetings:list')}?state={submitted}",
        "returned": f"{reverse('meetings:list')}?state={returned}",
    }  # fmt: skip
    return found | {f"{name}_url": url if found[name] else "" for name, url in pages.items()}


def _by_rule(duties):
    """(rule, how many), the most first."""
    return list(duties.order_by().values_list("rule").annotate(count=Count("pk")).order_by("-count", "rule"))


def trend(months):
    """The two rates of the months past as an SVG of 100 × 40: paths, the words beside it, and the last month's step.

    None with fewer than two months. The lower edge is the tens below the lowest rate, said in words.
    """
    rows = [row for row in months if row["owed"]]
    if len(rows) < 2:
        return None
    low = min(row["timeliness"] for row in rows) // 10 * 10
    low = min(low, 90)

    def path(name):
        step = Decimal(100) / (len(rows) - 1)
        points = [
            f"{step * place:.2f} {3 + SPARK * (100 - Decimal(str(row[name]))) / Decimal(str(100 - low)):.2f}"
            for place, row in enumerate(rows)
        ]
        return "M" + "L".join(points)

    first, before, last = rows[0], rows[-2], rows[-1]
    return {
        "completeness": path("completeness"), "timeliness": path("timeliness"), "low": int(low),
        "first": first, "last": last,
        "completeness_step": _step(last["completeness"] - before["completeness"]),
        "timeliness_step": _step(last["timeliness"] - before["timeliness"]),
    }  # fmt: skip


def _step(points):
    """+0.4, −0.2, or 持平."""
    return "持平" if not round(points, 1) else f"{points:+.1f}".replace("-", "−")
