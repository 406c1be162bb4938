"""The link in every update that ends them: a press of its button, or the one click of a mail program (RFC 8058)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.bitmaps import holds
from petition.mail.models import MailState, OwedMail
from petition.mail.suppressed import NEWS
from petition.petitions.models import Petition
from petition.signatures.attempts import SIGNER_OF
from petition.signatures.models import Signature, Signer
from petition.signatures.partner_boxes import untick
from petition.signatures.references import Key, key_of, reference
from petition.updates.models import LEAD, Update
from petition.updates.readers import WANTS_NEWS

PURPOSE = "unsubscribe"


def token(key: Key, sender: int = LEAD) -> str:
    """What stands at the end of the link in an update of that sender."""
    return reference(_purpose(sender), key)


def path(key: Key, sender: int) -> str:
    """Where the link leads."""
    return f"/unsubscribe/{token(key)}" if sender == LEAD else f"/unsubscribe/{sender}/{token(key, sender)}"


def key_in(token: str, sender: int = LEAD) -> Key:
    """The signature's key in a link. Raises NotFound for a link we did not make."""
    return key_of(_purpose(sender), token)


def _purpose(sender: int) -> str:
    return PURPOSE if sender == LEAD else f"{PURPOSE} {sender}"


def petition_of(session: Session, key: Key) -> Petition | None:
    """What the news are about; None when the signature has been erased."""
    found = sa.select(Petition).join(Signature, Signature.petition_id == Petition.id)
    return session.scalar(found.where(Signature.bucket == key[0], Signature.id == key[1]))


def unsubscribe(session: Session, key: Key, sender: int = LEAD) -> None:
    """No more news of this petition from this sender to this address. Can be repeated.

    The address is forgotten, unless another sender may write to it still.
    """
    of_address = sa.select(Signature.petition_id, Signature.address_hash)
    found = session.execute(of_address.where(Signature.bucket == key[0], Signature.id == key[1])).one_or_none()
    if found is None:
        return
    these = sa.and_(
        Signature.bucket == key[0],
        Signature.petition_id == found.petition_id,
        Signature.address_hash == found.address_hash,
        WANTS_NEWS if sender == LEAD else holds(Signature.informed_by, sender),
    )
    ids = session.scalars(sa.select(Signature.id).where(these).with_for_update()).all()
    if sender == LEAD:
        _end_news(session, key[0], ids)
    else:
        untick(session, these, [sender])
        session.flush()
    updates = sa.select(Update).where(Update.petition_id == found.petition_id, Update.sender == sender)
    waiting = sa.update(OwedMail).where(
        OwedMail.bucket == key[0],
        OwedMail.signature_id.in_(ids),
        OwedMail.template == NEWS,
        OwedMail.state == MailState.WAITING,
        OwedMail.content["update"].as_string().in_([update.id.hex for update in session.scalars(updates)]),
    )
    ended = waiting.values(state=MailState.SUPERSEDED, recipient=None, content=sa.null())
    session.execute(ended.execution_options(synchronize_session=False))


def _end_news(session: Session, bucket: int, ids: Sequence[UUID]) -> None:
    no_partner = sa.exists().where(SIGNER_OF, Signature.informed_by.is_(None))
    for change in (
        sa.update(Signature).where(Signature.bucket == bucket, Signature.id.in_(ids)).values(updates=False),
        sa.update(Signer)
        .where(Signer.bucket == bucket, Signer.signature_id.in_(ids), no_partner)
        .values(address=None),
    ):
        session.execute(change.execution_options(synchronize_session=False))
