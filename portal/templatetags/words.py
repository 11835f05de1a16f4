"""What was done, and what a rule says, in the words of the office."""

from django import template
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

register = template.Library()

ACTS = {
    "meeting.save": "保存草稿",
    "meeting.submit": "提交",
    "meeting.accept": "通过",
    "meeting.send_back": "退回修改",
    "score.judge": "评定人工指标",
    "score.clear": "清除人工评定",
    "account.open": "开通账号",
    "account.enable": "启用账号",
    "account.disable": "停用账号",
    "account.reset_password": "重置密码",
    "account.change_password": "修改密码",
    "account.sign_in": "登录",
    "account.sign_out": "退出登录",
    "account.sign_in_fail": "密码错误",
    "account.lock_out": "密码多次错误，暂停登录",
    "appointment.begin": "任职",
    "appointment.end": "免职",
}
PER = {
    "month": "每月一次", "quarter": "每季度一次", "half": "每半年一次", "term": "每学期一次", "year": "每年一次",
    "notice": "按通知写明的期限",
}  # fmt: skip
SUMMER = {"required": "照常按月办理", "waive": "不计应办", "merge": "合并办理一次"}
TERMS = {"spring": "春季学期", "autumn": "秋季学期"}
UNITS = (  # the ends of a rule's key, and what its number counts
    ("min_age", "周岁"), ("months", "个月"), ("years", "年"), ("members", "人"), ("threshold", "人"), ("units", "个"),
    ("hours.member", "学时"), ("hours.secretary", "学时"), ("per_year", "次"),
)  # fmt: skip


@register.filter
def told(event):
    """What an event of the record says was done: 修改了学历、职称."""
    if event.action in ACTS:
        return ACTS[event.action]
    verb = {"add": "新增", "edit": "修改"}.get(event.action.rpartition(".")[2], "办理")
    fields = "、".join(_field(event.label, name) for name in event.detail.get("changed") or ())
    return f"{verb}：{fields}" if fields else f"{verb}，内容未变" if verb == "修改" else verb


def _field(label, name):
    try:
        return str(apps.get_model(label)._meta.get_field(name).verbose_name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return name


@register.filter
def in_words(rule):
    """The value of a rule as a sentence."""
    value = rule.value
    if isinstance(value, dict) and "per" in value:
        return _duty(value)
    if isinstance(value, dict) and "share" in value:
        return f"当期存续达到 {_share(value['share'])}"
    if isinstance(value, dict) and "days" in value:
        return f"{value['days']} 天"
    if isinstance(value, dict) and "mode" in value:
        months = "、".join(map(str, value["months"]))
        return f"{months} 月{SUMMER[value['mode']]}"
    if isinstance(value, dict) and "spring" in value:
        return "；".join(f"{TERMS[term]} {first} 至 {last}" for term, (first, last) in value.items())
    if isinstance(value, dict):
        kinds = dict(apps.get_model("branches.Branch").Kind.choices)
        return "；".join(f"{kinds.get(key, key)} {_number(rule.key, number)}" for key, number in value.items())
    if isinstance(value, list):
        return "、".join(f"{item} 月" if rule.key.endswith("months") else str(item) for item in value)
    if isinstance(value, float):
        return _share(value)
    if value == "joined_on":
        return "入党日期"
    return _number(rule.key, value)


def _duty(value):
    words = [PER[value["per"]]]
    if window := value.get("window"):
        words.append(f"{window[0]} 日至 {window[1]} 日之间")
    if value.get("target"):
        words.append(f"以 {value['target']} 日为宜")
    if value.get("due"):
        words.append(f"{value['due']} 日以后开按迟办计")
    if value.get("extends"):
        words.append(f"次年 {value['extends']} 月底前补办仍计入上一年度")
    return "，".join(words)


def _share(value):
    return "一半" if value == 0.5 else f"{value:.0%}"


def _number(key, value):
    if value is None:
        return "未作规定"
    return f"{value} {next((unit for end, unit in UNITS if key.endswith(end)), '')}".strip()
