"""Jobs of the register of members, its money, moves and lists, and of the record of who did what."""

import io
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from itertools import chain as chained
from itertools import islice

import openpyxl
import tablib
import xlsxwriter
from dateutil.relativedelta import relativedelta
from django.db import connection
from django.utils import timezone
from import_export import fields, resources, widgets

from accounts import chain
from accounts.models import AuditEvent, User
from branches.models import Branch
from members import dues_ledger
from members.facts.dues import dues_on_time
from members.models import Member, Membership
from portal import actions, exports
from portal.models import Export
from rulebook.facts import Period
from tests.bench.tools import undone
from tests.imports import county
from tests.proofs import import_rows

IMPORTED, STOCK, EVENTS = 10_000, 1_000, 10_000


def work(size):
    rows = 300_000 if size >= 10 else 30_000  # a minute and more for the larger one
    return [
        ("roster import of 10 k rows (dry run + commit)", "≤ 3×", imported),
        ("roster import, against stock import-export", "≤ 0.2×", imported_stock),
        (f"roster export of {rows // 1000} k rows", "≤ 1.3×; ≤ 200 MB more", partial(exported, rows)),
        ("dues fact, every branch", "≤ 3×", dues_fact),
        ("arrears, every branch", "≤ 3×", arrears),
        ("audit chain tick of 10 k events", "≤ 2 s", ticked),
        ("import undo, 10 k rows", "≤ 3×", taken_back),  # the last: its roster stays
    ]


# ---- imports


def roster(count):
    """A roster of new members of the county's branches, as `actions.upload` takes it."""
    names = list(Branch.objects.graded().filter(closed_on=None).order_by("pk").values_list("name", flat=True))
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet, day = book.add_worksheet("花名册"), book.add_format({"num_format": "yyyy-mm-dd"})
    labels = county.roster().headings | {"title": "职称", "note": "备注"}
    keys = [key for key in import_rows.HEADINGS if key != "sex"]  # the number says it
    sheet.write_row(0, 0, [labels[key] for key in keys])
    for number, row in enumerate(import_rows.people(count), 1):
        row["branch"] = names[number % len(names)]
        row["id_number"] = county.id_number(row["birth_on"], number % 999, area="990188")  # nobody's in the demo
        for index, key in enumerate(keys):
            value = row[key]
            sheet.write_datetime(number, index, value, day) if isinstance(value, date) else sheet.write(
                number, index, value
            )
    book.close()
    return "roster", stream.getvalue(), "花名册.xlsx"


def put_in(file):
    """Dry run and commit; returns the batch."""
    by, on = User.objects.system(), timezone.localdate()
    batch, plan = actions.upload(*file, by=by, on=on)
    if plan is None or plan.bad:
        raise RuntimeError(f"the bench's roster is refused: {plan and plan.problems[:3]}")
    batch, _ = actions.commit(batch, only_valid=False, by=by, on=on)
    return batch


def imported():
    file = roster(IMPORTED)

    def ours():
        with undone():
            put_in(file)

    return ours, bare(file)


def bare(file):
    """A floor: the cells of a workbook read by openpyxl and copied as they are into a table without anything."""

    def floor():
        sheet = openpyxl.load_workbook(io.BytesIO(file[1])).active
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        with undone(), connection.cursor() as cursor:
            columns = ", ".join(f"c{number} text" for number in range(len(rows[0])))
            cursor.execute(f"CREATE TEMPORARY TABLE bare ({columns}) ON COMMIT DROP")
            cursor.copy_from(io.StringIO("\n".join(map("\t".join, rows))), "bare")

    return floor


class StockRoster(resources.ModelResource):
    """What one writes by django-import-export's manual: a column for each field, the membership added after each row."""

    branch = fields.Field(column_name="党组织", attribute="placed_in", widget=widgets.ForeignKeyWidget(Branch, "name"))

    class Meta:
        model = Member
        fields = ("branch", "name", "birth_on", "id_number", "joined_on", "converted_on", "phone", "title", "note")
        import_id_fields = ()
        skip_diff = True  # a diff copies the row, which sealed numbers refuse; so it is faster than stock

    def after_save_instance(self, instance, row, **kwargs):
        Membership.objects.create(
            member=instance, branch=instance.placed_in, kind="full", started_on=max(instance.joined_on, instance.placed_in.founded_on)
        )  # fmt: skip


def imported_stock():
    """The floor here is no floor: a stock resource on a tenth of the rows, its seconds times ten."""
    ours, _ = imported()
    sheet = openpyxl.load_workbook(io.BytesIO(roster(STOCK)[1])).active
    keys = [key for key in import_rows.HEADINGS if key != "sex"]
    sheet.delete_cols(keys.index("kind") + 1)
    keys.remove("kind")
    for index, key in enumerate(keys, 1):
        sheet.cell(1, index).value = "党组织" if key == "branch" else key
    for cell in chained.from_iterable(sheet.iter_rows(min_row=2)):
        if isinstance(cell.value, datetime):  # its own widget would take the hour along
            cell.value = f"{cell.value:%Y-%m-%d}"
    stream = io.BytesIO()
    sheet.parent.save(stream)

    def stock():
        begun = timezone.now()
        with undone():
            rows = tablib.Dataset().load(stream.getvalue(), format="xlsx")
            for is_dry in (True, False):
                result = StockRoster().import_data(rows, dry_run=is_dry)
                if result.totals["new"] != STOCK:
                    raise RuntimeError(
                        [error.error for error in result.error_rows[0].errors] if result.error_rows else ""
                    )
        return (timezone.now() - begun).total_seconds() * IMPORTED / STOCK

    return ours, stock


