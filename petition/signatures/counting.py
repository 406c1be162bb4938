"""What confirming reads and writes, for many presses of the button at a time: each table is touched once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from petition.core.committer import RaceLost
from petition.core.many_rows import ForEach
from petition.core.postgres import pipelined
from petition.core.tokens import bucket_of
from petition.signatures import forgetting
from petition.signatures.attempts import SIGNER_OF, Attempt
from petition.signatures.models import Signature, SignatureState, Signer
from petition.tallies import service as tallies

Place = tuple[int, UUID, bytes]
"""Bucket, petition and address hash: all that one address has signed on one petition."""

SIGNATURE, SIGNER = Signature.__table__.c, Signer.__table__.c
PLACE = ("bucket", "petition_id", "address_hash")
CHOSEN = ("country", "show_name", "list_name", "updates")
CONSENTED = ("consent_version", "locale", "consented_at")
COUNTED = ("place", "person_hash", "confirmed_at", *CHOSEN, *CONSENTED)
KEPT = ("name", "city", "comment", "address")


def _columns(table: Any, *names: str) -> list[sa.Column[Any]]:
    return [table[name] for name in names]


def _types(table: Any, *names: str) -> dict[str, sa.types.TypeEngine[Any]]:
    return {name: table[name].type for name in names}


def _same(table: Any, given: sa.FromClause, *names: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(table[name] == given.c[name] for name in names))


ATTEMPTS = ForEach(
    lambda given: (
        sa.select(
            *_columns(SIGNATURE, *PLACE, "id", "handle", "state", "created_at", "confirmed_at", *CHOSEN, *CONSENTED),
            *_columns(SIGNER, *KEPT),
        )
        .join_from(given, Signature, _same(SIGNATURE, given, "bucket", "handle"))
        .join(Signer, SIGNER_OF)
    ),
    **_types(SIGNATURE, "bucket", "handle"),
)
AT_PLACE = ForEach(
    lambda given: (
        sa.select(*_columns(SIGNATURE, *PLACE, "id", "state", "place", "person_hash"), Signer.name)
        .join_from(given, Signature, _same(SIGNATURE, given, *PLACE))
        .outerjoin(Signer, SIGNER_OF)
    ),
    **_types(SIGNATURE, *PLACE),
)
COUNT = ForEach(
    lambda given: (
        sa.update(Signature)
        .where(_same(SIGNATURE, given, "bucket", "id"), Signature.state == SignatureState.PENDING)
        .values(state=SignatureState.CONFIRMED, **{name: given.c[name] for name in COUNTED})
    ),
    **_types(SIGNATURE, "bucket", "id", *COUNTED),
)
KEEP = ForEach(
    lambda given: (
        sa.update(Signer)
        .where(_same(SIGNER, given, "bucket", "signature_id"))
        .values({name: given.c[name] for name in KEPT})
    ),
    **_types(SIGNER, "bucket", "signature_id", *KEPT),
)


def find(connection: Connection, handles: Iterable[bytes]) -> dict[bytes, Attempt]:
    """The attempts behind mailed links, by handle. One row stands for signature, signer and petition id."""
    rows: list[Any] = list(ATTEMPTS.rows(connection, [(bucket_of(handle), handle) for handle in set(handles)]))
    return {row.handle: Attempt(row, row, row) for row in rows}


def place_of(attempt: Attempt) -> Place:
    """Where an attempt lies."""
    return attempt.signature.bucket, attempt.signature.petition_id, attempt.signature.address_hash


def at_places(connection: Connection, places: Collection[Place]) -> dict[Place, list[Any]]:
    """All attempts of these addresses on these petitions, counted or not, with `place`, `person_hash` and name."""
    found: defaultdict[Place, list[Any]] = defaultdict(list)
    for row in AT_PLACE.rows(connection, list(places)):
        found[row.bucket, row.petition_id, row.address_hash].append(row)
    return found


@dataclass(slots=True)
class Changes:
    """What presses change, gathered."""

    _count: list[tuple[Any, ...]] = field(default_factory=list)
    _keep: list[tuple[Any, ...]] = field(default_factory=list)
    _forget: list[tuple[int, UUID]] = field(default_factory=list)
    _mails: list[tuple[int, UUID, bool]] = field(default_factory=list)
    _tally: Counter[tuple[UUID, str, datetime]] = field(default_factory=Counter)

    def count(self, attempt: Attempt, unique: tuple[int, bytes], said: dict[str, Any], kept: dict[str, Any]) -> None:
        """Pending becomes confirmed, at a place and with a person's hash, by what was said at `confirmed_at`."""
        signature = attempt.signature
        key, at = (signature.bucket, signature.id), said["confirmed_at"]
        self._count.append((*key, *unique, at, *(said[name] for name in (*CHOSEN, *CONSENTED))))
        self._keep.append((*key, *(kept[name] for name in KEPT)))
        self._tally[signature.petition_id, said["country"], at] += 1

    def forget_address(self, attempt: Attempt, mates: Iterable[Any], own: bool) -> None:
        """The address of a counted signature is forgotten, with `own` also in this attempt.

        No other attempt of the address on that petition keeps it (its page asks again, should news be wished
        for), no letter that died does, and a mail for the link just used is not sent again. Mails still owed
        to other attempts stay: they may be another person's at the same address.
        """
        for mate in mates:
            used = mate.id == attempt.signature.id
            if mate.state == SignatureState.PENDING and (own or not used):
                self._forget.append((mate.bucket, mate.id))
            self._mails.append((mate.bucket, mate.id, used))

    def write(self, connection: Connection) -> None:
        """Sends them, in the order of the keys. Raises RaceLost when an attempt is not pending any more."""
        if COUNT.changed(connection, sorted(self._count, key=itemgetter(0, 1))) != len(self._count):
            raise RaceLost
        with pipelined(connection):
            KEEP.changed(connection, sorted(self._keep, key=itemgetter(0, 1)))
            forgetting.forget_addresses(connection, sorted(self._forget))
            forgetting.empty_mails(connection, sorted(self._mails))
            tallies.add(connection, self._tally)
