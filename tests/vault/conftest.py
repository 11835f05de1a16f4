import pytest

from vault.keys import ensure_keys


@pytest.fixture(autouse=True)
def key_folder(tmp_path, settings):
    """Keys of this test alone."""
    settings.VAULT_KEY_DIR = tmp_path / "vault-keys"
    ensure_keys(settings.VAULT_KEY_DIR)
    return settings.VAULT_KEY_DIR
