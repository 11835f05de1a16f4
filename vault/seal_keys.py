"""The keys that sign what was sealed: beside the keys of the vault, outside the repository and the database.

`seal-1.key`, `seal-2.key`, … each hold 32 random bytes as hexadecimal digits; the highest number signs, every one verifies.
A `seal-3.pub` holds the public half alone, for verifying what a key signed that is kept elsewhere by now.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vault.keys import SEAL_KEY, KeyProblem, _read, directory

PUBLIC_KEY = re.compile(r"seal-(\d+)\.pub")


class Keys(NamedTuple):
    """`current` signs; `public`: key id → public key, of everything that is verified."""

    current: Ed25519PrivateKey
    public: dict

    def __repr__(self):
        return f"<Keys {', '.join(self.public)}>"

    @property
    def key_id(self):
        return key_id(self.current.public_key())

    def sign(self, text):
        """The signature of a text as hexadecimal digits."""
        return self.current.sign(text.encode()).hex()

    def verifies(self, key, signature, text):
        """Whether the key of that id signed this text; False for one that is not known, or a signature that is none."""
        try:
            self.public[key].verify(bytes.fromhex(signature), text.encode())
        except (KeyError, ValueError, InvalidSignature):
            return False
        return True


def key_id(public):
    """The first digits of a public key's digest: what a seal names its key by."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def load(directory):
    """The seal keys in a folder; raises KeyProblem for a missing, damaged or openly readable one."""
    directory = Path(directory)
    found = {int(match[1]): path for path in directory.iterdir() if (match := SEAL_KEY.fullmatch(path.name))}
    if not found:
        raise KeyProblem(f"缺少封存签名密钥文件：{directory / 'seal-1.key'}")
    private = [Ed25519PrivateKey.from_private_bytes(_read(found[number])) for number in sorted(found)]
    public = [key.public_key() for key in private]
    public += [
        Ed25519PublicKey.from_public_bytes(_read(path))
        for path in directory.iterdir()
        if PUBLIC_KEY.fullmatch(path.name)
    ]
    return Keys(private[-1], {key_id(key): key for key in public})


def ring():
    """The seal keys of this installation, read once; raises KeyProblem."""
    return _ring(str(directory()))


@lru_cache(maxsize=4)
def _ring(directory):
    return load(directory)


def exported(key):
    """The public half of a known key as hexadecimal digits, to be kept and to verify with elsewhere; "" for another."""
    public = ring().public.get(key)
    return public.public_bytes_raw().hex() if public else ""
