"""Hashes by which an address, a name or a network is known again without being kept.

All are HMAC-SHA-256 under the address key, cut to 16 bytes: long enough that two never meet by chance,
and without the key nobody can try addresses against a stolen database.
"""

from __future__ import annotations

import functools
import hmac
import ipaddress
from collections.abc import Callable
from uuid import UUID

from flask import current_app

from petition.core.db import BUCKETS

HASH_BYTES = 16

KeyedHash = Callable[..., bytes]


def keyed_hash(purpose: str, *parts: bytes) -> bytes:
    """16 bytes that stand for the parts, under the address key. The purpose keeps uses apart."""
    return hash_for_many()(purpose, *parts)


def hash_for_many() -> KeyedHash:
    """`keyed_hash` with the key already looked up and begun with, which takes longer than the hash itself."""
    return _begun_with(current_app.config["ADDRESS_KEY"])


@functools.lru_cache(4)
def _begun_with(key: str) -> KeyedHash:
    return functools.partial(_digest, hmac.new(key.encode(), digestmod="sha256"))


def _digest(begun: hmac.HMAC, purpose: str, *parts: bytes) -> bytes:
    """Not `hmac.digest`: it lets other threads go first each time, which costs a busy process its turn."""
    code = begun.copy()
    code.update(b"\x00".join([purpose.encode(), *[len(part).to_bytes(4, "big") + part for part in parts]]))
    return code.digest()[:HASH_BYTES]


def mailbox_hash(canonical_address: str, keyed: KeyedHash = keyed_hash) -> bytes:
    """Stands for an address over all petitions. Kept only with mail and sessions, never with a signature."""
    return keyed("mailbox", canonical_address.encode())


def signature_hash(mailbox: bytes, petition_id: UUID, keyed: KeyedHash = keyed_hash) -> bytes:
    """Stands for an address on one petition, made from its `mailbox_hash`.

    Two petitions' hashes of one address cannot be matched without the key.
    """
    return keyed("signature", petition_id.bytes, mailbox)


def bucket_of_hash(address_hash: bytes) -> int:
    """The bucket (0–63) of everything that belongs to this hash."""
    return address_hash[0] % BUCKETS


def person_hash(address_hash: bytes, same_person_form: str, keyed: KeyedHash = keyed_hash) -> bytes:
    """Stands for one name at one address on one petition."""
    return keyed("person", address_hash, same_person_form.encode())


def code_hash(address_hash: bytes, code: str, keyed: KeyedHash = keyed_hash) -> bytes:
    """What is kept of a typed code."""
    return keyed("code", address_hash, code.encode())


def network_hash(remote_address: str | None) -> bytes:
    """Stands for where a request came from: an IPv4 address, or the /64 that one IPv6 line is given."""
    try:
        address = ipaddress.ip_address(remote_address or "")
    except ValueError:
        return keyed_hash("network", b"unknown")
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return keyed_hash("network", address.ipv4_mapped.packed)
        return keyed_hash("network", address.packed[:8])
    return keyed_hash("network", address.packed)
