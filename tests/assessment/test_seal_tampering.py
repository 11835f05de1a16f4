"""T-SEAL: rows put in, taken out, moved and exchanged, tails cut, whole old databases brought back, everything digested anew."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from assessment import canonical, sealing, verification
from assessment.models import Seal, SealedScore
from tests.assessment.sealed import COUNT, as_owner, finalised, graded_year, sealed, undone
from vault import seal_keys

pytestmark = pytest.mark.django_db
ROWS, SEALS = SealedScore._meta.db_table, Seal._meta.db_table


@pytest.fixture
def seals(settings, tmp_path):
    """Published and final; the heads of both are outside."""
    settings.VAR_DIR = tmp_path
    round = graded_year()
    made = [sealed(round), finalised(round)]
    sealing.keep_heads()
    return made


def told():
    return [str(each) for each in verification.verify(heads=sealing.kept_heads()).findings]


def row(seal, position):
    return seal.scores.get(position=position)


def name(seal, position):
    return f"第 {seal.number} 号封存（2025 年度党支部{seal.get_stage_display()}）第 {position} 行（第{position}小学党支部）"


@pytest.mark.parametrize("position", range(1, COUNT + 1))
def test_each_deleted_row_is_named(seals, position):
    for seal in seals:
        with undone():
            as_owner(f"DELETE FROM {ROWS} WHERE id = %s", [row(seal, position).pk])  # noqa: S608
            assert told() == [f"{name(seal, position)}缺这一行，被删除或移走"]


def test_a_cut_tail_of_rows_is_named(seals):
    as_owner(f"DELETE FROM {ROWS} WHERE seal_id = %s AND position > 2", [seals[0].pk])  # noqa: S608

    assert told() == [f"{name(seals[0], position)}缺这一行，被删除或移走" for position in (3, 4)]


COPY = f"""
    INSERT INTO {ROWS} (seal_id, position, branch_id, inputs, result, digests, digest, signature)
    SELECT seal_id, %s, (SELECT id FROM branches_branch WHERE parent_id IS NULL), inputs, result, digests, digest, signature
    FROM {ROWS} WHERE id = %s
