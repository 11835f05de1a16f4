"""Our own Word forms from the committee that looks through the file to the archive: one function for each paper."""

from recruitment.management.word_layout import DAY, Form, box, columns, heads, pairs, sign
from recruitment.management.word_pieces import (
    BASIC,
    BRANCH_SIGNS,
    COMMITTEE_SIGNS,
    IDENTITY,
    ORGANS,
    approval,
    notice,
    resolution,
    reviews,
    talk,
)


def screening():
    return (
        Form("支部委员会审查意见")
        .head(ORGANS)
        .table(
            *BASIC,
            pairs(("审查日期", "{{支委会审查日期}}"), ("发展对象备案", "{{发展对象备案日期}}")),
            pairs(("介绍人", "{{入党介绍人}}"), ("集中培训", "{{培训学时}}学时")),
            box(
                "审查内容",
                "□ 申请书、谈话记录　□ 推荐、备案　□ 培养考察登记",
                "□ 征求意见、公示　□ 入党介绍人　□ 政治审查　□ 集中培训",
                "□ 各环节时间和手续",
                height=24,
            ),
            box("到会人员", height=24),
            box(
                "讨论情况和意见",
                "{{支委会审查情况}}",
                "经集体讨论，认为{{姓名}}同志手续完备，拟报上级党委预审。",
                height=76,
                signs=BRANCH_SIGNS,
            ),
        )
        .small_print()
    )


def pre_review():
    return (
        Form("接收预备党员预审意见")
        .head(ORGANS)
        .head("文号：{{预审文号}}")
        .table(
            *BASIC,
            IDENTITY,
            pairs(("支委会|审查", "{{支委会审查日期}}"), ("预审日期", "{{预审日期}}")),
            box(
                "审查内容",
                "发展对象的条件、培养教育情况；审查材料和手续；根据需要听取执纪执法等相关部门的意见。",
                height=22,
            ),
            box("党支部|请示", "{{姓名}}同志经支部委员会审查合格，呈请预审。", height=40, signs=BRANCH_SIGNS),
            box("预审意见", "预审结论：{{预审结论}}", "{{预审情况}}", height=62, signs=COMMITTEE_SIGNS),
        )
        .small_print("审查结果以书面形式通知党支部，并向审查合格的发展对象发放《中国共产党入党志愿书》。")
    )


def admission_notice():
    return notice(
        "接收预备党员公示",
        "经党支部培养教育、上级党委预审，拟接收{{姓名}}同志为中共预备党员，现予公示。",
        "接收公示",
        "，入党介绍人{{入党介绍人}}，{{确定发展对象日期}}确定为发展对象。",
    )


def admission_resolution():
    return resolution(
        "支部大会接收预备党员决议",
        "支部大会",
        "经大会讨论，认为{{姓名}}同志{{支部大会情况}}，同意接收{{姓名}}同志为中共预备党员。入党介绍人：{{入党介绍人}}。"
        "预备期自{{支部大会日期}}起。",
        "的入党",
    )


def superior_talk():
    return talk(
        "上级党委派人谈话记录",
        "（了解对党的认识、入党动机和现实表现，指出努力方向，并对能否入党提出意见）",
        "{{上级谈话日期}}",
        "{{上级谈话人}}",
        "{{上级谈话地点}}",
        "{{上级谈话情况}}",
        "党委委员（组织员）",
    )


def admission_approval():
    return approval(
        "接收预备党员审批意见",
        "为中共预备党员",
        "审批",
        "支部大会",
        "批准{{姓名}}同志为中共预备党员。预备期一年，从{{预备期开始}}至{{预备期满}}。",
    )


def od_filing():
    return (
        Form("接收预备党员备案表")
        .head(ORGANS)
        .head("文号：{{组织部门备案文号}}")
        .table(
            *BASIC,
            IDENTITY,
            pairs(("申请日期", "{{申请日期}}"), ("确定为|积极分子", "{{确定积极分子日期}}")),
            pairs(("确定为|发展对象", "{{确定发展对象日期}}"), ("集中培训", "{{培训学时}}学时")),
            pairs(("支部大会", "{{支部大会日期}}"), ("审批日期", "{{审批日期}}")),
            pairs(("审批党委", "{{审批党委}}"), ("志愿书|编号", "{{入党志愿书编号}}")),
            box("审批党委意见", "{{姓名}}同志已批准为中共预备党员，报请备案。", height=48, signs=COMMITTEE_SIGNS),
            box(
                "组织部门备案意见",
                "{{组织部门备案日期}}　{{组织部门备案情况}}",
                height=48,
                signs=("组织部门（盖章）　　　　　　", DAY),
            ),
        )
        .small_print()
    )


