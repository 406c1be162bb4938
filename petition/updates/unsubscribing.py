"""The link in every update that ends them: a press of its button, or the one click of a mail program (RFC 8058)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.mail.models import MailState, OwedMail
from petition.mail.suppressed import NEWS
from petition.petitions.models import Petition
from petition.signatures.models import Signature, Signer
from petition.signatures.references import Key, key_of, reference

PURPOSE = "unsubscribe"


def token(key: Key) -> str:
    """What stands at the end of the link."""
    return reference(PURPOSE, key)


def key_in(token: str) -> Key:
    """The signature's key in a link. Raises NotFound for a link we did not make."""
    return key_of(PURPOSE, token)


def petition_of(session: Session, key: Key) -> Petition | None:
    """What the news are about; None when the signature has been erased."""
    found = sa.select(Petition).join(Signature, Signature.petition_id == Petition.id)
    return session.scalar(found.where(Signature.bucket == key[0], Signature.id == key[1]))


def unsubscribe(session: Session, key: Key) -> None:
    """No more news of this petition to this address, and the address is forgotten. Can be repeated."""
    of_address = sa.select(Signature.petition_id, Signature.address_hash)
    found = session.execute(of_address.where(Signature.bucket == key[0], Signature.id == key[1])).one_or_none()
    if found is None:
        return
    ids = session.scalars(
        sa.select(Signature.id)
        .where(
            Signature.bucket == key[0],
            Signature.petition_id == found.petition_id,
            Signature.address_hash == found.address_hash,
            sa.text("signature.updates"),
        )
        .with_for_update()
    ).all()
    for change in (
        sa.update(Signature).where(Signature.bucket == key[0], Signature.id.in_(ids)).values(updates=False),
        sa.update(Signer).where(Signer.bucket == key[0], Signer.signature_id.in_(ids)).values(address=None),
        sa.update(OwedMail)
        .where(
            OwedMail.bucket == key[0],
            OwedMail.signature_id.in_(ids),
            OwedMail.template == NEWS,
            OwedMail.state == MailState.WAITING,
        )
        .values(state=MailState.SUPERSEDED, recipient=None, content=sa.null()),
    ):
        session.execute(change.execution_options(synchronize_session=False))
