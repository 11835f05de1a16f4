"""Filling in a campaign of 分析研判 over every branch of the county."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from branches import screenings, standards
from branches.actions import root
from branches.models import Screening, ScreeningCampaign, ScreeningMark, Standard
from rulebook.book import value
from tests.bench.tools import undone

TABLES = [Screening._meta.db_table, ScreeningMark._meta.db_table]


def prefilled():
    """Opening a campaign: the list, and the marks of every item from the records; against the same statements that read,
    sent bare, and the same rows inserted from a copy."""
    by, today = User.objects.system(), timezone.localdate()
    standard = Standard(branch=root(), title="测算", edition="示例")
    standards.create(standard, by=by, sample="strong_and_good")
    days = value("screening.phases", on=today)
    campaign = ScreeningCampaign(
        branch=root(), year=today.year, title="测算", standard=standard, scale=value("screening.scale", on=today),
        **{name: f"{today.year}-{day}" for name, day in days.items()},
    )  # fmt: skip
    screenings.save(campaign, by=by)
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        screenings.open_campaign(campaign, by=by, on=today)
        made = Screening.objects.filter(campaign=campaign)
        marks = ScreeningMark.objects.filter(screening__campaign=campaign)
        for table, rows in zip(TABLES, (made, marks), strict=True):
            keys = ",".join(str(pk) for pk in rows.values_list("pk", flat=True))
            cursor.execute(f"CREATE TABLE bench_{table} AS SELECT * FROM {table} WHERE id IN ({keys})")  # noqa: S608
        marks._raw_delete(marks.db)
        made._raw_delete(made.db)
    ScreeningCampaign.objects.filter(pk=campaign.pk).update(state="draft", opened_at=None)
    reading = ("SELECT", "WITH")
    statements = [query["sql"] for query in queries if query["sql"].lstrip().upper().startswith(reading)]
    statements = [sql for sql in statements if "branches_screening" not in sql and "nextval" not in sql]

    def ours():
        with undone():
            screenings.open_campaign(campaign, by=by, on=today)

    def floor():
        with undone(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()
            for table in TABLES:
                cursor.execute(f"INSERT INTO {table} SELECT * FROM bench_{table}")  # noqa: S608

    return ours, floor
