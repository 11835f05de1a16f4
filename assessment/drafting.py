"""A scheme from its draft to its end: begun from the last one, changed row by row, published by a paper, closed with its year."""

import copy
import hashlib
import json
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Stale
from assessment import scheme as schemes
from assessment.judging import kinds_of
from assessment.models import Round, Scheme, Veto
from assessment.scheme_check import APART, problems
from branches.actions import root
from branches.rights import require
from files.secrecy import refuse_marked

State = Scheme.State
MOST_ITEMS, MOST_PARTS = 80, 10
SECTIONS = {  # what is edited together: section → (its name, the keys of the content)
    "title": ("名称和依据", ("title", "source", "status")),
    "dimensions": ("维度和权重", ("dimensions",)),
    "grades": ("等次", ("grades", "undetermined")),
    "groups": ("比较组", ("groups",)),
}


def seen(thing):
    """What a page carries along to tell whether somebody else changed `thing` (a part of a content) in between."""
    text = json.dumps(thing, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def years(on):
    """The years that a scheme may be written for: the one that is being finished, this one, the next."""
    return (on.year + 1, on.year, on.year - 1)


def section_of(content, name):
    return {key: content.get(key) for key in SECTIONS[name][1]}


def item_of(content, code):
    return next((item for item in content["items"] if item["code"] == code), None)


def part_of(item, key):
    return next((part for part in item["parts"] if part["key"] == key), None)


def basis(year, kind):
    """The content that a draft for `year` begins with: the last published one of the year or before, else the file's."""
    last = (
        Scheme.objects.filter(kind=kind, year__lte=year, state__in=schemes.IN_FORCE).order_by("-year").first()
    )  # fmt: skip
    if last is None:
        return schemes.frozen(year, kind)
    return copy.deepcopy(last.content)


@transaction.atomic
def start(year, kind, *, by, on):
    """A draft for a year, copied from the scheme that came last."""
    require(by, "scheme.edit", at=root())
    if year not in years(on):
        raise ValidationError({"year": f"只能起草 {years(on)[-1]} 至 {years(on)[0]} 年的方案。"})
    _refuse_running(year)
    content = basis(year, kind)
    before = str(content["year"])
    content |= {
        "year": year,
        "title": content["title"].replace(before, str(year)),
        "since": date(year, 1, 1).isoformat(),
    }
    scheme = Scheme(year=year, kind=kind, title=content["title"], content=content, created_by=by)
    scheme.full_clean()
    try:
        with transaction.atomic():
            scheme.save()
    except IntegrityError as twice:  # two at the same moment
        raise ValidationError("这一年已有一份起草中的方案，请在那一份上修改。") from twice
    audit.record("scheme.start", scheme, by=by, year=year, kind=kind)
    return scheme


def _refuse_running(year):
    if Round.objects.filter(year=year).exists():
        raise ValidationError(f"{year} 年度考核已经启动，方案不能再改。")


def _draft(scheme, by):
    """The locked scheme, when `by` may change it and it is a draft still."""
    require(by, "scheme.edit", at=root())
    locked = Scheme.objects.select_for_update(of=("self",)).filter(pk=scheme.pk).first()
    if locked is None:
        raise ValidationError("这份草稿已经删去，请回到方案列表。")
    if locked.state != State.DRAFT:
        raise ValidationError(f"方案{locked.get_state_display()}，不能再改；要改的，请另行起草。")
    return locked


def _same(now, then):
    if now is None:
        raise ValidationError("这一项已被别人删去，您填写的内容还在，需要的请另行添加。")
    if seen(now) != then:
        raise Stale("这一项刚被别人改过，请核对下面的最新内容后再保存，您填写的内容仍在。", code="stale")


def _keep(scheme, content, what, by, **detail):
    scheme.content, scheme.title = content, content["title"]
    scheme.claim(scheme.version)
    scheme.full_clean()
    scheme.save(update_fields=["content", "title", "version"])
    audit.record(f"scheme.{what}", scheme, by=by, **detail)
    return scheme


def _unmarked(values, names):
    for name in names:
        refuse_marked(str(values.get(name) or ""), "内容")


@transaction.atomic
def save_section(scheme, name, values, *, by, then):
    """The frame of a draft: title, dimensions, grades or groups; `then`: the section as it was when the page was read."""
    scheme = _draft(scheme, by)
    _same(section_of(scheme.content, name), then)
    content = copy.deepcopy(scheme.content) | values
    _unmarked(values, ("title", "source"))
    if name == "dimensions":
        left = {row["key"] for row in content["dimensions"]}
        for item in content["items"]:
            if item["dimension"] not in left and item["dimension"] not in APART:
                raise ValidationError(f"“{item['label']}”还在要去掉的维度里，请先把指标删去或者改到别的维度。")
    _refuse_here(
        content, scheme.kind, lambda each: not each.code and each.field in SECTIONS[name][1] and not _is_sum(each)
    )
    return _keep(scheme, content, "edit", by, section=name)


def _is_sum(problem):
    """Sums that do not agree yet are told on the page; they do not keep anybody from saving."""
    return "合计" in problem.words


def _refuse_here(content, kind, is_here):
    """Refuse what the form at hand can put right, each beside its field."""
    found = {}
    for each in problems(content, kind):
        if is_here(each):
            found.setdefault(each.field, []).append(each.words)
    if found:
        raise ValidationError(found)


@transaction.atomic
def save_item(scheme, code, values, *, by, then):
    """One item's words; `code` None: a new one, at the end of its dimension, still without parts."""
    scheme = _draft(scheme, by)
    content = copy.deepcopy(scheme.content)
    _unmarked(values, ("label", "clause", "source", "evidence", "who"))
    other = item_of(content, values["code"])
    if other and values["code"] != code:
        raise ValidationError({"code": f"已有代码为 {values['code']} 的指标。"})
    if code is None:
        if len(content["items"]) >= MOST_ITEMS:
            raise ValidationError(f"最多列 {MOST_ITEMS} 个指标。")
        content["items"].append({"points": 0, "parts": []} | values)
    else:
        item = item_of(content, code)
        _same(item_words(item), then)
        item |= values
    fields = {"code", "label", "clause", "source", "evidence", "method", "who", "dimension"}
    _refuse_here(
        content, scheme.kind, lambda each: each.code == values["code"] and not each.part and each.field in fields
    )
    return _keep(scheme, content, "item", by, code=values["code"])


def item_words(item):
    """An item without its parts: what its form shows."""
    return item and {key: value for key, value in item.items() if key not in ("parts", "points")}


def _summed(item):
    item["points"] = number(sum((Decimal(str(part["points"])) for part in item["parts"]), Decimal(0)))


def number(value):
    """A Decimal as JSON keeps it: 8 and not 8.0."""
    return int(value) if value == value.to_integral_value() else float(value)


@transaction.atomic
def save_part(scheme, code, key, part, *, by, then):
    """One part of an item; `key` None: a new one. The item's points are those of its parts."""
    scheme = _draft(scheme, by)
    content = copy.deepcopy(scheme.content)
    item = item_of(content, code)
    if item is None:
        raise ValidationError("这个指标已被别人删去，您填写的内容还在，需要的请先添加指标。")
    _unmarked(part, ("label", "waits_for"))
    if part["key"] != key and any(part_of(each, part["key"]) for each in content["items"]):
        raise ValidationError({"key": f"已有代码为 {part['key']} 的评分点。"})
    if key is None:
        if len(item["parts"]) >= MOST_PARTS:
            raise ValidationError(f"一个指标最多 {MOST_PARTS} 个评分点。")
        item["parts"].append(part)
    else:
        known = part_of(item, key)
        _same(known, then)
        item["parts"][item["parts"].index(known)] = part
    _summed(item)
    _refuse_here(content, scheme.kind, lambda each: each.code == code and each.part == part["key"])
    return _keep(scheme, content, "part", by, code=code, part=part["key"])


@transaction.atomic
def move(scheme, code, key, step, *, by):
    """An item among those of its dimension, or a part of it, one place up (-1) or down (+1)."""
    scheme = _draft(scheme, by)
    content = copy.deepcopy(scheme.content)
    item = item_of(content, code)
    row = part_of(item, key) if item and key else item
    if row is None:
        raise ValidationError("这一项已被别人删去。")
    rows = item["parts"] if key else content["items"]
    among = [each for each in rows if key or each["dimension"] == item["dimension"]]
    here = among.index(row)
    there = here + (1 if step > 0 else -1)
    if not 0 <= there < len(among):
        raise ValidationError("已经在最前或者最后，不能再移。")
    one, two = rows.index(row), rows.index(among[there])
    rows[one], rows[two] = rows[two], rows[one]
    return _keep(scheme, content, "move", by, code=code, part=key or "")


@transaction.atomic
def remove(scheme, code, key, *, by):
    """Take an item with its parts, or one part, out of a draft."""
    scheme = _draft(scheme, by)
    content = copy.deepcopy(scheme.content)
    item = item_of(content, code)
    row = part_of(item, key) if item and key else item
    if row is None:
        raise ValidationError("这一项已被别人删去。")
    if key:
        item["parts"].remove(row)
        _summed(item)
    else:
        content["items"].remove(row)
    return _keep(scheme, content, "remove", by, code=code, part=key or "")


@transaction.atomic
def publish(scheme, number, *, by, version):
    """The draft becomes the year's scheme; one published before gives way as long as the year's round is not open."""
    list(Scheme.objects.select_for_update().filter(year=scheme.year, kind=scheme.kind).order_by("pk"))
    scheme = _draft(scheme, by)
    _refuse_running(scheme.year)
    scheme.claim(version)
    number = number.strip()
    if not number:
        raise ValidationError({"number": "请填写印发方案的文号。"})
    refuse_marked(number, "文号")
    if found := problems(scheme.content, scheme.kind):
        raise ValidationError(f"方案还有 {len(found)} 处要改，改好后再发布：{str(found[0]).strip('： ')}。")
    _keep_vetoes(scheme)
    before = Scheme.objects.filter(year=scheme.year, kind=scheme.kind, state=State.PUBLISHED).first()
    if before:
        before.state = State.SUPERSEDED
        before.claim(before.version)
        before.save(update_fields=["state", "version"])
    scheme.state, scheme.number, scheme.published_by, scheme.published_at = State.PUBLISHED, number, by, timezone.now()
    scheme.full_clean()
    scheme.save(update_fields=["state", "number", "published_by", "published_at", "version"])
    audit.record(
        "scheme.publish", scheme, by=by, year=scheme.year, kind=scheme.kind, number=number,
        supersedes=before.pk if before else None, content=seen(scheme.content),
    )  # fmt: skip
    return scheme


def _keep_vetoes(scheme):
    """A veto that stands limits the grade: the scheme must know its reason."""
    reasons = {
        row["key"] for item in scheme.content["items"] for part in item["parts"] for row in part.get("reasons", ())
    }
    standing = (
        Veto.objects.filter(year=scheme.year, lifted_at=None).exclude(reason__in=reasons).select_related("branch")
    )
    kinds = kinds_of([veto.branch for veto in standing], scheme.year)
    if lost := sum(kinds[veto.branch_id] == scheme.kind for veto in standing):
        raise ValidationError(f"这一年已登记的一票否决有 {lost} 件的情形在方案里去掉了，请把情形加回来再发布。")


def may_close(scheme, *, on):
    """Whether a scheme may be closed by hand: its year is over and its round, where there is one, is final."""
    running = Round.objects.filter(year=scheme.year).exclude(state=Round.State.FINAL)
    return scheme.state == State.PUBLISHED and on.year > scheme.year and not running.exists()


@transaction.atomic
def close(scheme, *, by, on):
    """The year is over: the scheme stays as it is for good."""
    require(by, "scheme.edit", at=root())
    scheme = Scheme.objects.select_for_update(of=("self",)).get(pk=scheme.pk)
    if not may_close(scheme, on=on):
        raise ValidationError("年度结束、考核审定以后才能结束方案。")
    scheme.state, scheme.closed_by, scheme.closed_at = State.CLOSED, by, timezone.now()
    scheme.claim(scheme.version)
    scheme.full_clean()
    scheme.save(update_fields=["state", "closed_by", "closed_at", "version"])
    audit.record("scheme.close", scheme, by=by, year=scheme.year, kind=scheme.kind)
    return scheme


@transaction.atomic
def discard(scheme, *, by, version):
    """A draft that is not wanted any more."""
    scheme = _draft(scheme, by)
    scheme.claim(version)
    audit.record("scheme.discard", scheme, by=by, year=scheme.year, kind=scheme.kind)
    scheme.delete()
