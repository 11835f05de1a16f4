"""A branch's file: who looks after it, how it leads the school, what hangs on its walls, who answers for what."""

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts import audit
from accounts.models import Stale
from branches import assignments
from branches.actions import root
from branches.models import (
    Branch,
    CatalogueEntry,
    ContactPoint,
    ContactVisit,
    Governance,
    Instructor,
    ResponsibilityLine,
    SevenOnes,
)
from branches.rights import Task, may, require
from files.secrecy import refuse_marked
from rulebook.book import value

TASKS = {ContactPoint: Task.CONTACT, Instructor: Task.INSTRUCTOR}
ACTS = {ContactPoint: "contact", Instructor: "instructor"}
UPPERS = (Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)
OUTSIDE = (Branch.Stage.OFFICE, Branch.Stage.OTHER, "")


def keeping(branches):
    """Those of `branches` (a queryset) that keep a file: all but what ends with its task."""
    return branches.exclude(kind=Branch.Kind.TEMPORARY)


def leading(branches):
    """Those of `branches` that lead a school: its highest organisation, not the branches below it in the same school."""
    link = Branch.schools.through
    upper = link.objects.filter(branch=OuterRef(OuterRef("parent")), school=OuterRef("school"))
    shared = link.objects.filter(branch=OuterRef("pk")).filter(Exists(upper))
    return keeping(branches).exclude(kind=Branch.Kind.WORK_COMMITTEE).exclude(stage__in=OUTSIDE).exclude(Exists(shared))


def private(branches):
    """Those of `branches` that lead a private school and therefore get an instructor."""
    return leading(branches).filter(nature=Branch.Nature.PRIVATE)


# --- who looks after a branch


@transaction.atomic
def look_after(model, branches, *, name, position, started_on, ended_on=None, number="", user=None, by, on):
    """One person for one or several organisations, as 联系点 or as 党建指导员; an account sees what it looks after.

    Returns the new rows. A person with an account sees until the last day, at the latest a committee's term ahead.
    """
    if not branches:
        raise ValidationError({"branches": "请选择党组织。"})
    if user is not None:
        require(by, "file.run", at=root())  # an account means rights: 工委 gives them
        if user.pk == by.pk:
            raise ValidationError("不能给自己安排，请由另一位同志办理。")
    if started_on > on + relativedelta(years=1):
        raise ValidationError({"started_on": "开始日期不能晚于一年以后。"})
    for text, where in ((name, "姓名"), (position, "单位和职务"), (number, "依据文号")):
        refuse_marked(text, where)
    rows = []
    locked = Branch.objects.select_for_update(of=("self",)).filter(pk__in=[branch.pk for branch in branches])
    for branch in locked.in_order():
        require(by, "file.run", at=branch)
        if branch.closed_on:
            raise ValidationError({"branches": f"{branch}已经撤销。"})
        if model is Instructor and branch.nature != Branch.Nature.PRIVATE:
            raise ValidationError({"branches": f"{branch}不是民办学校的党组织，不用选派指导员。"})
        if started_on < branch.founded_on:
            raise ValidationError({"started_on": f"{branch}成立于 {branch.founded_on:%Y-%m-%d}，不能更早。"})
        if model.objects.filter(branch=branch, name=name, ended_on=None).exists():
            raise ValidationError({"branches": f"{name}同志已经在联系{branch}。"})
        row = model(
            branch=branch, user=user, name=name, position=position, started_on=started_on, ended_on=ended_on,
            number=number, created_by=by,
        )  # fmt: skip
        row.full_clean()
        row.save()
        audit.record(f"{ACTS[model]}.add", row, by=by, branch=branch.pk, on=str(started_on))
        rows.append(row)
    if user is not None:
        years = value("term.years", on=on)[Branch.Kind.COMMITTEE]
        until = ended_on or started_on + relativedelta(years=years)
        if until >= on:
            assignments.assign(
                user, [row.branch for row in rows], TASKS[model], until=until, by=by, on=max(on, started_on)
            )
    return rows


@transaction.atomic
def release(row, *, ended_on, by, on):
    """The last day of somebody at a branch; the rights that came of it end with it."""
    row = _locked(type(row), row.pk)
    require(by, "file.run", at=row.branch)
    if row.ended_on is not None and row.ended_on <= on:
        raise ValidationError("已经结束，不用再办。")
    if not row.started_on <= ended_on <= on:
        raise ValidationError({"ended_on": f"结束日期应在 {row.started_on:%Y-%m-%d} 以后、今天或今天以前。"})
    row.ended_on = ended_on
    row.version += 1
    row.full_clean()
    row.save(update_fields=["ended_on", "version"])
    if row.user_id:
        assignments.release(row.user, [row.branch], TASKS[type(row)], by=by, on=on)
    audit.record(f"{ACTS[type(row)]}.end", row, by=by, on=str(ended_on))
    return row


