from datetime import date
from decimal import Decimal, InvalidOperation

from dateutil.relativedelta import relativedelta
from django import forms
from django.utils import timezone

from branches.forms import FilterForm
from branches.models import Branch
from files.secrecy import refuse_marked
from members.dues import Entry, stamp
from members.models import DuesBase, DuesConsent, DuesHandover, DuesPayment, DuesWaiver
from office import Unreadable
from office.reader import read

MOST_ROWS = 500
KINDS = {"工资": "wage", "离退休": "pension", "退休": "pension", "养老金": "pension", "定额": "fixed"}
_DATE = {"required": "请填写日期。", "invalid": "请填写有效日期，如 2026-03-01。"}
_SUM = {"invalid": "请填写金额，如 45.50。", "max_decimal_places": "金额最多到分。", "min_value": "金额不能小于 0。",
        "max_digits": "金额太大，请核对。", "max_whole_digits": "金额太大，请核对。"}  # fmt: skip


def _day(label, *, required=True):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, error_messages=_DATE)


def _sum(label, *, required=False, digits=10):
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(
        label=label, required=required, max_digits=digits, decimal_places=2, min_value=0, widget=widget,
        error_messages={"required": "请填写金额。", **_SUM},
    )  # fmt: skip


class DuesFilter(FilterForm):
    year = forms.ChoiceField(label="年度", choices=())

    placeholder = "支部名称"

    def __init__(self, data, *, this_year):
        self.base_fields["year"].choices = [(str(year), f"{year} 年") for year in (this_year, this_year - 1)]
        super().__init__(data)

    @property
    def chosen_year(self):
        return int(self.asked.get("year", self.fields["year"].choices[0][0]))


class ArrearsFilter(FilterForm):
    """`months` are those of the rules: at least so many, one after the other."""

    branch = forms.ModelChoiceField(label="党支部", queryset=Branch.objects.none(), empty_label="全部党支部")
    months = forms.ChoiceField(label="连续欠交", choices=())

    placeholder = "姓名或拼音首字母"

    def __init__(self, data, *, months, **querysets):
        self.base_fields["months"].choices = [
            ("", "全部"), *((str(number), f"{number} 个月及以上") for number in months)
        ]  # fmt: skip
        super().__init__(data, **querysets)


class WaiverFilter(FilterForm):
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *DuesWaiver.State.choices])

    placeholder = "姓名或拼音首字母"


class MonthForm(forms.Form):
    """A branch's month: the day and the way of most, and a line for each member (see `lines`)."""

    paid_on = _day("交纳日期")
    method = forms.ChoiceField(label="方式", choices=DuesPayment.Method.choices)

    def __init__(self, data=None, *, rows, on, initial=None):
        self.rows, self.on = rows, on
        first = {"paid_on": on, "method": DuesPayment.Method.SELF}
        for row in rows:
            first |= _line_of(row)
        super().__init__(data, initial=first | (initial or {}))
        for row in rows:
            for name, field in _line_fields(row).items():
                self.fields[f"{name}-{row.member.pk}"] = field

    def typed(self):
        """What was sent, as it stands, with everybody who has an amount marked as paid (全部已交)."""
        found = {name: self.data.get(name, "") for name in self.fields}
        for row in self.rows:
            key = row.member.pk
            found[f"on-{key}"] = bool(self.data.get(f"on-{key}") or self.data.get(f"sum-{key}") or row.payable)
        return found

    def lines(self):
        """Each row with its fields."""
        for row in self.rows:
            names = ("on", "sum", "day", "way", "note", "seen")
            fields = {name: self[f"{name}-{row.member.pk}"] for name in names}
            yield {"row": row, "has_errors": any(field.errors for field in fields.values()), **fields}

    def catch_up(self, rows, members):
        """Go on from what the others saved; their lines are marked."""
        self.data = self.data.copy()
        for row in rows:
            if row.member.pk in members:
                self.data[f"seen-{row.member.pk}"] = stamp(row.payment)
                now = f"已登记 {row.payment.paid} 元（{row.payment.paid_on:%m-%d}）" if row.is_paid else "未交"
                self.add_error(f"sum-{row.member.pk}", f"刚被别人改过，系统里现在是：{now}。")

    def clean(self):
        cleaned = super().clean()
        self.entries = [self._entry(row, cleaned) for row in self.rows]
        return cleaned

    def _entry(self, row, cleaned):
        key = row.member.pk
        get = lambda name: cleaned.get(f"{name}-{key}")  # noqa: E731
        if get("note"):
            refuse_marked(get("note"), "备注")
        if not get("on"):
            return Entry(key, get("seen") or "")
        paid = get("sum") if get("sum") is not None else row.payable
        if paid is None and f"sum-{key}" not in self.errors:
            self.add_error(f"sum-{key}", "没有登记基数，请填实交金额。")
        day = get("day") or cleaned.get("paid_on")
        if day and day > self.on:
            self.add_error(f"day-{key}" if get("day") else "paid_on", "交纳日期不能晚于今天。")
        return Entry(key, get("seen") or "", paid, day, get("way") or cleaned.get("method") or "", get("note") or "")


