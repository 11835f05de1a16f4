"""学时: who has how many hours of a year, who is short, and new secretaries who have not been trained."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from branches.views.acting import download, highest
from members import register
from members.models import Membership
from training import hours_sheet, ledger
from training.facts.hours import untrained
from training.forms.hours import NEW, POSTS, HoursFilter
from training.models import OtherHours

SHOWN = 30
EXPORTING = ("report.export", "hours.edit")
COUNTED = 300  # of more people it is not said at once how many are short: their rolls take long to read


class Chosen:
    """The list as filtered: its form, the memberships in order, and the hours of whom they were asked for."""

    def __init__(self, request, on, reach):
        self.on = on
        self.form = HoursFilter(request.GET, running=on.year, branch=reach.at_work(on).in_order())
        self.year = self.form.of_year
        self.day = ledger.day_of(self.year, on)
        self.branches = self.form.within(reach)
        rows = Membership.objects.visible_to(request.user, verb="training.see").filter(branch__in=self.branches)
        self.everybody = rows.on(self.day)
        self.who, self.known, self.until = self.form.asked.get("who", ""), None, {}
        rows = self.everybody
        if self.who == NEW:
            self.until = {post.member_id: post.until for post in untrained(on)}
            rows = rows.filter(member__in=list(self.until))
        elif self.who:
            self.known = self.all()
            rows = rows.filter(member__in=[key for key, row in self.known.items() if self._is_meant(row)])
        if "q" in self.form.asked:
            rows = register.named(rows, self.form.asked["q"])
        self.rows = register.in_order(rows.for_list())

    def all(self):
        """member key → Hours of everybody in the chosen organisations, asked once."""
        if self.known is None:
            keys = list(self.branches.values_list("pk", flat=True))
            self.known = {row.member: row for row in ledger.of_branches(keys, self.year, on=self.on)}
        return self.known

    def _is_meant(self, row):
        return row.is_post if self.who == POSTS else row.is_short or row.lacks_class

    def of(self, stays):
        """[(membership, Hours)] of one page."""
        members = [stay.member_id for stay in stays]
        known = self.known if self.known is not None else ledger.hours(members, self.year, on=self.on)
        return [(stay, known[stay.member_id]) for stay in stays if stay.member_id in known]

    def short(self):
        """How many are short, where that is quickly told; None where it is not."""
        if self.known is None and self.everybody.order_by()[COUNTED:].exists():
            return None
        return sum(row.is_short or row.lacks_class for row in self.all().values())


@require_safe
@policy("training.see")
def hours_list(request):
    today = timezone.localdate()
    chosen = Chosen(request, today, Branch.objects.visible_to(request.user, verb="training.see"))
    page = Paginator(chosen.rows.only(*register.NAMED), SHOWN).get_page(request.GET.get("page"))
    waiting = OtherHours.objects.visible_to(request.user, verb="hours.accept").filter(state=OtherHours.State.ENTERED)
    context = {
        "form": chosen.form, "page": page, "query": request.GET, "year": chosen.year, "has_many": "branch" in chosen.form.fields,
        "rows": [
            {"stay": stay, "hours": row, "until": (day := chosen.until.get(stay.member_id)), "is_late": bool(day and day < today)}
            for stay, row in chosen.of(page)
        ],
        "is_new": chosen.who == NEW, "short": None if chosen.who == NEW else chosen.short(),
        "rules": ledger.rules_of(chosen.year, on=today),
        "waiting": waiting.count() if may(request.user, "hours.accept") else 0, "is_over": chosen.day < today,
        "may_enter": may(request.user, "hours.edit"),
        "may_export": may_export(request),
    }  # fmt: skip
    return render(request, "training/hours.html", context)


def reported(request):
    """The organisations that somebody sees and may report about, or keeps the hours of: what only a task shows is not taken along."""
    mine = [Branch.objects.visible_to(request.user, verb=verb).values("pk") for verb in EXPORTING]
    return Branch.objects.visible_to(request.user, verb="training.see").filter(Q(pk__in=mine[0]) | Q(pk__in=mine[1]))


def may_export(request, *, at=None):
    return any(may(request.user, verb, at=at) for verb in EXPORTING)


def refused(request, back, *args):
    """Back to the page, with a word why."""
    messages.error(request, "您的岗位不能导出学时，请由支部或上级党组织导出。")
    return redirect(back, *args)


@require_safe
@policy("training.see")
def hours_export(request):
    """年末学时不足名单 of what is filtered: whoever is short or lacks the class."""
    if not may_export(request):
        return refused(request, "training:hours")
    today = timezone.localdate()
    chosen = Chosen(request, today, reported(request))
    known = chosen.all()
    rows = [
        (stay, row)
        for stay in chosen.rows
        if (row := known.get(stay.member_id)) and (row.is_short or row.lacks_class)
    ]  # fmt: skip
    words = [chip["label"] for chip in chosen.form.chips]
    data = hours_sheet.of_short(
        rows, chosen.year, organ=highest(request.user, "training.see"), on=today, words=[f"年度：{chosen.year}", *words]
    )
    audit.record(
        "report.export", by=request.user, report="年末学时不足名单", year=chosen.year, rows=len(rows), on=str(today)
    )
    return download(data, f"{chosen.year}年学时不足名单.xlsx")
