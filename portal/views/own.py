from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import vault
from accounts import sessions
from accounts.policy import SIGNED_IN, policy
from branches.forms import whole_number
from members import appraisals, community, own
from members.forms.own import CorrectionForm
from members.models import Correction, Transfer
from rulebook import book
from training import hours_sheet
from vault.masks import mask_id_number, mask_phone

FACTS = (
    "name", "sex", "ethnicity", "birth_on", "native_place", "education", "degree", "position", "title", "joined_on",
    "converted_on",
)  # fmt: skip
LOOKS = 50
TRANSFER_MARKS = {
    Transfer.State.DONE: "done", Transfer.State.RETURNED: "back", Transfer.State.WITHDRAWN: "na",
}  # fmt: skip


def member_of(request):
    """The person whose account this is, or None."""
    return getattr(request.user, "member", None)


@require_safe
@policy(SIGNED_IN)
def own_page(request):
    return render(request, "portal/own.html", page(request))


def page(request):
    """What is kept about oneself, who looked at it, and what one asked to have put right."""
    member, today = member_of(request), timezone.localdate()
    notice = book.rule("privacy.notice", on=today)
    if member is None:
        return {"member": None, "notice": notice}
    return (
        _record(member, today)
        | _matters(member, today)
        | _hours(member, request, today)
        | {"member": member, "notice": notice, "today": today}
    )


def _record(member, today):
    """The person's own row, what became of it and who looked at its classified part."""
    clock = own.clock(today)
    return {
        "facts": [(own.label_of(name), _shown(member, name)) for name in FACTS],
        "sealed": [
            ("id_number", own.SEALED["id_number"], mask_id_number(vault.reveal(member, "id_number"))),
            ("phone", own.SEALED["phone"], mask_phone(vault.reveal(member, "phone"))),
            ("address", own.SEALED["address"], "已登记，不显示" if vault.reveal(member, "address") else ""),
        ],
        "memberships": member.memberships.select_related("branch").order_by("-started_on"),
        "posts": member.posts.select_related("term__branch").order_by("-started_on"),
        "looks": [
            {"look": look, "field": own.SEALED[look.detail["field"]], "told": list(own.told_of_look(look).values())}
            for look in own.looks_at(member)[:LOOKS]
        ],
        "corrections": [
            {
                "correction": row, "label": own.label_of(row.field), "due": own.answer_by(row, **clock),
                "state": {"open": "wait", "done": "done"}.get(row.state, "na"), "is_open": row.state == Correction.State.OPEN,
            }
            for row in member.corrections.order_by("-pk")[:LOOKS]
        ],
    }  # fmt: skip


def _matters(member, today):
    """What the branch did with the person in the course of the years."""
    transfers = member.transfers.exclude(state=Transfer.State.DRAFT).for_list()  # a draft is still nobody's word
    joined_on = member.joined_on
    return {
        "dues": own.dues_years(member, on=today),
        "transfers": [{"transfer": row, "mark": TRANSFER_MARKS.get(row.state, "wait")} for row in transfers],
        "grades": appraisals.own(member),
        "honours": member.honours.filter(revoked_on=None),
        "pledge": member.pledges.filter(year=today.year).first(),
        "birthday": joined_on
        and {
            "on": community.birthday(joined_on, today.year),
            "years": today.year - joined_on.year,
        },
    }


def _hours(member, request, today):
    """学时 of a year and what they came from."""
    years = hours_sheet.years_of(today)
    asked = whole_number(request.GET.get("hours"))
    year = asked if asked in years else today.year
    record = hours_sheet.of_person(member, year, user=request.user, on=today, own=True)
    need = hours_sheet.need_words(record.hours) if record.hours else ""
    return {"record": record, "hours_need": need, "hours_years": years}


def _shown(member, name):
    display = getattr(member, f"get_{name}_display", None)
    value = display() if display else getattr(member, name)
    return f"{value:%Y-%m-%d}" if hasattr(value, "year") else value or "—"


@require_POST
@policy(SIGNED_IN)
def own_reveal(request, field):
    """One's own classified value, once."""
    member = member_of(request)
    if field not in own.SEALED:
        raise Http404
    if member is None:
        return redirect("portal:own")  # which says what to do
    if not sessions.is_fresh(request):
        return sessions.ask_again(request, reverse("portal:own"))
    value = own.reveal(member, field, by=request.user, on=timezone.localdate())
    return render(request, "portal/own_value.html", {"label": own.SEALED[field], "value": value})


@require_http_methods(["GET", "HEAD", "POST"])
@policy(SIGNED_IN)
def own_correct(request):
    """Ask the branch to put something right."""
    member = member_of(request)
    if member is None:
        return redirect("portal:own")
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            own.ask_correction(member, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "更正申请已提出，支部答复后在这里可以看到。")
            return redirect("portal:own")
    days = book.value("privacy.correction_days", on=timezone.localdate())
    return render(request, "portal/own_correct.html", {"form": form, "days": days})


@require_POST
@policy(SIGNED_IN)
def own_archive(request):
    """A copy of everything kept about oneself, to take along."""
    member = member_of(request)
    if member is None:
        return redirect("portal:own")
    if not sessions.is_fresh(request):
        return sessions.ask_again(request, reverse("portal:own"))
    data = own.archive(member, by=request.user, on=timezone.localdate())
    name = content_disposition_header(True, "本人信息.zip")
    return HttpResponse(data, content_type="application/zip", headers={"Content-Disposition": name})