def _line_fields(row):
    who = f"：{row.member}"
    ways = [("", "同上"), *DuesPayment.Method.choices]
    return {
        "on": forms.BooleanField(label=f"已交{who}", required=False),
        "sum": _sum(f"实交{who}", digits=8),
        "day": _day(f"交纳日期{who}", required=False),
        "way": forms.ChoiceField(label=f"方式{who}", required=False, choices=ways),
        "note": forms.CharField(label=f"备注{who}", required=False, max_length=100),
        "seen": forms.CharField(required=False, widget=forms.HiddenInput, strip=False),
    }


def _line_of(row):
    key, paid = row.member.pk, row.payment if row.is_paid else None
    found = {"on": bool(paid), "sum": paid.paid if paid else row.payable, "seen": stamp(row.payment)}
    if paid:
        found |= {"day": paid.paid_on, "way": paid.method}
    if row.payment:
        found["note"] = row.payment.note
    return {f"{name}-{key}": value for name, value in found.items()}


class BasesForm(forms.Form):
    """A branch's bases of a year, a line for each member; a list pasted or uploaded fills the lines to be looked at first."""

    pasted = forms.CharField(
        label="从 Excel 粘贴", required=False, widget=forms.Textarea(attrs={"rows": 4}), max_length=40_000,
        help_text="选中“姓名”“基数”两列复制，粘贴到这里；第三列可以写 工资、离退休 或 定额。",
    )  # fmt: skip
    file = forms.FileField(label="或上传表格", required=False, help_text=".xlsx、.xls 或 .csv，第一列姓名，第二列基数")

    def __init__(self, data=None, files=None, *, people, bases, initial=None):
        self.people, first = people, {}
        for member in people:
            base = bases.get(member.pk)
            first[f"kind-{member.pk}"] = base.kind if base else _usual(member)
            first[f"amount-{member.pk}"] = base.amount if base else None
            first[f"version-{member.pk}"] = base.version if base else 0
        super().__init__(data, files, initial=first | (initial or {}))
        for member in people:
            self.fields[f"kind-{member.pk}"] = forms.ChoiceField(
                label=f"计算方法：{member}", choices=DuesBase.Kind.choices
            )
            self.fields[f"amount-{member.pk}"] = _sum(f"基数：{member}")
            self.fields[f"version-{member.pk}"] = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def lines(self):
        for member in self.people:
            yield {"member": member, **{name: self[f"{name}-{member.pk}"] for name in ("kind", "amount", "version")}}

    def entries(self):
        """(member key, kind, amount, version) of the lines with an amount."""
        found = self.cleaned_data
        return [
            (
                member.pk,
                found[f"kind-{member.pk}"],
                found[f"amount-{member.pk}"],
                found.get(f"version-{member.pk}") or 0,
            )
            for member in self.people
            if found.get(f"amount-{member.pk}") is not None
        ]

    def filled(self):
        """(what the lines hold after the pasted or uploaded list, the faults by cell in words)."""
        first = {name: self.data[name] for name in self.fields if name in self.data and name != "pasted"}
        upload, faults = self.files.get("file"), []
        if upload:
            try:
                sheets = read(upload.read(), upload.name)
            except Unreadable as error:
                return first, [str(error)]
            cells = [(f"第 {number} 行", row) for sheet in sheets[:1] for number, row in sheet.rows]
        else:
            lines = self.data.get("pasted", "")[:40_000].splitlines()
            cells = [(f"第 {number} 行", line.split("\t")) for number, line in enumerate(lines, 1)]
        named = {}
        for member in self.people:
            named.setdefault(member.name, []).append(member)
        for where, row in cells[:MOST_ROWS]:
            texts = ["" if cell is None else str(cell).strip() for cell in row] + ["", "", ""]
            name = texts[0].replace("\u3000", "").replace(" ", "")
            if not name or (name == "姓名" and not _amount(texts[1])):
                continue
            if fault := _fault(name, texts, named):
                faults.append(f"{where}：{fault}")
                continue
            key = named[name][0].pk
            first[f"amount-{key}"] = _amount(texts[1])
            first[f"kind-{key}"] = KINDS.get(texts[2]) or first.get(f"kind-{key}") or self.initial[f"kind-{key}"]
        return first, faults


