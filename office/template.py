"""A workbook to fill in for an import: what a column takes is said at its head, offered as a list, and checked on typing."""

import datetime
from typing import NamedTuple

from office.writer import UNSTAMPED, Workbook

ROWS = 2_000  # to fill in, with lists and checks
INLINE = 200  # characters of a list that stands in the validation itself; Excel takes 255
AS_TEXT = ("id_number", "phone", "contact_phone")  # as numbers they would lose digits or leading zeros
FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)
LISTS, GUIDE = "代码", "填写说明"
SHOWN_CHOICES = 12  # of a long list, in words
REQUIRED, OPTIONAL = "#F8CBAD", "#DDEBF7"
NOTE_WIDTH, NOTE_LINE = 260, 18  # pixels
LINE = 19  # Chinese characters of a note


class Look(NamedTuple):
    """How the cells of a column are laid out."""

    number_format: str
    width: float
    accepts: str


def template(title, columns, *, choices, notes, example=()):
    """The bytes of an .xlsx for `columns` (office.table.Column).

    `choices` {key: labels} become lists to choose from, `notes` {key: what to mind} stand at the heads, `example` rows
    {key: value} stand on the guide's sheet only, where no import takes them for data.
    """
    book = Workbook(title=title, created=UNSTAMPED)
    sheet = book.sheet(title)
    worksheet = sheet.worksheet
    sheet.title(title, len(columns))
    looks = {column.key: _look(column, choices.get(column.key, ())) for column in columns}
    lists = {key: list(labels) for key, labels in choices.items() if labels and key in looks}
    guide = book.sheet(GUIDE)
    named = _named_lists(book, lists)
    for index, column in enumerate(columns):
        look = looks[column.key]
        worksheet.set_column(index, index, look.width, book.format(num_format=look.number_format))
        sheet.write(
            1,
            index,
            _head(column),
            bold=True,
            border=1,
            align="center",
            valign="vcenter",
            text_wrap=True,
            bg_color=REQUIRED if column.required else OPTIONAL,
        )
        words = _words(column, look, notes)
        height = NOTE_LINE * (2 + sum(1 + len(line) // LINE for line in words.split("\n")))
        worksheet.write_comment(1, index, words, {"author": "", "width": NOTE_WIDTH, "height": height})
        check = _check(column, lists, named)
        if check:
            worksheet.data_validation(2, index, 1 + ROWS, index, check)
    worksheet.set_row(1, 32)
    worksheet.freeze_panes(2, 0)
    worksheet.repeat_rows(1)
    _fill_guide(guide, title, columns, looks, notes, example)
    return book.close()


def _head(column):
    return f"*{column.label}" if column.required else column.label


def _look(column, labels):
    width = max(8, 2 * len(_head(column)) + 2)
    if labels:
        shown = "、".join(labels[:SHOWN_CHOICES]) + ("等" if len(labels) > SHOWN_CHOICES else "")
        longest = max(len(label) for label in labels)
        return Look("@", min(40, max(width, 2 * longest + 4)), f"从下拉列表中选：{shown}。")
    if column.key.endswith("_on"):
        return Look("yyyy-mm-dd", max(width, 13), "日期，写成 2021-07-01 的样子。")
    if column.key == "id_number":
        return Look("@", max(width, 22), "18 位身份证号，本列已设为文本，请勿改成数值。")
    if column.key in AS_TEXT or column.key.endswith("_phone"):
        return Look("@", max(width, 16), "手机 11 位；座机写区号，如 010-12345678。")
    return Look("General", max(width, 24 if column.identity else 12), "按实际情况填写。")


def _words(column, look, notes):
    parts = ["必填。" if column.required else "可不填。", notes.get(column.key, ""), look.accepts]
    return "\n".join(filter(None, parts))


def _named_lists(book, lists):
    """The names of the lists that are too long for a validation; they stand on a hidden sheet."""
    long = {key: labels for key, labels in lists.items() if not _fits(labels)}
    if not long:
        return {}
    sheet = book.sheet(LISTS)
    for index, (key, labels) in enumerate(long.items()):
        for row, label in enumerate(labels):
            sheet.write(row, index, label)
        book.name_range(f"选项_{key}", LISTS, index, len(labels))
    sheet.worksheet.hide()
    return {key: f"=选项_{key}" for key in long}


def _fits(labels):
    return len(",".join(labels)) <= INLINE and not any("," in label for label in labels)


def _check(column, lists, named):
    if column.key in lists:
        return {
            "validate": "list",
            "source": named.get(column.key) or lists[column.key],
            # A warning and no more: some columns take several words at once, and the import knows other words, too.
            "error_type": "warning",
            "error_title": "不在列表中",
            "error_message": "请从下拉列表中选。本列允许填多项时，用“、”隔开。",
        }
    if column.key.endswith("_on"):
        return {
            "validate": "date",
            "criteria": "between",
            "minimum": FIRST_DAY,
            "maximum": LAST_DAY,
            "error_title": "不是日期",
            "error_message": "请填写日期，写成 2021-07-01 的样子。",
        }
    return None


def _fill_guide(guide, title, columns, looks, notes, example):
    """One row for each column; examples stand beside it and not as rows, so that they are never taken for data."""
    heads = ["列名", "是否必填", "填写要求", *(f"示例{number}" for number in range(1, len(example) + 1))]
    guide.title(f"{title}填写说明", len(heads))
    guide.header(heads, [24, 10, 70, *[24] * len(example)])
    for column in columns:
        accepted = "".join(filter(None, [notes.get(column.key, ""), looks[column.key].accepts]))
        values = [row.get(column.key) for row in example]
        guide.append([column.label, "必填" if column.required else "可不填", accepted, *values], text_wrap=True)
