"""Code lists fixed nationally (民族, 学历 …): `codes/*.yaml`, each with its source; rows hold the code, not the words."""

from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "codes"


class BadList(ValueError):
    """A code list that cannot be used; the message names the file."""


@cache
def found(name):
    """One list as it stands in its file: `source`, `from`, `rows` of [code, label] and `words` (other words → code)."""
    path = FOLDER / f"{name}.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    if missing := {"label", "source", "from", "rows"} - set(content):
        raise BadList(f"{path.name}：缺少 {'、'.join(sorted(missing))}")
    codes = [code for code, _ in content["rows"]]
    if len(set(codes)) != len(codes) or not all(isinstance(code, str) for code in codes):
        raise BadList(f"{path.name}：代码须为文字且不重复")
    if strangers := set(content.get("words", {}).values()) - set(codes):
        raise BadList(f"{path.name}：words 指向没有的代码 {'、'.join(sorted(strangers))}")
    return content


def choices(name):
    """Pairs (code, label) in the list's own order."""
    return [(code, label) for code, label in found(name)["rows"]]


def words(name):
    """Every word by which an office may call a code, the labels among them → code."""
    content = found(name)
    return {label: code for code, label in content["rows"]} | content.get("words", {})


# Named, so that a migration can refer to them.
def ethnicity():
    return choices("ethnicity")


def education():
    return choices("education")


def degree():
    return choices("degree")


def work():
    return choices("work")


def lost_reason():
    return choices("lost_reason")
