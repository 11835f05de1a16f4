from django import forms

from branches import standards
from branches.forms import VersionedForm
from branches.models import Branch, Standard, StandardGroup, StandardItem

LEADERS = (Branch.Kind.WORK_COMMITTEE, Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)


class StandardForm(VersionedForm):
    """What a standard is called and where it comes from; its content is edited row by row."""

    class Meta:
        model = Standard
        fields = ("title", "edition", "number", "source")


class StartForm(StandardForm):
    """A new standard, empty or begun from a sample."""

    sample = forms.ChoiceField(label="从哪里开始", widget=forms.RadioSelect, required=False)

    class Meta(StandardForm.Meta):
        fields = ("branch", *StandardForm.Meta.fields)

    def __init__(self, *args, owners, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = owners
        known = [(key, f"示例：{content['title']}") for key, content in standards.samples().items()]
        self.fields["sample"].choices = [*known, ("", "空白，自己列")]


class GroupForm(VersionedForm):
    class Meta:
        model = StandardGroup
        fields = ("label",)


class ItemForm(VersionedForm):
    """One item. What the records fill in is chosen by name from the list of facts, never typed."""

    record = forms.ChoiceField(label="由哪项记录预填", required=False)

    class Meta:
        model = StandardItem
        fields = ("group", "label", "points", "evidence", "judged", "each", "is_scored_elsewhere")
        widgets = {"judged": forms.RadioSelect}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = self.instance.group.standard.groups.all()
        self.fields["group"].empty_label = None
        self.fields["judged"].choices = StandardItem.Judged.choices
        self.fields["points"].widget.attrs |= {"step": "0.5", "inputmode": "decimal"}
        self.fields["each"].widget.attrs |= {"step": "0.1", "inputmode": "decimal"}
        kinds = dict(StandardItem.Rule.choices)
        known = [(each.key, f"{each.label}（{kinds[each.rule]}）") for each in standards.sources().values()]
        self.fields["record"].choices = [("", "不预填，由研判人评定"), *known]
        source = standards.source_of(self.instance) if self.instance.fact else None
        self.initial.setdefault("record", source.key if source else "")

    def clean(self):
        cleaned = super().clean()
        if "record" in cleaned:
            for name, value in standards.named(cleaned["record"]).items():
                setattr(self.instance, name, value)
            if self.instance.rule == StandardItem.Rule.MINUS and not cleaned.get("each") and "each" not in self.errors:
                self.add_error("each", "这项记录按“每有一处扣分”计，请写明每处扣几分。")
            if self.instance.rule != StandardItem.Rule.MINUS:
                cleaned["each"] = None
        return cleaned
