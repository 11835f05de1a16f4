"""What is checked on an uploaded workbook before any parser sees it."""

import io
import re
import zipfile
import zlib

from office import Unreadable

MEGABYTE = 1024 * 1024
MAX_PARTS = 200
MAX_UNPACKED = 200 * MEGABYTE
MAX_RATIO = 100
RATIO_FROM = MEGABYTE  # a small part of blank styled cells may honestly shrink beyond the ratio
CHUNK = 256 * 1024

DAMAGED = "文件不完整或已损坏，请用 WPS 或 Excel 打开确认无误后另存为 .xlsx 再上传。"
SUSPICIOUS = "文件解压后异常庞大，请把内容复制到新建的工作簿后再上传。"
LOCKED = "文件设有密码，请取消打开密码后再上传。"
RESAVE = "请用 WPS 或 Excel 打开后另存为 .xlsx 再上传。"

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OTHERS = {
    b"%PDF": "PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"Rar!": "压缩包",
    b"7z\xbc\xaf": "压缩包",
    b"{\\rtf": "Word 文档",
}
MARKUP = re.compile(rb"\s*<(?:!doctype|\?xml|html|head|meta|body|table|style|div)|MIME-Version:", re.IGNORECASE)

PARTS = re.compile(
    r"""\[Content_Types\]\.xml
    | _rels/\.rels
    | (?:docProps|customXml|docMetadata)/[\w./ -]+\.(?:xml|rels|emf|wmf|jpe?g|png)
    | xl/(?:[\w-]+/)*_rels/[\w. -]+\.rels
    | xl/[\w. -]+\.xml
    | xl/(?:worksheets|chartsheets|theme|tables|queryTables|pivotTables|pivotCache|charts|drawings|diagrams|ctrlProps
          |persons|threadedComments|comments|richData|slicers|slicerCaches|timelines|timelineCaches|featurePropertyBag
          |model|revisions|namedSheetViews)/[\w./ -]+\.(?:xml|vml)
    | xl/media/[\w. -]+\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|wdp|webp)
    | xl/printerSettings/[\w. -]+\.bin""",
    re.VERBOSE,
)
FORBIDDEN = {
    "vbaproject": "文件含有宏，请另存为不含宏的 .xlsx 再上传。",
    "macrosheets": "文件含有宏表，请另存为不含宏的 .xlsx 再上传。",
    "externallinks": "文件引用了别的工作簿，请在“数据—编辑链接”中断开链接后再上传。",
    "embeddings": "文件里嵌入了其他文件，请删去嵌入的对象后再上传。",
    "activex": "文件里嵌入了控件，请删去控件后再上传。",
}
DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")


def kind_of(data, filename):
    """`"xlsx"`, `"xls"` or `"csv"`, by content and not by name; raises Unreadable for anything else."""
    extension = filename.rpartition(".")[2].lower()
    if extension not in ("xlsx", "xls", "csv", "xlsm", "et"):
        raise Unreadable("只接受 .xlsx、.xls 或 .csv 文件，请另存为其中一种再上传。")
    if not data.strip(b"\0 \r\n\t"):
        raise Unreadable("文件是空的，请检查后重新上传。")
    if data.startswith(ZIP):
        return "xlsx"
    if data.startswith(OLE):
        return _old_kind(data)
    for magic, label in OTHERS.items():
        if data.startswith(magic):
            raise Unreadable(f"这是{label}，不是工作簿。请上传 .xlsx、.xls 或 .csv 文件。")
    if MARKUP.match(data.removeprefix(b"\xef\xbb\xbf")):
        raise Unreadable(f"文件内容是网页，只是改了扩展名。{RESAVE}")
    if extension != "csv":
        raise Unreadable(f"文件内容与扩展名不符，不是 Excel 工作簿。{RESAVE}")
    return "csv"


def _old_kind(data):
    def has(stream):
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        raise Unreadable(LOCKED)
    if has("WordDocument") or has("PowerPoint Document"):
        raise Unreadable("这是 Word 或 PPT 文档，不是工作簿。请上传 .xlsx、.xls 或 .csv 文件。")
    if not has("Workbook") and not has("Book"):
        raise Unreadable(DAMAGED)
    return "xls"


def inspect(data):
    """Unpack every part of an .xlsx once, to nowhere; raises Unreadable for what no plain workbook needs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_names(parts)
            unpacked = 0
            for part in parts:
                unpacked += _check_content(archive, part, MAX_UNPACKED - unpacked)
    # The standard reader answers a malformed archive with any of these.
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
        OverflowError,
    ) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(DAMAGED) from error


def _check_names(parts):
    names = [part.filename for part in parts if not part.is_dir()]
    if len(parts) > MAX_PARTS:
        raise Unreadable(f"文件内部有 {len(parts)} 个部件，超过 {MAX_PARTS} 个。请把内容复制到新建的工作簿后再上传。")
    if any(part.flag_bits & 0x1 for part in parts):
        raise Unreadable(LOCKED)
    if len({name.lower() for name in names}) < len(names):
        raise Unreadable(DAMAGED)
    for name in names:
        for word, message in FORBIDDEN.items():
            if word in name.lower():
                raise Unreadable(message)
    if "xl/workbook.xml" not in names:
        raise Unreadable(f"文件里没有找到工作表（可能是 Word、压缩包或 .xlsb、.ods 文件）。{RESAVE}")
    for name in names:
        if ".." in name or not PARTS.fullmatch(name):
            raise Unreadable("文件含有工作簿里不应有的部件，请把内容复制到新建的工作簿后再上传。")


def _check_content(archive, part, room):
    """Bytes that the part really unpacks to."""
    claimed, part.file_size = part.file_size, room + 1  # else reading stops at the size the archive claims for itself
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    size, tail = 0, b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > room or (size > RATIO_FROM and size > MAX_RATIO * part.compress_size):
                raise Unreadable(SUSPICIOUS)
            if is_xml:
                # A NUL means UTF-16, in which the declarations below would go unseen.
                window = tail + chunk
                if b"\0" in chunk or any(word in window for word in DECLARATIONS):
                    raise Unreadable(
                        "文件的内部结构不是普通工作簿（含有外部定义），请把内容复制到新建的工作簿后再上传。"
                    )
                tail = window[-len(DECLARATIONS[0]) :]
    if size != claimed:
        raise Unreadable(DAMAGED)
    return size
