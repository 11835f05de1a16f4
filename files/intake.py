"""What is asked of an upload before it is opened: its name, its size, and whether name and content agree."""

import re
import unicodedata

import filetype

from files.models import StoredFile
from office import Unreadable

NAME_LENGTH = 120
Kind = StoredFile.Kind
ACCEPTED = {  # extension → kind and what the content must then be found to be
    "jpg": (Kind.IMAGE, {"image/jpeg"}),
    "jpeg": (Kind.IMAGE, {"image/jpeg"}),
    "png": (Kind.IMAGE, {"image/png", "image/apng"}),
    "webp": (Kind.IMAGE, {"image/webp"}),
    "pdf": (Kind.PDF, {"application/pdf"}),
    "docx": (
        Kind.WORD,
        {"application/zip", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    ),
    "xlsx": (Kind.SHEET, {"application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}),
}
EXTENSION = {"image/jpeg": "jpg", "image/png": "png"}  # of a picture as it is kept
KNOWN_OTHERS = {
    "heic": "苹果手机的 HEIC 照片暂不支持。请在手机“设置—相机—格式”中选“兼容性最佳”后重新拍照，或另存为 JPG 再传。",
    "doc": "旧版 .doc 文档请用 WPS 或 Word 打开后另存为 .docx 再传。",
    "wps": "请用 WPS 打开后另存为 .docx 再传。",
    "xls": "旧版 .xls 表格请用 WPS 或 Excel 打开后另存为 .xlsx 再传。",
    "et": "请用 WPS 打开后另存为 .xlsx 再传。",
    "docm": "文件可能含有宏，请另存为不含宏的 .docx 再传。",
    "xlsm": "文件可能含有宏，请另存为不含宏的 .xlsx 再传。",
}
KNOWN_OTHERS["heif"] = KNOWN_OTHERS["heic"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UNSAFE = re.compile(r'[<>:"|?*\\/]')
DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


def clean_name(name):
    """The name as it is shown: no path, no sign that controls, turns or hides, at most 120 characters with its extension."""
    name = unicodedata.normalize("NFC", str(name)).replace("\\", "/").rpartition("/")[2]
    name = "".join(
        sign for sign in name if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    name = UNSAFE.sub("_", re.sub(r"\s+", " ", name)).strip().rstrip(" .")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    stem = stem.strip(" .")
    if not stem or DEVICES.fullmatch(stem.partition(".")[0]):
        stem = "文件"
    extension = extension[:10]
    return f"{stem[: NAME_LENGTH - len(dot + extension)].rstrip(' .')}{dot}{extension}"


def identify(name, data, kinds=None):
    """The kind of an upload, on which its (clean) name and its content must agree; raises Unreadable."""
    _, dot, extension = name.lower().rpartition(".")
    accepted = {ending for ending, (kind, _) in ACCEPTED.items() if not kinds or kind in kinds}
    if not dot or extension not in accepted:
        spoken = "、".join(ending for ending in ACCEPTED if ending in accepted and ending != "jpeg")
        raise Unreadable(f"这里只接受 {spoken} 文件。{KNOWN_OTHERS.get(extension, '请另存为其中一种再传。')}")
    kind, expected = ACCEPTED[extension]
    if not data.strip(b"\0 \r\n\t"):
        raise Unreadable("文件是空的，请检查后重新选择。")
    found = filetype.guess(data)
    if found is None or found.mime not in expected:
        raise Unreadable(_mismatch(extension, kind, data, found))
    return kind


def _mismatch(extension, kind, data, found):
    if kind in (Kind.WORD, Kind.SHEET) and data.startswith(OLE):
        return f"文件设有打开密码，或是旧版格式只改了扩展名。请取消密码，用 WPS 或 Office 另存为 .{extension} 再传。"
    if found is not None and found.mime in ("image/heic", "image/heif"):
        return KNOWN_OTHERS["heic"]
    if kind == Kind.IMAGE:
        return f"这张照片的内容不是 .{extension} 图片，可能只改了扩展名。请用手机重新拍照或另存为 JPG 后再传。"
    return f"文件内容与扩展名 .{extension} 不符，可能只改了扩展名。请打开原文件后另存为 .{extension} 再传。"


def kept_name(name, media_type):
    """The name with the extension of what is kept: a webp photo becomes a JPEG."""
    extension = EXTENSION.get(media_type)
    stem, _, ending = name.rpartition(".")
    if extension is None or (extension == "jpg" and ending.lower() == "jpeg"):
        return name
    return f"{stem[: NAME_LENGTH - 1 - len(extension)]}.{extension}"
