"""What the 工作台 of those who stand above branches shows: the county's (or a 党委's) year and what waits for their hand."""

from decimal import Decimal

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from branches import statements
from branches.models import Branch
from branches.rights import assigned, may, serving
from duties import matrix, table
from duties.models import Duty
from duties.periods import GROUPS, labels
from meetings.models import Meeting
from portal import panels, waiting
from portal.desk import LISTED, due
from portal.tally import Tally
from rulebook.book import in_force

SPARK = 36  # height of the trend's picture, whose width is 100


def of_staff(user, branches, today, own=None):
    """The county's (or a 党委's) year of organisation life: two rates, what is open, the first rows of branches × duties.

    `branches`: the organisations below, a queryset; `own`: the one in which the person files itself, which owes something too.
    """
    year, book = today.year, in_force(on=today)
    rules, person = matrix.columns(year, today, "life", book), statements.of_person(user, today)
    rows, _ = statements.rows(("sums", person), lambda: (sums_of(user, today), None))
    sums = matrix.of_sums(rows, today)
    life = [row for row in sums if row["rule"] in rules]
    of_year = [row for row in life if row["year"] == year]
    tally = Tally.kept(("staff", tuple(rules), person), lambda tally: fill(tally, user, rules, today))
    ageing, funnel = panels.ageing(tally, today), panels.funnel(tally)
    calls = panels.calls(tally, today, labels(today, book=book))
    lines, urge = waiting.lines(tally, user, today, waiting.MANY), reverse("reminders:urge")
    lines, more = waiting.in_turn(
        [line for line in lines if line["url"] != urge], today
    )  # which stands among the counts
    found = statements.instances(("first", tuple(rules), person), lambda: first_of(user, branches, rules, today))
    first = [branch for branch in found if branch.is_behind] or found
    return {
        "today": today, "year": year, "totals": matrix.added(of_year), "branch_count": tally["branches"],
        "trend": trend(matrix.of_months(of_year)), "columns": rules.values(),
        "rows": table.rows(first, year, today, rules=rules), "behind_count": tally["behind"], "page": reverse("duties:list"),
        "board_url": reverse("portal:board") if may(user, "board.see") else "",
        "tiles": _tiles(tally, life, today, book, user), "waiting": lines, "waiting_rest": more,
        "ageing": ageing, "funnel": funnel, "funnel_first": funnel and (calls or not ageing), "calls": calls,
        "covered": panels.covered(tally), "overdue": waiting.late_organisations(tally), "contacts": panels.contacts(tally, today),
        "contact_count": tally["contacts"],
        "others": _other_groups([row for row in sums if row["year"] == year], today, book), **_own(user, own, today, book),
        "may_export": may(user, "grade.export"), "may_call": may(user, "reminder.call"), "may_talk": may(user, "talk.edit"),
        "may_import": may(user, "import.run"),
    }  # fmt: skip


def fill(tally, user, rules, today):
    """All that is only counted; `rules`: of organisation life."""
    life = _duties(user).filter(rule__in=rules)
    of_year, this_month = life.filter(year=today.year), life.filter(_open(today), ends_on__lte=table.month_end(today))
    # One duty of each organisation is looked for: to tell apart those of all duties would read the whole year.
    owed = Duty.objects.visible_to(user).filter(year=today.year, rule__in=rules, branch=OuterRef("pk"))
    tally.count("branches", Branch.objects.visible_to(user, verb="duty.see").owing().filter(Exists(owed)))
    tally.count("behind", of_year.filter(ends_on__lt=today, met_on=None), each="branch")
    tally.count("open", this_month, by="branch")
    states = [Meeting.State.SUBMITTED, Meeting.State.RETURNED]
    meetings = Meeting.objects.visible_to(user).exclude(branch__kind=Branch.Kind.TEMPORARY)
    tally.count("meetings", meetings.filter(state__in=states), by="state")
    panels.ask(tally, user, today)
    waiting.ask(tally, user, today, waiting.MANY)


def _duties(user):
    return Duty.objects.visible_to(user).exclude(branch__kind=Branch.Kind.TEMPORARY)


