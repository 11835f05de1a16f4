"""What a dry run found, kept with the batch so that its pages show it without planning again."""

import json
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field

from jobs.planning import BAD, ERROR, INSERT, UNCHANGED, UPDATE, WARNING, Change, Problem

OUTCOMES = (BAD, INSERT, UPDATE, UNCHANGED)
QUOTED = re.compile(r"“[^”]*”|\d+")
ALIKE = 3  # faults of one column and one sense that are worth a line of their own


@dataclass
class Line:
    """One row of the workbook as the report shows it."""

    number: int
    who: str
    outcome: str
    changes: list[Change]
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_warned(self):
        return self.outcome != BAD and bool(self.problems)


@dataclass
class Report:
    sheet: str
    unknown: list[str]
    lines: list[Line]
    problems: list[Problem]

    def shown(self, show="", like=""):
        """The lines of a tab: those with `error`, with `warning`, of an outcome, or all, what wants attention first."""
        if like:
            numbers = {problem.row for problem in self.problems if sense(problem) == like}
            return [line for line in self.lines if line.number in numbers]
        if show == ERROR:
            return [line for line in self.lines if line.outcome == BAD]
        if show == WARNING:
            return [line for line in self.lines if line.is_warned]
        if show in OUTCOMES:
            return [line for line in self.lines if line.outcome == show]
        return sorted(self.lines, key=lambda line: (OUTCOMES.index(line.outcome), not line.problems, line.number))

    @property
    def counts(self):
        """How many rows of each outcome, and how many `warning` rows go in although something should be looked at."""
        found = Counter(line.outcome for line in self.lines)
        return {outcome: found[outcome] for outcome in OUTCOMES} | {WARNING: sum(line.is_warned for line in self.lines)}

    def groups(self):
        """Faults that are many and alike, the most frequent first: (sense, one of them, how many)."""
        senses = [sense(problem) for problem in self.problems]
        first = dict(zip(reversed(senses), reversed(self.problems), strict=True))
        return [(each, first[each], count) for each, count in Counter(senses).most_common(10) if count >= ALIKE]


def sense(problem):
    """What a fault is about, whatever was typed: its column and its words without what they quote."""
    return f"{problem.level}/{problem.label}/{QUOTED.sub('…', problem.message)}"


def packed(plan, who_key):
    """A plan as bytes to be sealed."""
    rows = [
        [row.number, str(row.values.get(who_key) or ""), row.outcome, [list(change) for change in row.changes]]
        for row in plan.rows
    ]
    problems = [
        [each.sheet, each.row, each.cell, each.label, each.level, each.message, each.typed, each.who]
        for each in plan.problems
    ]
    return pack({"sheet": plan.sheet, "unknown": plan.unknown, "rows": rows, "problems": problems})


def unpacked(data):
    found = unpack(data)
    problems = [Problem(*each) for each in found["problems"]]
    lines = {
        number: Line(number, who, outcome, [Change(*change) for change in changes])
        for number, who, outcome, changes in found["rows"]
    }
    for problem in problems:
        if problem.row in lines:
            lines[problem.row].problems.append(problem)
    return Report(found["sheet"], found["unknown"], list(lines.values()), problems)


def pack(value):
    return zlib.compress(json.dumps(value, ensure_ascii=False).encode())


def unpack(data):
    return json.loads(zlib.decompress(data))
