"""The classes themselves: who teaches, when, what, and what is left of them: 方案, timetable, pictures, 总结."""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from PIL import Image

from accounts import audit
from branches.demo import new_key
from branches.models import Branch
from duties.demo.moments import at
from files import demo as drawn
from files import store
from files.models import StoredFile
from jobs.copying import insert
from training.forms.course import NAMES
from training.models import ClassFile, ClassQuota, ClassSession, Teacher, TrainingClass

Kind, State, Form, Role = TrainingClass.Kind, TrainingClass.State, ClassSession.Form, ClassFile.Role
HALL = "县委党校一楼报告厅"
MORNING, AFTERNOON, EVENING, WHOLE = (
    (time(9), time(12), 4), (time(14, 30), time(17, 30), 4), (time(19), time(21), 2), (time(9), time(17), 8),
)  # fmt: skip
TEACHERS = [
    ("沈立群", "县委党校", "高级讲师", "党史、党的创新理论"), ("罗文斌", "县委党校", "讲师", "党章党规"),
    ("何秀兰", "县委组织部", "组织科科长", "发展党员、基层组织建设"), ("段志远", "县纪委监委", "纪检监察室主任", "纪律处分条例、廉洁自律"),
    ("杨学明", "县教育体育局", "党建办主任", "支部工作条例、党支部规范化建设"), ("赵敏", "县第一中学", "党委副书记", "党建与教学融合"),
    ("李国宁", "市委党校", "教授", "习近平新时代中国特色社会主义思想"), ("白玉芬", "县委统战部", "四级调研员", "民族团结、意识形态"),
]  # fmt: skip
TOPICS = {
    Kind.ACTIVIST: ["党的性质、宗旨和指导思想", "党员的义务和权利", "端正入党动机", "党的纪律", "分组研讨：怎样做一名合格党员"],
    Kind.CANDIDATE: ["党章导读", "新形势下党内政治生活若干准则", "发展党员的程序和要求", "入党誓词和党员标准"],
    Kind.SECRETARY: ["怎样当好党支部书记", "党支部工作条例解读", "意识形态工作责任制", "支部规范化建设案例", "分组研讨"],
    Kind.AFFAIRS: ["三会一课和主题党日怎样组织", "党费收缴、使用和管理", "党员档案和组织关系", "党务公开"],
    Kind.PARTY_SCHOOL: ["党的创新理论和党章党规集中学习"],
    Kind.NIGHT_SCHOOL: ["政治理论夜读：党史", "政治理论夜读：党章", "政治理论夜读：纪律处分条例", "政治理论夜读：师德师风"],
    Kind.TOPIC: ["铸牢中华民族共同体意识专题辅导", "师德师风建设专题辅导"],
    Kind.LECTURE: ["全国教育大会精神宣讲"],
    Kind.VISIT: ["党支部规范化建设现场观摩", "互学互评"],
}  # fmt: skip
PLAN = (
    "一、培训对象\n{whom}。\n二、时间和地点\n{days}，{place}。\n三、培训内容\n{topics}。\n"
    "四、组织和要求\n1. 学员按时到课，因故不能到课的提前请假。\n2. 各党组织按名额组织报名。"
)
WHOM = {
    Kind.ACTIVIST: "本年度确定的入党积极分子", Kind.CANDIDATE: "拟接收为预备党员的发展对象", Kind.SECRETARY: "各党组织书记",
    Kind.AFFAIRS: "各党组织从事党务工作的同志", Kind.PARTY_SCHOOL: "本年度还没有进党校培训的党员", Kind.NIGHT_SCHOOL: "本校在职党员",
}  # fmt: skip
SUMMARY = (
    "一、基本情况\n{days}，在{place}举办{title}，安排 {count} 次课。\n二、主要做法\n课前发放资料，课后分组讨论，按课次签到。\n"
    "三、存在问题和下步打算\n现场教学偏少，下期增加一次观摩。"
)
GAP = "承办单位相机损坏，现场没有留下图片，已在会上提出改进。"


@dataclass
class Course:
    """One class before it is written: `slots` are (day of the class, begins, ends, hours); `who` is read by `rolls`."""

    kind: str
    starts_on: date
    slots: list
    state: str
    who: str
    share: float = 1.0
    place: str = HALL
    organiser: str = "县委党校"
    team: str = ""
    topic: str = ""
    branch: Branch | None = None
    pictures: int = 2
    gap: str = ""
    answers: int = 0
    has_exam: bool = False
    is_signed_by_all_means: bool = False
    row: TrainingClass | None = None
    sessions: list = field(default_factory=list)
    people: list = field(default_factory=list)  # (Enrolment, manner)

    @property
    def ends_on(self):
        return self.starts_on + timedelta(days=max(day for day, *_ in self.slots))


def _days(count):
    return [slot for day in range(count) for slot in ((day, *MORNING), (day, *AFTERNOON))]


def _weekday(day):
    return day + timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])


