"""What was done, and what a rule says, in the words of the office."""

import re
from datetime import date
from decimal import Decimal

from django import template
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from assessment.models import Round
from portal.templatetags.acts import ACTS
from recruitment.road import BESIDE, known_editions
from rulebook import book
from rulebook.book import rules

register = template.Library()

PER = {
    "month": "每月一次", "quarter": "每季度一次", "half": "每半年一次", "term": "每学期一次", "year": "每年一次",
    "notice": "按通知写明的期限",
}  # fmt: skip
SUMMER = {"required": "照常按月办理", "waive": "不计应办", "merge": "合并办理一次"}
WHOLES = {"entitled": "应到会有表决权人数", "present": "实到会人数"}
PARTS = dict(enumerate("零一二三四五六七八九十"))
TERMS = {"spring": "春季学期", "autumn": "秋季学期"}
OPINIONS = {"satisfied": "满意", "fairly": "基本满意", "dissatisfied": "不满意", "unsure": "不了解"}
LEVELS = {"nation": "国家级", "province": "省级", "city": "市级", "county": "县级", "school": "校级"}
CHOSEN = {  # a value that stands for a choice
    "appraisal.denominator": {"graded": "参加评议并定等次的党员", "all": "全体党员"},
    "points.card": {True: "已开启", False: "未开启"},
    "training.coverage": {1: "100%"},
    "hours.pro_rata": {"none": "不折减，按全年要求", "months": "按当年在册月数折减，不足一个月的按一个月"},
}
POINTS = {"meetings": "组织活动", "study": "学习活动", "work": "中心工作", "dues": "党费"}
OF_A_SCALE = {"review.must_rectify": "review.scale"}  # a list of keys → the rule whose grades they are
UNITS = (  # the ends of a rule's key, and what its number counts
    ("min_age", "周岁"), ("months", "个月"), ("years", "年"), ("members", "人"), ("threshold", "人"), ("units", "个"),
    ("public_days", "个工作日"), ("correction_days", "个工作日"), ("days", "天"), ("kept_hours", "小时"), ("per_day", "次"),
    ("per_hour", "次"), ("ballots", "张"), ("rounding", "元"), ("reminders", "个月"),
    ("hours.member", "学时"), ("hours.secretary", "学时"), ("per_year", "次"), ("secretary_classes", "次"),
    ("new_secretary", "个月"),
)  # fmt: skip


@register.filter
def told(event):
    """What an event of the record says was done: 修改了学历、职称."""
    if event.action in ACTS:
        return ACTS[event.action] + _of_road(event) + _of_round(event)
    verb = {"add": "新增", "edit": "修改"}.get(event.action.rpartition(".")[2], "办理")
    fields = "、".join(_field(event.label, name) for name in event.detail.get("changed") or ())
    return f"{verb}：{fields}" if fields else f"{verb}，内容未变" if verb == "修改" else verb


def _of_road(event):
    """Which step of the road into the Party it was, with its day: ：支部大会讨论（2025-07-10）."""
    key, day = event.detail.get("step"), event.detail.get("on")
    if not key or not event.action.startswith("recruit."):
        return ""
    step = known_editions()[-1].steps.get(key)
    label = step.label if step else BESIDE.get(key, "")
    return f"：{label}{f'（{day}）' if day else ''}" if label else ""


def _of_round(event):
    """Into which step of the year's assessment it went: ：复核."""
    after = event.detail.get("after") if event.action == "round.move" else None
    return f"：{Round.State(after).label}" if after in Round.State.values else ""


