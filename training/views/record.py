"""A person's learning record (学习档案): the page, the part on the member's page, and the sheet of hours."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from branches.views.acting import download, highest
from members.models import Member
from training import hours_sheet
from training.views.hours import may_export, refused, reported


def _found(request, pk):
    return get_object_or_404(Member.objects.visible_to(request.user, verb="training.see"), pk=pk)


def _year(request, on):
    asked = whole_number(request.GET.get("year"))
    return asked if asked in hours_sheet.years_of(on) else on.year


@require_safe
@policy("training.see")
def of_member(request, pk):
    today, member = timezone.localdate(), _found(request, pk)
    year = _year(request, today)
    record = hours_sheet.of_person(member, year, user=request.user, on=today)
    home = Branch.objects.visible_to(request.user, verb="training.see").filter(
        memberships__member=member, memberships__ended_on=None
    )
    home = home.first()
    context = {
        "member": member, "home": home, "year": year, "record": record, "years": hours_sheet.years_of(today),
        "need": hours_sheet.need_words(record.hours) if record.hours else "", "today": today,
        "may_enter": home is not None and may(request.user, "hours.edit", at=home),
        "may_export": home is not None and may_export(request, at=home),
        "sees_member": may(request.user, "member.see"),
    }  # fmt: skip
    return render(request, "training/record.html#beside" if request.htmx else "training/record.html", context)


@require_safe
@policy("training.see")
def of_member_export(request, pk):
    """个人学时表 of a year."""
    today, member = timezone.localdate(), _found(request, pk)
    if not reported(request).filter(memberships__member=member, memberships__ended_on=None).exists():
        return refused(request, "training:of_member", pk)
    year = _year(request, today)
    record = hours_sheet.of_person(member, year, user=request.user, on=today)
    data = hours_sheet.of_record(member, record, organ=highest(request.user, "training.see"), on=today)
    audit.record("report.export", member, by=request.user, report="个人学时表", year=year, rows=1, on=str(today))
    return download(data, f"{year}年个人学时表.xlsx")
