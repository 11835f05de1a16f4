from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.policy import policy
from assessment import actions
from assessment import scheme as schemes
from assessment.forms.judge import BranchSearch, JudgeForm
from assessment.models import ManualScore
from assessment.views.year import checked
from branches.forms import search_word
from branches.models import Branch


def _title(each):
    """The item's name, with the part where only a part of it is judged."""
    item, part = each["item"], each["part"]
    return item["label"] if len(item["parts"]) == 1 else f"{item['label']}（{part['label']}）"


@require_http_methods(["GET", "HEAD", "POST"])
@policy("score.judge")
def judge(request, year):
    """The manual items through a plain form: one part, every branch."""
    parts = [
        {"item": item, "part": part}
        for item in schemes.in_force(checked(year))["items"]
        for part in item["parts"]
        if part["by"] == "manual"
    ]
    key = request.POST.get("part") or request.GET.get("part") or parts[0]["part"]["key"]
    chosen = next((each for each in parts if each["part"]["key"] == key), None)
    if chosen is None:
        raise Http404
    name = search_word(request.GET)
    branches = Branch.objects.visible_to(request.user, verb="score.judge").graded().in_order()
    page = Paginator(branches.filter(name__contains=name) if name else branches, 30).get_page(request.GET.get("page"))
    known = {row.branch_id: row for row in ManualScore.objects.visible_to(request.user).filter(year=year, part=key)}
    forms = [
        JudgeForm(
            request.POST or None,
            branch=branch,
            most=chosen["part"]["points"],
            initial={"points": row.points, "reason": row.reason, "version": row.version}
            if (row := known.get(branch.pk))
            else None,
        )
        for branch in page
    ]
    found = [form.is_valid() for form in forms]  # each of them, so that all errors show at once
    if request.method == "POST" and all(found):
        entries = [
            (
                form.branch,
                form.cleaned_data["points"],
                form.cleaned_data["reason"].strip(),
                form.cleaned_data["version"],
            )
            for form in forms
            if form.has_changed()
        ]
        try:
            with transaction.atomic():
                written = actions.judge(year, key, entries, by=request.user)
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
        else:
            messages.success(request, f"已保存 {written} 个支部的评定。" if written else "没有改动。")
            return redirect(request.get_full_path())
    context = {
        "year": year, "page": page, "forms": forms, "judged": len(known), "total": branches.count(),
        "item": chosen["item"], "part": chosen["part"], "title": _title(chosen), "search": BranchSearch(initial={"q": name, "part": key}),
        "parts": [
            {"label": _title(each), "url": f"?part={each['part']['key']}", "is_chosen": each is chosen} for each in parts
        ],
        "problems": [
            {"branch": form.branch.name, "label": form[field].label, "id": form[field].auto_id, "message": message}
            for form in forms
            for field, found in form.errors.items()
            for message in found
        ],
    }  # fmt: skip
    return render(request, "assessment/judge.html", context)
