from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from branches.forms import search_word
from branches.rights import BELOW, OWN, ROLES, TASKS, VERBS, Role, Task, assigned, serving
from portal.forms import RuleFilter
from portal.templatetags.words import in_words
from rulebook.book import in_force

CHAPTERS = (  # heading, and how the keys under it begin; the first that fits
    ("应办事项", ("duty.",)),
    ("会议和组织生活", ("meeting.", "appraisal.", "heart_talk.", "agenda.", "theme_day.", "leader_lecture.", "secretary_talk.",
                 "vote.", "review.sample", "review.similar", "review.burst", "review.full")),
    ("组织和换届", ("branch.", "term.", "setting.", "election.", "vacancy.", "contact.", "letter.", "integrity.", "decision.",
               "secretary.")),
    ("党员和党费", ("member", "transfer.", "dues.", "correction.", "abroad.", "away.", "lost.", "sanction.", "birthday.",
               "honour.", "points.", "poll.")),
    ("发展党员", ("recruit.", "probation.")),
    ("教育培训", ("training.", "hours.")),
    ("研判整改", ("screening.", "rectify.", "weak.")),
    ("考核述职", ("assessment.", "review.", "use.")),
    ("提醒和通报", ("remind.", "ladder.", "bulletin.")),
    ("系统", ("",)),
)  # fmt: skip
MATTERS = (  # heading, and how the verbs under it begin; the first that fits
    ("党组织", ("branch.", "file.", "catalogue.", "letter.", "decision.", "election.")),
    ("党员", ("member.", "standing.", "sanction.", "transfer.", "dues.", "appraisal.", "poll.", "honour.", "community.", "points.")),
    ("应办、通知和提醒", ("duty.", "notice.", "reminder.", "bulletin.", "ladder.", "call.")),
    ("组织生活", ("meeting.", "vote.", "plan.", "campaign.", "copying.")),
    ("教育培训", ("training.", "hours.")),
    ("发展党员", ("recruit.", "review.")),
    ("研判整改", ("screening.", "rectify.", "weak.", "inspection.", "talk.", "integrity.", "discipline.")),
    ("考核述职", ("score.", "scheme.", "round.", "veto.", "seal.", "use.", "secretary_review.", "grade.")),
    ("报表、资料和系统", ("",)),
)  # fmt: skip
ASSIGNED = "分到的党组织"
REACHES = {OWN: "本级", BELOW: "本级及下级", ASSIGNED: ASSIGNED}


def heading_of(key, headings):
    return next(label for label, begins in headings if key.startswith(begins))


@require_safe
@policy("rule.see")
def rules_page(request):
    """What the portal reckons by, folded by chapter; what is looked for stands open."""
    today = timezone.localdate()
    form = RuleFilter(request.GET)
    word, only = form.asked.get("q", ""), form.asked.get("only", "")
    groups = {label: [] for label, _ in CHAPTERS}
    for rule in in_force(on=today).values():
        said, is_open = in_words(rule), "待核对" in rule.note
        if word not in f"{rule.label}{said}{rule.source}{rule.note}":
            continue
        if (only == "local" and not rule.local) or (only == "above" and rule.local) or (only == "open" and not is_open):
            continue
        groups[heading_of(rule.key, CHAPTERS)].append({"rule": rule, "said": said, "is_open": is_open})
    context = {
        "today": today, "form": form, "groups": [(label, rows) for label, rows in groups.items() if rows],
        "count": sum(map(len, groups.values())), "is_open": bool(form.asked) or "all" in request.GET,
    }  # fmt: skip
    return render(request, "portal/rules.html", context)


# --- who may what


def _posts(user):
    """(label, where, verb → reach, whether the person holds it) of each post and task, one's own first."""
    held = {role for role, _ in serving(user)} | {task for task, _ in assigned(user)}
    rows = [
        (role.label, REACHES[BELOW if BELOW in ROLES[role].values() else OWN], ROLES[role], role in held)
        for role in Role
    ]
    rows += [(task.label, ASSIGNED, dict.fromkeys(TASKS[task], ASSIGNED), task in held) for task in Task]
    return sorted(rows, key=lambda row: not row[3])


def _in_chapters(verbs):
    """[(heading, [what may be done])]; of a post that reaches below, what it may do at its own place alone says so."""
    found, own = {label: [] for label, _ in MATTERS}, "（只限本级）" if BELOW in verbs.values() else ""
    for verb, label in VERBS.items():
        if verb in verbs:
            found[heading_of(verb, MATTERS)].append(f"{label}{own if verbs[verb] == OWN else ''}")
    return [(label, rows) for label, rows in found.items() if rows]


@require_safe
@policy("rule.see")
def rights_page(request):
    """The table of posts and verbs as the code holds it: one's own posts first; or who may do what is looked for."""
    word, posts = search_word(request.GET), _posts(request.user)
    rows = [
        (label, [(name, REACHES[verbs[verb]]) for name, _, verbs, _ in posts if verb in verbs])
        for verb, label in VERBS.items()
        if word and word in label
    ]
    sheets = [
        {"label": label, "reach": reach, "is_own": is_own, "chapters": _in_chapters(verbs)}
        for label, reach, verbs, is_own in posts
    ]
    return render(request, "portal/rights.html", {"word": word, "rows": rows, "sheets": sheets})
