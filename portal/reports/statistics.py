"""党内统计 (20): the figures that the yearly return asks for, to fill it in from; not the official form."""

from collections import Counter
from datetime import date

from dateutil.relativedelta import relativedelta

from branches.rights import may
from members.models import Appraisal, AppraisalRow, Honour, Membership
from members.models.honour import Level
from portal.reports import organisation
from portal.reports.figure_records import Books
from portal.reports.table import SUM, Column, Table
from rulebook import codes
from training import archive
from training.models import TrainingClass

FIT = "供填报参考，非正式统计表"
KINDS = Membership.Kind
BY_KIND = [Column("项目", 34), Column("正式党员", 12, SUM), Column("预备党员", 12, SUM), Column("合计", 12, SUM)]
# The spans of the 党内统计公报: each from its first day to the day before the next.
JOINED = (
    ("新中国成立前", date.min), ("新中国成立后至党的十一届三中全会前", date(1949, 10, 1)),
    ("党的十一届三中全会后至党的十八大前", date(1978, 12, 18)), ("党的十八大以来", date(2012, 11, 8)),
)  # fmt: skip
AGES = ((30, "30 岁及以下"), (35, "31 至 35 岁"), (40, "36 至 40 岁"), (45, "41 至 45 岁"), (50, "46 至 50 岁"), (55, "51 至 55 岁"),
        (60, "56 至 60 岁"), (200, "61 岁及以上"))  # fmt: skip
HAN, STUDENT, COLLEGE = "01", "41", ("10", "20", "30")
NONE = "未登记"
ENDS = Membership.End
AWAY = {ENDS.DIED: "死亡", ENDS.TRANSFERRED: "组织关系转出"}
FIELDS = (
    "kind",
    "member__sex",
    "member__ethnicity",
    "member__birth_on",
    "member__education",
    "member__work",
    "member__joined_on",
)
WORDS = (
    "两年党员数比较",
    "党员基本情况",
    "年龄",
    "入党时间",
    "学历",
    "民主评议",
    "培训",
    "减少情况",
    "表彰",
    "发展党员和转正",
)


def tables(ask):
    people = list(Membership.objects.filter(branch__in=ask.keys("member.see")).on(ask.on).values_list(*FIELDS))
    books = Books(ask)
    found = [
        _compared(ask, people), _basic(people), _ages(ask, people), _joined(people), _educated(people), _appraised(ask),
        _trained(books), _left(ask), _honours(ask), _recruited(books),
    ]  # fmt: skip
    for table in found:
        table.title = f"党内统计——{table.title}（{FIT}）"
    listed = Table("党员明细", f"所计党员（{FIT}）", organisation.STAYS, lambda most: organisation.stays(ask, most), unit="人",
                   evidence=True)  # fmt: skip
    return [*found, listed]


def _rows(counted, labels):
    """Rows of `BY_KIND` from (label, kind) → count, in the order of the labels."""
    return [
        (label, *(numbers := [counted[label, kind] for kind in KINDS]), sum(numbers))
        for label in labels
    ]  # fmt: skip


def _split(people, label_of, labels, note=""):
    counted = Counter((label_of(person), person[0]) for person in people)
    missing = [NONE] if any(label == NONE for label, _ in counted) else []
    return _rows(counted, [*labels, *missing])


def _compared(ask, people):
    before = date(ask.year - 1, 12, 31)
    earlier = Counter(
        Membership.objects.filter(branch__in=ask.keys("member.see")).on(before).values_list("kind", flat=True)
    )
    now = Counter(person[0] for person in people)
    columns = [
        Column("人员类别", 20),
        Column(f"{before:%Y-%m-%d}", 14, SUM),
        Column(f"{ask.on:%Y-%m-%d}", 14, SUM),
        Column("增减", 10, SUM),
    ]
    rows = [(kind.label, earlier[kind], now[kind], now[kind] - earlier[kind]) for kind in KINDS]
    return Table("两年党员数比较", "两年党员数比较", columns, rows)


def _basic(people):
    tests = {
        "女党员": lambda person: person[1] == "2",
        "少数民族党员": lambda person: person[2] not in ("", HAN),
        "大专及以上学历": lambda person: person[4] in COLLEGE,
        "学生党员": lambda person: person[5] == STUDENT,
    }
    counted = Counter()
    for person in people:
        for label, test in tests.items():
            counted[label, person[0]] += test(person)
    works = dict(codes.choices("work"))
    counted += Counter((f"工作岗位：{works.get(person[5], NONE)}", person[0]) for person in people)
    labels = [*tests, *(f"工作岗位：{label}" for label in [*works.values(), NONE])]
    rows = [row for row in _rows(counted, labels) if row[0] in tests or row[3]]
    columns = [BY_KIND[0], *(Column(column.label, column.width) for column in BY_KIND[1:])]  # the lines overlap: no sum
    note = "性别、民族、学历、工作岗位按目前登记；各行之间有交叉，不合计。"
    return Table("党员基本情况", "党员基本情况", columns, rows, note=note, unit="项")


