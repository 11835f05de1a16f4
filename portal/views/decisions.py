"""规则和决定: what the county may decide about the rules, each with its value of today, its paper and its past."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Stale
from accounts.policy import policy
from branches.forms import search_word, whole_number
from branches.forms.rectification import tell
from portal.settings import decisions
from portal.settings.forms import DecisionForm
from portal.views.rules import CHAPTERS, heading_of
from rulebook import book


@require_safe
@policy("setting.edit")
def decision_list(request):
    """One group at a time; a word is looked for in all of them."""
    today, word = timezone.localdate(), search_word(request.GET)
    coming, newest = decisions.coming(today), decisions.newest()
    groups = {label: [] for label, _ in CHAPTERS}
    for rule in book.in_force(on=today).values():
        if not decisions.is_settable(rule.key) or (word and word not in rule.label + rule.source):
            continue
        groups[heading_of(rule.key, CHAPTERS)].append({
            "rule": rule, "next": coming.get(rule.key, []), "is_open": "待核对" in rule.note,
            "decision": newest.get(rule.key),
        })  # fmt: skip
    chosen = whole_number(request.GET.get("group")) or 0
    labels = list(groups)
    if chosen >= len(labels):
        raise Http404
    context = {
        "today": today, "word": word, "count": sum(map(len, groups.values())), "decided": len(newest),
        "tabs": [] if word else [(place, label, len(rows)) for place, (label, rows) in enumerate(groups.items())],
        "chosen": chosen,
        "groups": [(label, rows) for label, rows in groups.items() if rows and (word or label == labels[chosen])],
    }  # fmt: skip
    return render(request, "portal/settings/decisions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("setting.edit")
def decision_page(request, key):
    if key not in book.rules() or not decisions.is_settable(key):
        raise Http404
    today = timezone.localdate()
    usual, now = book.rules()[key][-1], book.rule(key, on=today)
    is_usual = bool(request.GET.get("usual"))
    held = (usual if is_usual or now is None else now).value
    is_trial = request.POST.get("act") == "try"
    form = DecisionForm(
        request.POST or None, key=key, held=held, is_trial=is_trial,
        initial={"from_on": today, "then": decisions.seen(key)},
    )  # fmt: skip
    effect, tried = None, False
    if request.method == "POST" and form.is_valid():
        sent = {name: form.cleaned_data[name] for name in ("from_on", "source", "reason")}
        try:
            if is_trial:
                effect, tried = decisions.effect(key, form.value, by=request.user, on=today, **sent), True
            else:
                decisions.decide(
                    key, form.value, then=form.cleaned_data["then"] or 0, by=request.user, on=today, **sent
                )
                messages.success(request, f"已登记，{sent['from_on']:%Y-%m-%d} 起按新的规定。")
                return redirect("portal:decision", key)
        except Stale as error:
            form.add_error(None, error)
            form.data = form.data.copy()
            form.data["then"] = str(decisions.seen(key))
        except ValidationError as error:
            tell(form, error)
    said = replace(usual, value=form.value) if tried else None
    context = {
        "rule": now or usual, "usual": usual, "form": form, "lines": decisions.history(key, on=today), "today": today,
        "effect": effect, "tried": tried, "said": said, "is_usual": is_usual, "first": decisions.first_free_day(),
        "is_duty": key.startswith(decisions.DUTY), "is_decided": now is not None and now.value != usual.value,
    }  # fmt: skip
    return render(request, "portal/settings/decision.html", context)
