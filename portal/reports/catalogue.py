"""The twenty reports (domain-rules §10): number, name, what for, columns, who may, what is asked, what is as of the day."""

from collections.abc import Callable
from dataclasses import dataclass

from branches.rights import ROLES, VERBS, Role, may
from duties.matrix import PARTS
from portal.reports import discipline, life, members, organisation, recruitment, statistics, training, year_figures

YEAR, PART, MONTH = "year", "part", "month"
NOTICES = (
    "督查检查：受检党组织、日期、事项、问题、已解决",
    "通报表扬批评",
    "约谈：日期、对象、约谈人、结果",
    "责任书：种类、签字人、日期",
)


@dataclass(frozen=True)
class Report:
    """One report. `build(ask)` gives its tables; without it `route` is where it is made, `by_year` in its address.

    `dated`: what is as of the day asked; `today`: what has no history and is as it is now. `beside`: (words, route) of what is
    made elsewhere of the same records.
    """

    number: int
    key: str
    name: str
    purpose: str
    verb: str
    columns: tuple
    build: Callable | None = None
    asks: tuple = (YEAR,)
    dated: str = ""
    today: str = ""
    has_word: bool = False
    is_whole: bool = False  # its page, too, reads every organisation: a few queries whatever their number
    runs_on: bool = False  # what belongs to a year is entered after its end too
    route: str = ""
    by_year: bool = False
    beside: tuple = ()

    @property
    def label(self):
        return f"{self.number} {self.name}"

    @property
    def posts(self):
        """Who may, in words: the posts that may take reports along and see the matter."""
        return [
            role.label
            for role in Role
            if self.verb in ROLES[role] and (not self.build or "report.export" in ROLES[role])
        ]

    @property
    def right(self):
        return VERBS[self.verb]

    def title(self, ask):
        if YEAR not in self.asks:
            return self.name
        return f"{ask.year}{self.name}" if self.name.startswith("年") else f"{ask.year}年{self.name}"

    def is_open_to(self, user):
        return may(user, self.verb)


def labels(*groups):
    return tuple(column.label for group in groups for column in group)


