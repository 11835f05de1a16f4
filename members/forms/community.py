from django import forms

from branches.forms import FilterForm
from members.community import MOST_HOURS
from members.forms.appraisal import YearFilter
from members.forms.standing import day
from members.models import CommunityReport, CommunityService, Member


class CommunityFilter(YearFilter):
    placeholder = "党支部名称"


class BirthdayFilter(FilterForm):
    month = forms.ChoiceField(
        label="月份", choices=[("", "本月"), *((str(month), f"{month} 月") for month in range(1, 13))]
    )

    placeholder = "姓名或拼音首字母"


class LinkForm(forms.Form):
    community = forms.CharField(label="社区（村）", max_length=60)
    started_on = day("报到日期")
    with_branch = forms.BooleanField(label="党支部也向这个社区报到", required=False)
    members = forms.ModelMultipleChoiceField(
        label="报到的党员", queryset=Member.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = members


class ServiceForm(forms.ModelForm):
    """One service, and a field of hours for each member of the branch."""

    held_on = day("服务日期")

    class Meta:
        model = CommunityService
        fields = ("community", "held_on", "topic")

    def __init__(self, *args, members, hours, **kwargs):
        super().__init__(*args, **kwargs)
        self.members = members
        for member in members:
            self.fields[f"hours_{member.pk}"] = forms.DecimalField(
                label=str(member), required=False, min_value=0, max_value=MOST_HOURS, max_digits=4, decimal_places=1,
                initial=hours.get(member.pk), widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.5"}),
            )  # fmt: skip

    def lines(self):
        return [self[f"hours_{member.pk}"] for member in self.members]

    @property
    def hours(self):
        given = {member.pk: self.cleaned_data.get(f"hours_{member.pk}") for member in self.members}
        return {pk: hours for pk, hours in given.items() if hours}


class ReportForm(forms.ModelForm):
    reported_on = day("报告日期")

    class Meta:
        model = CommunityReport
        fields = ("member", "year", "to", "reported_on", "result", "summary")
        widgets = {
            "to": forms.RadioSelect, "summary": forms.Textarea(attrs={"rows": 4}),
            "year": forms.NumberInput(attrs={"inputmode": "numeric"}),
        }  # fmt: skip

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members
        self.fields["member"].empty_label = "党支部"
        self.fields["to"].choices = CommunityReport.To.choices


class PledgeForm(forms.Form):
    """The 承诺 of every member of a branch on one page."""

    def __init__(self, *args, members, texts, **kwargs):
        super().__init__(*args, **kwargs)
        self.members = members
        for member in members:
            self.fields[f"text_{member.pk}"] = forms.CharField(
                label=str(member), required=False, max_length=60, initial=texts.get(member.pk, "")
            )

    def lines(self):
        return [self[f"text_{member.pk}"] for member in self.members]

    @property
    def texts(self):
        return {member.pk: self.cleaned_data[f"text_{member.pk}"] for member in self.members}


class PhotoForm(forms.Form):
    photo = forms.FileField(label="照片", widget=forms.FileInput(attrs={"accept": "image/*"}))
