"""Forgetting: an address, wherever it stands once it is needed no more; and all that names a signer."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from petition.core.clock import now
from petition.core.db import Instant
from petition.core.many_rows import ForEach
from petition.mail.models import MailState, OwedMail
from petition.signatures.models import PLACES, Signature, Signer
from petition.signatures.signing import RECEIPT_SECRET_BYTES

Key = tuple[int, UUID]
"""An attempt's bucket and id."""

ATTEMPT = {"bucket": Signature.__table__.c.bucket.type, "id": Signature.__table__.c.id.type}
IS_WAITING = OwedMail.state == MailState.WAITING
FORGET = ForEach(
    lambda given: (
        sa.update(Signer)
        .where(Signer.bucket == given.c.bucket, Signer.signature_id == given.c.id, Signer.address.is_not(None))
        .values(address=None)
    ),
    **ATTEMPT,
)
EMPTY = ForEach(
    lambda given: (
        sa.update(OwedMail)
        .where(
            OwedMail.bucket == given.c.bucket,
            OwedMail.signature_id == given.c.id,
            OwedMail.recipient.is_not(None),
            OwedMail.state.in_([MailState.DEAD, sa.case((given.c.waiting, MailState.WAITING))]),
        )
        .values(
            recipient=None,
            content=sa.null(),
            state=sa.case((IS_WAITING, MailState.SUPERSEDED), else_=OwedMail.state),
            finished_at=sa.case((IS_WAITING, given.c.at), else_=OwedMail.finished_at),
        )
    ),
    **ATTEMPT,
    waiting=sa.Boolean(),
    at=Instant(),
)
RECEIPT_SECRET = ForEach(
    lambda given: (
        sa.update(Signature)
        .where(Signature.bucket == given.c.bucket, Signature.id == given.c.id)
        .values(receipt_secret=given.c.secret)
    ),
    **ATTEMPT,
    secret=sa.LargeBinary(),
)
of_signers: list[Callable[[Session, Sequence[Key], bool], None]] = []
"""What features above this one forget with signers, in the same transaction, before the rows change.

They get the keys of the signatures, and whether the signatures themselves go or only what names their signers.
"""


def forget_signers(session: Session, keys: Sequence[Key], wholly: bool = False) -> None:
    """Forgets what other tables keep of these signers; whoever calls it deletes their rows, or `wholly` all of them.

    A signature that stays gets another receipt secret: what was made with the former one binds nobody any more.
    """
    for forget in of_signers:
        forget(session, keys, wholly)
    if not wholly:
        anew = [(*key, secrets.token_bytes(RECEIPT_SECRET_BYTES)) for key in keys]
        RECEIPT_SECRET.changed(session.connection(), anew)


def forget_addresses(connection: Connection, attempts: Sequence[Key]) -> int:
    """Takes the address out of these attempts; says how many had one."""
    return FORGET.changed(connection, attempts)


def empty_mails(connection: Connection, attempts: Sequence[tuple[int, UUID, bool]]) -> int:
    """Takes recipient and content out of the letters of these attempts that died; says of how many.

    Where the third part of an attempt says so, also out of what waits to be sent: it is not sent any more.
    """
    at = now()
    return EMPTY.changed(connection, [(*attempt, at) for attempt in attempts])


def counts_at_its_address() -> sa.ColumnElement[bool]:
    """Whether an attempt's address counts on its petition, by this attempt or another."""
    counted = aliased(Signature)
    return sa.exists().where(
        counted.bucket == Signature.bucket,
        counted.petition_id == Signature.petition_id,
        counted.address_hash == Signature.address_hash,
        counted.place.in_(PLACES),
    )
