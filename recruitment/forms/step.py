"""What each step of the road asks for, and nothing else; the rule beside each field."""

from django import forms
from django.db.models import OuterRef, Subquery

from branches.models import Branch
from meetings.models import Vote
from members.models import Member
from recruitment.evidence import MOST
from recruitment.models import RoadStep
from recruitment.sides import ABOVE, APPROVALS
from training.models import Enrolment

DAY = {"type": "date"}
VOTES = ("branch_vote", "conversion_vote")
COUNTS = ("entitled", "present", "in_favour", "against", "abstained", "written")
PAIRS = {"entitled": "present", "in_favour": "against", "abstained": "written"}
PASSED = [("passed", "合格")]  # who does not pass goes no step further: the file ends, with the reason
WAYS = ["党员推荐", "共青团组织推优", "工会组织推荐", "妇联组织推荐"]
OPINIONS = {
    "opinion_group": "党小组", "opinion_mentor": "培养联系人", "opinion_members": "党员", "opinion_masses": "群众",
}  # fmt: skip
REVIEWS = ("cultivate", "probation_review")
NO_DAY = {"required": "请填写日期。", "invalid": "请填写有效日期，如 2026-03-01。"}


def day(label, **options):
    widget = forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages=NO_DAY, **options)


def text(label, most=100, **options):
    options.setdefault("required", False)
    return forms.CharField(label=label, max_length=most, **options)


def number(label, **options):
    widget = forms.NumberInput(attrs={"inputmode": "numeric", "min": 0})
    options.setdefault("required", False)
    return forms.IntegerField(label=label, min_value=0, max_value=MOST, widget=widget, **options)


def choice(label, choices, **options):
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, **options)


class Persons(forms.ModelMultipleChoiceField):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, widget=forms.CheckboxSelectMultiple, **kwargs)


class Course(forms.ModelChoiceField):
    def label_from_instance(self, row):
        course = row.training_class
        number = f"，证号 {row.certificate}" if row.certificate else ""
        return f"{course.title}（{course.starts_on:%Y-%m-%d} 至 {course.ends_on:%Y-%m-%d}）{number}"


