from django import forms

from branches.forms import FilterForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members.forms.appraisal import day_input
from members.models import Sanction, Standing, Whereabouts

SUSPENDED, LEFT = "suspended", "left"


def day(label, **options):
    return forms.DateField(
        label=label, widget=day_input(), error_messages={"invalid": "请填写有效日期，如 2026-03-01。"}, **options
    )


class WhereaboutsFilter(FilterForm):
    """失联, 流动, 出国, 停止党籍, 已离开: one at a time, the first by default."""

    kind = forms.ChoiceField(
        label="情形", choices=[*Whereabouts.Kind.choices, (SUSPENDED, "停止党籍"), (LEFT, "已离开")]
    )
    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")

    placeholder = "姓名或拼音首字母"

    @property
    def shown(self):
        return self.asked.get("kind") or Whereabouts.Kind.LOST


class WhereaboutsForm(forms.ModelForm):
    started_on = day("起日")
    contacted_on = day("最近一次联系", required=False)

    class Meta:
        model = Whereabouts
        fields = ("kind", "started_on", "lost_reason", "destination", "contacted_on")
        widgets = {"kind": forms.RadioSelect}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Whereabouts.Kind.choices

    def clean_destination(self):
        refuse_marked(self.cleaned_data["destination"], "去向")
        return self.cleaned_data["destination"]


class StandingForm(forms.ModelForm):
    started_on = day("停止党籍起日")
    reason = forms.CharField(label="原因", max_length=100)
    basis = forms.CharField(label="依据文号", max_length=80)

    class Meta:
        model = Standing
        fields = ("started_on", "reason", "basis")


class LastForm(forms.Form):
    last = day("最后一天")

    def __init__(self, *args, label="", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["last"].label = label or self.fields["last"].label


class LeaveForm(forms.Form):
    reason = forms.ChoiceField(label="情形", widget=forms.RadioSelect)
    last = day("最后一天")
    basis = forms.CharField(
        label="依据", max_length=80, required=False, help_text="批准文号，或支部大会决议的日期；去世的可不填"
    )

    def __init__(self, *args, ways, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [(way.value, way.label) for way in ways]


class RestoreForm(forms.Form):
    branch = forms.ModelChoiceField(label="编入党支部", queryset=Branch.objects.none(), empty_label=None)
    since = day("恢复日期")
    basis = forms.CharField(label="依据文号", max_length=80)

    def __init__(self, *args, branches, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = branches


class SanctionFilter(FilterForm):
    kind = forms.ChoiceField(label="种类", choices=[("", "全部种类"), *Sanction.Kind.choices])
    when = forms.ChoiceField(label="时间", choices=[("", "全部"), ("now", "影响期内")])

    placeholder = "姓名或拼音首字母"


class SanctionForm(forms.ModelForm):
    started_on = day("决定日期")
    ended_on = day("影响期（察看期）满", required=False)

    class Meta:
        model = Sanction
        fields = ("kind", "started_on", "ended_on", "number")
