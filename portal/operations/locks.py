"""What leaves the machine is locked: to a public key whose private half lies elsewhere, or by a passphrase.

The same construction as age: an ephemeral X25519 key per file, HKDF-SHA256, then pieces of 64 KiB in AES-256-GCM, whose nonce
counts them and marks the last, so that nothing can be cut off, exchanged or added.
"""

import hashlib
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from portal.operations.programs import Failed

MAGIC = b"portal-backup-v1\n"
PIECE, TAG = 64 * 1024, 16
SCRYPT = {"n": 2**17, "r": 8, "p": 1}  # a third of a second and 128 MiB for each guess


def new_identity():
    """(private, public) as hexadecimal digits."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw().hex(), private.public_key().public_bytes_raw().hex()


def fingerprint(public):
    """What a manifest names a recipient by."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def recipient(text):
    """A public key as given; raises Failed."""
    if not re.fullmatch(r"[0-9a-f]{64}", text.strip()):
        raise Failed("收件公钥应是 64 位十六进制数字（manage.py backup --new-identity 生成）。")
    return text.strip()


def public_of(identity):
    """The public half of a private key as given; raises Failed."""
    if not re.fullmatch(r"[0-9a-f]{64}", identity.strip()):
        raise Failed("解密私钥文件已损坏：应只有 64 位十六进制数字。")
    return X25519PrivateKey.from_private_bytes(bytes.fromhex(identity.strip())).public_key().public_bytes_raw().hex()


def locked(pieces, public):
    """Pieces of any size → pieces to be written, for the owner of `public` alone."""
    ephemeral = X25519PrivateKey.generate()
    mine = ephemeral.public_key().public_bytes_raw()
    theirs = bytes.fromhex(public)
    cipher = AESGCM(_key(ephemeral.exchange(X25519PublicKey.from_public_bytes(theirs)), mine + theirs))
    yield MAGIC + mine
    number, last = 0, b""
    for piece in _even(pieces):
        if number:
            yield cipher.encrypt(_nonce(number, False), last, None)
        number, last = number + 1, piece
    yield cipher.encrypt(_nonce(max(number, 1), True), last, None)


def unlocked(pieces, identity):
    """The other way; raises Failed for another key, and for anything altered, cut or added."""
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(identity.strip()))
    pieces = _even(pieces, head=len(MAGIC) + 32, size=PIECE + TAG)
    head = next(pieces, b"")
    if not head.startswith(MAGIC) or len(head) != len(MAGIC) + 32:
        raise Failed("不是加密备份的文件，或开头已损坏。")
    theirs = head[len(MAGIC) :]
    mine = private.public_key().public_bytes_raw()
    cipher = AESGCM(_key(private.exchange(X25519PublicKey.from_public_bytes(theirs)), theirs + mine))
    number, last = 0, None
    try:
        for piece in pieces:
            if last is not None:
                yield cipher.decrypt(_nonce(number, False), last, None)
            number, last = number + 1, piece
        yield cipher.decrypt(_nonce(max(number, 1), True), last or b"", None)
    except InvalidTag as error:
        raise Failed("解不开加密备份：私钥不是这份备份的，或文件被截断、改动。") from error


def by_passphrase(data, passphrase):
    """A short text locked by a passphrase that people keep."""
    salt, nonce = os.urandom(16), os.urandom(12)
    return MAGIC + salt + nonce + AESGCM(_stretched(passphrase, salt)).encrypt(nonce, data, MAGIC)


def open_by_passphrase(data, passphrase):
    """The other way; raises Failed."""
    start = len(MAGIC)
    if not data.startswith(MAGIC) or len(data) < start + 28 + TAG:
        raise Failed("不是密钥备份文件，或文件已损坏。")
    salt, nonce = data[start : start + 16], data[start + 16 : start + 28]
    try:
        return AESGCM(_stretched(passphrase, salt)).decrypt(nonce, data[start + 28 :], MAGIC)
    except InvalidTag as error:
        raise Failed("口令不对，或密钥备份文件已损坏。") from error


def _stretched(passphrase, salt):
    return Scrypt(salt=salt, length=32, **SCRYPT).derive(passphrase.encode())


def _key(shared, salt):
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=MAGIC).derive(shared)


def _nonce(number, is_last):
    return number.to_bytes(11, "big") + bytes([is_last])


def _even(pieces, head=0, size=PIECE):
    """The same bytes in pieces of one size; the first of `head` bytes, when asked."""
    held, wanted = bytearray(), head or size
    for piece in pieces:
        held += piece
        while len(held) >= wanted:
            yield bytes(held[:wanted])
            del held[:wanted]
            wanted = size
    if held:
        yield bytes(held)
