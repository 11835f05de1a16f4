"""What help there is, read from the YAML files of this folder. Numbers of documents are not in them: a section names its rules."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml
from django.urls import resolve, reverse

from accounts.policy import PUBLIC, SIGNED_IN
from branches.rights import Role, Task, assigned, may, serving
from rulebook.book import rules

FOLDER = Path(__file__).parent
MEMBER = "member"  # who holds no post; every signed-in person may be one


class BadHelp(ValueError):
    """A help file that cannot be used; the message names the file and the entry."""


@dataclass(frozen=True)
class Step:
    """One thing to do: a sentence, the page where it is done, and what in the records says that it is."""

    text: str
    say: str = ""
    route: str = ""
    tick: str = ""


@dataclass(frozen=True)
class Guide:
    """The first day in one post."""

    key: str
    title: str
    roles: tuple
    welcome: str
    steps: tuple


@dataclass(frozen=True)
class Question:
    key: str
    ask: str
    answer: tuple
    route: str = ""
    label: str = ""


@dataclass(frozen=True)
class Picture:
    name: str
    caption: str
    phone: bool = False

    @property
    def path(self):
        return f"manual/{self.name}.png"


@dataclass(frozen=True)
class Section:
    """One job: for what, how, by which rules. `routes` are the pages whose “?” leads here."""

    key: str
    title: str
    why: str
    routes: tuple
    steps: tuple
    notes: tuple = ()
    rules: tuple = ()
    pictures: tuple = ()


@dataclass(frozen=True)
class Chapter:
    key: str
    title: str
    who: str
    order: int
    sections: tuple = field(default=())


@cache
def guides():
    return [
        _made(Guide, row, "guides.yaml", roles=tuple(row["roles"]), steps=_all(Step, row["steps"], "guides.yaml"))
        for row in _read("guides.yaml")
    ]


@cache
def questions():
    """Heading → the questions under it."""
    return {
        row["group"]: [
            _made(Question, each, "questions.yaml", key=f"q{number}-{place}", answer=tuple(each["answer"]))
            for place, each in enumerate(row["questions"], 1)
        ]
        for number, row in enumerate(_read("questions.yaml"), 1)
    }


@cache
def terms():
    """(word, meaning), in the order of the file."""
    return [(row["word"], row["meaning"]) for row in _read("terms.yaml")]


@cache
def chapters():
    found = [_chapter(path) for path in sorted((FOLDER / "manual").glob("*.yaml"))]
    return sorted(found, key=lambda chapter: chapter.order)


def _chapter(path):
    row, where = _read(f"manual/{path.name}"), path.name
    sections = tuple(
        _made(
            Section, each, where, routes=tuple(each["routes"]), steps=tuple(each["steps"]),
            notes=tuple(each.get("notes", ())), rules=tuple(each.get("rules", ())),
            pictures=_all(Picture, each.get("pictures", ()), where),
        )
        for each in row["sections"]
    )  # fmt: skip
    for section in sections:
        if unknown := set(section.rules) - set(rules()):
            raise BadHelp(f"{where} {section.key}：规则库里没有 {'、'.join(sorted(unknown))}")
    return _made(Chapter, row, where, key=path.stem, sections=sections)


def _read(name):
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def _all(kind, rows, where):
    return tuple(_made(kind, row, where) for row in rows)


def _made(kind, row, where, **read):
    try:
        return kind(**{**row, **read})
    except TypeError as error:
        raise BadHelp(f"{where}：{row.get('key') or row.get('title') or row}：{error}") from error


# --- which part of it is for whom, and for which page


def guides_of(user):
    """The guides of the posts and tasks this person holds; that of a member when there are none."""
    held = {role for role, _ in serving(user)} | {task for task, _ in assigned(user)}
    return [guide for guide in guides() if held & set(guide.roles)] or [
        guide for guide in guides() if MEMBER in guide.roles
    ]


@cache
def verb_of(route):
    """The verb that a page asks for."""
    return resolve(reverse(route)).func.policy


def link(user, route):
    """The address of a page when this person may open it, else nothing."""
    if not route or (verb_of(route) not in (SIGNED_IN, PUBLIC) and not may(user, verb_of(route))):
        return ""
    return reverse(route)


@cache
def _places():
    """(how an address begins, where its help stands), longest first."""
    found = [
        (reverse(route), f"{reverse('portal:manual_chapter', args=[chapter.key])}#{section.key}")
        for chapter in chapters()
        for section in chapter.sections
        for route in section.routes
    ]
    return sorted(found, key=lambda place: -len(place[0]))


def explained_at(path):
    """Where the manual explains the page at this address; the front page of the help when no section does."""
    for begins, place in _places():
        if path == begins or (begins != "/" and path.startswith(begins)):
            return place
    return reverse("portal:help")


POSTS = {**dict(Role.choices), **dict(Task.choices), MEMBER: "党员"}


def find(word):
    """What of the help speaks of a word: sections, questions, terms."""
    return {
        "sections": [
            (chapter, section)
            for chapter in chapters()
            for section in chapter.sections
            if word in " ".join((section.title, section.why, *section.steps, *section.notes))
        ],
        "questions": [
            each for group in questions().values() for each in group if word in " ".join((each.ask, *each.answer))
        ],
        "terms": [(term, meaning) for term, meaning in terms() if word in term or word in meaning],
    }
