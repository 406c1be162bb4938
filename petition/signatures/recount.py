"""Comparing the counters with the rows they count, and mending them while signing goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.db import Instant
from petition.petitions.models import Petition
from petition.signatures.models import Signature, SignatureState
from petition.tallies import service as tallies
from petition.tallies.models import HourlyTally, Tally


@dataclass(frozen=True, slots=True)
class Line:
    """One country: confirmed rows, what the tally says, and what its hours add up to."""

    country: str
    rows: int
    tally: int
    hours: int

    @property
    def right(self) -> bool:
        """Whether all three agree."""
        return self.rows == self.tally == self.hours


def compare(session: Session, petition_id: UUID) -> list[Line]:
    """Every country with anything to compare, from one statement and so from one moment."""
    nothing = sa.literal(0)
    confirmed = sa.select(
        Signature.country, sa.func.count().label("rows"), nothing.label("tally"), nothing.label("hours")
    ).where(Signature.petition_id == petition_id, Signature.state == sa.literal_column("1"))
    counted = sa.select(Tally.country, nothing, sa.func.sum(Tally.signatures), nothing)
    hourly = sa.select(HourlyTally.country, nothing, nothing, sa.func.sum(HourlyTally.signatures))
    parts = sa.union_all(
        confirmed.group_by(Signature.country),
        counted.where(Tally.petition_id == petition_id).group_by(Tally.country),
        hourly.where(HourlyTally.petition_id == petition_id).group_by(HourlyTally.country),
    ).subquery()
    columns = (sa.func.sum(parts.c[name]) for name in ("rows", "tally", "hours"))
    found = session.execute(sa.select(parts.c.country, *columns).group_by(parts.c.country).order_by(parts.c.country))
    return [Line(country, int(rows), int(tally), int(hours)) for country, rows, tally, hours in found]


def rebuild(session: Session, petition_id: UUID) -> int:
    """Adds to the counters what they lack of the rows, hour by hour; says how many counters were wrong.

    Differences are read in one statement and added, never set: what is signed meanwhile stays counted.
    The petition's row is locked, so that two rebuilds do not both add the same difference.
    """
    session.execute(sa.select(Petition.id).where(Petition.id == petition_id).with_for_update(key_share=True))
    missing_hours = _missing_by_hour(session, petition_id)
    drifted = [line for line in compare(session, petition_id) if line.rows != line.tally]
    tallies.add_hours(session, missing_hours)
    tallies.add_totals(session, Counter({(petition_id, line.country): line.rows - line.tally for line in drifted}))
    return len(missing_hours) + len(drifted)


def _missing_by_hour(session: Session, petition_id: UUID) -> Counter[tuple[UUID, datetime, str]]:
    rows = sa.select(_hour(session).label("hour"), Signature.country, sa.func.count().label("n")).where(
        Signature.petition_id == petition_id, Signature.state == SignatureState.CONFIRMED
    )
    counted = sa.select(HourlyTally.hour, HourlyTally.country, -sa.func.sum(HourlyTally.signatures)).where(
        HourlyTally.petition_id == petition_id
    )
    parts = sa.union_all(
        rows.group_by("hour", Signature.country), counted.group_by(HourlyTally.hour, HourlyTally.country)
    ).subquery()
    missing = sa.func.sum(parts.c.n)
    found = session.execute(
        sa.select(parts.c.hour, parts.c.country, missing).group_by(parts.c.hour, parts.c.country).having(missing != 0)
    )
    return Counter({(petition_id, hour, country): int(number) for hour, country, number in found})


def _hour(session: Session) -> sa.ColumnElement[object]:
    """The hour of confirming (UTC), in the form in which the database keeps it."""
    if session.get_bind().dialect.name == "postgresql":
        return sa.func.date_trunc("hour", Signature.confirmed_at, "UTC")
    text = sa.type_coerce(Signature.confirmed_at, sa.String)
    return sa.type_coerce(sa.func.substr(text, 1, 13).concat(":00:00.000000"), Instant)