def drawn_up(county):
    """Every class, oldest first. Those of the running year lie around the day of the build, whatever day that is."""
    last, today = county.years[0], county.today
    on = lambda month, day: _weekday(date(last, month, day))  # noqa: E731
    ago = lambda days: today - timedelta(days=days)  # noqa: E731
    done, closing = State.ARCHIVED, State.CLOSING
    upper = next(sketch for sketch in county.sketches if sketch.author is county.users["dangwei"])
    visit = {"place": f"{upper.schools[0].name}", "organiser": upper.branch.name}
    lecture = {"team": "县教育体育系统宣讲团", "topic": TOPICS[Kind.LECTURE][0], "organiser": ""}
    return [
        Course(Kind.ACTIVIST, on(3, 11), _days(3), done, "outsiders", 40, answers=31),
        Course(Kind.SECRETARY, on(4, 15), _days(3), done, "secretaries", answers=40),
        Course(Kind.AFFAIRS, on(5, 13), _days(2), done, "committee", 0.3, answers=26),
        Course(Kind.CANDIDATE, on(6, 10), _days(2), done, "outsiders", 24, has_exam=True, answers=18),
        Course(Kind.PARTY_SCHOOL, on(7, 8), [(0, *WHOLE)], done, "party", 0.45),
        Course(Kind.PARTY_SCHOOL, on(8, 26), [(0, *WHOLE)], done, "party", 0.8),
        Course(Kind.LECTURE, on(9, 16), [(0, *MORNING)], done, "some", 0.03, **lecture),
        Course(Kind.TOPIC, on(10, 14), _days(1), done, "committee", 0.25, topic=TOPICS[Kind.TOPIC][0], answers=3),
        Course(
            Kind.NIGHT_SCHOOL, on(10, 21), [(day, *EVENING) for day in (0, 7, 14, 21)], done, "below", 0.7,
            branch=upper.branch, organiser="", place="学校会议室", pictures=0, gap=GAP,
        ),
        Course(Kind.VISIT, on(11, 11), [(0, *MORNING)], done, "secretaries", 0.6, topic="党支部规范化建设", **visit),
        Course(Kind.PARTY_SCHOOL, _weekday(ago(180)), [(0, *WHOLE)], done, "party", 0.4),
        Course(Kind.PARTY_SCHOOL, _weekday(ago(75)), [(0, *WHOLE)], done, "party", 0.45),
        Course(Kind.VISIT, _weekday(ago(62)), [(0, *MORNING)], done, "secretaries", 0.6, topic="党支部规范化建设", answers=3, **visit),
        Course(Kind.LECTURE, _weekday(ago(41)), [(0, *MORNING)], done, "some", 0.03, **lecture),
        Course(Kind.CANDIDATE, _weekday(ago(21)), _days(2), closing, "outsiders", 22, has_exam=True, answers=17),
        Course(
            Kind.NIGHT_SCHOOL, _weekday(ago(20)), [(day, *EVENING) for day in (0, 7, 14, 28)], State.RUNNING, "below", 0.7,
            branch=upper.branch, organiser="", place="学校会议室",
        ),
        Course(Kind.ACTIVIST, ago(10), _days(3), closing, "outsiders", 36, pictures=0, answers=24),
        Course(
            Kind.PARTY_SCHOOL, ago(3), [(0, *WHOLE), (5, *WHOLE)], State.RUNNING, "party", 0.2,
            is_signed_by_all_means=True,
        ),
        Course(Kind.SECRETARY, ago(1), _days(2), State.RUNNING, "secretaries", is_signed_by_all_means=True),
        Course(Kind.AFFAIRS, today + timedelta(days=12), _days(2), State.OPEN, "enrolling", 0.5),
        Course(Kind.TOPIC, today + timedelta(days=40), _days(1), State.PLANNED, "", topic=TOPICS[Kind.TOPIC][1]),
    ]  # fmt: skip


def build(county, rng):
    """The classes with their timetables and files, in the order of `drawn_up`."""
    found, staff = drawn_up(county), county.users["gongwei"]
    teachers = insert(
        Teacher(branch=county.top.branch, name=name, unit=unit, position=position, subjects=subjects, created_by=staff)
        for name, unit, position, subjects in TEACHERS
    )
    numbers = {}
    for course in found:
        year = course.starts_on.year
        numbers[year, course.kind] = numbers.get((year, course.kind), 0) + 1
        course.row = _class(county, course, numbers[year, course.kind], len(numbers), rng)
    insert(course.row for course in found)
    insert(row for course in found for row in _sessions(course, teachers, rng))
    for course in found:
        course.sessions = list(course.row.sessions.order_by("held_on", "begins"))
    _backdate(county, found)
    _quotas(county, rng, [course for course in found if course.state == State.OPEN])
    _files(county, found)
    return found


