"""The search over everything: what each list would find of a word, its first rows and how many there are.

Each kind goes through its own `visible_to` and asks what the search box of its list asks, so that “全部 n 条” opens just those.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q, Window
from django.urls import reverse

from branches import names
from branches.models import Branch, Notice, Receipt, Rectification, WeakCase
from branches.rights import may
from meetings.models import Meeting
from members import register
from members.models import Membership
from recruitment.models import Application
from training import classes
from training.models import ClassSession, TrainingClass

FIRST = 5  # of each kind; the rest in its list
SHORT = 2  # a single character names people and organisations alone: it stands in nearly every title


@dataclass(frozen=True)
class Kind:
    """One kind of record. `rows(user, word, on)` is what its list would show; `hit(row)` → (title, what stands beside, address)."""

    label: str
    icon: str
    unit: str
    verb: str
    rows: Callable
    hit: Callable
    route: str
    also: tuple = ()  # of the list's address, beside the word
    short: bool = False  # found by a single character too
    latin: bool = True  # found by Latin letters too


def _branches(user, word, on):
    return names.named(Branch.objects.visible_to(user).at_work(on), word).in_order()


def _members(user, word, on):
    rows = register.named(Membership.objects.visible_to(user).on(on).for_list(), word)
    return rows.order_by("branch__order", "branch", "member__strokes", "member")


def _applications(user, word, on):
    return register.named(Application.objects.visible_to(user), word).for_list()


def _meetings(user, word, on):
    rows = Meeting.objects.visible_to(user).filter(topic__contains=word)
    return rows.select_related("branch").order_by("-held_on", "-pk")


def _rectifications(user, word, on):
    rows = Rectification.objects.visible_to(user).filter(Q(problem__contains=word) | Q(branch__name__contains=word))
    return rows.select_related("branch").order_by("-due_on", "-pk")


def _weak_cases(user, word, on):
    rows = WeakCase.objects.visible_to(user).filter(branch__name__contains=word)
    return rows.select_related("branch").order_by("-suspected_on", "-pk")


def _classes(user, word, on):
    sessions = ClassSession.objects.visible_to(user)
    found = classes.named(TrainingClass.objects.visible_to(user), word, sessions=sessions)
    return found.select_related("branch").in_order()


def _received(user, word, on):
    rows = Receipt.objects.visible_to(user, verb="notice.receive").filter(notice__state=Notice.State.ISSUED)
    rows = rows.filter(Q(notice__title__contains=word) | Q(notice__number__contains=word))
    return rows.select_related("notice", "branch").order_by("-notice__issued_at", "-pk")


def _issued(user, word, on):
    rows = Notice.objects.visible_to(user).filter(branch__in=Branch.objects.visible_to(user, verb="notice.see"))
    rows = rows.filter(Q(title__contains=word) | Q(number__contains=word))
    return rows.select_related("branch").order_by("-pk")


def _day(day):
    return f"{day:%Y-%m-%d}" if day else ""


KINDS = [
    Kind("党组织", "tree", "个", "branch.see", _branches, lambda row: (row.name, [row.get_kind_display()], row.get_absolute_url()),
         "branches:list", short=True),
    Kind("党员", "members", "名", "member.see", _members,
         lambda row: (str(row.member), [row.get_kind_display(), row.branch.name], row.member.get_absolute_url()),
         "members:list", short=True),
    Kind("发展党员档案", "road", "份", "recruit.see", _applications,
         lambda row: (str(row.member), [row.get_stage_display(), row.branch.name], row.get_absolute_url()),
         "recruitment:list", also=(("state", "all"),), short=True),
    Kind("会议记录", "meeting", "条", "meeting.see", _meetings,
         lambda row: (row.topic, [_day(row.held_on), row.branch.name], row.get_absolute_url()), "meetings:list"),
    Kind("整改", "rectify", "件", "rectify.see", _rectifications,
         lambda row: (row.problem, [row.get_state_display(), row.branch.name], row.get_absolute_url()),
         "branches:rectifications", also=(("at", "all"),)),
    Kind("整顿", "flag", "件", "weak.see", _weak_cases,
         lambda row: (row.branch.name, [row.get_state_display(), _day(row.suspected_on)], row.get_absolute_url()),
         "branches:weak_cases", latin=False),
    Kind("培训班次", "book", "期", "training.see", _classes,
         lambda row: (row.title, [row.number, _day(row.starts_on), row.branch.name], row.get_absolute_url()),
         "training:list", also=(("year", "all"),)),
    Kind("收到的通知", "file", "份", "notice.receive", _received,
         lambda row: (row.notice.title, [row.notice.number, row.branch.name], row.notice.get_absolute_url()),
         "duties:notices", also=(("box", "in"),)),
    Kind("发出的通知", "file", "份", "notice.issue", _issued,
         lambda row: (row.title, [row.number, row.branch.name, row.get_state_display()], row.get_absolute_url()),
         "duties:notices", also=(("box", "out"),)),
]  # fmt: skip


def open_to(user):
    """The kinds of record that this person may look through."""
    return [kind for kind in KINDS if may(user, kind.verb)]


def found(user, word, *, on):
    """What `word` finds, kind by kind; a kind without any is left out. One or two queries a kind, however much there is."""
    results = []
    for kind in open_to(user):
        if (len(word) < SHORT and not kind.short) or (names.is_initials(word) and not kind.latin):
            continue
        rows = list(kind.rows(user, word, on).annotate(found=Window(Count("*")))[:FIRST])
        if rows:
            hits = [(title, "　".join(filter(None, beside)), url) for title, beside, url in map(kind.hit, rows)]
            url = f"{reverse(kind.route)}?{urlencode([('q', word), *kind.also])}"
            results.append({"kind": kind, "hits": hits, "count": rows[0].found, "url": url})
    return results
