"""What the forms of a file may ask for: each field by its Chinese name, with its meaning, and its value for one person."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from django.db.models import Count, Sum

from branches.models import Branch
from members.models import Member
from office.paper import official_date
from recruitment.legality import Act, Case, standing
from recruitment.matters import asked_now
from recruitment.models import Guide, Publicity
from recruitment.road import known_editions, probation_ends
from training.models import SignIn

CLOSED = "（限授权查看）"
BY_HAND = "（请核对证件后手填）"
SHORT = {  # how the fields of a step begin
    "apply": "申请", "initial_talk": "谈话", "confirm_activist": "确定积极分子", "activist_filing": "积极分子备案",
    "assign_mentor": "指定联系人", "confirm_prospect": "确定发展对象", "prospect_filing": "发展对象备案",
    "assign_sponsors": "确定介绍人", "political_review": "政审", "prospect_training": "培训", "committee_screen": "支委会审查",
    "pre_review": "预审", "fill_application_form": "志愿书填写", "branch_vote": "支部大会", "superior_talk": "上级谈话",
    "committee_approval": "审批", "od_filing": "组织部门备案", "assign_group": "编入党小组", "oath": "宣誓",
    "transfer_apply": "转正申请", "conversion_vote": "转正大会", "conversion_approval": "转正审批", "archive": "归档",
}  # fmt: skip
REVIEWS = {"cultivate": ("考察", "入党积极分子考察"), "probation_review": ("预备考察", "预备党员考察")}
VOTES = ("branch_vote", "conversion_vote")
COUNTS = {
    "entitled": "应到", "present": "实到", "in_favour": "赞成", "against": "反对", "abstained": "弃权", "written": "书面意见",
}  # fmt: skip
MATTERS = {"confirm_prospect": "发展对象公示", "branch_vote": "接收公示", "conversion_vote": "转正公示"}
GUIDES = {Guide.Role.MENTOR: "联系人", Guide.Role.SPONSOR: "介绍人"}
PEOPLE = {Guide.Role.MENTOR: "培养联系人", Guide.Role.SPONSOR: "入党介绍人"}
OF_PERSON = {  # field → (attribute of the person, what it is)
    "姓名": ("name", "申请人姓名"), "曾用名": ("former_name", "曾用名"), "性别": ("sex", "性别"), "民族": ("ethnicity", "民族"),
    "籍贯": ("native_place", "籍贯"), "出生日期": ("birth_on", "出生年月日"), "学历": ("education", "学历"),
    "学位": ("degree", "学位"), "毕业院校": ("graduated_from", "毕业院校及专业"), "参加工作时间": ("work_began", "参加工作时间"),
    "职务": ("position", "职务"), "职称": ("title", "职称"), "任教学科": ("subject", "任教学科"),
}  # fmt: skip
FROM_DATA = {  # (step, key of its data) → field, what it is
    ("apply", "received_on"): ("收到日期", "党组织收到入党申请书的日期"),
    ("initial_talk", "talker"): ("谈话人", "党组织派去谈话的人"),
    ("initial_talk", "place"): ("谈话地点", "谈话地点"),
    ("confirm_activist", "recommended_by"): ("推荐方式", "党员推荐或者群团组织推优"),
    ("confirm_prospect", "opinions"): ("征求意见", "党小组、培养联系人、党员和群众的意见"),
    ("political_review", "conclusion"): ("政审结论", "政治审查的结论"),
    ("prospect_training", "certificate"): ("结业证号", "集中培训结业证编号"),
    ("prospect_training", "exception"): ("培训例外", "未经集中培训的理由"),
    ("pre_review", "conclusion"): ("预审结论", "上级党委预审的结论"),
    ("superior_talk", "talker"): ("上级谈话人", "上级党委派去谈话的人"),
    ("superior_talk", "place"): ("上级谈话地点", "上级党委派人谈话的地点"),
    ("assign_group", "group"): ("党小组", "编入的党小组"),
    ("oath", "place"): ("宣誓地点", "入党宣誓地点"),
}  # fmt: skip
WORDS = {"passed": "合格", "failed": "不合格"}


@dataclass(frozen=True)
class Field:
    """A name that may stand in a form. `verb`: only who may do that reads its value."""

    name: str
    meaning: str
    verb: str = ""


@cache
def fields():
    """name → `Field` of single values, in the order in which a person would look for them."""
    labels = {key: step.label for key, step in known_editions()[-1].steps.items()}
    found = [Field(name, meaning) for name, (_, meaning) in OF_PERSON.items()]
    found += [
        Field("出生年月", "出生的年和月，用在张贴的公示上"),
        Field("公民身份号码", "不打印，留空请核对证件后手填"), Field("工作单位", "党支部所在单位"),
        Field("党支部", "现在的党支部全称"), Field("上级党组织", "党支部的上级党组织"),
        Field("审批党委", "有审批权限的上级党委（党总支不能审批）"), Field("入党志愿书编号", "《入党志愿书》编号"),
    ]  # fmt: skip
    for key, short in SHORT.items():
        verb = "review.see" if key == "political_review" else "vote.see" if key in VOTES else ""
        found.append(Field(f"{short}日期", f"“{labels[key]}”的日期"))
        found += [
            Field(*named, verb if of[1] == "conclusion" else "") for of, named in FROM_DATA.items() if of[0] == key
        ]
        if key in VOTES:
            found.append(Field(f"{short}表决方式", f"“{labels[key]}”是否无记名投票", verb))
            found += [
                Field(f"{short}{label}", f"“{labels[key]}”{label}的人数（票数）", verb) for label in COUNTS.values()
            ]
        found.append(Field(f"{short}情况", f"“{labels[key]}”登记的情况说明", verb))
        found.append(Field(f"{short}文号", f"“{labels[key]}”的文号"))
    for short in MATTERS.values():
        for name in ("开始", "结束", "地点", "反映件数", "核实结论"):
            found.append(Field(f"{short}{name}", f"{short}{name}"))
    found += [
        Field("培训班次", "集中培训的班次"), Field("培训主办单位", "集中培训的主办单位"), Field("培训开始", "集中培训第一天"),
        Field("培训结束", "集中培训最后一天"), Field("培训天数", "到课天数"), Field("培训学时", "到课学时"),
        Field("培养联系人", "现任培养联系人，几位用“、”隔开"), Field("入党介绍人", "现任入党介绍人，用“、”隔开"),
        Field("预备期开始", "支部大会通过之日"), Field("预备期满", "预备期满之日，延长的已经算进去"),
        Field("依据条款", "这份材料依据的《发展党员工作细则》条款"),
    ]  # fmt: skip
    return {field.name: field for field in found}


@cache
def columns():
    """name → `Field` of what repeats a table row."""
    found = []
    for group, who in zip(GUIDES.values(), PEOPLE.values(), strict=True):
        found += [
            Field(f"{group}.姓名", f"{who}姓名"), Field(f"{group}.职务", f"{who}职务"),
            Field(f"{group}.入党日期", f"{who}的入党日期"), Field(f"{group}.起", f"{who}从哪天起"), Field(f"{group}.止", f"{who}到哪天止"),
        ]  # fmt: skip
    for group, what in REVIEWS.values():
        found += [
            Field(f"{group}.次数", f"第几次{what}"), Field(f"{group}.日期", f"{what}日期"), Field(f"{group}.情况", f"{what}登记的情况"),
        ]  # fmt: skip
    for name in ("部门", "发函日期", "回复期限", "回复日期", "结论", "文号"):
        found.append(Field(f"联审.{name}", f"政审联审：{name}", "review.see"))
    for name in ("序号", "名称", "日期", "份数", "备注"):
        found.append(Field(f"材料.{name}", f"卷内目录：{name}"))
    return {field.name: field for field in found}


def steps_of(application):
    """step → the rows of it that hold, oldest first: what was taken back is gone, with what rested on it."""
    rows = application.steps.select_related("vote", "enrolment__training_class__branch").order_by("pk")
    known = known_editions()[-1].steps  # what is beside the road (extension, cancellation) has no papers here
    acts = tuple(Act(row.step, row.on, {"row": row}, row.is_undone) for row in rows if row.step in known)
    return {key: [act.data["row"] for act in taken] for key, taken in standing(Case(acts)).items()}


def taken_back(application, *, sees_why):
    """step → [(day, why)] of the rows that took it back. Why may be what a review found: that is for few eyes."""
    found = defaultdict(list)
    rows = application.steps.filter(is_undone=True).order_by("pk")
    for key, on, words in rows.values_list("step", "on", "words"):
        found[key].append((on, words if sees_why else ""))
    return found


def fell_at(application):
    """step → when it fell last, with a step taken back: what was signed before that is of the step that is no more.

    A letter of application stays what it is when its day was typed wrongly.
    """
    rows = application.steps.filter(step__in=known_editions()[-1].steps).order_by("pk")
    acts, found = [], {}
    for key, on, is_undone, at in rows.values_list("step", "on", "is_undone", "created_at"):
        act = Act(key, on, undoes=is_undone)
        if is_undone:
            stood = set(standing(Case(tuple(acts))))
            found |= dict.fromkeys(stood - set(standing(Case((*acts, act)))), at)
        acts.append(act)
    found.pop("apply", None)
    return found


def values(application, *, verbs, steps=None):
    """({field: text}, {group: [{column: text}]}) of one file for whoever may do `verbs`; what is not known is not in it."""
    steps = steps_of(application) if steps is None else steps
    single, groups = _person(application), defaultdict(list)
    for key, rows in steps.items():
        if key in SHORT:
            single |= _step(key, rows[-1])
        elif key in REVIEWS:
            group, _ = REVIEWS[key]
            groups[group] = [
                {"次数": str(number), "日期": official_date(row.on), "情况": row.words} for number, row in enumerate(rows, 1)
            ]  # fmt: skip
    single |= _public(application) | _training(steps)
    single |= _guides(application, groups)
    if "branch_vote" in steps:
        begun = steps["branch_vote"][-1].on
        ended = probation_ends(begun, application.extended_months)
        single |= {"预备期开始": official_date(begun), "预备期满": official_date(ended)}
    replies = asked_now(application).order_by("asked_on", "pk")
    groups["联审"] = [_reply(row) for row in replies] if "review.see" in verbs else []
    for name, field in fields().items():
        if field.verb and field.verb not in verbs and name in single:
            single[name] = CLOSED
    return {name: value for name, value in single.items() if value}, dict(groups)


def _said(value):
    """A value of a step's data as it stands on paper."""
    value = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    if len(value) == 10 and value[4:5] == value[7:8] == "-":
        year, month, day = value.split("-")
        return f"{year}年{int(month)}月{int(day)}日"
    return WORDS.get(value, value)


