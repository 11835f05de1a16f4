"""The paper that lies in each backup: what is in it, digest by digest, signed with the key that signs seals."""

import hashlib
import json
from pathlib import Path

from portal.operations.programs import Failed
from vault import keys as vault_keys
from vault import seal_keys

NAME, SIGNATURE = "manifest.json", "manifest.sig"
FORMAT = 1
CHUNK = 1024 * 1024


def write(folder, content):
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    ring = seal_keys.load(vault_keys.directory())
    (folder / NAME).write_text(text, "utf-8")
    (folder / SIGNATURE).write_text(f"{ring.key_id} {ring.sign(text)}\n", "ascii")


def read(folder, *, signed=True):
    """What the manifest says; raises Failed when it is missing, altered or signed by nobody known."""
    folder = Path(folder)
    try:
        text = (folder / NAME).read_text("utf-8")
        key, _, signature = (folder / SIGNATURE).read_text("ascii").strip().partition(" ")
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{folder} 不是完整的备份：缺少 {NAME} 或 {SIGNATURE}，或读不出。") from error
    if signed:
        ring = seal_keys.load(vault_keys.directory())
        if key not in ring.public:
            raise Failed(
                f"备份清单由封存密钥 {key} 签名，密钥目录里没有这一把；请先恢复密钥（manage.py restore --keys）。"
            )
        if not ring.verifies(key, signature, text):
            raise Failed(f"备份清单 {NAME} 被改动：签名对不上。")
    try:
        content = json.loads(text)
    except ValueError as error:
        raise Failed(f"备份清单 {NAME} 已损坏，读不出。") from error
    if content.get("format") != FORMAT:
        raise Failed(f"备份清单的格式是 {content.get('format')}，本程序只认识 {FORMAT}；请用做这份备份的版本恢复。")
    return content


def measured(path):
    """[bytes, sha256] of a file."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return [size, digest.hexdigest()]


def check_files(folder, content):
    """Every file of the manifest is there, whole; raises Failed with the name of the first that is not."""
    for name, told in sorted(content["files"].items()):
        path = Path(folder) / name
        if not path.is_file():
            raise Failed(f"备份缺少文件 {name}。")
        if (size := path.stat().st_size) != told[0]:
            raise Failed(f"备份文件 {name} 应有 {told[0]} 字节，现有 {size} 字节（被截断或改动）。")
        if measured(path) != told:
            raise Failed(f"备份文件 {name} 的内容被改动或已损坏（校验和不符）。")


def key_marks():
    """What the manifest knows the keys by: {"data-1": mark, …}. A mark tells nothing of the key."""
    ring = vault_keys.load(vault_keys.directory())
    found = {f"data-{number}": key for number, key in ring.data.items()} | {"index": ring.index}
    return {name: hashlib.sha256(b"portal key mark\0" + key).hexdigest()[:16] for name, key in found.items()}


def check_keys(content):
    """The keys at hand are those under which the backup was sealed; raises Failed with the first that is not."""
    here = key_marks()
    for name, mark in sorted(content["keys"].items()):
        if name not in here:
            raise Failed(
                f"密钥目录里缺少 {name}.key：备份里有用它加密的内容。请先恢复密钥（manage.py restore --keys）。"
            )
        if here[name] != mark:
            raise Failed(f"密钥目录里的 {name}.key 与备份时的不是同一把，解不开备份的内容。请先恢复密钥。")
