from datetime import date
from operator import itemgetter

from django import forms
from django.apps import apps
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from branches.forms import FilterForm, VersionedForm
from branches.models import Appointment, Branch
from branches.rights import Role
from files.secrecy import refuse_marked
from members.models import Member, Membership
from portal.models import Export, Pack, PackItem
from portal.reports.ask import VERB
from portal.reports.catalogue import PART_CHOICES
from portal.reports.making import usual_day
from portal.templatetags.words import ACTS

YEARS_BACK = 10
NEEDS = {"S2": "（要再输一次密码）", "S3": "（要再输一次密码，并由另一位同志审批）"}
OURS = ("accounts", "rulebook", "files", "jobs", "branches", "duties", "members", "meetings", "assessment", "reminders")


def kinds_of_rows():
    """Every kind of row of ours that an event can be about."""
    ours = [model for model in apps.get_models() if model.__module__.split(".")[0] in OURS]
    return [
        ("", "全部对象"),
        *sorted(((model._meta.label, str(model._meta.verbose_name)) for model in ours), key=itemgetter(1)),
    ]


class AccountFilter(FilterForm):
    placeholder = "姓名或账号"


class AuditFilter(FilterForm):
    """The record of who did what: by person, act, kind of row and day."""

    act = forms.ChoiceField(label="办理", choices=[("", "全部办理"), ("add", "新增"), ("edit", "修改"), *ACTS.items()])
    thing = forms.ChoiceField(label="对象", choices=kinds_of_rows)
    day = forms.DateField(label="日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    frequent = forms.ChoiceField(label="查看", choices=[("", "全部"), ("1", "一小时内多次查看")])

    placeholder = "操作人姓名或账号"


class UploadForm(forms.Form):
    file = forms.FileField(
        label="工作簿",
        help_text=".xlsx、.xls 或 .csv，20 MB 以内",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        error_messages={"required": "请选文件。", "empty": "这个文件是空的，请核对后重新上传。"},
    )


class ColumnsForm(forms.Form):
    """What each header of a workbook means: one choice for each, nothing twice, nothing needed left out."""

    def __init__(self, *args, heading, columns, **kwargs):
        super().__init__(*args, **kwargs)
        self.columns = columns
        choices = [(column.key, column.label + (" ＊" if column.required else "")) for column in columns]
        for position, (_, key, _, text) in enumerate(heading.claims):
            self.fields[f"column_{position}"] = forms.ChoiceField(
                label=" ".join(str(text).split()), choices=[("", "不导入"), *choices], required=False, initial=key or "",
                error_messages={"invalid_choice": "请从列表中选。"},
            )  # fmt: skip

    @property
    def keys(self):
        return [self.cleaned_data[name] or None for name in self.fields]

    def clean(self):
        chosen, labels = {}, {column.key: column.label for column in self.columns}
        for name in self.fields:
            if not (key := self.cleaned_data.get(name)):
                continue
            if key in chosen:
                self.add_error(
                    name, f"“{labels[key]}”已经对应给“{self.fields[chosen[key]].label}”，一个栏目只能对应一列。"
                )
            chosen.setdefault(key, name)
        if missing := [f"“{column.label}”" for column in self.columns if column.required and column.key not in chosen]:
            raise forms.ValidationError(
                f"还没有对应：{'、'.join(missing)}。表里确实没有的，请在表里补上这一列后重新上传。"
            )
        return self.cleaned_data


class PlaceForm(forms.Form):
    """Which sheet and row hold the names of the columns."""

    at = forms.ChoiceField(label="表头在", required=False)

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["at"].choices = places


class AppointmentForm(forms.Form):
    """A post for an account; the organisations offered are those in the actor's scope."""

    branch = forms.ModelChoiceField(
        label="党组织",
        queryset=Branch.objects.none(),
        empty_label="请选党组织",
        error_messages={"required": "请选党组织。", "invalid_choice": "请从列表中选。"},
    )
    role = forms.ChoiceField(
        label="岗位", choices=[("", "请选岗位"), *Role.choices], error_messages={"required": "请选岗位。"}
    )
    started_on = forms.DateField(
        label="任职日期", initial=timezone.localdate, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = Branch.objects.visible_to(user, verb="account.manage").in_order()


class AccountForm(AppointmentForm):
    """A new account with its first post; the first password is made by the portal."""

    username = forms.RegexField(
        label="账号",
        regex=r"^[A-Za-z0-9_.-]{3,50}$",
        error_messages={"required": "请填账号。", "invalid": "账号用 3 至 50 位字母、数字、点、横线。"},
    )
    name = forms.CharField(label="姓名", max_length=50, error_messages={"required": "请填姓名。"})

    field_order = ("username", "name", "branch", "role", "started_on")

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.objects.filter(username=username).exists():
            raise forms.ValidationError("已有这个账号，请换一个。")
        return username


class ActForm(forms.Form):
    """A question of the account page: which of its acts is meant."""

    act = forms.CharField(widget=forms.HiddenInput)


class DismissForm(ActForm):
    post = forms.ModelChoiceField(queryset=Appointment.objects.none(), widget=forms.HiddenInput)
    on = forms.DateField(
        label="免职日期", initial=timezone.localdate, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args, user, account, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["post"].queryset = Appointment.objects.visible_to(user).filter(user=account)


class LinkForm(forms.Form):
    """The person whose account it is: members in scope without an account, found by name."""

    member = forms.ModelChoiceField(
        label="党员", queryset=Member.objects.none(), empty_label="请选党员",
        error_messages={"required": "请选党员。", "invalid_choice": "请从列表中选。"},
    )  # fmt: skip

    def __init__(self, *args, user, name="", **kwargs):
        super().__init__(*args, **kwargs)
        members = Member.objects.visible_to(user, verb="account.manage").filter(user=None)
        self.fields["member"].queryset = members.filter(name__contains=name).order_by("name", "pk")
        homes = Membership.objects.filter(member=OuterRef("pk"), ended_on=None).values("branch__name")[:1]
        self.fields["member"].queryset = self.fields["member"].queryset.annotate(home=Subquery(homes))
        self.fields["member"].label_from_instance = lambda member: f"{member}（{member.home}）"


class ExportForm(forms.ModelForm):
    """What of a list leaves the portal, and what for. Classified columns are masked unless they are ticked a second time."""

    columns = forms.MultipleChoiceField(
        label="栏目", widget=forms.CheckboxSelectMultiple, error_messages={"required": "请至少选一栏。"}
    )
    clear = forms.MultipleChoiceField(label="不遮盖", widget=forms.CheckboxSelectMultiple, required=False)
    keep_as = forms.CharField(
        label="把这些栏目存为",
        max_length=40,
        required=False,
        validators=[refuse_marked],
        help_text="如 换届用；下次直接选用",
    )
    is_shared = forms.BooleanField(label="本党组织的同志共用", required=False)

    class Meta:
        model = Export
        fields = ("purpose", "kind")
        widgets = {"kind": forms.RadioSelect}
        error_messages = {"purpose": {"required": "请写明用途。"}}

    def __init__(self, *args, listing, may_clear, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = listing.choices()
        self.fields["kind"].choices = Export.Kind.choices
        masked = [(key, f"{column.label}{NEEDS[column.level]}") for key, column in listing.masked().items()]
        self.fields["clear"].choices = masked
        if not (masked and may_clear):
            del self.fields["clear"]


class DecideForm(forms.Form):
    agrees = forms.ChoiceField(
        label="审批意见", choices=[("yes", "同意导出"), ("no", "不同意")], widget=forms.RadioSelect,
        error_messages={"required": "请选同意或不同意。"},
    )  # fmt: skip
    answer = forms.CharField(label="说明", max_length=100, required=False, help_text="不同意的须写明原因")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("agrees") == "no" and not cleaned.get("answer"):
            self.add_error("answer", "不同意的要写明原因。")
        return cleaned


class ReportForm(forms.Form):
    """What a report is asked: the year, the day as of which, the organisations. It lives in the address."""

    year = forms.TypedChoiceField(label="年度", coerce=int)
    on = forms.DateField(
        label="统计截止日", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "请按 2026-11-22 的样子填写日期。"},
    )  # fmt: skip
    branch = forms.ModelChoiceField(
        label="党组织", queryset=Branch.objects.none(), required=False, empty_label="全部（我的范围）",
        error_messages={"invalid_choice": "没有这个党组织，或者不在您的范围内，请重新选择。"},
    )  # fmt: skip
    part = forms.ChoiceField(label="时段", choices=PART_CHOICES, required=False)
    month = forms.TypedChoiceField(
        label="政治生日月份", coerce=int, required=False, empty_value=0,
        choices=[("", "截止日当月"), *((month, f"{month} 月") for month in range(1, 13))],
    )  # fmt: skip

    EARLIEST = date(1949, 10, 1)

    def __init__(self, data, *, report, user, today):
        data, years = data.copy(), range(today.year, today.year - YEARS_BACK, -1)
        asked = str(data.get("year", ""))
        year = int(asked) if asked in map(str, years) else None
        data["year"] = data.get("year") or str(today.year)
        self.day_was_given = bool(data.get("on"))
        data["on"] = data.get("on") or usual_day(report, year, today).isoformat()
        super().__init__(data, auto_id="report-%s")
        self.report, self.today = report, today
        self.fields["year"].choices = [(each, f"{each} 年") for each in years]
        self.fields["branch"].queryset = Branch.objects.visible_to(user, verb=VERB).in_order()
        for name in ("year", "part", "month"):
            if name not in report.asks:
                del self.fields[name]

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError("统计截止日不能晚于今天。")
        if on < self.EARLIEST:
            raise forms.ValidationError("统计截止日太早，请核对年份。")
        return on

    def clean(self):
        found = super().clean()
        year, on = found.get("year"), found.get("on")
        if year and on and on.year < year:
            self.add_error("on", f"统计截止日在 {year} 年以前，请改成 {year} 年内的一天，或者空着不填。")
        return found

    @property
    def kept(self):
        """What is kept under a name: a day that nobody gave is found anew each time."""
        return {name: cell for name, cell in self.cleaned_data.items() if name != "on" or self.day_was_given}


class RuleFilter(FilterForm):
    only = forms.ChoiceField(
        label="谁定", choices=[("", "全部"), ("local", "县里可定的"), ("above", "上级规定的"), ("open", "待核对的")]
    )

    placeholder = "事项或依据"


class CopyFilter(FilterForm):
    """Which records, for which platform, and whether those still to be entered or those that were."""

    matter = forms.ChoiceField(
        label="内容", choices=[("meeting", "组织生活"), ("member", "党员"), ("recruitment", "发展党员")]
    )
    system = forms.CharField(max_length=20, widget=forms.HiddenInput)
    only = forms.ChoiceField(label="看哪些", choices=[("todo", "还没有录入的"), ("done", "已经录入的")])
    year = forms.ChoiceField(label="年份", choices=())

    placeholder = "主题或姓名"
    digits = 8

    def __init__(self, data, *, today):
        years = [(str(year), f"{year} 年") for year in range(today.year, today.year - 4, -1)]
        super().__init__(data, year=years)
        self.of_year = int(self.asked.get("year", today.year))


class PackForm(VersionedForm):
    """A pack of an organisation over a stretch; `template` fills its list of titles at the start."""

    template = forms.ChoiceField(label="目录样式", widget=forms.RadioSelect)

    class Meta:
        model = Pack
        fields = ("title", "branch", "starts_on", "ends_on")
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in ("starts_on", "ends_on")
        }  # fmt: skip
        error_messages = {"title": {"required": "请填写名称，如 2026 年党建督查资料。"}}

    def __init__(self, *args, branches, templates, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset, self.fields["branch"].empty_label = branches, None
        self.fields["template"].choices = [*templates, ("", "空目录，自己逐项加")]
        self.fields["template"].required = False
        self.fields["template"].initial = templates[0][0] if templates else ""
        if self.instance.pk:
            del self.fields["template"], self.fields["branch"]


class PackItemForm(forms.ModelForm):
    """One title of a pack: from the portal's records, or a paper that is uploaded."""

    upload = forms.FileField(
        label="上传的材料", required=False, widget=forms.FileInput(attrs={"accept": "image/*,.pdf,.docx,.xlsx"}),
        help_text="门户里没有的材料才上传；选了“上传的材料”时必填",
    )  # fmt: skip

    class Meta:
        model = PackItem
        fields = ("title", "kind")

    def __init__(self, *args, kinds, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(label="取自", choices=kinds)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("kind") == "upload" and not cleaned.get("upload") and not self.instance.file_id:
            self.add_error("upload", forms.ValidationError("请选择要放进来的材料。"))
        return cleaned
