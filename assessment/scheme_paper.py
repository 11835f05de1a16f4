"""A scheme as the office issues it: 《量化考核实施办法》 in words, and 《考核细则》 as a table."""

from django.utils import timezone

from assessment.models import Scheme
from assessment.rule_words import how, per_cent, plain
from assessment.scheme_diff import band
from branches.actions import root
from branches.models import Branch
from office.paper import Heading, Paper, Table, Text
from rulebook.book import value

SCOPE = {
    Scheme.Kind.BRANCH: "全县教育系统参加考核的党支部（含联合党支部）",
    Scheme.Kind.COMMITTEE: "全县教育系统的学校党委、党总支",
}
HEAD = ["维度", "指标", "分值", "计分办法", "依据", "查验方式", "责任"]
WIDTHS = [2.2, 4, 1.8, 11.5, 6.5, 3.4, 3.6]


def who(item):
    """Who gives an item its points: as the scheme says, else the portal or the assessors."""
    if item.get("who"):
        return item["who"]
    judged = {part["by"] in ("manual", "veto") for part in item["parts"]}
    return "门户计分、考评组" if judged == {True, False} else "考评组" if judged == {True} else "门户计分"


def measures(scheme, *, on):
    """《量化考核实施办法》: what is graded, how points and grades come about, and by which steps."""
    content = scheme.content
    blocks = [*_standing(scheme), *_general(scheme), *_contents(content), *_points(content), *_grades(content)]
    blocks += [*_steps(on), *_end(scheme)]
    return Paper(content["title"], dated=_day(scheme, on), organ=root().name, signer=root().name, blocks=blocks,
                 number=scheme.number, is_draft=scheme.state == Scheme.State.DRAFT, footer=_footer(scheme))  # fmt: skip


def details(scheme, *, on):
    """《考核细则》: every item on turned pages."""
    content = scheme.content
    rows = [row for block in _by_dimension(content) for row in block]
    table = Table(HEAD, rows, widths=WIDTHS, landscape=True, empty="还没有指标")
    note = Text(
        "说明：计分办法中的“按完成比例”，指已办件数占应办件数的比例；不适用的指标不计分，分值在本维度内按比例折算。"
    )
    return Paper(f"{content['title']}\n考核细则", dated=_day(scheme, on), organ=root().name, landscape=True,
                 blocks=[*_standing(scheme), table, note], number=scheme.number,
                 is_draft=scheme.state == Scheme.State.DRAFT, footer=_footer(scheme))  # fmt: skip


PAPERS = {"measures": ("实施办法", measures), "details": ("考核细则", details)}


def _day(scheme, on):
    return timezone.localtime(scheme.published_at).date() if scheme.published_at else on


def _footer(scheme):
    status = "示例，待工委会议审定" if scheme.content["status"] == "示例" else ""
    return "　".join(filter(None, [scheme.content["title"], status, "非涉密"]))


def _standing(scheme):
    """What the reader must know first: that it is a sample, or only a draft."""
    said = []
    if scheme.content["status"] == "示例":
        said.append("本方案为示例，内容待工委会议审定。")
    if scheme.state == Scheme.State.DRAFT:
        said.append("本方案尚在起草，未发布。")
    return [Text(f"（{''.join(said)}）", align="center")] if said else []


def _general(scheme):
    return [
        Heading("考核对象和依据"),
        Text(f"本办法适用于{SCOPE[scheme.kind]}，考核年度为 {scheme.year} 年 1 月 1 日至 12 月 31 日。"),
        Text(f"依据：{scheme.content['source'].rstrip('。')}。"),
    ]


def _labels(content):
    return {row["key"]: row["label"] for row in content["dimensions"]} | {"bonus": "加分", "veto": "一票否决"}


def _contents(content):
    said = []
    for row in content["dimensions"]:
        items = [item for item in content["items"] if item["dimension"] == row["key"]]
        names = "、".join(f"{item['label']} {plain(item['points'])} 分" for item in items)
        said.append(Text(f"{row['label']} {plain(row['weight'])} 分，共 {len(items)} 项：{names or '尚未列'}。"))
    bonus = [item for item in content["items"] if item["dimension"] == "bonus"]
    if bonus:
        names = "、".join(f"{item['label']}最多 {plain(item['points'])} 分" for item in bonus)
        said.append(Text(f"另设加分：{names}，加在总分之外。"))
    methods = {}
    for item in content["items"]:
        methods.setdefault(item["method"], []).append(item["label"])
    ways = "；".join(f"{method} {len(names)} 项" for method, names in methods.items())
    return [
        Heading("考核内容和方式"), Text("考核实行百分制。"), *said,
        Text(f"查验方式：{ways}。各指标的计分办法、依据和佐证见考核细则。"),
    ]  # fmt: skip


