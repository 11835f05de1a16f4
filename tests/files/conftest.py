import pytest


@pytest.fixture(autouse=True)
def store_folder(tmp_path, settings):
    """A store of this test alone, on a disk that counts as roomy."""
    settings.MEDIA_ROOT = tmp_path / "store"
    settings.FILES_MIN_FREE = 0
    return settings.MEDIA_ROOT
