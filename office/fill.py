"""The office's own form back, filled: rows put under its header, everything else left where it is."""

import json
from pathlib import Path

from office import Unreadable, guard
from office.archive import inspect
from office.reader import MAX_SIZE
from office.writer import clean_text

CHILD = Path(__file__).with_name("fill_child.py")
WALL_SECONDS = 60
MAX_ROWS = 20_000
TEXT, NUMBER, DAY = "text", "number", "day"


def fill(data, sheet, rows, *, first_row, serial=()):
    """The .xlsx `data` with `rows` from `first_row` on; raises Unreadable.

    A row is {column from 0: (TEXT, NUMBER or DAY, value)}; a day is an ISO date. `serial`: columns of running numbers, whose
    printed numbers do not count as content of the form.
    """
    if len(data) > MAX_SIZE:
        raise Unreadable("原表太大，无法填写。请删去图片后重新发起收表。")
    if len(rows) > MAX_ROWS:
        raise Unreadable(f"汇总有 {len(rows)} 行，一张表最多 {MAX_ROWS} 行，请分几次收。")
    inspect(data)
    plain = [
        {column: (kind, clean_text(value) if kind == TEXT else value) for column, (kind, value) in row.items()}
        for row in rows
    ]
    task = json.dumps({"sheet": sheet, "first_row": first_row, "rows": plain, "serial": list(serial)}).encode()
    try:
        return guard.run(CHILD, data=task + b"\n" + data, seconds=WALL_SECONDS)
    except (guard.TooSlow, guard.TooHeavy) as error:
        raise Unreadable("原表占用的范围过大，无法填写。请把有用的内容复制到新建的工作簿后重新发起收表。") from error
    except guard.Broken as error:
        raise Unreadable("原表的内部写法特殊，无法填写。请用 WPS 或 Excel 另存一份后重新发起收表。") from error
