"""组织关系转接台账 (domain-rules §10, number 13) and the letter with its stub and its receipt."""

from datetime import datetime, time

from dateutil.relativedelta import relativedelta

from members.models import Transfer
from office.paper import Break, Heading, Paper, Text, official_date
from office.writer import Workbook

HEADERS = [
    "序号", "姓名", "性别", "人员类别", "转接类型", "转出党组织", "转入党组织", "转接原因", "介绍信编号", "开出日期", "有效期至",
    "党费交至", "接收日期", "回执日期", "状态", "备注",
]  # fmt: skip
WIDTHS = (5, 9, 5, 9, 9, 30, 30, 14, 14, 11, 11, 9, 11, 11, 16, 20)
GAP = "　　　　　　"
SEAM = "…………　{number}（骑缝处盖章）　…………"
BLANK = "＿" * 9
STUB, LETTER, RECEIPT = "党员组织关系介绍信存根", "党员组织关系介绍信", "党员组织关系介绍信回执"
Direction = Transfer.Direction


def as_workbook(transfers, *, organ, on, words=()):
    """The ledger of these transfers as of a day; the same rows give the same bytes."""
    title = "组织关系转接台账"
    book = Workbook(title=title, created=datetime.combine(on, time()))
    sheet = book.sheet("转接台账")
    sheet.title(title, len(HEADERS))
    line = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    for text in filter(None, (line, f"范围：{'　'.join(words)}" if words else "")):
        sheet.write(sheet.row, 0, text)
        sheet.row += 1
    sheet.header(HEADERS, WIDTHS)
    for number, row in enumerate(transfers, 1):
        paid = f"{row.dues_paid_through:%Y-%m}" if row.dues_paid_through else ""
        sheet.append([
            number, row.member.name, row.member.get_sex_display(), row.get_kind_display(), row.get_direction_display(),
            row.source, row.target, row.reason, row.number, row.issued_on, row.valid_until, paid, row.received_on,
            row.receipt_on, row.get_state_display(), row.refusal,
        ], text_wrap=True)  # fmt: skip
    return book.close()


def parts(transfer):
    """The parts of the paper, each with its title, its number, whom it is for, its text and what stands below.

    From outside came the letter itself: here only the receipt is written. The ID number is left free on purpose; who
    handles the letter copies it from the card, so that no paper leaves the portal with a number nobody asked to see.
    """
    number, person = transfer.number, transfer.member.name
    receipt = {
        "title": RECEIPT, "number": number, "to": _issuer(transfer),
        "text": f"你处介绍的{person}同志的党员组织关系已转达我处，现予回复。",
        "organ": _receiver(transfer), "day": transfer.receipt_on, "lines": ["经办人：", "联系电话："],
    }  # fmt: skip
    if transfer.direction == Direction.IN:
        return [receipt]
    kind = transfer.get_kind_display()
    stub = {
        "title": STUB, "number": number, "to": "",
        "text": f"{person}同志系中共{kind}，组织关系由{transfer.source}转到{transfer.target}。{_paid(transfer)}",
        "organ": "", "day": transfer.issued_on, "lines": ["开出人：", "领信人："],
    }  # fmt: skip
    letter = {
        "title": LETTER, "number": number, "to": _receiver(transfer),
        "text": (
            f"{person}同志（{_described(transfer)}），系中共{kind}，公民身份号码{BLANK}（由经办人填写），"
            f"由{transfer.source}去{transfer.target}，请转接组织关系。{_paid(transfer)}（有效期{transfer.valid_days}天，"
            f"至{official_date(transfer.valid_until)}止）"
        ),
        "organ": _issuer(transfer), "day": transfer.issued_on,
        "lines": ["党员联系电话或其他联系方式：", "党员原所在基层党委通讯地址：", "联系电话：", "邮编："],
    }  # fmt: skip
    return [stub, letter, receipt]


def seam(transfer):
    return SEAM.format(number=transfer.number)


def as_paper(transfer, *, on):
    """The same on A4 for Word and PDF."""
    found = parts(transfer)
    blocks = []
    for place, part in enumerate(found):
        if place:
            blocks.append(Text(seam(transfer), align="center"))
            blocks += [Break()] if place == 1 else []  # the letter is not torn over two pages
        if len(found) > 1:
            blocks.append(Heading(part["title"], numbered=False))
        blocks.append(Text(f"编号：{part['number']}", align="right"))
        if part["to"]:
            blocks.append(Text(f"{part['to']}：", align="left"))
        blocks += [Text(part["text"]), Text(f"{part['organ']}（盖章）", align="right")]
        blocks.append(Text(official_date(part["day"]) if part["day"] else "　　　年　　月　　日", align="right"))
        blocks += [Text(GAP.join(pair), align="left") for pair in _pairs(part["lines"])]
    title = "中国共产党\n" + (LETTER if len(found) > 1 else RECEIPT)
    return Paper(title, dated=transfer.issued_on or on, blocks=blocks)


def _issuer(transfer):
    """Who opens the letter: the body above the branch that is left, or the organisation outside."""
    if transfer.from_branch is None:
        return transfer.from_place
    return str(transfer.from_branch.parent or transfer.from_branch)


def _receiver(transfer):
    if transfer.to_branch is None:
        return transfer.to_place
    return str(transfer.to_branch.parent or transfer.to_branch)


def _described(transfer):
    member, words = transfer.member, []
    if member.sex:
        words.append(member.get_sex_display())
    if member.birth_on:
        words.append(f"{relativedelta(transfer.issued_on, member.birth_on).years}岁")
    if member.ethnicity:
        words.append(member.get_ethnicity_display())
    return "，".join(words) or "　　"


def _paid(transfer):
    return f"该同志党费已交到{transfer.dues_paid_through.year}年{transfer.dues_paid_through.month}月。"


def _pairs(lines):
    """Two and two on a line."""
    return [lines[at : at + 2] for at in range(0, len(lines), 2)]
