"""临时收表 of the invented county: one that runs with half of the answers in, one of last year that is over, one being drafted."""

from datetime import timedelta

from branches.models import Branch, Notice, Receipt
from datacalls import known, shape
from datacalls.models import DataCall, DataCallAnswer, DataCallColumn, DataCallRow
from duties.demo.moments import at
from duties.models import Duty, Fulfilment
from files.actions import keep_own
from jobs.copying import insert
from office.writer import XLSX, Workbook
from rulebook.book import value

ROOM = ("序号", "党组织名称", "书记姓名", "党员数", "是否有专用党员活动室", "活动室面积（平方米）", "需要添置的物品")
PLAN = ("序号", "党组织名称", "换届日期", "届满日期", "党员数", "明年是否需要换届", "拟换届月份", "备注")
TALENT = ("序号", "党组织名称", "姓名", "性别", "出生年月", "入党时间", "职务", "职称", "特长")
WISHES = ("投影仪一台", "党旗、党徽", "书柜两个", "暂不需要", "会议桌一张", "学习资料")
NOTE = "只补系统里没有的项目，不另报纸质表。"
HALF = 0.55
LATE = 9  # days before today that the running one began; it ends as many after


def build(county, rng):
    today, staff = county.today, county.users["gongwei"]
    sketches = [each for each in county.sketches if each.is_leaf and each.term and not each.branch.closed_on]
    _sent(
        county,
        rng,
        sketches,
        "党员活动室情况统计表",
        ROOM,
        today - timedelta(days=LATE),
        today + timedelta(days=LATE),
        HALF,
    )
    began = today.replace(day=1) - timedelta(days=320)
    over = _sent(county, rng, sketches, "换届工作安排摸底表", PLAN, began, began + timedelta(days=12), 1)
    over.state, over.closed_by, over.closed_at = (
        DataCall.State.CLOSED,
        staff,
        at(over.deadline_on + timedelta(days=2), 9),
    )
    over.save(update_fields=["state", "closed_by", "closed_at"])
    _drafted(county, "有艺术特长的党员教师名单", TALENT, today, today + timedelta(days=14), per=DataCall.Per.MEMBER)


def _drafted(county, title, headers, on, deadline_on, *, per=DataCall.Per.BRANCH):
    staff = county.users["gongwei"]
    book = Workbook(title=title)
    book.add_table("Sheet1", headers, [[number] for number in range(1, 6)], title=title)
    stored = keep_own(f"{title}.xlsx", book.close(), media_type=XLSX().get_content_type(), by=staff)
    call = DataCall(
        branch=county.top.branch, title=title, number=f"县教体工委办便函（{on:%Y-%m}）", note=NOTE, deadline_on=deadline_on,
        per=per, file=stored, sheet="Sheet1", header_row=2, first_row=3, created_by=staff,
    )  # fmt: skip
    call.save()
    DataCall.objects.filter(pk=call.pk).update(created_at=at(on, 8))
    [sheet] = shape.sheets(stored)
    insert(shape.columns(call, sheet))
    return call


def _sent(county, rng, sketches, title, headers, on, deadline_on, share):
    """One that went out on a day; `share` of those asked have handed in."""
    staff, call = county.users["gongwei"], _drafted(county, title, headers, on, deadline_on)
    columns = list(call.columns.all())
    call.notice = Notice.objects.create(
        branch=call.branch, kind=Notice.Kind.CALL, title=title, body=f"依据：{call.number}\n{NOTE}", deadline_on=deadline_on,
        needs_answer=True, state=Notice.State.ISSUED, created_by=staff, issued_by=staff, issued_at=at(on, 9),
    )  # fmt: skip
    call.state, call.opened_by, call.opened_at = DataCall.State.OPEN, staff, at(on, 9)
    call.save()
    before = at(on, 9) - timedelta(hours=1)  # drafted by the clock of the county, not of the build
    for rows in (Notice.objects.filter(pk=call.notice_id), DataCall.objects.filter(pk=call.pk)):
        rows.update(created_at=before)
    done = {each.branch.pk for each in sketches if share == 1 or (not each.is_star and rng.random() < share)}
    keys = {column.key: column.known for column in columns if column.known}
    told = known.of_branches(Branch.objects.filter(pk__in=done), keys.values(), on=min(deadline_on, county.today))
    locks_on = deadline_on + timedelta(days=value("duty.late_window", on=county.today)["days"])
    days = dict.fromkeys(("target_on", "due_on", "ends_on"), deadline_on) | {"opens_on": on, "locks_on": locks_on}
    answers, duties, receipts = [], [], []
    for sketch in sketches:
        moment = at(on + timedelta(days=rng.randint(1, LATE - 1)), rng.randint(9, 17), rng.randint(0, 59))
        answer = DataCallAnswer(call=call, branch=sketch.branch)
        receipt = Receipt(notice=call.notice, branch=sketch.branch)
        if sketch.branch.pk in done:
            answer.state, answer.as_of_on = DataCallAnswer.State.SUBMITTED, moment.date()
            answer.submitted_by, answer.submitted_at = sketch.author, moment
            receipt.received_by, receipt.received_at = sketch.author, moment
            receipt.answer, receipt.answered_by, receipt.answered_at = "已在“临时收表”里报送。", sketch.author, moment
        answers.append(answer)
        receipts.append(receipt)
        duties.append(Duty(
            branch=sketch.branch, rule="notice", year=deadline_on.year, period=f"N{call.notice_id}", notice=call.notice, **days
        ))  # fmt: skip
    for rows in (answers, receipts, duties):
        insert(rows)
    handed = [(answer, duty) for answer, duty in zip(answers, duties, strict=True) if answer.submitted_at]
    insert([
        DataCallRow(answer=answer, cells={key: told[answer.branch_id][name] for key, name in keys.items()} | _said(columns, rng))
        for answer, _ in handed
    ])  # fmt: skip
    insert([
        Fulfilment(duty=duty, label=DataCallAnswer._meta.label, object_id=answer.pk, on=answer.as_of_on) for answer, duty in handed
    ])  # fmt: skip
    return call


def _said(columns, rng):
    said = {}
    for column in columns:
        if column.source != DataCallColumn.Source.ASKED:
            continue
        if column.type == DataCallColumn.Type.CHOICE:
            said[column.key] = rng.choice(column.choices)
        elif "面积" in column.header:
            said[column.key] = str(rng.randint(20, 90))
        elif "月" in column.header:
            said[column.key] = f"{rng.randint(3, 11)} 月"
        else:
            said[column.key] = rng.choice(WISHES) if "物品" in column.header else ""
    return said
