"""Two papers as an office writes them: a circular with annexes, and a branch's handbook of a year."""

import datetime
import io
import zipfile

import pikepdf
from docx import Document

from office.paper import (
    LETTERHEAD,
    Annex,
    Bold,
    Break,
    Checklist,
    Heading,
    Paper,
    Record,
    Signatures,
    Table,
    Text,
)

DAY = datetime.date(2025, 11, 21)
SCHOOLS = ["清河县第一中学党委", "清河县实验小学党支部", "清河县职业教育中心党总支", "清河县示范幼儿园党支部"]
SITUATION = (
    "各学校党组织认真落实“三会一课”制度，组织生活总体规范，党员参与率稳步提高。"
    "但也要看到，个别支部仍存在记录不及时、程序不完整等问题。"
)
MINUTES = "会议传达学习上级文件精神，与会党员围绕主题逐一发言。" * 12


def circular(**changes):
    rows = [[number, school, 12 - number, f"{98 - number}%", "按期完成"] for number, school in enumerate(SCHOOLS, 1)]
    blocks = [
        Text("现将2025年第三季度全县中小学校党组织组织生活开展情况通报如下。"),
        Heading("总体情况"),
        Text(SITUATION),
        Heading("开展较好的党组织", level=2),
        Text(SITUATION),
        Heading("数据情况", level=3),
        Text(["本季度共召开支部党员大会", Bold("128次"), "，", Bold("覆盖率100%"), "。"]),
        Table(
            ["序号", "党组织", "次数", "参与率", "备注"],
            rows,
            caption="第三季度组织生活开展情况",
            note="注：数据截至2025年9月30日。",
        ),
        Heading("存在问题"),
        Heading("记录不及时", level=2),
        Text(SITUATION),
        Heading("程序不完整", level=2),
        Text(SITUATION),
        Heading("工作要求"),
        Text(SITUATION),
        Annex("各党组织完成情况明细表"),
        Table(["党组织", "支委会", "党员大会"], [[school, 3, 1] for school in SCHOOLS]),
        Annex("整改事项清单"),
        Checklist(["补齐会议记录", ("核对党员名册", True)]),
    ]
    given = {
        "title": "关于2025年第三季度全县中小学校党组织组织生活开展情况的通报",
        "dated": DAY,
        "kind": LETTERHEAD,
        "organ": "中共清河县委教育体育工作委员会",
        "number": "清教体工委〔2025〕18号",
        "addressee": "各中小学校党组织，各直属单位党组织",
        "blocks": blocks,
        "copies": ["县委办公室", "县委组织部", "县委教育体育工作领导小组各成员单位", "驻县各职业院校党组织"],
    }
    return Paper(**{**given, **changes})


def handbook(**changes):
    members = [
        [number, f"党员{number}", "男" if number % 2 else "女", "汉族", "1980年6月", "2005年7月", "138****0001"]
        for number in range(1, 41)
    ]
    months = [f"{month}月" for month in range(1, 13)]
    plan = [[month, "召开支部党员大会，开展主题党日，组织学习党的创新理论。", "欧阳建国"] for month in months]
    blocks = [
        Heading("支部概况"),
        Record(
            [
                [("支部名称", "中共清河县第一中学高中部支部委员会"), ("成立日期", datetime.date(2012, 9, 1))],
                [("书记", "欧阳建国"), ("党员数", 40)],
                [("所属党委", "中共清河县第一中学委员会")],
            ]
        ),
        Heading("党员名册", new_page=True),
        Table(["序号", "姓名", "性别", "民族", "出生年月", "入党时间", "联系电话"], members),
        Heading("年度计划", new_page=True),
        Table(["月份", "内容", "责任人"], plan),
        Heading("会议记录", new_page=True),
        Heading("3月12日支部党员大会", level=2),
        Record(
            [
                [("时间", "2025年3月12日15:00"), ("地点", "第一会议室")],
                [("主持人", "欧阳建国"), ("记录人", "买买提·吐尔逊")],
                [("应到", 40), ("实到", 39)],
                [("内容", MINUTES)],
                [("决议", "一致通过。\n会后落实。")],
            ]
        ),
        Table(["姓名", "出席情况", "事由"], [["党员1", "出席", ""], ["党员2", "请假", "外出培训"]]),
        Signatures(["主持人签字", "记录人签字"]),
        Heading("年度党费收缴情况"),
        Table(
            ["序号", "姓名", *months, "合计"],
            [[number, f"党员{number}", *[10] * 12, 120] for number in range(1, 30)],
            landscape=True,
        ),
        Heading("考核结果"),
        Table(["年度", "等次"], []),
        Break(),
        Text("本手册由党支部书记审核。"),
    ]
    given = {
        "title": "党支部工作手册\n（2025年度）",
        "dated": DAY,
        "organ": "中共清河县第一中学高中部支部委员会",
        "has_cover": True,
        "header": "党支部工作手册（2025年度）",
        "footer": "非涉密系统，严禁录入国家秘密、工作秘密",
        "blocks": blocks,
    }
    return Paper(**{**given, **changes})


def opened(data):
    """A Word file as python-docx reads it."""
    return Document(io.BytesIO(data))


def part(data, name):
    """The text of one part of a Word file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode()


def pages(data):
    """The text of each page of a PDF, line by line as it was drawn."""
    with pikepdf.open(io.BytesIO(data)) as document:
        return ["\n".join(_drawn(page)) for page in document.pages]


def _drawn(page):
    """Each line is a text object; signs of the Chinese font are UTF-16, the others Latin."""
    line, is_wide = "", False
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "BT":
            line = ""
        elif str(operator) == "Tf":
            is_wide = page.resources["/Font"][str(operands[0])].get("/Subtype") == "/Type0"
        elif str(operator) == "Tj":
            line += bytes(operands[0]).decode("utf-16-be" if is_wide else "cp1252")
        elif str(operator) == "ET" and line:
            yield line
