import re

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

import vault
from accounts import audit
from branches import actions as branches
from branches.models import Branch
from branches.resources import OrganisationResource
from branches.rights import require
from duties import actions as duties
from duties.models import Duty, Fulfilment
from jobs import report
from jobs.fault import point
from jobs.models import Batch, Layout
from jobs.planning import INSERT, UNCHANGED, UPDATE, dictionary
from jobs.trail import Trail
from meetings import actions as meetings
from meetings import activities
from meetings.resources import RegisterResource
from members import roster
from members.resources import RosterResource
from office import Unreadable, reader, table
from recruitment.half_way import import_recruitment
from recruitment.resources import RecruitmentResource

IMPORTS = {  # what a workbook may hold: its resource and the action that writes its good rows
    "organisations": (OrganisationResource, branches.import_organisations),
    "roster": (RosterResource, roster.import_roster),
    "meetings": (RegisterResource, meetings.import_register),
    "recruitment": (RecruitmentResource, import_recruitment),
}
DERIVED = (Duty, Fulfilment)  # made anew from the register at any time
State = Batch.State
ADVICE = re.compile(r"请(?:把列名改为|删去或改名)[^。]*。$")  # not where the columns can be told on the spot


@transaction.atomic
def tend(year, *, by):
    """Bring a year's duties in step with the register, and match the records with them again."""
    duties.generate(year, by=by)
    meetings.meet_again(year)
    activities.meet_again(year)


# --- what a workbook would do


def plan(kind, data, file_name, *, on):
    """What importing the file would do; raises `office.Unreadable`, as `office.table.Unmatched` when its columns must be told."""
    return plan_sheets(kind, reader.read(data, file_name), on=on)


def plan_sheets(kind, sheets, *, on):
    told = Layout.objects.filter(kind=kind).values_list("signature", "columns")
    layouts = {signature: [key for _, key in columns] for signature, columns in told}
    try:
        return IMPORTS[kind][0](on=on).plan(sheets, layouts=layouts)
    except table.Unmatched:
        _refuse_another(kind, sheets)
        raise


def _refuse_another(kind, sheets):
    """A workbook that is plainly of another kind is not asked about column by column."""
    for other, (resource, _) in IMPORTS.items():
        if other == kind:
            continue
        try:
            table.find_table(sheets, columns_of(other), kind_label=resource.kind_label)
        except Unreadable:
            continue
        wanted = IMPORTS[kind][0].kind_label
        raise Unreadable(
            f"这份工作簿像是{resource.kind_label}，不是{wanted}，请核对是否选错了文件，或从“{resource.kind_label}”导入。"
        )


def classified(kind):
    """The labels of the columns whose cells no page shows."""
    return {column.label for column in columns_of(kind) if column.key in IMPORTS[kind][0].classified}


def columns_of(kind):
    return dictionary(IMPORTS[kind][0].columns_file)[0]


@transaction.atomic
def write(kind, found, *, by, on, trail=None):
    """Write the good rows of a plan and bring the duties in step. Returns (added, changed)."""
    trail = trail or Trail()
    years = set(Duty.objects.order_by().values_list("year", flat=True).distinct())
    IMPORTS[kind][1](found.good, by=by, on=on, trail=trail)
    if kind == "organisations":
        for year in {on.year, *years}:
            tend(year, by=by)
    now = Duty.objects.order_by().values_list("year", flat=True).distinct()
    trail.notes["years"] = sorted(set(now) - years)
    return found.count(INSERT), found.count(UPDATE)


# --- a workbook on its way in


def keep(kind, data, file_name, *, by):
    """Keep an uploaded workbook sealed until it is planned."""
    require(by, "import.run", at=branches.root())
    batch = Batch(kind=kind, file_name=file_name[-200:], size=len(data), created_by=by)
    batch.content = vault.seal_bytes(data, _place(batch, "content"))
    batch.save()
    return batch


def upload(kind, data, file_name, *, by, on):
    """Keep an uploaded workbook and plan it. Returns (batch, plan); the plan is None while its columns are to be told."""
    return prepare(keep(kind, data, file_name, by=by), by=by, on=on)


def drop(batch):
    """An upload that could not be read goes at once."""
    Batch.objects.filter(pk=batch.pk, state=State.UPLOADED).delete()


@transaction.atomic
def prepare(batch, *, by, on, tell=lambda *_: None):
    """Plan a kept workbook. Returns (batch, plan), or (batch, None) when its columns have to be told first."""
    require(by, "import.run", at=branches.root())
    batch = _before(batch)
    tell(0, 3, "读取工作簿")
    sheets = sheets_of(batch)
    tell(1, 3, "逐行核对")
    try:
        found = plan_sheets(batch.kind, sheets, on=on)
    except table.Unmatched as reason:
        batch.state, batch.plan_hash = State.MAPPING, ""
        batch.report = _sealed(batch, "report", report.pack({"reason": ADVICE.sub("", str(reason))}))
        batch.save()
        return batch, None
    tell(2, 3, "记下预检结果")
    _show(batch, found)
    return batch, found


def _before(batch):
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if batch.state not in Batch.BEFORE:
        raise ValidationError("这份工作簿已经导入，不会重复写入。")
    return batch


def _show(batch, found):
    batch.state, batch.plan_hash = State.PLANNED, found.digest
    batch.report = _sealed(batch, "report", report.packed(found, IMPORTS[batch.kind][0].named_by))
    batch.save()


def replan(batch, *, on):
    """The plan of a kept workbook against the register of this moment."""
    return plan_sheets(batch.kind, sheets_of(batch), on=on)