def _open(today):
    return Q(opens_on__lte=today, ends_on__gte=today, met_on=None)


def of_others(user, today):
    """What waits for whoever sees no duties (纪检, an assessor …), and the counts of the pages that are for them alone."""
    tally = Tally.kept(("others", statements.of_person(user, today)), lambda tally: fill_of_others(tally, user, today))
    return {
        "waiting": waiting.lines(tally, user, today, waiting.BRANCH), "closed": panels.closed(tally, today),
        "has_post": bool(serving(user) or assigned(user)),
    }  # fmt: skip


def fill_of_others(tally, user, today):
    panels.ask_closed(tally, user, today)
    waiting.ask(tally, user, today, waiting.BRANCH)


def sums_of(user, today):
    """What `matrix.sums` adds up here, a queryset: the duties of the year, and all that are open."""
    return matrix.summed(_duties(user).filter(Q(year=today.year) | _open(today)), today, soon=table.SOON)


def first_of(user, branches, rules, today):
    """The organisations that owe something, first those that missed something (`is_behind`); a queryset."""
    owed = _duties(user).filter(year=today.year, rule__in=rules, branch=OuterRef("pk"))
    found = branches.filter(Exists(owed)).annotate(is_behind=Exists(owed.filter(ends_on__lt=today, met_on=None)))
    return found.order_by("-is_behind", "order", "pk")[:LISTED]


def _own(user, own, today, book):
    """What the organisation itself owes, beside what it watches over: the first lines not yet done."""
    if not own:
        return {"own": None, "own_lines": []}
    _, groups, _ = due(user, own, today, book)
    lines = [line for group in groups for line in group["lines"] if not line["is_met"]]
    return {
        "own": own, "own_lines": lines[:LISTED], "own_count": len(lines),
        "own_url": f"{reverse('duties:list')}?branch={own.pk}",
    }  # fmt: skip


def _other_groups(sums, today, book):
    """意识形态 缺 4 件: what is missing in the groups that the table below leaves out, with the way there."""
    found = []
    for group, label in GROUPS.items():
        if group != "life":
            rules = matrix.columns(today.year, today, group, book)
            count = sum(row["missed"] for row in sums if row["rule"] in rules)
            found.append({"label": label, "count": count, "url": f"{reverse('duties:list')}?group={group}"})
    return found


def _tiles(tally, life, today, book, user):
    """The counts beside the two rates, each with its words and the list it leads to."""
    names, near = labels(today, book=book), {}
    for row in life:
        if row["soon"]:
            near[row["rule"]] = near.get(row["rule"], 0) + row["soon"]
    soon = sorted(near.items(), key=lambda row: (-row[1], row[0]))
    late, kept = waiting.late_organisations(tally), book["remind.duty"].value["options"]["kept"]
    submitted, returned = Meeting.State.SUBMITTED, Meeting.State.RETURNED
    records, count = tally.of["meetings"], len(tally.of["open"])
    found = {
        "open": tally["open"], "open_note": f"{count} 个党组织，没到期" if count else "都办好了",
        "soon": sum(near.values()), "soon_note": "、".join(f"{names[rule]} {count} 件" for rule, count in soon[:2]) or "没有",
        "urge": tally["overdue"], "urge_note": f"{late} 个党组织，近 {kept} 天的" if late else "没有",
        "submitted": records[submitted], "returned": records[returned],
        "submitted_note": "随时可以抽看、退回" if may(user, "meeting.review") else "随时可以抽看",
    }  # fmt: skip
    reviewed = "meetings:review" if may(user, "meeting.review") else ""
    pages = {
        "open": f"{reverse('duties:list')}?only=open", "urge": reverse("reminders:urge"), "soon": f"{reverse('duties:list')}?only=soon",
        "submitted": reverse(reviewed) if reviewed else f"{reverse('meetings:list')}?state={submitted}",
        "returned": f"{reverse('meetings:list')}?state={returned}",
    }  # fmt: skip
    return found | {f"{name}_url": url if found[name] else "" for name, url in pages.items()}


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
