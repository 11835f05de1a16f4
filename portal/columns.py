"""The columns of an uploaded workbook as a page shows them: where the header may stand, what is below it, what it may mean."""

import re
from datetime import date, datetime
from itertools import zip_longest

from jobs.planning import Chosen, dictionary
from office import table

CLOSE = 12  # rows of a sheet offered as its header
LONG = 40  # characters of a row or a sample that are shown
SECRET = re.compile(r"\d{7,}")  # an identity or telephone number, whatever its column is called
HIDDEN = "不显示"


def places(sheets):
    """(value, words) of every row that may hold the names of the columns, and of every two rows that may together."""
    found = []
    for position, sheet in enumerate(sheets):
        rows = sheet.rows[:CLOSE]
        for (number, cells), following in zip_longest(rows, rows[1:]):
            words = _masked("、".join(str(cell) for cell in cells if cell is not None))[:LONG]
            found.append((f"{position}-{number}", f"“{sheet.name}”第 {number} 行：{words}"))
            if following and following[0] == number + 1:
                found.append((f"{position}-{number}-{number + 1}", f"“{sheet.name}”第 {number}、{number + 1} 两行"))
    return found


def heading(sheets, known, at):
    """The header row that somebody chose (a value of `places`), or else the likeliest one."""
    if match := re.fullmatch(r"(\d{1,3})-(\d{1,7})(?:-(\d{1,7}))?", at):
        position, *numbers = (int(part) for part in match.groups() if part)
        if position < len(sheets) and (found := table.headings(sheets, known, at=(sheets[position].name, numbers))):
            return found
    return table.headings(sheets, known)


def written(sheets, found):
    """The value of `places` for a header row."""
    position = next(number for number, sheet in enumerate(sheets) if sheet is found.sheet)
    return "-".join(map(str, (position, *found.numbers)))


def rows(found, form, classified):
    """Each header with its cell, some of what stands below it (numbers of persons hidden) and the choice of its meaning."""
    result = []
    for position, (index, key, number, _) in enumerate(found.claims):
        is_hidden = key in classified
        samples = [] if is_hidden else [_said(cell) for cell in found.samples(index)]
        cell = f"{table.column_letter(index)}{number}"
        result.append({"field": form[f"column_{position}"], "cell": cell, "is_hidden": is_hidden, "samples": samples})
    return result


def _said(cell):
    if isinstance(cell, date | datetime):
        return f"{cell:%Y-%m-%d}"
    return _masked(str(cell))[:LONG]


def _masked(text):
    return HIDDEN if SECRET.search("".join(text.split())) else text


def guide(resource):
    """What a template says beside its columns: the words to choose from, and how several are written."""
    columns, _ = dictionary(resource.columns_file)
    widgets = resource.widgets()
    lists = {key: _labels(widget) for key, widget in widgets.items()}
    several = {
        key: f"可填几项，用顿号隔开：{'、'.join(lists[key])}" for key in lists if getattr(widgets[key], "many", False)
    }
    notes = several | {column.key: "必填" for column in columns if column.required and column.key not in several}
    return {"choices": {key: labels for key, labels in lists.items() if labels and key not in several}, "notes": notes}


def _labels(widget):
    if isinstance(widget, Chosen):
        return list(widget.choices.labels)
    return list(getattr(widget, "labels", {}).values())  # a national code list
