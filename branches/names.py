"""How an organisation is found by name: a part of its own, of a former one or of a school's, or the initials in pinyin."""

import re
from functools import lru_cache

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, Q
from pypinyin import Style, lazy_pinyin

from branches.models import OrgChange, School

SHORTEST = 3  # signs of a short name: two stand in nearly every long one
GUESSED = 2  # full names that are worth naming
ASKED = 200  # different unknown names that a workbook is helped with
KEPT = 50_000  # names whose initials a process remembers: those of a hundred counties


@lru_cache(maxsize=KEPT)
def initials(name):
    """第一中学 → dyzx."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore")).lower()


def is_initials(word):
    """Whether a word may stand for the first letters of a name: at least two Latin letters and nothing else."""
    return len(word) > 1 and word.isascii() and word.isalpha()


def named(branches, word):
    """The organisations that `word` names, each once."""
    former = OrgChange.objects.filter(kind=OrgChange.Kind.RENAMED, before__contains=word).order_by()
    covered = School.objects.filter(name__contains=word)
    tests = Q(name__contains=word) | Q(pk__in=former.values("branch")) | Q(pk__in=covered.values("branches"))
    if is_initials(word):
        tests |= Q(pk__in=_by_initials(branches, word.lower()))
    elif len(word) >= SHORTEST:  # 下坝初中, where no name has it word for word
        said_so = branches.order_by().filter(name__contains=word)
        tests |= Q(~Exists(said_so), name__regex=".*".join(map(re.escape, word)))
    return branches.filter(tests)


class Unknown:
    """What is said of a name that is not on record: which full name it may stand for (下坝初中支部), or to look it up."""

    def __init__(self, names):
        self.names, self.said = list(names), {}

    def __call__(self, word):
        if word not in self.said:
            likely = self._likely(word) if len(self.said) < ASKED else []
            rest = (
                f"是不是{'或'.join(f'“{name}”' for name in likely)}？请改成全称"
                if likely
                else "请与党组织基本情况表核对名称"
            )
            self.said[word] = f"党组织不存在：系统中没有“{word}”，{rest}"
        return self.said[word]

    def _likely(self, word):
        word = "".join(word.split()).replace("党支部", "支部").replace("党总支", "总支")
        found = [name for name in self.names if word in name] or [
            name for name in self.names if _stands_for(word, name)
        ]
        return found if len(word) >= SHORTEST and len(found) <= GUESSED else []


def _stands_for(word, name):
    """Whether the signs of a short name stand in the full one in this order."""
    signs = iter(name)
    return all(sign in signs for sign in word)


def _by_initials(branches, word):
    """Names begin alike (中共某县), so the letters may stand anywhere in them. One query."""
    rows = (
        branches.order_by().annotate(covered=ArrayAgg("schools__name", default=[])).values_list("pk", "name", "covered")
    )
    return [pk for pk, *names, covered in rows if any(word in initials(name) for name in (*names, *covered) if name)]
