"""Lists that leave the portal: exactly what the page shows, masked unless there is a reason, signed and numbered.

A listing names its columns with their class (shared security bar, §4): S3 in clear needs a second person, S2 in clear the
password anew; every export has a purpose, which stands on the sheet with who, when and the serial.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from accounts import audit
from accounts.models import User
from branches.models import Branch
from branches.rights import may, places, require
from files import actions as files
from jobs import actions as jobs
from jobs.models import Job
from office.writer import Workbook, csv_file
from portal.models import Export, ExportDefinition
from rulebook.book import value

PORTION = 2000
SMALL = 2000  # rows that are written while one waits
LONGEST_QUERY = Export._meta.get_field("asked").max_length
LEFT_BEHIND = 2 * 3600  # seconds; no workbook takes as long
MEDIA = {
    Export.Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Export.Kind.CSV: "text/csv",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: `cell(row, beside)` as the page shows it; `clear(row, beside)` what is masked there, in class S2 or S3."""

    label: str
    width: int
    cell: Callable
    clear: Callable | None = None
    level: str = "S1"


@dataclass(frozen=True)
class Listing:
    """A list of the portal: `rows(user, data, on)` gives (the rows in the page's order, the filters in words)."""

    key: str
    label: str
    verb: str
    page: str  # its route
    columns: dict[str, Column]
    rows: Callable
    beside: Callable  # beside(a portion of rows, on): what holds beside them, asked once for all
    usual: tuple  # the columns ticked at first

    def choices(self):
        return [(key, column.label) for key, column in self.columns.items()]

    def masked(self):
        return {key: column for key, column in self.columns.items() if column.clear}


_LISTINGS = {}


def listing(found):
    """Enter a listing; its key is a part of addresses."""
    _LISTINGS[found.key] = found
    return found


def find(key):
    """The listing of that key, or None."""
    from portal import listings  # noqa: F401 - which enters them

    return _LISTINGS.get(key)


def all_of(user):
    """The listings whose page this person may see."""
    from portal import listings  # noqa: F401 - which enters them

    return [found for found in _LISTINGS.values() if may(user, found.verb)]


def home_of(user):
    """The organisation for which `user` exports: the highest of those in which it is allowed."""
    paths = [path for path, _ in places(user, "export.run")]
    return Branch.objects.filter(path__in=paths).order_by("path").first()


def _level(found, clear):
    return max((found.columns[key].level for key in clear), default="")


@transaction.atomic
def ask(key, *, data, columns, clear, purpose, kind, by, on):
    """Ask for an export: made at once when nothing in it needs a second person, else it waits. Returns the row.

    The day's limit is counted under a lock of the person, so that parallel requests do not slip past it.
    """
    found = find(key)
    branch = home_of(by)
    if branch is None:
        raise PermissionDenied("您的岗位没有导出名册的权限。")
    require(by, "export.run", at=branch)
    if not may(by, found.verb):
        raise PermissionDenied("您的岗位不能看这份名册。")
    if clear and not may(by, "member.reveal"):
        raise PermissionDenied("您的岗位不能导出不遮盖的号码。")
    if len(data) > LONGEST_QUERY:  # cut short it would ask for more than was looked at and approved
        raise ValidationError("筛选条件太长，请减少条件后再导出。")
    _spend(by, on)
    rows, words = found.rows(by, QueryDict(data), on)
    columns = [name for name in found.columns if name in columns]
    if not columns:
        raise ValidationError("请至少选一栏。")
    clear = [name for name in columns if name in clear and found.columns[name].clear]
    needs_second = _level(found, clear) == "S3"
    export = Export(
        listing=key, branch=branch, asked=data, scope="　".join(words)[:200], columns=columns, clear=clear, kind=kind,
        purpose=purpose, count=rows.count(), state=Export.State.ASKED if needs_second else Export.State.MAKING, created_by=by,
    )  # fmt: skip
    if not export.count:
        raise ValidationError("筛选结果是空的，没有可以导出的行。")
    export.full_clean()
    export.save()
    audit.record(
        "export.ask", export, by=by, listing=key, rows=export.count, columns=columns, clear=clear, waits=needs_second
    )
    return export


