"""The signer's own page: reached by a mailed link or after confirming; correct, choose, withdraw, erase."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.keyed_hashes import bucket_of_hash, keyed_hash, mailbox_hash, person_hash, signature_hash
from petition.core.names import same_person_form
from petition.core.tokens import new_handle
from petition.mail import outbox
from petition.mail.models import OwedMail
from petition.petitions.models import Petition
from petition.signatures.confirming import Attempt, Confirmation, Outcome
from petition.signatures.models import OwnPageLink, OwnPageSession, Signature, SignatureState, Signer
from petition.signatures.signing import Wish
from petition.tallies import service as tallies

LINK_LIFE = timedelta(hours=24)
SESSION_LIFE = timedelta(minutes=30)
MAIL = "own_page"
SHOWN_STATES = (SignatureState.PENDING, SignatureState.CONFIRMED, SignatureState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose own page it is: a whole mailbox, or one address on one petition."""

    mailbox_hash: bytes | None = None
    petition_id: UUID | None = None
    address_hash: bytes | None = None

    def hashes(self, session: Session) -> list[tuple[UUID, bytes]]:
        """The owner's address hash on every petition there is to look at."""
        if self.petition_id is not None and self.address_hash is not None:
            return [(self.petition_id, self.address_hash)]
        assert self.mailbox_hash is not None
        return [(one, signature_hash(self.mailbox_hash, one)) for one in session.scalars(sa.select(Petition.id))]


def ask_link(session: Session, address: Address, locale: str) -> None:
    """Owes a mail with a link to the own page: the same two INSERTs for every address."""
    handle = new_handle()
    mailbox = mailbox_hash(address.canonical)
    session.execute(sa.insert(OwnPageLink).values(handle=handle, mailbox_hash=mailbox, created_at=now()))
    outbox.owe(session, template=MAIL, locale=locale, address=address, content={"handle": handle.hex()})


def owner_of_link(session: Session, handle: bytes) -> Owner:
    """Whose link it is. Raises NotFound after a day."""
    link = session.get(OwnPageLink, handle)
    if link is None or now() - link.created_at > LINK_LIFE:
        raise NotFound(_("This link has expired. Ask for a new one."))
    return Owner(mailbox_hash=link.mailbox_hash)


def owner_of_attempt(attempt: Attempt) -> Owner:
    """Whoever used the mailed link of an attempt: the address it was mailed to, on its petition."""
    return Owner(petition_id=attempt.petition.id, address_hash=attempt.signature.address_hash)


def opens(attempt: Attempt, confirmation: Confirmation) -> bool:
    """Whether using the mailed link opens the own page: not when it ended, nor a day after it was counted."""
    if confirmation.outcome == Outcome.COUNTED:
        confirmed_at = attempt.signature.confirmed_at
        return confirmed_at is not None and now() - confirmed_at < LINK_LIFE
    return confirmation.outcome in {Outcome.ALREADY, Outcome.FULL}


def start_session(session: Session, owner: Owner) -> str:
    """Opens thirty minutes on the own page; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(OwnPageSession(token_hash=_hash(token), expires_at=now() + SESSION_LIFE, **asdict(owner)))
    return token


def owner_of_session(session: Session, token: str | None) -> Owner | None:
    """Whose own page a cookie's token opens, if its half hour is not over."""
    found = session.get(OwnPageSession, _hash(token)) if token else None
    if found is None or found.expires_at <= now():
        return None
    return Owner(found.mailbox_hash, found.petition_id, found.address_hash)


