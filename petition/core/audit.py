"""Who did what to which object when. Entries are only ever added; each is bound to the one before (`audit_chain`).

What names a person stands in a side table, so that it can be erased without breaking the chain.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import rfc8785
import sqlalchemy as sa
from flask import has_request_context, request
from flask_babel import lazy_gettext as __
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, mapped_column

from petition.core import retention
from petition.core.audit_chain import BEGINNING, Entry, entry_hash, new_salt, personal_hash
from petition.core.clock import now
from petition.core.db import Base, insert

COMMAND_LINE = "command line"
ENDORSER = "endorser"
PROGRAM = "the program"
PERSONAL_LIFE = timedelta(days=365)
APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END",
        "CREATE TRIGGER audit_entry_stays_as_it_is BEFORE UPDATE ON audit_entry"
        " BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RAISE EXCEPTION ''audit entries are never changed or removed''; END'",
        "CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays()",
    ),
}


class AuditEntry(Base):
    """One act. `actor` is an account's id, or `command line`; `details` name nobody: they are kept for ever.

    `personal_hash` binds the row of `audit_detail`, whether that still exists or not.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry_organisation_id_number", "organisation_id", "number"),)

    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(sa.String(80))
    action: Mapped[str] = mapped_column(sa.String(60))
    object: Mapped[str] = mapped_column(sa.String(200))
    organisation_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    personal_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))

    @property
    def bound(self) -> Entry:
        """What its hash is made of."""
        what = self.number, self.at, self.actor, self.action, self.object, self.organisation_id
        return Entry(*what, self.details, self.personal_hash)


class AuditDetail(Base):
    """What of an entry concerns a person: where they were (a /24 or /48 network), whom they acted on. Erasable."""

    __tablename__ = "audit_detail"

    number: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey(AuditEntry.number), primary_key=True, autoincrement=False
    )
    salt: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    network: Mapped[str | None] = mapped_column(sa.String(50))
    personal: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class AuditHead(Base):
    """The end of the chain, in the one row with the id 1: whoever adds an entry holds its lock until the commit."""

    __tablename__ = "audit_head"

    only: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))


for dialect, statements in APPEND_ONLY.items():
    for statement in statements:
        event.listen(AuditEntry.__table__, "after_create", sa.DDL(statement).execute_if(dialect=dialect))


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's number (0: there is none) and its hash in hexadecimal digits: together all entries so far."""

    number: int
    hash: str


def record(
    session: Session,
    actor: str,
    action: str,
    object_: str,
    *,
    organisation_id: UUID | None = None,
    personal: dict[str, Any] | None = None,
    **details: object,
) -> None:
    """Adds an entry, in the transaction of the act itself.

    Call it last: the end of the chain is locked until the commit. The owners of the organisation can read the
    entry. What names a person belongs in `personal`, which is forgotten in time; all values must be JSON.
    """
    session.flush()  # so that the lock on the end of the chain is the last one taken
    number, previous = _locked_head(session)
    network, salt = network_of_request(), new_salt()
    personal = _as_read_again(personal or {})
    bound = personal_hash(salt, network, personal) if network or personal else None
    entry = Entry(number + 1, now(), actor, action, object_, organisation_id, _as_read_again(details), bound)
    hashed = entry_hash(previous, entry)
    session.add(
        AuditEntry(
            number=entry.number,
            at=entry.at,
            actor=actor,
            action=action,
            object=object_,
            organisation_id=organisation_id,
            details=entry.details,
            personal_hash=bound,
            hash=hashed,
        )
    )
    session.flush()
    if bound:
        session.add(AuditDetail(number=entry.number, salt=salt, network=network, personal=personal))
    session.execute(sa.update(AuditHead).values(number=entry.number, hash=hashed))


def _locked_head(session: Session) -> tuple[int, bytes]:
    head = sa.select(AuditHead.number, AuditHead.hash).with_for_update()
    found = session.execute(head).one_or_none()
    if found is None:
        first = insert(session, AuditHead).values(only=1, number=0, hash=BEGINNING)
        session.execute(first.on_conflict_do_nothing())
        found = session.execute(head).one()
    return found.number, found.hash


def _as_read_again(details: dict[str, Any]) -> dict[str, Any]:
    """The details as the database gives them back: lists for tuples."""
    read: dict[str, Any] = json.loads(rfc8785.dumps(details))
    return read


def network_of_request() -> str | None:
    """The network of whoever sent the current request: a /24 or a /48. None outside a request."""
    if not has_request_context():
        return None
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def head(session: Session) -> Head:
    """The end of the chain now."""
    found = session.execute(sa.select(AuditHead.number, AuditHead.hash)).one_or_none()
    return Head(found.number, found.hash.hex()) if found else Head(0, BEGINNING.hex())


def erase(session: Session, number: int) -> bool:
    """Erases the personal details of an entry; False when it has none. The chain stays whole."""
    return bool(retention.deleted(session, sa.delete(AuditDetail).where(AuditDetail.number == number)))


def _forget_personal(transaction: retention.Transaction) -> int:
    with transaction() as session:
        old = sa.select(AuditEntry.number).where(AuditEntry.at < now() - PERSONAL_LIFE)
        return retention.deleted(session, sa.delete(AuditDetail).where(AuditDetail.number.in_(old)))


retention.keeps(
    retention.Rule(
        what=__("Personal details in the audit log: a shortened network address, whom an act was about"),
        why=__("to find out who did what when something went wrong"),
        how_long=__("one year; the entries themselves, which name nobody, stay"),
        purge=_forget_personal,
    )
)
