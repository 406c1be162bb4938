"""Who gets an update: whoever is counted, asked for news, and left an address for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from petition.core.db import BUCKETS
from petition.signatures.attempts import SIGNER_OF
from petition.signatures.models import Signature, Signer

IS_READER = sa.and_(sa.text("signature.state = 1 AND signature.updates"), Signer.address.is_not(None))
"""Literals: with parameters the partial index is of no use."""


def _the_first_of_its_address() -> sa.ColumnElement[bool]:
    """Two people who share an address get one mail."""
    first, first_signer = aliased(Signature), aliased(Signer)
    other = (
        sa.exists()
        .where(
            first.bucket == Signature.bucket,
            first.petition_id == Signature.petition_id,
            first.address_hash == Signature.address_hash,
            first.place == 1,
            first.updates,
        )
        .where(
            first_signer.bucket == first.bucket,
            first_signer.signature_id == first.id,
            first_signer.address.is_not(None),
        )
    )
    return sa.or_(Signature.place == 1, ~other)


def readers(petition_id: UUID) -> sa.Select[int, UUID, str, str | None]:
    """(bucket, id, locale, address) of everybody to write to, one row an address, in no order."""
    return (
        sa.select(Signature.bucket, Signature.id, Signature.locale, Signer.address)
        .join(Signer, SIGNER_OF)
        .where(Signature.petition_id == petition_id, IS_READER, _the_first_of_its_address())
    )


def number_of_readers(session: Session, petition_id: UUID) -> dict[str, int]:
    """How many addresses there are to write to, by the language in which they signed."""
    people = readers(petition_id).subquery()
    rows = session.execute(
        sa.select(people.c.locale, sa.func.count()).group_by(people.c.locale).order_by(sa.func.count().desc())
    )
    return dict(rows.all())


def readers_after(session: Session, petition_id: UUID, bucket: int, signature_id: UUID, most: int) -> Iterator[Any]:
    """The next ones in the order of the keys, `most` of them if there are so many."""
    while bucket < BUCKETS and most > 0:
        found = session.execute(
            readers(petition_id)
            .where(Signature.bucket == bucket, Signature.id > signature_id)
            .order_by(Signature.id)
            .limit(most)
        ).all()
        yield from found
        most -= len(found)
        bucket, signature_id = bucket + 1, UUID(int=0)


def chosen_readers(session: Session, petition_id: UUID, keys: list[tuple[int, UUID]]) -> list[Any]:
    """Those of some signatures who still want to be written to."""
    by_key = sa.tuple_(Signature.bucket, Signature.id).in_(keys)
    return list(session.execute(readers(petition_id).where(by_key)).all()) if keys else []
