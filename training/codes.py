"""The code of a session that changes every few seconds, as a tag for the QR code and as digits for typing.

Nothing is asked here: the instant comes in, and it is always the database's, so that a server whose clock is wrong signs
nobody in too early or too late. The key lies in the vault, outside the database.
"""

import base64
import re
import secrets

import vault

TAG_BYTES = 10  # 80 bits: sixteen signs, and no number of tries is worth anything
_TEXT = re.compile(r"([1-9][0-9]{0,17})\.([A-Z2-7]{16})")


def window(at, rule):
    """The number of the window in which an instant lies."""
    return int(at.timestamp()) // rule["window"]


def seconds_left(at, rule):
    """Until the code on the screen changes."""
    return rule["window"] - int(at.timestamp()) % rule["window"]


def tag(row_key, number):
    """What proves that somebody saw the QR code of a session (by its row_key) in window `number`."""
    return base64.b32encode(bytes.fromhex(_mac("tag", row_key, number))[:TAG_BYTES]).decode()


def digits(row_key, number, rule):
    """The same for whoever types it."""
    count = rule["code_digits"]
    return f"{int(_mac('digits', row_key, number), 16) % 10**count:0{count}}"


def text(pk, row_key, number):
    """What the QR code says of the session: its key and the tag. The window is not written, it is tried."""
    return f"{pk}.{tag(row_key, number)}"


def read(scanned):
    """(key of the session, tag) of a scanned text, or None when it cannot be one of ours."""
    found = _TEXT.fullmatch(scanned or "")
    return (int(found[1]), found[2]) if found else None


def is_right(row_key, shown, at, rule):
    """Whether a tag is of now, or of one of the `previous` windows."""
    return _matches(shown, (tag(row_key, number) for number in _accepted(at, rule)))


def are_right(row_key, typed, at, rule):
    """Whether typed digits are of now, or of one of the `previous` windows."""
    return _matches(typed, (digits(row_key, number, rule) for number in _accepted(at, rule)))


def _accepted(at, rule):
    now = window(at, rule)
    return range(now - rule["previous"], now + 1)


def _matches(given, right):
    if not given.isascii():
        return False
    return any(secrets.compare_digest(each, given) for each in right)


def _mac(use, row_key, number):
    return vault.blind_index(f"training_classsession|{use}", f"{row_key}|{number}")