def _points(content):
    return [
        Heading("计分办法"),
        Text("有记录可依的指标由门户按记录计分，每一分都列出所依据的记录；没有记录可依的指标由考评组两人各自评分。"),
        Text(
            "不适用的指标不扣分，其分值在本维度内按比例折算；全县还没有记录可依或者尚未评定的指标暂不评分，如实列为待评。"
        ),
        Text("各项得分保留两位小数。各维度得分合计为总分，加分另计。"),
    ]


def _grades(content):
    rest, groups = content["undetermined"], content["groups"]
    bands = "；".join(band(row) for row in content["grades"])
    order = "、".join(row["label"] for row in content["dimensions"][:-1])
    blocks = [
        Heading("等次评定"),
        Text(f"等次分为：{bands}。名额按本组个数乘以比例后舍去小数；得分相同的，要进一起进、要出一起出。"),
        Text(
            f"年内存续不足 {rest['months']} 个月，或者适用指标分值合计不足 {per_cent(rest['applicable'])}的，{rest['label']}。"
        ),
        Text(f"{_grouped(groups)}总分相同的，依次比较{order}得分；仍相同的并列。" if order else _grouped(groups)),
    ]
    vetoes = [part for item in content["items"] if item["dimension"] == "veto" for part in item["parts"]]
    if vetoes:
        said = "；".join(f"{part['label']}：{how(part)}" for part in vetoes)
        blocks.append(Text(f"一票否决只限定最好的等次，不扣分：{said}。"))
    return blocks


def _grouped(groups):
    if not groups["rows"]:
        return f"参加考核的党组织在一个组（{groups['pool']}）内比较。"
    stages = dict(Branch.Stage.choices) | {"": "未填学段"}
    said = "；".join(
        f"{row['label']}（{'、'.join(stages.get(stage, stage) for stage in row['stages'])}）" for row in groups["rows"]
    )
    return (
        f"学段、体量相近的支部分组比较：{said}。不足 {groups['least']} 个的组并入相近的组，"
        f"仍不足的并入{groups['pool']}。"
    )


def _steps(on):
    days = value("assessment.objection_days", on=on)
    return [
        Heading("考核程序"),
        Text("自查。被考核党组织对照门户的得分表自查，有异议的逐项提出并说明理由，考核工作人员逐项答复。"),
        Text("评分和复核。考评组两人各自评分，相差在规定幅度内的取平均数，超过的提交复核确定。"),
        Text(
            f"公布和异议。得分和拟定等次通知被考核党组织，异议期为 {days} 个工作日，公布当日不计；采纳的写明理由调整。"
        ),
        Text("审定。拟定等次提交工委会议审定，登记会议日期和纪要号，结果封存，此后不再改动。"),
    ]


def _end(scheme):
    return [
        Heading("结果运用和附则"),
        Text("考核结果作为评先评优、干部使用、约谈和办学绩效考核的依据，运用情况逐项登记。"),
        Text(f"本办法自发布之日起施行，{scheme.year} 年度考核按本办法执行；年度考核启动以后不再修改。"),
    ]


def _by_dimension(content):
    labels = _labels(content)
    for key, label in labels.items():
        rows = []
        for item in content["items"]:
            if item["dimension"] == key:
                points = plain(item["points"]) if key != "veto" else "—"
                rows.append(
                    [
                        label,
                        f"{item['code']} {item['label']}",
                        points,
                        _rule(item),
                        item["source"],
                        item["method"],
                        who(item),
                    ]
                )
        yield rows


def _rule(item):
    """The clause as it stands; under it each part with its points, where there are several."""
    lines = [item["clause"]]
    if len(item["parts"]) > 1:
        for part in item["parts"]:
            points = f" {plain(part['points'])} 分" if part["points"] else ""
            lines.append(f"{part['label']}{points}：{how(part)}")
    lines.append(f"佐证：{item['evidence']}")
    return "\n".join(lines)
