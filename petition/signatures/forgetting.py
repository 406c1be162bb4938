"""Forgetting an address: wherever it stands once it is needed no more."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from petition.core.clock import now
from petition.core.retention import deleted
from petition.mail.models import MailState, OwedMail
from petition.signatures.models import PLACES, Signature, SignatureState, Signer

Ids = Collection[UUID]


def once_counted(session: Session, signature: Signature) -> None:
    """Forgets the address of a counted signature, but for its own news.

    No other attempt of the address on that petition keeps it (its page asks again, should news be wished
    for), no letter that died does, and a mail for the link just used is not sent again. Mails still owed to
    other attempts stay: they may be another person's at the same address.
    """
    here = session.execute(
        sa.select(Signature.id, Signature.state).where(
            Signature.bucket == signature.bucket,
            Signature.petition_id == signature.petition_id,
            Signature.address_hash == signature.address_hash,
        )
    ).all()
    pending = [found for found, state in here if state == SignatureState.PENDING]
    forget_in_attempts(session, signature.bucket, pending)
    empty_mails(session, signature.bucket, [found for found, _state in here], MailState.DEAD)
    empty_mails(session, signature.bucket, [signature.id], MailState.WAITING)


def forget_in_attempts(session: Session, bucket: int, ids: Ids) -> int:
    """Takes the address out of these attempts; says how many had one."""
    these = Signer.bucket == bucket, Signer.signature_id.in_(ids), Signer.address.is_not(None)
    return deleted(session, sa.update(Signer).where(*these).values(address=None))


def empty_mails(session: Session, bucket: int, ids: Ids, *states: MailState) -> int:
    """Takes recipient and content out of the mails of these attempts; one that waited is not sent any more."""
    these = OwedMail.bucket == bucket, OwedMail.signature_id.in_(ids)
    waiting = OwedMail.state == MailState.WAITING
    emptied = {
        "recipient": None,
        "content": None,
        "state": sa.case((waiting, MailState.SUPERSEDED), else_=OwedMail.state),
        "finished_at": sa.case((waiting, now()), else_=OwedMail.finished_at),
    }
    full = OwedMail.state.in_(states), OwedMail.recipient.is_not(None)
    return deleted(session, sa.update(OwedMail).where(*these, *full).values(emptied))


def counts_at_its_address() -> sa.ColumnElement[bool]:
    """Whether an attempt's address counts on its petition, by this attempt or another."""
    counted = aliased(Signature)
    return sa.exists().where(
        counted.bucket == Signature.bucket,
        counted.petition_id == Signature.petition_id,
        counted.address_hash == Signature.address_hash,
        counted.place.in_(PLACES),
    )
