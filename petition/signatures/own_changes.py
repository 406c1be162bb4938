"""What signers do to their own signatures: correct, withdraw, erase, take their data along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.keyed_hashes import person_hash
from petition.core.names import same_person_form
from petition.mail.models import OwedMail
from petition.signatures import forgetting
from petition.signatures.attempts import SIGNER_OF, Attempt
from petition.signatures.models import Signature, SignatureState, Signer
from petition.signatures.signing import Wish, consented
from petition.tallies import service as tallies

ALSO_KEPT: dict[str, Callable[[Session, Attempt], Any]] = {}
"""What features above this one keep of a signature, for its owner's download."""


def correct(session: Session, own: Attempt, wish: Wish, language: str, address: Address | None = None) -> None:
    """Changes what a counted signer said; the tally follows the country, in the hour of confirming.

    `updates` needs an address: the one still kept, or one typed again that is this mailbox.
    Raises DomainError when the other signature of this address has that name.
    """
    signature = _locked(session, own.signature)
    if signature.state != SignatureState.CONFIRMED:
        raise DomainError(_("Only a counted signature can be changed."))
    moved = Counter({_counter(signature, wish.country): 1})
    moved.subtract({_counter(signature, signature.country): 1})
    tallies.add(session.connection(), moved)
    wish = wish.among([partner.number for partner in own.petition.partners])
    person = person_hash(signature.address_hash, same_person_form(wish.name))
    _set(own.signer, wish.of_signer | {"address": own.address_to_keep(wish, address)})
    _set(signature, wish.of_signature | consented(language, now()) | {"person_hash": person})
    try:
        session.flush()
    except IntegrityError:
        raise DomainError(_("The other signature of this address already has that name.")) from None


def _locked(session: Session, signature: Signature) -> Signature:
    try:
        session.refresh(signature, with_for_update=True)
    except InvalidRequestError:  # erased by another request, just now
        raise NotFound(_("This link is not known here any more. Please sign again.")) from None
    return signature


def _set(row: Signature | Signer, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _counter(signature: Signature, country: str) -> tuple[UUID, str, datetime]:
    assert signature.confirmed_at is not None
    return signature.petition_id, country, signature.confirmed_at


def withdraw(session: Session, own: Attempt) -> None:
    """Takes a signature back: it no longer counts, its place is free, its address forgotten. Idempotent."""
    signature = _locked(session, own.signature)
    if signature.state == SignatureState.CONFIRMED:
        tallies.add(session.connection(), {_counter(signature, signature.country): -1})
    if signature.state in {SignatureState.CONFIRMED, SignatureState.PENDING}:
        signature.state, signature.ended_at = SignatureState.WITHDRAWN, now()
        signature.place = signature.person_hash = signature.code_hash = None
        signature.updates, signature.informed_by = False, frozenset()
    own.signer.address = None
    forgetting.empty_mails(session.connection(), [(signature.bucket, signature.id, True)])


def erase(session: Session, own: Attempt) -> None:
    """Withdraws, then deletes the signature, and with it every attempt of the same person that does not count.

    Attempts under other names at this address keep their names, but forget the address.
    """
    withdraw(session, own)
    session.flush()
    bucket, others = own.signature.bucket, _other_attempts(session, own)
    person = same_person_form(own.signer.name)
    # Of an expired attempt no name is left.
    ids = [own.signature.id, *(one for one, name in others if name is None or same_person_form(name) == person)]
    left = [(bucket, one) for one, _name in others if one not in ids]
    forgetting.forget_addresses(session.connection(), left)
    forgetting.empty_mails(session.connection(), [(*attempt, True) for attempt in left])
    forgetting.forget_signers(session, [(bucket, one) for one in ids], wholly=True)
    session.expunge(own.signer)
    session.expunge(own.signature)
    for column in (OwedMail.signature_id, Signer.signature_id, Signature.id):
        rows = sa.delete(column.class_).where(column.class_.bucket == bucket, column.in_(ids))
        session.execute(rows.execution_options(synchronize_session=False))


def _other_attempts(session: Session, own: Attempt) -> Sequence[Any]:
    """Attempts of this address and petition that do not count: their ids, and their names while there are any."""
    return session.execute(
        sa.select(Signature.id, Signer.name)
        .outerjoin(Signer, SIGNER_OF)
        .where(
            Signature.bucket == own.signature.bucket,
            Signature.petition_id == own.signature.petition_id,
            Signature.address_hash == own.signature.address_hash,
            Signature.id != own.signature.id,
            Signature.state != SignatureState.CONFIRMED,
        )
    ).all()


def download(session: Session, attempts: list[Attempt]) -> dict[str, Any]:
    """Everything kept of a mailbox's signatures, for its owner (GDPR, Art. 15 and 20)."""
    return {
        "format": "petition-own-data/1",
        "made_at": now().isoformat(),
        "signatures": [
            _own_data(own) | {name: read(session, own) for name, read in ALSO_KEPT.items()} for own in attempts
        ],
    }


def _own_data(own: Attempt) -> dict[str, Any]:
    signature, signer = own.signature, own.signer
    return {
        "petition": {"slug": own.petition.slug, "title": own.petition.title},
        "text": {
            "version": signature.text_version,
            "language": own.petition.texts[signature.text_version - 1].locale,
        },
        "state": signature.state.name.lower(),
        "origin": signature.origin.name.lower(),
        "name": signer.name,
        "country": signature.country,
        "city": signer.city,
        "comment": signer.comment,
        "email": signer.address,
        "email_domain": signature.domain,
        "show_name": signature.show_name,
        "list_name": signature.list_name.name.lower(),
        "updates": signature.updates,
        "informed_by": [one.name for one in own.petition.asked if one.number in signature.informed_by],
        "shared_by": next((one.name for one in own.petition.asked if one.number == signature.via), None),
        "signed_at": signature.created_at.isoformat(),
        "confirmed_at": signature.confirmed_at and signature.confirmed_at.isoformat(),
        "ended_at": signature.ended_at and signature.ended_at.isoformat(),
        "consent": {
            "version": signature.consent_version,
            "language": signature.locale,
            "at": signature.consented_at.isoformat(),
        },
    }
