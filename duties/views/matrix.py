from datetime import timedelta
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from duties import matrix, table, workbook
from duties.forms import MatrixFilter
from duties.models import Duty
from duties.periods import GROUPS
from duties.views.duty import branch_year
from office.writer import XLSX

PER_PAGE = 30
UPPER = (Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)


def year_asked(request, today):
    """The year in the address, else this one."""
    asked = whole_number(request.GET.get("year"))
    return asked if asked is not None and 2000 <= asked <= today.year + 1 else today.year


class Asked:
    """What the address asks of the table: year, group of duties, part of the year, which organisations."""

    def __init__(self, request, today, verb, *, group=None):
        self.user, self.today, self.year = request.user, today, year_asked(request, today)
        visible = Branch.objects.visible_to(request.user, verb=verb)
        chosen = request.GET.get("group", "")
        self.group = group or (chosen if chosen in GROUPS else next(iter(GROUPS)))
        self.rules = matrix.columns(self.year, today, self.group)
        years = sorted({*range(today.year, today.year - 4, -1), self.year}, reverse=True)
        by_period = {rule: label for rule, label in self.rules.items() if rule != "notice"}
        data = request.GET.copy()
        data["year"], data["group"] = str(self.year), self.group
        upper = visible.filter(kind__in=UPPER).in_order()
        self.form = MatrixFilter(data, years=years, rules=by_period, upper=upper)
        self.asked = self.form.asked
        self.part, self.rule = self.asked.get("part", ""), self.asked.get("rule", "")
        owed = Duty.objects.visible_to(request.user, verb=verb).filter(year=self.year, rule__in=self.rules)
        self.branches = visible.owing().filter(pk__in=owed.values("branch")).in_order()
        if "upper" in self.asked:
            self.branches = self.branches.filter(path__startswith=self.asked["upper"].path)
        self.owed = owed.filter(matrix.inside(self.year, self.part), **({"rule": self.rule} if self.rule else {}))

    @property
    def is_narrowed(self):
        return not self.asked.keys().isdisjoint(("q", "only"))

    @property
    def shown(self):
        """The organisations of the table after the search and the choice of a state."""
        found = self.branches
        if "q" in self.asked:
            found = found.filter(name__contains=self.asked["q"])
        if "only" in self.asked:
            found = found.filter(pk__in=_duties_of(self.asked["only"], self.owed, self.today).values("branch"))
        return found

    def url(self, **changed):
        query = {name: getattr(found, "pk", found) for name, found in self.asked.items()} | changed
        return "?" + urlencode({name: found for name, found in query.items() if found})

    def chips(self):
        """The filters chosen, without year and group, which always stand."""
        return [
            {
                "label": f"名称含“{found}”" if name == "q" else self.form._words(name, found),
                "url": self.url(**{name: ""}),
            }
            for name, found in self.asked.items()
            if name not in ("year", "group")
        ]


@require_safe
@policy("duty.see")
def duty_list(request):
    today = timezone.localdate()
    visible = Branch.objects.visible_to(request.user, verb="duty.see").owing()
    if asked := whole_number(request.GET.get("branch")):
        return branch_year(request, get_object_or_404(visible, pk=asked), year_asked(request, today), today)
    if visible.count() == 1:
        return branch_year(request, visible.get(), year_asked(request, today), today)
    ask = Asked(request, today, "duty.see")
    everybody = list(ask.branches.values_list("pk", flat=True))
    shown = list(ask.shown.values_list("pk", flat=True)) if ask.is_narrowed else everybody
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    branches = visible.filter(pk__in=page.object_list).in_order()
    counted = {"rules": [ask.rule] if ask.rule else ask.rules, "part": ask.part}
    totals = matrix.totals(everybody, ask.year, today, **counted)
    if ask.rule:
        columns, rows = table.months(branches, ask.rule, ask.year, today, part=ask.part)
    else:
        columns, rows = [*ask.rules.values()], table.rows(branches, ask.year, today, rules=ask.rules, part=ask.part)
    chips = ask.chips()
    context = {
        "year": ask.year, "today": today, "totals": totals, "branch_count": len(everybody), "page": page,
        "columns": columns, "rows": rows, "form": ask.form, "chips": chips, "counts": _counts(totals, ask),
        "clear": "?" + urlencode({"year": ask.year, "group": ask.group}), "what": ask.rules.get(ask.rule, GROUPS[ask.group]),
        "tabs": [
            {"label": label, "url": ask.url(group=group, rule=""), "is_shown": group == ask.group}
            for group, label in GROUPS.items()
        ],
        "query": ask.url(), "is_ideology": ask.group == "ideology", "is_life": ask.group == "life",
        "may_export": may(request.user, "report.export"), "may_unlock": may(request.user, "duty.unlock"),
    }  # fmt: skip
    return render(request, "duties/matrix.html", context)


def _duties_of(only, duties, today):
    """The duties for which an organisation is picked out: missed, met late, to be met this month or within days."""
    if only == "late":
        return duties.filter(met_on__gt=F("due_on"))
    open_now = duties.filter(opens_on__lte=today, ends_on__gte=today, met_on=None)
    if only == "open":
        return open_now.filter(ends_on__lte=table.month_end(today))
    if only == "soon":
        return open_now.filter(due_on__range=(today, today + timedelta(days=table.SOON)))
    return duties.filter(ends_on__lt=today, met_on=None)


def _counts(totals, ask):
    """The counts beside the two rates; each that can be looked at leads to its organisations."""
    words = (("done", "已办", "met", ""), ("late", "其中迟办", "late", "late"), ("miss", "缺", "missed", "missing"),
             ("wait", "现在待办", "open", ""))  # fmt: skip
    return [
        {
            "state": state, "label": label, "value": totals[name],
            "url": ask.url(only=only) if only and totals[name] else "",
        }
        for state, label, name, only in words
    ]  # fmt: skip


@require_safe
@policy("report.export")
def export_meetings(request):
    """三会一课和主题党日完成统计表: what the table shows, for those in scope."""
    return _export(request, "life", workbook.of_meetings, "三会一课和主题党日完成统计表")


@require_safe
@policy("report.export")
def export_ideology(request):
    """意识形态月报报送情况表."""
    return _export(request, "ideology", workbook.of_ideology, "意识形态月报报送情况表")


def _export(request, group, make, title):
    today = timezone.localdate()
    ask = Asked(request, today, "report.export", group=group)
    branches = list(ask.shown)
    words = [chip["label"] for chip in ask.chips()]
    data = make(branches, ask.year, part=ask.part, on=today, organ=_organ(ask), words=words)
    audit.record(
        "report.export", by=request.user, report=title, year=ask.year, part=ask.part, rows=len(branches), on=str(today)
    )
    name = f"{ask.year}年{dict(matrix.PARTS)[ask.part] if ask.part else ''}{title}.xlsx"
    response = HttpResponse(data, content_type=XLSX().get_content_type())
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _organ(ask):
    """The organisation that reports: the one chosen, else the highest that the person may report for."""
    if "upper" in ask.asked:
        return ask.asked["upper"].name
    highest = Branch.objects.visible_to(ask.user, verb="report.export").order_by("path").first()
    return highest.name if highest else ""
