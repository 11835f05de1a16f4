"""The editions of 发展党员工作细则 as data: which steps, in which order, with which days."""

from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

import yaml
from dateutil.relativedelta import relativedelta

FOLDER = Path(__file__).parent / "editions"
# Decisions about the probation, kept as rows beside the steps of the road: recruitment/probation.py.
BESIDE = {
    "extension_vote": "支部大会讨论延长预备期",
    "extension_approval": "上级党委批准延长预备期",
    "cancellation_vote": "支部大会讨论取消预备党员资格",
    "cancellation_approval": "上级党委批准取消预备党员资格",
}


class BadEdition(ValueError):
    """A file that cannot be used; the message names the file and the step."""


@dataclass(frozen=True)
class Span:
    of: str
    says: str
    article: str
    least: dict | None = None
    most: dict | None = None
    blocks: bool = False


@dataclass(frozen=True)
class Step:
    key: str
    number: int
    label: str
    stage: str
    actor: str
    article: str
    after: tuple = ()
    documents: tuple = ()
    days: dict | None = None
    spans: tuple = ()
    needs: tuple = ()
    repeats: dict | None = None
    to_check: str = ""


@dataclass(frozen=True)
class Edition:
    key: str
    title: str
    since: date
    source: str
    stages: dict
    extension: dict
    steps: dict

    @cached_property
    def resting(self):
        """step → the steps that come after it, directly or by others."""
        found = {key: set() for key in self.steps}
        for key in reversed(self.steps):  # no step comes before what it rests on
            for before in self.steps[key].after:
                found[before] |= {key, *found[key]}
        return {key: frozenset(steps) for key, steps in found.items()}


def load(folder=FOLDER):
    """Editions by the day from which they hold; one that `amends` another is that one with the named keys replaced."""
    raw = {}
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.safe_load(path.read_text("utf-8"))
        raw[content["edition"]] = content
    found = []
    for content in raw.values():
        if base := content.get("amends"):
            steps = [{**step, **content["steps"].get(step["key"], {})} for step in raw[base]["steps"]]
            content = {**raw[base], **content, "steps": steps}
        found.append(_edition(content))
    return tuple(sorted(found, key=lambda edition: edition.since))


def _edition(content):
    steps, keys = {}, [step["key"] for step in content["steps"]]
    for number, row in enumerate(content["steps"], 1):
        for before in row.get("after", ()):
            if before not in keys[: number - 1]:
                raise BadEdition(f"{content['edition']}：第 {number} 步“{row['label']}”接在后面的步骤“{before}”之后")
        spans = tuple(Span(**span) for span in row.get("spans", ()))
        fields = {**row, "number": number, "spans": spans, "needs": tuple(row.get("needs", ()))}
        fields |= {name: tuple(row.get(name, ())) for name in ("after", "documents")}
        steps[row["key"]] = Step(**fields)
    named = [content[name] for name in ("edition", "title", "from", "source", "stages", "extension")]
    return Edition(*named, steps)


@cache
def known_editions():
    return load()


def in_force(day):
    """The edition that holds on a day; before the first one, the first."""
    editions = known_editions()
    return next((edition for edition in reversed(editions) if edition.since <= day), editions[0])


def probation_ends(vote_on, extended=0):
    """预备期满: so many months from the branch's vote by the edition of that day, and what it was extended by."""
    spans = in_force(vote_on).steps["transfer_apply"].spans
    months = next(span.least["probation"] for span in spans if span.least)
    return vote_on + relativedelta(months=months + extended)
