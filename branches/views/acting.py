"""What the pages of this app's matters share: an act behind a form, a file to take along, organisations to choose from."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from accounts import audit
from branches.forms import VersionedForm
from branches.forms.inspection import ChooseFilter
from branches.models import Branch
from office.writer import XLSX

SHOWN = 30


def refuse(form, error):
    """The refusal of an act beside the fields it names, else at the top."""
    faults = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, found in faults.items():
        form.add_error(name if name in form.fields else None, found)


def acted(request, form, act, done, back, template, *, fresh=None, **context):
    """The form; once valid the act; a refusal stands beside its field with everything typed kept.

    `back`: where it goes on, or a function of what the act gave. `fresh` reads the row again when somebody else saved it in
    between: what they saved is shown beside the form, and the next submission goes on from there.
    """
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = act()
        except ValidationError as error:
            refuse(form, error)
            if fresh is not None and form.has_error(NON_FIELD_ERRORS, "stale"):
                stale = caught_up(form, fresh())
        else:
            messages.success(request, done)
            return redirect(back(made) if callable(back) else back)
    cancel = context.pop("cancel", None) or ("" if callable(back) else back)
    return render(request, template, {"form": form, "back": cancel, "stale": stale, **context})


def pressed(request, act, said, back, *, refused=None):
    """An act behind a button alone: what came of it is said on the page it goes on to (`refused`: on another, when it was)."""
    try:
        act()
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect(refused or back)
    messages.success(request, said)
    return redirect(back)


def caught_up(form, row):
    """What `stale.html` shows of the row as another left it; the form goes on from its version."""
    if isinstance(form, VersionedForm):
        form.catch_up(row)
        return {"rows": form.theirs, "event": audit.of(row).first()}
    form.data = form.data.copy()
    form.data["version"] = str(row.version)
    return None


def download(data, name):
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=XLSX().get_content_type(), headers=headers)


def highest(user, verb):
    """The name of the organisation for which somebody reports."""
    found = Branch.objects.visible_to(user, verb=verb).order_by("path").first()
    return found.name if found else ""


def choice(request, branches):
    """Organisations to choose one from: a search that works without script."""
    form = ChooseFilter(request.GET)
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    if "kind" in form.asked:
        branches = branches.filter(kind=form.asked["kind"])
    page = Paginator(branches.in_order(), SHOWN).get_page(request.GET.get("page"))
    return {"form": form, "page": page, "query": request.GET}
