"""Confirming: the button behind the mailed link, or the typed code, makes a pending signature count, once."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.keyed_hashes import person_hash
from petition.core.names import same_person_form
from petition.petitions.service import takes_signatures
from petition.signatures import forgetting
from petition.signatures.attempts import SIGNER_OF, Attempt
from petition.signatures.models import PLACES, Signature, SignatureState, Signer
from petition.signatures.signing import Wish, consented
from petition.tallies import service as tallies

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
class Filled:
    """The confirm page as it was sent back: its fields, its language, and the address if it was asked for again."""

    wish: Wish
    language: str
    address: Address | None = None


def settled(session: Session, attempt: Attempt) -> Confirmation | None:
    """What the button comes to whatever is filled in; None while the attempt may still count."""
    if attempt.signature.state == SignatureState.CONFIRMED:
        return _counted(session, attempt)
    if attempt.ended:
        return Confirmation(Outcome.ENDED)
    if not takes_signatures(attempt.petition):
        return Confirmation(Outcome.CLOSED)
    return None


def _counted(session: Session, attempt: Attempt) -> Confirmation:
    total = tallies.count(session, attempt.petition.id).total
    return Confirmation(Outcome.COUNTED, (attempt.signer.name,), total)


def confirm(session: Session, attempt: Attempt, filled: Filled | None = None) -> Confirmation:
    """Makes the attempt count, with the fields as they were sent back or else as they were on signing. Idempotent.

    Two links of one person, or the links of three people at one address, may be confirmed at the same
    moment: the unique keys decide, and the loser looks again. Raises DomainError for a wrong address.
    """
    for _race in range(RACES):
        try:
            with session.begin_nested():
                return settled(session, attempt) or _count_or_say_why_not(session, attempt, filled)
        except IntegrityError:
            session.expire_all()
    raise AssertionError("the unique keys kept refusing what they do not hold")


def _count_or_say_why_not(session: Session, attempt: Attempt, filled: Filled | None) -> Confirmation:
    signature, wish = attempt.signature, filled.wish if filled else attempt.wish
    person = person_hash(signature.address_hash, same_person_form(wish.name))
    others = _counted_on_address(session, signature)
    same = [name for other, name in others if other.person_hash == person]
    if same or len(others) >= len(PLACES):
        forgetting.once_counted(session, signature)
        session.expire(attempt.signer)
        outcome = Outcome.ALREADY if same else Outcome.FULL
        return Confirmation(outcome, tuple(same or [name for _other, name in others]))
    place = next(place for place in PLACES if all(other.place != place for other, _name in others))
    if not _count(session, attempt, filled, {"place": place, "person_hash": person}):
        session.refresh(signature)
        return settled(session, attempt) or Confirmation(Outcome.ENDED)
    return _counted(session, attempt)


def _counted_on_address(session: Session, signature: Signature) -> list[tuple[Signature, str]]:
    rows = session.execute(
        sa.select(Signature, Signer.name)
        .join(Signer, SIGNER_OF)
        .where(
            Signature.bucket == signature.bucket,
            Signature.petition_id == signature.petition_id,
            Signature.address_hash == signature.address_hash,
            Signature.place.in_(PLACES),
        )
        .order_by(Signature.place)
    )
    return [(other, name) for other, name in rows]


def _count(session: Session, attempt: Attempt, filled: Filled | None, unique: dict[str, Any]) -> bool:
    """Turns pending into confirmed and moves the tally; False when another request was first."""
    signature, wish, at = attempt.signature, filled.wish if filled else attempt.wish, now()
    address = attempt.address_to_keep(wish, filled.address if filled else None)
    said = wish.of_signature | (consented(filled.language, at) if filled else {})
    turned = session.execute(
        sa.update(Signature)
        .where(
            Signature.bucket == signature.bucket,
            Signature.id == signature.id,
            Signature.state == SignatureState.PENDING,
        )
        .values(state=SignatureState.CONFIRMED, confirmed_at=at, **unique, **said)
        .returning(Signature.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not turned:
        return False
    session.execute(
        sa.update(Signer)
        .where(Signer.bucket == signature.bucket, Signer.signature_id == signature.id)
        .values(address=address, **wish.of_signer)
        .execution_options(synchronize_session=False)
    )
    tallies.add(session, Counter({(signature.petition_id, wish.country, at): 1}))
    forgetting.once_counted(session, signature)
    session.expire(signature)
    session.expire(attempt.signer)
    return True