def end_session(session: Session, token: str | None) -> None:
    """Closes the own page; none is no error."""
    session.execute(sa.delete(OwnPageSession).where(OwnPageSession.token_hash == _hash(token or "")))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def own_signatures(session: Session, owner: Owner) -> list[Attempt]:
    """Everything an owner has signed and that still names somebody, newest first."""
    found: list[Attempt] = []
    hashes = owner.hashes(session)
    for start in range(0, len(hashes), 200):
        keys = [(bucket_of_hash(hashed), pid, hashed) for pid, hashed in hashes[start : start + 200]]
        rows = session.execute(
            sa.select(Signature, Signer, Petition)
            .join(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
            .join(Petition, Petition.id == Signature.petition_id)
            .where(
                sa.tuple_(Signature.bucket, Signature.petition_id, Signature.address_hash).in_(keys),
                Signature.state.in_(SHOWN_STATES),
            )
        )
        found += [Attempt(*row) for row in rows]
    return sorted(found, key=lambda own: own.signature.created_at, reverse=True)


def reference(token: str, own: Attempt) -> str:
    """What an own page calls a signature by, in one session: ids never leave the server."""
    return keyed_hash("own page", token.encode(), own.signature.id.bytes).hex()


def find_own(session: Session, owner: Owner, token: str, ref: str) -> Attempt:
    """The owner's signature of that reference. Raises NotFound: there is no way to another's."""
    for own in own_signatures(session, owner):
        if secrets.compare_digest(reference(token, own), ref):
            return own
    raise NotFound(_("This signature is not here any more."))


def correct(session: Session, own: Attempt, wish: Wish, address: Address | None = None) -> None:
    """Changes what a counted signer said; the tally follows the country, in the hour of confirming.

    `updates` needs an address: the one still kept, or one typed again that is this mailbox.
    Raises DomainError when the other signature of this address has that name.
    """
    signature = _locked(session, own.signature)
    if signature.state != SignatureState.CONFIRMED:
        raise DomainError(_("Only a counted signature can be changed."))
    if wish.updates and address is not None:
        _check_mailbox(signature, address)
        own.signer.address = address.exact
    if wish.updates and own.signer.address is None:
        raise DomainError(_("To get news, type your e-mail address again: we have forgotten it."))
    if not wish.updates:
        own.signer.address = None
    assert signature.confirmed_at is not None
    changes = Counter({(signature.petition_id, wish.country, signature.confirmed_at): 1})
    changes.subtract({(signature.petition_id, signature.country, signature.confirmed_at): 1})
    own.signer.name, own.signer.city, own.signer.comment = wish.name, wish.city, wish.comment
    signature.country, signature.show_name = wish.country, wish.show_name
    signature.list_name, signature.updates = wish.list_name, wish.updates
    signature.person_hash = person_hash(signature.address_hash, same_person_form(wish.name))
    try:
        session.flush()
    except IntegrityError:
        raise DomainError(_("The other signature of this address already has that name.")) from None
    tallies.add(session, changes)


def _check_mailbox(signature: Signature, address: Address) -> None:
    typed = signature_hash(mailbox_hash(address.canonical), signature.petition_id)
    if not secrets.compare_digest(typed, signature.address_hash):
        raise DomainError(_("That is not the address you signed with."))


def _locked(session: Session, signature: Signature) -> Signature:
    session.refresh(signature, with_for_update=True)
    return signature


def withdraw(session: Session, own: Attempt) -> None:
    """Takes a counted signature back: it no longer counts, and its place is free. Idempotent."""
    signature = _locked(session, own.signature)
    own.signer.address = None
    if signature.state == SignatureState.CONFIRMED:
        assert signature.confirmed_at is not None
        tallies.add(session, Counter({(signature.petition_id, signature.country, signature.confirmed_at): -1}))
    if signature.state in {SignatureState.CONFIRMED, SignatureState.PENDING}:
        signature.state, signature.ended_at = SignatureState.WITHDRAWN, now()
        signature.place = signature.person_hash = signature.code_hash = None
        signature.updates = False


def erase(session: Session, own: Attempt) -> None:
    """Withdraws, then deletes the signature, and with it every attempt of the same person that never counted."""
    withdraw(session, own)
    session.flush()
    for attempt in (own, *_other_attempts(session, own)):
        key = attempt.signature.bucket, attempt.signature.id
        session.execute(sa.delete(OwedMail).where(OwedMail.bucket == key[0], OwedMail.signature_id == key[1]))
        session.delete(attempt.signer)
        session.flush()
        session.delete(attempt.signature)
    session.flush()


def _other_attempts(session: Session, own: Attempt) -> Iterator[Attempt]:
    rows = session.execute(
        sa.select(Signature, Signer)
        .join(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
        .where(
            Signature.bucket == own.signature.bucket,
            Signature.petition_id == own.signature.petition_id,
            Signature.address_hash == own.signature.address_hash,
            Signature.id != own.signature.id,
            Signature.state != SignatureState.CONFIRMED,
        )
    ).all()
    person = same_person_form(own.signer.name)
    same = [row for row in rows if same_person_form(row[1].name) == person]
    return (Attempt(signature, signer, own.petition) for signature, signer in same)


def download(attempts: list[Attempt]) -> dict[str, Any]:
    """Everything kept of a mailbox's signatures, for its owner (GDPR, Art. 15 and 20)."""
    return {
        "format": "petition-own-data/1",
        "made_at": now().isoformat(),
        "signatures": [
            {
                "petition": {"slug": own.petition.slug, "title": own.petition.title},
                "state": own.signature.state.name.lower(),
                "name": own.signer.name,
                "country": own.signature.country,
                "city": own.signer.city,
                "comment": own.signer.comment,
                "email": own.signer.address,
                "email_domain": own.signature.domain,
                "show_name": own.signature.show_name,
                "list_name": own.signature.list_name.name.lower(),
                "updates": own.signature.updates,
                "signed_at": own.signature.created_at.isoformat(),
                "confirmed_at": own.signature.confirmed_at and own.signature.confirmed_at.isoformat(),
                "text_version": own.signature.text_version,
                "consent": {"version": own.signature.consent_version, "language": own.signature.locale},
            }
            for own in attempts
        ],
    }
