"""What the national collection asks of a person, believable and nobody's: schools, places and streets are invented."""

import random
from datetime import date

from dateutil.relativedelta import relativedelta

from branches.demo import COUNTY, VILLAGES, person
from branches.models import Branch
from members.models import Member
from members.names import initials

Stage, Staffing = Branch.Stage, Member.Staffing
SCHOOLS = {  # 学历 → where it is had
    "10": ["省师范大学", "省教育学院"],
    "20": ["省师范大学", "市师范学院", "省教育学院（函授）", "市学院（函授）"],
    "30": ["市师范高等专科学校", "省广播电视大学", "市教育学院"],
    "41": ["市师范学校", "县师范学校"],
    "60": ["县第一中学"],
}
MAJORS = [
    "汉语言文学",
    "数学与应用数学",
    "英语",
    "物理学",
    "化学",
    "思想政治教育",
    "小学教育",
    "学前教育",
    "体育教育",
    "历史学",
]
SUBJECTS = ["语文", "数学", "英语", "道德与法治", "科学", "体育", "音乐", "美术", "信息科技"]
SENIOR_SUBJECTS = ["语文", "数学", "英语", "物理", "化学", "生物", "政治", "历史", "地理"]
POSITIONS = ["", "", "", "", "班主任", "班主任", "教研组长", "年级组长", "教务主任", "德育主任"]
LEADING = ["校长", "副校长", "副校长", "工会主席", "办公室主任"]
UPPER = {Stage.SENIOR, Stage.COMPLETE, Stage.JUNIOR, Stage.NINE_YEAR, Stage.VOCATIONAL}
WORK = {
    Staffing.PUBLIC: "11",
    Staffing.CONTRACT: "11",
    Staffing.CIVIL: "21",
    Staffing.PRIVATE: "31",
    Staffing.RETIRED: "51",
}


def fill(member, sketch, serial, *, is_leader, today):
    """Fill the plain columns of one member by dice of its own, so that nothing else of the county falls otherwise."""
    rng, branch = random.Random(f"register/{serial}"), sketch.branch
    born = member.birth_on.year
    member.native_place = f"{COUNTY}{rng.choice(VILLAGES)}乡" if rng.random() < 0.85 else "外县"
    member.degree = {"10": "3", "20": "4"}.get(member.education, "") if rng.random() < 0.7 else ""
    if member.education in SCHOOLS:
        major = f" {rng.choice(MAJORS)}专业" if member.education != "60" else ""
        member.graduated_from = rng.choice(SCHOOLS[member.education]) + major
    if member.education in ("20", "30") and is_leader and rng.random() < 0.2:
        member.party_school = Member.PartySchool.PROVINCIAL
    began = born + rng.randint(19, 23)
    if began < today.year:
        # Not everybody's file names the month.
        member.work_began = f"{began}-{rng.choice(('07', '08', '09', '12'))}" if rng.random() < 0.93 else str(began)
    _work(member, branch, rng, is_leader=is_leader, is_retired=sketch.is_retired)
    if member.joined_on and rng.random() < 0.9:
        member.introducers = "、".join(person(rng, rng.choice("12")) for _ in "ab")
    if rng.random() < 0.01:
        member.former_name = person(rng, member.sex)
    if "·" in member.name or rng.random() < 0.01:
        member.initials_given = initials(member.name)
    if rng.random() < 0.03:
        member.address = f"{COUNTY}城关镇{rng.choice(VILLAGES)}路{rng.randint(1, 90)}号"


def _work(member, branch, rng, *, is_leader, is_retired):
    if is_retired:
        member.staffing = Staffing.RETIRED
        leaves = member.birth_on + relativedelta(years=60 if member.sex == "1" else 55)
        member.retired_on = date(leaves.year, leaves.month, 1)
    elif branch.stage == Stage.OFFICE:
        member.staffing = Staffing.CIVIL
        member.position = rng.choice(["科员", "股长", "副股长", "四级主任科员"])
    else:
        is_private = branch.nature == Branch.Nature.PRIVATE
        member.staffing = (
            Staffing.PRIVATE if is_private else Staffing.CONTRACT if rng.random() < 0.05 else Staffing.PUBLIC
        )
        member.position = rng.choice(LEADING if is_leader and rng.random() < 0.6 else POSITIONS)
        member.teaching_stage = branch.stage if branch.stage != Stage.OTHER else ""
        if branch.stage != Stage.KINDERGARTEN and rng.random() < 0.9:
            member.subject = rng.choice(SENIOR_SUBJECTS if branch.stage in UPPER else SUBJECTS)
    member.work = WORK[member.staffing]
    if member.work == "11" and member.position in LEADING:
        member.work = "12"
