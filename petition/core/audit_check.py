"""Whether the audit log is whole: nothing in it was changed, removed, moved or put in."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.audit import AuditDetail, AuditEntry, Head, head
from petition.core.audit_chain import BEGINNING, entry_hash, personal_hash
from petition.core.db import unhurried
from petition.core.errors import DomainError

ROWS = 1000
HASH = re.compile("[0-9a-f]{64}")


class ChainBroken(DomainError):
    """The audit log is not what was written; the message names the place."""

    code = "audit_log_changed"


def verify(session: Session, noted: str | None = None) -> Head:
    """Reads the whole chain; returns its end. Raises ChainBroken at the first place that is wrong.

    `noted` is the hash of a former end: whoever rewrote the whole chain since is found by it.
    """
    wanted = _hash(noted) if noted else BEGINNING
    reading = unhurried(session)
    end = head(reading)
    query = sa.select(AuditEntry, AuditDetail).outerjoin(AuditDetail, AuditDetail.number == AuditEntry.number)
    in_order = query.order_by(AuditEntry.number).execution_options(yield_per=ROWS)
    number, previous, met = 0, BEGINNING, wanted == BEGINNING
    with reading.execute(in_order) as rows:
        for entry, detail in rows:
            number, previous = _next(number, previous, entry, detail)
            met = met or previous == wanted
    _compare_ends(number, previous, end)
    if not met:
        raise ChainBroken("the noted hash is not in the log: entries were replaced or removed since it was noted")
    return end


def _hash(text: str) -> bytes:
    tidy = "".join(text.split()).lower()
    if not HASH.fullmatch(tidy):
        raise DomainError("the hash of a head has 64 hexadecimal digits")
    return bytes.fromhex(tidy)


def _next(number: int, previous: bytes, entry: AuditEntry, detail: AuditDetail | None) -> tuple[int, bytes]:
    if entry.number != number + 1:
        raise ChainBroken(f"entry {number + 1} is missing: after entry {number} comes entry {entry.number}")
    if entry_hash(previous, entry.bound) != entry.hash:
        raise ChainBroken(
            f"entry {entry.number} does not follow from what stands before it: it was changed, moved or put in"
        )
    if detail and personal_hash(detail.salt, detail.network, detail.personal) != entry.personal_hash:
        raise ChainBroken(f"the personal details of entry {entry.number} were changed or put in")
    return entry.number, entry.hash


def _compare_ends(number: int, last: bytes, end: Head) -> None:
    if number < end.number:
        raise ChainBroken(f"entry {number + 1} is missing, and all after it: there were {end.number}")
    if number > end.number:
        raise ChainBroken(f"entry {end.number + 1} was put in: the log ends before it")
    if last.hex() != end.hash:
        raise ChainBroken(f"entry {number} is not the one that was written last: it was replaced")
