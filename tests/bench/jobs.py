"""The jobs and their floors. Each `make()` returns (ours, floor): two functions without arguments, done in turn."""

import io
import sys
from datetime import timedelta
from tempfile import TemporaryDirectory

import xlsxwriter
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.models import User
from assessment import actions as grading
from assessment import forecast, scoring, workbook
from branches.models import Branch
from duties import actions as duties
from duties.models import Duty
from reminders import sweep
from tests.bench import long, records, roads, screening, training
from tests.bench.tools import read_by, replayed, undone

PAGE, PAGE_OF_ONE = "≤ 3× at 1, ≤ 4× at 100; ≤ 15 queries", "≤ 4×"


def all_jobs(size):
    return [
        *((f"page: {label}", goal, page(person, url)) for label, person, url, goal in pages()),
        *work(),
        *long.work(),
        *records.work(size),
    ]


# ---- pages


def pages():
    """The main pages, as staff and as a branch's secretary see them: (label, person, address, goal)."""
    star = Branch.objects.get(appointments__user__username="shuji")
    member = star.memberships.filter(ended_on=None).order_by("pk").first().member_id
    today = timezone.localdate()
    year = today.year
    return [
        ("工作台, secretary", "shuji", "/", PAGE_OF_ONE),
        ("工作台, staff", "gongwei", "/", PAGE),
        ("duty matrix", "gongwei", "/duties/", PAGE),
        ("member list", "gongwei", "/members/", PAGE),
        ("member", "shuji", f"/members/{member}/", PAGE),
        ("branch list", "gongwei", "/branches/", PAGE),
        ("branch", "gongwei", f"/branches/{star.pk}/", PAGE),
        ("meeting list", "gongwei", "/meetings/", PAGE),
        ("score list", "gongwei", "/assessment/", PAGE),
        ("score sheet, staff", "gongwei", f"/assessment/{year}/{star.pk}/", PAGE),
        ("score sheet, secretary", "shuji", f"/assessment/{year}/{star.pk}/", PAGE),
        ("transfer list", "gongwei", reverse("members:transfers"), PAGE),
        ("dues month", "shuji", reverse("members:dues_month", args=[star.pk, year, today.month]), PAGE),
        ("到期一览", "gongwei", reverse("members:terms"), PAGE),
        ("audit page", "gongwei-admin", reverse("portal:audit"), PAGE),
        ("学时, staff", "gongwei", reverse("training:hours"), PAGE),
        ("学时, secretary", "shuji", reverse("training:hours"), PAGE),
        ("签到, staff", "gongwei", reverse("training:board", args=[training.busiest()]), PAGE),
        ("进党校, staff", "gongwei", reverse("training:coverage"), PAGE),
        ("还没有进党校, staff", "gongwei", reverse("training:coverage_people"), PAGE),
        ("发展党员, staff", "gongwei", reverse("recruitment:board"), PAGE),
        ("发展党员台账, staff", "gongwei", reverse("recruitment:list"), PAGE),
        ("发展党员档案, secretary", "shuji", reverse("recruitment:detail", args=[roads.longest(star)]), PAGE_OF_ONE),
    ]


def page(person, url):
    """A page against the bare page of the same person."""

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
        ("预估得分 of every branch, kept", "≤ 3×", forecast_kept),
        ("year-end workbook", "≤ 1.3×", year_end),
        # At size 1 some hundred lines are written: asking what every rule asks, the plans of that and the pass over all roads cost
        # more than those. It does not grow with the recipients: tests/proofs/test_reminder_speed.py measures 10,000 of them.
        ("reminder sweep", "≤ 3× with 10 k recipients", swept),
        ("opening a campaign of 分析研判, every branch", "≤ 3×", screening.prefilled),
        (f"legality of {roads.CASES:,} open roads into the Party", "≤ 2 s; constant queries", roads.judged),
        (
            f"import of {roads.UNDER_WAY:,} people under way (dry run + commit)",
            "≤ 20 s; constant queries",
            roads.carried_on,
        ),
        ("hours of everybody", "≤ 3×", training.hours),
        ("coverage of 党校, every branch", "≤ 3×", training.covered),
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


def graded():
    today = timezone.localdate()

    def ours():
        return scoring.grade(today.year - 1, on=today)

    return ours, replayed(ours)


def forecast_kept():
    """A night's pass: everybody graded and a row of each kept, against the same reading as bare SQL."""
    today = timezone.localdate()

    def ours():
        with undone():
            forecast.run(today.year, on=today)

    return ours, replayed(lambda: scoring.grade(today.year, on=today))


def year_end():
    """Our workbook, written as one of its length is, against XlsxWriter alone writing the same cells in the same way."""
    today = timezone.localdate()
    scores = scoring.grade(today.year - 1, on=today)
    is_long = len(scores) > grading.LONG

    def ours():
        with TemporaryDirectory() as folder:
            return workbook.as_workbook(scores, today.year - 1, on=today, folder=folder if is_long else None)

    sheets = filled(ours())
    statements = read_by(ours)

    def floor():
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()
        write_bare(sheets, **({"in_memory": False, "constant_memory": True} if is_long else {}))

    return ours, floor


def filled(data):
    """name → rows of a workbook of our own, however long: the guarded reader takes no file of this size from anybody."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def write_bare(sheets, **options):
    book = xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True, **options})
    for name, rows in sheets.items():
        page = book.add_worksheet(name[:31])
        for number, cells in enumerate(rows):
            for column, value in enumerate(cells):
                if value != "":
                    page.write(number, column, value if isinstance(value, (int, float, str)) else str(value))
    book.close()


def swept():
    """The day's sweep with nothing told yet, against INSERT … SELECT of the rows that it writes."""
    from reminders.models import Digest, DigestLine, Reminder

    tables = [model._meta.db_table for model in (Reminder, Digest, DigestLine)]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)}, reminders_sweep CASCADE")
        now = _busiest()
        sweep.run(now)
        sys.stderr.write(
            f"  reminder sweep of {now:%m-%d}: {DigestLine.objects.count()} lines in {Digest.objects.count()} digests\n"
        )
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


def _busiest():
    """Ten in the morning of the day in the next five weeks on which most people are told something."""
    from reminders.models import Digest

    today = timezone.now().replace(hour=2)  # ten in Shanghai
    told = {}
    for number in range(1, 36):
        with undone():
            sweep.run(today + timedelta(days=number))
            told[today + timedelta(days=number)] = Digest.objects.count()
    day = max(told, key=told.get)
    if not told[day]:
        raise RuntimeError("in five weeks nobody is told anything: the sweep would measure nothing")
    return day
