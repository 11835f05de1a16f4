"""What is kept encrypted: keys, cipher, model field, masks. Django's models are imported only when asked for."""

from importlib import import_module

from vault.cipher import Broken, blind_index, open_bytes, seal, seal_bytes, unseal
from vault.keys import KeyProblem, ensure_keys
from vault.masks import mask_id_number, mask_phone

_FROM_FIELDS = ("Sealed", "SealedTextField", "index_for", "reveal")

__all__ = [
    "Broken",
    "KeyProblem",
    "blind_index",
    "ensure_keys",
    "mask_id_number",
    "mask_phone",
    "open_bytes",
    "seal",
    "seal_bytes",
    "unseal",
    *_FROM_FIELDS,
]


def __getattr__(name):
    if name in _FROM_FIELDS:
        return getattr(import_module("vault.fields"), name)
    raise AttributeError(f"module 'vault' has no attribute {name!r}")
