"""Our own Word forms from the written application to the end of the training: one function for each paper."""

from recruitment.management.word_layout import Form, box, columns, heads, pairs, sign
from recruitment.management.word_pieces import (
    ABOVE,
    BASIC,
    BRANCH_SIGNS,
    COMMITTEE_SIGNS,
    IDENTITY,
    ORGANS,
    notice,
    reviews,
    talk,
)


def receipt():
    return (
        Form("入党申请书收讫回执")
        .addressee("{{姓名}}同志：")
        .text(
            "你于{{申请日期}}写给党组织的入党申请书，已于{{收到日期}}收到。",
            "党组织将在收到入党申请书后一个月内派人同你谈话，了解基本情况，请你做好准备，并主动以书面形式向党组织汇报思想和工作情况。",
        )
        .signed("{{党支部}}", "{{收到日期}}")
        .small_print("本回执一式两份，本人一份，存入发展党员档案一份。")
    )


def initial_talk():
    return talk(
        "入党申请人谈话记录",
        "（主要了解入党动机、本人经历、家庭情况、工作和思想表现，并介绍入党条件和程序）",
        "{{谈话日期}}",
        "{{谈话人}}",
        "{{谈话地点}}",
        "{{谈话情况}}",
        "谈话人",
    )


def recommendation():
    return (
        Form("入党积极分子推荐（推优）情况表")
        .head(ORGANS)
        .head(ABOVE)
        .table(
            *BASIC,
            pairs(("申请日期", "{{申请日期}}"), ("谈话日期", "{{谈话日期}}")),
            pairs(("推荐方式", "{{推荐方式}}")),
            box(
                "推荐情况",
                "{{确定积极分子情况}}",
                height=52,
                signs=(
                    "推荐组织（盖章）　　　　　　",
                    sign("负责人"),
                ),
            ),
            box(
                "支委会或|支部大会|意见",
                "经{{确定积极分子日期}}会议研究，同意{{姓名}}同志为入党积极分子。",
                height=48,
                signs=BRANCH_SIGNS,
            ),
        )
        .small_print("二十八周岁以下青年入党，一般应从团员中发展；共青团员一般须经团组织推荐。")
    )


def activist_filing():
    return (
        Form("入党积极分子备案表")
        .head(ORGANS)
        .head(ABOVE)
        .table(
            *BASIC,
            IDENTITY,
            pairs(("申请日期", "{{申请日期}}"), ("谈话日期", "{{谈话日期}}")),
            pairs(("推荐方式", "{{推荐方式}}"), ("确定日期", "{{确定积极分子日期}}")),
            pairs(("培养|联系人", "{{培养联系人}}")),
            box("党支部|意见", "同意确定{{姓名}}同志为入党积极分子，报请备案。", height=44, signs=BRANCH_SIGNS),
            box("上级党委备案意见", "{{积极分子备案日期}}备案。{{积极分子备案情况}}", height=44, signs=COMMITTEE_SIGNS),
        )
        .small_print("本表一式两份，党支部、上级党委各存一份。")
    )


def mentors():
    return (
        Form("培养联系人登记表")
        .head(ORGANS)
        .table(
            *BASIC,
            pairs(("确定为|积极分子", "{{确定积极分子日期}}"), ("指定日期", "{{指定联系人日期}}")),
            heads((3, "联系人"), (4, "职务"), (6, "入党日期"), (6, "起"), (5, "止")),
            columns(
                (3, "{{联系人.姓名}}"),
                (4, "{{联系人.职务}}"),
                (6, "{{联系人.入党日期}}"),
                (6, "{{联系人.起}}"),
                (5, "{{联系人.止}}"),
            ),
            box(
                "主要任务",
                "1．向入党积极分子介绍党的基本知识；",
                "2．了解入党积极分子的政治觉悟、道德品质、现实表现和家庭情况等，做好培养教育工作，引导端正入党动机；",
                "3．及时向党支部汇报入党积极分子情况；",
                "4．向党支部提出能否将入党积极分子列为发展对象的意见。",
                height=44,
            ),
            box("党支部|意见", "{{指定联系人情况}}", height=42, signs=BRANCH_SIGNS),
        )
        .small_print("培养联系人为一至两名正式党员；有变动的，及时调整并接续登记。")
    )


def cultivation():
    return reviews(
        "入党积极分子培养教育考察登记表",
        "考察",
        (pairs(("确定为|积极分子", "{{确定积极分子日期}}"), ("培养|联系人", "{{培养联系人}}")),),
        "党支部每半年对入党积极分子考察一次；基层党委每年对入党积极分子队伍状况作一次分析。",
    )


def opinions():
    return (
        Form("发展对象人选征求意见表")
        .head(ORGANS)
        .table(
            *BASIC,
            pairs(("确定为|积极分子", "{{确定积极分子日期}}"), ("培养|联系人", "{{培养联系人}}")),
            box("征求意见综合情况", "{{征求意见}}", height=26),
            box("党小组|意见", height=25, signs=(sign("组长"),)),
            box("培养|联系人|意见", height=25, signs=(sign("培养联系人"),)),
            box("党员意见", height=25, signs=(sign("党员代表"),)),
            box("群众意见", height=25, signs=(sign("群众代表"),)),
            box("支部|委员会|意见", height=32, signs=BRANCH_SIGNS),
        )
        .small_print("听取意见可以座谈、个别谈话或者测评，原始记录附后。")
    )


