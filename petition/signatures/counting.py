"""What confirming reads and writes, for many presses of the button at a time: each table is touched once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from petition.core import switches
from petition.core.many_rows import ForEach
from petition.core.together import together
from petition.core.tokens import bucket_of
from petition.petitions.models import Partner, PartnerState, Petition, State
from petition.petitions.service import is_open
from petition.signatures import forgetting, own_page
from petition.signatures.attempts import SIGNER_OF, Attempt
from petition.signatures.models import Signature, SignatureState, Signer
from petition.signatures.own_page import Owner
from petition.tallies import service as tallies

Place = tuple[int, UUID, bytes]
"""Bucket, petition and address hash: all that one address has signed on one petition."""

SIGNATURE, SIGNER = Signature.__table__.c, Signer.__table__.c
PLACE = ("bucket", "petition_id", "address_hash")
CHOSEN = ("country", "show_name", "list_name", "updates", "informed_by")
CONSENTED = ("consent_version", "locale", "consented_at")
COUNTED = ("place", "person_hash", "confirmed_at", *CHOSEN, *CONSENTED)
KEPT = ("name", "city", "comment", "address")


def _columns(table: Any, *names: str) -> list[sa.Column[Any]]:
    return [table[name] for name in names]


def _types(table: Any, *names: str) -> dict[str, sa.types.TypeEngine[Any]]:
    return {name: table[name].type for name in names}


def _same(table: Any, given: sa.FromClause, *names: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(table[name] == given.c[name] for name in names))


def _numbers_of_partners() -> sa.ScalarSelect[Any]:
    """The numbers of the petition's partners at this moment, with commas between them."""
    numbers = sa.func.aggregate_strings(sa.cast(Partner.number, sa.String), ",")
    return (
        sa.select(numbers)
        .where(Partner.petition_id == SIGNATURE.petition_id, Partner.state == PartnerState.ACCEPTED)
        .scalar_subquery()
    )


def _with_their_mates(given: sa.FromClause) -> sa.Select[Any]:
    """Attempts, each as often as its address has attempts on its petition, itself among them.

    Attempts stay locked, in the order given: what is read of them here holds until the commit.
    """
    mate, mate_signer = aliased(Signature), aliased(Signer)
    return (
        sa.select(
            *_columns(SIGNATURE, *PLACE, "id", "handle", "state", "created_at", "confirmed_at", *CHOSEN, *CONSENTED),
            *_columns(SIGNER, *KEPT),
            Petition.state.label("petition_state"),
            Petition.closes_at,
            _numbers_of_partners().label("partners"),
            switches.signing_is_paused().label("paused"),
            mate.id.label("mate_id"),
            mate.state.label("mate_state"),
            mate.place.label("mate_place"),
            mate.person_hash.label("mate_person"),
            mate_signer.name.label("mate_name"),
        )
        .join_from(given, Signature, _same(SIGNATURE, given, "bucket", "handle"))
        .join(Signer, SIGNER_OF)
        .join(Petition, Petition.id == Signature.petition_id)
        .join(mate, sa.and_(*(getattr(mate, name) == SIGNATURE[name] for name in PLACE)))
        .outerjoin(mate_signer, sa.and_(mate_signer.bucket == mate.bucket, mate_signer.signature_id == mate.id))
        .with_for_update(of=Signature)
    )


ATTEMPTS = ForEach(_with_their_mates, **_types(SIGNATURE, "bucket", "handle"))
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


@dataclass(frozen=True, slots=True)
class Mate:
    """An attempt, counted or not, of the same address on the same petition. `name` is empty once forgotten."""

    id: UUID
    state: SignatureState
    place: int | None
    person_hash: bytes | None
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """An attempt, all attempts of its address (itself among them), and whether its petition takes signatures.

    `partners` are the numbers of the petition's partners.
    """

    attempt: Attempt
    mates: list[Mate]
    open_for_signing: bool
    partners: frozenset[int]

    @property
    def where(self) -> Place:
        """Where it lies."""
        signature = self.attempt.signature
        return signature.bucket, signature.petition_id, signature.address_hash