def _ages(ask, people):
    def band(person):
        if person[3] is None:
            return NONE
        years = relativedelta(ask.on, person[3]).years
        return next(label for most, label in AGES if years <= most)

    return Table(
        "年龄", "党员年龄", BY_KIND, _split(people, band, [label for _, label in AGES]), note="按统计截止日的周岁。"
    )


def _joined(people):
    def span(person):
        return next((label for label, start in reversed(JOINED) if person[6] >= start), NONE) if person[6] else NONE

    return Table("入党时间", "党员入党时间", BY_KIND, _split(people, span, [label for label, _ in JOINED]))


def _educated(people):
    labels = dict(codes.choices("education"))
    rows = _split(people, lambda person: labels.get(person[4], NONE), labels.values())
    return Table(
        "学历", "党员学历", BY_KIND, [row for row in rows if row[3]], note="学历按目前登记，没有人的类别不列。"
    )


def _appraised(ask):
    rows = AppraisalRow.objects.filter(
        appraisal__branch__in=ask.keys("appraisal.see"), appraisal__year=ask.year, appraisal__held_on__lte=ask.on,
        appraisal__state=Appraisal.State.APPROVED,
    )  # fmt: skip
    grades = Counter(rows.values_list("final", flat=True))
    cells = [(grade.label, grades[grade]) for grade in AppraisalRow.Grade]
    columns = [Column("等次", 20), Column("人数", 12, SUM)]
    return Table("民主评议", f"{ask.year}年度民主评议党员", columns, cells if sum(grades.values()) else [], note="只计已审定的。",
                 empty="这一年度还没有已审定的民主评议")  # fmt: skip


def _trained(books):
    told = archive.figures(books.classes, on=books.ask.on) if books.classes else {}
    count, people = Counter(), Counter()
    for row in books.classes:
        count[row.kind] += 1
        people[row.kind] += told[row.pk].there or told[row.pk].people
    rows = [(kind.label, count[kind], people[kind]) for kind in TrainingClass.Kind if count[kind]]
    columns = [Column("班次类型", 24), Column("班次（个）", 12, SUM), Column("人次", 12, SUM)]
    return Table("培训", f"{books.ask.year}年党员教育培训", columns, rows, empty="这一年还没有登记培训班次")


def _left(ask):
    """Who left the lists of the reach in the year. Why somebody left the Party is told to those alone who deal with it."""
    gone = Membership.objects.filter(
        branch__in=ask.keys("member.see"), ended_on__range=(ask.first, ask.end), end_reason__in=[*AWAY, *Membership.CLOSED]
    )  # fmt: skip
    knows = may(ask.user, "standing.edit") or may(ask.user, "sanction.see")
    counted = Counter()
    for reason, kind in gone.values_list("end_reason", "kind"):
        counted[AWAY.get(reason) or (ENDS(reason).label if knows else "出党"), kind] += 1
    left = [ENDS(reason).label for reason in sorted(Membership.CLOSED)] if knows else ["出党"]
    rows = _rows(counted, [*AWAY.values(), *left])
    return Table("减少情况", f"{ask.year}年党员减少情况", BY_KIND, rows, note="组织关系转出含县内各党组织之间的转出。")


def _honours(ask):
    rows = Honour.objects.filter(branch__in=ask.keys("honour.see"), conferred_on__range=(ask.first, ask.end))
    rows = rows.exclude(revoked_on__lte=ask.on)
    counted = Counter((level, member is None) for level, member in rows.values_list("level", "member"))
    cells = [(level.label, counted[level, True], counted[level, False]) for level in Level]
    columns = [Column("级别", 14), Column("党组织（个）", 12, SUM), Column("党员（人次）", 12, SUM)]
    found = cells if counted else []
    return Table("表彰", f"{ask.year}年表彰", columns, found, empty="这一年还没有登记表彰")


def _recruited(books):
    people = books.roads.people
    tests = {
        "女": lambda one: one.application.member.sex == "2",
        "少数民族": lambda one: one.application.member.ethnicity not in ("", HAN),
        "35 岁及以下": lambda one: _is_young(one),
        "大专及以上学历": lambda one: one.application.member.education in COLLEGE,
        "业务骨干": lambda one: one.is_backbone,
    }
    columns = [Column("项目", 28), Column("人数", 10), *(Column(label, 12) for label in tests)]
    names = {
        "activists": "入党积极分子（期末）", "prospects": "发展对象（期末）", "admitted": "新接收预备党员", "converted": "转正",
    }  # fmt: skip
    rows = [
        (label, len(people[key]), *(sum(map(test, people[key])) for test in list(tests.values())[:-1]),
         sum(map(tests["业务骨干"], people[key])) if key == "admitted" else "—")
        for key, label in names.items()
    ]  # fmt: skip
    return Table("发展党员和转正", f"{books.ask.year}年发展党员和转正", columns, rows if books.has_roads else [], unit="项",
                 note="接收、转正以批复日期为准；业务骨干只计新接收的。", empty="还没有登记发展党员")  # fmt: skip


def _is_young(one):
    born = one.application.member.birth_on
    return born is not None and relativedelta(one.on, born).years <= 35
