"""组织设置核查: what of the setting of each organisation does not agree with the rules, and the way to mend it."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch, OrgChange
from branches.rights import may
from members import faults, setting_sheet
from members.forms.change import SettingFilter
from members.structure_checks import UPPERS
from members.views.appraisal import download
from rulebook.book import in_force

SHOWN = 30
WAYS = {  # act → (label, verb, page, query): the page that mends it
    "merge": ("合并", "branch.restructure", "members:merge", {}),
    "split": ("拆分", "branch.restructure", "members:split", None),
    "upgrade": ("升格", "branch.restructure", "members:change_upgrade", None),
    "dissolve": ("撤销", "branch.restructure", "members:change_dissolve", None),
    "change": ("办理变动", "branch.restructure", "members:change", None),
    "elect": ("开始换届", "election.edit", "members:election_add", {}),
    "fill": ("开始补选", "election.edit", "members:election_add", {"kind": "by"}),
}


def _asked(request, today, verb):
    """(the filters, the day, everything in scope with its points, the rows that the filters leave)."""
    visible = Branch.objects.visible_to(request.user).filter(
        pk__in=Branch.objects.visible_to(request.user, verb=verb).values("pk")
    )
    labels = {code: rule.label for code, rule in faults.rules(in_force(on=today)).items()}
    uppers = visible.at_work(today).filter(kind__in=UPPERS).in_order()
    form = SettingFilter(request.GET, faults=labels, upper=uppers)
    day, asked = min(form.asked.get("on", today), today), form.asked
    branches = list(visible.at_work(day).select_related("parent").in_order())
    acts = OrgChange.objects.visible_to(request.user)
    names, kinds = acts.names_on(day), acts.kinds_on(day)
    for branch in branches:  # as they were called and what they were on that day
        branch.name, branch.kind = names.get(branch.pk, branch.name), kinds.get(branch.pk, branch.kind)
    found = faults.found(branches, day)
    whole = [(branch, found[branch.pk]) for branch in branches]
    rows = [
        (branch, points)
        for branch, points in whole
        if any(asked.get("fault") in (None, point.code) for point in points)
        and asked.get("q", "") in branch.name
        and ("upper" not in asked or branch.path.startswith(asked["upper"].path))
    ]
    return form, day, whole, rows


@require_safe
@policy("branch.see")
def setting_list(request):
    """Every organisation with something to mend; the counts of each point lead to the list of it."""
    today = timezone.localdate()
    form, day, whole, rows = _asked(request, today, "branch.see")
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    query = request.GET.copy()
    for name in ("fault", "page"):
        query.pop(name, None)
    tiles = [
        {
            "label": rule.label.removesuffix("（提示）"), "state": "wait" if rule.value.get("hint") else "late",
            "count": sum(any(point.code == code for point in points) for _, points in whole),
            "url": f"?{urlencode([*query.items(), ('fault', code)])}",
        }
        for code, rule in faults.rules(in_force(on=day)).items()
    ]  # fmt: skip
    if len(form.fields["upper"].queryset) < 2:
        form.drop("upper")
    context = {
        "form": form, "page": page, "query": request.GET, "day": day, "is_today": day == today, "whole": len(whole),
        "tiles": [tile for tile in tiles if tile["count"]],
        "faulty": sum(any(not point.is_hint for point in points) for _, points in whole),
        "rows": [{"branch": branch, "points": _lines(request.user, branch, points, day == today)} for branch, points in page],
        "may_export": may(request.user, "report.export"), "may_restructure": may(request.user, "branch.restructure"),
    }  # fmt: skip
    return render(request, "members/setting.html", context)


def _lines(user, branch, points, is_today):
    return [{"point": point, "way": _way(user, branch, point.act) if is_today else None} for point in points]


def _way(user, branch, act):
    """(label, address) of the page that mends a point, when this person may."""
    label, verb, page, query = WAYS[act]
    if not (may(user, verb) if verb == "branch.restructure" else may(user, verb, at=branch)):
        return None
    if query is None:
        return label, reverse(page, args=[branch.pk])
    return label, f"{reverse(page)}?{urlencode({'branch': branch.pk, **query})}"


@require_safe
@policy("report.export")
def setting_export(request):
    """The half-yearly return: the figures of everything in scope, the points as filtered."""
    today = timezone.localdate()
    form, day, whole, rows = _asked(request, today, "report.export")
    inside = [branch for branch, _ in whole]
    highest = min(inside, key=lambda branch: len(branch.path), default=None)
    changes = OrgChange.objects.visible_to(request.user, verb="report.export").filter(branch__in=inside)
    words = [chip["label"] for chip in form.chips]
    data = setting_sheet.of_setting(rows, whole, changes, organ=highest or "", on=day, words=words)
    audit.record("report.export", by=request.user, report="党组织设置情况上报表", rows=len(rows), on=str(day))
    return download(data, f"{setting_sheet.half(day)[1]}党组织设置情况上报表.xlsx")
