"""How an organisation is found by name: a part of its own, of a former one or of a school's, or the initials in pinyin."""

from functools import lru_cache

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q
from pypinyin import Style, lazy_pinyin

from branches.models import OrgChange, School

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
    return branches.filter(tests)


def _by_initials(branches, word):
    """Names begin alike (中共某县), so the letters may stand anywhere in them. One query."""
    rows = (
        branches.order_by().annotate(covered=ArrayAgg("schools__name", default=[])).values_list("pk", "name", "covered")
    )
    return [pk for pk, *names, covered in rows if any(word in initials(name) for name in (*names, *covered) if name)]
