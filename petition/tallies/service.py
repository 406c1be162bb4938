"""Counting: changing the counters with the signatures, reading them, checking and mending them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.clock import hour_of, now
from petition.core.db import insert
from petition.tallies.models import SLOTS, HourlyTally, Tally

Changes = Counter[tuple[UUID, str, datetime]]  # (petition, country, confirmed at) -> signatures


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


def add(session: Session, changes: Mapping[tuple[UUID, str, datetime], int]) -> None:
    """Moves the counters in the running transaction.

    `changes` maps (petition id, country, moment of confirming) to the signatures to add, negative to take
    away. Rows are touched in sorted order, so that two transactions never wait for each other in a ring.
    """
    by_country: Counter[tuple[UUID, str]] = Counter()
    by_hour: Counter[tuple[UUID, datetime, str]] = Counter()
    for (petition_id, country, confirmed_at), number in changes.items():
        by_country[petition_id, country] += number
        by_hour[petition_id, hour_of(confirmed_at), country] += number
    add_totals(session, by_country)
    add_hours(session, by_hour)


def add_totals(session: Session, changes: Mapping[tuple[UUID, str], int]) -> None:
    """Moves the totals by (petition id, country) alone: for mending, and where the hours are added apart."""
    rows = [
        {"slot": _slot(), "petition_id": petition_id, "country": country, "signatures": number}
        for (petition_id, country), number in sorted(changes.items())
        if number
    ]
    _add_rows(session, Tally, rows)


def add_hours(session: Session, changes: Mapping[tuple[UUID, datetime, str], int]) -> None:
    """Moves the hours by (petition id, hour, country) alone."""
    rows = [
        {"slot": _slot(), "petition_id": petition_id, "hour": hour, "country": country, "signatures": number}
        for (petition_id, hour, country), number in sorted(changes.items())
        if number
    ]
    _add_rows(session, HourlyTally, rows)


def _slot() -> int:
    """The writing process's own counters: processes that count the same country do not wait for each other."""
    return os.getpid() % SLOTS


def _add_rows(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    table = model.__table__
    new = insert(session, table)
    grown = table.c.signatures + new.excluded.signatures
    session.connection().execute(
        new.on_conflict_do_update(index_elements=list(table.primary_key), set_={"signatures": grown}), rows
    )


def count(session: Session, petition_id: UUID) -> Count:
    """The tally now: total and countries from one read, so that they always agree."""
    number = sa.func.sum(Tally.signatures)
    rows = session.execute(
        sa.select(Tally.country, number).where(Tally.petition_id == petition_id).group_by(Tally.country)
    ).all()
    by_country = sorted(((code, int(n)) for code, n in rows if n), key=lambda row: (-row[1], row[0]))
    return Count(sum(n for _, n in by_country), tuple(by_country), now())


def totals(session: Session, petition_ids: list[UUID]) -> dict[UUID, int]:
    """The total of each petition that has any."""
    rows = session.execute(
        sa.select(Tally.petition_id, sa.func.sum(Tally.signatures))
        .where(Tally.petition_id.in_(petition_ids))
        .group_by(Tally.petition_id)
    )
    return {petition_id: int(number) for petition_id, number in rows}


def series(
    session: Session, petition_id: UUID, by: str = "day", country: str | None = None
) -> list[tuple[datetime, int]]:
    """Signatures confirmed per `hour` or per `day` (UTC), oldest first, without the empty ones."""
    query = sa.select(HourlyTally.hour, sa.func.sum(HourlyTally.signatures)).where(
        HourlyTally.petition_id == petition_id
    )
    if country:
        query = query.where(HourlyTally.country == country)
    found: Counter[datetime] = Counter()
    for hour, number in session.execute(query.group_by(HourlyTally.hour)):
        found[hour.replace(hour=0) if by == "day" else hour] += int(number)
    return sorted((instant, number) for instant, number in found.items() if number)


class TallyCache:
    """Keeps each petition's count for a second, so that a hot page asks the database once a second."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self._kept: dict[UUID, Count] = {}

    def count(self, session: Session, petition_id: UUID) -> Count:
        """The petition's count, at most `seconds` old."""
        kept = self._kept.get(petition_id)
        if kept is None or (now() - kept.as_of).total_seconds() >= self.seconds:
            kept = self._kept[petition_id] = count(session, petition_id)
        return kept

    def forget(self, petition_id: UUID) -> None:
        """Makes the next reader in this process see what was just counted."""
        self._kept.pop(petition_id, None)


shown_counts = TallyCache()
