from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from branches.rights import BELOW, OWN, ROLES, VERBS, Role
from rulebook.book import in_force

RULE_GROUPS = (  # heading, and how the keys under it begin
    ("应办事项", "duty."),
    ("组织设置和换届", ("branch.", "term.")),
    ("会议和组织生活", ("meeting.", "appraisal.", "heart_talk.")),
    ("提醒和催办", "remind."),
    ("党员和教育培训", ("membership.", "probation.", "member.", "hours.")),
    ("其他", ""),
)


@require_safe
@policy("rule.see")
def rights_page(request):
    """The table of roles and verbs as the code holds it."""
    reaches = {OWN: "本级", BELOW: "本级及下级", "": ""}
    rows = [
        {"verb": label, "cells": [{"role": role.label, "reach": reaches[ROLES[role].get(verb, "")]} for role in Role]}
        for verb, label in VERBS.items()
    ]
    return render(request, "portal/rights.html", {"roles": Role, "rows": rows})


@require_safe
@policy("rule.see")
def rules_page(request):
    today = timezone.localdate()
    groups = {label: [] for label, _ in RULE_GROUPS}
    for rule in in_force(on=today).values():
        label = next(label for label, begins in RULE_GROUPS if rule.key.startswith(begins))
        groups[label].append({"rule": rule, "is_open": "待核对" in rule.note})
    context = {"today": today, "groups": [(label, rows) for label, rows in groups.items() if rows]}
    return render(request, "portal/rules.html", context)
