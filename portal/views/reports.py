"""报表: the twenty of them on one page, each as a page and as a file; what was asked kept under a name."""

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.policy import policy
from branches.forms import whole_number
from branches.rights import may
from portal.forms import ReportForm
from portal.models import SavedReport
from portal.reports import making, sheet, year_figures
from portal.reports.catalogue import BY_KEY, open_to
from portal.reports.figure_records import Books
from portal.reports.table import shown

LISTS = [  # what is filtered on its own page and taken along from there, beside the twenty: label, page, verb
    ("表彰名单", "members:honours", "honour.see"),
    ("督导检查台账、受检次数", "branches:inspections", "inspection.see"),
    ("四种形态统计表", "branches:form_counts", "discipline.see"),
    ("党组织档案一览（领导体制、联系点、指导员）", "branches:dossiers", "file.see"),
    ("联系点和到点次数", "branches:contacts", "file.see"),
    ("称号和主题创建名单", "branches:titles", "file.see"),
    ("七个一对照表", "branches:sevens", "file.see"),
    ("整改台账", "branches:rectifications", "rectify.see"),
    ("流动和失联", "members:whereabouts", "member.see"),
    ("分析研判进度表", "branches:campaigns", "screening.see"),
    ("党组织设置情况半年上报表", "members:setting", "branch.see"),
    ("万名党员进党校覆盖情况、未进党校名单", "training:coverage", "training.see"),
    ("组织生活台账", "portal:exports", "export.run"),
]
SHOWN = 50
PAGED = 100
WIDTHS = (7, 10, 14, 24, 999)  # of the sheet; up to which a column of the page has the class w1, w2 …
NUMBER = 1  # the place of the number among the columns of the year's figures
MEDIA = {
    making.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    making.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@require_safe
@policy("report.export")
def report_list(request):
    """Every report that the person may make, those kept under a name first, further lists of other pages last."""
    today, user = timezone.localdate(), request.user
    years = range(today.year, today.year - 4, -1)
    context = {
        "reports": [_line(report, years) for report in open_to(user)],
        "saved": [_saved(row) for row in SavedReport.objects.visible_to(user) if row.report in BY_KEY],
        "lists": [{"label": label, "url": reverse(page)} for label, page, verb in LISTS if may(user, verb)],
    }
    return render(request, "portal/reports.html", context)


def _line(report, years):
    """A report as the list shows it; one that is made elsewhere leads there, year by year."""
    if report.build:
        return {"report": report, "url": reverse("portal:report", args=[report.key])}

    def address(year):
        return reverse(report.route, args=[year]) if report.by_year else f"{reverse(report.route)}?year={year}"

    links = [{"label": f"{year} 年度", "url": address(year)} for year in years]
    return {"report": report, "links": links}


def _saved(row):
    url = reverse("portal:report", args=[row.report])
    return {"row": row, "report": BY_KEY[row.report], "url": f"{url}?{urlencode(row.asked)}" if row.asked else url}


def _asked(request, key, data):
    """(report, form, Ask or None): the Ask of what is in order."""
    report, today = BY_KEY.get(key), timezone.localdate()
    if report is None or not report.build:
        raise Http404
    making.require(report, request.user)
    form = ReportForm(data, report=report, user=request.user, today=today)
    if not form.is_valid():
        return report, form, None
    return report, form, making.ask_of(report, form.cleaned_data, user=request.user, today=today)


@require_safe
@policy("report.export")
def report_page(request, key):
    """The report as a page: the first rows of the sheet chosen, and the sums of all."""
    report, form, ask = _asked(request, key, request.GET)
    query = request.GET.copy()
    query.pop("sheet", None)
    context = {"report": report, "form": form, "query": query.urlencode(), "beside": _beside(report, request.user)}
    if ask:
        is_large = making.is_large(ask)
        is_part = is_large and not report.is_whole
        tables = report.build(replace(ask, few=SHOWN) if is_part else ask)
        place = whole_number(request.GET.get("sheet")) or 0
        place = place if place < len(tables) else 0
        context |= _preview(tables, place, query, _figure_links(report, place, ask, query)) | {
            "headline": sheet.headline(ask), "scope": sheet.scope(ask), "is_large": is_large, "is_part": is_part, "ask": ask,
            "fields": [(name, value) for name, value in making.plain(form.cleaned_data).items()],
            "kept": [(name, value) for name, value in making.plain(form.kept).items()],
        }  # fmt: skip
    return render(request, "portal/report.html", context, status=200 if ask else 422)


def _beside(report, user):
    """The pages of the same records, as far as their own policy lets the person in."""
    found = [(label, reverse(page)) for label, page in report.beside]
    return [{"label": label, "url": url} for label, url in found if may(user, resolve(url).func.policy)]


def _preview(tables, place, query, links):
    """The sheet chosen; `links`: an address for the number of each row."""
    table, tabs = tables[place], []
    rows = [
        [{"text": shown(cell, column)} for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows(SHOWN)
    ]
    for row, url in zip(rows, links, strict=False):
        row[NUMBER]["url"] = url if row[NUMBER]["text"] != year_figures.UNKNOWN else ""
    for number, each in enumerate(tables):
        asked = query.copy()
        asked["sheet"] = str(number)
        tabs.append(
            {"label": each.name, "url": f"?{asked.urlencode()}", "is_shown": number == place, "evidence": each.evidence}
        )
    is_summed = bool(rows) and table.is_summed
    return {
        "table": table, "tabs": tabs, "more": max(0, len(table) - len(rows)), "count": len(table),
        "columns": [{"label": column.label, "width": _width(column)} for column in table.columns],
        "rows": rows,
        "sums": [shown(cell, column) for cell, column in zip(table.totals(), table.columns, strict=True)] if is_summed else [],
    }  # fmt: skip


def _width(column):
    """How wide a column is on the page: the class of its least width."""
    return f"w{next(place for place, most in enumerate(WIDTHS, 1) if column.width <= most)}"


def _figure_links(report, place, ask, query):
    """The pages of the records behind the figures, in the order of the rows."""
    if report.key != "year_figures" or place:
        return []
    return [
        ""
        if figure.share_of or figure.is_closed
        else f"{reverse('portal:report_figure', args=[figure.key])}?{query.urlencode()}"
        for figure in year_figures.offered(ask)
    ]


@require_safe
@policy("report.export")
def report_figure(request, key):
    """The records that one figure of the year counts, each leading to its page."""
    report, _, ask = _asked(request, "year_figures", request.GET)
    figure = year_figures.BY_KEY.get(key)
    if figure is None or figure.share_of or figure.is_closed:
        raise Http404
    back = f"{reverse('portal:report', args=[report.key])}?{request.GET.urlencode()}"
    if ask is None:
        return redirect(back)
    making.require_figure(figure, request.user)
    records, number = year_figures.found(figure, Books(ask))
    page = Paginator(records, PAGED).get_page(request.GET.get("page"))
    context = {
        "figure": figure, "ask": ask, "number": number, "page": page, "query": request.GET, "back": back,
        "scope": sheet.scope(ask), "is_weighted": any(record.weight != 1 for record in records),
    }  # fmt: skip
    return render(request, "portal/report_figure.html", context)


@require_safe
@policy("report.export")
def report_file(request, key):
    """The file; over many organisations it is made in the background instead, from the page."""
    report, _, ask = _asked(request, key, request.GET)
    kind = making.DOCX if request.GET.get("as") == making.DOCX and report.has_word else making.XLSX
    back = f"{reverse('portal:report', args=[report.key])}?{_query(request.GET)}"
    if ask is None:
        return redirect(back)
    if making.is_large(ask):
        messages.warning(request, f"党组织超过 {making.LARGE} 个，请在本页点“在后台生成”，做好后到“我的后台工作”下载。")
        return redirect(back)
    try:
        name, data = making.file_of(report, ask, kind, by=request.user)
    except ValidationError as refusal:
        messages.warning(request, "；".join(refusal.messages))
        return redirect(back)
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(data, content_type=MEDIA[kind], headers=headers)


@require_POST
@policy("report.export")
def report_job(request, key):
    report, form, ask = _asked(request, key, request.POST)
    back = f"{reverse('portal:report', args=[report.key])}?{_query(request.POST)}"
    if ask is None:
        return redirect(back)
    kind = making.DOCX if request.POST.get("as") == making.DOCX and report.has_word else making.XLSX
    try:
        job = making.start(report, form.cleaned_data, kind, by=request.user)
    except ValidationError as refusal:
        messages.error(request, "；".join(refusal.messages))
        return redirect(back)
    return redirect("portal:job", job.pk)


@require_POST
@policy("report.export")
def report_keep(request, key):
    """Keep what was asked under a name, to be asked again."""
    report, form, ask = _asked(request, key, request.POST)
    back = f"{reverse('portal:report', args=[report.key])}?{_query(request.POST)}"
    if ask is None:
        return redirect(back)
    try:
        making.keep(report, request.POST.get("name", ""), form.kept, by=request.user)
    except ValidationError as refusal:
        messages.error(request, "没有存下：" + "；".join(refusal.messages))
    else:
        messages.success(request, "已存好，在“报表”页可以直接打开。")
    return redirect(back)


def _query(data):
    return urlencode({name: data[name] for name in ("year", "on", "branch", "part", "month") if data.get(name)})


@require_POST
@policy("report.export")
def saved_report_drop(request, pk):
    saved = get_object_or_404(SavedReport.objects.visible_to(request.user), pk=pk)
    making.drop(saved, by=request.user)
    messages.success(request, f"已删除存好的报表“{saved.name}”。")
    return redirect("portal:reports")
