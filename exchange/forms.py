from datetime import timedelta

from django import forms

from branches.models import Branch
from branches.rights import VERBS, may
from exchange import document
from exchange.hooks import EVENTS
from exchange.models import MANAGE, ApiToken, Hook
from files.secrecy import refuse_marked

USUAL = timedelta(days=180)


class TokenForm(forms.ModelForm):
    """A token for oneself; what it may see is chosen among what the person may."""

    verbs = forms.MultipleChoiceField(
        label="能看什么",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="都不选，就是您的岗位能看的全部内容",
    )

    class Meta:
        model = ApiToken
        fields = ("name", "expires_on", "branch", "verbs")
        widgets = {"expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        error_messages = {"expires_on": {"invalid": "请填写有效日期，如 2026-11-25。"}}

    def __init__(self, *args, user, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(refuse_marked)
        self.fields["verbs"].choices = [(verb, VERBS[verb]) for verb in document.verbs() if may(user, verb)]
        self.fields["branch"].queryset = Branch.objects.visible_to(user).in_order()
        self.fields["branch"].empty_label = "岗位所及的全部党组织"
        self.fields["branch"].help_text = "选了党组织，就只看得到它和它下面的"
        self.initial.setdefault("expires_on", on + USUAL)


class FeedForm(forms.Form):
    branch = forms.ModelChoiceField(
        label="党组织", queryset=Branch.objects.none(), empty_label="请选党组织",
        error_messages={"required": "请选党组织。", "invalid_choice": "请选列表里的党组织。"},
    )  # fmt: skip

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = Branch.objects.visible_to(user, verb="duty.see").in_order()


class HookForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        label="推送哪些事项", choices=[(name, event.label) for name, event in EVENTS.items()],
        widget=forms.CheckboxSelectMultiple, error_messages={"required": "请至少选一项。"},
    )  # fmt: skip

    class Meta:
        model = Hook
        fields = ("name", "branch", "url", "events")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(refuse_marked)
        self.fields["branch"].queryset = Branch.objects.visible_to(user, verb=MANAGE).in_order()
        self.fields["branch"].empty_label = "请选党组织"
