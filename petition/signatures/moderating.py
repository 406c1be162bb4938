"""Looking at signatures and striking out false ones. Every look is written in the audit log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.keyed_hashes import bucket_of_hash, mailbox_hash, signature_hash
from petition.core.labels import checked_line
from petition.petitions.models import Petition
from petition.signatures import forgetting
from petition.signatures.attempts import SIGNER_OF
from petition.signatures.models import Signature, SignatureState, Signer
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
    try:
        reason = checked_line(reason, LONGEST_REASON)
    except ValueError:
        raise DomainError(_("Say why, in a sentence.")) from None
    signature = session.get(Signature, key)
    if signature is None or signature.petition_id != petition.id:
        raise NotFound
    try:
        session.refresh(signature, with_for_update=True)
    except InvalidRequestError:  # erased by its signer, just now
        raise NotFound from None
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
