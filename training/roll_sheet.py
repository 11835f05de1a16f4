"""学员名册 and 签到表 on paper: to be signed by hand, or as everybody signed."""

from django.utils import timezone

from members import plain_sheet
from office.paper import Further, Paper, Table, Text
from training.models import SignIn

HEADERS, WIDTHS = ["姓名", "党组织（单位）", "职务", "来源", "备注"], (10, 36, 18, 12, 30)
SHEET = ["序号", "姓名", "单位", "签名"]
SHEET_WIDTHS = (2, 4, 11, 6)
SPARE = 3  # empty lines at the end of a blank sheet, for who comes instead
HEAD = "填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}\n制表人：　　　　　　审核人：　　　　　　联系电话："
MARKS = {
    SignIn.Method.SCAN: "已签（扫码）", SignIn.Method.CODE: "已签（口令）", SignIn.Method.PAPER: "已签（纸质）",
    SignIn.Method.LATER: "补签",
}  # fmt: skip
LEAVE, ABSENT = "请假", "未到"


def unit_of(person):
    """Where somebody comes from, as the lists name it."""
    return person.branch.name if person.branch else person.unit


def remark(person):
    """What the roll says beside a name: who came instead of whom, who left and why."""
    words = []
    if person.substitutes_for:
        words.append(f"替换{person.substitutes_for.name}同志")
    if person.withdrawn_on:
        words.append(f"{person.withdrawn_on:%Y-%m-%d} 退出：{person.withdrawn_why}")
    return "；".join(words)


def _rows(people):
    return [
        [person.name, unit_of(person), person.position, person.get_source_display(), remark(person)]
        for person in people
    ]


def roster_workbook(training_class, people, *, organ, on, words=()):
    """The roll as a workbook; `people` are enrolments as `for_sheet` orders them."""
    title = f"{training_class.title}学员名册"
    return plain_sheet.of_list(title, HEADERS, WIDTHS, _rows(people), organ=organ, on=on, words=words)


def roster_paper(training_class, people, *, organ, on, words=()):
    """The same on A4, without how each came onto it."""
    rows = [[number, *row[:3], row[4]] for number, row in enumerate(_rows(people), 1)]
    blocks = [Text(HEAD.format(organ=organ, on=on), align="left")]
    if words:
        blocks.append(Text(f"范围：{'　'.join(words)}", align="left"))
    head = ["序号", *HEADERS[:3], HEADERS[4]]
    table = Table(head, rows, widths=(2, 4, 10, 5, 6), empty="名册上还没有人")
    return Paper(f"{training_class.title}\n学员名册", dated=on, blocks=[*blocks, table])


def for_sheet(enrolments):
    """Enrolments in the order of every list: 单位序, by strokes within an organisation, who is from outside last."""
    rows = enrolments.select_related("branch", "member", "substitutes_for")
    return rows.order_by("branch__order", "branch", "member__strokes", "name", "pk")


def sign_in_paper(training_class, sessions, table, *, on, is_filled):
    """签到表: a page for each session; `table` is what `sign_in.table` gives. Blank, or with how each signed."""
    title = f"{training_class.title}\n签到表"
    people = sorted(table, key=lambda row: _place(row[0]))
    blocks = []
    for place, session in enumerate(sessions):
        if place:
            blocks.append(Further(title))
        where = session.place or training_class.place
        lines = [
            f"时间：{session.held_on.year}年{session.held_on.month}月{session.held_on.day}日 "
            f"{session.begins:%H:%M}—{session.ends:%H:%M}",
            *([f"地点：{where}"] if where else []),
            f"内容：{session.topic}" + (f"　　授课人：{session.teacher.name}" if session.teacher else ""),
        ]
        if is_filled:
            came = sum(_present(marks.get(session.pk)) for _, marks, *_ in people)
            lines.append(f"应到 {len(people)} 人，实到 {came} 人")
        blocks.append(Text("\n".join(lines), align="left"))
        rows = [
            [number, person.name, unit_of(person), said(marks.get(session.pk)) if is_filled else ""]
            for number, (person, marks, *_) in enumerate(people, 1)
        ]
        rows += [[""] * len(SHEET)] * (0 if is_filled else SPARE)
        blocks.append(Table(SHEET, rows, widths=SHEET_WIDTHS, empty="名册上还没有人"))
    return Paper(title, dated=on, blocks=blocks)


def _place(person):
    branch, member = person.branch, person.member
    if branch is None:
        return (1, 0, 0, "", person.name, person.pk)
    return (0, branch.order, branch.pk, member.strokes if member else "", person.name, person.pk)


def _present(mark):
    return mark is not None and mark.mark == SignIn.Mark.PRESENT


def said(mark):
    """How somebody was there, in the words of the sheet."""
    if mark is None:
        return ABSENT
    if mark.mark == SignIn.Mark.LEAVE:
        return LEAVE
    words = MARKS[SignIn.Method(mark.method)]
    if mark.method in (SignIn.Method.SCAN, SignIn.Method.CODE):
        words = f"{timezone.localtime(mark.signed_at):%H:%M} {words}"
    return words
