"""Confirming: the mailed link or the typed code makes a pending signature count, once."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition.core import limits
from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import NotFound
from petition.core.keyed_hashes import (
    bucket_of_hash,
    code_hash,
    keyed_hash,
    mailbox_hash,
    person_hash,
    signature_hash,
)
from petition.core.names import same_person_form
from petition.core.tokens import bucket_of
from petition.petitions.models import PUBLIC_STATES, Petition
from petition.petitions.service import takes_signatures
from petition.signatures.models import Signature, SignatureState, Signer
from petition.signatures.signing import Wish, tidy_code
from petition.tallies import service as tallies

LINK_LIFE = timedelta(days=14)
PLACES = (1, 2)
RACES = 5


class Outcome(enum.StrEnum):
    """What pressing the button came to."""

    COUNTED = "counted"
    ALREADY = "already"  # this person has signed before, by another link
    FULL = "full"  # two other people have signed with this address
    CLOSED = "closed"
    ENDED = "ended"  # expired, withdrawn or invalidated since


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The outcome, the names already counted on this address when there are any, and the total after it."""

    outcome: Outcome
    names: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One pending (or formerly pending) signature, found by its own link or code."""

    signature: Signature
    signer: Signer
    petition: Petition

    @property
    def ended(self) -> bool:
        """Whether the link can no longer make it count."""
        if self.signature.state == SignatureState.PENDING:
            return now() - self.signature.created_at > LINK_LIFE
        return self.signature.state != SignatureState.CONFIRMED

    @property
    def wish(self) -> Wish:
        """What was filled in on signing."""
        return Wish(
            name=self.signer.name,
            country=self.signature.country,
            city=self.signer.city,
            comment=self.signer.comment,
            show_name=self.signature.show_name,
            list_name=self.signature.list_name,
            updates=self.signature.updates,
        )


def find(session: Session, handle: bytes) -> Attempt:
    """The attempt that a mailed link belongs to. Raises NotFound when it was forgotten meanwhile."""
    row = session.execute(
        sa.select(Signature, Signer, Petition)
        .join(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
        .join(Petition, Petition.id == Signature.petition_id)
        .where(Signature.bucket == bucket_of(handle), Signature.handle == handle)
    ).one_or_none()
    if row is None:
        raise NotFound(_("This link is not known here any more. Please sign again."))
    return Attempt(*row)


def find_by_code(session: Session, address: Address, code: str, network: bytes) -> bytes:
    """The handle of the attempt at this address whose mail held this code.

    Five tries an hour for one address from one network: a stranger elsewhere cannot use them up.
    Raises TooMany or NotFound.
    """
    mailbox = mailbox_hash(address.canonical)
    limits.hit_always(limits.CODE_TRIES, "code", keyed_hash("tries", mailbox, network).hex())
    petitions = session.scalars(sa.select(Petition.id).where(Petition.state.in_(PUBLIC_STATES)))
    for petition_id in petitions:
        hashed = signature_hash(mailbox, petition_id)
        handle = session.scalar(
            sa.select(Signature.handle).where(
                Signature.bucket == bucket_of_hash(hashed),
                Signature.petition_id == petition_id,
                Signature.address_hash == hashed,
                Signature.code_hash == code_hash(hashed, tidy_code(code)),
            )
        )
        if handle:
            return handle
    raise NotFound(_("This address and code do not belong together. Look at the newest mail from us."))


def confirm(session: Session, attempt: Attempt, wish: Wish) -> Confirmation:
    """Makes the attempt count, with the fields as they were on the confirm page. Idempotent.

    Two links of one person, or the links of three people at one address, may be confirmed at the same
    moment: the unique keys decide, and the loser looks again.
    """
    for _race in range(RACES):
        try:
            with session.begin_nested():
                return _confirm_once(session, attempt, wish)
        except IntegrityError:
            session.expire_all()
    raise AssertionError("the unique keys kept refusing what they do not hold")


def _confirm_once(session: Session, attempt: Attempt, wish: Wish) -> Confirmation:
    signature, petition = attempt.signature, attempt.petition
    if signature.state == SignatureState.CONFIRMED:
        return Confirmation(Outcome.COUNTED, (attempt.signer.name,), tallies.count(session, petition.id).total)
    if attempt.ended:
        return Confirmation(Outcome.ENDED)
    if not takes_signatures(petition):
        return Confirmation(Outcome.CLOSED)
    person = person_hash(signature.address_hash, same_person_form(wish.name))
    others = _counted_on_address(session, signature)
    same = [name for other, name in others if other.person_hash == person]
    if same or len(others) >= len(PLACES):
        _forget_needless_address(session, signature)
        outcome = Outcome.ALREADY if same else Outcome.FULL
        return Confirmation(outcome, tuple(same or [name for _other, name in others]))
    place = next(place for place in PLACES if all(other.place != place for other, _name in others))
    if not _count(session, attempt, wish, place, person):
        session.refresh(signature)
        return _confirm_once(session, attempt, wish)
    return Confirmation(Outcome.COUNTED, (wish.name,), tallies.count(session, petition.id).total)


def _counted_on_address(session: Session, signature: Signature) -> list[tuple[Signature, str]]:
    rows = session.execute(
        sa.select(Signature, Signer.name)
        .join(Signer, sa.and_(Signer.bucket == Signature.bucket, Signer.signature_id == Signature.id))
        .where(
            Signature.bucket == signature.bucket,
            Signature.petition_id == signature.petition_id,
            Signature.address_hash == signature.address_hash,
            Signature.place.is_not(None),
        )
        .order_by(Signature.place)
    )
    return [(other, name) for other, name in rows]


def _count(session: Session, attempt: Attempt, wish: Wish, place: int, person: bytes) -> bool:
    """Turns pending into confirmed and moves the tally; False when another request was first."""
    signature, at = attempt.signature, now()
    keeps_address = wish.updates and attempt.signer.address is not None
    turned = session.execute(
        sa.update(Signature)
        .where(
            Signature.bucket == signature.bucket,
            Signature.id == signature.id,
            Signature.state == SignatureState.PENDING,
        )
        .values(
            state=SignatureState.CONFIRMED,
            confirmed_at=at,
            place=place,
            person_hash=person,
            code_hash=None,
            country=wish.country,
            show_name=wish.show_name,
            list_name=wish.list_name,
            updates=keeps_address,
        )
        .returning(Signature.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not turned:
        return False
    session.execute(
        sa.update(Signer)
        .where(Signer.bucket == signature.bucket, Signer.signature_id == signature.id)
        .values(
            name=wish.name,
            city=wish.city,
            comment=wish.comment,
            address=attempt.signer.address if keeps_address else None,
        )
        .execution_options(synchronize_session=False)
    )
    tallies.add(session, Counter({(signature.petition_id, wish.country, at): 1}))
    _forget_needless_address(session, signature)
    session.expire(signature)
    session.expire(attempt.signer)
    return True


def _forget_needless_address(session: Session, signature: Signature) -> None:
    """Once somebody is counted, the address is kept with no other attempt of theirs that asked for no news."""
    pending = sa.select(Signature.id).where(
        Signature.bucket == signature.bucket,
        Signature.petition_id == signature.petition_id,
        Signature.address_hash == signature.address_hash,
        Signature.state == SignatureState.PENDING,
        Signature.updates.is_(False),
    )
    session.execute(
        sa.update(Signer)
        .where(Signer.bucket == signature.bucket, Signer.signature_id.in_(pending))
        .values(address=None)
        .execution_options(synchronize_session=False)
    )
