"""What the portal knows already: recognised by the words of a header (`known.yaml`), computed for all organisations at once."""

import re
import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from dateutil.relativedelta import relativedelta
from django.db.models import Count, Q
from django.urls import reverse

from branches.models import Group, Term, above, within
from meetings.facts import register
from members.models import Member, Membership, Post
from rulebook.facts import Period

FILE = Path(__file__).with_name("known.yaml")
PERS = ("branch", "member")
OF_PERSON = {"members:detail"}
OF_BRANCH = {"branches:detail"}
MEETINGS = ("theme_party_day", "members_meeting", "committee_meeting", "group_meeting", "party_lecture")
SECRETARY = Post.Office.SECRETARY
YOUNG = 35
HAN = "01"
# Eleven digits with or without the country's code, however they are grouped; fifteen and more belong to somebody or to a bank.
MOBILE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[\s\-—]?)?1[3-9]\d(?:[\s\-—]?\d){8}(?!\d)")
LONG = re.compile(r"\d(?:[\s\-—]?\d){14}")
REFUSAL = (
    "“{header}”属于个人敏感信息，不能用临时收表收。确需身份证号、手机、住址的，请在“导出”里申请，经第二人批准后从名册导出；"
    "请先从表里删去这一列再上传。"
)


class Known(NamedTuple):
    """One thing that the portal knows of an organisation or of a member."""

    key: str
    label: str
    headers: tuple
    mend: str
    is_count: bool = False
    is_day: bool = False

    def mend_url(self, branch, member):
        """Where a wrong value is put right."""
        if self.mend in OF_PERSON:
            return reverse(self.mend, args=[member])
        if self.mend in OF_BRANCH:
            return reverse(self.mend, args=[branch])
        return f"{reverse(self.mend)}?branch={branch}"


class BadCatalogue(ValueError):
    """`known.yaml` cannot be used; the message says why."""


@cache
def _file():
    return yaml.safe_load(FILE.read_text("utf-8"))


@cache
def catalogue(per):
    """key → Known, in the order in which they are offered."""
    found = {
        key: Known(key, row["label"], tuple(row["headers"]), row["mend"], row.get("is_count", False), row.get("is_day", False))
        for key, row in _file()[per].items()
    }  # fmt: skip
    seen = {}
    for known in found.values():
        for header in known.headers:
            if seen.setdefault(_bare(header), known.key) != known.key:
                raise BadCatalogue(f"known.yaml：表头“{header}”同时属于 {seen[_bare(header)]} 和 {known.key}")
    return found


def _bare(header):
    """A header as it is compared: no spaces, no brackets and what they hold, one width of letters."""
    text = unicodedata.normalize("NFKC", str(header))
    return re.sub(r"\s+|[:：*]", "", re.sub(r"[（(〔\[][^）)〕\]]*[）)〕\]]", "", text))


def refused(header):
    """Why a column of that name may not be in a 收表, or None."""
    bare = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(header)))
    return REFUSAL.format(header=header) if any(word in bare for word in _file()["refused"]) else None


def is_wary(header):
    """Whether a telephone number is likely meant by a header that does not say so."""
    return any(word in _bare(header) for word in _file()["wary"])


