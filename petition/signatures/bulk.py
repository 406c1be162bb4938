"""Many confirmed signatures at once: what imports and the demo use. The tally moves with each batch."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.ids import new_id
from petition.core.keyed_hashes import bucket_of_hash, mailbox_hash, person_hash, signature_hash
from petition.core.names import same_person_form
from petition.core.retention import Transaction
from petition.petitions.models import Petition
from petition.signatures.models import Origin, Signature, SignatureState, Signer
from petition.signatures.signing import RECEIPT_SECRET_BYTES, Wish, consented
from petition.tallies import service as tallies

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Collected:
    """One confirmed signature from elsewhere: each of another address."""

    wish: Wish
    address: Address
    locale: str
    signed_at: datetime
    confirmed_at: datetime
    origin: Origin = Origin.WEB


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
    version = petition.text.version
    for batch in _batches(collected):
        rows = [_rows(petition.id, version, one) for one in batch]
        with transaction() as session:
            _store(session, rows)
        stored += len(batch)
        if progress:
            progress(len(batch))
    return stored


def _batches(collected: Iterable[Collected]) -> Iterator[list[Collected]]:
    source = iter(collected)
    while batch := list(islice(source, BATCH)):
        yield batch


def _store(session: Session, rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    connection = session.connection()
    connection.execute(sa.insert(cast(sa.Table, Signature.__table__)), [signature for signature, _signer in rows])
    connection.execute(sa.insert(cast(sa.Table, Signer.__table__)), [signer for _signature, signer in rows])
    tallies.add(session, Counter((row["petition_id"], row["country"], row["confirmed_at"]) for row, _signer in rows))


def _rows(petition_id: Any, version: int, one: Collected) -> tuple[dict[str, Any], dict[str, Any]]:
    hashed = signature_hash(mailbox_hash(one.address.canonical), petition_id)
    key = bucket_of_hash(hashed), new_id()
    signature = {
        "bucket": key[0],
        "id": key[1],
        "petition_id": petition_id,
        "text_version": version,
        "state": SignatureState.CONFIRMED,
        "origin": one.origin,
        "created_at": one.signed_at,
        "confirmed_at": one.confirmed_at,
        "address_hash": hashed,
        "place": 1,
        "person_hash": person_hash(hashed, same_person_form(one.wish.name)),
        "receipt_secret": secrets.token_bytes(RECEIPT_SECRET_BYTES),
        "domain": one.address.domain,
    }
    signer = {
        "bucket": key[0],
        "signature_id": key[1],
        "address": one.address.exact if one.wish.updates else None,
    }
    said = one.wish.of_signature | consented(one.locale, one.signed_at)
    return signature | said, signer | one.wish.of_signer
