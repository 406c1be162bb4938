"""What binds the entries of the audit log together: each holds a hash over itself and the one before it.

Format `petition-audit/1`: the hash of an entry is SHA-256(`petition-audit/1` ‖ 0x00 ‖ hash of the entry before ‖
RFC 8785 canonical JSON of `Entry`). The first follows 32 zero bytes.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785

BEGINNING = bytes(32)
SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """What of an entry is bound. `personal` is the hash of what stands in the erasable side table, if anything."""

    number: int
    at: datetime
    actor: str
    action: str
    object: str
    organisation_id: UUID | None
    details: dict[str, Any]
    personal: bytes | None


def entry_hash(previous: bytes, entry: Entry) -> bytes:
    """The hash of an entry that follows the one with the hash `previous`."""
    plain = asdict(entry) | {
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "organisation_id": entry.organisation_id and str(entry.organisation_id),
        "personal": entry.personal and entry.personal.hex(),
    }
    return hashlib.sha256(b"petition-audit/1\0" + previous + rfc8785.dumps(plain)).digest()


def new_salt() -> bytes:
    """Without it nobody could tell from a hash what was erased, nor find it by trying."""
    return secrets.token_bytes(SALT_BYTES)


def personal_hash(salt: bytes, network: str | None, personal: dict[str, Any]) -> bytes:
    """The hash by which an entry binds its personal details, so that they can be erased and never altered."""
    plain = rfc8785.dumps({"network": network, "personal": personal})
    return hashlib.sha256(b"petition-audit-personal/1\0" + salt + plain).digest()
