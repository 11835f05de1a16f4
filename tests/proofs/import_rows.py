"""A county of many branches and a roster of many members."""

import io
import random
from datetime import date, timedelta

import xlsxwriter

from tests.imports import county
from tests.proofs.scale import SEED

PER_BRANCH = 20
HEADINGS = [
    "branch",
    "name",
    "sex",
    "birth_on",
    "id_number",
    "joined_on",
    "converted_on",
    "kind",
    "phone",
    "title",
    "note",
]
TODAY = county.TODAY


def branch_name(number):
    return f"中共青禾县第{number:04}小学支部委员会"


def branches(count):
    """The organisations workbook for a roster of `count` members."""
    table = county.organisations()
    small = table.rows[4]
    more = [
        small | {"name": branch_name(number), "schools": f"第{number:04}小学"}
        for number in range(-(-count // PER_BRANCH))
    ]
    return table._replace(rows=[*table.rows, *more])


def people(count, seed=SEED):
    """Rows of a roster, each valid and unlike the others."""
    rng = random.Random(f"{seed}/people")
    for serial in range(count):
        born = date(1962, 1, 1) + timedelta(days=serial // 999 * 3 + rng.randrange(3))
        joined = born + timedelta(days=rng.randrange(7000, 12000))
        yield {
            "branch": branch_name(serial // PER_BRANCH), "name": f"测{chr(0x4E00 + serial % 19000)}",
            "sex": "男" if serial % 2 else "女", "birth_on": born, "id_number": county.id_number(born, serial % 999),
            "joined_on": joined, "converted_on": joined + timedelta(days=366), "kind": "正式党员",
            "phone": f"139{serial:08}", "title": "一级教师", "note": "",
        }  # fmt: skip


def workbook(count):
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet, day = book.add_worksheet("花名册"), book.add_format({"num_format": "yyyy-mm-dd"})
    labels = county.roster().headings | {"title": "职称", "note": "备注"}
    sheet.write_row(0, 0, [labels[key] for key in HEADINGS])
    for number, row in enumerate(people(count), 1):
        for index, key in enumerate(HEADINGS):
            if isinstance(row[key], date):
                sheet.write_datetime(number, index, row[key], day)
            elif key == "sex":  # the digit before the last says it; the column would only warn
                continue
            else:
                sheet.write_string(number, index, row[key])
    book.close()
    return "roster", stream.getvalue(), "花名册.xlsx"
