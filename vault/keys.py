"""The keys, in a folder outside the repository and the database.

`data-1.key`, `data-2.key`, … encrypt: the highest number seals, every one opens. `index.key` makes the blind indexes.
`signing.key` is Django's SECRET_KEY; `seal-1.key`, `seal-2.key`, … sign what is sealed (`vault.seal_keys`). Each file holds
32 random bytes as hexadecimal digits, for its owner's eyes alone.
"""

import contextlib
import fcntl
import os
import re
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
DATA_KEY = re.compile(r"data-(\d+)\.key")
SEAL_KEY = re.compile(r"seal-(\d+)\.key")
INDEX_KEY, SIGNING_KEY = "index.key", "signing.key"


class KeyProblem(ImproperlyConfigured):
    """A key is missing or badly kept: nothing may start; the message is one line and names the file."""


class KeyRing(NamedTuple):
    """All keys; `current` is the id of the one that seals."""

    current: str
    data: dict  # id → key
    index: bytes

    def __repr__(self):
        return f"<KeyRing {', '.join(self.data)}>"


def ensure_keys(directory):
    """Make the first keys in an empty or new folder; raises KeyProblem where some are there and some are not."""
    directory = Path(directory)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two servers may start at once
        # A lost key must be restored, not replaced: a new one opens nothing that the old one sealed.
        if not (directory / INDEX_KEY).exists() and not list(directory.glob("data-*.key")):
            _create(directory / INDEX_KEY)
            _create(directory / "data-1.key")
        # Another one verifies nothing that a lost one signed, and the check of the seals says so.
        if not list(directory.glob("seal-*.key")):
            _create(directory / "seal-1.key")
    finally:
        os.close(lock)
    load(directory)


def load(directory):
    """The keys in a folder; raises KeyProblem for a missing, damaged or openly readable one."""
    directory = Path(directory)
    if not directory.is_dir():
        raise KeyProblem(f"密钥目录不存在：{directory}")
    found = {match[1]: path for path in directory.iterdir() if (match := DATA_KEY.fullmatch(path.name))}
    if not found:
        raise KeyProblem(f"缺少数据密钥文件：{directory / 'data-1.key'}")
    data = {key_id: _read(found[key_id]) for key_id in sorted(found, key=int)}
    return KeyRing(current=list(data)[-1], data=data, index=_read(directory / INDEX_KEY))


def signing_key(directory):
    """Django's SECRET_KEY, kept beside the data keys; made when it is not there, since losing it only ends sessions."""
    path = Path(directory) / SIGNING_KEY
    with contextlib.suppress(FileExistsError):
        _create(path)
    return _read(path).hex()


def directory():
    """Where the keys of this installation lie; raises KeyProblem."""
    return Path(_named())


def _named():
    found = getattr(settings, "VAULT_KEY_DIR", None) or os.environ.get("VAULT_KEY_DIR")
    if not found:
        raise KeyProblem("未设置密钥目录 VAULT_KEY_DIR。")
    return found


def ring():
    """The keys of this installation, read once; raises KeyProblem."""
    return _ring(str(_named()))  # asked for each value that is opened: no path is taken apart


@lru_cache(maxsize=4)
def _ring(directory):
    return load(directory)


def _create(path):
    """A new key; raises FileExistsError, and never leaves a key half written."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:  # mode 0600
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)


def _read(path):
    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except FileNotFoundError as error:
        raise KeyProblem(f"缺少密钥文件：{path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyProblem(f"密钥文件读不出：{path}") from error
    if mode & 0o077:
        raise KeyProblem(f"密钥文件可被他人读取，请执行 chmod 600：{path}")
    if not re.fullmatch(rf"[0-9a-f]{{{2 * KEY_BYTES}}}\n?", text):
        raise KeyProblem(f"密钥文件已损坏：{path}")
    return bytes.fromhex(text)
