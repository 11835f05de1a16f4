"""A .docx or .xlsx packed anew from the parts that are needed to read it. Runs in the child process."""

import io
import re
import zipfile

from files import office_parts as parts
from files.secrecy import refuse_marked
from office import Unreadable

MEGABYTE = 1024 * 1024
MAX_PARTS = 1000
MAX_UNPACKED = 200 * MEGABYTE
MAX_XML = 40 * MEGABYTE
MAX_RATIO = 100
RATIO_FROM = MEGABYTE  # a small part of blank styled cells may honestly shrink beyond the ratio
CHUNK = 256 * 1024

LABEL = {"word": "Word 文档", "sheet": "Excel 表格"}
EXTENSION = {"word": ".docx", "sheet": ".xlsx"}
MAIN = {"word": "word/document.xml", "sheet": "xl/workbook.xml"}
MEDIA_TYPE = {
    "word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "sheet": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LOCKED = "文件设有密码，请取消打开密码后再传。"
SUSPICIOUS = "文件解压后异常庞大，请把内容复制到新建的文件后再传。"
DAMAGED = "文件不完整或已损坏，请用 WPS 或 Office 打开确认无误后另存再传。"
REFUSED = {  # a word in a part's name → what is wrong
    "vbaproject": "文件含有宏，请另存为不含宏的 {extension} 再传。",
    "vbadata": "文件含有宏，请另存为不含宏的 {extension} 再传。",
    "macrosheets": "文件含有宏表，请另存为不含宏的 {extension} 再传。",
    "externallinks": "文件引用了别的工作簿，请在“数据—编辑链接”中断开链接后再传。",
    "activex": "文件里嵌入了控件，请删去控件后再传。",
    "oleobject": "文件里嵌入了其他文件或对象，请删去（或改为截图）后再传。",
    ".emf": "文件里有 EMF 格式的图，请在文档中把它另存为 PNG 图片后重新插入再传。",
    ".wmf": "文件里有 WMF 格式的图，请在文档中把它另存为 PNG 图片后重新插入再传。",
}


def rebuild(data, kind, limits):
    """(what is known of it, bytes, no thumbnail) of the new package."""
    content = unpacked(data, kind)
    made, text = parts.cleaned(content, kind, limits)
    refuse_marked(text, "文件内容")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in made.items():
            about = zipfile.ZipInfo(name)  # of the year 1980, like every other
            about.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(about, part)
    known = {"media_type": MEDIA_TYPE[kind], "width": None, "height": None, "look": None}
    return known, stream.getvalue(), b""


def unpacked(data, kind):
    """name → bytes of the parts that are kept or looked at; raises Unreadable for what no plain file needs."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        check_names(entries, kind)
        found, room = {}, MAX_UNPACKED
        for entry in entries:
            if parts.is_kept(entry.filename, kind) or entry.filename == parts.TYPES_PART:
                found[entry.filename] = read(archive, entry, room)
                room -= len(found[entry.filename])
    return found


def check_names(entries, kind):
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_PARTS:
        raise Unreadable(f"文件内部有 {len(entries)} 个部件，超过 {MAX_PARTS} 个。请把内容复制到新建的文件后再传。")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unreadable(LOCKED)
    if len({name.lower() for name in names}) < len(names):
        raise Unreadable(DAMAGED)
    if any(".." in name or name.startswith("/") or "\\" in name for name in names):
        raise Unreadable("文件含有不应有的部件，请把内容复制到新建的文件后再传。")
    for name in names:
        for word, message in REFUSED.items():
            if word in name.lower() and not name.startswith("docProps/"):
                raise Unreadable(message.format(extension=EXTENSION[kind]))
    if MAIN[kind] not in names or parts.TYPES_PART not in names:
        raise Unreadable(f"文件内容不是 {LABEL[kind]}，请用 WPS 或 Office 打开后另存为 {EXTENSION[kind]} 再传。")
    charts = any("/charts/" in name for name in names)
    for name in names:
        if "/embeddings/" in name and not (charts and re.search(r"\.xlsx$", name, re.I)):
            raise Unreadable(REFUSED["oleobject"])  # a chart's own figures are left out: it keeps its drawing


def read(archive, entry, room):
    """The content of one part, as long as it is no bomb."""
    if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
        room = min(room, MAX_XML)
    claimed, entry.file_size = entry.file_size, room + 1  # else reading stops at the size the archive claims for itself
    chunks, size = [], 0
    with archive.open(entry) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > room or (size > RATIO_FROM and size > MAX_RATIO * entry.compress_size):
                raise Unreadable(SUSPICIOUS)
            chunks.append(chunk)
    if size != claimed:
        raise Unreadable(DAMAGED)
    return b"".join(chunks)
