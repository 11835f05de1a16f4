"""The answers of all in one: the user's own form, filled in its own layout."""

import re
from decimal import Decimal

from datacalls import known
from datacalls.models import DataCallAnswer, DataCallColumn, DataCallRow
from files.actions import open_file
from files.intake import clean_name
from office import fill

Source, Type = DataCallColumn.Source, DataCallColumn.Type
NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,6})?")


def merge(call, user):
    """(bytes, file name) of the form with the lines of everybody who has handed in, in 单位序; raises ValidationError.

    What an organisation said that `user` stands above no more is not in it.
    """
    columns = list(call.columns.all())
    rows = DataCallRow.objects.visible_to(user, verb="call.run")
    rows = rows.filter(answer__call=call, answer__state=DataCallAnswer.State.SUBMITTED)
    rows = rows.order_by("answer__branch__order", "answer__branch", "position").values_list("cells", flat=True)
    kinds = {column.position: _kind(column, call.per) for column in columns}
    serial = [column.position for column in columns if column.source == Source.SERIAL]
    lines = []
    for number, cells in enumerate(rows, 1):
        line = {
            column.position: _cell(kinds[column.position], cells.get(column.key, ""))
            for column in columns
            if cells.get(column.key)
        }
        lines.append(line | dict.fromkeys(serial, (fill.NUMBER, number)))
    made = fill.fill(open_file(call.file), call.sheet, lines, first_row=call.first_row, serial=serial)
    return made, clean_name(f"{call.title}（汇总）.xlsx")


def _kind(column, per):
    if column.source == Source.KNOWN:
        found = known.catalogue(per).get(column.known)
        return fill.NUMBER if found and found.is_count else fill.DAY if found and found.is_day else fill.TEXT
    return {Type.WHOLE: fill.NUMBER, Type.NUMBER: fill.NUMBER, Type.DAY: fill.DAY}.get(column.type, fill.TEXT)


def _cell(kind, text):
    if kind == fill.NUMBER and NUMBER.fullmatch(text):
        found = Decimal(text)
        return fill.NUMBER, int(found) if found == found.to_integral_value() else float(found)
    if kind == fill.DAY and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return fill.DAY, text
    return fill.TEXT, text
