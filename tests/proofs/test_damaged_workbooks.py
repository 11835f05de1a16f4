"""T-IMP-3: 20,000 damaged files. Each is read or refused in words; the server's process never falls and never waits long."""

import random
import time

import pytest

from office import Unreadable
from office.reader import read
from tests.imports import county, layouts
from tests.proofs.scale import BLOCKS, SEED, times


def gbk(table):
    return layouts.text(table, encoding="gb18030")


def damage(data, rng):
    """Flipped bytes, a cut, or two files glued together."""
    data = bytearray(data)
    how = rng.choice(["flip", "flip", "cut", "glue"])
    if how == "flip":
        for _ in range(rng.choice([1, 3, 40])):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif how == "cut":
        start = rng.randrange(len(data))
        del data[start : start + rng.randrange(1, len(data))]
    else:
        data += data[rng.randrange(len(data)) :]
    return bytes(data)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_damaged_file_is_read_or_refused(block):
    rng = random.Random(f"{SEED}/damage/{block}")
    seeds = [make(table()) for table in county.TABLES.values() for make in (layouts.xlsx, layouts.xls, gbk)]
    slowest = silent = 0
    for _ in range(times(20_000)):
        _, data, name = rng.choice(seeds)
        started = time.perf_counter()
        try:
            read(damage(data, rng), name)
        except Unreadable as refusal:
            silent += not str(refusal)
        slowest = max(slowest, time.perf_counter() - started)
    assert (slowest < 30, silent) == (True, 0)
