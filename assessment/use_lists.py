"""The lists by which results are used, as an office hands them on: Excel with the state of each, Word to be sent."""

from datetime import datetime, time

from assessment import figures, results
from assessment.models import ResultUse
from assessment.result import SCORED, ZERO
from assessment.sheet import plain
from assessment.workbook_sheets import height
from branches.models import AdmonitionTalk
from office.paper import PLAIN, Paper, Table, Text, official_date
from office.writer import Workbook

LOSSES = 3  # items named where a list is about what went wrong
INNER = "内部材料，按规定范围使用"
FIRST = (("党组织", 42), ("学段", 10), ("总分", 8), ("审定等次", 10))
FAULTS = (("失分较多的指标", 46),)
LAST = (("运用情况", 40), ("文号", 24), ("日期", 12))


def listed(board, way):
    """The results that the use is about: expected or done, in 单位序."""
    return [result for result in board.results if way in result.expected or result.done.get(way.key)]


def losses(board, chosen):
    """branch id → the items that lost it most, in words; read only where a list tells them."""
    if board.round is None or not any(way.faults for way in chosen):
        return {}
    wanted = {result.branch.pk for way in chosen if way.faults for result in listed(board, way)}
    return {
        score.branch.pk: _lost(score)
        for kind in figures.seals_of(board.year)
        for score in results.standing(board.year, on=board.on, kind=kind).scores
        if score.branch.pk in wanted
    }


def _lost(score):
    """The items of the dimensions that lost most; 加分 that was not had is no loss."""
    items = [item for dimension in score.dimensions for item in dimension.items if item.state == SCORED]
    lost = sorted(((item.out_of - item.points, item.label) for item in items), key=lambda row: -row[0])[:LOSSES]
    return "；".join(f"{label}（失 {plain(points)} 分）" for points, label in lost if points > ZERO)


def told(row):
    """(what was done, paper, day) of one record, whichever register it stands in."""
    if isinstance(row, ResultUse):
        return f"{row.words}（{row.organ}）", row.number, row.on
    if isinstance(row, AdmonitionTalk):
        return f"约谈{row.talked_with}，{row.get_result_display()}（{row.talked_by}）", "", row.talked_on
    return f"已提出整顿，{row.get_state_display()}", row.listed_number, row.suspected_on


def as_workbook(board, chosen, *, organ):
    """A sheet for each way of `chosen`."""
    on, lost = board.on, losses(board, chosen)
    book = Workbook(title=f"{board.year}年度量化考核结果运用名单", created=datetime.combine(on, time()))
    for way in chosen:
        sheet = book.sheet(way.label)
        columns = (*FIRST, *(FAULTS if way.faults else ()), *LAST)
        widths = (6, *(width for _, width in columns))
        sheet.title(f"{board.year}年度量化考核结果运用名单（{way.label}）", len(columns) + 1)
        for line in (
            f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话：",
            f"依据：{_basis(board)}　　按单位序排列",
        ):
            sheet.write(sheet.row, 0, line)
            sheet.row += 1
        sheet.header(["序号", *(label for label, _ in columns)], widths)
        for number, result in enumerate(listed(board, way), 1):
            found, rows = result.figures, [told(row) for row in result.done.get(way.key, ())]
            cells = [
                number, found.name, result.branch.get_stage_display(), found.total, found.grade,
                *([lost.get(result.branch.pk, "")] if way.faults else ()), "\n".join(row[0] for row in rows) or "还没有运用",
                "\n".join(filter(None, (row[1] for row in rows))), max((row[2] for row in rows), default=""),
            ]  # fmt: skip
            texts = [(cell, width) for cell, width in zip(cells, widths, strict=True) if isinstance(cell, str)]
            sheet.worksheet.set_row(sheet.row, height(texts))
            sheet.append(cells, text_wrap=True)
    return book.close()


def _basis(board):
    if board.round is None:
        return "还没有经工委会议审定"
    return f"经{official_date(board.round.meeting_on)}工委会议审定（{board.round.minutes_number}）"


def as_paper(board, way, *, organ):
    """One list as a paper to send: who stands on it, in 单位序, and what it is for."""
    rows, faults, lost = listed(board, way), way.faults, losses(board, [way])
    head = ["序号", "党组织", "学段", "等次", "失分较多的指标" if faults else "总分", "备注"]
    cells = [
        [
            number, result.figures.name, result.branch.get_stage_display() or "—", result.figures.grade,
            lost.get(result.branch.pk, "") if faults else result.figures.total, "",
        ]
        for number, result in enumerate(rows, 1)
    ]  # fmt: skip
    blocks = [
        Text(
            f"{board.year}年度学校党组织量化考核结果，{_basis(board)}。{way.text.split('；')[0]}。"
            f"涉及{way.label}的党组织{len(rows)}个，按单位序列名如下。"
        ),
        Table(
            head, cells, widths=[5, 34, 10, 10, 44, 8] if faults else [6, 42, 12, 12, 12, 10], empty="没有涉及的党组织"
        ),
    ]
    return Paper(
        f"{board.year}年度学校党组织量化考核结果\n运用名单（{way.label}）", dated=board.on, blocks=blocks, kind=PLAIN, organ=organ,
        signer=organ, header=INNER if faults else "", landscape=faults,
    )  # fmt: skip
