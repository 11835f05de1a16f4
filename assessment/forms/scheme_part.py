"""One indicator and one of its parts: the fields that a rule needs, turned into what the content keeps."""

from django import forms

from assessment.catalogue import source_of, sources
from assessment.drafting import number
from assessment.forms.scheme import STAGES, SeenForm, as_number, as_per_cent, as_share, as_text
from assessment.rule_words import LABELS
from assessment.scheme_check import LONG, METHODS

STEPS, REASONS = 6, 8
WEAK = tuple(sources()["weak_standing"].values.items())
NEEDED = {
    "points": "请写分值。",
    "full": "请写满分线。",
    "zero": "请写零分线。",
    "each": "请写每次扣几分。",
    "at_least": "请写达到多少得满分。",
}


class ItemForm(SeenForm):
    """One indicator in words; how it is scored stands in its parts."""

    code = as_text("代码", LONG["key"])
    label = as_text("名称", LONG["label"])
    dimension = forms.ChoiceField(label="维度")
    clause = as_text("计分办法", LONG["words"], rows=3)
    source = as_text("依据", LONG["words"], rows=2)
    evidence = as_text("佐证", LONG["words"])
    method = forms.ChoiceField(label="查验方式", choices=[(each, each) for each in METHODS])
    who = as_text("谁来评分", LONG["label"], required=False)

    def __init__(self, *args, dimensions, item=None, **kwargs):
        first = {name: item.get(name, "") for name in self.base_fields if name != "seen"} if item else {}
        super().__init__(*args, initial=first | kwargs.pop("initial"), **kwargs)
        self.fields["dimension"].choices = [*dimensions, ("bonus", "加分"), ("veto", "一票否决")]

    def content(self):
        return {name: self.cleaned_data[name].strip() for name in self.base_fields if name != "seen"}


