"""What a county may decide about a rule, and within which bounds."""

from datetime import date

import pytest

from rulebook import book, limits

LATEST = {key: rows[-1] for key, rows in book.rules().items()}


def test_what_the_files_say_lies_within_the_bounds():
    assert {key for key, rule in LATEST.items() if rule.local and limits.problems(key, rule.value, rule.value)} == set()


def test_every_bound_belongs_to_a_part_of_a_local_rule():
    stray = []
    for key, rows in limits.limits().items():
        if not key.endswith("*"):
            parts = limits.parts(key, LATEST[key].value) if LATEST[key].local else []
            named = {".".join("#" if isinstance(step, int) else step for step in part.path) for part in parts}
            stray += [(key, path) for path in rows if path not in limits.ORDERS and path not in named]

    assert stray == []


def test_only_what_steers_the_program_is_left_out():
    left = {key for key, rule in LATEST.items() if rule.local and not limits.parts(key, rule.value)}

    assert left == {"review.figures", "member.birthday", "training.secretary_kinds"}


@pytest.mark.parametrize(
    ("key", "path", "new", "words"),
    [
        ("rectify.days", (), 0, "1 至 365"), ("rectify.days", (), 366, "1 至 365"), ("rectify.days", (), 30.5, "整数"),
        ("rectify.days", (), True, "是或者否"), ("rectify.days", (), "三十", "数字"), ("rectify.days", (), None, "数字"),
        ("weak.masses_share", (), 0.49, "0.5 至 1"), ("points.card", (), 1, "是或者否"),
        ("honour.model_by", (), "9月30日", "月-日"), ("honour.model_by", (), "13-01", "月-日"),
        ("honour.model_by", (), "06-31", "不是每年都有"), ("honour.model_by", (), "02-29", "不是每年都有"),
        ("duty.school_terms", ("spring",), ["03-01", "06-31"], "不是每年都有"),
        ("duty.school_terms", ("spring",), ["07-15", "03-01"], "从小到大"),
        ("training.certificate", ("pattern",), "证{serial:99999999999d}", "花括号"),
        ("training.certificate", ("pattern",), "证{serial!r}", "花括号"),
        ("appraisal.excellent_share", (), "3/1", "1/3"), ("duty.theme_party_day", ("target",), 32, "1 至 31"),
        ("duty.theme_party_day", ("due",), 20, "不能比前面一项"), ("duty.theme_party_day", ("window",), [28, 20], "从小到大"),
        ("duty.theme_party_day", ("owed_by",), ["school"], "列出的"), ("duty.theme_party_day", ("per",), "week", "系统固定"),
        ("duty.party_lecture", ("per",), "week", "列出的"), ("letter.goal", (), [], "至少填一项"),
        ("letter.goal", (), ["第 {year 年"], "花括号"), ("letter.goal", (), ["{name}"], "花括号"),
        ("training.certificate", ("pattern",), "证〔{year}〕{other}", "花括号"), ("training.certificate", ("pattern",), "", "不能空"),
        ("screening.scale", (1, "at_least"), 95, "不能比前面一项"), ("election.notice_days", (), [30, 60], "从大到小"),
        ("remind.duty", ("source",), "os.system", "系统固定"), ("use.ways", (0, "label"), "", "不能空"),
        ("privacy.notice", ("text",), "字" * 801, "800"),
    ],
)  # fmt: skip
def test_what_lies_outside_is_refused_where_it_stands(key, path, new, words):
    usual = LATEST[key].value

    found = limits.problems(key, limits.put(usual, path, new), usual)

    assert words in found[0][1]


@pytest.mark.parametrize(
    ("key", "path", "new"),
    [
        ("rectify.days", (), 1), ("rectify.days", (), 365), ("weak.masses_share", (), 0.5), ("duty.theme_party_day", ("due",), 31),
        ("duty.theme_party_day", ("owed_by",), []), ("letter.goal", (), ["{year} 年有效"]), ("portal.name", (), "示例党建"),
        ("duty.party_lecture", ("per",), "half"), ("honour.model_by", (), "02-28"),
        ("training.certificate", ("pattern",), "证〔{year}〕{serial:03d}"),
    ],
)  # fmt: skip
def test_what_lies_within_is_taken(key, path, new):
    usual = LATEST[key].value

    assert limits.problems(key, limits.put(usual, path, new), usual) == []


def test_a_value_of_another_shape_is_refused_whole():
    usual = LATEST["ladder.days"].value

    assert limits.problems("ladder.days", {"upper": 7}, usual)
    assert limits.problems("ladder.days", usual | {"more": 1}, usual)
    assert limits.problems("screening.scale", [], LATEST["screening.scale"].value)


def test_putting_a_part_leaves_the_file_as_it_was():
    usual = LATEST["ladder.days"].value

    assert limits.put(usual, ("upper",), 9)["upper"] == 9
    assert usual["upper"] == 7


def test_a_file_beyond_its_own_bounds_is_not_loaded(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("- {key: rectify.days, label: x, value: 0, from: 2020-01-01, source: x, local: true}", "utf-8")

    with pytest.raises(book.BadRule, match="1 至 365"):
        book.load(path)


def test_the_day_of_a_rule_is_a_date():
    assert all(isinstance(rule.since, date) for rule in LATEST.values())