def _class(county, course, number, serial, rng):
    admin, last = county.users["gongwei-admin"], course.ends_on
    title = f"{course.starts_on.year}年第{number}期{NAMES[course.kind]}"
    days = f"{course.starts_on.month}月{course.starts_on.day}日"
    days += "" if last == course.starts_on else f"至{last.month}月{last.day}日"
    topics = "；".join(TOPICS[course.kind])
    closed = course.state == State.ARCHIVED
    return TrainingClass(
        row_key=new_key(rng), branch=course.branch or county.top.branch, kind=course.kind, title=title,
        number=f"云教党通〔{course.starts_on.year}〕{20 + 3 * serial + number}号" if course.branch is None else "",
        organiser=course.organiser, place=course.place, starts_on=course.starts_on, ends_on=last,
        enrols_until=course.starts_on - timedelta(days=4), is_party_school=course.kind == Kind.PARTY_SCHOOL, team=course.team,
        topic=course.topic, plan=PLAN.format(whom=WHOM.get(course.kind, "相关党员"), days=days, place=course.place, topics=topics),
        summary=SUMMARY.format(days=days, place=course.place, title=title, count=len(course.slots))
        if course.state in (State.ARCHIVED, State.CLOSING) else "",
        state=course.state, gap_reason=course.gap, created_by=county.users["gongwei"],
        archived_by=admin if closed else None, archived_at=at(last + timedelta(days=6), 10) if closed else None,
    )  # fmt: skip


def _sessions(course, teachers, rng):
    topics = TOPICS[course.kind]
    start = rng.randrange(len(teachers))
    for place, (day, begins, ends, worth) in enumerate(course.slots):
        topic = topics[place % len(topics)]
        form = Form.DISCUSSION if "研讨" in topic else Form.VISIT if course.kind == Kind.VISIT else Form.LECTURE
        yield ClassSession(
            row_key=new_key(rng), training_class=course.row, held_on=course.starts_on + timedelta(days=day), begins=begins,
            ends=ends, topic=topic, form=form, hours=worth,
            teacher=teachers[(start + place) % len(teachers)] if form == Form.LECTURE else None,
        )  # fmt: skip


def _backdate(county, found):
    """Planned and archived on their days, not in the moment of the build."""
    for course in found:
        planned = min(course.starts_on - timedelta(days=21), county.today - timedelta(days=2))
        TrainingClass.objects.filter(pk=course.row.pk).update(created_at=at(planned, 9))
        if course.state == State.ARCHIVED:
            detail = {"missing": ["图片资料"] if course.gap else [], "reason": course.gap}
            audit.record("training.archive", course.row, by=course.row.archived_by, **detail)


def _quotas(county, rng, found):
    """Half of the branches are asked to send somebody; the star is one of them and has not answered yet."""
    rows = [
        ClassQuota(training_class=course.row, branch=sketch.branch, places=rng.choice((1, 1, 2)))
        for course in found
        for sketch in county.sketches
        if sketch.is_leaf and not sketch.branch.closed_on and (sketch.is_star or rng.random() < course.share)
    ]
    insert(rows)


def _files(county, found):
    """Pictures of empty halls, and one list of signatures photographed."""
    staff, rows = county.users["gongwei"], []
    plates = [_plate(number) for number in range(4)]
    for number, course in enumerate(found):
        if course.state not in (State.ARCHIVED, State.CLOSING):
            continue
        for place in range(course.pictures):
            words = ("开班式", "上课现场")[place]
            rows.append((course, Role.PICTURE, words, plates[(number + place) % len(plates)]))
    paper = next(course for course in found if course.kind == Kind.LECTURE)
    rows.append((paper, Role.SIGN_IN, "纸质签到表", plates[-1]))
    for course, role, words, (data, small, width, height) in rows:
        stored = StoredFile.objects.create(
            name=f"{words}.jpg", kind=StoredFile.Kind.IMAGE, media_type="image/jpeg", size=len(data), width=width,
            height=height, sha256=hashlib.sha256(data).hexdigest(), created_by=staff,
        )  # fmt: skip
        store.write(stored.row_key, data)
        store.write(stored.row_key, small, store.SMALL)
        made = ClassFile.objects.create(
            training_class=course.row, role=role, title=words, file=stored, created_by=staff
        )
        moment = at(course.ends_on, 18)
        StoredFile.objects.filter(pk=stored.pk).update(created_at=moment)
        ClassFile.objects.filter(pk=made.pk).update(created_at=moment)


def _plate(seed):
    """(bytes, bytes of its thumbnail, width, height) of a drawn hall; our own, so it need not be made harmless first."""
    image = Image.open(io.BytesIO(drawn.room(f"培训{seed}").read()))
    small = image.copy()
    small.thumbnail((320, 320))
    data = [io.BytesIO(), io.BytesIO()]
    image.save(data[0], "JPEG", quality=82)
    small.save(data[1], "JPEG", quality=82)
    return data[0].getvalue(), data[1].getvalue(), *image.size
