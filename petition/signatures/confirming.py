"""Confirming: the button behind the mailed link, or the typed code, makes a pending signature count, once.

Many presses of one moment are done together. Links of one address never are: they go one after the other,
so that each sees what the one before it came to; and against other processes the unique keys decide.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.keyed_hashes import person_hash
from petition.core.names import same_person_form
from petition.petitions.service import takes_signatures
from petition.signatures import counting, own_page
from petition.signatures.attempts import UNKNOWN_LINK, Attempt
from petition.signatures.counting import CONSENTED, Changes, Found, Place
from petition.signatures.models import PLACES, SignatureState
from petition.signatures.signing import Wish, consented
from petition.tallies import service as tallies


class Outcome(enum.StrEnum):
    """What pressing the button came to."""

    COUNTED = "counted"
    ALREADY = "already"  # this person has signed before, by another link
    FULL = "full"  # two other people have signed with this address
    CLOSED = "closed"
    ENDED = "ended"  # expired, withdrawn or invalidated since


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The outcome, the names that count at this address where they are in the way, and the total after it.

    `confirmed_at` is when the attempt began to count.
    """

    outcome: Outcome
    petition_id: UUID
    names: tuple[str, ...] = ()
    number: int = 0
    confirmed_at: datetime | None = None

    @property
    def opens_own_page(self) -> bool:
        """Whether the used link shows its owner what the address has signed: for a day after it was counted."""
        if self.outcome == Outcome.COUNTED:
            return self.confirmed_at is not None and now() - self.confirmed_at < own_page.LINK_LIFE
        return self.outcome in {Outcome.ALREADY, Outcome.FULL}


Answer = Confirmation | DomainError


@dataclass(frozen=True, slots=True)
class Filled:
    """The confirm page as it was sent back: its fields, its language, and the address if it was asked for again."""

    wish: Wish
    language: str
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """The button was pressed: on the page of which link, filled in how (as on signing, if None).

    `token_hash` is that of the session on the own page that the press opens, if it comes to that.
    """

    handle: bytes
    filled: Filled | None = None
    token_hash: bytes | None = None


def settled(session: Session, attempt: Attempt) -> Confirmation | None:
    """What the button comes to whatever is filled in; None while the attempt may still count."""
    found = _settled(attempt, takes_signatures(attempt.petition))
    if found is None or found.outcome != Outcome.COUNTED:
        return found
    return replace(found, number=tallies.count(session, attempt.petition.id).total)


def _settled(attempt: Attempt, open_for_signing: bool) -> Confirmation | None:
    signature = attempt.signature
    if signature.state == SignatureState.CONFIRMED:
        return Confirmation(Outcome.COUNTED, signature.petition_id, confirmed_at=signature.confirmed_at)
    if attempt.ended:
        return Confirmation(Outcome.ENDED, signature.petition_id)
    return None if open_for_signing else Confirmation(Outcome.CLOSED, signature.petition_id)


def confirm(connection: Connection, presses: list[Press]) -> list[Answer]:
    """Makes attempts count, with the fields as they were sent back or else as they were on signing.

    Runs in the committer's transaction and can be repeated: a press after the first says the same and changes
    nothing. A DomainError in a place of the list is for a link that is not known, or a wrong address.
    """
    answers: list[Answer] = [NotFound(UNKNOWN_LINK)] * len(presses)
    counted: defaultdict[UUID, set[UUID]] = defaultdict(set)
    waiting = dict(enumerate(presses))
    while waiting:
        found = counting.find(connection, [press.handle for press in waiting.values()])
        waiting = {number: press for number, press in waiting.items() if press.handle in found}
        turns: dict[Place, int] = {}
        for number, press in waiting.items():
            turns.setdefault(found[press.handle].where, number)
        pairs = [(press, found[press.handle]) for press in map(waiting.pop, turns.values())]
        for number, answer in zip(turns.values(), _one_of_each_address(connection, pairs, counted), strict=True):
            answers[number] = answer
    return _with_totals(connection, answers, counted)


def _one_of_each_address(
    connection: Connection, pairs: list[tuple[Press, Found]], counted: defaultdict[UUID, set[UUID]]
) -> list[Answer]:
    changes = Changes(counted)
    answers = [_answer(press, found, changes) for press, found in pairs]
    changes.write(connection)
    return answers


def _answer(press: Press, found: Found, changes: Changes) -> Answer:
    attempt = found.attempt
    try:
        answer = _settled(attempt, found.open_for_signing) or _decide(found, press.filled, changes)
    except DomainError as refused:
        return refused
    if press.token_hash and answer.opens_own_page:
        changes.open_own_page(press.token_hash, attempt)
    return answer


def _decide(found: Found, filled: Filled | None, changes: Changes) -> Confirmation:
    """Counts the attempt, unless its person or two others count at this address. Raises DomainError."""
    attempt, mates, signature, at = found.attempt, found.mates, found.attempt.signature, now()
    wish = (filled.wish if filled else attempt.wish).among(found.partners)
    person = person_hash(signature.address_hash, same_person_form(wish.name))
    counted = sorted((mate for mate in mates if mate.place in PLACES), key=lambda mate: mate.place or 0)
    same = [mate.name for mate in counted if mate.person_hash == person]
    if same or len(counted) >= len(PLACES):
        changes.forget_address(attempt, mates, own=True)
        outcome, names = (Outcome.ALREADY, same) if same else (Outcome.FULL, [mate.name for mate in counted])
        return Confirmation(outcome, signature.petition_id, tuple(names))
    address = attempt.address_to_keep(wish, filled.address if filled else None)
    place = next(place for place in PLACES if all(mate.place != place for mate in counted))
    words = consented(filled.language, at) if filled else {name: getattr(signature, name) for name in CONSENTED}
    said = wish.of_signature | words | {"confirmed_at": at}
    changes.count(attempt, (place, person), said, wish.of_signer | {"address": address})
    changes.forget_address(attempt, mates, own=False)
    return Confirmation(Outcome.COUNTED, signature.petition_id, confirmed_at=at)


def _with_totals(
    connection: Connection, answers: list[Answer], counted: defaultdict[UUID, set[UUID]]
) -> list[Answer]:
    successes = {
        place: one
        for place, one in enumerate(answers)
        if isinstance(one, Confirmation) and one.outcome == Outcome.COUNTED
    }
    petition_ids = {one.petition_id for one in successes.values()}
    totals = {one: tallies.running_total(connection, one, frozenset(counted[one])) for one in petition_ids}
    for place, one in successes.items():
        answers[place] = replace(one, number=totals[one.petition_id])
    return answers
