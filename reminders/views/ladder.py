from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from duties.models import Duty
from duties.periods import labels
from reminders import ladder as actions
from reminders.forms.ladder import AnswerForm, CloseForm, HandForm, TakeForm, TickedForm
from reminders.models import LadderStep
from rulebook.book import in_force

TABS = {"next": "下一步建议", "open": "办理中", "closed": "已了结"}
PER_PAGE = 30
Level = LadderStep.Level


def _branches(request, verb="ladder.see"):
    return Branch.objects.visible_to(request.user, verb=verb).in_order()


def _proposals(request, branches, today, book):
    least = actions.shown_from(request.user, book["ladder.days"].value)
    return [_proposed(each) for each in actions.proposals(branches, today, least=least)]


def _proposed(each):
    return {
        "proposal": each, "is_talk": each.level == Level.TALK,
        "form": TakeForm(
            initial={"subject": each.subject, "level": each.level}, auto_id=f"take-{each.branch.pk}-{each.subject}-%s"
        ),
    }  # fmt: skip


def _by_branch(found):
    """The proposals of each organisation together, in the order in which they come, the longest overdue first."""
    rows = {}
    for each in found:
        rows.setdefault(each["proposal"].branch, []).append(each)
    return [
        {
            "branch": branch, "each": sorted(each, key=lambda row: -row["proposal"].days),
            "can_take": any(not row["is_talk"] for row in each),
        }
        for branch, each in rows.items()
    ]  # fmt: skip


@require_safe
@policy("ladder.see")
def ladder_page(request):
    """提醒、通报、约谈、问责建议: what comes next on whose matter, what is under way, what was closed."""
    today = timezone.localdate()
    book, branches = in_force(on=today), _branches(request)
    steps = LadderStep.objects.visible_to(request.user)
    found = _proposals(request, branches.values("pk"), today, book)
    counts = {"next": len(found), "open": steps.open().count(), "closed": steps.filter(closed_at__isnull=False).count()}
    tab = request.GET.get("tab")
    tab = tab if tab in TABS else "next"
    if tab == "next":
        page = Paginator(_by_branch(found), PER_PAGE).get_page(request.GET.get("page"))
        rows = list(page)
    else:
        shown = (
            steps.filter(closed_at__isnull=tab == "open").select_related("branch", "bulletin").order_by("-on", "-pk")
        )
        page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
        rows = _shown(request, page, today)
    rule = book["ladder.days"]
    context = {
        "tab": tab, "tabs": [{"name": name, "label": label, "count": counts[name]} for name, label in TABS.items()],
        "page": page, "rows": rows, "rule": rule.value["text"], "source": rule.source,
        "may_act": may(request.user, "ladder.act"), "may_bulletin": may(request.user, "bulletin.draft"),
    }  # fmt: skip
    return render(request, "reminders/ladder.html", context)


def _shown(request, steps, today, bound=()):
    """Steps as a page shows them: the matter in words, whether it is done since, and the forms of what may be done."""
    steps, names, bound = list(steps), labels(today), dict(bound)
    keys = {pk for step in steps for pk in step.duties}
    met = set(
        Duty.objects.visible_to(request.user).filter(pk__in=keys, met_on__isnull=False).values_list("pk", flat=True)
    )
    rows = []
    for step in steps:
        is_open, version = step.closed_at is None, {"version": step.version}
        forms = {
            name: bound.get((name, step.pk)) or form(initial=version, prefix=f"{name}-{step.pk}")
            for name, form in (("answer", AnswerForm), ("hand", HandForm), ("close", CloseForm))
        }
        rows.append({
            "step": step, "matter": actions.name_of(step.subject, names), "is_done": actions.is_done(step, met),
            "is_open": is_open, "forms": forms,
            "may_answer": is_open and may(request.user, "ladder.answer", at=step.branch),
            "may_act": is_open and may(request.user, "ladder.act", at=step.branch),
            "may_hand": is_open and step.level == Level.ACCOUNTABILITY and may(request.user, "ladder.act", at=step.branch),
            "parties_label": step._meta.get_field("parties").verbose_name if step.parties else "",
        })  # fmt: skip
    return rows


