"""The pages on which a scheme is written: plain fields, turned into the rows that the content keeps."""

from decimal import Decimal

from django import forms

from assessment.drafting import number
from assessment.rule_words import plain
from assessment.scheme_check import LONG
from branches.models import Branch

STAGES = [*Branch.Stage.choices, ("", "未填学段")]
NO_STAGE = "none"  # of an organisation without a stage: an empty value cannot be ticked
DIMENSIONS, GRADES, SPARE_GROUPS = 6, 6, 2


def as_number(label, *, most=100, least=0, required=False, step="0.5", places=2, **options):
    return forms.DecimalField(
        label=label, required=required, min_value=least, max_value=most, max_digits=9, decimal_places=places,
        widget=forms.NumberInput(attrs={"step": step, "inputmode": "decimal"}), **options,
    )  # fmt: skip


def as_text(label, most, *, required=True, rows=0):
    widget = forms.Textarea(attrs={"rows": rows, "maxlength": most}) if rows else forms.TextInput
    return forms.CharField(label=label, max_length=most, required=required, widget=widget)


def as_share(value):
    """90 (per cent) → 0.9 as the content keeps it."""
    return number(value / 100)


def as_per_cent(value):
    return None if value is None else plain(Decimal(str(value)) * 100)


class SeenForm(forms.Form):
    """A part of a draft; `seen` tells whether somebody else changed it in between."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    theirs = ()

    def catch_up(self, fresh):
        """Go on from what the other saved (`fresh`: the same form of it); `theirs` are the fields that differ."""
        self.data = self.data.copy()
        self.data["seen"] = fresh.initial["seen"]
        self.theirs = [
            {"label": field.label, "now": fresh.said(name)}
            for name, field in self.fields.items()
            if name != "seen" and fresh.said(name) != self.typed(name)
        ]

    def said(self, name):
        return self._words(name, self.initial.get(name))

    def typed(self, name):
        return self._words(name, self.cleaned_data.get(name, self[name].data))

    def _words(self, name, value):
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, list):
            return "、".join(self._words(name, each) for each in value)
        flat = {}
        for key, label in getattr(self.fields[name], "choices", ()):
            flat |= dict(label) if isinstance(label, list | tuple) else {key: label}
        if value in flat:
            return str(flat[value])
        return plain(value) if isinstance(value, int | float | Decimal) else str("" if value is None else value)


class StartForm(forms.Form):
    year = forms.TypedChoiceField(label="年度", coerce=int)
    kind = forms.ChoiceField(label="对象")

    def __init__(self, *args, years, kinds, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, f"{year} 年") for year in years]
        self.fields["kind"].choices = kinds


class TitleForm(SeenForm):
    title = as_text("名称", LONG["title"])
    source = as_text("依据", LONG["words"], rows=2)
    is_sample = forms.BooleanField(label="仍是示例，没有经工委会议审定", required=False)

    def __init__(self, *args, content, **kwargs):
        first = {"title": content["title"], "source": content["source"], "is_sample": content["status"] == "示例"}
        super().__init__(*args, initial=first | kwargs.pop("initial"), **kwargs)

    def content(self):
        found = self.cleaned_data
        return {
            "title": found["title"].strip(), "source": found["source"].strip(),
            "status": "示例" if found["is_sample"] else "正式",
        }  # fmt: skip


class RowsForm(SeenForm):
    """Several rows of the same few fields; a row without a name is none. Each kind says `of_row(place)`: (name, field)."""

    fields_of_row = ()
    rows = 0

    def add_rows(self, count):
        self.rows = count
        for place in range(count):
            for name, field in self.of_row(place):
                self.fields[f"{name}_{place}"] = field

    @property
    def lines(self):
        """The bound fields row by row."""
        return [[self[f"{name}_{place}"] for name, _ in self.of_row(place)] for place in range(self.rows)]

    @property
    def others(self):
        inside = {f"{name}_{place}" for place in range(self.rows) for name, _ in self.of_row(place)}
        return [self[name] for name in self.fields if name not in inside and name != "seen"]

    def filled(self):
        """(place, {name: value}) of each row that has a name."""
        for place in range(self.rows):
            row = {name: self.cleaned_data.get(f"{name}_{place}") for name, _ in self.of_row(place)}
            if row["label"]:
                yield place, row | {"label": row["label"].strip()}

    def need(self, name, words):
        """A row with a name needs the other field too; one without a name must not have it."""
        for place in range(self.rows):
            label, value = (self.cleaned_data.get(f"{each}_{place}") for each in ("label", name))
            if label and value in (None, "") and f"{name}_{place}" not in self.errors:
                self.add_error(f"{name}_{place}", words)
            if not label and value not in (None, "") and f"label_{place}" not in self.errors:
                self.add_error(f"label_{place}", "请写名称；不要这一行的，把这一行都清空。")


class DimensionsForm(RowsForm):
    def __init__(self, *args, content, **kwargs):
        self.known = content["dimensions"]
        first = {}
        for place, row in enumerate(self.known):
            first |= {f"label_{place}": row["label"], f"weight_{place}": row["weight"]}
        super().__init__(*args, initial=first | kwargs.pop("initial"), **kwargs)
        self.add_rows(max(DIMENSIONS, len(self.known)))

    def of_row(self, place):
        number_ = f"第 {place + 1} 个维度"
        return [("label", as_text(f"{number_}", 20, required=False)), ("weight", as_number("权重", required=False))]

    def clean(self):
        self.need("weight", "请写权重。")
        return self.cleaned_data

    def content(self):
        keys = [row["key"] for row in self.known]
        free = (f"d{place}" for place in range(1, 100) if f"d{place}" not in keys)
        return {
            "dimensions": [
                {
                    "key": keys[place] if place < len(keys) else next(free), "label": row["label"],
                    "weight": number(row["weight"]),
                }
                for place, row in self.filled()
            ]
        }  # fmt: skip


class GradesForm(RowsForm):
    none_label = as_text("存续短、适用少的列为", 20)
    months = forms.IntegerField(label="年内存续不足几个月", min_value=0, max_value=12)
    applicable = as_number("适用指标不足百分之几", required=True, step="1")

    def __init__(self, *args, content, **kwargs):
        rest = content["undetermined"]
        first = {
            "none_label": rest["label"], "months": rest["months"], "applicable": as_per_cent(rest["applicable"]),
        }  # fmt: skip
        for place, row in enumerate(content["grades"]):
            first |= {
                f"label_{place}": row["label"], f"at_least_{place}": row["at_least"],
                f"quota_{place}": as_per_cent(row.get("quota")),
            }  # fmt: skip
        super().__init__(*args, initial=first | kwargs.pop("initial"), **kwargs)
        self.add_rows(max(GRADES, len(content["grades"])))

    def of_row(self, place):
        return [
            ("label", as_text(f"第 {place + 1} 等", 20, required=False)),
            ("at_least", as_number("最低多少分", required=False, step="1")),
            ("quota", as_number("名额占本组百分之几", required=False, step="1", least=1)),
        ]

    def clean(self):
        self.need("at_least", "请写最低多少分，最低一等写 0。")
        return self.cleaned_data

    def content(self):
        found = self.cleaned_data
        rest = {
            "label": found["none_label"].strip(),
            "months": found["months"],
            "applicable": as_share(found["applicable"]),
        }
        rows = []
        for _, row in self.filled():
            quota = {"quota": as_share(row["quota"])} if row["quota"] is not None else {}
            rows.append({"label": row["label"], "at_least": number(row["at_least"])} | quota)
        return {"grades": rows, "undetermined": rest}


class GroupsForm(RowsForm):
    least = forms.IntegerField(label="每组至少几个党组织", min_value=1, max_value=1000)
    pool = as_text("仍不足的并入", 20)

    def __init__(self, *args, content, **kwargs):
        groups = content["groups"]
        first = {"least": groups["least"], "pool": groups["pool"]}
        for place, row in enumerate(groups["rows"]):
            first |= {
                f"label_{place}": row["label"], f"joins_{place}": row["joins"],
                f"stages_{place}": [stage or NO_STAGE for stage in row["stages"]],
            }  # fmt: skip
        super().__init__(*args, initial=first | kwargs.pop("initial"), **kwargs)
        self.add_rows(len(groups["rows"]) + SPARE_GROUPS)

    def of_row(self, place):
        choices = [(value or NO_STAGE, label) for value, label in STAGES]
        return [
            ("label", as_text(f"第 {place + 1} 组", 20, required=False)),
            ("joins", as_text("不足时并入", 20, required=False)),
            ("stages", forms.MultipleChoiceField(
                label=f"第 {place + 1} 组的学段", choices=choices, required=False, widget=forms.CheckboxSelectMultiple,
            )),
        ]  # fmt: skip

    def clean(self):
        self.need("joins", "请写不足时并入哪一组。")
        taken = {}
        for place in range(self.rows):
            for stage in self.cleaned_data.get(f"stages_{place}") or ():
                if stage in taken:
                    self.add_error(f"stages_{place}", "每个学段只能在一个组里。")
                    break
                taken[stage] = place
        return self.cleaned_data

    def content(self):
        rows = [
            {
                "label": row["label"], "joins": row["joins"].strip(),
                "stages": ["" if stage == NO_STAGE else stage for stage in row["stages"]],
            }
            for _, row in self.filled()
        ]  # fmt: skip
        return {
            "groups": {"least": self.cleaned_data["least"], "pool": self.cleaned_data["pool"].strip(), "rows": rows}
        }


SECTIONS = {"title": TitleForm, "dimensions": DimensionsForm, "grades": GradesForm, "groups": GroupsForm}


class PublishForm(forms.Form):
    number = as_text("文号", 80)
    version = forms.IntegerField(widget=forms.HiddenInput)