def _fault(name, texts, named):
    if name not in named:
        return f"“{name}”不在本支部今年的名册里"
    if len(named[name]) > 1:
        return f"有 {len(named[name])} 位同名的“{name}”，请直接在下面的表里填"
    if _amount(texts[1]) is None:
        return f"“{texts[1]}”不是金额"
    return f"“{texts[2]}”不认识，请写 工资、离退休 或 定额" if texts[2] and texts[2] not in KINDS else ""


def _amount(text):
    try:
        found = Decimal(text.replace(",", "").replace("，", "").replace("元", ""))
    except InvalidOperation:
        return None
    return found.quantize(Decimal("0.01")) if found.is_finite() and abs(found) < 10**8 else None


def _usual(member):
    is_retired = bool(member.retired_on) or member.staffing == member.Staffing.RETIRED
    return DuesBase.Kind.PENSION if is_retired else DuesBase.Kind.WAGE


class ConsentForm(forms.ModelForm):
    agreed_on = _day("支部同意日期")

    class Meta:
        model = DuesConsent
        fields = ("agreed_on", "basis")

    def clean_basis(self):
        refuse_marked(self.cleaned_data["basis"], "依据")
        return self.cleaned_data["basis"]


class HandoverForm(forms.ModelForm):
    quarter = forms.TypedChoiceField(
        label="季度", coerce=int, choices=[(n, f"第{n}季度") for n in (1, 2, 3, 4)], widget=forms.RadioSelect
    )
    amount = _sum("上缴（元）", required=True)
    handed_on = _day("上缴日期")

    class Meta:
        model = DuesHandover
        fields = ("quarter", "amount", "handed_on")


class ReceiptForm(forms.Form):
    receipt = forms.CharField(label="收据编号", max_length=40, error_messages={"required": "请填写收据编号。"})

    def clean_receipt(self):
        refuse_marked(self.cleaned_data["receipt"], "收据编号")
        return self.cleaned_data["receipt"]


class WaiverForm(forms.ModelForm):
    """From and to which month; the months offered reach from half a year back to a year ahead."""

    amount = _sum("减免后每月交（元）", required=True)

    class Meta:
        model = DuesWaiver
        fields = ("from_month", "to_month", "amount", "reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        this = timezone.localdate().replace(day=1)
        months = [this + relativedelta(months=number) for number in range(-6, 13)]
        choices = [(month.isoformat(), f"{month.year} 年 {month.month} 月") for month in months]
        for name, label in (("from_month", "起始月份"), ("to_month", "截止月份")):
            self.fields[name] = forms.TypedChoiceField(label=label, choices=choices, coerce=date.fromisoformat)

    def clean_reason(self):
        refuse_marked(self.cleaned_data["reason"], "原因")
        return self.cleaned_data["reason"]
