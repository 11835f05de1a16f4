from django import forms

from branches.forms import FilterForm
from branches.models import Branch
from files.secrecy import refuse_marked
from reminders.models import Channel, Kind

PHONE = r"^1\d{10}$"


class ContactForm(forms.Form):
    """Where the person wants to be reached besides the portal. What is on record is never shown again, only whether."""

    email = forms.EmailField(
        label="电子邮箱", required=False, max_length=200, error_messages={"invalid": "邮箱地址写法不对。"}
    )
    no_email = forms.BooleanField(label="不再用邮件接收", required=False)
    sms = forms.RegexField(
        label="手机号码", regex=PHONE, required=False, error_messages={"invalid": "请填 11 位手机号码。"}
    )
    no_sms = forms.BooleanField(label="不再用短信接收", required=False)

    def __init__(self, *args, known=(), **kwargs):
        super().__init__(*args, **kwargs)
        for kind in (Kind.EMAIL, Kind.SMS):
            self.fields[kind].help_text = "已登记；要换的在这里填新的" if kind in known else ""
            if kind not in known:
                del self.fields[f"no_{kind}"]

    def wanted(self):
        """kind → the new address, or "" for one to be forgotten; what stays as it is is not in it."""
        found = {}
        for kind in (Kind.EMAIL, Kind.SMS):
            if self.cleaned_data.get(f"no_{kind}"):
                found[kind] = ""
            elif self.cleaned_data.get(kind):
                found[kind] = self.cleaned_data[kind]
        return found


class ChannelForm(forms.ModelForm):
    new_address = forms.CharField(
        label="地址",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="群机器人填网址（https://…）；邮件填 smtps://账号:密码@服务器?from=发件地址。保存后不再显示",
        error_messages={"required": "请填写地址。"},
    )

    class Meta:
        model = Channel
        fields = ("branch", "kind", "has_key", "daily_limit")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = Branch.objects.visible_to(user, verb="reminder.manage").in_order()
        self.fields["branch"].empty_label = "请选党组织"
        self.fields["kind"].choices = [("", "请选渠道"), *Kind.choices]


class UrgeFilter(FilterForm):
    placeholder = "党组织名称"

    rule = forms.ChoiceField(label="事项")

    field_order = ("q", "rule")

    def __init__(self, data, rules):
        self.rules = rules
        super().__init__(data)

    def full_clean(self):
        self.fields["rule"].choices = [("", "全部"), *self.rules.items()]
        super().full_clean()


class CallForm(forms.Form):
    """Why full numbers are wanted, and proof that it is still the same person who sits there."""

    reason = forms.CharField(
        label="打印完整号码的原因",
        max_length=100,
        validators=[refuse_marked],
        error_messages={"required": "请写明原因。"},
    )
    password = forms.CharField(
        label="您的登录密码",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请填写密码。"},
    )
