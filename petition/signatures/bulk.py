"""Many confirmed signatures at once: what imports and the demo use. The tally moves with each batch."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from petition.core import garbage
from petition.core.addresses import Address
from petition.core.clock import hour_of
from petition.core.db import db, unhurried
from petition.core.ids import new_id
from petition.core.keyed_hashes import bucket_of_hash, hash_for_many, mailbox_hash, person_hash, signature_hash
from petition.core.many_rows import ManyRows
from petition.core.names import same_person_form
from petition.core.retention import Transaction
from petition.petitions.models import Petition
from petition.signatures import consent
from petition.signatures.models import Origin, Signature, SignatureState, Signer
from petition.signatures.signing import RECEIPT_SECRET_BYTES, Wish
from petition.tallies import service as tallies

BATCH = 10_000  # about half a second of SQLite's one writer

SIGNATURE_COLUMNS = (
    *("bucket", "id", "locale", "country", "origin", "created_at", "consented_at", "confirmed_at"),
    *("address_hash", "person_hash"),
    *("show_name", "list_name", "updates", "informed_by", "receipt_secret", "domain"),
)
SIGNER_COLUMNS = ("bucket", "signature_id", "name", "city", "comment", "address")


class Collected(NamedTuple):
    """One confirmed signature from elsewhere: each of another address."""

    wish: Wish
    address: Address
    locale: str
    signed_at: datetime
    confirmed_at: datetime
    origin: Origin = Origin.WEB


class _Batch(NamedTuple):
    """All that one transaction stores."""

    size: int
    signatures: ManyRows
    signers: ManyRows
    counted: Counter[tuple[UUID, str, datetime]]


def add(
    transaction: Transaction,
    petition: Petition,
    collected: Iterable[Collected],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Stores them batch by batch, each with its part of the tally in one transaction; returns how many.

    `progress` is told the size of each batch that is safe. What was interrupted can go on after the last one.
    """
    stored = 0
    for batch in _batches(db.engine.dialect, petition.id, petition.text.version, collected):
        with transaction() as session:
            unhurried(session)
            batch.signatures.insert(session.connection())
            batch.signers.insert(session.connection())
            tallies.add(session.connection(), batch.counted)
        stored += batch.size
        if progress:
            progress(batch.size)
    return stored


def _batches(dialect: Dialect, petition_id: UUID, version: int, collected: Iterable[Collected]) -> Iterator[_Batch]:
    source = iter(collected)
    while True:
        with garbage.not_searched():  # among rows that are in no cycle
            part = list(islice(source, BATCH))
            if not part:
                return
            batch = _prepared(dialect, petition_id, version, part)
        yield batch


def _prepared(dialect: Dialect, petition_id: UUID, version: int, part: list[Collected]) -> _Batch:
    """Everything that needs no transaction is done here: nobody waits for it."""
    rows = list(_rows(petition_id, part))
    hours = Counter((one.wish.country, hour_of(one.confirmed_at)) for one in part)
    return _Batch(
        len(part),
        ManyRows(
            dialect,
            cast(sa.Table, Signature.__table__),
            SIGNATURE_COLUMNS,
            [signature for signature, _signer in rows],
            petition_id=petition_id,
            text_version=version,
            consent_version=consent.VERSION,
            state=SignatureState.CONFIRMED,
            place=1,
        ),
        ManyRows(dialect, cast(sa.Table, Signer.__table__), SIGNER_COLUMNS, [signer for _signature, signer in rows]),
        Counter({(petition_id, country, hour): number for (country, hour), number in hours.items()}),
    )


def _rows(petition_id: UUID, part: list[Collected]) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """In the order of the keys: each page of the tables is touched once, and ids tell no order of signing."""
    keyed = hash_for_many()
    hashed_ones = (
        (signature_hash(mailbox_hash(one.address.canonical, keyed), petition_id, keyed), one) for one in part
    )
    by_key = sorted(((bucket_of_hash(hashed), hashed, one) for hashed, one in hashed_ones), key=itemgetter(0, 1))
    for bucket, hashed, one in by_key:
        wish, address, signature_id = one.wish, one.address, new_id()
        yield (
            (
                *(
                    bucket,
                    signature_id,
                    one.locale,
                    wish.country,
                    one.origin,
                    one.signed_at,
                    one.signed_at,
                    one.confirmed_at,
                    hashed,
                ),
                person_hash(hashed, same_person_form(wish.name), keyed),
                *(wish.show_name, wish.list_name, wish.updates, wish.informed_by),
                *(secrets.token_bytes(RECEIPT_SECRET_BYTES), address.domain),
            ),
            (bucket, signature_id, wish.name, wish.city, wish.comment, address.exact if wish.wants_mail else None),
        )