def _field(label, name):
    try:
        return str(apps.get_model(label)._meta.get_field(name).verbose_name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return name


@register.filter
def in_words(rule):
    """The value of a rule as a sentence."""
    value = rule.value
    if isinstance(value, dict):
        return next(say(value) for key, say in SAYINGS.items() if key in value or not key)
    if isinstance(value, list) and value and isinstance(value[0], list):
        return _brackets(value)
    if isinstance(value, list) and value and isinstance(value[0], dict) and "figures" in value[0]:
        return "、".join(figure["say"].replace("{}", "") for row in value for figure in row["figures"])
    if isinstance(value, list) and value and isinstance(value[0], dict) and "at_least" not in value[0]:
        return "、".join(row["label"] for row in value)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "、".join(f"{row['label']} {_number(rule.key, row['at_least'])}% 及以上" for row in value)
    if isinstance(value, list) and rule.key in OF_A_SCALE:
        scale = book.value(OF_A_SCALE[rule.key], on=date.max)  # as its grades are called by now
        return "、".join(scale[key]["label"] for key in value)
    if isinstance(value, list) and value and str(value[0]).endswith("。"):  # the articles of a letter
        return "".join(value).replace(" {year} 年", "当年")
    if isinstance(value, list):
        names = _duties()
        if rule.key.endswith(("days", "reminders")):
            return "、".join(_number(rule.key, item) for item in value)
        return "、".join(f"{item} 月" if rule.key.endswith("months") else names.get(item, str(item)) for item in value)
    if isinstance(value, float) and not rule.key.endswith("rounding"):
        return _share(value)
    if value == "joined_on":
        return "入党日期"
    return _number(rule.key, value)


def _duties():
    return {key.removeprefix("duty."): rows[-1].label for key, rows in rules().items()}


def _brackets(value):
    """Rates by what they are counted from: 3000 元及以下 0.5%；… 10000 元以上 2%."""
    said = [f"{most} 元及以下 {_percent(rate)}" for most, rate in value[:-1]]
    return "；".join([*said, f"{value[-2][0]} 元以上 {_percent(value[-1][1])}"])


def _percent(rate):
    return f"{Decimal(str(rate)) * 100:f}".rstrip("0").rstrip(".") + "%"


def _vote(value):
    words = [
        f"到会{_part(value['present'])}，方可表决",
        f"赞成{_part(value['passed'])}为通过",
        "会前书面意见计入" if value["written"] else "会前书面意见不计入",
    ]
    return "；".join([*words, "无记名投票"] if value["secret"] else words)


def _part(share):
    of = WHOLES[share["of"]]
    if "at_least" in share:
        part, whole = share["at_least"]
        return f"不少于{of}的{PARTS[whole]}分之{PARTS[part]}" if whole > 2 else f"达到{of}的半数"
    return f"超过{of}的半数"


def _listed(value):
    kinds = dict(apps.get_model("branches.Branch").Kind.choices)
    if set(value) <= set(kinds):
        return "；".join(f"{kinds[key]} {_number('years', number)}" for key, number in value.items())
    return "、".join(map(str, value.values()))


def _summer(value):
    return f"{'、'.join(map(str, value['months']))} 月{SUMMER[value['mode']]}"


def _terms(value):
    return "；".join(f"{TERMS[term]} {first} 至 {last}" for term, (first, last) in value.items())


def _duty(value):
    words = [PER[value["per"]]]
    if window := value.get("window"):
        words.append(f"{window[0]} 日至 {window[1]} 日之间")
    if value.get("target"):
        words.append(f"以 {value['target']} 日为宜")
    if value.get("due"):
        words.append(f"{value['due']} 日以后办按迟办计")
    if value.get("extends"):
        words.append(f"次年 {value['extends']} 月底前补办仍计入上一年度")
    return "，".join(words)


def _survey(value):
    labels = [row["label"] for row in (*value["of_class"], *value["of_session"])]
    return f"{'、'.join(labels)}；结班后 {value['days']} 天截止，满 {value['least']} 份才显示结果"


def _exam(value):
    part, line = _share(value["multiple_part"]), _share(value["pass"])
    return f"多选题选得不全得{part}分，选错不得分；到时后 {value['grace']} 分钟内可交卷；合格线为满分的 {line}"


def _conversion(value):
    return (
        f"一次课满 {value['day_from']} 小时按一天计 {value['day']} 学时，满 {value['half_day_from']} 小时按半天计"
        f" {value['half_day']} 学时；不满半天的每小时计 {value['hour']} 学时"
    )


def _of_meetings(value):
    names = _duties()
    counted = [f"{names.get(key, key)} {number} 学时" for key, number in value.items() if number]
    return "、".join(counted) + "；其他会议不计学时" if counted else "会议不计学时"


def _of_posts(value):
    offices = dict(apps.get_model("members.Post").Office.choices)
    held = "、".join(offices.get(key, key) for key in value["offices"])
    return f"当年担任{held}的天数达到全年的{_share(value['share'])}"


def _sign_in(value):
    return (
        f"二维码每 {value['window']} 秒换一次，前 {value['previous']} 个仍有效；"
        f"开课前 {value['early']} 分钟至下课后 {value['late']} 分钟内可签；"
        f"口令 {value['code_digits']} 位数字，{value['miss_minutes']} 分钟内输错 {value['misses']} 次的暂停输入；"
        f"二次点名开放 {value['second_call']} 分钟"
    )


def _share(value):
    return "一半" if value == 0.5 else f"{value:.0%}"


def _number(key, value):
    if value is None:
        return "未作规定"
    if value in CHOSEN.get(key, ()):
        return CHOSEN[key][value]
    if isinstance(value, str) and (found := re.fullmatch(r"(\d\d)-(\d\d)", value)):
        return f"{int(found[1])} 月 {int(found[2])} 日"
    if isinstance(value, str) and (found := re.fullmatch(r"(\d+)/(\d+)", value)):
        return f"{PARTS[int(found[2])]}分之{PARTS[int(found[1])]}"
    return f"{value} {next((unit for end, unit in UNITS if key.endswith(end)), '')}".strip()


def _phases(value):
    day = {name: _number("", text) for name, text in value.items()}
    return (
        f"过筛子 {day['screens_from']}至 {day['screens_until']}，整改提升至 {day['rectifies_until']}，"
        f"回头看至 {day['reviews_until']}"
    )


def _suspect(value):
    return (
        f"书记空缺超过 {value['vacant_days']} 天；连续 {value['meeting_quarters']} 个季度没有召开支部党员大会；"
        f"连续 {value['party_day_months']} 个月没有主题党日；群众测评满意率低于 {value['mass_poll']}%；"
        f"正式党员不足 {value['full_members']} 人；上年度考核列最后 {value['last_places']} 名"
    )


def _work(value):
    honours = "、".join(f"{LEVELS[key]} {number} 分" for key, number in value["honour"].items())
    return f"社区服务每次 {value['service']} 分；荣誉：{honours}"


def _scale(value):
    return "、".join(f"{row['label']} {row['points']} 分" for row in value.values())


SAYINGS = {  # what kind of value it is, told by one of its keys → how it is said; the last takes any
    "fields": lambda value: f"{value['name']}：{'、'.join(value['fields'])}",
    "items": lambda value: "、".join(title for title, _ in value["items"]),
    "text": lambda value: value["text"],
    "per": _duty,
    "least": _survey,
    "multiple_part": _exam,
    "day_from": _conversion,
    "theme_party_day": _of_meetings,
    "offices": _of_posts,
    "second_call": _sign_in,
    "screens_from": _phases,
    "vacant_days": _suspect,
    "honour": _work,
    "attended": lambda value: f"到课达到应到学时的 {_share(value['attended'])}，办了考试的还须合格",
    "pattern": lambda value: f"编号如 {value['pattern'].format(year=2026, number=3, serial=17)}",
    "share": lambda value: f"当期存续达到 {_share(value['share'])}",
    "days": lambda value: f"{value['days']} 天",
    "usual": lambda value: f"一般 {value['usual']} 天，最多 {value['most']} 天",
    "mode": _summer,
    "spring": _terms,
    "satisfied": lambda value: "、".join(f"{OPINIONS[key]} {number}" for key, number in value.items()),
    "nation": lambda value: "、".join(f"{LEVELS[key]} {number} 分" for key, number in value.items()),
    "meetings": lambda value: "、".join(f"{POINTS[key]} {number} 分" for key, number in value.items()),
    "passed": _vote,
    "good": _scale,
    "": _listed,
}
