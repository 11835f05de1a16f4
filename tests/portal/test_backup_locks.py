"""What leaves the machine is locked: another key, a cut and a changed bit are told, never half a file."""

import os

import pytest

from portal.operations import locks
from portal.operations.programs import Failed

PRIVATE, PUBLIC = locks.new_identity()


def _locked(data, size=10_000):
    return b"".join(locks.locked((data[at : at + size] for at in range(0, len(data), size)), PUBLIC))


def _opened(data, identity=PRIVATE, size=7_000):
    return b"".join(locks.unlocked((data[at : at + size] for at in range(0, len(data), size)), identity))


@pytest.mark.parametrize("size", [0, 1, locks.PIECE - 1, locks.PIECE, locks.PIECE + 1, 3 * locks.PIECE])
def test_what_is_locked_opens_with_the_private_half(size):
    data = os.urandom(size)

    locked = _locked(data)

    assert _opened(locked) == data
    assert data not in locked or size < 2


def test_nothing_opens_with_another_key():
    with pytest.raises(Failed, match="私钥不是这份备份的"):
        _opened(_locked(b"x" * 100_000), locks.new_identity()[0])


@pytest.mark.parametrize("at", [0, 20, 60, 50_000, 99_000], ids="byte {}".format)
def test_a_changed_bit_is_told(at):
    data = bytearray(_locked(b"x" * 100_000))
    data[at] ^= 1

    with pytest.raises(Failed):
        _opened(bytes(data))


@pytest.mark.parametrize("kept", [10, 49, 65_000, len(locks.MAGIC) + 32 + locks.PIECE + locks.TAG, 100_000])
def test_a_cut_is_told_even_between_two_pieces(kept):
    with pytest.raises(Failed):
        _opened(_locked(b"x" * 100_000)[:kept])


def test_pieces_cannot_change_places():
    data = _locked(b"x" * (3 * locks.PIECE))
    start, piece = len(locks.MAGIC) + 32, locks.PIECE + locks.TAG
    first, second = data[start : start + piece], data[start + piece : start + 2 * piece]

    with pytest.raises(Failed):
        _opened(data[:start] + second + first + data[start + 2 * piece :])


def test_a_passphrase_opens_and_another_does_not():
    locked = locks.by_passphrase(b"the keys", "sixteen letters!")

    assert locks.open_by_passphrase(locked, "sixteen letters!") == b"the keys"
    with pytest.raises(Failed, match="口令不对"):
        locks.open_by_passphrase(locked, "sixteen letters?")
    with pytest.raises(Failed, match="不是密钥备份文件"):
        locks.open_by_passphrase(b"something else", "sixteen letters!")


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, PUBLIC + "0"], ids=["none", "short", "no hex", "long"])
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(Failed, match="公钥应是 64 位"):
        locks.recipient(text)