class StepForm(forms.Form):
    """One step of one person. `offers`: what there is to choose from (members, courses, meetings, groups, organs)."""

    def __init__(self, data=None, *, key, offers, asks_why=False, **kwargs):
        super().__init__(data, **kwargs)
        self.key, self.offers = key, offers
        if key not in VOTES:
            self.fields["on"] = day("办理日期")
        for name, field in self._asked():
            self.fields[name] = field
        if len(offers.get("organs", ())) > 1 and key in ABOVE | APPROVALS:
            self.fields["organ"] = forms.ModelChoiceField(
                label="代表哪个党组织办理", queryset=Branch.objects.visible_to(offers["user"]).filter(pk__in=[
                    organ.pk for organ in offers["organs"]
                ]), required=False, empty_label="最近的上级党委",
            )  # fmt: skip
        label = {"cultivate": "考察情况", "probation_review": "考察情况"}.get(key, "情况说明")
        self.fields["words"] = forms.CharField(
            label=label, max_length=2000, required=key in REVIEWS, widget=forms.Textarea(attrs={"rows": 3})
        )
        if asks_why or (data or {}).get("explained"):
            self.ask_why()

    def ask_why(self):
        """Late: why, for the file."""
        self.fields["explained"] = text("日期说明", 200)

    def _asked(self):
        return getattr(self, f"_{self.key}", list)()

    def _initial_talk(self):
        chosen = forms.TextInput(attrs={"list": "talkers"} if self.offers.get("talkers") else {})
        return [("talker", text("谈话人", 50, required=True, widget=chosen)), ("place", text("谈话地点"))]

    def _superior_talk(self):
        return self._initial_talk()

    def _confirm_activist(self):
        return [("recommended_by", choice("推荐方式", [(way, way) for way in WAYS]))]

    def _filing(self):
        return [("number", text("文号", 80))]

    _activist_filing = _prospect_filing = _od_filing = _committee_approval = _conversion_approval = _filing

    def _assign_mentor(self):
        return [("guides", Persons(label="培养联系人", queryset=self.offers["members"]))]

    def _assign_sponsors(self):
        return [("guides", Persons(label="入党介绍人", queryset=self.offers["members"]))]

    def _confirm_prospect(self):
        found = [(name, text(f"{label}的意见", 100, required=True)) for name, label in OPINIONS.items()]
        if self.offers.get("asks_result"):
            asked = number("公示期间收到反映（件）", required=True)
            found += [("objections", asked), ("settled", text("调查核实结论", 200))]
        return found

    def _political_review(self):
        return [("conclusion", choice("审查结论", PASSED))]

    def _prospect_training(self):
        found = []
        if self.offers["courses"].exists():
            found = [("enrolment", Course(
                label="培训班结业记录", queryset=self.offers["courses"], required=False, empty_label="不在系统里，按下面填写"
            ))]  # fmt: skip
        hours = forms.DecimalField(label="学时", required=False, min_value=0, max_value=1000, decimal_places=1)
        return [
            *found, ("days", number("天数")), ("hours", hours), ("certificate", text("结业证号", 40)),
            ("passed", forms.BooleanField(label="培训合格", required=False)), ("exception", text("没有集中培训的理由", 200)),
        ]  # fmt: skip

    def _pre_review(self):
        leaves = day("预计离开工作单位的日期", required=False)
        return [("conclusion", choice("预审结论", PASSED)), ("leaves_on", leaves), ("number", text("文号", 80))]

    def _fill_application_form(self):
        return [("form_number", text("入党志愿书编号", 40, required=True))]

    def _vote(self):
        found = [
            ("meeting", forms.ChoiceField(label="支部党员大会", choices=[("", "请选择"), *self.offers["meetings"]]))
        ]
        for name in COUNTS:
            if name != "written" or self.offers.get("counts_written"):
                label = Vote._meta.get_field(name).verbose_name
                found.append((name, number(f"{label}（{'人' if name in COUNTS[:2] else '票'}）")))
        return [*found, ("secret", forms.BooleanField(label="采取无记名投票", required=False))]

    _branch_vote = _conversion_vote = _vote

    def _assign_group(self):
        groups = [(name, name) for name in self.offers.get("groups", ())]
        if groups:
            return [("group", forms.ChoiceField(label="党小组", choices=[*groups, ("", "不编党小组")], required=False))]
        return []

    def _oath(self):
        return [("place", text("宣誓地点", required=True))]

    def _archive(self):
        return [("place", text("归入", 100))]

    # --- what was typed, as the act takes it

    def clean(self):
        cleaned = super().clean()
        if self.key in VOTES and str(cleaned.get("meeting", "")).startswith("m"):
            for name in ("entitled", "present", "in_favour"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, f"请填写{self.fields[name].label}。")
        return cleaned

    def entry(self, meetings=None, votes=None):
        """The arguments of `steps.take` beside the person and the step."""
        typed = dict(self.cleaned_data)
        found = {"words": typed.pop("words", ""), "explained": typed.pop("explained", "")}
        for name in ("enrolment", "organ"):
            if name in typed:
                found[name] = typed.pop(name)
        if "guides" in typed:
            found["guides"] = tuple(typed.pop("guides"))
        if self.key in VOTES:
            found["vote"], found["on"] = self._ballot(typed, meetings, votes)
        else:
            found["on"] = typed.pop("on")
        if self.key == "confirm_prospect":
            typed = {"opinions": self.opinions(typed)}
        return found | {"data": typed}

    def result(self):
        """What came in while the notice hung, where the step asks for it."""
        return {name: self.cleaned_data[name] for name in ("objections", "settled")}

    @staticmethod
    def opinions(typed):
        return "；".join(f"{label}：{typed[name]}" for name, label in OPINIONS.items())

    def _ballot(self, typed, meetings, votes):
        """A vote on record, or a new one of the meeting chosen; the counts leave the data of the step."""
        counts = {name: typed.pop(name, None) or 0 for name in COUNTS}
        kind, pk = (typed.get("meeting") or " ")[0], int((typed.pop("meeting") or "x0")[1:])
        if kind == "v":
            vote = votes.filter(pk=pk).select_related("meeting").first()
            return vote, vote.meeting.held_on
        meeting = meetings.filter(pk=pk).first()
        return Vote(meeting=meeting, rule=Vote.Rule.RECRUITMENT, **counts), meeting.held_on


