"""What several of our Word forms share: the person, who signs, and the layout of talks, reviews, notices and decisions."""

from recruitment.management.word_layout import Form, box, columns, heads, pairs, sign

BASIC = (
    pairs(("姓　　名", "{{姓名}}"), ("性　　别", "{{性别}}"), ("民　　族", "{{民族}}"), widths=(6, 5, 4)),
    pairs(("出生日期", "{{出生日期}}"), ("籍　　贯", "{{籍贯}}"), ("学　　历", "{{学历}}"), widths=(6, 5, 4)),
    pairs(("工作单位", "{{工作单位}}"), ("职务职称", "{{职务}}　{{职称}}")),
)
IDENTITY = pairs(("公民身份号码", "{{公民身份号码}}"), ("参加工作时间", "{{参加工作时间}}"))
BRANCH_SIGNS = ("党支部（盖章）　　　　　　", sign("书记"))
COMMITTEE_SIGNS = ("党委（盖章）　　　　　　", sign("书记"))
ORGANS = "党支部：{{党支部}}"
ABOVE = "上级党组织：{{上级党组织}}"


def talk(title, about, day, by, place, words, who):
    return (
        Form(title)
        .head(ORGANS)
        .table(
            *BASIC,
            pairs(("谈话日期", day), ("谈话地点", place)),
            pairs(("谈话人", by), ("谈话对象", "{{姓名}}")),
            box("谈话内容", about, words, height=112),
            box("谈话人|签字", signs=(sign(who),), height=20),
            box("谈话对象|签字", signs=(sign("本人"),), height=20),
        )
        .small_print()
    )


def reviews(title, group, since, organ):
    return (
        Form(title)
        .head(ORGANS)
        .table(
            *BASIC,
            *since,
            heads((2, "次"), (5, "考察日期"), (17, "考察情况和意见（思想、工作、学习表现，主要优缺点）")),
            columns(
                (2, f"{{{{{group}.次数}}}}"), (5, f"{{{{{group}.日期}}}}"), (17, f"{{{{{group}.情况}}}}"), height=16
            ),
            box("党支部|综合意见", height=42, signs=BRANCH_SIGNS),
            box("上级党委审查意见", height=34, signs=COMMITTEE_SIGNS),
        )
        .small_print(organ)
    )


def notice(title, first, matter, after):
    return (
        Form(title)
        .text(
            first,
            "{{姓名}}，{{性别}}，{{民族}}，{{出生年月}}出生，{{学历}}，现任{{工作单位}}{{职务}}。{{申请日期}}申请入党，"
            "{{确定积极分子日期}}确定为入党积极分子，培养联系人{{培养联系人}}" + after,
            f"公示时间：{{{{{matter}开始}}}}至{{{{{matter}结束}}}}。公示地点：{{{{{matter}地点}}}}。",
            "公示期间，党员和群众对公示对象有什么反映，可以通过来信、来电、来访等方式，向党支部或者上级党组织反映。"
            "反映问题要实事求是，提倡署实名，并提供具体事实或者线索，我们将严格保密、认真核实。",
            "受理电话：＿＿＿＿＿＿　受理地点：＿＿＿＿＿＿",
        )
        .signed("{{党支部}}", f"{{{{{matter}开始}}}}")
        .small_print()
    )


def resolution(title, vote, text, ask):
    return (
        Form(title)
        .text(
            f"{{{{党支部}}}}于{{{{{vote}日期}}}}召开支部大会，讨论{{{{姓名}}}}同志{ask}问题。应到会有表决权的正式党员{{{{{vote}应到}}}}名，"
            f"实到会{{{{{vote}实到}}}}名，到会人数超过应到会有表决权人数的半数，符合规定。",
            f"表决方式：{{{{{vote}表决方式}}}}。表决结果：赞成{{{{{vote}赞成}}}}票，反对{{{{{vote}反对}}}}票，弃权{{{{{vote}弃权}}}}票；会前书面提出意见{{{{{vote}书面意见}}}}份。",
            text,
        )
        .signed("{{党支部}}（盖章）", "支部书记（签字）：＿＿＿＿＿＿", f"{{{{{vote}日期}}}}")
        .small_print("赞成人数超过应到会有表决权的正式党员的半数，才能通过决议。")
    )


def approval(title, matter, short, vote, since):
    return (
        Form(title)
        .head(ORGANS)
        .head(f"文号：{{{{{short}文号}}}}")
        .table(
            *BASIC,
            pairs(("志愿书|编号", "{{入党志愿书编号}}"), ("支部大会", f"{{{{{vote}日期}}}}")),
            pairs(("介绍人", "{{入党介绍人}}"), ("审批日期", f"{{{{{short}日期}}}}")),
            box("党支部|请示", f"支部大会已通过{{{{姓名}}}}同志{matter}，呈请审批。", height=44, signs=BRANCH_SIGNS),
            box(
                "党委|审批意见",
                f"{{{{审批党委}}}}于{{{{{short}日期}}}}集体讨论、逐人表决，{since}",
                f"{{{{{short}情况}}}}",
                height=86,
                signs=COMMITTEE_SIGNS,
            ),
        )
        .small_print("党委应当在支部大会决议后三个月内审批；党总支不能审批。审批意见填入《入党志愿书》并通知党支部。")
    )
