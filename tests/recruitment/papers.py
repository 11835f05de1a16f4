"""A file walked from the application to the archive, and what LibreOffice reads in its papers."""

import shutil
import subprocess
from datetime import date

from meetings.models import Vote
from tests import factories

ABSENT = not shutil.which("soffice") or not shutil.which("pdftotext")
DAYS = [  # step, day, data, words
    ("apply", date(2024, 3, 1), {"received_on": "2024-03-04"}, ""),
    ("initial_talk", date(2024, 3, 20), {"talker": "高雪", "place": "支部活动室"}, "入党动机端正，对党的认识较深刻。"),
    ("confirm_activist", date(2024, 9, 2), {"recommended_by": "党员推荐"}, "党员大会推荐，到会九人，同意九人。"),
    ("activist_filing", date(2024, 9, 10), {"number": "云教党备〔2024〕3号"}, ""),
    ("assign_mentor", date(2024, 9, 12), {}, "经支委会研究指定。"),
    ("cultivate", date(2025, 3, 3), {}, "积极参加党课学习，承担高三毕业班教学任务。"),
    ("cultivate", date(2025, 9, 1), {}, "带头上公开课，群众反映好。"),
    ("confirm_prospect", date(2025, 9, 15), {"opinions": "党小组、培养联系人、党员和群众均同意。"}, ""),
    ("prospect_filing", date(2025, 9, 22), {"number": "云教党备〔2025〕7号"}, "同意列为发展对象。"),
    ("assign_sponsors", date(2025, 9, 25), {}, ""),
    ("political_review", date(2025, 10, 20), {"conclusion": "passed"}, "未发现影响入党的问题。"),
    ("prospect_training", date(2025, 10, 30), {"days": 3, "hours": 24.0, "certificate": "发展〔2025〕第018号"}, ""),
    ("committee_screen", date(2025, 11, 3), {}, "材料齐全、手续完备。"),
    ("pre_review", date(2025, 11, 12), {"conclusion": "passed", "number": "云教党预〔2025〕5号"}, ""),
    ("fill_application_form", date(2025, 11, 15), {"form_number": "530000001"}, ""),
    ("branch_vote", date(2025, 11, 28), {"secret": True}, "政治立场坚定，工作踏实"),
    ("superior_talk", date(2025, 12, 8), {"talker": "周明", "place": "党委会议室"}, "对党的性质宗旨有正确认识，同意入党。"),
    ("committee_approval", date(2025, 12, 20), {"approver": "committee", "number": "云教党批〔2025〕9号"}, ""),
    ("od_filing", date(2025, 12, 29), {}, ""),
    ("assign_group", date(2025, 12, 30), {"group": "高中组"}, ""),
    ("oath", date(2026, 1, 10), {"place": "烈士陵园"}, "全体党员参加。"),
    ("probation_review", date(2026, 3, 2), {}, "按时交纳党费，参加组织生活。"),
    ("probation_review", date(2026, 6, 2), {}, "完成党组织分配的工作。"),
    ("transfer_apply", date(2026, 11, 28), {}, ""),
    ("conversion_vote", date(2026, 12, 10), {}, "履行党员义务好"),
    ("conversion_approval", date(2026, 12, 28), {"number": "云教党批〔2026〕12号"}, ""),
]  # fmt: skip


def walked(*, until=None, **fields):
    """A file with the steps up to and with `until`, all of them without it."""
    above = factories.BranchFactory(name="中共云岭县第一中学委员会", committee=True)
    branch = factories.BranchFactory(name="云岭县第一中学高中部党支部", parent=above)
    branch.schools.add(factories.SchoolFactory(name="云岭县第一中学"))
    member = factories.ApplicantFactory(
        name="何景行",
        sex="1",
        ethnicity="01",
        education="20",
        position="教研组长",
        title="一级教师",
        native_place="云岭",
    )
    application = factories.ApplicationFactory(branch=branch, member=member, form_number="530000001", **fields)
    for name, role in (("高雪", "mentor"), ("周明", "mentor"), ("高雪", "sponsor"), ("周明", "sponsor")):
        person = factories.MemberFactory(name=name, branch=branch, position="教师")
        factories.GuideFactory(application=application, member=person, role=role, started_on=date(2024, 9, 12))
    factories.PublicityFactory(
        application=application, started_on=date(2025, 9, 5), ended_on=date(2025, 9, 11), objections=0
    )
    factories.PublicityFactory(application=application, matter="branch_vote", objections=0)
    factories.PublicityFactory(application=application, matter="conversion_vote", objections=0)
    factories.DepartmentReplyFactory(
        application=application, asked_on=date(2025, 9, 16), replied_on=date(2025, 9, 20), conclusion="clear"
    )
    for step, on, data, words in DAYS:
        vote = _vote(branch, on) if step.endswith("_vote") else None
        factories.RoadStepFactory(application=application, step=step, on=on, data=data, words=words, vote=vote)
        if step == until and step not in ("cultivate", "probation_review"):
            break
    return application


def _vote(branch, on):
    meeting = factories.MeetingFactory(branch=branch, held_on=on, accepted=True)
    return factories.VoteFactory(
        meeting=meeting, rule=Vote.Rule.RECRUITMENT, entitled=11, present=9, in_favour=9, against=0, abstained=0
    )


def read_by_libreoffice(folder, papers):
    """name → what it reads in each of {name: bytes of a .docx}, and how many pages that takes."""
    for name, data in papers.items():
        (folder / f"{name}.docx").write_bytes(data)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run(
        [*command, *(str(folder / f"{name}.docx") for name in papers)], check=True, capture_output=True, timeout=300
    )
    found = {}
    for name in papers:
        pdf = str(folder / f"{name}.pdf")
        text = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True).stdout.decode()
        found[name] = (text, text.count("\f"))
    return found