class PartForm(SeenForm):
    """One 评分点. Which of its fields count depends on the rule; the page shows those alone."""

    by = forms.ChoiceField(label="计分规则", choices=list(LABELS.items()))
    key = as_text("代码", LONG["key"])
    label = as_text("名称", LONG["label"])
    points = as_number("分值", required=False)
    fact = forms.ChoiceField(label="由哪项记录计分", required=False)
    waits_for = as_text("没有这类记录时写“……尚未启用”", LONG["label"], required=False)
    late = as_number("迟办一件按几件计", most=1, step="0.1")
    most = as_number("最多记几分")
    full = as_number("达到百分之几得满分", most=1000, step="1")
    zero = as_number("百分之几及以下不得分", most=1000, step="1")
    each = as_number("每次（件）扣几分", step="0.1")
    at_least = as_number("达到多少得满分", most=1_000_000, step="1")
    cap = as_number("最高得几分")
    floor = as_number("最低得几分")
    stages = forms.MultipleChoiceField(
        label="只考核这些学段", choices=[(value, label) for value, label in STAGES if value], required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    because = as_text("写给支部的理由", 60, required=False)

    OF_RULE = {  # rule → the fields that it needs, beside code, name and points
        "share": ("fact", "late", "most", "waits_for", "cap", "floor", "stages"),
        "linear": ("fact", "full", "zero", "waits_for", "cap", "floor", "stages"),
        "minus": ("fact", "each", "waits_for", "cap", "floor", "stages"),
        "per_missing": ("fact", "each", "waits_for", "cap", "floor", "stages"),
        "threshold": ("fact", "at_least", "most", "waits_for", "stages"),
        "step": ("fact", "most", "waits_for", "stages"),
        "manual": ("stages",),
        "cap": ("fact", "because"),
        "veto": ("because",),
    }

    def __init__(self, *args, grades, kind, part=None, by="", **kwargs):
        first = _part_first(part or {}) | {"by": by or (part or {}).get("by", "share")}
        super().__init__(*args, initial=first | kwargs.pop("initial"), **kwargs)
        self.part = part or {}
        rule = (self.data.get("by") if self.is_bound else None) or self.initial["by"]
        self.rule = rule if rule in LABELS else "share"
        best = [("", "不限"), *((grade, grade) for grade in grades)]
        for value, label in WEAK:
            self.fields[f"best_{value}"] = forms.ChoiceField(label=f"{label}的最高等次", choices=best, required=False)
        for place in range(STEPS):
            self.fields[f"step_{place}"] = as_number(f"第 {place + 1} 档：达到", most=1_000_000, step="1")
            self.fields[f"gives_{place}"] = as_number("得几分")
        for place in range(REASONS):
            self.fields[f"reason_{place}"] = as_text(f"第 {place + 1} 种情形", 20, required=False)
            self.fields[f"grade_{place}"] = forms.ChoiceField(label="最高等次", choices=best, required=False)
        for name, words in NEEDED.items():
            if name in self.OF_RULE[self.rule] or (name == "points" and self.scores):
                self.fields[name].required = True
                self.fields[name].error_messages["required"] = words
        none = "请选择" if self.rule == "cap" else "门户还没有这类记录，先列着等"
        self.fields["fact"].choices = [("", none), *_offered(self.rule, kind)]

    @property
    def shown(self):
        return [self[name] for name in self.OF_RULE[self.rule]]

    @property
    def steps(self):
        return (
            [(self[f"step_{place}"], self[f"gives_{place}"]) for place in range(STEPS)] if self.rule == "step" else []
        )

    @property
    def reasons(self):
        rows = [(self[f"reason_{place}"], self[f"grade_{place}"]) for place in range(REASONS)]
        return rows if self.rule == "veto" else []

    @property
    def bests(self):
        return [self[f"best_{value}"] for value, _ in WEAK] if self.rule == "cap" else []

    @property
    def carried(self):
        """What other rules would need: kept unseen, so that a change of the rule loses nothing that was typed."""
        shown = {field.name for field in [*self.shown, *self.bests]} | {"seen", "by", "key", "label"}
        shown |= {field.name for pair in [*self.steps, *self.reasons] for field in pair} | (
            {"points"} if self.scores else set()
        )
        return [self[name] for name in self.fields if name not in shown]

    @property
    def scores(self):
        return self.rule not in ("cap", "veto")

    def clean(self):
        found = self.cleaned_data
        for field in self.carried:
            self.errors.pop(field.name, None)
            found.setdefault(field.name, None)
        if "fact" in self.OF_RULE[self.rule] and not found.get("fact"):
            if self.rule == "cap":
                self.add_error("fact", "请选由哪项记录限定等次。")
            elif not found.get("waits_for") and "fact" not in self.errors:
                self.add_error("fact", "请选一项记录；门户还没有这类记录的，请在下面写明等什么。")
        if self.rule in ("cap", "veto") and not (found.get("because") or "").strip():
            self.add_error("because", "请写支部看到的理由，如“按一票否决条款”。")
        for first, second in [*_pairs("step", "gives", STEPS), *_pairs("reason", "grade", REASONS)]:
            if (found.get(first) in (None, "")) != (found.get(second) in (None, "")):
                self.add_error(second, "这一行要么都填，要么都清空。")
        return found

    def content(self):
        """The part as the content keeps it: only what its rule needs."""
        found, rule = self.cleaned_data, self.rule
        part = {"key": found["key"].strip(), "label": found["label"].strip(), "by": rule}
        part["points"] = number(found["points"]) if self.scores else 0
        source = sources().get(found.get("fact"))
        if source and "fact" in self.OF_RULE[rule]:
            options = source.chosen({name: _kept(found.get(name)) for name in ("late", "most")})
            part |= {"fact": source.path} | ({"options": options} if options else {})
        if self.scores and rule != "manual" and (words := found["waits_for"].strip() or (source and source.waits_for)):
            part["waits_for"] = words
        part |= {
            name: _kept(found[name])
            for name in ("cap", "floor")
            if name in self.OF_RULE[rule] and found[name] is not None
        }
        if found.get("stages") and "stages" in self.OF_RULE[rule]:
            part["stages"] = found["stages"]
        return part | self._of_rule(rule, found, source)

    def _of_rule(self, rule, found, source):
        if rule == "linear":
            return {"full": as_share(found["full"]), "zero": as_share(found["zero"])}
        if rule in ("minus", "per_missing"):
            return {"each": number(found["each"])}
        is_share = source is None or "share" in source.rules
        if rule == "threshold":
            return {"at_least": as_share(found["at_least"]) if is_share else number(found["at_least"])}
        if rule == "step":
            rows = [
                {"at_least": as_share(found[at]) if is_share else number(found[at]), "points": number(found[gives])}
                for at, gives in _pairs("step", "gives", STEPS)
                if found[at] is not None
            ]
            return {"steps": sorted(rows, key=lambda row: row["at_least"], reverse=True)}
        if rule == "cap":
            caps = {value: found[f"best_{value}"] for value, _ in WEAK if found[f"best_{value}"]}
            return {"caps": caps, "because": dict.fromkeys(caps, found["because"].strip())}
        if rule == "veto":
            return {"because": found["because"].strip(), "reasons": self._reasons(found)}
        return {}

    def _reasons(self, found):
        """A reason keeps its key as long as it keeps its name or its line: what was recorded by it stays recorded."""
        known = self.part.get("reasons", [])
        named, taken, rows = {row["label"]: row["key"] for row in known}, set(), []
        lines = [
            (place, found[a].strip(), found[b])
            for place, (a, b) in enumerate(_pairs("reason", "grade", REASONS))
            if found[a]
        ]
        kept = {label for _, label, _ in lines}
        for place, label, grade in lines:
            key = named.get(label)
            if key is None and place < len(known) and known[place]["label"] not in kept:
                key = known[place]["key"]
            if key is None or key in taken:
                key = next(f"r{n}" for n in range(1, 100) if f"r{n}" not in taken and f"r{n}" not in named.values())
            taken.add(key)
            rows.append({"key": key, "label": label, "at_most": grade})
        return rows


def _pairs(one, two, count):
    return [(f"{one}_{place}", f"{two}_{place}") for place in range(count)]


def _kept(value):
    return None if value is None else number(value)


def _offered(rule, kind):
    """The records that fit a rule, grouped by what they are about, each with what it counts."""
    groups = {}
    for source in sources().values():
        if rule in source.rules and kind in source.kinds:
            groups.setdefault(source.group, []).append((source.key, f"{source.label}：{source.counts}"))
    return list(groups.items())


def _part_first(part):
    """What the form shows of a part that is there."""
    options = part.get("options") or {}
    source = source_of(part.get("fact", ""), options)
    is_share = source is None or "share" in source.rules
    shown = as_per_cent if is_share else (lambda value: value)
    because = part.get("because", "")
    first = {
        name: part[name]
        for name in ("key", "label", "points", "waits_for", "each", "cap", "floor", "stages")
        if name in part
    }
    first |= {name: options[name] for name in ("late", "most") if name in options}
    first |= {
        "fact": source.key if source else "",
        "because": next(iter(because.values()), "") if isinstance(because, dict) else because,
    }
    first |= {name: as_per_cent(part[name]) for name in ("full", "zero") if name in part}
    if "at_least" in part:
        first["at_least"] = shown(part["at_least"])
    for place, row in enumerate(part.get("steps", ())):
        first |= {f"step_{place}": shown(row["at_least"]), f"gives_{place}": row["points"]}
    for place, row in enumerate(part.get("reasons", ())):
        first |= {f"reason_{place}": row["label"], f"grade_{place}": row["at_most"]}
    return first | {f"best_{value}": best for value, best in part.get("caps", {}).items()}
