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

# SQLite would sort a million rows to group them by a part of a column. The index has them in this order already,
# so each hour of a country is found by one step from the last one before it, and counted where it lies.
_SQLITE_HOURS = sa.text("""
    WITH RECURSIVE found (key) AS (
        SELECT (
            SELECT country || substr(confirmed_at, 1, 13) FROM signature
            WHERE petition_id = :petition_id AND state = 1 ORDER BY country, confirmed_at LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT country || substr(confirmed_at, 1, 13) FROM signature
            WHERE petition_id = :petition_id AND state = 1
                AND (country, confirmed_at) > (substr(key, 1, 2), substr(key, 3) || ':59:59.999999')
            ORDER BY country, confirmed_at LIMIT 1
        )
        FROM found WHERE key IS NOT NULL
    )
    SELECT substr(key, 3) || ':00:00.000000' AS hour, substr(key, 1, 2) AS country, (
        SELECT count(*) FROM signature
        WHERE petition_id = :petition_id AND state = 1 AND country = substr(key, 1, 2)
            AND confirmed_at BETWEEN substr(key, 3) AND substr(key, 3) || ':59:59.999999'
    ) AS rows
    FROM found WHERE key IS NOT NULL
""")

BY_INDEX = sa.text("SET LOCAL enable_seqscan = off")
"""PostgreSQL's planner takes the table, three times as large, for cheaper to read than the index that has it all."""

SIGNATURE, TALLY, HOURLY = Signature.__table__.c, Tally.__table__.c, HourlyTally.__table__.c

_AN_HOUR: sa.ColumnElement[Any] = sa.literal_column("interval '1 hour'")
_SOME_HOUR: sa.ColumnElement[Any] = sa.literal_column("timestamptz '2000-01-01 00:00Z'")


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
    connection = unhurried(session).connection()  # past the ORM, which takes as long to get ready as half the rows
    hours = _hours(connection, petition_id).subquery()
    by_hours = sa.select(
        hours.c.country,
        sa.func.sum(hours.c.rows).label("rows"),
        sa.literal(0).label("tally"),
        sa.func.sum(hours.c.counted).label("hours"),
        sa.func.sum(sa.case((hours.c.rows != hours.c.counted, 1), else_=0)).label("wrong_hours"),
    ).group_by(hours.c.country)
    nothing = sa.literal(0)
    by_tally = sa.select(TALLY.country, nothing, sa.func.sum(TALLY.signatures), nothing, nothing)
    parts = sa.union_all(
        by_hours, by_tally.where(TALLY.petition_id == petition_id).group_by(TALLY.country)
    ).subquery()
    columns = (sa.func.sum(parts.c[name]) for name in ("rows", "tally", "hours", "wrong_hours"))
    found = connection.execute(
        sa.select(parts.c.country, *columns).group_by(parts.c.country).order_by(parts.c.country)
    )
    return [Line(country, *map(int, numbers)) for country, *numbers in found]


def _hours(connection: sa.Connection, petition_id: UUID) -> sa.Select[Any]:
    """Each country's hours, with the rows confirmed in them and what the counters say."""
    if connection.dialect.name == "postgresql":
        connection.execute(BY_INDEX)
    nothing = sa.literal(0)
    found = _confirmed(connection.dialect.name, petition_id).subquery()
    confirmed = sa.select(found.c.hour, found.c.country, found.c.rows, nothing.label("counted"))
    counted = sa.select(HOURLY.hour, HOURLY.country, nothing, sa.func.sum(HOURLY.signatures)).where(
        HOURLY.petition_id == petition_id
    )
    parts = sa.union_all(confirmed, counted.group_by(HOURLY.hour, HOURLY.country)).subquery()
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
        for hour, country, rows, counted in session.execute(_hours(session.connection(), petition_id))
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


def _confirmed(dialect: str, petition_id: UUID) -> sa.Select[Any] | sa.TextualSelect:
    """Each country's hours of confirming (UTC), in the form in which the database keeps them, and their rows."""
    if dialect != "postgresql":
        bound = _SQLITE_HOURS.bindparams(sa.bindparam("petition_id", petition_id, SIGNATURE.petition_id.type))
        return bound.columns(hour=Instant(), country=sa.String(), rows=sa.Integer())
    # As date_trunc("hour", …, "UTC"), in a third of the time.
    hour = sa.func.date_bin(_AN_HOUR, SIGNATURE.confirmed_at, _SOME_HOUR)
    return (
        sa.select(hour.label("hour"), SIGNATURE.country, sa.func.count().label("rows"))
        .where(SIGNATURE.petition_id == petition_id, SIGNATURE.state == sa.literal_column("1"))
        .group_by(hour, SIGNATURE.country)
    )