def taken_back():
    """Undoing an import, with its look at whatever might rest on it, against deleting the same rows."""
    before = Member.objects.order_by("-pk").values_list("pk", flat=True).first()
    batch = put_in(roster(IMPORTED))
    by, on = User.objects.system(), timezone.localdate()

    def ours():
        with undone():
            actions.undo(batch, by=by, on=on)

    def floor():
        with undone(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM members_membership WHERE member_id > %s", [before])
            cursor.execute("DELETE FROM members_member WHERE id > %s", [before])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    return ours, floor


# ---- the roster as a file


class Again:
    """A list's rows over and over, each time asked of the database anew, until there are `count`."""

    def __init__(self, rows, count):
        self.rows, self.length = rows, count

    def count(self):
        return self.length

    def iterator(self, chunk_size):
        passes = -(-self.length // self.rows.count())
        return islice(chained.from_iterable(self.rows.iterator(chunk_size) for _ in range(passes)), self.length)


def exported(count):
    """The whole way from the rows to the sealed file, against XlsxWriter alone writing the same cells."""
    user, on = User.objects.get(username="gongwei"), timezone.localdate()
    usual = exports.find("members")

    def rows(user, data, on):
        found, words = usual.rows(user, data, on)
        return Again(found, count), words

    found = exports.listing(replace(usual, key="bench", rows=rows))
    head = [found.columns[key] for key in found.usual]
    some = list(islice(rows(user, {}, on)[0].iterator(exports.PORTION), exports.PORTION))
    beside = found.beside(some, on)
    cells = [[column.cell(row, beside) for column in head] for row in some]

    def ours():
        with undone():
            export = Export.objects.create(
                listing="bench", branch=exports.home_of(user), columns=[*found.usual], purpose="性能测试用", count=count,
                state=Export.State.MAKING, created_by=user, kind=Export.Kind.XLSX,
            )  # fmt: skip
            exports.make(export, on=on)

    def floor():
        stream = io.BytesIO()
        book = xlsxwriter.Workbook(stream, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
        for number in range(count):
            sheet.write_row(number, 0, [number, *cells[number % len(cells)]])
        book.close()
        return None if stream.getvalue() else 0

    return ours, floor


# ---- dues

_MONTHS = """
SELECT stay.branch_id, at.month::date, count(*), count(paid.id)
FROM generate_series(%(first)s::timestamp, %(last)s, interval '1 month') AS at (month)
JOIN members_membership stay ON stay.started_on < at.month + interval '1 month' AND coalesce(stay.ended_on, 'infinity') >= at.month
LEFT JOIN members_duespayment paid ON paid.member_id = stay.member_id AND paid.month = at.month::date
GROUP BY 1, 2
"""
_UNPAID = """
SELECT stay.member_id, array_agg(at.month::date)
FROM generate_series(%(first)s::timestamp, %(last)s, interval '1 month') AS at (month)
JOIN members_membership stay ON stay.started_on < at.month + interval '1 month' AND coalesce(stay.ended_on, 'infinity') >= at.month
LEFT JOIN members_duespayment paid ON paid.member_id = stay.member_id AND paid.month = at.month::date
WHERE paid.id IS NULL GROUP BY 1
"""


def _bare(statement, first, last):
    def floor():
        with connection.cursor() as cursor:
            cursor.execute(statement, {"first": first, "last": last})
            cursor.fetchall()

    return floor


def dues_fact():
    on = timezone.localdate()
    period = Period.of_year(on.year, on=on)
    floor = _bare(_MONTHS, date(on.year, 1, 1), date(on.year, 12, 1))
    return lambda: dues_on_time(Branch.objects.graded(), period), floor


def arrears():
    on = timezone.localdate()
    keys = list(Branch.objects.graded().values_list("pk", flat=True))
    this = on.replace(day=1)
    floor = _bare(_UNPAID, this - relativedelta(months=dues_ledger.LOOKS_BACK), this - relativedelta(months=1))
    return lambda: dues_ledger.arrears(keys, on=on), floor


# ---- the record of who did what


def ticked():
    """Chaining what happened since the last tick, against inserting the same links."""
    while chain.extend():
        pass
    by = User.objects.system()
    AuditEvent.objects.bulk_create(
        [AuditEvent(by=by, action="bench.act", label="members.Member", object_id=str(number), detail={"number": number})
         for number in range(EVENTS)]
    )  # fmt: skip
    with undone(), connection.cursor() as cursor:
        if chain.extend() != EVENTS:
            raise RuntimeError("the tick did not chain what the bench had recorded")
        cursor.execute(
            "SELECT position, event_id, at, digest FROM accounts_auditlink ORDER BY position DESC LIMIT %s", [EVENTS]
        )
        links = cursor.fetchall()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_links AS TABLE accounts_auditlink WITH NO DATA")
        for place in range(0, EVENTS, 1000):
            part = links[place : place + 1000]
            marks = ", ".join(["(%s, %s, %s, %s)"] * len(part))
            columns = [value for link in part for value in link]
            cursor.execute(f"INSERT INTO bench_links (position, event_id, at, digest) VALUES {marks}", columns)  # noqa: S608

    def ours():
        with undone():
            chain.extend()

    def floor():
        with undone(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO accounts_auditlink SELECT * FROM bench_links")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    return ours, floor
