"""年度数据 (19): the figures of the yearly reports, each with what is counted in words and the records behind it.

One line of `FIGURES` is one figure. A figure of which nothing was ever recorded says 未登记; 0 is said only where the matter
is kept and nothing of it fell into the year.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from portal.reports import figure_records as of
from portal.reports.table import RATE, Column, Formula, Live, Table

UNKNOWN = "未登记"
S1, S2, S3, S4 = "工委述职报告", "年度党建工作要点", "抓基层党建工作情况报告", "年度工作通知"


@dataclass(frozen=True)
class Figure:
    """One figure. `words`: what is counted; `find(books)`: (records, whether the matter is kept at all).

    `share_of`: the keys of the part and of the whole, of a figure that is worked out. `is_closed`: a number, no records.
    """

    key: str
    label: str
    unit: str
    source: str
    words: str
    find: Callable | None = None
    verb: str = "report.export"
    share_of: tuple = ()
    is_closed: bool = False


def _meeting(kind, own=False):
    return partial(of.meetings, kind=kind, own=own)


def _activity(kind, **told):
    return partial(of.activities, kind=kind, **told)


def _title(word, *levels):
    return partial(of.titles, word=word, levels=levels)


FIGURES = [
    Figure("theory_study", "理论学习中心组学习", "次", f"{S1}、{S3}", "本级召开、已提交的理论学习中心组学习记录数",
           _meeting("theory_study", own=True), "meeting.see"),
    Figure("work_committee", "党工委（党委）会议", "次", S3, "本级登记的工委会议数",
           _activity("work_committee_meeting", own=True), "meeting.see"),
    Figure("lectures", "讲党课", "次", f"{S1}、{S3}", "范围内各党组织已提交的党课记录数", _meeting("party_lecture"), "meeting.see"),
    Figure("civics", "书记讲思政课", "次", S2, "范围内登记的书记讲思政课数", _activity("civics_lesson"), "meeting.see"),
    Figure("classes", "培训班次", "个", S1, "本年开班、没有取消的培训班次数", of.classes, "training.see"),
    Figure("trained", "培训人次", "人次", S1, "上述班次到过课的人数之和；没有签到记录的班次按名册", of.trained, "training.see"),
    Figure("party_study", "专题研究基层党建工作", "次", S1, "本级已提交的专题研究党建记录数",
           _meeting("special_party_study", own=True), "meeting.see"),
    Figure("research", "党建专题调研", "次", f"{S1}、{S3}", "范围内登记的调研数", _activity("research"), "meeting.see"),
    Figure("cases", "正反典型教育", "次", S1, "范围内登记的正反典型教育数", _activity("education_case"), "meeting.see"),
    Figure("reflections", "学习心得", "篇", S3, "本级登记的学习心得份数之和",
           _activity("reflection", own=True, is_summed=True), "meeting.see"),
    Figure("heart_talks", "与基层党组织书记谈心谈话", "次", S3, "登记的工委与书记谈心谈话数", _activity("secretary_talk"), "meeting.see"),
    Figure("admonished", "约谈基层党组织书记", "人次", S1, "范围内登记的约谈，含应办事项逾期引起的约谈", of.talks, "talk.see"),
    Figure("sanctions", "党纪处分", "人次", S1, "本年决定的党纪处分数；按决定当日所在党组织计，只报数，不列人员", of.sanctions,
           "sanction.see", is_closed=True),
    Figure("adjusted", "优化调整党组织", "个", S1, "本年有组织设置变动的党组织数，计入哪些变动按规则“优化调整”",
           of.adjusted, "branch.see"),
    Figure("oversized", "化解大党支部", "个", S1, "本年登记“化解大党支部”的党组织数", of.oversized, "branch.see"),
    Figure("weak_closed", "软弱涣散党组织转化销号", "个", S1, "本年销号的整顿数", of.weak_closed, "weak.see"),
    Figure("instructors", "派出党建工作指导员", "人", S1, "本年在任的指导员，一人联系多处计一人", of.instructors, "file.see"),
    Figure("charters", "党建工作写入章程", "个", S1, "到统计截止日已写入章程的党组织数", of.charters, "file.see"),
    Figure("model_province", "省级示范创建", "个", S1, "本年命名的省级党建示范", _title("示范", "省级"), "file.see"),
    Figure("model_local", "市级、县级示范创建", "个", f"{S1}、{S3}", "本年命名的市级、县级党建示范",
           _title("示范", "市级", "县级"), "file.see"),
    Figure("civil_province", "省级文明学校", "所", S1, "本年命名的省级文明学校", _title("文明", "省级"), "file.see"),
    Figure("civil_city", "市级文明学校", "所", S1, "本年命名的市级文明学校", _title("文明", "市级"), "file.see"),
    Figure("elected", "换届", "个", S3, "本年产生新一届班子的党组织数；首届不计", of.elected, "election.see"),
    Figure("secretaries", "调整书记", "人", f"{S1}、{S3}", "本年新任书记，连任不计", partial(of.posts, office="secretary"), "member.see"),
    Figure("deputies", "调整副书记", "人", S1, "本年新任副书记，连任不计", partial(of.posts, office="deputy"), "member.see"),
    Figure("dual_leaders", "“双带头人”书记", "人", S1, "到统计截止日在任、登记为双带头人的书记", of.dual_leaders, "member.see"),
    Figure("activists", "入党积极分子", "人", S1, "到统计截止日在培养的入党积极分子",
           partial(of.recruits, key="activists"), "recruit.see"),
    Figure("prospects", "发展对象", "人", S1, "到统计截止日的发展对象", partial(of.recruits, key="prospects"), "recruit.see"),
    Figure("admitted", "新接收预备党员", "人", S1, "本年经上级党委审批接收的预备党员，以批复日期为准",
           partial(of.recruits, key="admitted"), "recruit.see"),
    Figure("converted", "转正预备党员", "人", S1, "本年经审批转正的，以批复日期为准",
           partial(of.recruits, key="converted"), "recruit.see"),
    Figure("backbones", "新接收中业务骨干、学校领导", "人", S1, "新接收的，支部大会当日是业务骨干或者学校领导",
           of.backbones, "recruit.see"),
    Figure("backbone_share", "业务骨干、学校领导占比", "", S1, "新接收中业务骨干、学校领导÷新接收预备党员", verb="recruit.see",
           share_of=("backbones", "admitted")),
    Figure("july_groups", "“七一”表彰先进基层党组织", "个", S1, "本年 6 月、7 月表彰的党组织，已撤销的不计",
           partial(of.july, is_person=False), "honour.see"),
    Figure("july_people", "“七一”表彰优秀党务工作者和共产党员", "人", S1, "本年 6 月、7 月表彰的个人，已撤销的不计",
           partial(of.july, is_person=True), "honour.see"),
    Figure("teams", "党员志愿服务队", "个", S3, "本年登记过志愿服务的服务队，同一党组织同名的计一个", of.teams, "meeting.see"),
    Figure("studios", "党员名师课堂", "个", S3, "本年登记过名师课堂的党组织数", of.studios, "meeting.see"),
    Figure("lessons", "名师课堂示范课", "节", S3, "名师课堂中示范课、公开课的节数之和，没填节数的计 1 节",
           partial(of.lessons, is_sent=False), "meeting.see"),
    Figure("sent", "送课下乡", "次", S3, "名师课堂中送课下乡的记录数", partial(of.lessons, is_sent=True), "meeting.see"),
]  # fmt: skip
BY_KEY = {figure.key: figure for figure in FIGURES}

FOUND = [Column("指标", 32), Column("数值", 10), Column("单位", 7), Column("口径", 52), Column("用于", 24)]
RECORDS = [Column("指标", 30), Column("党组织", 32), Column("日期", 11), Column("内容", 50), Column("计数", 7)]
EVIDENCE = "所计记录"
VALUE, WEIGHT = "C", 4


def offered(ask):
    """The figures whose matter the reader may see, each in the reader's reach."""
    return [figure for figure in FIGURES if ask.keys(figure.verb)]


