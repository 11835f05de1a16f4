import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from vault import keys
from vault.keys import KeyProblem, ensure_keys, load, signing_key


@pytest.fixture
def folder(tmp_path):
    ensure_keys(tmp_path / "keys")
    return tmp_path / "keys"


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_first_keys_are_made_for_their_owner_alone(folder):
    assert set(contents(folder)) == {"data-1.key", "index.key", "seal-1.key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(set(contents(folder).values())) == 3


def test_keys_are_made_once(folder):
    before = contents(folder)
    ensure_keys(folder)
    assert contents(folder) == before


def test_two_servers_that_start_at_once_agree(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ensure_keys, [tmp_path / "keys"] * 8))
    assert len(load(tmp_path / "keys").data) == 1


def test_the_newest_data_key_seals_and_every_one_opens(folder):
    for number in (2, 10):
        keys._create(folder / f"data-{number}.key")
    ring = load(folder)
    assert ring.current == "10"
    assert set(ring.data) == {"1", "2", "10"}


@pytest.mark.parametrize("name", ["data-1.key", "index.key"])
def test_a_lost_key_stops_the_start_and_is_not_replaced(folder, name):
    (folder / name).unlink()
    with pytest.raises(KeyProblem, match=f"缺少.*密钥文件：.*{name}"):
        ensure_keys(folder)
    assert name not in contents(folder)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666], ids=oct)
@pytest.mark.parametrize("name", ["data-1.key", "index.key"])
def test_a_key_that_others_can_reach_is_refused(folder, name, mode):
    (folder / name).chmod(mode)
    with pytest.raises(KeyProblem, match=f"chmod 600：.*{name}"):
        load(folder)


DAMAGED = {"empty": "", "short": "ab" * 31, "letters": "zz" * 32, "capitals": "AB" * 32, "long": "ab" * 33}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_key_is_refused(folder, text):
    (folder / "data-1.key").write_text(text)
    with pytest.raises(KeyProblem, match="已损坏"):
        load(folder)


def test_without_a_folder_nothing_starts(tmp_path, settings):
    with pytest.raises(KeyProblem, match="密钥目录不存在"):
        load(tmp_path / "none")
    settings.VAULT_KEY_DIR = None
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("VAULT_KEY_DIR", raising=False)
        with pytest.raises(KeyProblem, match="未设置密钥目录"):
            keys.ring()


def test_the_folder_may_come_from_the_environment(folder, settings, monkeypatch):
    settings.VAULT_KEY_DIR = None
    monkeypatch.setenv("VAULT_KEY_DIR", os.fspath(folder))
    assert keys.ring() == load(folder)


def test_the_problem_is_one_line_that_django_reports_as_its_own(tmp_path):
    with pytest.raises(ImproperlyConfigured) as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_ring_shows_no_key(folder):
    ring = load(folder)
    assert ring.index.hex() not in repr(ring)
    assert repr(ring) == "<KeyRing 1>"


def test_the_signing_key_is_a_key_of_its_own(folder):
    first = signing_key(folder)
    assert first == signing_key(folder) == (folder / "signing.key").read_text().strip()
    (folder / "signing.key").unlink()
    assert signing_key(folder) != first
