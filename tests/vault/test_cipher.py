import random

import pytest

from vault import Broken, blind_index, keys, open_bytes, seal, seal_bytes, unseal

HERE = "members_member|phone|5f0c7a52-6c5e-4d1e-9a2b-0d7c2a3f4b11"
ELSEWHERE = {
    "another row": "members_member|phone|0b0e1f7e-1f0a-4b7a-8a44-3f5f5f0d9c22",
    "another column": "members_member|id_number|5f0c7a52-6c5e-4d1e-9a2b-0d7c2a3f4b11",
    "another table": "branches_branch|phone|5f0c7a52-6c5e-4d1e-9a2b-0d7c2a3f4b11",
}


def use_a_second_key(folder):
    keys._create(folder / "data-2.key")
    keys._ring.cache_clear()


@pytest.mark.parametrize("text", ["", "13812345678", "𠮷田敏", "长" * 100_000], ids=["empty", "phone", "rare", "long"])
def test_what_is_sealed_opens_in_its_place(text):
    assert unseal(seal(text, HERE), HERE) == text
    assert open_bytes(seal_bytes(text.encode(), HERE), HERE) == text.encode()


def test_a_token_names_version_algorithm_and_key_and_shows_nothing_else():
    token = seal("13812345678", HERE)
    assert token.split("|")[:3] == ["v1", "A256GCM", "1"]
    assert len(token.split("|")) == 6
    assert "138" not in token.split("|", 3)[3] or seal("13812345678", HERE) != token


def test_the_same_text_never_looks_the_same_twice():
    assert len({seal("13812345678", HERE) for _ in range(100)}) == 100


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_value_moved_elsewhere_does_not_open(place):
    with pytest.raises(Broken, match="不能解开"):
        unseal(seal("13812345678", HERE), place)
    with pytest.raises(Broken):
        open_bytes(seal_bytes(b"13812345678", HERE), place)


def test_ten_thousand_flipped_bits_are_all_refused():
    rng = random.Random(20210701)
    token, data = seal("990277197410260039", HERE).encode(), seal_bytes(b"990277197410260039", HERE)

    def is_refused(sealed, opened):
        altered = bytearray(sealed)
        altered[rng.randrange(len(sealed))] ^= 1 << rng.randrange(8)
        try:
            opened(altered)
        except Broken:
            return True
        return False

    assert all(is_refused(token, lambda altered: unseal(altered.decode("latin-1"), HERE)) for _ in range(10_000))
    assert all(is_refused(data, lambda altered: open_bytes(bytes(altered), HERE)) for _ in range(10_000))


@pytest.mark.parametrize(
    "alter",
    [
        lambda token: "",
        lambda token: "13812345678",
        lambda token: token[:-1],
        lambda token: token + "=",
        lambda token: token + "|",
        lambda token: token.replace("v1", "v2"),
        lambda token: token.replace("|1|", "|2|"),
        lambda token: token.replace("|", "||"),
        lambda token: token + "\n",
        lambda token: "|".join([*token.split("|")[:3], "", "", ""]),
    ],
    ids=["nothing", "plain", "cut", "padded", "longer", "version", "key", "bars", "newline", "hollow"],
)
def test_a_token_written_otherwise_is_refused(alter):
    with pytest.raises(Broken):
        unseal(alter(seal("13812345678", HERE)), HERE)


def test_old_values_open_after_a_new_key_and_new_ones_use_it(key_folder):
    old, old_bytes = seal("13812345678", HERE), seal_bytes(b"a", HERE)
    use_a_second_key(key_folder)
    assert unseal(old, HERE) == "13812345678"
    assert open_bytes(old_bytes, HERE) == b"a"
    assert seal("13812345678", HERE).startswith("v1|A256GCM|2|")


def test_a_token_of_a_lost_key_is_refused(key_folder):
    use_a_second_key(key_folder)
    token = seal("13812345678", HERE)
    (key_folder / "data-2.key").unlink()
    keys._ring.cache_clear()
    with pytest.raises(Broken):
        unseal(token, HERE)


def test_the_blind_index_is_stable_and_tells_purposes_apart(key_folder):
    index = blind_index("members_member|phone", "13812345678")
    assert index == blind_index("members_member|phone", "13812345678")
    assert index != blind_index("members_member|id_number", "13812345678")
    assert index != blind_index("members_member|phone", "13812345679")
    assert len(index) == 64

    use_a_second_key(key_folder)
    assert index == blind_index("members_member|phone", "13812345678")