def _person(application):
    member, branch = application.member, application.branch
    found = {}
    for name, (attribute, _) in OF_PERSON.items():
        shown = getattr(member, f"get_{attribute}_display", None)
        value = shown() if shown else getattr(member, attribute)
        found[name] = official_date(value) if attribute.endswith("_on") and value else str(value or "")
    uppers = Branch.objects.filter(pk__in=[int(key) for key in branch.path.split("/")[1:-2]]).order_by("-path")
    uppers = list(uppers.values_list("name", "kind"))
    may_approve = [name for name, kind in uppers if kind in (Branch.Kind.COMMITTEE, Branch.Kind.WORK_COMMITTEE)]
    found["出生年月"] = f"{member.birth_on.year}年{member.birth_on.month}月" if member.birth_on else ""
    return found | {
        "公民身份号码": BY_HAND, "工作单位": "、".join(branch.schools.values_list("name", flat=True)),
        "党支部": branch.name, "上级党组织": uppers[0][0] if uppers else "", "审批党委": may_approve[0] if may_approve else "",
        "入党志愿书编号": application.form_number, "申请日期": official_date(application.applied_on),
    }  # fmt: skip


def _step(key, row):
    short = SHORT[key]
    found = {
        f"{short}日期": official_date(row.on),
        f"{short}情况": row.words,
        f"{short}文号": _said(row.data.get("number")),
    }
    for (step, name), (field, _) in FROM_DATA.items():
        if step == key:
            found[field] = _said(row.data.get(name))
    if key == "committee_approval" and (organ := Branch.objects.filter(pk=row.data.get("organ")).first()):
        found["审批党委"] = organ.name
    if key in VOTES:
        counts = row.data.get("vote") or {}
        found[f"{short}表决方式"] = "无记名投票" if row.data.get("secret") or counts.get("secret") else ""
        for name, label in COUNTS.items():
            count = getattr(row.vote, name) if row.vote is not None else counts.get(name)
            found[f"{short}{label}"] = "" if count is None else str(count)
    return found