def content_of(batch):
    """The workbook as it came."""
    return _opened(batch, "content")


def sheets_of(batch):
    return reader.read(content_of(batch), batch.file_name)


def shown(batch):
    """The report of the dry run as it was shown."""
    return report.unpacked(_opened(batch, "report"))


def why_asked(batch):
    """Why the columns of a workbook have to be told."""
    return report.unpack(_opened(batch, "report"))["reason"] if batch.state == State.MAPPING else ""


@transaction.atomic
def tell_columns(batch, keys, *, at, by, on):
    """Say what the columns of the header `at` (sheet, row numbers) mean: kept for every workbook with that header row."""
    require(by, "import.run", at=branches.root())
    batch = _before(batch)
    heading = table.headings(sheets_of(batch), columns_of(batch.kind), at=at)
    if heading is None or len(keys) != len(heading.claims):
        raise ValidationError("表头和刚才显示的不一样，请重新选择。")
    columns = [[text, key] for (_, _, _, text), key in zip(heading.claims, keys, strict=True)]
    said = {"columns": columns, "created_by": by, "created_at": timezone.now()}
    layout, _ = Layout.objects.update_or_create(kind=batch.kind, signature=heading.signature, defaults=said)
    audit.record("import.tell_columns", layout, by=by, kind=batch.kind)
    return prepare(batch, by=by, on=on)


# --- in, and out again


def one_at_a_time():
    """Until the transaction ends nobody else writes a workbook: what was planned is what is written."""
    Branch.objects.select_for_update().get(parent=None)


@transaction.atomic
def commit(batch, *, only_valid, by, on, shown=None, tell=lambda *_: None):
    """Write what was shown (`shown`: its digest), and nothing else: a register that changed in between is refused, and so
    is a plan with errors unless only the valid rows were chosen. Returns (batch or None, plan)."""
    require(by, "import.run", at=branches.root())
    one_at_a_time()
    batch = _before(batch)
    tell(0, 4, "读取工作簿，再核对一次")
    found = replan(batch, on=on)
    point("import-planned")
    if found.digest != (shown or batch.plan_hash):
        _show(batch, found)
        return None, found
    if found.bad and not only_valid:
        raise ValidationError(f"还有 {len(found.bad)} 行有错误，请改正后重新上传，或选择只导入无错的行。")
    tell(1, 4, f"写入 {len(found.good)} 行")
    trail = Trail()
    batch.added, batch.changed = write(batch.kind, found, by=by, on=on, trail=trail)
    point("import-written")
    tell(3, 4, "记下写了什么，以便撤销")
    batch.unchanged, batch.skipped = found.count(UNCHANGED), len(found.bad)
    batch.trail = _sealed(batch, "trail", report.pack(trail.kept()))
    batch.state, batch.committed_at = State.COMMITTED, timezone.now()
    batch.save()
    audit.record(
        "batch.commit", batch, by=by, kind=batch.kind, added=batch.added, changed=batch.changed, skipped=batch.skipped
    )
    return batch, found


@transaction.atomic
def undo(batch, *, by, on, tell=lambda *_: None):
    """Take a whole import back: every row as it was before. Refused when anything later rests on it."""
    require(by, "import.run", at=branches.root())
    one_at_a_time()
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if batch.state != State.COMMITTED:
        raise ValidationError("只有已导入的批次才能撤销。")
    if batch.trail is None:
        raise ValidationError("这一批已过保留期，不能再整批撤销；请逐条更正。")
    tell(0, 3, "查看此后有没有记录用到这批数据")
    trail = Trail(report.unpack(_opened(batch, "trail")))
    owed = list(Duty.every.filter(branch__in=trail.created.get(Branch._meta.label, ())).values_list("pk", flat=True))
    if obstacles := [*trail.obstacles(DERIVED), *trail.resting(Duty, owed, DERIVED)]:
        raise ValidationError(f"不能整批撤销：{'；'.join(obstacles[:5])}。")
    tell(1, 3, "恢复原来的数据")
    duties.withdraw(meetings.LABEL, trail.created.get(meetings.LABEL, ()))
    Duty.every.filter(pk__in=owed).delete()
    trail.restore()
    tell(2, 3, "重排应办事项")
    _untend(batch, trail, by=by)
    batch.state, batch.undone_at, batch.trail = State.UNDONE, timezone.now(), None
    batch.save()
    audit.record("batch.undo", batch, by=by, kind=batch.kind, added=batch.added, changed=batch.changed)
    return batch


def _untend(batch, trail, *, by):
    """Years whose duties this import had made first go again, unless somebody has begun with them; the others are tended."""
    for year in trail.notes.get("years", ()):
        owed = list(Duty.every.filter(year=year).values_list("pk", flat=True))
        if not Fulfilment.objects.filter(duty__year=year).exists() and not trail.resting(Duty, owed, DERIVED):
            Duty.every.filter(year=year).delete()
    if batch.kind == "organisations":
        for year in Duty.objects.order_by().values_list("year", flat=True).distinct():
            tend(year, by=by)


@transaction.atomic
def forget(*, waiting_before, kept_before):
    """Uploads never imported go; of older imports the workbook, the report and the way back."""
    Batch.objects.filter(state__in=Batch.BEFORE, created_at__lt=waiting_before).delete()
    Batch.objects.filter(committed_at__lt=kept_before).update(content=None, report=None, trail=None)


def _place(batch, column):
    return f"jobs_batch|{column}|{batch.row_key}"


def _sealed(batch, column, data):
    return vault.seal_bytes(data, _place(batch, column))


def _opened(batch, column):
    return vault.open_bytes(bytes(getattr(batch, column)), _place(batch, column))
