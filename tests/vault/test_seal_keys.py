"""The keys that sign: made with the others, kept as they are, and never taken for one another."""

import stat

import pytest

from vault import keys, seal_keys
from vault.keys import KeyProblem, ensure_keys


@pytest.fixture
def folder(tmp_path):
    ensure_keys(tmp_path / "keys")
    return tmp_path / "keys"


def test_a_key_is_made_with_the_others_for_its_owner_alone(folder):
    path = folder / "seal-1.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    ensure_keys(folder)
    assert path.read_text() == before


def test_an_older_installation_gets_one(folder):
    (folder / "seal-1.key").unlink()
    with pytest.raises(KeyProblem, match="缺少封存签名密钥文件"):
        seal_keys.load(folder)
    ensure_keys(folder)
    assert seal_keys.load(folder).public


def test_what_was_signed_is_verified_and_nothing_else(folder):
    ring = seal_keys.load(folder)
    signature = ring.sign("甲")

    assert ring.verifies(ring.key_id, signature, "甲")
    assert not ring.verifies(ring.key_id, signature, "乙")
    assert not ring.verifies("0" * 16, signature, "甲")
    assert not ring.verifies(ring.key_id, "zz", "甲")
    assert not ring.verifies(ring.key_id, "00" * 64, "甲")
    assert signature not in repr(ring)
    assert (folder / "seal-1.key").read_text().strip() not in repr(ring)


def test_the_newest_signs_and_every_one_verifies(folder):
    first = seal_keys.load(folder)
    signature = first.sign("甲")
    for number in (2, 10):
        keys._create(folder / f"seal-{number}.key")

    ring = seal_keys.load(folder)

    assert len(ring.public) == 3
    assert ring.key_id != first.key_id
    assert ring.verifies(first.key_id, signature, "甲")


def test_a_public_half_verifies_what_its_key_signed(folder, tmp_path, settings):
    ring = seal_keys.load(folder)
    settings.VAULT_KEY_DIR = folder
    public = seal_keys.exported(ring.key_id)
    ensure_keys(tmp_path / "other")
    (tmp_path / "other/seal-3.pub").write_text(public)
    (tmp_path / "other/seal-3.pub").chmod(0o600)

    other = seal_keys.load(tmp_path / "other")

    assert other.key_id != ring.key_id
    assert other.verifies(ring.key_id, ring.sign("甲"), "甲")
    assert seal_keys.exported("0" * 16) == ""


def test_without_a_folder_nothing_is_signed(settings, monkeypatch):
    settings.VAULT_KEY_DIR = None
    monkeypatch.delenv("VAULT_KEY_DIR", raising=False)
    with pytest.raises(KeyProblem, match="VAULT_KEY_DIR"):
        seal_keys.ring()


def test_an_openly_readable_key_is_refused(folder):
    (folder / "seal-1.key").chmod(0o644)
    with pytest.raises(KeyProblem, match="chmod 600"):
        seal_keys.load(folder)
