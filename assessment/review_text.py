"""The three sections of a report as plain text: their names, and how a document is cut into them."""

import re

from django.core.exceptions import ValidationError

from rulebook.book import value

NUMBER = re.compile(r"^\s*(?:第?[一二三四五六七八九十]+(?:[、.．]|部分[：:、]?)|[123][、.．])\s*")
SHORT, LONGEST = 20, 40  # signs of a heading without and with a number
KEYS = ("achievements", "shortcomings", "plans")


def sections(on):
    """The rows {key, label, words, hint} of the three sections as the rule of that day names them."""
    return value("review.sections", on=on)


def cut(lines, on):
    """key → text of the lines of a document, the headings left out; raises ValidationError naming what is not found.

    Headings come in their order. What stands before the first one (the greeting, the name) goes with the first section; a
    line that repeats the title of the document is left to the reader.
    """
    rows, at, found = sections(on), -1, {key: [] for key in KEYS}
    for line in lines:
        if at + 1 < len(rows) and _is_heading(line, rows[at + 1]["words"]):
            at += 1
            continue
        found[rows[max(at, 0)]["key"]].append(line)
    missing = [row["label"] for row in rows[at + 1 :]]
    missing += [row["label"] for row in rows[: at + 1] if not found[row["key"]]]
    if missing:
        raise ValidationError(
            f"文档里没有找到“{'”“'.join(missing)}”。请按“一、{rows[0]['label']}”“二、{rows[1]['label']}”“三、{rows[2]['label']}”"
            "分成三部分，每部分的标题单独一行，再传一次。"
        )
    return {key: "\n".join(rows) for key, rows in found.items()}


def _is_heading(line, words):
    number = NUMBER.match(line)
    plain = line[number.end() :] if number else line
    if not plain or len(plain) > (LONGEST if number else SHORT) or plain[-1] in "。；;，,":
        return False
    return any(word in plain for word in words)


def tidy(text):
    """Text from a box: one line end, no blank lines at the edges, at most one between paragraphs."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
