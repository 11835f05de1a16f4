"""试算 as a workbook: who changes grade and why, everybody's points before and after, the distribution, what was changed."""

from datetime import datetime, time

from assessment.scheme_diff import changes
from assessment.workbook_sheets import height
from office.writer import Workbook

HEADERS = [
    "序号",
    "党组织",
    "比较组",
    "现行总分",
    "试算总分",
    "增减",
    "现行名次",
    "试算名次",
    "现行等次",
    "试算等次",
    "变化的原因",
]
WIDTHS = (5, 32, 14, 9, 9, 8, 9, 9, 10, 10, 56)


def as_workbook(trial, title, *, organ):
    """The bytes of the workbook; nothing in it is kept anywhere else."""
    name = f"{title} 试算"
    book = Workbook(title=name, created=datetime.combine(trial.on, time()))
    words = f"填报单位：{organ}　　统计截止日：{trial.on:%Y-%m-%d}　　按 {trial.year} 年的记录，与{trial.before['title']}比较；只供内部研究"
    for label, lines in (("等次有变化的", trial.moved), ("全部", trial.lines)):
        sheet = book.sheet(label)
        sheet.title(f"{name}（{label}）", len(HEADERS))
        sheet.write(sheet.row, 0, words)
        sheet.row += 1
        sheet.header(HEADERS, WIDTHS)
        for number, line in enumerate(lines, 1):
            cells = [
                number, line.branch.name, line.after.group, line.before.total, line.after.total, line.delta,
                line.before.rank, line.after.rank, line.before.grade, line.after.grade, line.why,
            ]  # fmt: skip
            _wrapped(sheet, cells, WIDTHS)
    _distribution(book, trial, name)
    _changes(book, trial, name)
    return book.close()


def _distribution(book, trial, name):
    rows = [
        [group, grade, was, now, now - was]
        for group, counted in trial.distribution
        for grade, was, now in counted
        if was or now
    ]
    book.add_table(
        "等次分布", ["比较组", "等次", "现行个数", "试算个数", "增减"], rows, title=f"{name}（等次分布）", widths=(20, 14, 10, 10, 8)
    )  # fmt: skip


def _wrapped(sheet, cells, widths):
    """A row as high as its longest text."""
    texts = [(value, width) for value, width in zip(cells, widths, strict=True) if isinstance(value, str)]
    sheet.worksheet.set_row(sheet.row, height(texts))
    sheet.append(cells, text_wrap=True)


def _changes(book, trial, name):
    headers, widths = ["代码", "指标", "变化", "改了什么", "现行", "试算"], (7, 18, 7, 14, 46, 46)
    sheet = book.sheet("方案的变化")
    sheet.title(f"{name}（方案的变化）", len(headers))
    sheet.header(headers, widths)
    for row in changes(trial.before, trial.after):
        _wrapped(sheet, [row.code, row.label, row.kind_label, row.what, row.before, row.after], widths)


def file_name(scheme, year):
    return f"{scheme.title}试算（{year}年记录）.xlsx"