def _spend(by, on):
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # one after another, for one person
    most = value("export.per_day", on=on)
    start = timezone.make_aware(datetime.combine(on, time.min))
    if Export.objects.filter(created_by=by, created_at__gte=start).count() >= most:
        raise ValidationError(f"今天已导出 {most} 次，达到每天的上限。确有需要，请明天再导，或请工委工作人员代办。")


def set_out(export):
    """Begin making an export that may be made: at once when it is small, else by the worker. Outside any transaction."""
    job = jobs.start(
        "portal.export", {"export": export.pk}, by=export.created_by, is_small=export.count < SMALL
    )  # fmt: skip
    Export.objects.filter(pk=export.pk).update(job_key=job.pk)
    export.refresh_from_db()
    return export


@transaction.atomic
def decide(export, *, agrees, answer, by):
    """A second person agrees or refuses; nobody decides on the own request. Returns the row."""
    export = Export.objects.select_for_update(of=("self",)).select_related("branch").get(pk=export.pk)
    require(by, "export.approve", at=export.branch)
    if export.created_by_id == by.pk:
        raise ValidationError("自己申请的导出要由另一位同志审批。")
    if export.state != Export.State.ASKED:
        raise ValidationError("这件申请已经处理过了。")
    export.state = Export.State.MAKING if agrees else Export.State.REFUSED
    export.decided_by, export.decided_at, export.answer = by, timezone.now(), answer
    export.full_clean()
    export.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    audit.record("export.approve" if agrees else "export.refuse", export, by=by, rows=export.count, clear=export.clear)
    return export


def _may_still(export, by):
    """Whether the posts of today allow what was asked: the list, and the numbers in clear that it holds."""
    may_clear = not export.clear or may(by, "member.reveal")
    return may_clear and may(by, "export.run", at=export.branch) and may(by, find(export.listing).verb)


def make(export, *, on, tell=lambda done, total=None, note="": None):
    """Write the file as the list is now and as its owner may see it now. Returns the number of rows.

    Raises `PermissionDenied` when the post that allowed it is gone.
    """
    found, by = find(export.listing), export.created_by
    if not _may_still(export, by):
        raise PermissionDenied("导出人已不在原岗位，不能再导出。")
    rows, words = found.rows(by, QueryDict(export.asked), on)
    total = rows.count()
    tell(0, total, "正在写名册")
    head = [found.columns[name] for name in export.columns]
    digest = hashlib.sha256()

    def lines():
        number = 0
        for portion in _portions(rows.iterator(chunk_size=PORTION)):
            beside = found.beside(portion, on)
            for row in portion:
                number += 1
                digest.update(f"{row.pk}\n".encode())
                yield [number, *(_cell(column, name in export.clear, row, beside)
                                 for name, column in zip(export.columns, head, strict=True))]  # fmt: skip
            tell(number, total)

    if export.kind == Export.Kind.CSV:
        data = csv_file(["序号", *(column.label for column in head)], lines(), last=_mark(export))
    else:
        data = _workbook(export, found, head, words, lines(), on)
    stored = files.keep_own(f"{found.label}{export.serial}.{export.kind}", data, media_type=MEDIA[export.kind], by=by)
    export.file, export.made_at, export.state, export.count = stored, timezone.now(), Export.State.READY, total
    export.sha256, export.row_hash = stored.sha256, digest.hexdigest()
    export.save(update_fields=["file", "made_at", "state", "count", "sha256", "row_hash"])
    audit.record(
        "export.make", export, by=by, rows=total, clear=export.clear, sha256=export.sha256, row_hash=export.row_hash
    )
    return total


def _portions(rows):
    portion = []
    for row in rows:
        portion.append(row)
        if len(portion) == PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


def _cell(column, is_clear, row, beside):
    return (column.clear if is_clear else column.cell)(row, beside)


def _mark(export):
    """The visible watermark: who, when, what for, serial."""
    at = timezone.localtime(export.created_at)
    return f"导出人：{export.created_by.name}　时间：{at:%Y-%m-%d %H:%M}　用途：{export.purpose}　编号：{export.serial}"


