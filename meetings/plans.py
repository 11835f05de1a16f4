"""Study plans (学习计划、学法方案): written as lines, and how far meetings have followed them."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Q

from accounts import audit
from branches.models import Branch
from branches.rights import require
from meetings.models import AgendaItem, Meeting, StudyItem, StudyPlan
from rulebook.book import in_force

MONTH = re.compile(r"\s*(1[0-2]|0?[1-9])\s*月(?:份)?\s*[:：、.．,，]?\s*(.*)")
NUMBER = re.compile(r"\s*\d{1,3}\s*(?:[、．)）]|\.(?!\d))\s*")  # 1、 2. as people number their lists
MOST_LINES = 300
ASIDE = 10_000  # positions out of the way while the order changes


def parse(text):
    """Lines as typed → pairs (month or None, content): `3月 学习…`, or without a month for any time of the year."""
    found, faults, longest, known = [], [], StudyItem._meta.get_field("title").max_length, set()
    if len(text.splitlines()) > MOST_LINES:
        raise ValidationError(f"学习内容太多，最多 {MOST_LINES} 行。")
    for number, line in enumerate(text.splitlines(), 1):
        line = NUMBER.sub("", line, count=1).strip()
        if not line:
            continue
        match = MONTH.fullmatch(line)
        month, title = (int(match[1]), match[2].strip()) if match else (None, line)
        if not title:
            faults.append(f"第 {number} 行只有月份，没有学习内容。")
        elif len(title) > longest:
            faults.append(f"第 {number} 行太长，每项最多 {longest} 个字。")
        elif title in known:
            faults.append(f"第 {number} 行“{title}”前面已经有了。")
        known.add(title)
        found.append((month, title))
    if not found and not faults:
        faults.append("请填写学习内容，一行一项。")
    if faults:
        raise ValidationError(faults)
    return found


def lines(plan):
    """The items of a plan as one would type them."""
    return "\n".join(f"{item.month}月 {item.title}" if item.month else item.title for item in plan.items.all())


@transaction.atomic
def save(plan, items, *, by, version=None):
    """Write a plan with its items, pairs (month, title) in order. What a meeting has studied already stays."""
    require(by, "plan.edit", at=plan.branch)
    if plan.pk:
        locked = StudyPlan.objects.select_for_update().get(pk=plan.pk)
        locked.claim(version)
        plan.version = locked.version
    else:
        Branch.objects.select_for_update(no_key=True).get(pk=plan.branch_id)  # two at once: the second is told in words
        plan.created_by = by
    plan.full_clean()
    plan.save()
    kept = {item.title: item for item in plan.items.all()}
    gone = [item for title, item in kept.items() if title not in {title for _, title in items}]
    if used := AgendaItem.objects.filter(study_item__in=gone).select_related("study_item").first():
        raise ValidationError(f"“{used.study_item.title}”已有会议学过，不能删去或改名。", code="studied")
    StudyItem.objects.filter(pk__in=[item.pk for item in gone]).delete()
    plan.items.update(position=F("position") + ASIDE)
    for position, (month, title) in enumerate(items):
        item = kept.get(title) or StudyItem(plan=plan, title=title)
        item.position, item.month = position, month
        item.full_clean(exclude=["plan"], validate_unique=False, validate_constraints=False)
        item.save()
    audit.record("plan.save", plan, by=by, items=len(items))
    return plan


def progress(plan, meetings, *, on):
    """The items of a plan, each with `times` (agenda items counted), `branches` (in how many) and its state on that day.

    `meetings` are those whose agendas may be looked at.
    """
    inside = Q(agenda_items__meeting__in=meetings.counted().filter(branch__path__startswith=plan.branch.path))
    items = plan.items.annotate(
        times=Count("agenda_items", filter=inside),
        branches=Count("agenda_items__meeting__branch", filter=inside, distinct=True),
    ).order_by("position")
    for item in items:
        is_past = item.month and (plan.year, item.month) < (on.year, on.month)
        item.state = "done" if item.times else "miss" if is_past else "wait"
        item.word = "学过" if item.times else "过月未学" if is_past else "待学"
    return items


def share(plan, meetings, *, on):
    """(with the plan's agenda item, all): the year's counted meetings of the kinds that must have it, at and below."""
    rule = in_force(on=on)["agenda.first_and_second"]
    kinds = rule.value
    found = (
        meetings.counted()
        .filter(branch__path__startswith=plan.branch.path, held_on__year=plan.year, kinds__kind__in=kinds)
        .distinct()
    )
    pks = Meeting.objects.filter(pk__in=found.values("pk"))
    return pks.filter(pk__in=AgendaItem.objects.filter(kind=plan.kind).values("meeting")).count(), pks.count()
