"""What comes next for a person on the road, in one sentence and as a mark of its day. Pure: dates in, words out."""

from typing import NamedTuple

from recruitment.legality import Next
from recruitment.road import in_force

SOON = 7  # days before the last one from which on a mark warns
REST = 30  # days before its last one from which on a review comes before what may be done as well
FAR = 10**6

# step → (what is done; what the act is called at the end of the sentence). {p} is the person.
SAYS = {
    "apply": ("登记{p}的入党申请", "办"),
    "initial_talk": ("派人同{p}谈话", "谈"),
    "confirm_activist": ("开会研究确定{p}为入党积极分子", "办"),
    "activist_filing": ("为{p}办理入党积极分子备案", "办"),
    "assign_mentor": ("为{p}指定一至两名培养联系人", "办"),
    "cultivate": ("对{p}进行一次培养教育考察", "办"),
    "confirm_prospect": ("开会研究确定{p}为发展对象", "办"),
    "prospect_filing": ("研究答复是否同意{p}为发展对象", "办"),
    "assign_sponsors": ("为{p}确定两名入党介绍人", "办"),
    "political_review": ("完成对{p}的政治审查", "办"),
    "prospect_training": ("安排{p}参加发展对象集中培训", "办"),
    "committee_screen": ("召开支部委员会，审查{p}的入党材料", "开"),
    "pre_review": ("对{p}的入党材料进行预审", "办"),
    "fill_application_form": ("指导{p}填写入党志愿书", "办"),
    "branch_vote": ("召开支部党员大会讨论{p}入党", "开"),
    "superior_talk": ("在审批前派人同{p}谈话", "谈"),
    "committee_approval": ("审批{p}为预备党员", "办"),
    "od_filing": ("把{p}的接收情况报组织部门备案", "办"),
    "assign_group": ("把{p}编入党支部和党小组", "办"),
    "oath": ("组织{p}进行入党宣誓", "办"),
    "probation_review": ("对预备党员{p}进行一次教育考察", "办"),
    "transfer_apply": ("登记{p}提出的转正申请", "办"),
    "conversion_vote": ("召开支部党员大会讨论{p}转正", "开"),
    "conversion_approval": ("审批{p}转正", "办"),
    "archive": ("把{p}的入党材料归档", "办"),
}
BUTTONS = {  # what the button of the step says
    "initial_talk": "登记谈话", "confirm_activist": "登记确定积极分子", "activist_filing": "办理备案",
    "assign_mentor": "指定培养联系人", "cultivate": "登记考察", "confirm_prospect": "登记确定发展对象",
    "prospect_filing": "答复支部", "assign_sponsors": "确定入党介绍人", "political_review": "登记政治审查",
    "prospect_training": "登记培训", "committee_screen": "登记支委会审查", "pre_review": "登记预审",
    "fill_application_form": "登记志愿书", "branch_vote": "登记支部大会", "superior_talk": "登记谈话",
    "committee_approval": "审批", "od_filing": "登记备案", "assign_group": "编入党小组", "oath": "登记宣誓",
    "probation_review": "登记考察", "transfer_apply": "登记转正申请", "conversion_vote": "登记支部大会",
    "conversion_approval": "审批转正", "archive": "登记归档",
}  # fmt: skip


class Sentence(NamedTuple):
    """Before the day, the day itself, after it; `str` is the whole."""

    lead: str
    day: str
    rest: str

    def __str__(self):
        return f"{self.lead}{self.day}{self.rest}"


class Mark(NamedTuple):
    """Shape and word of a day: `state` is one of the states of a badge."""

    state: str
    words: str


GONE = Mark("miss", "党支部已撤销")


def day_words(day, on):
    """12 月 12 日; of another year with the year."""
    words = f"{day.month} 月 {day.day} 日"
    return words if day.year == on.year else f"{day.year} 年 {words}"


def limit(following: Next):
    """The day by which the step has to be taken, or None."""
    return min((day for day in (following.due, following.last) if day is not None), default=None)


