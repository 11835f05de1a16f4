"""A branch's file as numbers: named brands and titles, and what is due of it."""

from datetime import date
from decimal import Decimal

from django.db.models import DateField, F, Q, Value

from branches import dossier_sheet, titles
from branches.models import Branch, ContactPoint, Title, above
from rulebook.book import value
from rulebook.facts import Fact

Q4 = 10  # the first month of the last quarter


def standing(on):
    """Titles that stood on a day: named by then and not taken back."""
    return Title.objects.filter(named_on__lte=on).exclude(state=Title.State.ENDED, state_on__lte=on)


def named(branches, year, on):
    """branch id → the titles with a level that were named in a year and stand on a day, the county's order of entries."""
    rows = standing(on).filter(branch__in=branches, named_on__year=year).exclude(level="").select_related("entry")
    found = {}
    for row in rows.order_by("entry__order", "pk"):
        found.setdefault(row.branch_id, []).append(row)
    return found


def brands(branches, period, *, word=titles.BRAND):
    """branch id → Fact: 1 of 1 where a brand named in or before the year stands, the branch's own or its school's.

    一校一品 is one for a school: what a 党委 or 党总支 has counts for the branches below it. None while the county has no
    brand on record at all.
    """
    day = min(period.on, period.end)
    uppers = [Branch.Kind.COMMITTEE, Branch.Kind.GENERAL, Branch.Kind.BRANCH, Branch.Kind.JOINT]
    rows = standing(day).filter(entry__label__contains=word, branch__kind__in=uppers)
    of_path = {}
    for pk, path, name in rows.order_by("named_on", "pk").values_list("pk", "branch__path", "name"):
        of_path.setdefault(path, []).append((pk, name))
    if not of_path:
        return None
    found = {}
    for branch, path in branches.values_list("pk", "path"):
        held = [row for place in (*above(path), path) for row in of_path.get(place, ())]
        found[branch] = Fact(
            Decimal(bool(held)), Decimal(1), "branches.Title", tuple(pk for pk, _ in held),
            () if held else ("没有命名的党建品牌",), note="、".join(name for _, name in held if name),
        )  # fmt: skip
    return found


# --- what reminders are about


def titles_due(on, *, of):
    """What a branch strives for that has a day and is not handed up yet."""
    found = Title.objects.filter(
        state__in=titles.EDITABLE, due_on__isnull=False, branch__in=Branch.objects.at_work(on)
    )  # fmt: skip
    return found.order_by().annotate(day=F(of)).values_list("pk", "branch", "day", "due_on")


def title_words(pks, on):
    rows = Title.objects.filter(pk__in=pks).select_related("entry")
    return {row.pk: (f"上报{row}", row.get_absolute_url()) for row in rows}


def contacts_short(on, *, of):
    """From October on: 联系点 that were visited less often this year than the rule says. Due on the last day of the year."""
    due_on = date(on.year, 12, 31)
    running = ContactPoint.objects.on(on).filter(branch__in=Branch.objects.at_work(on))
    if on.month < Q4:
        running = running.none()
    found = dossier_sheet.visited(running.filter(started_on__lt=date(on.year, Q4, 1)), on.year)
    found = found.filter(Q(times__lt=value("contact.visits", on=on))).annotate(
        due_on=Value(due_on, output_field=DateField())
    )
    return found.order_by().annotate(day=F(of)).values_list("pk", "branch", "day", "due_on")


def contact_words(pks, on):
    least = value("contact.visits", on=on)
    rows = ContactPoint.objects.filter(pk__in=pks)
    return {row.pk: (f"联系点今年到点未满 {least} 次", row.get_absolute_url()) for row in rows}


def beside_files(pks, on):
    """branch id → (联系点领导, 党建指导员, stage of the way the school is led), for the table of organisations."""
    rows = dossier_sheet.lines(list(Branch.objects.filter(pk__in=pks)), on.year, on=on)
    return {
        row.branch.pk: (
            dossier_sheet.names(row.contacts), dossier_sheet.names(row.instructors),
            row.governance.get_stage_display() if row.governance else "",
        )
        for row in rows
    }  # fmt: skip
