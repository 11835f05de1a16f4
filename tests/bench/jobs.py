"""The jobs and their floors. Each `make()` returns (ours, floor): two functions without arguments, done in turn."""

import io
from contextlib import contextmanager
from datetime import timedelta

import xlsxwriter
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from assessment import scoring, workbook
from branches.models import Branch
from duties import actions as duties
from duties.models import Duty
from office import reader
from reminders import sweep

PAGE, PAGE_OF_ONE = "≤ 3× at 1, ≤ 4× at 100; ≤ 15 queries", "≤ 4×"


class Undone(Exception):
    """Ends a block whose writes are not kept."""


@contextmanager
def undone():
    try:
        with transaction.atomic():
            yield
            raise Undone
    except Undone:
        pass


def all_jobs():
    return [*pages(), *work()]


# ---- pages


def pages():
    """The main pages, as staff and as a branch's secretary see them, against the bare page of the same person."""
    star = Branch.objects.get(appointments__user__username="shuji")
    member = star.memberships.filter(ended_on=None).order_by("pk").first().member_id
    year = timezone.localdate().year
    seen = [
        ("工作台, secretary", "shuji", "/", PAGE_OF_ONE),
        ("工作台, staff", "gongwei", "/", PAGE),
        ("duty matrix", "gongwei", "/duties/", PAGE),
        ("member list", "gongwei", "/members/", PAGE),
        ("member", "shuji", f"/members/{member}/", PAGE),
        ("branch list", "gongwei", "/branches/", PAGE),
        ("branch", "gongwei", f"/branches/{star.pk}/", PAGE),
        ("meeting list", "gongwei", "/meetings/", PAGE),
        ("score list", "gongwei", "/assessment/", PAGE),
        ("score sheet, secretary", "shuji", f"/assessment/{year}/{star.pk}/", PAGE),
    ]
    return [(f"page: {label}", goal, page(person, url)) for label, person, url, goal in seen]


def page(person, url):
    def make():
        client = Client(raise_request_exception=True)
        client.force_login(User.objects.get(username=person))

        def get(address):
            answer = client.get(address)
            if answer.status_code != 200:
                raise RuntimeError(f"{address}: {answer.status_code}")

        return lambda: get(url), lambda: get("/bench/bare/")

    return make


# ---- work


def work():
    return [
        ("duties of a year, every branch", "≤ 2×; linear", owed),
        ("grading a year, every branch", "≤ 3×; ≤ 400 MB at 100", graded),
        ("year-end workbook", "≤ 1.3×", year_end),
        ("reminder sweep", "≤ 3×", swept),
    ]


def owed():
    """Making a year's duties where none are, against inserting the same rows from a copy."""
    year, system = timezone.localdate().year, User.objects.system()

    def ours():
        with undone():
            Duty.objects.filter(year=year, notice=None).update(year=year - 90)
            duties.generate(year, by=system)

    def floor():
        with undone(), connection.cursor() as cursor:
            Duty.objects.filter(year=year, notice=None).update(year=year - 90)
            columns = ", ".join(
                field.column for field in Duty._meta.concrete_fields if field.column not in ("id", "year")
            )
            cursor.execute(
                f"INSERT INTO duties_duty (year, {columns}) SELECT {year}, {columns} FROM duties_duty "  # noqa: S608
                f"WHERE year = {year - 90} AND notice_id IS NULL"
            )

    return ours, floor


def replayed(ours):
    """A floor: the statements that `ours` sends, sent bare, their rows thrown away."""
    with CaptureQueriesContext(connection) as queries:
        ours()
    statements = [query["sql"] for query in queries if query["sql"].lstrip().upper().startswith(("SELECT", "WITH"))]

    def floor():
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()

    return floor


def graded():
    today = timezone.localdate()

    def ours():
        return scoring.grade(today.year - 1, on=today)

    return ours, replayed(ours)


def year_end():
    """Our workbook against XlsxWriter alone writing the same cells."""
    today = timezone.localdate()
    scores = scoring.grade(today.year - 1, on=today)

    def ours():
        return workbook.as_workbook(scores, today.year - 1, on=today)

    sheets = reader.read(ours(), "book.xlsx")
    with CaptureQueriesContext(connection) as queries:
        ours()
    statements = [query["sql"] for query in queries if query["sql"].lstrip().upper().startswith(("SELECT", "WITH"))]

    def floor():
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()
        write_bare(sheets)

    return ours, floor


def write_bare(sheets, **options):
    book = xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True, **options})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name[:31])
        for number, cells in sheet.rows:
            for column, value in enumerate(cells):
                if value is not None:
                    page.write(number - 1, column, value if isinstance(value, (int, float, str)) else str(value))
    book.close()


def swept():
    """The day's sweep with nothing told yet, against INSERT … SELECT of the rows that it writes."""
    from reminders.models import Digest, DigestLine, Reminder

    now = timezone.now().replace(hour=2)  # ten in the morning in Shanghai
    now += timedelta(days=-now.weekday() % 7 or 7)  # of the next Monday: on days of rest nobody is told anything
    tables = [model._meta.db_table for model in (Reminder, Digest, DigestLine)]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)}, reminders_sweep CASCADE")
        sweep.run(now)
        for table in tables:
            cursor.execute(f"CREATE TABLE bench_{table} AS TABLE {table}")
        cursor.execute(f"TRUNCATE {', '.join(tables)}, reminders_sweep CASCADE")

    def ours():
        with undone():
            sweep.run(now)

    def floor():
        with undone(), connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"INSERT INTO {table} SELECT * FROM bench_{table}")  # noqa: S608

    return ours, floor
