"""What was done, and what a rule says, in the words of the office."""

import re
from decimal import Decimal

from django import template
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from rulebook.book import rules

register = template.Library()

ACTS = {
    "meeting.save": "保存草稿",
    "meeting.submit": "提交",
    "meeting.accept": "通过",
    "meeting.send_back": "退回修改",
    "meeting.import": "导入组织生活台账",
    "meeting.attach": "添加附件",
    "meeting.detach": "撤下附件",
    "contact.add": "安排联系点",
    "contact.end": "结束联系",
    "contact.visit": "登记到点",
    "contact.take_back": "撤销到点登记",
    "instructor.add": "选派党建指导员",
    "instructor.end": "结束选派",
    "governance.save": "登记领导体制",
    "seven.check": "核对七个一",
    "seven.carry": "七个一沿用上年",
    "duty_line.save": "制定或修改责任清单",
    "duty_line.strike": "删去责任清单一条",
    "duty_line.carry": "责任清单沿用上年",
    "title.add": "登记称号或主题",
    "title.edit": "修改称号内容",
    "title.recommend": "推荐",
    "title.report": "上报",
    "title.back": "退回储备",
    "title.name": "登记命名",
    "title.end": "终止或撤销",
    "duty.generate": "生成应办事项",
    "duty.file": "填报",
    "duty.hand": "交办",
    "duty.ask_unlock": "申请补办",
    "duty.decide_unlock": "批复补办",
    "branches.notice.add": "起草",
    "notice.issue": "发出",
    "notice.withdraw": "撤回",
    "notice.receive": "签收",
    "notice.answer": "答复",
    "notice.mark": "登记参会情况",
    "activity.save": "登记或修改",
    "activity.withdraw": "撤销",
    "plan.save": "制定或修改计划",
    "campaign.save": "拟定或修改安排",
    "campaign.open": "开始",
    "campaign.close": "结束",
    "campaign.reopen": "重新开放",
    "campaign.assign": "分派指导组",
    "campaign.release": "取消指导分工",
    "campaign.finish": "登记完成步骤",
    "campaign.find": "登记或修改查摆问题",
    "member.add": "登记党员",
    "member.import": "导入花名册",
    "member.export": "导出花名册",
    "member.search_id": "按身份证号查找",
    "member.duplicate": "登记的身份证号与他人重复",
    "member.name_backbone": "登记骨干",
    "member.end_backbone": "结束骨干登记",
    "group.open": "成立党小组",
    "group.close": "撤销党小组",
    "group.assign": "编党小组",
    "member.exempt": "登记考勤豁免",
    "member.end_exemption": "结束考勤豁免",
    "member.name_cadre": "登记为党员领导干部",
    "member.release_cadre": "免去领导职务",
    "member.leave": "办理离开",
    "member.restore": "恢复党籍，重新列入名册",
    "member.photo": "上传照片",
    "standing.suspend": "登记停止党籍",
    "standing.resume": "恢复党籍",
    "whereabouts.enter": "登记流动和失联",
    "whereabouts.contact": "登记联系",
    "whereabouts.end": "结束流动和失联",
    "sanction.enter": "登记受限事项",
    "sanction.end": "修改受限事项",
    "community.report_in": "登记报到",
    "community.end": "结束报到",
    "community.serve": "登记社区服务",
    "community.report": "登记双报告",
    "pledge.save": "填写党员承诺",
    "appraisal.begin": "登记评议",
    "appraisal.save": "填写评议",
    "appraisal.submit": "上报",
    "appraisal.approve": "审定",
    "appraisal.send_back": "退回支部",
    "appraisal.tell": "登记已告知本人",
    "poll.enter": "登记群众测评",
    "poll.mend": "更正群众测评",
    "honour.save": "拟定或修改评选",
    "honour.open": "开放推荐",
    "honour.review": "转入审核",
    "honour.close": "终止评选",
    "honour.publish": "公示",
    "honour.confer": "表彰",
    "honour.nominate": "推荐或改写",
    "honour.withdraw": "撤回推荐",
    "honour.pass": "审核通过",
    "honour.decline": "未通过",
    "honour.enter": "登记荣誉",
    "honour.revoke": "撤销荣誉",
    "honour.print": "打印名单",
    "inspection.plan": "拟定或修改计划",
    "inspection.line": "填写检查事项",
    "inspection.drop_line": "删去检查事项",
    "inspection.issue_plan": "印发计划",
    "inspection.enter": "登记检查",
    "inspection.mend": "修改检查",
    "inspection.find": "登记问题",
    "inspection.draft_notice": "起草通报",
    "inspection.close": "了结",
    "inspection.reopen": "重新打开",
    "talk.enter": "登记约谈",
    "talk.mend": "更正约谈",
    "integrity.enter": "登记风险点",
    "integrity.mend": "修改风险点",
    "integrity.review": "已复查",
    "integrity.close": "登记消除",
    "discipline.count": "登记四种形态",
    "discipline.drop": "删去四种形态登记",
    "weak.propose": "提出",
    "weak.self_assess": "支部自评",
    "weak.review": "上级评定",
    "weak.publicise": "公示",
    "weak.list": "审定列入",
    "weak.file_plan": "上报整顿方案",
    "weak.begin": "开始整顿",
    "weak.appoint": "安排四个一",
    "weak.report": "报送月报",
    "weak.mend_report": "更正月报",
    "weak.apply": "申请销号",
    "weak.accept": "验收合格",
    "weak.close": "审定销号",
    "weak.reject": "退回整顿",
    "weak.clear": "不予认定",
    "weak.extend": "延长整顿",
    "weak.print": "打印销号文稿",
    "transfer.ask": "提出转接",
    "transfer.edit": "修改转接",
    "transfer.arrive": "登记县外转入",
    "transfer.agree": "同意转出",
    "transfer.issue": "开出介绍信",
    "transfer.reissue": "换开介绍信",
    "transfer.receive": "接收",
    "transfer.settle": "登记回执",
    "transfer.confirm": "确认接收",
    "transfer.send_back": "退回介绍信",
    "transfer.refuse_issue": "不同意转出",
    "transfer.refuse": "不予确认，退回原支部",
    "transfer.withdraw": "撤销转接",
    "transfer.print": "打印介绍信",
    "transfer.export": "导出转接台账",
    "transfer.draw_up": "登记批量名单",
    "transfer.issue_all": "统一开出介绍信",
    "transfer.confirm_all": "统一确认",
    "dues.enter": "登记党费",
    "dues.correct": "更正党费",
    "dues.set_bases": "登记党费基数",
    "dues.copy_bases": "沿用上年党费基数",
    "dues.ask_waiver": "申报党费减免",
    "dues.decide_waiver": "审批党费减免",
    "dues.agree_quarterly": "登记按季交纳党费",
    "dues.hand_over": "登记党费上缴",
    "dues.receive": "收讫上缴党费",
    "dues.export": "导出党费表",
    "letter.sign": "登记签订责任书",
    "letter.correct": "更正责任书登记",
    "letter.withdraw": "撤销责任书登记",
    "letter.print": "打印责任书",
    "decision.save": "登记三重一大事项",
    "decision.edit": "修改三重一大事项",
    "post.dual_leader": "登记双带头人",
    "attachment.add": "添加佐证材料",
    "attachment.remove": "撤下佐证材料",
    "rectify.raise": "提出整改",
    "rectify.plan": "制定整改措施",
    "rectify.submit": "提交验收",
    "rectify.send_back": "退回再改",
    "rectify.accept": "验收",
    "rectify.close": "销号",
    "rectify.reopen": "重新打开",
    "rectify.postpone": "延期",
    "catalogue.save": "设置名目",
    "catalogue.move": "调整名目次序",
    "catalogue.drop": "删去名目",
    "score.judge": "评定人工指标",
    "score.clear": "清除人工评定",
    "demo.build": "建立示范县",
    "account.open": "开通账号",
    "account.enable": "启用账号",
    "account.disable": "停用账号",
    "account.reset_password": "重置密码",
    "bulletin.draft": "起草",
    "bulletin.redraft": "按最新记录重新起草",
    "bulletin.edit": "修改",
    "bulletin.sign": "签发",
    "bulletin.reopen": "退回修改",
    "bulletin.publish": "印发",
    "ladder.take": "办理",
    "ladder.answer": "作出说明",
    "ladder.hand": "移交",
    "ladder.close": "办结",
    "contact.set": "填写提醒地址",
    "contact.forget": "删去提醒地址",
    "channel.switch": "启停渠道",
    "channel.try": "试发",
    "delivery.retry": "重发",
    "delivery.drop": "不再重发",
    "reminder.call": "打印电话单",
    "files.keep": "上传",
    "files.download": "下载",
    "files.discard": "删去",
    "files.release": "查毒后放行",
    "account.begin_factor": "开始设置两步验证",
    "account.switch_on_factor": "开启两步验证",
    "account.switch_off_factor": "关闭两步验证",
    "account.renew_recovery_codes": "重新生成恢复码",
    "account.use_recovery_code": "用恢复码登录",
    "account.reset_factor": "重置两步验证",
    "account.end_sessions": "退出其他设备",
    "account.code_fail": "验证码错误",
    "account.link_member": "关联账号",
    "account.unlink_member": "解除账号关联",
    "member.reveal": "查看身份证号、手机或住址",
    "member.archive": "下载本人信息",
    "correction.ask": "申请更正",
    "correction.answer": "答复更正申请",
    "account.change_password": "修改密码",
    "account.sign_in": "登录",
    "account.sign_out": "退出登录",
    "account.sign_in_fail": "密码错误",
    "account.lock_out": "密码多次错误，暂停登录",
    "appointment.begin": "任职",
    "appointment.end": "免职",
    "election.begin": "开始办理",
    "election.step": "登记步骤",
    "election.nominate": "登记候选人",
    "election.withdraw": "撤下候选人",
    "election.result": "登记选举结果",
    "election.finish": "批复选举结果",
    "election.cancel": "终止",
    "election.paper": "下载文稿",
    "term.extend": "批准延期换届",
    "post.end": "登记免职",
    "branch.merge": "合并",
    "branch.split": "拆分",
    "branch.move": "划转",
    "branch.rename": "更名",
    "branch.upgrade": "升格",
    "branch.dissolve": "撤销",
    "branch.found": "成立",
}
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
}
POINTS = {"meetings": "组织活动", "study": "学习活动", "work": "中心工作", "dues": "党费"}
UNITS = (  # the ends of a rule's key, and what its number counts
    ("min_age", "周岁"), ("months", "个月"), ("years", "年"), ("members", "人"), ("threshold", "人"), ("units", "个"),
    ("public_days", "个工作日"), ("correction_days", "个工作日"), ("days", "天"), ("kept_hours", "小时"), ("per_day", "次"),
    ("per_hour", "次"), ("ballots", "张"), ("rounding", "元"), ("reminders", "个月"),
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
    if isinstance(value, dict):
        return next(say(value) for key, say in SAYINGS.items() if key in value or not key)
    if isinstance(value, list) and value and isinstance(value[0], list):
        return _brackets(value)
    if isinstance(value, list):
        names = {key.removeprefix("duty."): rows[-1].label for key, rows in rules().items()}
        if rule.key.endswith(("days", "reminders")):
            return "、".join(_number(rule.key, item) for item in value)
        return "、".join(f"{item} 月" if rule.key.endswith("months") else names.get(item, str(item)) for item in value)
    if isinstance(value, float) and not rule.key.endswith("rounding"):
        return _share(value)
    if value == "joined_on":
        return "入党日期"
    return _number(rule.key, value)


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


SAYINGS = {  # what kind of value it is, told by one of its keys → how it is said; the last takes any
    "text": lambda value: value["text"],
    "per": _duty,
    "share": lambda value: f"当期存续达到 {_share(value['share'])}",
    "days": lambda value: f"{value['days']} 天",
    "usual": lambda value: f"一般 {value['usual']} 天，最多 {value['most']} 天",
    "mode": _summer,
    "spring": _terms,
    "satisfied": lambda value: "、".join(f"{OPINIONS[key]} {number}" for key, number in value.items()),
    "nation": lambda value: "、".join(f"{LEVELS[key]} {number} 分" for key, number in value.items()),
    "meetings": lambda value: "、".join(f"{POINTS[key]} {number} 分" for key, number in value.items()),
    "passed": _vote,
    "": _listed,
}