def found(figure, books):
    """(records, number) of a figure; None as number: nothing of it is kept in the portal."""
    if figure.share_of:
        (_, part), (_, whole) = (found(BY_KEY[key], books) for key in figure.share_of)
        return [], part / whole if whole else None
    records, is_kept = figure.find(books)
    return records, sum(record.weight for record in records) if records or is_kept else None


def of_year(ask):
    books = of.Books(ask)
    figures, rows, evidence = offered(ask), [], []
    at = {figure.key: place for place, figure in enumerate(figures)}
    for figure in figures:
        records, number = found(figure, books)
        if not figure.is_closed:
            evidence += [
                (figure.label, record.branch, record.on, record.what, record.weight) for record in records
            ]  # fmt: skip
        rows.append((figure.label, _cell(figure, number, records, at), figure.unit, figure.words, figure.source))
    title = f"{ask.year}年度党建工作数据"
    note = f"“{UNKNOWN}”是本系统没有这项记录，不等于没有做；填报前请核对或者补登。"
    return [
        Table("年度数据", title, FOUND, rows, note=note, unit="项"),
        Table(EVIDENCE, f"{title}所计记录", RECORDS, evidence, unit="条", evidence=True),
    ]


def _cell(figure, number, records, at):
    if number is None:
        return UNKNOWN
    if figure.share_of:
        part, whole = (f"N({VALUE}{at[key] + 5})" for key in figure.share_of)
        return Formula(f'=IF({whole}=0,"",{part}/{whole})', number, RATE)
    return Live(figure.label, EVIDENCE, WEIGHT, number) if records and not figure.is_closed else number
