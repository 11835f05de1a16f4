"""How a scheme's rules are said in an office's words: for the pages, the papers and the comparison of two schemes."""

from decimal import Decimal

from assessment.catalogue import source_of

LABELS = {
    "share": "按完成比例得分",
    "linear": "两条线之间按比例得分",
    "minus": "每计一次扣分",
    "per_missing": "每缺一件扣分",
    "threshold": "达到标准得满分",
    "step": "分档得分",
    "manual": "考评组评定",
    "cap": "按记录限定等次",
    "veto": "一票否决，限定等次",
}


def plain(number):
    """3.60 → 3.6, 8.0 → 8; what is no number as it stands there."""
    try:
        return f"{Decimal(str(number)).normalize():f}"
    except ArithmeticError:
        return str(number)


def per_cent(number):
    """0.9 → 90%; a number that is no share, and text, as it stands there."""
    try:
        share = Decimal(str(number))
    except ArithmeticError:
        return str(number)
    return f"{plain(share * 100)}%" if abs(share) <= 10 else plain(share)


def amount(number, source):
    """A line of a threshold or step: a share of what was owed, or a plain number with its unit."""
    if source is None:
        return plain(number)
    return per_cent(number) if "share" in source.rules else f"{plain(number)} {source.unit}"


def how(part):
    """One part's rule as a sentence without its full stop. The part need not be sound: a draft is shown as it is."""
    source = source_of(part.get("fact") or "", part.get("options") or {})
    said = _SAID.get(part.get("by"), lambda part, source: "计分规则未定")(part, source)
    for name, words in (("late", "迟办一件按 {} 件计"), ("most", "最多记 {} 分")):
        if name in (part.get("options") or {}):
            said += f"；{words.format(plain(part['options'][name]))}"
    if part.get("floor"):
        said += f"；最低 {plain(part['floor'])} 分"
    if "cap" in part:
        said += f"；最高 {plain(part['cap'])} 分"
    return said


def _each(part, words):
    return f"{words} {plain(part.get('each', '—'))} 分，扣完为止"


def _steps(part, source):
    rows = sorted(part.get("steps", ()), key=lambda row: row.get("at_least", 0), reverse=True)
    said = "，".join(f"{amount(row.get('at_least'), source)} 以上得 {plain(row.get('points'))} 分" for row in rows)
    return f"{said}，其余不得分"


def _caps(part, source):
    values = source.values if source else {}
    return "，".join(f"{values.get(value, value)}的最高{grade}" for value, grade in part.get("caps", {}).items())


def _reasons(part, source):
    said = "；".join(f"{row.get('label')}的最高{row.get('at_most')}" for row in part.get("reasons", ()))
    return f"{said}；由两人确认并注明文号"


_SAID = {
    "share": lambda part, source: "按完成比例得分",
    "linear": lambda part, source: (
        f"达到 {per_cent(part.get('full', '—'))} 得满分，{per_cent(part.get('zero', '—'))} 及以下不得分，之间按比例得分"
    ),
    "minus": lambda part, source: _each(part, f"每{source.unit if source else '次'}扣"),
    "per_missing": lambda part, source: _each(part, f"每缺 1 {source.unit if source else '件'}扣"),
    "threshold": lambda part, source: f"达到 {amount(part.get('at_least', '—'), source)} 得满分，达不到不得分",
    "step": _steps,
    "manual": lambda part, source: "考评组评定",
    "cap": _caps,
    "veto": _reasons,
}


def what(part):
    """What a part counts, by the catalogue; of one that no record tells, that people judge it."""
    if part.get("by") in ("manual", "veto"):
        return ""
    source = source_of(part.get("fact") or "", part.get("options") or {})
    if source:
        return source.label
    return f"{part['waits_for']}（门户还没有这类记录）" if part.get("waits_for") else part.get("fact", "")