def _workbook(export, found, head, words, lines, on):
    mark = _mark(export)
    folder = _folder() if export.count >= SMALL else None
    book = Workbook(title=f"{found.label} {export.serial}", author=export.created_by.name, folder=folder)
    book.stamp("导出编号", export.serial)
    sheet = book.sheet(found.label)
    sheet.title(found.label, len(head) + 1)
    sheet.write(
        sheet.row, 0,
        f"填报单位（盖章）：{export.branch.name}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话：",
    )  # fmt: skip
    sheet.write(sheet.row + 1, 0, mark, font_color="#808080")
    sheet.row += 2
    if words:
        sheet.write(sheet.row, 0, f"范围：{'　'.join(words)}")
        sheet.row += 1
    sheet.header(["序号", *(column.label for column in head)], (6, *(column.width for column in head)))
    for line in lines:
        sheet.append(line)
    sheet.write(sheet.row, 0, mark, font_color="#808080")
    sheet.watermark(mark)
    return book.close()


def _folder():
    """Where the rows of a long workbook lie while it is written; what a killed worker left there goes."""
    folder = settings.VAR_DIR / "exports"
    folder.mkdir(mode=0o700, exist_ok=True)
    for path in folder.iterdir():
        if path.stat().st_mtime < timezone.now().timestamp() - LEFT_BEHIND:
            path.unlink(missing_ok=True)
    return folder


def fetch(export, *, by):
    """(file name, bytes) for its owner, who must still be allowed to see the list; the download is recorded."""
    if export.created_by_id != by.pk or not _may_still(export, by):
        raise PermissionDenied("只有导出人本人、且仍在原岗位时可以下载。")
    if export.state != Export.State.READY or export.file is None:
        raise ValidationError("文件已删除，请重新导出。")
    data = files.open_file(export.file)
    audit.record("export.download", export, by=by, sha256=export.sha256)
    return export.file.name, data


@transaction.atomic
def drop(export, *, by):
    """Delete the file before its time; the row stays."""
    export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if export.created_by_id != by.pk and not by.is_system:
        raise PermissionDenied("只能删除自己导出的文件。")
    if export.state not in (Export.State.READY, Export.State.ASKED):
        raise ValidationError("没有可以删除的文件。")
    stored, export.file, export.state = export.file, None, Export.State.GONE
    export.save(update_fields=["file", "state"])
    if stored:
        files.discard(stored, by=by)
    audit.record("export.drop", export, by=by)
    return export


def forget(*, by, now, on):
    """Each hour: files older than the rule allows go. Returns how many."""
    hours = value("export.kept_hours", on=on)
    lost = Export.objects.filter(state=Export.State.MAKING, created_at__lt=now - timedelta(seconds=LEFT_BEHIND))
    lost.exclude(job_key__in=Job.objects.open().values("pk")).update(state=Export.State.FAILED)
    old = Export.objects.filter(state=Export.State.READY, made_at__lt=now - timedelta(hours=hours))
    for export in old:
        drop(export, by=by)
    return len(old)


def by_serial(text):
    """The export of which a sheet bears this serial, or None."""
    day, _, number = text.strip().upper().removeprefix("DC").partition("-")
    if not (day.isdecimal() and number.isdecimal() and len(number) <= 18):
        return None
    export = Export.objects.filter(pk=int(number)).select_related("created_by", "decided_by", "branch").first()
    return export if export and export.serial == f"DC{day}-{number}" else None


@transaction.atomic
def save_definition(definition, *, by):
    """Keep chosen columns under a name; shared only where one may export."""
    if definition.branch is not None:
        require(by, "export.run", at=definition.branch)
    definition.created_by = by
    definition.full_clean()
    definition.save()
    audit.record("export.define", definition, by=by, listing=definition.listing, shared=definition.branch_id)
    return definition


@transaction.atomic
def drop_definition(definition, *, by):
    definition = ExportDefinition.objects.select_for_update().get(pk=definition.pk)
    if definition.created_by_id != by.pk:
        raise PermissionDenied("只能删除自己保存的栏目。")
    audit.record("export.undefine", definition, by=by)
    definition.delete()
