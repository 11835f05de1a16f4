"""A title in lines: where it breaks without tearing a word."""

TITLE_SIGNS = 20  # of size 2 in a line of 156 mm
GOOD_BREAK = "、，；：》）的年度和暨"  # after these a title breaks without tearing a word


def title_lines(title):
    """A title in lines of about one length, broken where a word ends as far as signs tell."""
    return [line for part in title.split("\n") for line in _balanced(part)]


def _balanced(line):
    """A line of a title, as few lines as it needs, each broken after a good sign near its share of the length."""
    pieces = -(-len(line) // TITLE_SIGNS)
    lines = []
    while pieces > 1:
        share = -(-len(line) // pieces)
        near = range(max(1, share - 6), min(share + 7, TITLE_SIGNS + 1, len(line)))
        good = [at for at in near if line[at - 1] in GOOD_BREAK and line[at] not in GOOD_BREAK]
        whole = [at for at in near if not (_is_word(line[at - 1]) and _is_word(line[at]))]
        at = min(good or whole or [share], key=lambda place: abs(place - share))
        lines.append(line[:at].strip())
        line = line[at:].strip()
        pieces = max(pieces - 1, -(-len(line) // TITLE_SIGNS))
    return [*lines, line]


def _is_word(sign):
    return sign.isascii() and sign.isalnum()
