"""A row of an old ledger, and what its columns are called: a road that was lawful up to the form."""

from datetime import date

from tests.imports.county import GRADE_ONE, id_number

HEADINGS = {
    "name": "姓名", "branch": "党支部", "birth_on": "出生日期", "id_number": "公民身份号码", "apply": "申请时间",
    "received_on": "收到申请书时间", "initial_talk": "谈话时间", "confirm_activist": "确定入党积极分子时间",
    "recommended_by": "推荐方式", "activist_filing": "备案时间", "mentors": "培养联系人1", "more_mentors": "培养联系人2",
    "cultivate": "考察", "public_from": "公示起", "public_until": "公示止", "confirm_prospect": "确定发展对象时间",
    "opinions": "听取意见", "prospect_filing": "发展对象备案时间", "sponsors": "入党介绍人", "political_review": "政审时间",
    "conclusion": "政审结论", "training_from": "培训起", "prospect_training": "培训止", "hours": "学时",
    "committee_screen": "支委会审查", "pre_review": "预审", "form_number": "志愿书编号", "branch_vote": "支部大会",
    "entitled": "应到", "present": "实到", "in_favour": "赞成", "against": "反对", "abstained": "弃权",
    "committee_approval": "审批", "oath": "宣誓", "ends_on": "预备期满", "conversion_vote": "转正大会",
    "conversion_approval": "转正审批", "backbone": "骨干类别", "backbone_from": "骨干认定日期",
}  # fmt: skip
NUMBER = id_number(date(1995, 5, 17), 101)
LAWFUL = {
    "name": "何景行", "branch": GRADE_ONE, "birth_on": date(1995, 5, 17), "id_number": NUMBER, "apply": date(2023, 9, 1),
    "received_on": date(2023, 9, 4), "initial_talk": date(2023, 9, 20), "confirm_activist": date(2024, 3, 18),
    "recommended_by": "团支部推优", "activist_filing": date(2024, 3, 26), "mentors": "王芳", "more_mentors": "赵铁柱",
    "cultivate": "2024-09-10、2025-03-10", "public_from": date(2025, 3, 27), "public_until": date(2025, 4, 3),
    "confirm_prospect": date(2025, 4, 7), "opinions": "均同意", "prospect_filing": date(2025, 4, 15), "sponsors": "王芳、赵铁柱",
    "political_review": date(2025, 5, 20), "conclusion": "合格", "training_from": date(2025, 6, 11),
    "prospect_training": date(2025, 6, 13), "hours": 24, "committee_screen": date(2025, 6, 20), "pre_review": date(2025, 7, 1),
    "form_number": "530000001",
}  # fmt: skip