class _PetitionNow(NamedTuple):
    state: State
    closes_at: datetime | None


def find(connection: Connection, handles: Iterable[bytes]) -> dict[bytes, Found]:
    """The attempts behind mailed links, by handle. One row stands for signature, signer and petition id."""
    found: dict[bytes, Found] = {}
    row: Any
    for row in ATTEMPTS.rows(connection, sorted((bucket_of(handle), handle) for handle in set(handles))):
        if row.handle not in found:
            open_for_signing = is_open(_PetitionNow(row.petition_state, row.closes_at)) and not row.paused
            partners = frozenset(map(int, row.partners.split(","))) if row.partners else frozenset()
            found[row.handle] = Found(Attempt(row, row, row), [], open_for_signing, partners)
        mate = Mate(row.mate_id, row.mate_state, row.mate_place, row.mate_person, row.mate_name or "")
        found[row.handle].mates.append(mate)
    return found


@dataclass(slots=True)
class Changes:
    """What presses change, gathered; with the signatures that count by it added to `counted`, by petition."""

    counted: defaultdict[UUID, set[UUID]]
    _count: list[tuple[Any, ...]] = field(default_factory=list)
    _keep: list[tuple[Any, ...]] = field(default_factory=list)
    _forget: list[tuple[int, UUID]] = field(default_factory=list)
    _mails: list[tuple[int, UUID, bool]] = field(default_factory=list)
    _tally: Counter[tuple[UUID, str, datetime]] = field(default_factory=Counter)
    _own_pages: list[tuple[bytes, Owner]] = field(default_factory=list)

    def count(self, attempt: Attempt, unique: tuple[int, bytes], said: dict[str, Any], kept: dict[str, Any]) -> None:
        """Pending becomes confirmed, at a place and with a person's hash, by what was said at `confirmed_at`."""
        signature = attempt.signature
        key, at = (signature.bucket, signature.id), said["confirmed_at"]
        self._count.append((*key, *unique, at, *(said[name] for name in (*CHOSEN, *CONSENTED))))
        self._keep.append((*key, *(kept[name] for name in KEPT)))
        self._tally[signature.petition_id, said["country"], at] += 1
        self.counted[signature.petition_id].add(signature.id)

    def forget_address(self, attempt: Attempt, mates: Iterable[Mate], own: bool) -> None:
        """The address of a counted signature is forgotten, with `own` also in this attempt.

        No other attempt of the address on that petition keeps it (its page asks again, should news be wished
        for), no letter that died does, and a mail for the link just used is not sent again. Mails still owed
        to other attempts stay: they may be another person's at the same address.
        """
        for mate in mates:
            used = mate.id == attempt.signature.id
            if mate.state == SignatureState.PENDING and (own or not used):
                self._forget.append((attempt.signature.bucket, mate.id))
            self._mails.append((attempt.signature.bucket, mate.id, used))

    def open_own_page(self, token_hash: bytes, attempt: Attempt) -> None:
        """Whoever used a mailed link sees what its address signed on its petition."""
        owner = Owner(None, attempt.signature.petition_id, attempt.signature.address_hash)
        self._own_pages.append((token_hash, owner))

    def write(self, connection: Connection) -> None:
        """Sends them, in the order of the keys. No two of them are about the same row: each address has its turn."""
        with together(connection):
            COUNT.changed(connection, sorted(self._count, key=itemgetter(0, 1)))
            KEEP.changed(connection, sorted(self._keep, key=itemgetter(0, 1)))
            forgetting.forget_addresses(connection, sorted(self._forget))
            forgetting.empty_mails(connection, sorted(self._mails))
            tallies.add(connection, self._tally)
            own_page.start_sessions(connection, self._own_pages)
