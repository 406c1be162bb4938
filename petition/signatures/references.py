"""What stands for a signature in pages and links: its key, sealed, for ids of signatures never leave the server."""

from __future__ import annotations

from uuid import UUID

from petition.core.errors import NotFound
from petition.core.sealing import SealBroken, seal, unseal

Key = tuple[int, UUID]
"""A signature's bucket and id."""


def reference(purpose: str, key: Key) -> str:
    """The sealed key, safe in a URL. What was made for one purpose opens nothing else."""
    return seal(purpose, f"{key[0]:02x}{key[1].hex}").rstrip("=")


def key_of(purpose: str, reference: str) -> Key:
    """The key in a reference. Raises NotFound for one that we did not make."""
    try:
        opened = unseal(purpose, reference + "=" * (-len(reference) % 4))
        return int(opened[:2], 16), UUID(opened[2:])
    except (SealBroken, ValueError):
        raise NotFound from None
