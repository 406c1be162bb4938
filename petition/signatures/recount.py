"""Comparing the counters with the rows they count, and mending them while signing goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.db import Instant, unhurried
from petition.petitions.models import Petition
from petition.signatures.models import Signature
from petition.tallies import service as tallies
from petition.tallies.models import HourlyTally, Tally


@dataclass(frozen=True, slots=True)
class Line:
    """One country: confirmed rows, what the tally says, what its hours add up to, how many of those are wrong."""

    country: str
    rows: int
    tally: int
    hours: int
    wrong_hours: int

    @property
    def right(self) -> bool:
        """Whether all agree, hour by hour."""
        return self.rows == self.tally and not self.wrong_hours


def compare(session: Session, petition_id: UUID) -> list[Line]:
    """Every country with anything to compare, from one statement and so from one moment."""
    unhurried(session)
    hours = _hours(session, petition_id).subquery()
    by_hours = sa.select(
        hours.c.country,
        sa.func.sum(hours.c.rows).label("rows"),
        sa.literal(0).label("tally"),
        sa.func.sum(hours.c.counted).label("hours"),
        sa.func.sum(sa.case((hours.c.rows != hours.c.counted, 1), else_=0)).label("wrong_hours"),
    ).group_by(hours.c.country)
    nothing = sa.literal(0)
    by_tally = sa.select(Tally.country, nothing, sa.func.sum(Tally.signatures), nothing, nothing)
    parts = sa.union_all(
        by_hours, by_tally.where(Tally.petition_id == petition_id).group_by(Tally.country)
    ).subquery()
    columns = (sa.func.sum(parts.c[name]) for name in ("rows", "tally", "hours", "wrong_hours"))
    found = session.execute(sa.select(parts.c.country, *columns).group_by(parts.c.country).order_by(parts.c.country))
    return [Line(country, *map(int, numbers)) for country, *numbers in found]


def _hours(session: Session, petition_id: UUID) -> sa.Select[Any]:
    """Each country's hours, with the rows confirmed in them and what the counters say."""
    nothing = sa.literal(0)
    hour = _hour(session)
    confirmed = sa.select(
        hour.label("hour"), Signature.country, sa.func.count().label("rows"), nothing.label("counted")
    ).where(Signature.petition_id == petition_id, Signature.state == sa.literal_column("1"))
    counted = sa.select(HourlyTally.hour, HourlyTally.country, nothing, sa.func.sum(HourlyTally.signatures)).where(
        HourlyTally.petition_id == petition_id
    )
    parts = sa.union_all(
        confirmed.group_by(hour, Signature.country), counted.group_by(HourlyTally.hour, HourlyTally.country)
    ).subquery()
    return sa.select(
        parts.c.hour,
        parts.c.country,
        sa.func.sum(parts.c.rows).label("rows"),
        sa.func.sum(parts.c.counted).label("counted"),
    ).group_by(parts.c.hour, parts.c.country)


def rebuild(session: Session, petition_id: UUID) -> int:
    """Adds to the counters what they lack of the rows, hour by hour; says how many counters were wrong.

    Each difference is read in one statement and added, never set: what is signed meanwhile stays counted.
    The petition's row is locked, so that two rebuilds do not both add the same difference.
    """
    unhurried(session).execute(
        sa.select(Petition.id).where(Petition.id == petition_id).with_for_update(key_share=True)
    )
    hours = {
        (petition_id, hour, country): int(rows) - int(counted)
        for hour, country, rows, counted in session.execute(_hours(session, petition_id))
        if rows != counted
    }
    totals = {
        (petition_id, line.country): line.rows - line.tally
        for line in compare(session, petition_id)
        if line.rows != line.tally
    }
    tallies.add_totals(session.connection(), totals)
    tallies.add_hours(session.connection(), hours)
    return len(hours) + len(totals)


def _hour(session: Session) -> sa.ColumnElement[object]:
    """The hour of confirming (UTC), in the form in which the database keeps it."""
    if session.get_bind().dialect.name == "postgresql":
        return sa.func.date_trunc("hour", Signature.confirmed_at, "UTC")
    text = sa.type_coerce(Signature.confirmed_at, sa.String)
    return sa.type_coerce(sa.func.substr(text, 1, 13).concat(":00:00.000000"), Instant)
