from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.models import Stale
from accounts.policy import policy
from branches.models import Notice
from duties import actions, table
from duties.forms import FilingForm
from duties.models import Filing
from duties.questions import filings
from duties.views.duty import of_duty, opened_now
from rulebook.book import in_force
from rulebook.facts import Period, compute


@require_http_methods(["GET", "HEAD", "POST"])
@policy("duty.file")
def filing_form(request, pk):
    """A duty that is met by a form alone: what to answer, what the register says, the questions."""
    duty = of_duty(request, pk, "duty.file")
    if duty.rule not in filings():
        raise Http404
    today, asks = timezone.localdate(), filings()[duty.rule]
    rule = table.rule_of(duty, in_force(on=today))
    is_locked = table.is_locked(duty, today, opened_now(request.user, [duty], today))
    if is_locked or duty.opens_on > today:
        return redirect("duties:duty", duty.pk)
    filing = Filing.objects.visible_to(request.user).filter(duty=duty).select_related("created_by").first()
    initial = {**filing.answers, "version": filing.version} if filing else {"version": 0}
    form = FilingForm(request.POST or None, questions=asks.questions, initial=initial)
    stale = None
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            actions.file(duty, form.answers, by=request.user, on=today, version=version)
        except Stale as error:
            form.add_error(None, error)
            filing = Filing.objects.visible_to(request.user).get(duty=duty)
            form.data = form.data.copy()
            form.data["version"] = str(filing.version)
            rows = [{"label": label, "now": words} for label, words in asks.told(filing.answers)]
            stale = {"rows": rows, "event": audit.of(filing).first()}
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"已填报：{duty.label}{rule.label}。")
            return redirect("duties:month", duty.branch_id, duty.opens_on.year, duty.opens_on.month)
    figures, seen = _seen(duty, asks, today)
    context = {
        "duty": duty, "rule": rule, "asks": asks, "form": form, "stale": stale, "filing": filing,
        "points": _points(request.user, duty, asks), "figures": figures, "seen": seen, "shows": bool(asks.shows),
        "line": table.line(duty, rule, today, me=request.user),
    }  # fmt: skip
    return render(request, "duties/filing.html", context)


def _points(user, duty, asks):
    """The latest notice that sets what is to be answered in this period and reached this organisation."""
    if not asks.takes:
        return None
    day = duty.opens_on
    found = Notice.objects.visible_to(user).issued().filter(kind=asks.takes, receipts__branch=duty.branch)
    return found.filter(month__year=day.year, month__month=day.month).order_by("-issued_at").first()


def _seen(duty, asks, today):
    """What the register says of the organisation: lines of figures, and words for what is amiss."""
    if not asks.shows:
        return (), ()
    period = Period(duty.year, duty.opens_on, duty.ends_on, min(today, duty.ends_on))
    found = compute(asks.shows, [duty.branch_id], period).get(duty.branch_id)
    return (found.note.splitlines(), found.missing) if found else ((), ())
