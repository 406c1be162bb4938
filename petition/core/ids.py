"""Identifiers: UUIDs of version 7 (RFC 9562), ordered by time, with no sequence to share between machines."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()
