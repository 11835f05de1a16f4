"""Records that read alike, across time and branches: marks found by the database, the share computed here."""

import re
import zlib

WIDTH = 5  # signs of one shingle
MARKS = 24  # kept of each text; two texts of 80 % likeness share at least one but once in a million
LEAST = 60  # signs; a shorter text says too little to be compared


def shingles(text):
    """The set of all stretches of `WIDTH` signs, numbers and punctuation left out: dates differ, the text does not."""
    bare = re.sub(r"[\W\d_]+", "", text)
    return {bare[at : at + WIDTH] for at in range(len(bare) - WIDTH + 1)} if len(bare) >= LEAST else set()


def trace(text):
    """The `MARKS` smallest marks of a text (bottom-k sketch), for an index on arrays; empty for a short text."""
    return sorted({zlib.crc32(piece.encode()) for piece in shingles(text)})[:MARKS]


def share(one, other):
    """How much of two texts together is common to both: 0 to 1 (Jaccard index of the shingles)."""
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second) if first and second else 0.0
