"""Looking at signatures, striking out false ones, putting mistakes right. Every look is written in the audit log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.keyed_hashes import bucket_of_hash, mailbox_hash, person_hash, signature_hash
from petition.core.labels import checked_line
from petition.core.names import same_person_form
from petition.petitions.models import Petition
from petition.signatures import forgetting
from petition.signatures.attempts import SIGNER_OF
from petition.signatures.import_models import ImportedSignature, SignatureImport
from petition.signatures.models import PLACES, Signature, SignatureState, Signer
from petition.signatures.references import Key
from petition.tallies import service as tallies

PAGE = 50
LONGEST_REASON = 300
SEEN_STATES = (SignatureState.CONFIRMED, SignatureState.INVALIDATED)


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, all of it at once. `day` is that of confirming (UTC); most addresses are known by a hash."""

    name: str = ""
    country: str = ""
    day: date | None = None
    address: Address | None = None

    @property
    def by(self) -> list[str]:
        """By what is searched: what was typed of a person is not told."""
        return [what for what in ("name", "country", "day", "address") if getattr(self, what)]


def look(session: Session, actor: User, petition: Petition, search: Search, page: int) -> tuple[Sequence[Any], bool]:
    """Rows of a page from 1 on, newest first, without the address, and whether there are more.

    The look itself is written down: call it in a writing transaction.
    """
    found = session.execute(
        sa.select(
            *(Signature.bucket, Signature.id, Signature.country, Signature.state, Signature.confirmed_at),
            *(Signer.name, Signer.city, Signer.comment),
        )
        .outerjoin(Signer, SIGNER_OF)
        .where(Signature.petition_id == petition.id, Signature.state.in_(SEEN_STATES), *_conditions(petition, search))
        .order_by(Signature.confirmed_at.desc(), Signature.id.desc())
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    ).all()
    _record(session, actor, petition, "signatures seen", by=search.by, page=page, number=min(len(found), PAGE))
    return found[:PAGE], len(found) > PAGE


def _conditions(petition: Petition, search: Search) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if search.name:
        found += [sa.func.lower(Signer.name).contains(word.lower(), autoescape=True) for word in search.name.split()]
    if search.country:
        found.append(Signature.country == search.country)
    if search.day:
        start = datetime.combine(search.day, time(), UTC)
        found += [Signature.confirmed_at >= start, Signature.confirmed_at < start + timedelta(days=1)]
    if search.address:
        hashed = signature_hash(mailbox_hash(search.address.canonical), petition.id)
        found += [Signature.bucket == bucket_of_hash(hashed), Signature.address_hash == hashed]
    return found


def invalidate(session: Session, actor: User, petition: Petition, key: Key, reason: str) -> None:
    """Strikes a signature out: it no longer counts, its place is free, its address forgotten. The row stays.

    Raises DomainError without a reason, or when it does not count; NotFound when it is of another petition.
    """
    reason, signature = _checked(reason), _locked(session, petition, key)
    if signature.state != SignatureState.CONFIRMED:
        raise DomainError(_("This signature does not count any more."))
    assert signature.confirmed_at
    tallies.add(session.connection(), Counter({(petition.id, signature.country, signature.confirmed_at): -1}))
    signature.state, signature.ended_at = SignatureState.INVALIDATED, now()
    signature.place = signature.person_hash = None
    signature.updates, signature.informed_by = False, frozenset()
    session.flush()
    forgetting.forget_addresses(session.connection(), [key])
    forgetting.empty_mails(session.connection(), [(*key, True)])
    _record(session, actor, petition, "signature invalidated", personal={"reason": reason}, country=signature.country)


def restore(session: Session, actor: User, petition: Petition, key: Key, reason: str) -> None:
    """Puts back a signature that was struck out: it counts again, as of when it was confirmed; news it gets no more.

    That works as long as its name is kept. Raises DomainError when it cannot be, or without a reason; NotFound when
    it is of another petition.
    """
    reason, signature = _checked(reason), _locked(session, petition, key)
    signer = session.get(Signer, key)
    if signature.state != SignatureState.INVALIDATED:
        raise DomainError(_("This signature is not struck out."))
    if signature.confirmed_at is None or _was_undone(session, key):
        raise DomainError(_("It came with a list that was taken back as a whole."))
    if signer is None:
        raise DomainError(_("Its name has been forgotten, so it cannot be put back. The signer may sign again."))
    name = same_person_form(signer.name)
    if name in _withdrawn_since(session, signature):
        raise DomainError(_("Its signer has withdrawn since."))
    person = person_hash(signature.address_hash, name)
    signature.place, signature.person_hash = _free_place(session, signature, person), person
    signature.state, signature.ended_at = SignatureState.CONFIRMED, None
    try:
        session.flush()  # before the tally: whoever confirms at this address just now waits for nothing of ours
    except IntegrityError:
        raise DomainError(_("Somebody has signed with its address just now. Please try again.")) from None
    tallies.add(session.connection(), Counter({(petition.id, signature.country, signature.confirmed_at): 1}))
    _record(session, actor, petition, "signature restored", personal={"reason": reason}, country=signature.country)


def _checked(reason: str) -> str:
    try:
        return checked_line(reason, LONGEST_REASON)
    except ValueError:
        raise DomainError(_("Say why, in a sentence.")) from None


def _locked(session: Session, petition: Petition, key: Key) -> Signature:
    signature = session.get(Signature, key)
    if signature is None or signature.petition_id != petition.id:
        raise NotFound
    try:
        session.refresh(signature, with_for_update=True)
    except InvalidRequestError:  # erased by its signer, just now
        raise NotFound from None
    return signature


def _was_undone(session: Session, key: Key) -> bool:
    """Whether it came with a list that was taken back: that is done, and undone, as a whole."""
    of_list = sa.select(SignatureImport.id).join(ImportedSignature, ImportedSignature.import_id == SignatureImport.id)
    this = ImportedSignature.bucket == key[0], ImportedSignature.signature_id == key[1]
    return session.execute(of_list.where(*this, SignatureImport.undone_at.is_not(None))).first() is not None


def _at_its_address(signature: Signature) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Signature.bucket == signature.bucket,
        Signature.petition_id == signature.petition_id,
        Signature.address_hash == signature.address_hash,
    )


def _withdrawn_since(session: Session, signature: Signature) -> set[str]:
    """Who took back another signature of this address after this one was struck out."""
    names = sa.select(Signer.name).join(Signature, SIGNER_OF).where(*_at_its_address(signature))
    since = Signature.state == SignatureState.WITHDRAWN, Signature.ended_at >= signature.ended_at
    return {same_person_form(name) for name in session.scalars(names.where(*since))}


def _free_place(session: Session, signature: Signature, person: bytes) -> int:
    query = sa.select(Signature.place, Signature.person_hash).where(*_at_its_address(signature))
    counting = dict(session.execute(query.where(Signature.place.in_(PLACES))).all())
    if person in counting.values():
        raise DomainError(_("This person has signed again since, and counts already."))
    free = [place for place in PLACES if place not in counting]
    if not free:
        raise DomainError(
            _("Two people have signed with its address since, and count. There is no room for a third.")
        )
    return free[0]


def _record(
    session: Session,
    actor: User,
    petition: Petition,
    action: str,
    personal: dict[str, Any] | None = None,
    **details: Any,
) -> None:
    whose = petition.organisation_id
    audit.record(session, str(actor.id), action, petition.slug, organisation_id=whose, personal=personal, **details)
