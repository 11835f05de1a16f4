from datetime import date, timedelta

import chinese_calendar
from django.db import migrations

FIRST, LAST = 2018, 2026  # the State Council's notices that the package knows and that a county may still look back on
TERMS = [  # 学期 as Yunnan's schools keep them; the running and later ones provisional until announced
    ("2024—2025 学年下学期", date(2025, 2, 17), date(2025, 7, 11), False),
    ("2025—2026 学年上学期", date(2025, 9, 1), date(2026, 1, 23), True),
    ("2025—2026 学年下学期", date(2026, 3, 2), date(2026, 7, 17), True),
    ("2026—2027 学年上学期", date(2026, 9, 1), date(2027, 1, 22), True),
]


def seed(apps, schema_editor):
    days = apps.get_model("rulebook", "CalendarDay")
    found, day = [], date(FIRST, 1, 1)
    while day.year <= LAST:
        is_working = chinese_calendar.is_workday(day)
        if is_working != (day.weekday() < 5):
            _, name = chinese_calendar.get_holiday_detail(day)
            found.append(days(on=day, is_working=is_working, name=name or "", source=f"国务院办公厅关于{day.year}年部分节假日安排的通知"))
        day += timedelta(days=1)
    days.objects.bulk_create(found)
    terms = apps.get_model("rulebook", "SchoolTerm")
    terms.objects.bulk_create(
        terms(name=name, started_on=start, ended_on=end, is_provisional=provisional) for name, start, end, provisional in TERMS
    )


class Migration(migrations.Migration):
    dependencies = [("rulebook", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
