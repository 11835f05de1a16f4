"""Authenticated encryption bound to the place of a value: moved to another row or column, it does not open."""

import base64
import binascii
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.keys import ring

VERSION, ALGORITHM = "v1", "A256GCM"
NONCE, TAG = 12, 16


class Broken(ValueError):
    """A sealed value that was altered, moved or sealed under another key."""

    def __init__(self):
        super().__init__("密文已被改动、移位，或缺少对应的密钥，不能解开。请联系系统管理员核对备份。")


def seal(text, context):
    """`v1|A256GCM|key id|nonce|ciphertext|tag` in base64; `context` is the place, such as `table|column|row_key`."""
    nonce, sealed, key_id = _encrypt(text.encode(), context)
    return _written(key_id, nonce, sealed)


def unseal(token, context):
    """The text in a token; raises Broken unless it was sealed for this very place."""
    try:
        version, algorithm, key_id, *parts = token.split("|")
        nonce, ciphertext, tag = (base64.b64decode(part, validate=True) for part in parts)
    except (ValueError, binascii.Error) as error:
        raise Broken from error
    # Base64 has several spellings of the same bytes; only the one we write counts as unaltered.
    if (version, algorithm) != (VERSION, ALGORITHM) or _written(key_id, nonce, ciphertext + tag) != token:
        raise Broken
    return _decrypt(key_id, nonce, ciphertext + tag, context).decode()


def seal_bytes(data, context):
    """A whole file: the same three words, then nonce, ciphertext and tag as they are."""
    nonce, sealed, key_id = _encrypt(data, context)
    return f"{VERSION}|{ALGORITHM}|{key_id}|".encode() + nonce + sealed


def open_bytes(data, context):
    """The file in sealed bytes; raises Broken unless it was sealed for this very place."""
    try:
        version, algorithm, key_id, rest = data.split(b"|", 3)
        key_id = key_id.decode("ascii")
    except ValueError as error:
        raise Broken from error
    if (version, algorithm) != (VERSION.encode(), ALGORITHM.encode()):
        raise Broken
    return _decrypt(key_id, rest[:NONCE], rest[NONCE:], context)


def blind_index(purpose, normalised):
    """What an equality search compares: 64 hexadecimal digits that tell nothing without the index key."""
    return hmac.digest(ring().index, f"{purpose}\0{normalised}".encode(), "sha256").hex()


def _encrypt(data, context):
    keys, nonce = ring(), os.urandom(NONCE)
    return nonce, AESGCM(keys.data[keys.current]).encrypt(nonce, data, _bound(context, keys.current)), keys.current


def _decrypt(key_id, nonce, sealed, context):
    key = ring().data.get(key_id)
    if key is None or len(nonce) != NONCE or len(sealed) < TAG:
        raise Broken
    try:
        return AESGCM(key).decrypt(nonce, sealed, _bound(context, key_id))
    except InvalidTag as error:
        raise Broken from error


def _bound(context, key_id):
    return f"{context}|{key_id}".encode()


def _written(key_id, nonce, sealed):
    parts = (nonce, sealed[:-TAG], sealed[-TAG:])
    return "|".join([VERSION, ALGORITHM, key_id, *(base64.b64encode(part).decode() for part in parts)])
