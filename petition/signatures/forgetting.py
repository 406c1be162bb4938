"""Forgetting an address: wherever it stands once it is needed no more."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from petition.core.clock import now
from petition.core.db import Instant
from petition.core.many_rows import ForEach
from petition.mail.models import MailState, OwedMail
from petition.signatures.models import PLACES, Signature, Signer

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
            sa.or_(OwedMail.state == MailState.DEAD, sa.and_(given.c.waiting, IS_WAITING)),
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