def _public(application):
    found = {}
    for row in Publicity.objects.filter(application=application).order_by("pk"):
        short = MATTERS[row.matter]
        found |= {
            f"{short}开始": official_date(row.started_on), f"{short}结束": official_date(row.ended_on), f"{short}地点": row.place,
            f"{short}反映件数": "" if row.objections is None else str(row.objections), f"{short}核实结论": row.settled,
        }  # fmt: skip
    return found


def _training(steps):
    """What the class itself knows; else what was typed with the step."""
    rows = steps.get("prospect_training")
    if not rows:
        return {}
    row = rows[-1]
    typed = {name: _said(row.data.get(name)) for name in ("days", "hours")}
    if row.enrolment_id is None:
        return {"培训天数": typed["days"], "培训学时": typed["hours"]}
    course = row.enrolment.training_class
    present = SignIn.objects.filter(enrolment=row.enrolment_id, mark=SignIn.Mark.PRESENT).order_by()
    sums = present.aggregate(days=Count("session__held_on", distinct=True), hours=Sum("session__hours"))
    return {
        "培训班次": course.title, "培训主办单位": course.organiser or course.branch.name,
        "培训开始": official_date(course.starts_on), "培训结束": official_date(course.ends_on),
        "培训天数": str(sums["days"] or typed["days"]),
        "培训学时": f"{sums['hours'].normalize():f}" if sums["hours"] else typed["hours"],
        **({"结业证号": row.enrolment.certificate} if row.enrolment.certificate else {}),
    }  # fmt: skip


def _guides(application, groups):
    """Names in one line, and a row for each, also for those who were relieved."""
    names = defaultdict(list)
    for row in application.guides.select_related("member").order_by("started_on", "pk"):
        member: Member = row.member
        groups[GUIDES[row.role]].append({
            "姓名": member.name, "职务": member.position, "起": official_date(row.started_on),
            "入党日期": official_date(member.joined_on) if member.joined_on else "",
            "止": official_date(row.ended_on) if row.ended_on else "至今",
        })  # fmt: skip
        if row.ended_on is None:
            names[row.role].append(member.name)
    return {PEOPLE[role]: "、".join(found) for role, found in names.items()}


def _reply(row):
    return {
        "部门": row.department, "发函日期": official_date(row.asked_on), "回复期限": official_date(row.due_on),
        "回复日期": official_date(row.replied_on) if row.replied_on else "", "结论": row.get_conclusion_display(),
        "文号": row.number,
    }  # fmt: skip
