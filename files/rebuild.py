"""Rebuilding an uploaded file in a process of its own: this process never decodes what came from outside."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from office import Unreadable

CHILD = Path(__file__).with_name("rebuild_child.py")
DAMAGED = {
    "image": "这张照片不完整或已损坏，打不开。请用手机重新拍照，或另存为 JPG 后再传。",
    "pdf": "这个 PDF 不完整或已损坏，打不开。请用 WPS 打开后另存为 PDF（或重新扫描）再传。",
    "word": "这个 Word 文档不完整或已损坏，打不开。请用 WPS 或 Word 打开后另存为 .docx 再传。",
    "sheet": "这个表格不完整或已损坏，打不开。请用 WPS 或 Excel 打开后另存为 .xlsx 再传。",
}
TOO_HEAVY = {
    "image": "这张照片过大或过于复杂，处理不了。请用手机重新拍照，或另存为较小的 JPG 后再传。",
    "pdf": "这个 PDF 过于复杂，处理不了。请分成几个文件，或打印后重新扫描再传。",
    "word": "这个文档展开后过大，处理不了。请删去多余内容，或分成几个文件后再传。",
    "sheet": "这个表格展开后过大，处理不了。请删去多余的行列，或分成几个文件后再传。",
}


class Rebuilt(NamedTuple):
    """A file made anew; what only pictures have is None for others, `small` is a picture's thumbnail (JPEG)."""

    data: bytes
    media_type: str
    width: int | None
    height: int | None
    look: int | None
    small: bytes | None


def rebuilt(data, kind):
    """The file made anew from what is harmless in it; raises Unreadable with what is wrong and what to do."""
    limits = {
        "pixels": settings.FILES_MAX_PIXELS,
        "side": settings.FILES_MAX_SIDE,
        "pages": settings.FILES_MAX_PAGES,
        "small": settings.FILES_THUMBNAIL_SIDE,
    }
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-B", "-X", "utf8", str(CHILD), kind, json.dumps(limits)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a parser's last words may quote the file
            env=environment,  # no database address, no key folder
            timeout=settings.FILES_WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(TOO_HEAVY[kind]) from error
    if child.returncode < 0:
        raise Unreadable(TOO_HEAVY[kind])
    if child.returncode:
        raise Unreadable(DAMAGED[kind])
    return _answer(child.stdout, kind)


def _answer(output, kind):
    head, _, body = output.partition(b"\n")
    try:
        head = json.loads(head)
    except ValueError as error:
        raise Unreadable(DAMAGED[kind]) from error
    if "error" in head:
        raise Unreadable(head["error"], code=head["code"])
    small = head.pop("small")
    size = head.pop("size")
    if size == 0 or len(body) != size + small:
        raise Unreadable(DAMAGED[kind])
    return Rebuilt(data=body[:size], small=body[size:] or None, **head)