class UndoForm(forms.Form):
    """Why a step is taken back, and when that was."""

    on = day("退回日期")
    words = forms.CharField(label="退回原因", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


RULES = {  # what stands beside a field, in our words; the article comes from the edition of the day
    "on": "填实际办理的日期，不能晚于今天，也不能早于前一步。",
    "recommended_by": "采取党员推荐、群团组织推优等方式产生人选。",
    "guides": {
        "assign_mentor": "一至两名正式党员；受处分、停止党籍期间的不能担任。",
        "assign_sponsors": "两名本支部正式党员，一般由培养联系人担任；受留党察看处分的不能担任。",
    },
    "opinion_group": "分别听取党小组、培养联系人、党员和群众意见，每一方写一句结论，如“同意”。没有党小组的写明。",
    "objections": "公示已经结束，结果还没有登记。没有收到的填 0。",
    "settled": "收到反映的，写调查核实的结论，不写反映人。",
    "conclusion": {
        "political_review": "只写结论，不写审查内容。未经政治审查或者审查不合格的，不能发展入党：不登记这一步，在“其他办理”里终止培养。",
        "pre_review": "预审合格才能发给入党志愿书。不合格的不登记这一步，在“其他办理”里办结。",
    },
    "leaves_on": "三个月内将离开工作、学习单位的，一般不办理接收手续。",
    "enrolment": "在县里或党委的发展对象培训班结业的，直接选，天数、学时按签到记录算。",
    "days": "不少于三天，或者不少于二十四学时，并且合格。",
    "exception": "只有个别特殊情况才能免去，写明理由。",
    "form_number": "照志愿书封面的编号填写，一个编号只用一次。",
    "meeting": "先在“组织生活”登记支部党员大会并提交，再到这里选。几位同志应逐个讨论、逐个表决。",
    "entitled": "有表决权的正式党员人数。到会超过半数才能开会，赞成超过应到会的半数才通过。",
    "secret": "发展党员表决采取无记名投票。",
    "words": "需要留存的情况写在这里。",
    "explained": "办理日期超过了规定时限，写明原因，归入档案。",
    "talker": "党组织派去谈话的同志。",
    "place": {"archive": "党员档案归入哪里保存，如县教育体育局人事档案室。"},
    "group": "编入党小组，没有党小组的选“不编党小组”。",
}  # fmt: skip


def rule_of(key, name):
    """What stands beside a field of a step."""
    found = RULES.get(name, "")
    return found.get(key, "") if isinstance(found, dict) else found


def members_of(user, branch):
    """The full members of the branch, to tick: whether each may serve is for the action to say."""
    return Member.objects.visible_to(user).filter(
        memberships__branch=branch, memberships__kind="full", memberships__ended_on=None
    ).order_by("strokes", "pk")  # fmt: skip


def courses_of(user, member, *, among=None):
    """The courses for candidates that the person, or each of several, completed; of before they were prospects none."""
    found = Enrolment.objects.visible_to(user).filter(member__in=[member] if among is None else among)
    begun = RoadStep.objects.filter(
        application__member=OuterRef("member"), application__outcome="", step="prospect_filing", is_undone=False
    )  # fmt: skip
    since = Subquery(begun.order_by("-pk").values("on")[:1])
    found = found.filter(outcome=Enrolment.Outcome.COMPLETED, training_class__starts_on__gte=since)
    return found.filter(training_class__kind="candidate", withdrawn_on=None).select_related("training_class")
