"""What the assessor, the one who approves and the one who sends letters fill in."""

from decimal import Decimal

from django import forms

from branches import visits
from branches.forms import FilterForm
from branches.models import Branch, Screening, ScreeningCampaign

FULL, HALF, NONE, OTHER, NA = "full", "half", "none", "other", "na"
CHOICES = {FULL: "满分", HALF: "一半", NONE: "0 分", OTHER: "自填", NA: "不适用"}
NOT_A_DAY = {"invalid": "请填写有效日期，如 2026-04-20。"}


def day_input():
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def half(item):
    """Half of an item's points, or None where that is no step."""
    found = item.points / 2
    return None if found % visits.STEP else found


def chosen(row):
    """How a line is judged, as the row of buttons shows it."""
    if not row.is_applicable:
        return NA
    if row.points is None:
        return ""
    return {row.item.points: FULL, Decimal(0): NONE, half(row.item): HALF}.get(row.points, OTHER)


class VisitForm(forms.Form):
    """All items of one branch: a choice of buttons, a free number, words. Half filled in is well filled in."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    visited_on = forms.DateField(label="到校日期", required=False, widget=day_input(), error_messages=NOT_A_DAY)

    def __init__(self, data=None, *, screening, rows):
        super().__init__(data, initial={"version": screening.version, "visited_on": screening.visited_on})
        self.rows = rows
        for row in rows:
            self._add(row)

    def _add(self, row):
        key, shown = row.pk, chosen(row)
        choices = [pair for pair in CHOICES.items() if pair[0] != HALF or half(row.item) is not None]
        self.fields[f"{key}-choice"] = forms.ChoiceField(
            label=f"{row.item.label}：得分", choices=choices, required=False, widget=forms.RadioSelect, initial=shown
        )
        most = visits.plain(row.item.points)
        number = forms.NumberInput(attrs={"step": "0.05", "min": "0", "max": most, "inputmode": "decimal"})
        self.fields[f"{key}-points"] = forms.DecimalField(
            label=f"{row.item.label}：自填得分", required=False, max_digits=6, decimal_places=2, widget=number,
            initial=visits.plain(row.points) if shown == OTHER else None,
        )  # fmt: skip
        self.fields[f"{key}-words"] = forms.CharField(
            label=f"{row.item.label}：{'改动理由' if row.is_filled else '说明'}", required=False, max_length=300, initial=row.words,
            widget=forms.Textarea(attrs={"rows": 1}),
        )  # fmt: skip

    def bound(self, row):
        """The boxes of one line."""
        return {name: self[f"{row.pk}-{name}"] for name in ("choice", "points", "words")}

    def clean(self):
        cleaned = super().clean()
        for row in self.rows:
            key = row.pk
            if cleaned.get(f"{key}-choice") == OTHER and cleaned.get(f"{key}-points") is None and not self._bad(key):
                self.add_error(f"{key}-points", "选了自填，请填得分。")
        return cleaned

    def _bad(self, key):
        return f"{key}-points" in self.errors

    @property
    def judgements(self):
        return {row.pk: self._judgement(row) for row in self.rows}

    def _judgement(self, row):
        choice = self.cleaned_data.get(f"{row.pk}-choice")
        given = self.cleaned_data.get(f"{row.pk}-points")
        points = {FULL: row.item.points, HALF: half(row.item), NONE: Decimal(0), NA: None}.get(choice, given)
        known = visits.told(row)
        keeps = choice != NA and points is not None and points < row.item.points
        return visits.Judgement(
            points, choice != NA, self.cleaned_data[f"{row.pk}-words"].strip(),
            known.problem if keeps else "", known.due_on if keeps else None,
        )  # fmt: skip


class FinishForm(forms.Form):
    """The end of a visit: what was not fully had may become a 整改 item; the opinion in words."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    visited_on = forms.DateField(label="到校日期", required=False, widget=day_input(), error_messages=NOT_A_DAY)
    advice = forms.CharField(
        label="整改意见", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )

    def __init__(self, data=None, *, screening, rows):
        values = {"version": screening.version, "visited_on": screening.visited_on, "advice": screening.advice}
        super().__init__(data, initial=values)
        self.rows = rows
        for row in rows:
            key = row.pk
            self.fields[f"{key}-raise"] = forms.BooleanField(
                label="转为整改事项", required=False, initial=bool(row.problem)
            )
            self.fields[f"{key}-problem"] = forms.CharField(
                label=f"{row.item.label}：问题", required=False, max_length=300, initial=row.problem or suggested(row),
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip
            self.fields[f"{key}-due_on"] = forms.DateField(
                label=f"{row.item.label}：整改期限",
                required=False,
                initial=row.due_on,
                widget=day_input(),
                error_messages=NOT_A_DAY,
            )

    def bound(self, row):
        return {name: self[f"{row.pk}-{name}"] for name in ("raise", "problem", "due_on")}

    def clean(self):
        cleaned = super().clean()
        for row in self.rows:
            if cleaned.get(f"{row.pk}-raise") and not cleaned.get(f"{row.pk}-problem", "").strip():
                self.add_error(f"{row.pk}-problem", "转为整改事项的，请写明问题。")
        return cleaned

    @property
    def judgements(self):
        found = {}
        for row in self.rows:
            is_raised = self.cleaned_data[f"{row.pk}-raise"]
            known = visits.told(row)
            found[row.pk] = visits.Judgement(
                known.points, known.is_applicable, known.words,
                self.cleaned_data[f"{row.pk}-problem"].strip() if is_raised else "",
                self.cleaned_data[f"{row.pk}-due_on"] if is_raised else None,
            )  # fmt: skip
        return found


def suggested(row):
    """The problem as it might be written: the item and what the assessor, or the records, said of it."""
    said = row.words or "；".join(row.seen.get("missing", ())[:3])
    return f"{row.item.label}：{said}"[:300] if said else f"{row.item.label}有失分"[:300]


def _classes(campaign):
    return [(row["key"], row["label"]) for row in campaign.scale]


class ApproveForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    chosen = forms.ChoiceField(label="审定类别", widget=forms.RadioSelect)
    reason = forms.CharField(label="与分数不一致的理由", required=False, max_length=200)

    def __init__(self, data=None, *, screening):
        super().__init__(data, initial={"version": screening.version, "chosen": screening.computed_class})
        self.fields["chosen"].choices = _classes(screening.campaign)


class ReturnForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="退回原因", max_length=200, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data=None, *, screening):
        super().__init__(data, initial={"version": screening.version})


