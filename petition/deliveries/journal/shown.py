"""What readers see of deliveries: on the petition's page, all of a petition, and one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.core.errors import Gone, NotFound
from petition.deliveries.journal.models import Delivery, DeliveryState, EntryKind
from petition.deliveries.missions.models import Mission, MissionKind
from petition.deliveries.packages.models import Package
from petition.petitions.models import PUBLIC_STATES, Petition, State
from petition.petitions.service import BESIDE

LATEST, NEXT = 4, 3
"""So many that happened, and so many planned ones, stand on the petition's page."""
STILL_NEXT = timedelta(hours=12)
"""So long after its time a planned delivery, of which nothing is recorded, is still shown as one that comes."""
SETTLED = [state for state in DeliveryState if state not in (DeliveryState.PLANNED, DeliveryState.CANCELLED)]


@dataclass(frozen=True, slots=True)
class Gate:
    """A line of the journal: which mission, how it stands, since or for when, with how many signatures."""

    id: UUID
    city: str
    kind: MissionKind
    zone: str
    state: DeliveryState
    at: datetime
    signatures: int | None


@dataclass(frozen=True, slots=True)
class Gates:
    """The lines on the petition's page in the order of time, and how many deliveries there are."""

    lines: tuple[Gate, ...]
    total: int


AT = sa.func.coalesce(Delivery.settled_at, Delivery.planned_at, type_=Delivery.planned_at.type)


def _lines(*more: Any) -> sa.Select[Any]:
    signatures = Package.facts["signature_count"].as_integer()
    mission = Mission.city, Mission.kind, Mission.time_zone.label("zone")
    about = Delivery.state, AT.label("at"), signatures.label("signatures")
    return (
        sa.select(Delivery.id, *mission, *about, *more)
        .join(Mission, Mission.slug == Delivery.mission_slug)
        .outerjoin(Package, Package.id == Delivery.package_id)
    )


def _to_come() -> sa.ColumnElement[bool]:
    return sa.and_(Delivery.state == DeliveryState.PLANNED, Delivery.planned_at > now() - STILL_NEXT)


def gates_of(session: Session, petition_id: UUID) -> Gates:
    """What stands on the petition's own page, read in one statement."""
    of_it = Delivery.petition_id == petition_id
    total = sa.select(sa.func.count()).where(of_it).scalar_subquery().label("total")
    latest = _lines(total).where(of_it, Delivery.state.in_(SETTLED)).order_by(AT.desc(), Delivery.id).limit(LATEST)
    following = _lines(total).where(of_it, _to_come()).order_by(AT, Delivery.id).limit(NEXT)
    parts = [sa.select(one.subquery()) for one in (latest, following)]
    rows = session.execute(sa.union_all(*parts)).all()
    lines = sorted((Gate(*row[:-1]) for row in rows), key=lambda gate: (gate.at, gate.id))
    return Gates(tuple(lines), rows[0].total if rows else 0)


BESIDE["journal"] = gates_of


def next_of(session: Session, petition_ids: Collection[UUID]) -> dict[UUID, Gate]:
    """The next planned delivery of each petition that has one."""
    place = sa.func.row_number().over(partition_by=Delivery.petition_id, order_by=(Delivery.planned_at, Delivery.id))
    coming = _lines(Delivery.petition_id, place.label("place"))
    each = coming.where(Delivery.petition_id.in_(petition_ids), _to_come()).subquery()
    rows = session.execute(sa.select(each).where(each.c.place == 1))
    return {row.petition_id: Gate(*row[:-2]) for row in rows}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many deliveries ended how. One that was refused and then posted counts as both."""

    delivered_cities: int
    posted: int
    sent: int
    refused: int
    planned: int


def all_of(session: Session, petition_id: UUID) -> list[Delivery]:
    """All deliveries of a petition: the planned ones by time, then what happened, the latest first."""
    its = session.scalars(sa.select(Delivery).where(Delivery.petition_id == petition_id)).all()
    planned = [one for one in its if one.state == DeliveryState.PLANNED]
    others = [one for one in its if one.state != DeliveryState.PLANNED]
    planned.sort(key=lambda one: (one.at, one.mission_slug))
    others.sort(key=lambda one: one.mission_slug)
    others.sort(key=lambda one: one.at, reverse=True)
    return planned + others


def gate(delivery: Delivery) -> Gate:
    """The line of a delivery."""
    facts = (delivery.package and delivery.package.facts) or {}
    mission = delivery.mission
    where = mission.city, mission.kind, mission.time_zone
    return Gate(delivery.id, *where, delivery.state, delivery.at, facts.get("signature_count"))


def counts(deliveries: Sequence[Delivery]) -> Counts:
    """How they ended."""

    def having(kind: EntryKind) -> list[Delivery]:
        return [one for one in deliveries if one.has(kind)]

    cities = {(one.mission.host_country, one.mission.city) for one in having(EntryKind.DELIVERED)}
    return Counts(
        delivered_cities=len(cities),
        posted=len(having(EntryKind.POSTED)),
        sent=len(having(EntryKind.SENT)),
        refused=len(having(EntryKind.REFUSED)),
        planned=sum(one.state == DeliveryState.PLANNED for one in deliveries),
    )


def find_public(session: Session, delivery_id: UUID) -> Delivery:
    """A delivery of a petition that readers may see. Raises NotFound or, when that was taken down, Gone."""
    found = session.scalar(sa.select(Delivery).join(Petition).where(Delivery.id == delivery_id))
    if found is None or found.petition.state not in (*PUBLIC_STATES, State.TAKEN_DOWN):
        raise NotFound(_("There is no such delivery."))
    if found.petition.state == State.TAKEN_DOWN:
        raise Gone
    return found
