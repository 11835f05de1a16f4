"""What a class leaves on paper: 总结, 简报, 结业证书, and the zip of its 六个有 as they are handed to whoever inspects."""

import io
import zipfile
from collections import defaultdict
from datetime import datetime, time
from hashlib import sha256
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils import timezone

from files import store
from files.actions import open_file
from files.intake import clean_name
from files.models import StoredFile
from office.paper import LETTERHEAD, Further, Heading, Paper, Record, Text, official_date
from office.pictures import Picture, Pictures
from office.word import to_word
from office.writer import Workbook
from training import archive, class_sheet, sign_in, six_haves, timetable
from training.models import ClassFile, Enrolment, SignIn
from training.roll_sheet import sign_in_paper

Role = ClassFile.Role
LEAST_PICTURES, MOST_PICTURES = 2, 6  # of a 简报
LARGEST = 100 * 1024 * 1024  # of what is packed into one file
NAME = 80  # signs: with folders before it still a path that Windows opens
STAMP = (1980, 1, 1, 0, 0, 0)  # the same content is the same file, whenever it was packed
INDEX = "目录.xlsx"


def _days(training_class):
    first, last = training_class.starts_on, training_class.ends_on
    return official_date(first) if first == last else f"{official_date(first)}至{official_date(last)}"


def _body(text):
    """A text with its headings: a short line that begins with 一、 is one."""
    blocks = []
    for line in text.splitlines():
        is_heading = len(line) <= 30 and line[:1] in "一二三四五六七八九十" and line[1:2] == "、"
        blocks.append(Heading(line, numbered=False) if is_heading else Text(line))
    return blocks


def of_text(training_class, title, text):
    """方案 or 总结 as it was written in the portal."""
    return Paper(
        f"{training_class.title}\n{title}", dated=training_class.ends_on, organ=training_class.branch.name,
        signer=training_class.branch.name, blocks=_body(text),
    )  # fmt: skip


def of_timetable(training_class):
    sessions = training_class.sessions.select_related("teacher")
    return timetable.paper(training_class, list(sessions), on=training_class.ends_on)


def of_sign_in(training_class):
    """签到表 as everybody signed, a page for each session that is signed for."""
    sessions = training_class.sessions.filter(is_signed=True).select_related("teacher")
    table = sign_in.table(training_class)
    return sign_in_paper(training_class, list(sessions), table, on=training_class.ends_on, is_filled=True)


# --- 简报


