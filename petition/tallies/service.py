"""Counting: changing the counters with the signatures, reading them, checking and mending them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from petition.core.clock import hour_of, now
from petition.core.db import Id, Instant
from petition.core.kept import kept
from petition.core.many_rows import ForEach, ManyRows
from petition.tallies.models import SLOTS, HourlyTally, Tally

ALL_SLOTS = sa.text(f"({', '.join(map(str, range(SLOTS)))})")


def _any_slot(column: Any) -> sa.ColumnElement[bool]:
    """Names every slot in the query, for the keys begin with it; as text, so that it is written once."""
    return sa.type_coerce(column.op("IN")(ALL_SLOTS), sa.Boolean())


TOTALS = ForEach(
    lambda given: (
        sa.select(Tally.petition_id, sa.func.sum(Tally.signatures).label("number"))
        .join_from(given, Tally, sa.and_(_any_slot(Tally.slot), Tally.petition_id == given.c.petition_id))
        .group_by(Tally.petition_id)
    ),
    petition_id=Id,
)


@dataclass(frozen=True, slots=True)
class Count:
    """A petition's tally as one read saw it: `total` is the sum of `by_country`, largest country first."""

    total: int
    by_country: tuple[tuple[str, int], ...]
    as_of: datetime

    @property
    def countries(self) -> int:
        """How many countries have at least one signature."""
        return len(self.by_country)


@dataclass(frozen=True, slots=True)
class Picture:
    """A count, and the hours (UTC) in which its signatures were confirmed, oldest first, without the empty ones."""

    count: Count
    hours: tuple[tuple[datetime, int], ...]

    @property
    def total(self) -> int:
        """The hours together."""
        return sum(number for _hour, number in self.hours)

    def series(self, by: str) -> list[tuple[datetime, int]]:
        """Signatures per `hour` or per `day`."""
        if by == "hour":
            return list(self.hours)
        days: Counter[datetime] = Counter()
        for hour, number in self.hours:
            days[hour.replace(hour=0)] += number
        return sorted(days.items())


def add(connection: Connection, changes: Mapping[tuple[UUID, str, datetime], int]) -> None:
    """Moves the counters in the running transaction.

    `changes` maps (petition id, country, moment of confirming) to the signatures to add, negative to take
    away. Rows are touched in sorted order, so that two transactions never wait for each other in a ring.
    """
    by_country: Counter[tuple[UUID, str]] = Counter()
    by_hour: Counter[tuple[UUID, datetime, str]] = Counter()
    for (petition_id, country, confirmed_at), number in changes.items():
        by_country[petition_id, country] += number
        by_hour[petition_id, hour_of(confirmed_at), country] += number
    add_totals(connection, by_country)
    add_hours(connection, by_hour)


def add_totals(connection: Connection, changes: Mapping[tuple[UUID, str], int]) -> None:
    """Moves the totals by (petition id, country) alone: for mending, and where the hours are added apart."""
    rows = [
        (_slot(), petition_id, country, number)
        for (petition_id, country), number in sorted(changes.items())
        if number
    ]
    _add_rows(connection, Tally, rows)


def add_hours(connection: Connection, changes: Mapping[tuple[UUID, datetime, str], int]) -> None:
    """Moves the hours by (petition id, hour, country) alone."""
    rows = [
        (_slot(), petition_id, hour, country, number)
        for (petition_id, hour, country), number in sorted(changes.items())
        if number
    ]
    _add_rows(connection, HourlyTally, rows)


def _slot() -> int:
    """The writing process's own counters: processes that count the same country do not wait for each other.

    Slot 0 holds what was folded.
    """
    return 1 + os.getpid() % (SLOTS - 1)


def _add_rows(connection: Connection, model: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Adds to counters; `rows` have the columns of the table."""
    table = model.__table__
    ManyRows(connection.dialect, table, table.c.keys(), rows, adding="signatures").insert(connection)


def fold(connection: Connection) -> int:
    """Adds the slots of all processes into slot 0, so that reading stays short; says how many rows went.

    Every sum is the same before and after: a row that a process is changing is waited for, and taken as it
    is then.
    """
    return sum(_fold(connection, model) for model in (Tally, HourlyTally))


def _fold(connection: Connection, model: Any) -> int:
    table = model.__table__
    taken = connection.execute(sa.delete(table).where(table.c.slot != 0).returning(table)).all()
    sums: Counter[tuple[Any, ...]] = Counter()
    for _slot, *key, number in taken:
        sums[tuple(key)] += number
    _add_rows(connection, model, [(0, *key, number) for key, number in sorted(sums.items())])
    return len(taken)


def count(session: Session, petition_id: UUID) -> Count:
    """The tally now: total and countries from one read, so that they always agree."""
    at = now()
    rows = session.execute(_by_country(petition_id)).all()
    return _as_count(((country, int(number)) for country, number in rows), at)


def _as_count(numbers: Iterable[tuple[str, int]], at: datetime) -> Count:
    by_country = sorted(((code, number) for code, number in numbers if number), key=lambda row: (-row[1], row[0]))
    return Count(sum(number for _code, number in by_country), tuple(by_country), at)


def _by_country(petition_id: UUID) -> sa.Select[str, int]:
    return (
        sa.select(Tally.country, sa.func.sum(Tally.signatures))
        .where(_any_slot(Tally.slot), Tally.petition_id == petition_id)
        .group_by(Tally.country)
    )


def totals(session: Session | Connection, petition_ids: list[UUID]) -> dict[UUID, int]:
    """The total of each petition that has any."""
    connection = session.connection() if isinstance(session, Session) else session
    return {row.petition_id: int(row.number) for row in TOTALS.rows(connection, [(one,) for one in petition_ids])}


@dataclass(slots=True)
class _Running:
    """A total as it was read, which signatures it holds already, and which were counted since."""

    read: int
    held: frozenset[UUID]
    since: set[UUID] = field(default_factory=set)


def running_total(connection: Connection, petition_id: UUID, counted: frozenset[UUID]) -> int:
    """The petition's total after the running transaction, which has just counted these signatures.

    In a rush it is read once a second, and what this process has counted since is added: what others have is
    missing for as long. A transaction that is repeated is added once.
    """
    running: _Running = kept("running total").get(
        petition_id, lambda: _Running(totals(connection, [petition_id]).get(petition_id, 0), counted)
    )
    running.since |= counted - running.held
    return running.read + len(running.since)


def picture(session: Session, petition_id: UUID, country: str | None = None) -> Picture:
    """The tally with its hours (of one country, if given), from one statement: the hours add up to the count."""
    at = now()
    by_country = sa.select(*_by_country(petition_id).subquery().c, sa.cast(sa.null(), Instant).label("hour"))
    by_hour = (
        sa.select(sa.literal(""), sa.func.sum(HourlyTally.signatures), HourlyTally.hour)
        .where(_any_slot(HourlyTally.slot), HourlyTally.petition_id == petition_id)
        .group_by(HourlyTally.hour)
    )
    if country:
        by_hour = by_hour.where(HourlyTally.country == country)
    rows: Sequence[Any] = session.execute(sa.union_all(by_country, by_hour)).all()
    numbers = _as_count(((code, int(number)) for code, number, hour in rows if hour is None), at)
    return Picture(numbers, tuple(sorted((hour, int(number)) for _code, number, hour in rows if hour and number)))


def recent_count(session: Session, petition_id: UUID) -> Count:
    """The petition's count as somebody read it within the last second."""
    found: Count = kept("count").get(petition_id, lambda: count(session, petition_id))
    return found
