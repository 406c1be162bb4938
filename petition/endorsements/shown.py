"""The endorsements that readers see: those agreed to, in the order of agreeing."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.endorsements.models import Endorsement
from petition.petitions.service import BESIDE

ON_THE_PETITION = 12
"""So many stand on the petition's page; the others are one link away."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One endorsement, in the words its endorser agreed to."""

    kind: str
    name: str
    office: str
    country: str
    statement: str


@dataclass(frozen=True, slots=True)
class FirstShown:
    """The first endorsements of a petition, and how many there are."""

    first: tuple[Shown, ...]
    total: int


def _of(petition_id: UUID, *more: sa.ColumnElement[int]) -> sa.Select[dict[str, str] | None, int]:
    agreed = Endorsement.petition_id == petition_id, Endorsement.agreed_at.is_not(None)
    return sa.select(Endorsement.shown, *more).where(*agreed).order_by(Endorsement.agreed_at, Endorsement.id)


def all_of(session: Session, petition_id: UUID) -> list[Shown]:
    """Every endorsement of a petition."""
    return [Shown(**words) for words in session.scalars(_of(petition_id)) if words]


def first_of(session: Session, petition_id: UUID) -> FirstShown:
    """What stands on the petition's own page."""
    rows = session.execute(_of(petition_id, sa.func.count().over()).limit(ON_THE_PETITION)).all()
    return FirstShown(tuple(Shown(**words) for words, _total in rows if words), rows[0][1] if rows else 0)


BESIDE["endorsements"] = first_of
