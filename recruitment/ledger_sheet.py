"""发展党员台账（全程纪实）, the rolls by stage and 发展计划完成表 on paper. The same input, the same bytes."""

from datetime import date, datetime, time

from members.plain_sheet import of_list
from office.writer import Workbook
from recruitment import ledger
from recruitment.models import Application, Guide

Stage = Application.Stage
CLOSED = "限授权查看"
VOTE = ["应到", "实到", "赞成", "反对", "弃权"]
COLUMNS = [  # label, width, cell(line)
    ("姓名", 12, lambda line: line.member.name),
    ("性别", 6, lambda line: line.member.get_sex_display()),
    ("民族", 9, lambda line: line.member.get_ethnicity_display()),
    ("出生日期", 11, lambda line: line.member.birth_on),
    ("学历", 12, lambda line: line.member.get_education_display()),
    ("职务职称", 18, lambda line: line.title),
    ("骨干类别", 16, lambda line: "、".join(line.backbones)),
    ("党支部", 30, lambda line: line.application.branch.name),
    ("申请入党", 11, lambda line: line.on("apply")),
    ("派人谈话", 11, lambda line: line.on("initial_talk")),
    ("确定积极分子", 11, lambda line: line.on("confirm_activist")),
    ("培养联系人", 16, lambda line: "、".join(line.guides[Guide.Role.MENTOR])),
    ("考察次数", 6, lambda line: line.times("cultivate")),
    ("公示开始", 11, lambda line: line.data("confirm_prospect").get("public_from")),
    ("公示结束", 11, lambda line: line.data("confirm_prospect").get("public_until")),
    ("确定发展对象", 11, lambda line: line.on("confirm_prospect")),
    ("上级同意（备案）", 11, lambda line: line.on("prospect_filing")),
    ("政治审查", 18, lambda line: line.review),
    ("培训开始", 11, lambda line: line.training[0] if line.training else ""),
    ("培训结束", 11, lambda line: line.training[1] if line.training else ""),
    ("培训学时", 7, lambda line: line.data("prospect_training").get("hours", "")),
    ("预审", 11, lambda line: line.on("pre_review")),
    ("志愿书编号", 14, lambda line: line.application.form_number),
    ("支部大会", 11, lambda line: line.on("branch_vote")),
    *((f"大会{word}", 6, lambda line, place=place: line.counts("branch_vote")[place]) for place, word in enumerate(VOTE)),
    ("上级党委审批", 11, lambda line: line.on("committee_approval")),
    ("入党宣誓", 11, lambda line: line.on("oath")),
    ("预备期满", 11, lambda line: line.ends_on),
    ("转正大会", 11, lambda line: line.on("conversion_vote")),
    ("转正审批", 11, lambda line: line.on("conversion_approval")),
    ("归档", 11, lambda line: line.on("archive")),
    ("当前步骤", 20, lambda line: line.standing),
    ("超期和不合规", 24, lambda line: line.overdue),
]  # fmt: skip
CLOSED_BY = {"political_review": ("政治审查",), "branch_vote": tuple(f"大会{word}" for word in VOTE)}
ROLLS = [  # a sheet for each: title, who, further columns
    ("入党积极分子名册", (Stage.ACTIVIST,), [
        ("申请入党", 11, lambda line: line.on("apply")), ("确定积极分子", 11, lambda line: line.on("confirm_activist")),
        ("培养联系人", 16, lambda line: "、".join(line.guides[Guide.Role.MENTOR])),
        ("考察次数", 7, lambda line: line.times("cultivate")),
    ]),
    ("发展对象名册", (Stage.PROSPECT, Stage.ADMISSION), [
        ("确定积极分子", 11, lambda line: line.on("confirm_activist")),
        ("确定发展对象", 11, lambda line: line.on("confirm_prospect")),
        ("上级同意（备案）", 11, lambda line: line.on("prospect_filing")),
        ("入党介绍人", 16, lambda line: "、".join(line.guides[Guide.Role.SPONSOR])),
        ("培训结束", 11, lambda line: line.on("prospect_training")),
    ]),
    ("预备党员名册", (Stage.PROBATION,), [
        ("支部大会", 11, lambda line: line.on("branch_vote")),
        ("上级党委审批", 11, lambda line: line.on("committee_approval")),
        ("入党介绍人", 16, lambda line: "、".join(line.guides[Guide.Role.SPONSOR])),
        ("入党宣誓", 11, lambda line: line.on("oath")), ("预备期满", 11, lambda line: line.ends_on),
        ("延长（月）", 7, lambda line: line.application.extended_months or ""),
    ]),
]  # fmt: skip
PERSON = [COLUMNS[0], COLUMNS[1], COLUMNS[2], COLUMNS[3], COLUMNS[4], COLUMNS[5], COLUMNS[6], COLUMNS[7]]
QUOTA = [
    ("党委", 34), ("上报计划（人）", 9), ("下达名额（人）", 9), ("依据文号", 20), ("已发展（人）", 9), ("其中业务骨干（人）", 9),
    ("业务骨干占比（%）", 9), ("占比要求（%）", 9), ("剩余名额（人）", 9),
]  # fmt: skip


def of_ledger(lines, *, on, organ, words=()):
    """The bytes of 发展党员台账. A column that is closed to these eyes is empty and says so in its heading."""
    closed = {
        label for key, labels in CLOSED_BY.items() if any(not line.sees(key) for line in lines) for label in labels
    }
    headers = [f"{label}（{CLOSED}）" if label in closed else label for label, _, _ in COLUMNS]
    rows = [[cell(line) for _, _, cell in COLUMNS] for line in lines]
    return of_list(
        "发展党员工作台账（全程纪实）",
        headers,
        [width for _, width, _ in COLUMNS],
        rows,
        organ=organ,
        on=on,
        words=words,
    )


def of_rolls(lines, quota_lines, year, *, on, organ, words=()):
    """名册 of 积极分子, 发展对象 and 预备党员, and 发展计划完成表 of the year, a sheet each."""
    book = Workbook(title="发展党员名册", created=datetime.combine(on, time()))
    for title, stages, further in ROLLS:
        columns = [*PERSON, *further, ("下一步", 30, ledger.due_words)]
        rows = [[cell(line) for _, _, cell in columns] for line in lines if line.application.stage in stages]
        _sheet(book, title, columns, rows, on, organ, words)
    rows = [
        [line.quota.branch.name, line.quota.planned, line.quota.places, line.quota.number, len(line.admitted), line.backbones,
         "" if line.share is None else line.share, line.quota.backbone_share, line.left]
        for line in quota_lines
    ]  # fmt: skip
    until = min(on, date(year, 12, 31))
    _sheet(book, f"{year}年发展党员计划完成表", QUOTA, rows, until, organ, [*words, "名额是上限，不要求用满"])
    return book.close()


def _sheet(book, title, columns, rows, on, organ, words):
    sheet = book.sheet(title)
    sheet.title(title, len(columns) + 1)
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    sheet.write(sheet.row, 0, line)
    sheet.row += 1
    if words:
        sheet.write(sheet.row, 0, f"范围：{'　'.join(words)}")
        sheet.row += 1
    sheet.header(["序号", *(column[0] for column in columns)], (6, *(column[1] for column in columns)))
    for number, row in enumerate(rows, 1):
        sheet.append([number, *row], text_wrap=True)
