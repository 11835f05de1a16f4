"""节假日和学期: a year's notice pasted or filled in, and the terms that the schools keep."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.forms.rectification import tell
from portal.settings import calendar
from portal.settings.forms import HolidayForm, SchoolTermForm
from rulebook.models import CalendarDay, SchoolTerm

VERB = "setting.edit"
FIRST = 2018


@require_http_methods(["GET", "HEAD", "POST"])
@policy(VERB)
def calendar_page(request):
    """One year: paste, look, save. A package that knows the year's notice can fill the box in."""
    today = timezone.localdate()
    year = whole_number(request.GET.get("year")) or today.year
    if not FIRST <= year <= today.year + 2:
        raise Http404
    known = calendar.announced(year)
    initial = {"source": f"国务院办公厅关于{year}年部分节假日安排的通知"}
    if request.GET.get("fill") and known is not None:
        initial["notice"] = "\n".join(
            f"{row.on:%Y-%m-%d} {'班' if row.is_working else '休'} {row.name}" for row in known
        )
    form = HolidayForm(request.POST or None, initial=initial)
    read = None
    if request.method == "POST" and form.is_valid():
        try:
            read = calendar.read(form.cleaned_data["notice"], year)
            if request.POST.get("act") == "save":
                changed = calendar.lay_down(year, read, source=form.cleaned_data["source"], by=request.user, on=today)
                words = f"已保存，改动 {changed} 天，截止日稍后按新的安排排定。"
                messages.success(request, words if changed else "与已有的安排一样，没有改动。")
                return redirect(f"{reverse('portal:calendar')}?year={year}")
        except ValidationError as error:
            tell(form, error if hasattr(error, "error_dict") else ValidationError({"notice": error.messages}))
    rows = list(CalendarDay.objects.visible_to(request.user).filter(on__year=year).order_by("on"))
    context = {
        "year": year, "years": range(today.year - 1, today.year + 3), "form": form, "read": read, "rows": rows,
        "months": calendar.months(year, read if read is not None else rows), "may_fill": bool(known) and not rows,
        "shifted": calendar.shifted(year), "source": rows[0].source if rows else "",
        "terms": SchoolTerm.objects.visible_to(request.user).order_by("-started_on"),
    }  # fmt: skip
    return render(request, "portal/settings/calendar.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(VERB)
def term_add(request):
    return _term(request, SchoolTerm())


@require_http_methods(["GET", "HEAD", "POST"])
@policy(VERB)
def term_edit(request, pk):
    return _term(request, get_object_or_404(SchoolTerm.objects.visible_to(request.user), pk=pk))


def _term(request, term):
    pk = term.pk
    form = SchoolTermForm(request.POST or None, instance=term)
    if request.method == "POST" and form.is_valid():
        try:
            calendar.save_term(form, by=request.user)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, f"已保存{term.name}，截止日稍后按新的日期排定。")
            return redirect(f"{reverse('portal:calendar')}#terms")
    context = {"form": form, "pk": pk, "events": audit.of(term)[:20] if pk else []}
    return render(request, "portal/settings/term.html", context)