class IssueForm(forms.Form):
    """Numbers and the common day of a batch of letters."""

    prefix = forms.CharField(label="文号（号数以前）", max_length=40, help_text="如“云教党函〔2026〕”")
    serial = forms.IntegerField(label="起始号", min_value=1, max_value=9999)
    due_on = forms.DateField(label="统一整改期限", widget=day_input(), error_messages=NOT_A_DAY)

    def clean_prefix(self):
        prefix = self.cleaned_data["prefix"].strip()
        if prefix.startswith("〔") or "〔" not in prefix:
            raise forms.ValidationError("请写全机关代字和年份，如“云教党函〔2026〕”。")
        return prefix


class ApprovalFilter(FilterForm):
    campaign = forms.ModelChoiceField(label="研判", queryset=ScreeningCampaign.objects.none(), empty_label="全部研判")
    state = forms.ChoiceField(label="状态", choices=[("", "待审定"), (Screening.State.APPROVED, "已审定，待反馈")])

    placeholder = "党组织名称"


class LetterFilter(FilterForm):
    tab = forms.ChoiceField(choices=[("out", "")], widget=forms.HiddenInput)
    committee = forms.ModelChoiceField(label="上级党组织", queryset=Branch.objects.none(), empty_label="全部上级")
    kind = forms.ChoiceField(label="轮次", choices=[("", "全部轮次"), *Screening.Kind.choices])

    placeholder = "党组织名称"


FINAL, FIRST, LOOK_BACK = "", "first", "look_back"
ROUNDS = [(FINAL, "最终结果比上年"), (FIRST, "过筛子比上年"), (LOOK_BACK, "回头看比过筛子")]


class ResultFilter(FilterForm):
    """A class is chosen by its place in the scale: its label stands in no address."""

    campaign = forms.ModelChoiceField(label="研判", queryset=ScreeningCampaign.objects.none(), empty_label=None)
    round = forms.ChoiceField(label="轮次", choices=ROUNDS)
    place = forms.ChoiceField(label="类别")
    stage = forms.ChoiceField(label="学段", choices=[("", "全部学段"), *Branch.Stage.choices])

    placeholder = "党组织名称"

    def __init__(self, data, *, classes, **querysets):
        self.classes = classes
        super().__init__(data, **querysets)

    def full_clean(self):
        numbered = [(str(place), label) for place, label in enumerate(self.classes, 1)]
        self.fields["place"].choices = [("", "全部类别"), *numbered]
        super().full_clean()
