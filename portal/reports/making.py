"""A report asked for, made, left for its owner, and kept under a name."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import User
from branches.models import Branch
from branches.rights import may
from jobs import actions as jobs
from portal.models import SavedReport
from portal.reports import sheet
from portal.reports.ask import VERB, Ask
from portal.reports.catalogue import BY_KEY, MONTH, PART, PART_CHOICES, YEAR

XLSX, DOCX = "xlsx", "docx"
MOST_SAVED = 50
MOST_ON_PAPER = 600  # rows of a Word file; more take half a minute and nobody reads them
LARGE = 300  # organisations; a report over more is made by the worker


def ask_of(report, asked, *, user, today):
    """The Ask of plain values: year, on, branch (a row), part, month. `words` say what was asked."""
    year, on = asked.get("year") or today.year, asked.get("on") or usual_day(report, asked.get("year"), today)
    top, part, month = asked.get("branch"), asked.get("part", ""), asked.get("month") or 0
    if YEAR not in report.asks:
        year = on.year
    elif not report.runs_on:
        on = min(on, date(year, 12, 31))
    words = [f"年度：{year}"] if YEAR in report.asks else []
    words += [f"党组织：{top.name}"] if top else []
    words += [f"时段：{dict(PART_CHOICES)[part]}"] if part and PART in report.asks else []
    words += [f"月份：{month} 月"] if month and MONTH in report.asks else []
    if on < today:
        words += [f"按截止日：{report.dated}"] if report.dated else []
        words += [f"按目前登记：{report.today}"] if report.today else []
    return Ask(user, year, on, today, top, part if PART in report.asks else "", month, tuple(words))


def usual_day(report, year, today):
    """As of which day a report is taken when nobody says: the last of a past year, else today."""
    is_past = year and year < today.year and YEAR in report.asks and not report.runs_on
    return date(year, 12, 31) if is_past else today


def require(report, by):
    """Raises `PermissionDenied` where the person may not take reports along or not see the matter."""
    if not (may(by, VERB) and report.build and report.is_open_to(by)):
        raise PermissionDenied(f"您的岗位没有“{report.right}”的权限，不能看这张表。")


def require_figure(figure, by):
    if not may(by, figure.verb):
        raise PermissionDenied("您的岗位不能看这项数据所计的记录。")


def file_of(report, ask, kind, *, by):
    """(file name, bytes) of a report; on record as an export."""
    require(report, by)
    tables = report.build(ask)
    listed = sum(len(table) for table in tables if not table.evidence)
    if kind == DOCX and listed > MOST_ON_PAPER:
        raise ValidationError(f"共 {listed} 行，Word 排不下，请选一个党组织，或者导出 Excel。")
    data = (sheet.as_paper if kind == DOCX and report.has_word else sheet.as_workbook)(report, ask, tables)
    top = ask.top.pk if ask.top else None
    audit.record("report.export", by=by, report=report.name, year=ask.year, on=str(ask.on), branch=top, rows=listed)
    return f"{report.title(ask)}.{kind if kind == XLSX or report.has_word else XLSX}", data


def is_large(ask):
    return len(ask.keys(VERB)) > LARGE


def start(report, asked, kind, *, by):
    """Have a report made in the background; the job keeps keys and codes only."""
    require(report, by)
    args = {"report": report.key, "kind": kind, **plain(asked)}
    return jobs.start("portal.report", args, by=by, is_small=False)


def make(job, *, today):
    """The work itself: as its owner may read now. Returns the number of bytes."""
    report, by = BY_KEY[job.args["report"]], User.objects.get(pk=job.created_by_id)
    asked = revived(job.args, by)
    name, data = file_of(report, ask_of(report, asked, user=by, today=today), job.args["kind"], by=by)
    jobs.leave(job, name, data)
    return len(data)


def plain(asked):
    """What was asked as it can be kept: numbers, codes and days as text."""
    found = {name: asked[name] for name in (YEAR, PART, MONTH) if asked.get(name)}
    found |= {"on": asked["on"].isoformat()} if asked.get("on") else {}
    return found | ({"branch": asked["branch"].pk} if asked.get("branch") else {})


def revived(kept, by):
    """The reverse; an organisation out of reach by now refuses."""
    asked = {name: kept[name] for name in (YEAR, PART, MONTH) if name in kept}
    if "on" in kept:
        asked["on"] = date.fromisoformat(kept["on"])
    if "branch" in kept:
        asked["branch"] = Branch.objects.visible_to(by, verb=VERB).filter(pk=kept["branch"]).first()
        if asked["branch"] is None:
            raise PermissionDenied("所选党组织已不在您的范围内。")
    return asked


@transaction.atomic
def keep(report, name, asked, *, by):
    """Keep what was asked under a name of one's own."""
    require(report, by)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if SavedReport.objects.visible_to(by).count() >= MOST_SAVED:
        raise ValidationError(f"最多存 {MOST_SAVED} 张报表，请先删除不用的。")
    saved = SavedReport(name=name.strip(), report=report.key, asked=plain(asked), created_by=by)
    saved.full_clean()
    saved.save()
    audit.record("report.keep", saved, by=by, report=report.key)
    return saved


@transaction.atomic
def drop(saved, *, by):
    saved = SavedReport.objects.select_for_update().get(pk=saved.pk)
    if saved.created_by_id != by.pk:
        raise PermissionDenied("只能删除自己存的报表。")
    audit.record("report.drop", saved, by=by, report=saved.report)
    saved.delete()
