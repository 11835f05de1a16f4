"""What the lists of 支部档案 say of each organisation, for the pages and as workbooks to print and hand on."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from branches import dossier
from branches.models import Branch, ContactPoint, Governance, Instructor, SevenOnes
from office.writer import Workbook
from rulebook.book import value


@dataclass
class Line:
    """One organisation's file in short. `walls` maps an entry's key to whether it is there."""

    branch: Branch
    leads: bool = False
    governance: Governance | None = None
    contacts: list = field(default_factory=list)
    instructors: list = field(default_factory=list)
    walls: dict = field(default_factory=dict)

    @property
    def missing(self):
        return dossier.missing(self.branch, self.governance) if self.leads else []

    @property
    def is_private(self):
        return self.leads and self.branch.nature == Branch.Nature.PRIVATE


def visited(contacts, year):
    """`contacts` (a queryset) with `times`: how often the leader was there in a year."""
    return contacts.annotate(times=Count("visits", filter=Q(visits__visited_on__year=year)))


def lines(branches, year, *, on):
    """A `Line` for each of `branches` (a list), in their order: five queries, however many they are."""
    pks = [branch.pk for branch in branches]
    found = {branch.pk: Line(branch) for branch in branches}
    for pk in dossier.leading(Branch.objects.filter(pk__in=pks)).values_list("pk", flat=True):
        found[pk].leads = True
    for row in Governance.objects.filter(branch__in=pks):
        found[row.branch_id].governance = row
    for row in visited(ContactPoint.objects.filter(branch__in=pks).on(on), year).order_by("started_on", "pk"):
        row.branch = found[row.branch_id].branch
        found[row.branch_id].contacts.append(row)
    for row in Instructor.objects.filter(branch__in=pks).on(on).order_by("started_on", "pk"):
        found[row.branch_id].instructors.append(row)
    ticks = SevenOnes.objects.filter(branch__in=pks, year=year)
    for branch, entry, is_there in ticks.values_list("branch", "entry", "is_there"):
        found[branch].walls[entry] = is_there
    return list(found.values())


@dataclass(frozen=True)
class Walls:
    """七个一 of one organisation in a year: how many of the seven, which are not there, and the extras."""

    is_entered: bool
    got: int
    whole: int
    missing: tuple
    extras: int
    extra_whole: int


def walls_of(ticks, entries):
    """Count the ticks (entry key → is it there) against the entries of the year."""
    seven = [entry for entry in entries if not entry.is_extra]
    extra = [entry for entry in entries if entry.is_extra]
    missing = tuple(entry.label for entry in seven if not ticks.get(entry.pk))
    return Walls(
        bool(ticks), len(seven) - len(missing), len(seven), missing, sum(bool(ticks.get(entry.pk)) for entry in extra),
        len(extra),
    )  # fmt: skip


def narrow_walls(branches, state, year, seven):
    """Those of `branches` whose seven things of a year are all there, partly there, or not entered at all."""
    entered = SevenOnes.objects.filter(branch=OuterRef("pk"), year=year)
    there = (
        entered.filter(entry__in=seven, is_there=True).order_by().values("branch").annotate(n=Count("pk")).values("n")
    )
    if state == "none":
        return branches.exclude(Exists(entered))
    found = branches.filter(Exists(entered)).annotate(there=Coalesce(Subquery(there), 0))
    return found.filter(there__gte=len(seven)) if state == "full" else found.filter(there__lt=len(seven))


def names(rows):
    return "、".join(row.name for row in rows)


# --- on paper


def _list(title, headers, widths, rows, *, organ, on, words=()):
    """The bytes of a workbook with one sheet; 序号 comes first by itself. The same input, the same bytes."""
    book = Workbook(title=title, created=datetime.combine(on, time()))
    sheet = book.sheet(title)
    sheet.title(title, len(headers) + 1)
    head = f"填报单位（盖章）：{organ}　　统计截止日：{on:%Y-%m-%d}　　制表人：　　　　审核人：　　　　联系电话："
    for text in filter(None, (head, f"范围：{'　'.join(words)}" if words else "")):
        sheet.write(sheet.row, 0, text)
        sheet.row += 1
    sheet.header(["序号", *headers], (5, *widths))
    for number, row in enumerate(rows, 1):
        sheet.append([number, *row], text_wrap=True)
    return book.close()


def of_files(rows, **common):
    """支部档案一览: how each school is led, who looks after it, what is missing."""
    headers = [
        "党组织", "办学性质", "领导体制", "起始日期", "书记校长", "专职副书记", "党组织会议议事规则", "校长办公会议议事规则", "章程核准",
        "联系点领导", "党建指导员", "还缺",
    ]  # fmt: skip
    widths = (32, 8, 10, 11, 12, 8, 14, 14, 12, 14, 14, 30)
    return _list("党组织档案一览表", headers, widths, [_file(row) for row in rows], **common)


def _file(row):
    told, branch = row.governance, row.branch
    head = [branch.name, branch.get_nature_display()]
    tail = [names(row.contacts), names(row.instructors), "；".join(row.missing)]
    if told is None:
        return [*head, "" if row.leads else "随学校党组织", *[""] * 6, *tail]
    return [
        *head, told.get_stage_display(), told.stage_on, told.get_leaders_display(), "有" if told.has_deputy else "",
        _paper(told.party_rules_on, told.party_rules_number), _paper(told.office_rules_on, told.office_rules_number),
        _paper(told.charter_on, told.charter_number), *tail,
    ]  # fmt: skip


def _paper(day, number):
    return f"{day:%Y-%m-%d} {number}".strip() if day else ""


def of_contacts(rows, year, **common):
    """联系点一览 with the visits of the year."""
    least = value("contact.visits", on=min(common["on"], date(year, 12, 31)))
    headers = [
        "联系点领导",
        "单位和职务",
        "联系的党组织",
        "起",
        "止",
        "依据文号",
        f"{year}年到点次数",
        f"应到 {least} 次",
    ]
    cells = [
        [row.name, row.position, row.branch.name, row.started_on, row.ended_on, row.number, row.times,
         "已满" if row.times >= least else f"差 {least - row.times} 次"]
        for row in rows
    ]  # fmt: skip
    return _list("联系点一览表", headers, (12, 22, 34, 11, 11, 20, 12, 11), cells, **common)


def of_titles(rows, **common):
    """称号和主题创建名单 by level, as offices report it."""
    headers = [
        "党组织", "称号或主题", "级别", "年度", "品牌或项目名称", "星级", "进度", "完成期限", "命名日期", "命名文号", "未命名或撤销的原因",
    ]  # fmt: skip
    cells = [
        [row.branch.name, row.entry.label, row.level, row.year, row.name, row.stars, row.get_state_display(), row.due_on,
         row.named_on, row.number, row.ended_why]
        for row in rows
    ]  # fmt: skip
    return _list("称号和主题创建名单", headers, (32, 18, 8, 7, 18, 6, 12, 11, 11, 20, 20), cells, **common)


def of_walls(rows, entries, year, **common):
    """七个一对照表: every thing a column."""
    headers = ["党组织", *(entry.label for entry in entries), "七项已有", "还缺"]
    cells = []
    for row in rows:
        found = walls_of(row.walls, entries)
        ticks = ["√" if row.walls.get(entry.pk) else "" if row.walls else "未登记" for entry in entries]
        cells.append([row.branch.name, *ticks, f"{found.got}/{found.whole}", "、".join(found.missing)])
    widths = (32, *(9 for _ in entries), 9, 30)
    return _list(f"{year}年度支部阵地“七个一”对照表", headers, widths, cells, **common)


def by_leader(contacts):
    """The contacts of a list leader by leader: (name, position) → rows."""
    found = defaultdict(list)
    for row in contacts:
        found[row.name, row.position].append(row)
    return found