REPORTS = [
    Report(1, "roster", "党员花名册", "掌握在册党员，核对党内统计和换届名册", "member.see", labels(members.ROSTER), members.roster,
           asks=(), is_whole=True,
           dated="在册党员、所在党组织和名称、人员类别、党内职务、党籍状态、流动失联", today="学历、工作岗位、职称、手机等",
           beside=(("带完整身份证号的名册（说明用途、经审批）", "portal:exports"),)),
    Report(2, "organisations", "党组织基本情况表", "掌握党组织设置、班子和党员数", "branch.see", labels(organisation.ORGANISATIONS),
           organisation.organisations, asks=(), dated="名称、类别、上级、书记、届期、党员数、党小组数", today="覆盖单位、联系人电话",
           beside=(("党组织设置情况半年上报表", "members:setting"), ("组织设置变动", "members:changes"))),
    Report(3, "recruitment_ledger", "发展党员台账（全程纪实）", "逐人核对发展党员 25 步的日期和手续", "recruit.see",
           labels(recruitment.LEDGER), recruitment.ledger_of_year, dated="各步办理日期、当前步骤、超期、所在支部",
           today="学历、职务职称、骨干类别、培养联系人", beside=(("按阶段筛选后导出", "recruitment:list"),)),
    Report(4, "recruitment_rolls", "积极分子、发展对象、预备党员名册和发展计划完成表", "掌握各阶段人数，对照名额和结构要求",
           "recruit.see", recruitment.ROLL_WORDS, recruitment.rolls, dated="各人所处阶段、各步日期、完成人数",
           today="学历、职务职称、下达的名额", beside=(("发展党员年度数据", "recruitment:figures"),)),
    Report(5, "terms", "换届到期一览表", "提醒按期换届，补选空缺", "election.see", labels(organisation.TERMS), organisation.terms_due,
           asks=(), dated="届次、届满、距今天数、空缺、请示批复和延期的日期", today="正在办理的是哪一次换届",
           beside=(("按到期天数筛选", "members:terms"),)),
    Report(6, "meetings", "三会一课和主题党日完成统计表", "按支部、按月看应开、实开、完成率、出勤率和逾期", "meeting.see",
           life.MEETING_WORDS, life.meetings, asks=(YEAR, PART), dated="开了哪些、是否按期",
           beside=(("应办事项逐项筛选", "duties:list"),)),
    Report(7, "appraisals", "组织生活会与民主评议党员汇总表", "汇总参加情况和评议等次", "appraisal.see", labels(members.APPRAISALS),
           members.appraisals, dated="召开日期、告知日期", today="状态和等次", runs_on=True, beside=(("民主评议", "members:appraisals"),)),
    Report(8, "assessment", "年度量化考核汇总表", "汇总各项得分、等次和一票否决", "grade.export",
           ("支部", "学段", "考勤", "实绩", "创优", "加分", "扣分", "总分", "拟定等次", "审定等次", "一票否决", "指标明细"),
           route="assessment:workbook", by_year=True),
    Report(9, "secretary_reviews", "书记述职评议情况表", "汇总述职报告、现场测评、等次和整改", "secretary_review.see",
           ("书记", "支部", "报告状态", "发回次数", "现场得分", "等次", "问题", "整改"), route="assessment:secretary_review_export"),
    Report(10, "weak_cases", "软弱涣散党组织整顿台账", "对账销号", "weak.see", labels(organisation.WEAK), organisation.weak_cases,
           dated="列入、措施、进度、验收、销号", beside=(("逐个看整顿", "branches:weak_cases"),)),
    Report(11, "promotions", "分类定级和晋位升级表", "看各支部上轮到本轮的变化", "screening.see", labels(organisation.PROMOTIONS),
           organisation.promotions, dated="已审定的研判结果", runs_on=True, beside=(("研判结果", "branches:results"),)),
    Report(12, "dues", "党费收缴情况表和公示表", "核对应交、实交、欠缴，按季公示", "dues.see",
           (*labels(members.DUES), "明细：姓名、应交累计、实交累计、欠缴月份", "公示表（选一个支部时）"), members.dues,
           dated="到期的月份和已交的金额", today="计算基数、减免", runs_on=True, beside=(("欠交党费名单", "members:dues_arrears"),)),
    Report(13, "transfers", "组织关系转接台账", "掌握转接进度，防止“口袋党员”", "transfer.see",
           labels(members.TRANSFERS), members.transfers,
           dated="各次转接当天到达的状态", beside=(("按状态筛选", "members:transfers"),)),
    Report(14, "training", "教育培训情况统计表和个人学时表", "统计班次、人数、签到率、满意度、六个有和个人学时", "training.see",
           labels(training.CLASSES, training.PERSONS), training.classes, dated="班次、个人学时", today="六个有、满意度",
           beside=(("按班次类型筛选", "training:list"),)),
    Report(15, "short_hours", "年末学时不足名单", "督促补学", "training.see", labels(training.SHORT), training.short,
           dated="在册党员、学时", has_word=True, beside=(("学时", "training:hours"),)),
    Report(16, "ideology", "意识形态月报报送情况表", "逐月看报送、有无情况", "duty.see",
           ("支部", "12 个月逐月对照", "应办", "已办", "缺", "逾期", "专题研究、内部通报各一张", "逐期明细"),
           life.ideology, asks=(YEAR, PART),
           dated="报送日期", beside=(("应办事项逐项筛选", "duties:list"),)),
    Report(17, "community", "双报到情况表和政治生日名单", "汇总双报到、双服务、双报告，按月列政治生日", "community.see",
           labels(members.COMMUNITY, members.BIRTHDAYS), members.community_year, asks=(YEAR, MONTH), dated="报到、服务、报告、在职党员",
           today="是否退休", beside=(("双报到", "members:community"), ("政治生日", "members:birthdays"))),
    Report(18, "oversight", "督查检查、通报、约谈和责任书", "存档、通报", "report.export", NOTICES, discipline.supervision,
           dated="各件的日期", today="问题解决数、状态", has_word=True, beside=(("约谈", "branches:talks"), ("责任书", "members:letters"))),
    Report(19, "year_figures", "年度党建工作数据", "写述职、总结时用的数，每个数都能点开看所计记录", "report.export",
           labels(year_figures.FOUND), year_figures.of_year, dated="各项记录的日期", has_word=True, is_whole=True),
    Report(20, "statistics", "党内统计数据", f"{statistics.FIT}", "member.see", statistics.WORDS, statistics.tables,
           dated="在册党员、增减、发展、表彰", today="性别、民族、学历、工作岗位", has_word=True, is_whole=True),
]  # fmt: skip
BY_KEY = {report.key: report for report in REPORTS}
PART_CHOICES = PARTS


def open_to(user):
    """The reports whose matter this person may see."""
    return [report for report in REPORTS if report.is_open_to(user)]
