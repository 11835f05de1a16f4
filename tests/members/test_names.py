"""The keys by which names are found and ordered."""

import pytest

from members.names import LENGTH, keys_of, strokes


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("周明远", "zmy"), ("曾明", "zm"), ("单雄信", "sxx"), ("解珍", "xz"), ("仇英", "qy"), ("区明", "om"), ("查明", "zm"),
        ("翟明", "zm"), ("朴明", "pm"), ("盖明", "gm"), ("任明", "rm"), ("尉迟明", "ycm"), ("万俟明", "mqm"), ("欧阳明", "oym"),
        ("古丽尼格尔·阿卜杜热依木江", "glngeabdrymj"),
    ],
)  # fmt: skip
def test_a_surname_is_read_as_a_surname(name, initials):
    assert keys_of(name)["initials"] == initials


def test_initials_given_by_hand_go_before():
    assert keys_of("单明", "dm")["initials"] == "dm"


@pytest.mark.parametrize(
    "names",
    [
        ["丁一", "卜明", "于明", "王一", "刘备", "张三", "龚自珍"],
        ["于明", "万里", "马军"],  # three strokes each: 横横竖, 横折撇, 折折横
        ["王一", "王芳", "王一一", "王春芳"],
        ["李明", "李一一"],
        ["欧明", "欧大明", "欧阳修"],
        ["杨𣲗", "杨明"],
        ["龚自珍", "John Wu"],
    ],
    ids=["by strokes", "by the kind of stroke", "two given names", "单名在前", "单姓在前", "a rare character", "letters last"],
)  # fmt: skip
def test_the_order_of_strokes(names):
    mixed = names[::-1]
    assert sorted(mixed, key=strokes) == names


def test_namesakes_of_equal_strokes_do_not_mix():
    """土 and 士 are written alike: the code keeps each surname together."""
    assert sorted(["士一", "土二", "士二", "土一"], key=strokes) == ["土一", "土二", "士一", "士二"]


@pytest.mark.parametrize("name", ["", "·", "😀", "𬭼", "买买提" * 16])
def test_any_text_has_a_key_that_fits(name):
    assert len(keys_of(name)["strokes"]) <= LENGTH
    assert len(keys_of(name)["initials"]) <= 50