"""  # noqa: S608


def test_a_row_put_in_is_named(seals):
    as_owner(COPY, [COUNT + 1, row(seals[1], 2).pk])
    as_owner(
        f"UPDATE {ROWS} SET digests = '{{}}' WHERE seal_id = %s AND position = %s", [seals[1].pk, COUNT + 1]  # noqa: S608
    )  # fmt: skip

    assert told() == [f"第 2 号封存（2025 年度党支部审定）第 {COUNT + 1} 行是后来插入的"]


@pytest.mark.parametrize(("one", "other"), [(1, 2), (1, COUNT), (2, 3)])
def test_exchanged_texts_are_named_on_both_sides(seals, one, other):
    first, second = row(seals[0], one), row(seals[0], other)
    for column, label in (("inputs", "依据（规范文本）"), ("result", "结果（规范文本）")):
        with undone():
            for mine, theirs in ((first, second), (second, first)):
                as_owner(f"UPDATE {ROWS} SET {column} = %s WHERE id = %s", [getattr(theirs, column), mine.pk])  # noqa: S608
            assert told() == [
                f"{name(seals[0], place)}的“{label}”被改动，现在是第 {owner} 行（第{owner}小学党支部）的"
                for place, owner in ((one, other), (other, one))
            ]


def test_rows_that_changed_places_are_named(seals):
    first, second = row(seals[0], 1), row(seals[0], 3)
    for pk, position in ((first.pk, 99), (second.pk, 1), (first.pk, 3)):
        as_owner(f"UPDATE {ROWS} SET position = %s WHERE id = %s", [position, pk])  # noqa: S608

    assert sorted(told()) == [
        f"{name(seals[0], 1)}的“行号”被改动，现在写的是第 3 行",
        f"{name(seals[0], 3)}的“行号”被改动，现在写的是第 1 行",
    ]


def test_a_row_moved_under_another_seal_is_named_in_both(seals):
    moved = row(seals[0], 2)
    as_owner(f"DELETE FROM {ROWS} WHERE id = %s", [row(seals[1], 2).pk])  # noqa: S608
    as_owner(f"UPDATE {ROWS} SET seal_id = %s WHERE id = %s", [seals[1].pk, moved.pk])  # noqa: S608

    assert told() == [
        f"{name(seals[0], 2)}缺这一行，被删除或移走",
        f"{name(seals[1], 2)}的“封存”被改动，原属第 1 号封存",
        f"{name(seals[1], 2)}缺这一行，被删除或移走",
    ]


def test_a_deleted_seal_is_named(seals):
    seals.append(seal_of_the_next_year())
    sealing.keep_heads()
    as_owner(f"DELETE FROM {ROWS} WHERE seal_id = %s", [seals[1].pk])  # noqa: S608
    as_owner(f"DELETE FROM {SEALS} WHERE id = %s", [seals[1].pk])  # noqa: S608

    assert told() == ["第 2 号封存不见了，整份被删除"]


def seal_of_the_next_year():
    from tests.factories import RoundFactory
    from tests.factories_assessment import SchemeFactory

    return sealed(RoundFactory(year=2026, scheme=SchemeFactory(year=2026), published=True))


def test_a_cut_chain_is_known_by_the_head_outside(seals):
    as_owner(f"DELETE FROM {ROWS} WHERE seal_id = %s", [seals[1].pk])  # noqa: S608
    as_owner(f"DELETE FROM {SEALS} WHERE id = %s", [seals[1].pk])  # noqa: S608
    as_owner("UPDATE assessment_round SET state = 'deciding', final_at = NULL, final_by_id = NULL")

    (words,) = told()
    assert words.startswith("第 2 号封存在库外留有链头，数据库里却没有")


def test_an_old_database_brought_back_whole_is_known(seals):
    for table in (ROWS, SEALS):
        as_owner(f"DELETE FROM {table}")  # noqa: S608

    assert [words.partition("：")[0] for words in told()] == [
        f"第 {number} 号封存在库外留有链头，数据库里却没有" for number in (1, 2)
    ]


def forged(seal, position, change, *, sign=False):
    """As somebody who owns the database and knows how it is done: the row and every digest after it made anew."""
    keys = seal_keys.ring()
    before = sealing.START if position == 1 else row(seal, position - 1).digest
    for each in seal.scores.filter(position__gte=position).order_by("position"):
        if each.position == position:
            change(each)
        each.digests = sealing.digests_of(each, sealing.ROW_COLUMNS) | {"before": before}
        each.digest = before = sealing.digest_of(each.digests)
        signature = keys.sign(sealing.signed(sealing.ROW, each.digest)) if sign else each.signature
        as_owner(
            f"UPDATE {ROWS} SET inputs = %s, result = %s, digests = %s, digest = %s, signature = %s WHERE id = %s",  # noqa: S608
            [each.inputs, each.result, json.dumps(each.digests), each.digest, signature, each.pk],
        )
    seal.digests = sealing.digests_of(seal, sealing.SEAL_COLUMNS) | {"rows": before}
    seal.head = sealing.digest_of(seal.digests)
    if sign:
        seal.signature = keys.sign(sealing.signed(sealing.WHOLE, seal.head))
    as_owner(
        f"UPDATE {SEALS} SET digests = %s, head = %s, signature = %s WHERE id = %s",  # noqa: S608
        [json.dumps(seal.digests), seal.head, seal.signature, seal.pk],
    )


def better(each):
    each.result = each.result.replace('"grade":"不合格"', '"grade":"优秀"')


def test_digests_made_anew_without_the_key_are_known(seals):
    forged(seals[1], 3, better)

    assert told() == [
        "第 2 号封存（2025 年度党支部审定）的签名对不上：内容连同摘要被改写过，或者整份是后来插入的",
        f"{name(seals[1], 3)}的签名对不上：内容连同摘要被改写过",
        f"{name(seals[1], 4)}的签名对不上：内容连同摘要被改写过",
    ]


def test_even_with_the_key_the_head_outside_and_the_inputs_tell(seals):
    forged(seals[1], 2, better, sign=True)

    assert told() == [
        f"{name(seals[1], 2)}按封存的依据重新计算，结果与封存的不同：等次",
        "第 2 号封存与库外留存的链头不符：这一号被整个重做过",
    ]


def test_other_words_with_the_same_figures_are_told_apart(seals):
    def reworded(each):
        result = canonical.data(each.result)
        result["parts"]["PF10"]["reason"] = "从前的说法"
        each.result = canonical.text(result)

    forged(seals[1], 1, reworded, sign=True)
    report = verification.verify()

    assert [each.kind for each in report.breaks] == []
    assert {each.kind for each in report.notes} == {"worded", "unkept"}


def test_other_points_of_a_part_are_named(seals):
    def raised(each):
        result = canonical.data(each.result)
        result["parts"]["PF10"]["points"] = "2.99"
        each.result = canonical.text(result)

    forged(seals[1], 1, raised, sign=True)

    assert f"{name(seals[1], 1)}按封存的依据重新计算，结果与封存的不同：PF10" in told()


def test_texts_that_cannot_be_read_are_told(seals):
    def spoilt(each):
        each.inputs = each.inputs.replace('"facts"', '"fact"')

    forged(seals[1], 1, spoilt, sign=True)

    assert "第 2 号封存（2025 年度党支部审定）的规范文本读不出" in told()


def test_rows_linked_to_another_chain_are_told(seals):
    keys = seal_keys.ring()
    each = row(seals[1], 2)
    each.digests["before"] = sealing.START
    each.digest = sealing.digest_of(each.digests)
    each.signature = keys.sign(sealing.signed(sealing.ROW, each.digest))
    as_owner(
        f"UPDATE {ROWS} SET digests = %s, digest = %s, signature = %s WHERE id = %s",  # noqa: S608
        [json.dumps(each.digests), each.digest, each.signature, each.pk],
    )

    assert told() == [f"{name(seals[1], 2)}与前一行接不上"]


def test_a_seal_linked_to_another_chain_is_told(seals):
    seals[1].previous = sealing.START
    as_owner(f"UPDATE {SEALS} SET previous = %s WHERE id = %s", [sealing.START, seals[1].pk])  # noqa: S608
    forged(seals[1], COUNT, lambda each: None, sign=True)

    assert told() == ["第 2 号封存（2025 年度党支部审定）与上一号接不上：中间有封存被删除、对调或插入"]


@pytest.mark.parametrize(
    ("column", "value", "label", "was"),
    [
        ("year", "2024", "年度", "2025"),
        ("minutes_number", "'纪要〔2026〕3号'", "纪要号", "纪要〔2026〕2号"),
        ("meeting_on", "'2026-01-23'", "工委会议日期", "2026-01-22"),
    ],
)
def test_what_the_round_says_is_held_against_the_seal(seals, column, value, label, was):
    as_owner(f"UPDATE assessment_round SET {column} = {value}")  # noqa: S608

    assert f"第 2 号封存（2025 年度党支部审定）所属年度考核的“{label}”与封存时不同，封存时是 {was}" in told()


def test_a_final_year_that_is_opened_again_by_hand_is_told(seals):
    as_owner("UPDATE assessment_round SET state = 'review', final_at = NULL, final_by_id = NULL")

    assert told() == ["第 2 号封存（2025 年度党支部审定）所属年度考核的“进度”与封存时不同，封存时是 已审定"]


def test_columns_that_hold_nonsense_are_named(seals):
    as_owner(f"UPDATE {ROWS} SET digests = '[]' WHERE id = %s", [row(seals[0], 2).pk])  # noqa: S608
    as_owner(f"UPDATE {SEALS} SET county = 'x', digests = '[]' WHERE id = %s", [seals[1].pk])  # noqa: S608

    words = told()
    assert words[0] == f"{name(seals[0], 2)}的“各列摘要”被改动"
    assert words[1].startswith("第 2 号封存（？ 年度党支部审定）的签名对不上")


def test_a_lost_key_is_told_and_a_kept_public_half_verifies(seals, settings, tmp_path):
    key = seals[0].key_id
    public = seal_keys.exported(key)
    elsewhere = tmp_path / "elsewhere"
    from vault.keys import ensure_keys

    ensure_keys(elsewhere)
    settings.VAULT_KEY_DIR = elsewhere
    assert seal_keys.exported(key) == ""
    words = told()
    assert len(words) == 2
    assert all(f"所用的签名密钥（{key}）不在密钥目录里" in each for each in words)

    (elsewhere / "seal-7.pub").write_text(public + "\n")
    (elsewhere / "seal-7.pub").chmod(0o600)
    seal_keys._ring.cache_clear()
    assert told() == []


def test_the_command_says_what_it_found_and_fails_on_it(seals, capsys):
    call_command("verify_seal")
    assert f"封存完好：2 份、{2 * COUNT} 行；链头 {seals[1].head}" in capsys.readouterr().out
    call_command("verify_seal", "--year", "2024")
    assert "封存完好：2 份、0 行" in capsys.readouterr().out

    as_owner(f"UPDATE {ROWS} SET result = '{{}}' WHERE id = %s", [row(seals[0], 1).pk])  # noqa: S608
    with pytest.raises(CommandError, match="封存有 1 处不符") as stopped:
        call_command("verify_seal")
    assert stopped.value.returncode == 1
    assert "第1小学党支部" in str(stopped.value)


def test_a_head_that_was_not_kept_is_a_note(seals, settings, capsys):
    (settings.VAR_DIR / "seal-heads.log").unlink()

    call_command("verify_seal")

    assert capsys.readouterr().out.count("的链头没有留存在库外") == 2


def test_the_check_tells_how_far_it_is(seals, monkeypatch):
    monkeypatch.setattr(verification, "CHUNK", 3)
    told = []

    verification.verify(progress=lambda *words: told.append(words))

    assert told == [(3, 8, "逐行核对"), (6, 8, "逐行核对")]


def test_the_check_of_no_seals_holds(settings, tmp_path, db):
    settings.VAR_DIR = tmp_path
    assert connection.vendor == "postgresql"
    report = verification.verify(heads=sealing.kept_heads())
    assert (report.seals, report.head, report.findings) == (0, sealing.START, ())