def oath():
    return (
        Form("入党宣誓记录")
        .head(ORGANS)
        .table(
            *BASIC,
            pairs(("宣誓日期", "{{宣誓日期}}"), ("宣誓地点", "{{宣誓地点}}")),
            pairs(("批准日期", "{{审批日期}}"), ("审批党委", "{{审批党委}}")),
            pairs(("领誓人", "＿＿＿＿"), ("主持人", "＿＿＿＿")),
            box("参加人员", height=30),
            box(
                "仪式情况",
                "{{宣誓情况}}",
                "（奏唱《国歌》或《国际歌》、党组织负责人致辞、宣誓、新党员发言等）",
                height=70,
            ),
            box("宣誓人|签字", signs=(sign("宣誓人"),), height=24),
        )
        .small_print("宣誓照片附后。")
    )


def probation():
    return reviews(
        "预备党员教育考察登记表",
        "预备考察",
        (
            pairs(("预备期|开始", "{{预备期开始}}"), ("预备期满", "{{预备期满}}")),
            pairs(("入党|介绍人", "{{入党介绍人}}")),
        ),
        "预备期从支部大会通过其为预备党员之日算起，为一年；本县按每季度考察一次登记。",
    )


def conversion_application():
    return (
        Form("转正申请书")
        .addressee("敬爱的党组织：")
        .text(
            "我于{{支部大会日期}}经支部大会讨论通过、{{审批日期}}经{{审批党委}}批准为中共预备党员，预备期一年，到{{预备期满}}届满。现申请转为中共正式党员。",
            "一年来，我在政治、思想、工作、学习和纪律等方面的表现：",
            "＿＿＿＿＿＿＿＿（由本人填写，可另附页）",
            "存在的不足和今后努力方向：",
            "＿＿＿＿＿＿＿＿（由本人填写，可另附页）",
            "请党组织审查。",
        )
        .signed("申请人（签字）：＿＿＿＿＿＿", "{{转正申请日期}}")
        .small_print("本页为格式参考，转正申请由预备党员本人书写；预备期满前提出无效。")
    )


def conversion_notice():
    return notice(
        "预备党员转正公示",
        "{{姓名}}同志预备期将于{{预备期满}}届满，党支部拟讨论其转正问题，现予公示。",
        "转正公示",
        "，入党介绍人{{入党介绍人}}，{{预备期开始}}经支部大会通过为预备党员。",
    )


def conversion_resolution():
    return resolution(
        "支部大会预备党员转正决议",
        "转正大会",
        "经大会讨论，{{姓名}}同志自{{预备期开始}}成为预备党员以来，{{转正大会情况}}，预备期已于{{预备期满}}届满，同意{{姓名}}同志按期转为中共正式党员。",
        "的转正",
    )


def conversion_approval():
    return approval(
        "预备党员转正审批意见",
        "转为中共正式党员",
        "转正审批",
        "转正大会",
        "批准{{姓名}}同志转为中共正式党员，党龄从转正之日（{{转正大会日期}}）算起。",
    )


def contents():
    return (
        Form("卷内目录", top=18)
        .head("姓名：{{姓名}}", "入党志愿书编号：{{入党志愿书编号}}")
        .head(ORGANS)
        .table(
            heads((2, "序号"), (12, "材料名称"), (4, "日期"), (2, "份数"), (4, "备注")),
            columns(
                (2, "{{材料.序号}}"),
                (12, "{{材料.名称}}"),
                (4, "{{材料.日期}}"),
                (2, "{{材料.份数}}"),
                (4, "{{材料.备注}}"),
                height=5.5,
                size=9,
            ),
        )
        .head("整理人（签字）：＿＿＿＿＿＿", f"{DAY}")
        .small_print("份数为系统里签字扫描件的个数；备注写“缺签字件”的，请补齐后归档。")
    )


AFTER = {
    "committee_screen-meeting_minutes": screening,
    "pre_review-pre_review": pre_review,
    "branch_vote-publicity": admission_notice,
    "branch_vote-resolution": admission_resolution,
    "superior_talk-talk_record": superior_talk,
    "committee_approval-approval": admission_approval,
    "od_filing-filing_form": od_filing,
    "oath-oath_record": oath,
    "probation_review-review_form": probation,
    "transfer_apply-conversion_application": conversion_application,
    "conversion_vote-publicity": conversion_notice,
    "conversion_vote-resolution": conversion_resolution,
    "conversion_approval-approval": conversion_approval,
    "archive-file_contents": contents,
}
