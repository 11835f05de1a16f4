"""Short forms as data: questions read from a file and checked, and the forms that meet a duty by themselves (`filings.yaml`)."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from branches.models import Notice

FILE = Path(__file__).parent / "filings.yaml"
CHOICE, NUMBER, LINE, FLAG = "choice", "number", "line", "flag"
FIELDS = {"intro", "shows", "takes", "questions"}


class BadForm(ValueError):
    """A form that cannot be used; the message names it."""


@dataclass(frozen=True)
class Question:
    key: str
    label: str
    kind: str  # choice, number, line or flag
    options: dict
    most: int
    optional: bool

    def told(self, answer):
        """An answer in the words of the form."""
        if self.kind == CHOICE:
            return self.options.get(answer, "")
        if self.kind == FLAG:
            return "是" if answer else "否"
        return "" if answer is None else str(answer)


@dataclass(frozen=True)
class Form:
    """The form of one rule: `shows` a fact above the questions, `takes` the kind of notice that sets what to answer."""

    rule: str
    intro: str
    questions: tuple
    shows: str
    takes: str

    def told(self, answers):
        """(label, answer in words) of every question that was answered."""
        rows = [(question.label, question.told(answers.get(question.key))) for question in self.questions]
        return [(label, words) for label, words in rows if words]


def questions(rows, where):
    """Questions as data, checked; raises `BadForm`."""
    found = []
    for row in rows:
        if row["kind"] not in (CHOICE, NUMBER, LINE, FLAG):
            raise BadForm(f"{where} {row['key']}：没有这种问法 {row['kind']}")
        if (row["kind"] == CHOICE) != bool(row.get("options")):
            raise BadForm(f"{where} {row['key']}：选择题要有选项，其他题没有")
        found.append(
            Question(
                row["key"], row["label"], row["kind"], row.get("options", {}), row.get("most", 200),
                row.get("optional", False),
            )
        )  # fmt: skip
    if len({question.key for question in found}) != len(found):
        raise BadForm(f"{where}：有两个问题同名")
    return tuple(found)


@cache
def filings():
    """rule → Form, in the order of the file."""
    found = {}
    for rule, row in yaml.safe_load(FILE.read_text("utf-8")).items():
        where = f"{FILE.name} {rule}"
        if unknown := set(row) - FIELDS:
            raise BadForm(f"{where}：不认识的字段 {'、'.join(sorted(unknown))}")
        takes = row.get("takes", "")
        if takes and takes not in Notice.Kind.values:
            raise BadForm(f"{where}：没有这种通知 {takes}")
        if not row.get("questions"):
            raise BadForm(f"{where}：一个问题也没有")
        found[rule] = Form(rule, row["intro"], questions(row["questions"], where), row.get("shows", ""), takes)
    return found
