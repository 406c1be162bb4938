"""Forgetting an address: wherever it stands once it is needed no more."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from petition.core.clock import now
from petition.mail.models import MailState, OwedMail
from petition.signatures.models import Signature, SignatureState, Signer

Ids = sa.Select[UUID]


def once_counted(session: Session, signature: Signature) -> None:
    """Forgets the address of a counted signature, but for its own news.

    No other attempt of the address on that petition keeps it (its page asks again, should news be wished
    for), no letter that died does, and a mail for the link just used is not sent again. Mails still owed to
    other attempts stay: they may be another person's at the same address.
    """
    here = (
        Signature.bucket == signature.bucket,
        Signature.petition_id == signature.petition_id,
        Signature.address_hash == signature.address_hash,
    )
    forget_in_attempts(
        session, signature.bucket, sa.select(Signature.id).where(*here, Signature.state == SignatureState.PENDING)
    )
    empty_mails(session, signature.bucket, sa.select(Signature.id).where(*here), MailState.DEAD)
    own = sa.select(Signature.id).where(Signature.bucket == signature.bucket, Signature.id == signature.id)
    empty_mails(session, signature.bucket, own, MailState.WAITING, MailState.DEAD)


def forget_in_attempts(session: Session, bucket: int, ids: Ids) -> int:
    """Takes the address out of these attempts; says how many had one."""
    forgotten = session.execute(
        sa.update(Signer)
        .where(Signer.bucket == bucket, Signer.signature_id.in_(ids), Signer.address.is_not(None))
        .values(address=None)
        .execution_options(synchronize_session=False)
    )
    return int(forgotten.rowcount)  # type: ignore[attr-defined]


def empty_mails(session: Session, bucket: int, ids: Ids, *states: MailState) -> int:
    """Takes recipient and content out of the mails of these attempts; one that waited is not sent any more."""
    waiting = OwedMail.state == MailState.WAITING
    emptied = session.execute(
        sa.update(OwedMail)
        .where(
            OwedMail.bucket == bucket,
            OwedMail.signature_id.in_(ids),
            OwedMail.state.in_(states),
            OwedMail.recipient.is_not(None),
        )
        .values(
            recipient=None,
            content=None,
            state=sa.case((waiting, MailState.SUPERSEDED), else_=OwedMail.state),
            finished_at=sa.case((waiting, now()), else_=OwedMail.finished_at),
        )
        .execution_options(synchronize_session=False)
    )
    return int(emptied.rowcount)  # type: ignore[attr-defined]


def attempts_at_counted_addresses(bucket: int) -> Ids:
    """Pending attempts of addresses that count on their petition already: made after, they keep no address."""
    counted = aliased(Signature)
    at_same_address = sa.exists().where(
        counted.bucket == Signature.bucket,
        counted.petition_id == Signature.petition_id,
        counted.address_hash == Signature.address_hash,
        counted.place.is_not(None),
    )
    return sa.select(Signature.id).where(
        Signature.bucket == bucket, Signature.state == SignatureState.PENDING, at_same_address
    )
