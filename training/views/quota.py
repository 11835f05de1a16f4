"""Whom a class is for: organisations to tick, the places of each."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.policy import policy
from branches.forms import whole_number
from training import quotas
from training.forms.course import PlacesForm, QuotaFilter
from training.views.course import seen

SHOWN, MOST = 50, 600  # organisations of one page; of one press of 加入筛选出的全部


@require_http_methods(["GET", "HEAD", "POST"])
@policy("training.run")
def class_quotas(request, pk):
    """What is in force, and below it the organisations that may be added, narrowed by search, kind and 学段."""
    row, today = seen(request, pk, "training.run"), timezone.localdate()
    here = f"{reverse('training:quotas', args=[pk])}?{request.GET.urlencode()}"
    form, filters = PlacesForm(request.POST or None), QuotaFilter(request.GET)
    given = row.quotas.all()
    free = quotas.below(row, today).exclude(pk__in=given.values("branch"))
    for name, lookup in (("q", "name__contains"), ("kind", "kind"), ("stage", "stage")):
        if name in filters.asked:
            free = free.filter(**{lookup: filters.asked[name]})
    free = free.in_order()
    if request.method == "POST" and (words := _written(request, row, free, form, today)):
        messages.success(request, words)
        return redirect(here)
    paths = quotas.enrolled(row)
    rows = [
        {"quota": quota, "come": sum(path.startswith(quota.branch.path) for path in paths), "name": f"places-{quota.pk}",
         "typed": request.POST.get(f"places-{quota.pk}", "" if quota.places is None else quota.places)}
        for quota in given.select_related("branch").order_by("branch__path")
    ]  # fmt: skip
    page = Paginator(free, SHOWN).get_page(request.GET.get("page"))
    context = {
        "training_class": row, "rows": rows, "page": page, "query": request.GET, "filters": filters, "form": form,
        "may_change": row.state in quotas.PLANNABLE, "sum": sum(quota["quota"].places or 0 for quota in rows),
        "unlimited": sum(quota["quota"].places is None for quota in rows), "come": len(paths),
        "ticked": set(request.POST.getlist("branch")),
    }  # fmt: skip
    return render(request, "training/quotas.html", context)


def _written(request, row, free, form, today):
    """Do what the button says; the words for it, or None with what is wrong said on the page."""
    try:
        if "all" in request.POST or "add" in request.POST:
            if not form.is_valid():
                return None
            keys = [whole_number(text) for text in request.POST.getlist("branch")]
            chosen = (
                list(free[:MOST]) if "all" in request.POST else list(free.filter(pk__in=[key for key in keys if key]))
            )
            count = quotas.add(row, chosen, form.cleaned_data["places"], by=request.user, on=today)
            return f"已加入 {count} 个党组织。"
        if "remove" in request.POST:
            count = quotas.remove(row, [whole_number(request.POST["remove"]) or 0], by=request.user)
            return "已去掉。" if count else "这个党组织已经不在名单里。"
        if "clear" in request.POST:
            quotas.remove(row, list(row.quotas.values_list("pk", flat=True)), by=request.user)
            return "已改为面向全部下级。"
        return f"已修改 {quotas.change(row, _typed(request), by=request.user)} 个名额。"
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return None


def _typed(request):
    """quota pk → places as typed; raises for what is no number."""
    found = {}
    for name, text in request.POST.items():
        key = whole_number(name.removeprefix("places-")) if name.startswith("places-") else None
        if key is None:
            continue
        number = whole_number(text)
        if text.strip() and number is None:
            raise ValidationError(f"名额填 1 到 {quotas.MOST_PLACES} 的整数，不限的空着。")
        found[key] = number
    return found