@require_safe
@policy("ladder.see")
def ladder_branch(request, pk):
    return _of_branch(request, get_object_or_404(_branches(request), pk=pk))


def _of_branch(request, branch, bound=(), refused=None):
    today = timezone.localdate()
    book = in_force(on=today)
    steps = (
        LadderStep.objects.visible_to(request.user).filter(branch=branch).select_related("branch", "bulletin__notice")
    )
    proposals = _proposals(request, [branch.pk], today, book)
    context = {
        "branch": branch, "rows": _shown(request, steps, today, bound), "proposals": proposals, "refused": refused,
        "may_act": may(request.user, "ladder.act", at=branch), "rule": book["ladder.days"].value["text"],
        "duties_url": f"{reverse('duties:list')}?branch={branch.pk}&year={today.year}",
        "has_others": _branches(request).exclude(pk=branch.pk).exists(),
    }  # fmt: skip
    return render(request, "reminders/ladder_branch.html", context)


@require_POST
@policy("ladder.act")
def ladder_take(request, pk):
    """One step from the organisation's own page, or those ticked in the list."""
    branch = get_object_or_404(_branches(request, "ladder.act"), pk=pk)
    is_list = "list" in request.POST
    back = redirect(_list(request)) if is_list else redirect("reminders:ladder_branch", pk)
    form = TickedForm(request.POST) if is_list else TakeForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"没有办理：{next(iter(form.errors.values()))[0]}")
        return back
    data = form.cleaned_data
    chosen = data["each"] if is_list else [(data["subject"], data["level"])]
    try:
        steps = actions.take_all(
            branch, chosen, by=request.user, on=timezone.localdate(), parties=data.get("parties", "")
        )
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        told = "、".join(dict.fromkeys(step.get_level_display() for step in steps))
        many = f"（{len(steps)} 件）" if len(steps) > 1 else ""
        messages.success(request, f"已登记对{branch}的{told}{many}，该党组织能看到并作出说明。")
    return back


def _list(request):
    """The page of the list from which somebody came."""
    page = request.POST.get("page", "")
    return reverse("reminders:ladder") + (f"?page={page}" if page.isdecimal() and page != "1" else "")


def _act(request, pk, verb, name, form_class, said, act):
    """One act on one step: a form to mend comes back on the organisation's page, with what was typed."""
    step = get_object_or_404(LadderStep.objects.visible_to(request.user, verb=verb).select_related("branch"), pk=pk)
    form = form_class(request.POST, prefix=f"{name}-{pk}")
    if form.is_valid():
        try:
            act(step, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, said)
            return redirect("reminders:ladder_branch", step.branch_id)
    return _of_branch(request, step.branch, {(name, pk): form}.items(), refused=form)


@require_POST
@policy("ladder.answer")
def ladder_answer(request, pk):
    return _act(
        request, pk, "ladder.answer", "answer", AnswerForm, "说明已送上级。",
        lambda step, data: actions.answer(step, text=data["text"], by=request.user, version=data["version"]),
    )  # fmt: skip


@require_POST
@policy("ladder.act")
def ladder_hand(request, pk):
    today = timezone.localdate()
    return _act(
        request, pk, "ladder.act", "hand", HandForm, "移交已登记。",
        lambda step, data: actions.hand(
            step, to=data["to"], handed_on=data["handed_on"], by=request.user, on=today, version=data["version"]
        ),
    )  # fmt: skip


@require_POST
@policy("ladder.act")
def ladder_close(request, pk):
    return _act(
        request, pk, "ladder.act", "close", CloseForm, "已了结，前面的环节一并了结。",
        lambda step, data: actions.close(step, outcome=data["outcome"], by=request.user, version=data["version"]),
    )  # fmt: skip
