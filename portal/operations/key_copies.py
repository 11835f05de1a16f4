"""The keys, apart from every backup: one small file under a passphrase, for the safe of the office."""

import json
import os
from pathlib import Path

from portal.operations import locks
from portal.operations.programs import Failed
from vault import keys as vault_keys

SHORTEST = 16
NAME = "portal-keys-{:%Y%m%d-%H%M%S}.locked"


def keep(target, *, passphrase, now):
    """Write a copy of all keys into the folder `target`; returns its path. Raises Failed."""
    if len(passphrase) < SHORTEST:
        raise Failed(f"密钥备份的口令至少 {SHORTEST} 个字符：得到文件的人可以不限次数地试。")
    folder = vault_keys.directory()
    vault_keys.load(folder)
    content = {
        path.name: path.read_text("ascii") for path in sorted(folder.iterdir()) if path.suffix in (".key", ".pub")
    }
    target = Path(target)
    path = target / NAME.format(now)
    part = path.with_suffix(".part")
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(locks.by_passphrase(json.dumps(content).encode(), passphrase))
            file.flush()
            os.fsync(file.fileno())
        os.rename(part, path)
    except OSError as error:
        raise Failed(f"密钥备份没有写成：{error.strerror}（{error.filename}）。") from error
    return path


def bring_back(path, into, *, passphrase):
    """Put the keys of a copy into an empty folder; returns their names. Raises Failed and then writes nothing."""
    into = Path(into)
    if into.is_dir() and any(into.iterdir()):
        raise Failed(f"密钥目录 {into} 不是空的：密钥从不覆盖。请指定一个空目录，再把 KEY_DIR 指到那里。")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise Failed(f"密钥备份读不出：{error.strerror}（{path}）。") from error
    content = json.loads(locks.open_by_passphrase(data, passphrase))
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in content.items():
        handle = os.open(into / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    vault_keys.load(into)
    return sorted(content)