def may_visit(user, contact):
    """Whether `user` may enter a visit: who looks after the branch, the branch itself, or whoever arranges."""
    if contact.user_id == user.pk and may(user, "file.see", at=contact.branch):
        return True
    return any(may(user, verb, at=contact.branch) for verb in ("file.edit", "file.run"))


@transaction.atomic
def visit(contact, *, visited_on, topic, helped="", by, on):
    """A leader was at the own 联系点."""
    contact = _locked(ContactPoint, contact.pk)
    if not may_visit(by, contact):
        require(by, "file.edit", at=contact.branch)
    last = min(contact.ended_on or on, on)
    if not contact.started_on <= visited_on <= last:
        raise ValidationError(
            {"visited_on": f"到点日期应在 {contact.started_on:%Y-%m-%d} 至 {last:%Y-%m-%d} 之间，还没有到的不登记。"}
        )
    refuse_marked(topic, "做了什么")
    refuse_marked(helped, "帮助解决的问题")
    row = ContactVisit(contact=contact, visited_on=visited_on, topic=topic, helped=helped, created_by=by)
    row.full_clean()
    row.save()
    audit.record("contact.visit", contact, by=by, on=str(visited_on))
    return row


@transaction.atomic
def take_back(row, *, by):
    """A visit entered by mistake goes; that it was entered stays on record."""
    row = ContactVisit.objects.select_for_update(of=("self",)).select_related("contact__branch").get(pk=row.pk)
    if row.created_by_id != by.pk:
        require(by, "file.run", at=row.contact.branch)
    audit.record("contact.take_back", row.contact, by=by, on=str(row.visited_on))
    row.delete()


# --- how it leads the school


PAPERS = (
    ("party_rules", "党组织会议议事规则", "印发"),
    ("office_rules", "校长办公会议（校务会议）议事规则", "印发"),
    ("charter", "党建工作写入章程", "核准"),
)


@transaction.atomic
def govern(row, *, version=None, by, on):
    """Write down how the organisation leads its school."""
    branch = Branch.objects.select_for_update(of=("self",)).get(pk=row.branch_id)
    require(by, "file.edit", at=branch)
    known = Governance.objects.select_for_update(of=("self",)).filter(branch=branch).first()
    if known is not None:
        known.claim(version or 0)
        row.pk, row.version, row._state.adding = known.pk, known.version, False
    elif version:
        raise ValidationError("这条记录已经没有了，请重新打开页面。")
    for name in ("stage_on", *(f"{paper}_on" for paper, _, _ in PAPERS)):
        if (day := getattr(row, name)) and day > on:
            raise ValidationError({name: "日期不能晚于今天。"})
    for paper, label, act in PAPERS:
        if getattr(row, f"{paper}_number") and not getattr(row, f"{paper}_on"):
            raise ValidationError({f"{paper}_on": f"填了文号，请一并填写{label}的{act}日期。"})
        refuse_marked(getattr(row, f"{paper}_number"), "文号")
    refuse_marked(row.number, "文号")
    row.full_clean()
    row.save()
    audit.record("governance.save", row, by=by, stage=row.stage)
    return row


def missing(branch, governance):
    """What is still missing in the way `branch` leads its school, in words; empty when nothing is."""
    if governance is None:
        return ["还没有登记领导体制"]
    if governance.stage == Governance.Stage.EXEMPT:
        return []
    found = []
    if governance.stage != Governance.Stage.RUNNING:
        found.append(f"还没有实行（{governance.get_stage_display()}）")
    if governance.leaders == Governance.Leaders.ONE and not governance.has_deputy:
        found.append("书记校长一人担任，没有专职副书记")
    elif not governance.leaders:
        found.append("没有填书记、校长是否分设")
    if not governance.party_rules_on:
        found.append("缺党组织会议议事规则")
    if not governance.office_rules_on:
        found.append("缺校长办公会议议事规则")
    if branch.nature == Branch.Nature.PRIVATE and not governance.charter_on:
        found.append("党建工作没有写入章程")
    return found


# --- what hangs on its walls


def walls(year):
    """The entries of 七个一 in force in a year, with what goes beyond the seven."""
    return CatalogueEntry.objects.of(CatalogueEntry.Catalogue.SEVEN_ONES, year)


def _in_reach(year, on):
    if not on.year - 1 <= year <= on.year:
        raise ValidationError("只登记今年和去年的。")


def stamp(rows):
    """What a page saw of the lines of a year: changes whenever anybody saves one of them."""
    return sum(row.version for row in rows)


