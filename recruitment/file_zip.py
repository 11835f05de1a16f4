"""The whole file of one person as one zip: 卷内目录, the forms, and the scans, numbered in the order of the road.

What lacks is named in the list; what is not for these eyes is left out and named as such. The same content, the same bytes.
"""

import io
import zipfile

from django.core.exceptions import ValidationError

from accounts import audit
from files import store
from files.actions import open_file
from files.intake import clean_name
from recruitment import documents

STAMP = (1980, 1, 1, 0, 0, 0)
LARGEST = 100 * 1024 * 1024  # of what is packed into one file
NAME = 60  # signs: with a folder before it still a path that Windows opens
CONTENTS = "archive-file_contents"


def name_of(application):
    return f"{clean_name(application.member.name)[:NAME]}发展党员档案.zip"


def pack(application, user, *, on):
    """The bytes of the zip as `user` may see the file."""
    folder = documents.state(application, user)
    open_to = [line for line in folder.lines if (line.is_due or line.files) and not line.is_closed]
    wanted = [line.document for line in open_to if line.document.has_form and line.document.step in folder.steps]
    contents = documents.documents()[CONTENTS]
    written = documents.write(
        application, [*(each for each in wanted if each != contents), contents], user, on=on, folder=folder
    )
    stream, packed, left_out = io.BytesIO(), 0, []
    with zipfile.ZipFile(stream, "w") as target:
        _write(target, "00-卷内目录.docx", written[CONTENTS].data)
        for line in open_to:
            title = f"{line.number:02}-{clean_name(line.document.title)[:NAME]}"
            form = written.get(line.document.key)
            if form is not None and line.document != contents:
                _write(target, f"{title}（系统生成，待签字）.docx", form.data)
            for number, row in enumerate(line.files, 1):
                ending = row.file.name.rpartition(".")[2].lower()
                name = f"{title}（签字扫描件{number}）.{ending}"
                if packed + row.file.size > LARGEST:
                    left_out.append(f"{name}：打包文件太大，请在系统里单独下载")
                    continue
                try:
                    data = open_file(row.file)
                except ValidationError as error:
                    left_out.append(
                        f"{name}：{'文件已损坏' if isinstance(error, store.Missing) else '还没有通过病毒检查'}"
                    )
                    continue
                packed += len(data)
                _write(target, name, data)
        _write(target, "缺少和没有装入的材料.txt", _lacking(folder, left_out).encode("utf-8-sig"))
    audit.record("recruitment.pack", application, by=user, papers=len(written), bytes=packed)
    return stream.getvalue()


def _lacking(folder, left_out):
    missing = [
        f"{line.number:02} {line.document.title}：缺签字件"
        for line in folder.due
        if not line.is_there and not line.is_closed
    ]
    closed = [f"{line.number:02} {line.document.title}：限授权查看，没有装入" for line in folder.due if line.is_closed]
    return "\r\n".join([*missing, *closed, *left_out] or ["材料齐全。"]) + "\r\n"


def _write(target, name, data):
    entry = zipfile.ZipInfo(name, STAMP)
    entry.create_system = 0  # the same on every machine
    target.writestr(entry, data, zipfile.ZIP_STORED)  # all of it is compressed already