def pictures(training_class):
    """The clean pictures of a class that a 简报 shows: the first and the last, and what lies evenly between."""
    found = training_class.files.filter(role=Role.PICTURE, removed_at=None, file__state=StoredFile.State.CLEAN)
    rows = list(found.filter(file__kind=StoredFile.Kind.IMAGE).select_related("file").order_by("pk"))
    if len(rows) <= MOST_PICTURES:
        return rows
    return [rows[place * (len(rows) - 1) // (MOST_PICTURES - 1)] for place in range(MOST_PICTURES)]


def briefing(training_class, *, number="", copies="", on):
    """简报 as a draft to be worked over: what is known is written, what is not stays blank. Never of the restricted kind."""
    if training_class.is_restricted:
        raise ValidationError("这类班次不出简报。")
    told = archive.figures([training_class], on=on)[training_class.pk]
    blank = "＿＿＿"
    facts = Record([
        [("时间", _days(training_class)), ("地点", training_class.place or blank)],
        [("类型", training_class.get_kind_display()), ("承办", training_class.organiser or training_class.branch.name)],
        [("参训", f"{told.there or told.people or blank} 人"), ("学时", f"{told.hours.normalize():f}" if told.hours else blank)],
        [("到课率", archive.percent(told.attendance) or blank), ("满意度", archive.percent(told.satisfaction) or blank)],
        *([[("考试", f"{told.sat} 人参加"), ("合格率", archive.percent(told.pass_rate) or blank)]] if told.has_exam else []),
    ])  # fmt: skip
    shown = [Picture(open_file(row.file), row.title or "") for row in pictures(training_class)]
    blocks = [facts, *_body(training_class.summary.strip() or archive.draft(training_class, on=on)), Pictures(shown)]
    if len(shown) < LEAST_PICTURES:
        blocks.append(Text(f"（图片不足 {LEAST_PICTURES} 张，请在此处补入）"))
    return Paper(
        training_class.title, dated=on, kind=LETTERHEAD, organ=training_class.branch.name, mark="教育培训简报",
        number=number or "第＿＿期", blocks=blocks, copies=[copies or "＿＿＿＿"], copies_label="报送",
    )  # fmt: skip


# --- 结业证书


def certificates(training_class, people, *, on):
    """A 结业证书 for each of `people` (rows) that has a number, a page each; None when nobody has."""
    blocks, first = [], None
    hours = sum((row.hours for row in training_class.sessions.all()), start=0)
    for row in people:
        if not row.certificate:
            continue
        if first is None:
            first = row
        else:
            blocks.append(Further("结业证书", number=row.certificate))
        worth = f"，修完 {hours.normalize():f} 学时的课程" if hours else ""
        blocks += [
            Text(f"{row.name}同志于{_days(training_class)}参加{training_class.title}学习{worth}，经考核符合结业条件，准予结业。"),
            Text(""), Text(training_class.branch.name, align="right"), Text(official_date(on), align="right"),
        ]  # fmt: skip
    if first is None:
        return None
    return Paper("结业证书", dated=on, organ=training_class.branch.name, number=first.certificate, blocks=blocks)


# --- the archive as one file


class Item(NamedTuple):
    """One file of the zip: where it lies, where it came from, and what gives its bytes."""

    folder: str
    name: str
    origin: str
    read: object


def folders(training_class):
    """key → folder of each of the six, in order: 01-培训方案 …"""
    six = six_haves.names(training_class.ends_on)
    return {key: f"{place:02}-{clean_name(label)[:20]}" for place, (key, label) in enumerate(six, 1)}


def items(training_class):
    """What is packed, folder by folder: what the portal writes first, uploads in the order they came."""
    row, made = training_class, "由系统记录生成"
    folder, found = folders(row), defaultdict(list)
    has_people = Enrolment.objects.filter(training_class=row).on_roll().exists()
    present = SignIn.objects.filter(session__training_class=row, mark=SignIn.Mark.PRESENT, session__is_signed=True)
    is_signed = has_people and present.exists()
    for key, name, is_there, read in (
        ("plan", "培训方案.docx", row.plan.strip(), lambda: to_word(of_text(row, "培训方案", row.plan))),
        ("timetable", "教学日程表.docx", row.sessions.exists(), lambda: to_word(of_timetable(row))),
        ("roll", "学员名册.xlsx", has_people, lambda: class_sheet.roll(row)),
        ("sign_in", "学员签到表.docx", is_signed, lambda: to_word(of_sign_in(row))),
        ("summary", "总结.docx", row.summary.strip(), lambda: to_word(of_text(row, "总结", row.summary))),
    ):
        if is_there and key in folder:
            found[key].append(Item(folder[key], name, made, read))
    uploads = row.files.filter(removed_at=None, role__in=list(folder)).select_related("file", "created_by")
    for upload in uploads.order_by("pk"):
        when = timezone.localtime(upload.created_at)
        origin = f"{upload.created_by}于 {when:%Y-%m-%d} 上传"
        found[upload.role].append(
            Item(folder[upload.role], upload.file.name, origin, lambda file=upload.file: open_file(file))
        )
    return [item for key in folder for item in found[key]]


def size(training_class):
    """Bytes of what was uploaded, for telling a small work from a long one."""
    return sum(training_class.files.filter(removed_at=None).values_list("file__size", flat=True))


def safe_name(name, taken):
    """A file name that Windows takes, of which the folder has no other; what is `taken` grows."""
    name = clean_name(name)
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    stem = stem[: NAME - len(dot + ending)].rstrip(" .")
    number, found = 1, f"{stem}{dot}{ending}"
    while found.lower() in taken:
        number += 1
        found = f"{stem}（{number}）{dot}{ending}"
    taken.add(found.lower())
    return found


def pack(training_class, *, tell=lambda done, total, note: None):
    """The bytes of the zip: six folders and 目录.xlsx, which names what is missing too. The same content, the same bytes."""
    found, packed, lines, taken = items(training_class), 0, [], defaultdict(set)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for place, item in enumerate(found):
            tell(place, len(found), item.folder)
            name = safe_name(item.name, taken[item.folder])
            try:
                data = item.read()
            except ValidationError as error:  # waits for the scanner, or is no longer there
                lines.append((item.folder, name, None, "", f"{item.origin}；没有装入：{_why(error)}"))
                continue
            if packed + len(data) > LARGEST:
                lines.append(
                    (item.folder, name, None, "", f"{item.origin}；没有装入：打包文件太大，请在系统里单独下载")
                )
                continue
            packed += len(data)
            _write(target, f"{item.folder}/{name}", data)
            lines.append((item.folder, name, len(data), sha256(data).hexdigest(), item.origin))
        _write(target, INDEX, _index(training_class, lines))
    tell(len(found), len(found), INDEX)
    return stream.getvalue()


def _why(error):
    return "文件已损坏" if isinstance(error, store.Missing) else "还没有通过病毒检查"


def _write(target, name, data):
    entry = zipfile.ZipInfo(name, STAMP)
    entry.create_system, entry.external_attr = 3, 0o644 << 16  # of system 0 some programs read the names in a code page
    target.writestr(entry, data, zipfile.ZIP_STORED)  # all of it is compressed already


def _index(training_class, lines):
    book = Workbook(title="目录", created=datetime.combine(training_class.ends_on, time()))
    sheet = book.sheet("目录")
    headers = ["序号", "目录", "文件", "字节", "SHA-256", "来源"]
    sheet.title(f"{training_class.title}“六个有”目录", len(headers))
    sheet.header(headers, (6, 18, 40, 12, 68, 40))
    by_folder = defaultdict(list)
    for line in lines:
        by_folder[line[0]].append(line)
    haves = {have.key: have for have in six_haves.state([training_class])[training_class.pk]}
    number = 0
    for key, folder in folders(training_class).items():
        for _, name, length, digest, origin in by_folder[folder]:
            number += 1
            sheet.append([number, folder, name, length, digest, origin], text_wrap=True)
        if key in haves and not haves[key].is_there:
            number += 1
            why = f"；归档理由：{training_class.gap_reason}" if training_class.gap_reason else ""
            sheet.append([number, folder, "（缺）", None, "", f"{haves[key].counted}{why}"], text_wrap=True)
    return book.close()


def zip_name(training_class):
    return f"{clean_name(training_class.title)[:NAME]}（六个有）.zip"


def paper_name(training_class, what):
    return f"{clean_name(training_class.title)[:NAME]}{what}.docx"