def personal(cell):
    """What number of somebody's stands in a cell, in a word, or ""."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = unicodedata.normalize("NFKC", str(cell))
    if LONG.search(text):
        return "身份证号、银行卡号"
    return "手机号" if MOBILE.search(text) else ""


def is_serial(header):
    return _bare(header) in _file()["serial"]


def recognised(header, per):
    """The key of what a header asks for, or None when it is nothing that the portal knows."""
    bare = _bare(header)
    return next((known.key for known in catalogue(per).values() if bare in map(_bare, known.headers)), None)


# --- the values


def of_branches(branches, keys, *, on):
    """branch id → {key: text} for a queryset of organisations: a constant number of queries, only those asked for."""
    keys = set(keys)
    rows = branches.select_related("parent")
    rows = list(rows.prefetch_related("schools") if "school" in keys else rows)
    found = {row.pk: {key: _plain(row, key) for key in keys & _PLAIN.keys()} for row in rows}
    for group, compute in _SETS:
        if wanted := keys & group:
            for pk, told in compute(rows, on).items():
                found[pk] |= {key: told[key] for key in wanted if key in told}
    counts = {known.key for known in catalogue("branch").values() if known.is_count}
    for told in found.values():  # none was found: that is known too
        told |= {key: "0" if key in counts else "" for key in keys if key not in told}
    return found


def _plain(row, key):
    return _PLAIN[key](row)


_PLAIN = {
    "name": lambda row: row.name,
    "superior": lambda row: row.parent.name if row.parent_id else "",
    "kind": lambda row: row.get_kind_display(),
    "school": lambda row: "、".join(school.name for school in row.schools.all()),
    "stage": lambda row: row.get_stage_display(),
    "area": lambda row: row.get_area_display(),
    "nature": lambda row: row.get_nature_display(),
    "founded": lambda row: _day(row.founded_on),
}


def _day(day):
    return day.isoformat() if day else ""


def _terms(rows, on):
    terms = {term.branch_id: term for term in Term.objects.filter(branch__in=rows).on(on)}
    posts = Post.objects.filter(term__in=terms.values(), office=SECRETARY, started_on__lte=on).exclude(ended_on__lt=on)
    names = dict(posts.order_by("started_on").values_list("term__branch", "member__name"))
    return {
        pk: {
            "secretary": names.get(pk) or term.secretary_name, "committee": str(term.committee_size),
            "elected": _day(term.started_on), "expires": _day(term.expires_on),
        }
        for pk, term in terms.items()
    }  # fmt: skip


def _groups(rows, on):
    found = Group.objects.filter(branch__in=rows, started_on__lte=on).exclude(ended_on__lt=on).order_by()
    return {pk: {"groups": str(count)} for pk, count in found.values_list("branch").annotate(n=Count("pk"))}


def _heads(rows, on):
    """Members by kind and sort; of a 党委 or 党总支 those of everything below it too."""
    young = on - relativedelta(years=YOUNG + 1)
    sorts = {
        "members": Q(), "full": Q(kind=Membership.Kind.FULL), "probationary": Q(kind=Membership.Kind.PROBATIONARY),
        "women": Q(member__sex=Member.Sex.FEMALE), "minority": ~Q(member__ethnicity__in=["", HAN]),
        "under_35": Q(member__birth_on__gt=young),
    }  # fmt: skip
    counted = Membership.objects.on(on).filter(within([(row.path, True) for row in rows], "branch__path")).order_by()
    counted = counted.values("branch", "branch__path").annotate(
        **{f"n_{key}": Count("pk", filter=test) for key, test in sorts.items()}
    )
    owners = {row.path: row.pk for row in rows}
    found = {row.pk: dict.fromkeys(sorts, 0) for row in rows}
    for row in counted:
        for path in (*above(row["branch__path"]), row["branch__path"]):
            if path in owners:
                for key in sorts:
                    found[owners[path]][key] += row[f"n_{key}"]
    return {pk: {key: str(count) for key, count in told.items()} for pk, told in found.items()}


def _meetings(rows, on):
    found = defaultdict(dict)
    for row in register([each.pk for each in rows], Period.of_year(on.year, on=on)):
        found[row["branch"]][row["of_kind"]] = str(row["held"])
    return found


_SETS = (
    ({"secretary", "committee", "elected", "expires"}, _terms),
    ({"groups"}, _groups),
    ({"members", "full", "probationary", "women", "minority", "under_35"}, _heads),
    (set(MEETINGS), _meetings),
)


def of_members(branches, keys, *, on):
    """branch id → [(member id, {key: text})] of those who belong to it on the day, in the order of a roster. Three queries."""
    keys = set(keys)
    pks = list(branches.values_list("pk", flat=True))
    rows = (
        Membership.objects.on(on)
        .filter(branch__in=pks)
        .for_list()
        .order_by("branch__order", "branch", "member__strokes", "pk")
    )
    offices = defaultdict(list)
    if "office" in keys:
        terms = Term.objects.filter(branch__in=pks).on(on)
        posts = Post.objects.filter(term__in=list(terms), started_on__lte=on).exclude(ended_on__lt=on).order_by("pk")
        for post in posts:
            offices[post.member_id].append(post.get_office_display())
    found = {pk: [] for pk in pks}
    for row in rows:
        told = {key: _PERSON[key](row) for key in keys & _PERSON.keys()}
        if "office" in keys:
            told["office"] = "、".join(offices[row.member_id])
        found[row.branch_id].append((row.member_id, told))
    return found


_PERSON = {
    "branch": lambda row: row.branch.name,
    "name": lambda row: row.member.name,
    "sex": lambda row: row.member.get_sex_display(),
    "ethnicity": lambda row: row.member.get_ethnicity_display(),
    "native_place": lambda row: row.member.native_place,
    "born": lambda row: f"{row.member.birth_on:%Y-%m}" if row.member.birth_on else "",
    "kind": lambda row: row.get_kind_display(),
    "joined": lambda row: _day(row.member.joined_on),
    "converted": lambda row: _day(row.member.converted_on),
    "education": lambda row: row.member.get_education_display(),
    "degree": lambda row: row.member.get_degree_display(),
    "graduated_from": lambda row: row.member.graduated_from,
    "work_began": lambda row: row.member.work_began,
    "work": lambda row: row.member.get_work_display(),
    "position": lambda row: row.member.position,
    "title": lambda row: row.member.title,
    "subject": lambda row: row.member.subject,
}