def prospect_notice():
    return notice(
        "发展对象公示",
        "经党小组、培养联系人、党员和群众推荐评议，党支部研究，拟将{{姓名}}同志列为发展对象，现予公示。",
        "发展对象公示",
        "。",
    )


def prospect_filing():
    return (
        Form("发展对象备案（同意）表")
        .head(ORGANS)
        .head(ABOVE)
        .table(
            *BASIC,
            IDENTITY,
            pairs(("申请日期", "{{申请日期}}"), ("确定为|积极分子", "{{确定积极分子日期}}")),
            pairs(("培养|联系人", "{{培养联系人}}"), ("确定为|发展对象", "{{确定发展对象日期}}")),
            pairs(("公示", "{{发展对象公示开始}}至{{发展对象公示结束}}，收到反映{{发展对象公示反映件数}}件")),
            box("征求意见情况", "{{征求意见}}", height=24),
            box(
                "党支部|意见",
                "经{{确定发展对象日期}}支部委员会讨论，同意将{{姓名}}同志列为发展对象。",
                height=42,
                signs=BRANCH_SIGNS,
            ),
            box("上级党委意见", "{{发展对象备案日期}}　{{发展对象备案情况}}", height=42, signs=COMMITTEE_SIGNS),
        )
        .small_print("本表一式两份，党支部、上级党委各存一份。")
    )


def sponsors():
    return (
        Form("入党介绍人登记表")
        .head(ORGANS)
        .table(
            *BASIC,
            pairs(("发展对象备案", "{{发展对象备案日期}}"), ("确定日期", "{{确定介绍人日期}}")),
            heads((3, "介绍人"), (4, "职务"), (6, "入党日期"), (6, "起"), (5, "止")),
            columns(
                (3, "{{介绍人.姓名}}"),
                (4, "{{介绍人.职务}}"),
                (6, "{{介绍人.入党日期}}"),
                (6, "{{介绍人.起}}"),
                (5, "{{介绍人.止}}"),
            ),
            box(
                "主要任务",
                "1．向发展对象解释党的纲领、章程，说明党员的条件、义务和权利；",
                "2．认真了解发展对象的入党动机、政治觉悟、道德品质、工作经历、现实表现等情况，如实向党组织汇报；",
                "3．指导发展对象填写《中国共产党入党志愿书》，并认真填写自己的意见；",
                "4．向支部大会负责地介绍发展对象的情况；",
                "5．发展对象批准为预备党员后，继续对其进行教育帮助。",
                height=52,
            ),
            box("介绍人|签字", signs=(sign("介绍人"), sign("介绍人")), height=30),
            box("党支部|意见", "{{确定介绍人情况}}", height=36, signs=BRANCH_SIGNS),
        )
        .small_print("入党介绍人为两名正式党员，一般由培养联系人担任；受留党察看处分、尚未恢复党员权利的党员不能担任。")
    )


def political_review():
    return (
        Form("政治审查结论表")
        .head(ORGANS)
        .head("限授权人员查看")
        .table(
            *BASIC,
            pairs(("审查日期", "{{政审日期}}"), ("结　　论", "{{政审结论}}")),
            heads((6, "部门"), (6, "发函日期"), (6, "回复日期"), (6, "结论")),
            columns(
                (6, "{{联审.部门}}"),
                (6, "{{联审.发函日期}}"),
                (6, "{{联审.回复日期}}"),
                (6, "{{联审.结论}}"),
                height=8,
            ),
            box(
                "审查内容",
                "对党的理论和路线、方针、政策的态度；政治历史和在重大政治斗争中的表现；遵纪守法和遵守社会公德情况；直系亲属和与本人关系密切的主要社会关系的政治情况。",
                height=24,
            ),
            box("党支部|意见", height=34, signs=BRANCH_SIGNS),
            box("上级党委意见", height=34, signs=COMMITTEE_SIGNS),
        )
        .small_print("本表只写结论，审查的具体材料另行装袋保管，不录入系统。")
    )


def training():
    return (
        Form("发展对象集中培训结业证明")
        .text(
            "{{姓名}}同志，{{性别}}，{{民族}}，{{出生日期}}出生，系{{党支部}}发展对象，于{{培训开始}}至{{培训结束}}参加"
            "{{培训主办单位}}举办的{{培训班次}}，培训{{培训天数}}天、{{培训学时}}学时，经考核合格，准予结业。",
            "结业证号：{{结业证号}}",
        )
        .signed("{{培训主办单位}}（盖章）", "{{培训结束}}")
        .small_print("集中培训时间一般不少于三天，或者不少于二十四个学时。")
    )


BEFORE = {
    "apply-receipt": receipt,
    "initial_talk-talk_record": initial_talk,
    "confirm_activist-recommendation": recommendation,
    "activist_filing-filing_form": activist_filing,
    "assign_mentor-mentor_record": mentors,
    "cultivate-review_form": cultivation,
    "confirm_prospect-opinions": opinions,
    "confirm_prospect-publicity": prospect_notice,
    "prospect_filing-filing_form": prospect_filing,
    "assign_sponsors-sponsor_record": sponsors,
    "political_review-political_review": political_review,
    "prospect_training-training_certificate": training,
}