@transaction.atomic
def check_walls(branch, year, answers, *, seen, by, on):
    """Tick off 七个一 of a year. `answers`: entry key → (is it there, note); `seen`: the `stamp` of the page."""
    branch = Branch.objects.select_for_update(of=("self",)).get(pk=branch.pk)
    require(by, "file.edit", at=branch)
    _in_reach(year, on)
    known = {row.entry_id: row for row in SevenOnes.objects.filter(branch=branch, year=year)}
    if stamp(known.values()) != seen:
        raise Stale("这一页刚被别人改过，请核对最新内容后再保存。", code="stale")
    fresh, changed = [], []
    for entry in walls(year):
        is_there, note = answers.get(entry.pk, (False, ""))
        refuse_marked(note, "说明")
        row = known.get(entry.pk)
        if row is None:
            fresh.append(
                SevenOnes(
                    branch=branch, entry=entry, year=year, is_there=is_there, note=note, checked_on=on, checked_by=by
                )
            )
        elif (row.is_there, row.note) != (is_there, note):
            row.is_there, row.note = is_there, note
            row.checked_on, row.checked_by, row.checked_at = on, by, timezone.now()
            row.version += 1
            changed.append(row)
    SevenOnes.objects.bulk_create(fresh)
    SevenOnes.objects.bulk_update(changed, ["is_there", "note", "checked_on", "checked_by", "checked_at", "version"])
    audit.record("seven.check", branch, by=by, year=year, added=len(fresh), changed=len(changed))


@transaction.atomic
def carry_walls(branch, year, *, by, on):
    """Take over what was there last year, to be looked through again; only while nothing of the year is entered."""
    branch = Branch.objects.select_for_update(of=("self",)).get(pk=branch.pk)
    require(by, "file.edit", at=branch)
    _in_reach(year, on)
    if SevenOnes.objects.filter(branch=branch, year=year).exists():
        raise ValidationError(f"{year} 年已经登记，请直接修改。")
    last = {row.entry_id: row for row in SevenOnes.objects.filter(branch=branch, year=year - 1)}
    rows = [
        SevenOnes(
            branch=branch, entry=entry, year=year, is_there=last[entry.pk].is_there, note=last[entry.pk].note,
            checked_on=on, checked_by=by,
        )
        for entry in walls(year)
        if entry.pk in last
    ]  # fmt: skip
    if not rows:
        raise ValidationError(f"{year - 1} 年没有登记，请逐项核对。")
    SevenOnes.objects.bulk_create(rows)
    audit.record("seven.carry", branch, by=by, year=year, added=len(rows))
    return rows


# --- who answers for what


@transaction.atomic
def write_line(line, *, version=None, by, on):
    """Lay down or change one line of the 责任清单 for an organisation and those below it."""
    if line.pk:
        known = _locked(ResponsibilityLine, line.pk)
        known.claim(version or 0)
        line.branch, line.version = known.branch, known.version
    require(by, "file.run", at=line.branch)
    if line.branch.kind not in UPPERS:
        raise ValidationError("责任清单由工委、党委、党总支制定，下面的党组织照着落实。")
    _refuse_far(line.year, on)
    for name in ("post", "text", "number"):
        refuse_marked(getattr(line, name), line._meta.get_field(name).verbose_name)
    line.full_clean()
    line.save()
    audit.record("duty_line.save", line, by=by, year=line.year, duty=line.duty)
    return line


def _refuse_far(year, on):
    """A list is laid down for this year, put right for the last, prepared for the next."""
    if abs(year - on.year) > 1:
        raise ValidationError({"year": "年度应是今年或者前后一年。"})


@transaction.atomic
def strike_line(line, *, by):
    """Take a line off the list."""
    line = _locked(ResponsibilityLine, line.pk)
    require(by, "file.run", at=line.branch)
    audit.record("duty_line.strike", line, by=by, year=line.year, duty=line.duty, text=line.text)
    line.delete()


@transaction.atomic
def carry_lines(branch, year, *, by, on):
    """沿用上年: the lines of the year before stand again, to be changed one by one. Returns how many."""
    branch = Branch.objects.select_for_update(of=("self",)).get(pk=branch.pk)
    require(by, "file.run", at=branch)
    _refuse_far(year, on)
    if ResponsibilityLine.objects.filter(branch=branch, year=year).exists():
        raise ValidationError(f"{year} 年已经有清单，请逐条修改。")
    last = ResponsibilityLine.objects.filter(branch=branch, year=year - 1)
    rows = [
        ResponsibilityLine(
            branch=branch, year=year, duty=row.duty, post=row.post, text=row.text, number=row.number, order=row.order
        )
        for row in last
    ]
    if not rows:
        raise ValidationError(f"{year - 1} 年没有清单可以沿用。")
    ResponsibilityLine.objects.bulk_create(rows)
    audit.record("duty_line.carry", branch, by=by, year=year, added=len(rows))
    return len(rows)


def _locked(model, pk):
    return model.objects.select_for_update(of=("self",)).select_related("branch").get(pk=pk)
