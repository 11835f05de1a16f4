"""What a county may write into its own Word forms: the fields with their meanings, as a paper to keep beside Word."""

from office import word_form
from office.paper import Heading, Paper, Table, Text
from office.word import to_word
from recruitment import document_fields


def paper(*, on):
    """The list of fields as a `Paper`."""
    single, columns = document_fields.fields().values(), document_fields.columns().values()
    return Paper(
        "发展党员 Word 表样字段说明", dated=on,
        blocks=[
            Text("在 Word 或 WPS 里，把要自动填写的地方写成两层花括号夹着的字段名，如 {{姓名}}，字段名一字不差。"),
            Text("一行要按人数、次数重复的，放在表格的同一行里，用带点的字段，如 {{考察.日期}}、{{考察.情况}}；一行只能用一组。"),
            Text("系统里没有的内容印成“＿＿＿＿”，留给手写。政治审查、表决的字段，没有权限的人下载时印“（限授权查看）”。"),
            Heading("单项字段"), Table(["写法", "含义"], [[f"{{{{{field.name}}}}}", field.meaning] for field in single], widths=[2, 3]),
            Heading("重复行字段"), Table(["写法", "含义"], [[f"{{{{{field.name}}}}}", field.meaning] for field in columns], widths=[2, 3]),
        ],
    )  # fmt: skip


def word(*, on):
    return to_word(paper(on=on))


SCHOOL, UPPER = "示例县第一中学", "中共示例县第一中学委员会"
INVENTED = (  # the end of a field's name → what stands there in a sample; the first that fits
    ("姓名", "张三（示例）"), ("联系人", "李四（示例）"), ("介绍人", "李四（示例）、王五（示例）"), ("谈话人", "李四（示例）"),
    ("出生日期", "1988年5月1日"), ("性别", "女"), ("民族", "汉族"), ("籍贯", "云南示例县"), ("学历", "大学本科"), ("学位", "学士"),
    ("职务", "教师"), ("职称", "一级教师"), ("学科", "语文"), ("次数", "1"),
    ("日期", "2026年3月1日"), ("开始", "2026年3月1日"), ("结束", "2026年3月6日"), ("期满", "2027年3月1日"),
    ("时间", "2010年9月"), ("年月", "1988年5月"), ("审批党委", UPPER), ("上级党组织", UPPER), ("党支部", f"中共{SCHOOL}支部委员会"),
    ("单位", SCHOOL), ("文号", "示例党〔2026〕3号"), ("应到", "12"), ("实到", "11"), ("赞成", "11"), ("反对", "0"), ("弃权", "0"),
    ("书面意见", "0"), ("起", "2026-03-01"), ("止", "2027-03-01"),
)  # fmt: skip


def sample(data):
    """A form filled with invented persons and days, to be looked at before it is taken into use."""
    single = {name: _invented(name) for name in document_fields.fields()}
    line = {}
    for name in document_fields.columns():
        group, _, column = name.partition(".")
        line.setdefault(group, {})[column] = _invented(column)
    groups = {group: [values, values] for group, values in line.items()}
    return word_form.fill(data, single, groups)


def _invented(name):
    return next((words for end, words in INVENTED if name.endswith(end)), f"（{name}）")
