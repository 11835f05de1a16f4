"""Beside the two rates on the 工作台 of those who watch over many: ageing of 整改, the funnel, coverage, whom to ring, contacts."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Case, Value, When
from django.urls import reverse

from branches import rectifications
from branches.models import ContactPoint, ContactVisit, FormCount, IntegrityRisk, Rectification
from branches.rights import Task, assigned, may
from duties.models import Duty
from members.models import Membership, Sanction
from portal.desk import LISTED
from recruitment.models import Application
from rulebook.book import LONGEST_HOLIDAY, value, working_day
from rulebook.models import CalendarDay
from training import coverage

CALLED, MATTERS = 5, 2  # organisations named on the front page, and what each is rung about; all are on the sheet
CLOSED = Rectification.State.CLOSED


def ask(tally, user, today):
    """Put what the panels show into the tally, as far as the person may see it."""
    if may(user, "rectify.see"):
        stages = [When(test, then=Value(key)) for key, _, _, test in rectifications.stages(today)]
        tally.count("rectify", Rectification.objects.visible_to(user).exclude(state=CLOSED), by=Case(*stages))
    if may(user, "recruit.see"):
        tally.count("stages", Application.objects.visible_to(user).open(), by="stage")
    if may(user, "training.see"):
        register = Membership.objects.visible_to(user, verb="training.see").on(today)
        tally.count("registered", register)
        tally.count("been", register.filter(coverage.been(today.year, on=today)))
    if may(user, "reminder.call"):
        near = CalendarDay.objects.filter(on__range=(today, today + timedelta(days=LONGEST_HOLIDAY)))
        tally.list("offices", near, "on", "is_working")
    if any(task == Task.CONTACT for task, _ in assigned(user)):
        _ask_contacts(tally, user, today)


def _ask_contacts(tally, user, today):
    contacts = ContactPoint.objects.visible_to(user).filter(user=user.pk).on(today)
    tally.count("contacts", contacts)
    first = contacts.order_by("branch__order", "branch")[:LISTED]
    tally.list("contacts_first", first, "pk", "branch", "branch__name")
    visits = ContactVisit.objects.visible_to(user).filter(contact__in=contacts, visited_on__year=today.year)
    tally.count("contact_visits", visits, by="contact")
    duties = Duty.objects.visible_to(user).filter(branch__in=contacts.order_by().values("branch"), met_on=None)
    tally.count("contact_missed", duties.filter(year=today.year, ends_on__lt=today), by="branch")
    tally.count("contact_open", duties.filter(opens_on__lte=today, ends_on__gte=today), by="branch")


def ageing(tally, today):
    """整改 not yet closed by how long it is overdue, each count with its list; None for whoever sees none."""
    counts = tally.of.get("rectify")
    if not counts or not counts.total():
        return None
    page = reverse("branches:rectifications")
    lines = [
        _bar(label, counts[key], f"{page}?at={key}", sign if sign in ("late", "miss", "done") else "")
        for key, label, sign, _ in rectifications.stages(today) if key != CLOSED
    ]  # fmt: skip
    return {"total": counts.total(), "lines": lines, "max": max(counts.values()), "steps": _steps(counts, today)}


def _steps(counts, today):
    """What the rule says of those that are the longest overdue: [(超期 61–90 天的, what is to be done)], the worst first."""
    late = [(key, label) for key, label, sign, _ in rectifications.stages(today) if key.startswith("late")]
    steps = value("rectify.steps", on=today)
    return [
        {"label": label, "count": counts[key], "step": step}
        for (key, label), step in reversed(list(zip(late, steps, strict=False))) if counts[key] and step
    ]  # fmt: skip


def funnel(tally):
    """Who is on the road into the Party, stage by stage."""
    counts = tally.of.get("stages")
    if not counts or not counts.total():
        return None
    page = reverse("recruitment:list")
    lines = [_bar(stage.label, counts[stage], f"{page}?stage={stage}") for stage in Application.Stage]
    return {"total": counts.total(), "lines": lines, "max": max(counts.values())}


def covered(tally):
    """万名党员进党校: how many of the register have been this year."""
    found = coverage.Coverage(tally["registered"], tally["been"])
    if not found.registered:
        return None
    return {"coverage": found, "url": reverse("training:coverage"), "left_url": reverse("training:coverage_people")}


def calls(tally, today, names):
    """The first organisations to ring about what is overdue, in 单位序, and what about; their numbers are on the sheet alone.

    On a day without offices only what ends before the next working day is worth a call. `names`: rule → label.
    """
    page, named = (
        reverse("reminders:urge"),
        {date.fromisoformat(on): is_on for on, is_on in tally.rows.get("offices", ())},
    )
    next_day = working_day(today, named)
    found = defaultdict(Counter)
    for (order, _, name, rule, ends_on), number in tally.of.get("overdue", {}).items():
        if next_day == today or today <= date.fromisoformat(ends_on) < next_day:
            found[order, name][names.get(rule, "通知要办的事")] += number
    return [
        {
            "name": name, "number": matters.total(), "url": f"{page}?{urlencode({'q': name})}",
            "matters": "、".join(f"{label} {number} 件" for label, number in matters.most_common(MATTERS))
            + ("等" if len(matters) > MATTERS else ""),
        }
        for (_, name), matters in sorted(found.items())[:CALLED]
    ]  # fmt: skip


def contacts(tally, today):
    """The first of the own 联系点 in 单位序, each with how often one was there and what is behind."""
    page, year = reverse("duties:list"), today.year
    return [
        {
            "name": name, "url": reverse("branches:contact", args=[pk]), "duties_url": f"{page}?branch={branch}&year={year}",
            "visits": tally.of["contact_visits"][pk], "missed": tally.of["contact_missed"][branch],
            "open": tally.of["contact_open"][branch],
        }
        for pk, branch, name in tally.rows.get("contacts_first", ())
    ]  # fmt: skip


def _bar(label, value, url, state=""):
    return {"label": label, "value": value, "url": url if value else "", "state": state if value else ""}


def ask_closed(tally, user, today):
    """The counts of the restricted pages, for whoever sees them alone (纪检)."""
    if may(user, "sanction.see"):
        tally.count("sanctions", Sanction.objects.visible_to(user).on(today))
    if may(user, "integrity.see"):
        risks = IntegrityRisk.objects.visible_to(user).open()
        tally.count("risks", risks)
        tally.count("risks_due", risks.filter(review_on__lt=today))
    if may(user, "discipline.see"):
        tally.count("forms", FormCount.objects.visible_to(user).filter(on__year=today.year), by="form")


def closed(tally, today):
    """[{label, value, unit, url, state}] of what was asked."""
    found = []
    if "sanctions" in tally:
        url = f"{reverse('members:sanctions')}?when=now"
        found.append(
            {"label": "影响期内的党纪处分", "value": tally["sanctions"], "unit": "人次", "url": url, "state": ""}
        )
    if "risks" in tally:
        page = reverse("branches:risks")
        found.append({"label": "廉政风险点", "value": tally["risks"], "unit": "个", "url": page, "state": ""})
        late = "late" if tally["risks_due"] else ""
        found.append(
            {
                "label": "逾期未复查的风险点",
                "value": tally["risks_due"],
                "unit": "个",
                "url": f"{page}?state=due",
                "state": late,
            }
        )
    if "forms" in tally:
        url = f"{reverse('branches:form_counts')}?year={today.year}"
        found.append(
            {"label": f"{today.year} 年四种形态登记", "value": tally["forms"], "unit": "条", "url": url, "state": ""}
        )
    return found
