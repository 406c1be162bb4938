"""Mailed links of accounts: a random handle in a signed token; the database keeps only the handle's hash."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.accounts.models import AddressChange, PasswordReset, Registration
from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.keyed_hashes import keyed_hash, mailbox_hash
from petition.core.tokens import new_handle
from petition.mail import outbox

REGISTER, RESET, NEW_ADDRESS = "account_register", "account_reset", "account_new_address"
"""Each names a sort of link: the purpose of its token and the template of its mail."""
LIFE = {REGISTER: timedelta(days=1), RESET: timedelta(hours=1), NEW_ADDRESS: timedelta(days=1)}
Asked = TypeVar("Asked", Registration, PasswordReset, AddressChange)


def new() -> tuple[bytes, bytes]:
    """A handle for the mail and its hash for the database."""
    handle = new_handle()
    return handle, hash_of(handle)


def hash_of(handle: bytes) -> bytes:
    """What is kept of a handle."""
    return hashlib.sha256(handle).digest()


def mail(session: Session, sort: str, address: Address, handle: bytes, language: str) -> None:
    """Owes the mail with the link. The cap counts these apart, lest other mails use up their room."""
    owe(session, sort, address, {"handle": handle.hex()}, language, about="asked")


def owe(
    session: Session, template: str, address: Address, content: dict[str, str], language: str, *, about: str
) -> None:
    """Owes a mail of an account; `about` names the group in which the cap per address counts it."""
    row = outbox.row(
        template=template,
        locale=language,
        address=address,
        mailbox=mailbox_hash(address.canonical),
        content=content,
        about=UUID(bytes=keyed_hash(f"account mail {about}", address.canonical.encode())),
    )
    outbox.owe_many(session.connection(), [row])


def find(session: Session, sort: str, model: type[Asked], handle: bytes) -> Asked | None:
    """What was asked for with this handle, while its link works."""
    found = session.get(model, hash_of(handle))
    return found if found and found.created_at > earliest(sort) else None


def earliest(sort: str) -> datetime:
    """When the oldest link that still works was asked for."""
    return now() - LIFE[sort]


def spend(session: Session, model: type[Asked], handle: bytes) -> bool:
    """Ends a link; False when somebody else was quicker."""
    gone = session.execute(sa.delete(model).where(model.handle_hash == hash_of(handle)).returning(model.handle_hash))
    return gone.first() is not None