def sentence(following, person, on, *, mine, who):
    """What is to be done next and by when, said to whoever acts (`mine`), or of whoever acts (`who`)."""
    act, end = SAYS[following.step]
    act, until = act.format(p=person), limit(following)
    if following.is_barred(on):
        return Sentence("已超过最长期限 ", day_words(following.last, on), f"，不能再{act}，要退回上一步重新办理。")
    if until is not None and until < on:
        late = f"已超过 {(on - until).days} 天，请尽快办理并写明原因。" if mine else f"已超过 {(on - until).days} 天。"
        return Sentence(f"{'' if mine else f'等{who}'}{act}，应在 ", f"{day_words(until, on)}前", f"办理，{late}")
    if following.earliest > on:
        tail = f"，最迟 {day_words(until, on)}。" if until else "。"
        return Sentence("最早 ", day_words(following.earliest, on), f"可以{'' if mine else f'由{who}'}{act}{tail}")
    if mine and until:
        return Sentence("请在 ", f"{day_words(until, on)}前", f" {act}，今天起就可以{end}。")
    if mine:
        return Sentence("现在可以", "", f"{act}，今天起就可以{end}。")
    return Sentence(f"等{who}{act}", f"，最迟 {day_words(until, on)}" if until else "", "。")


def mark(following, on):
    """还有 n 天 / 今天到期 / 已超期 n 天 / 最早 x 月 x 日 / 可以办."""
    until = limit(following)
    if following.is_barred(on):
        return Mark("miss", f"已过最长期限 {(on - following.last).days} 天")
    if until is not None and until < on:
        return Mark("miss", f"已超期 {(on - until).days} 天")
    if following.earliest > on:
        return Mark("wait", f"最早 {day_words(following.earliest, on)}")
    if until is None:
        return Mark("wait", "可以办")
    left = (until - on).days
    return Mark("late", "今天到期") if not left else Mark("late" if left <= SOON else "wait", f"还有 {left} 天")


def is_later(following, on):
    """Whether it is a review whose last day is far: it may be done, and waits."""
    until = limit(following)
    return bool(in_force(on).steps[following.step].repeats) and until is not None and (until - on).days > REST


def urgency(following, on):
    """What sorts before what: overdue and due soon, what may be done, then what waits, by the day for which it waits."""
    until = limit(following)
    left = FAR if until is None else (until - on).days
    waits = following.earliest > on
    rests = waits or is_later(following, on)
    days = (following.earliest - on).days if waits else left
    return rests, days, following.earliest, in_force(on).steps[following.step].number


def in_turn(found, on):
    """The steps that can come next, the most urgent first."""
    return sorted(found, key=lambda following: urgency(following, on))


def button(step):
    return BUTTONS[step.key]


def later(step, edition):
    """When a step that is still far comes, by its spans: 最迟 支部大会讨论后 3 个月."""
    found = []
    for span in step.spans:
        of = edition.steps[span.of.partition(".")[0]].label
        if span.least:
            found.append(("最早", f"{of}满 {amount(span.least)}"))
        elif span.most:
            found.append(("最迟", f"{of}后 {amount(span.most)}"))
    if found:
        return found[:1]
    if step.repeats:
        return [("", f"每 {amount(step.repeats['every'])}一次")]
    labels = "”“".join(edition.steps[key].label for key in step.after)
    return [("", f"“{labels}”以后")] if labels else []


def amount(span):
    (unit, number), *_ = span.items()
    return f"{number} {'个工作日' if unit == 'workdays' else '年' if unit == 'years' else '个月'}"


def length(start, end):
    """How long it took, as a person would say: 一年零两个月 in figures."""
    days = (end - start).days
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    if months < 1:
        return f"{days} 天" if days else "当天"
    years, rest = divmod(months, 12)
    return f"{f'{years} 年' if years else ''}{'零 ' if years and rest else ''}{f'{rest} 个月' if rest else ''}"
