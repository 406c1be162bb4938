"""Who gets an update: whoever is counted, allowed its sender to write, and left an address for that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from petition.core.bitmaps import holds
from petition.core.db import BUCKETS
from petition.petitions.models import Partner, PartnerState
from petition.signatures.attempts import SIGNER_OF
from petition.signatures.models import Signature, Signer
from petition.signatures.partner_boxes import IS_INFORMED
from petition.updates.models import LEAD, Update

IS_COUNTED = sa.text("signature.state = 1")
WANTS_NEWS = sa.text("signature.updates")
"""Literals: with parameters the partial index is of no use."""


def _is_reader(sender: int) -> sa.ColumnElement[bool]:
    if sender == LEAD:
        return sa.and_(IS_COUNTED, WANTS_NEWS, Signer.address.is_not(None))
    return sa.and_(IS_INFORMED, holds(Signature.informed_by, sender), Signer.address.is_not(None))


def _the_first_of_its_address(sender: int) -> sa.ColumnElement[bool]:
    """Two people who share an address get one mail."""
    first, first_signer = aliased(Signature), aliased(Signer)
    other = (
        sa.exists()
        .where(
            first.bucket == Signature.bucket,
            first.petition_id == Signature.petition_id,
            first.address_hash == Signature.address_hash,
            first.place == 1,
            first.updates if sender == LEAD else holds(first.informed_by, sender),
        )
        .where(
            first_signer.bucket == first.bucket,
            first_signer.signature_id == first.id,
            first_signer.address.is_not(None),
        )
    )
    return sa.or_(Signature.place == 1, ~other)


def may_send(petition_id: Any, sender: Any) -> sa.ColumnElement[bool]:
    """Whether a sender is the lead, or a partner still."""
    partner = Partner.petition_id == petition_id, Partner.number == sender, Partner.state == PartnerState.ACCEPTED
    return sa.true() if sender == LEAD else sa.exists().where(*partner)


def readers(petition_id: UUID, sender: int) -> sa.Select[int, UUID, str, str | None]:
    """(bucket, id, locale, address) of everybody to write to, one row an address, in no order."""
    return (
        sa.select(Signature.bucket, Signature.id, Signature.locale, Signer.address)
        .join(Signer, SIGNER_OF)
        .where(Signature.petition_id == petition_id, _is_reader(sender), _the_first_of_its_address(sender))
        .where(may_send(petition_id, sender))
    )


def number_of_readers(session: Session, petition_id: UUID, sender: int = LEAD) -> dict[str, int]:
    """How many addresses there are to write to, by the language in which they signed."""
    people = readers(petition_id, sender).subquery()
    rows = session.execute(
        sa.select(people.c.locale, sa.func.count()).group_by(people.c.locale).order_by(sa.func.count().desc())
    )
    return dict(rows.all())


def readers_after(session: Session, update: Update, most: int) -> Iterator[Any]:
    """The next ones in the order of the keys, `most` of them if there are so many."""
    bucket, signature_id = update.reached_bucket, update.reached_id
    while bucket < BUCKETS and most > 0:
        found = session.execute(
            readers(update.petition_id, update.sender)
            .where(Signature.bucket == bucket, Signature.id > signature_id)
            .order_by(Signature.id)
            .limit(most)
        ).all()
        yield from found
        most -= len(found)
        bucket, signature_id = bucket + 1, UUID(int=0)


def chosen_readers(session: Session, update: Update, keys: list[tuple[int, UUID]]) -> list[Any]:
    """Those of some signatures who still want to be written to."""
    by_key = sa.tuple_(Signature.bucket, Signature.id).in_(keys)
    return list(session.execute(readers(update.petition_id, update.sender).where(by_key)).all()) if keys else []
