from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from branches.forms import FilterForm, VersionedForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members import transfers
from members.models import Member, Transfer, TransferList
from office import values

TABS = (("mine", "待我办"), ("transit", "在途"), ("closed", "已办结"), ("all", "全部"))


class TransferFilter(FilterForm):
    """Both sides of the move are looked at by the branch that is chosen."""

    tab = forms.ChoiceField(choices=TABS, widget=forms.HiddenInput)
    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    direction = forms.ChoiceField(label="转接类型", choices=[("", "全部类型"), *Transfer.Direction.choices])
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *Transfer.State.choices])
    year = forms.ChoiceField(label="提出年份")
    when = forms.ChoiceField(label="介绍信", choices=[("", "全部"), ("soon", "快到期"), ("over", "已过期")])

    placeholder = "姓名、拼音首字母或介绍信编号"

    def __init__(self, data, years, **querysets):
        self.years = years
        super().__init__(data, **querysets)

    def full_clean(self):
        self.fields["year"].choices = [("", "全部年份"), *((str(year), f"{year} 年") for year in self.years)]
        super().full_clean()


class PersonFind(FilterForm):
    """Whom the move is about."""

    placeholder = "姓名或拼音首字母"


class Month(forms.DateField):
    """A month, kept as its first day."""

    widget = forms.DateInput(attrs={"type": "month", "placeholder": "2025-11"}, format="%Y-%m")

    def __init__(self, **options):
        super().__init__(input_formats=["%Y-%m", "%Y-%m-%d", "%Y/%m", "%Y年%m月"], **options)
        self.error_messages["invalid"] = "请填写有效月份，如 2025-11。"

    def clean(self, value):
        found = super().clean(value)
        return found and date(found.year, found.month, 1)


def day(label, **options):
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填写{label}。", "invalid": "请填写有效日期，如 2026-03-01。"}, **options,
    )  # fmt: skip


def plain_text(form, name):
    refuse_marked(form.cleaned_data[name], form.fields[name].label)
    return form.cleaned_data[name]


class TransferForm(VersionedForm):
    """Where a member of the county goes."""

    direction = forms.ChoiceField(
        label="转到哪里", widget=forms.RadioSelect,
        choices=[(Transfer.Direction.INSIDE, "县内其他党支部"), (Transfer.Direction.OUT, "县外")],
    )  # fmt: skip
    target = forms.CharField(
        label="转入支部", required=False, max_length=100,
        widget=forms.TextInput(attrs={"list": "branches", "autocomplete": "off"}),
        help_text="县内转接填；打几个字，从列表中选",
    )  # fmt: skip

    class Meta:
        model = Transfer
        fields = ("direction", "to_place", "reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.to_branch_id:
            self.initial["target"] = self.instance.to_branch.name

    def clean_reason(self):
        return plain_text(self, "reason")

    def clean_to_place(self):
        return plain_text(self, "to_place")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("direction") == Transfer.Direction.OUT:
            self.instance.to_branch = None
            if not cleaned.get("to_place") and "to_place" not in self.errors:
                self.add_error("to_place", "请填写县外转入党组织，与介绍信抬头一致。")
        elif cleaned.get("direction"):
            cleaned["to_place"] = ""
            self._choose(cleaned.get("target") or "")
        if self.instance.pk:
            self.instance.claim(cleaned.get("version") or 0)
        return cleaned

    def _choose(self, text):
        if not text:
            self.add_error("target", "请填写转入支部。")
            return
        try:
            self.instance.to_branch = transfers.find_destination(text, timezone.localdate())
        except ValidationError as error:
            self.add_error("target", error)


class PersonForm(forms.ModelForm):
    """Who comes from outside. The number is kept encrypted; once saved it is not sent to the page again."""

    id_number = forms.CharField(
        label="公民身份号码", required=False, max_length=30, help_text="加密保存；选填，填了可以查重",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    class Meta:
        model = Member
        fields = ("name", "sex", "ethnicity", "birth_on", "joined_on", "converted_on")
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("birth_on", "joined_on", "converted_on")
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["joined_on"].required = True

    def clean_name(self):
        try:
            return values.clean_name(self.cleaned_data["name"])[0]
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def clean_id_number(self):
        try:
            return values.parse_id_number(self.cleaned_data["id_number"]) if self.cleaned_data["id_number"] else ""
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def clean(self):
        cleaned, today = super().clean(), timezone.localdate()
        for name in ("birth_on", "joined_on", "converted_on"):
            if cleaned.get(name) and cleaned[name] > today:
                self.add_error(name, f"{self.fields[name].label}不能晚于今天。")
        self.instance.id_number = cleaned.get("id_number") or ""
        return cleaned


class ArrivalForm(forms.ModelForm):
    """The letter that somebody brings from outside."""

    kind = forms.ChoiceField(
        label="人员类别", choices=Transfer._meta.get_field("kind").choices, widget=forms.RadioSelect
    )
    issued_on = day("介绍信开出日期")
    valid_days = forms.IntegerField(label="有效期（天）", min_value=1, max_value=999)
    dues_paid_through = Month(label="党费交至")

    class Meta:
        model = Transfer
        fields = ("to_branch", "kind", "from_place", "number", "issued_on", "valid_days", "dues_paid_through", "reason")

    def __init__(self, *args, branches, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to_branch"].queryset = branches
        self.fields["to_branch"].empty_label = "请选党支部"
        if len(branches) == 1:
            self.initial["to_branch"] = branches[0]
        for name in ("to_branch", "from_place", "number"):
            self.fields[name].required = True

    def clean_reason(self):
        return plain_text(self, "reason")

    def clean_from_place(self):
        return plain_text(self, "from_place")


class IssueForm(forms.Form):
    issued_on = day("开出日期")
    dues_paid_through = Month(label="党费交至")
    valid_days = forms.IntegerField(label="有效期（天）", min_value=1, max_value=999)
    number = forms.CharField(label="介绍信编号", required=False, max_length=40)


class ReissueForm(forms.Form):
    issued_on = day("换开日期")
    valid_days = forms.IntegerField(label="有效期（天）", min_value=1, max_value=999)
    number = forms.CharField(label="新介绍信编号", required=False, max_length=40)
    reason = forms.CharField(label="换开原因", max_length=80, help_text="如 过期、遗失")

    def clean_reason(self):
        return plain_text(self, "reason")


class ReceiveForm(forms.Form):
    received_on = day("接收日期")


class SettleForm(forms.Form):
    received_on = day("对方接收日期")
    receipt_on = day("回执日期")


class ConfirmForm(forms.Form):
    receipt_on = day("回执日期")


class ReasonForm(forms.Form):
    reason = forms.CharField(label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_reason(self):
        return plain_text(self, "reason")


class RefuseForm(ReasonForm):
    returned_on = day("退回日期")


class ListForm(forms.ModelForm):
    """What the list is called, what it rests on, and its rows typed or in a workbook."""

    moves_on = day("调动日期")
    file = forms.FileField(
        label="名单工作簿", required=False, help_text=".xlsx、.xls 或 .csv，要有姓名、现支部、转入支部三列",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        error_messages={"empty": "这个文件是空的，请核对后重新上传。"},
    )  # fmt: skip

    class Meta:
        model = TransferList
        fields = ("branch", "title", "number", "moves_on")

    def __init__(self, *args, branches, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = branches
        self.fields["branch"].empty_label = "请选经办党组织"
        if branches:
            self.initial.setdefault("branch", branches[0])

    def clean_title(self):
        return plain_text(self, "title")
