"""批量转接: one list by which many are moved at once (县管校聘), each of them with a letter of the own."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from branches.models import within
from branches.rights import places, require
from jobs.planning import same_name
from members.models import Membership, Transfer
from members.transfer_moves import confirm
from members.transfers import destinations, find_destination, issue, move_by_list
from office import Unreadable, reader, table
from office.values import clean_name

MOST = 300  # rows of one list
COLUMNS = (
    table.Column("name", "姓名", ("党员姓名", "教师姓名", "党员"), required=True, identity=True),
    table.Column(
        "source", "现支部", ("现所在支部", "现党支部", "转出支部", "转出党支部", "原支部", "原党支部", "所在党支部"), required=True
    ),
    table.Column(
        "target", "转入支部", ("转入党支部", "接收支部", "接收党支部", "调入支部", "新支部"), required=True
    ),
)  # fmt: skip
LABELS = {column.key: column.label for column in COLUMNS}


@dataclass
class Line:
    """One row of a list as it was typed, what it stands for, and what is wrong with it. `place` names its cells."""

    number: int
    name: str = ""
    source: str = ""
    target: str = ""
    cells: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)
    home: Membership | None = None
    branch: object = None

    @property
    def is_blank(self):
        return not (self.name or self.source or self.target)

    @property
    def faults(self):
        """The faults in words, each with its cell when the row came from a file."""
        return [
            f"{self.cells[key]} {message}" if key in self.cells else message for key, message in self.errors.items()
        ]


def read(data, file_name):
    """The rows of a list as a workbook holds them; raises `Unreadable`."""
    found = table.find_table(reader.read(data, file_name), COLUMNS, kind_label="转接名单")
    lines = [
        Line(
            number,
            **{key: _text(values.get(key)) for key in LABELS},
            cells={key: found.cell(number, key) for key in LABELS},
        )
        for number, values in found.rows
    ]
    if not lines:
        raise Unreadable("表里只有表头，没有人员，请核对是否选错了文件。")
    if len(lines) > MOST:
        raise Unreadable(f"表里有 {len(lines)} 行，一份名单最多 {MOST} 人，请分成几份。")
    return lines


def _text(cell):
    return "" if cell is None else str(cell).strip()[:200]


def resolve(lines, by, on):
    """Find the member and the two branches of each row; what is wrong stands in its `errors`. A few queries for all."""
    lines = [line for line in lines if not line.is_blank]
    names = {}
    for line in lines:
        try:
            line.name = clean_name(line.name)[0] if line.name else ""
        except ValueError as error:
            line.errors["name"] = str(error)
    homes = Membership.objects.filter(
        within(places(by, "transfer.approve"), "branch__path"), ended_on=None,
        member__name__in={line.name for line in lines if line.name},
    )  # fmt: skip
    for home in homes.select_related("member", "branch"):
        names.setdefault(home.member.name, []).append(home)
    taken = set(
        Transfer.objects.open()
        .filter(member__in=[home.member_id for each in names.values() for home in each])
        .values_list("member", flat=True)
    )
    open_branches, seen = list(destinations(on)), {}
    for line in lines:
        _find_home(line, names.get(line.name, []))
        _find_target(line, open_branches, on)
        if line.home is None:
            continue
        if line.home.member_id in taken:
            line.errors["name"] = "这位同志已有一件没有办结的转接"
        elif line.home.member_id in seen:
            line.errors["name"] = f"与第 {seen[line.home.member_id]} 行是同一人"
        seen.setdefault(line.home.member_id, line.number)
        if line.branch is not None and line.branch.pk == line.home.branch_id:
            line.errors["target"] = "转出和转入是同一个支部"
    return lines


def _find_home(line, homes):
    if not line.name:
        line.errors.setdefault("name", "请填姓名")
        return
    wanted = same_name(line.source)
    exact = [home for home in homes if same_name(home.branch.name) == wanted]
    found = exact or [home for home in homes if wanted in same_name(home.branch.name)]
    if len(found) == 1:
        line.home = found[0]
    elif "name" in line.errors:
        return
    elif not homes:
        line.errors["name"] = "您管理的支部名册上没有这个人，请核对姓名"
    elif not found:
        line.errors["source"] = "这个人不在这个支部，请核对"
    elif len({home.branch_id for home in found}) > 1:
        line.errors["source"] = f"有 {len(found)} 位同名的同志，请写明现支部全称"
    else:
        line.errors["name"] = "这个支部有同名的同志，请在名册中逐人办理"


def _find_target(line, open_branches, on):
    if not line.target:
        line.errors["target"] = "请填转入支部"
        return
    try:
        line.branch = find_destination(line.target, on, among=open_branches)
    except ValidationError as error:
        line.errors["target"] = error.messages[0]


@transaction.atomic
def draw_up(listed, lines, *, by, on):
    """Write the list and one transfer for each row, all or none."""
    require(by, "transfer.approve", at=listed.branch)
    if not lines:
        raise ValidationError("名单上还没有人。")
    if listed.moves_on > on + timedelta(days=366):
        raise ValidationError({"moves_on": "调动日期太远，请核对。"})
    listed.created_by = by
    listed.full_clean()
    listed.save()
    for line in lines:
        transfer = Transfer(
            direction=Transfer.Direction.INSIDE, member=line.home.member, to_branch=line.branch,
            reason=listed.title[:100], on_list=listed,
        )  # fmt: skip
        move_by_list(transfer, by=by, on=on)
    audit.record("transfer.draw_up", listed, by=by, people=len(lines))
    return listed


@transaction.atomic
def issue_all(listed, *, issued_on, dues_paid_through, valid_days=None, by, on):
    """Open a letter for each member of the list who has none yet; returns how many."""
    require(by, "transfer.approve", at=listed.branch)
    waiting = listed.transfers.filter(state=Transfer.State.AGREED).order_by("pk")
    for transfer in waiting:
        issue(
            transfer, issued_on=issued_on, dues_paid_through=dues_paid_through, valid_days=valid_days, by=by, on=on
        )  # fmt: skip
    if not waiting:
        raise ValidationError("名单上没有等着开介绍信的同志。")
    audit.record("transfer.issue_all", listed, by=by, people=len(waiting))
    return len(waiting)


@transaction.atomic
def confirm_all(listed, *, receipt_on, by, on):
    """Confirm everybody on the list whom the new branch has accepted; returns how many."""
    require(by, "transfer.approve", at=listed.branch)
    waiting = list(listed.transfers.filter(state=Transfer.State.RECEIVED).order_by("pk"))
    if not waiting:
        raise ValidationError("名单上没有等着确认的同志，转入支部接收以后再来确认。")
    for transfer in waiting:
        confirm(transfer, receipt_on=receipt_on, by=by, on=on)
    audit.record("transfer.confirm_all", listed, by=by, people=len(waiting))
    return len(waiting)
