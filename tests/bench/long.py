"""Lists over tables that grow for years: with a million rows against themselves with ten thousand."""

import time
from functools import partial
from statistics import median

from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from meetings.models import Meeting
from tests.bench.tools import undone

FEW, MANY, ROUNDS = 10_000, 1_000_000, 9


def work():
    return [
        (
            "操作记录 over 1 M rows, against 10 k",
            "≤ 1.3×",
            partial(grown, AuditEvent, "gongwei-admin", "portal:audit", "at"),
        ),
        (
            "会议记录 over 1 M rows, against 10 k",
            "≤ 1.3×",
            partial(grown, Meeting, "gongwei", "meetings:list", "held_on"),
        ),
    ]


def grown(model, person, route, day):
    """(seconds with many rows, with few): both are measured now, in one transaction that is taken back."""
    client = Client(raise_request_exception=True)
    client.force_login(User.objects.get(username=person))
    with undone():
        fill(model, day, FEW)
        few = opened(client, reverse(route))
        fill(model, day, MANY - FEW)
        many = opened(client, reverse(route))
    return lambda: many, lambda: few


def fill(model, day, count):
    """Rows like those that are there, a few a minute, back from the oldest."""
    table, day = model._meta.db_table, model._meta.get_field(day).column
    others = ", ".join(
        f'"{field.column}"' for field in model._meta.concrete_fields if field.column not in (model._meta.pk.column, day)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({day}, {others}) "  # noqa: S608 - names of our own
            f"SELECT {day} - number / 10000 * interval '1 day', {others} FROM (SELECT * FROM {table} ORDER BY id LIMIT 1000) AS old, "
            "generate_series(1, %s) AS number",
            [count // 1000],
        )
        cursor.execute(f"ANALYZE {table}")


def opened(client, address):
    """Median seconds of the page."""
    taken = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        if client.get(address).status_code != 200:
            raise RuntimeError(address)
        taken.append(time.perf_counter() - begun)
    return median(taken[1:])
