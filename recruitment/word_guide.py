"""What a county may write into its own Word forms: the fields with their meanings, as a paper to keep beside Word."""

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
