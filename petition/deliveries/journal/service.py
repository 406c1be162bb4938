"""Planning deliveries. Every question starts from the actor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.ids import new_id
from petition.deliveries.journal.models import Delivery, DeliveryEntry, DeliveryState, EntryKind
from petition.deliveries.missions.models import Mission
from petition.deliveries.packages.models import Package, PackageState
from petition.organisations.roles import Action, reachable
from petition.petitions.editing import moment
from petition.petitions.models import Petition

MOST = 500
"""Deliveries of a petition: they all stand on one page."""


class PlanRefused(DomainError):
    """A delivery cannot be planned like that."""

    status = 422
    code = "plan_refused"


def find(session: Session, actor: User, delivery_id: UUID, lock: bool = False) -> Delivery:
    """A delivery of a petition whose deliveries are the actor's to record, on wish locked. Raises NotFound."""
    mine = Petition.organisation_id.in_(reachable(actor, Action.RECORD_DELIVERIES))
    query = sa.select(Delivery).join(Petition).where(Delivery.id == delivery_id, mine)
    if lock:
        query = query.with_for_update(of=Delivery).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(_("There is no such delivery."))
    return found


def missions_of(session: Session, sending_state: str) -> Sequence[Mission]:
    """The missions of a state, those that are closed too, by host country and city."""
    of_state = sa.select(Mission).where(Mission.sending_state == sending_state)
    return session.scalars(of_state.order_by(Mission.host_country, Mission.city, Mission.slug)).all()


def sending_states(session: Session) -> Sequence[str]:
    """The states that have missions in the directory."""
    return session.scalars(sa.select(Mission.sending_state).distinct().order_by(Mission.sending_state)).all()


def packages_for(session: Session, delivery: Delivery) -> Sequence[Package]:
    """The packages that could be handed over: of this petition, for this mission, built; the newest first."""
    fit = (
        Package.petition_id == delivery.petition_id,
        Package.mission_slug == delivery.mission_slug,
        Package.state == PackageState.READY,
    )
    return session.scalars(sa.select(Package).where(*fit).order_by(Package.number.desc())).all()


def instant(mission: Mission, shown: str) -> datetime:
    """The moment that a mission's clocks show. Raises PlanRefused for what is no time there."""
    try:
        at = moment(shown, mission.time_zone)
        if not 1900 <= at.year < 2200:
            raise ValueError
    except (ValueError, OverflowError):
        problem = _("Enter a day and time that there is in %(city)s.", city=mission.city)
        raise PlanRefused(problem) from None
    return at


def plan(
    session: Session, actor: User, petition: Petition, missions: Sequence[Mission], shown: str
) -> list[Delivery]:
    """Deliveries to some missions, to each when its own clocks show this time. Raises PlanRefused."""
    if not missions:
        raise PlanRefused(_("Choose a mission."))
    there = session.scalar(sa.select(sa.func.count()).where(Delivery.petition_id == petition.id)) or 0
    if there + len(missions) > MOST:
        raise PlanRefused(_("A petition can have %(number)s deliveries at most.", number=MOST))
    planned = [
        Delivery(petition=petition, mission=mission, planned_at=_open_at(mission, shown), created_by=actor.id)
        for mission in missions
    ]
    session.add_all(planned)
    session.flush()
    for one in planned:
        record(session, actor, one, "delivery planned")
    return planned


def _open_at(mission: Mission, shown: str) -> datetime:
    at = instant(mission, shown)
    if mission.closed_on and at.astimezone(ZoneInfo(mission.time_zone)).date() >= mission.closed_on:
        raise PlanRefused(_("This mission is closed: %(name)s", name=mission.name))
    return at


def plan_anew(session: Session, actor: User, delivery: Delivery, shown: str, note: str) -> None:
    """Another time; the former one stays in the journal, with the note. Raises PlanRefused."""
    at = _open_at(delivery.mission, shown)
    if at == delivery.planned_at and delivery.state == DeliveryState.PLANNED:
        raise PlanRefused(_("It is planned for this time already."))
    _add(delivery, actor, EntryKind.POSTPONED, note, former_plan=delivery.planned_at)
    delivery.planned_at, delivery.changed_at = at, now()
    settle(delivery)
    record(session, actor, delivery, "delivery planned anew")


def cancel(session: Session, actor: User, delivery: Delivery, note: str) -> None:
    """It will not take place; it can be planned anew. Raises PlanRefused when it is not planned."""
    if delivery.state != DeliveryState.PLANNED:
        raise PlanRefused(_("This delivery is not planned any more."))
    _add(delivery, actor, EntryKind.CANCELLED, note)
    delivery.changed_at = now()
    settle(delivery)
    record(session, actor, delivery, "delivery cancelled")


def _add(delivery: Delivery, actor: User, kind: EntryKind, note: str, former_plan: datetime | None = None) -> None:
    if not note:
        raise PlanRefused(_("Say why: the public page shows it."))
    at = now()
    what = {"id": new_id(), "kind": kind, "happened_at": at, "created_at": at, "author": actor.id}
    delivery.entries.append(DeliveryEntry(**what, note=note, former_plan=former_plan))


def choose_package(session: Session, actor: User, delivery: Delivery, package_id: UUID | None) -> None:
    """The package to hand over, or none yet. Raises PlanRefused for one that is not for this."""
    fitting = {one.id: one for one in packages_for(session, delivery)}
    if package_id is not None and package_id not in fitting:
        raise PlanRefused(_("Choose one of these packages."))
    delivery.package = fitting[package_id] if package_id else None
    delivery.changed_at = now()
    record(session, actor, delivery, "delivery package chosen", package=str(package_id or ""))


def settle(delivery: Delivery) -> None:
    """Brings state and time in line with the entries that stand.

    A plan counts until something else is recorded; of what happened, what happened last counts.
    """
    recorded = {one.id: one for one in delivery.entries}

    def first_recorded(entry: DeliveryEntry) -> tuple[datetime, UUID]:
        while entry.replaces:
            entry = recorded[entry.replaces]
        return entry.created_at, entry.id

    about_plan = {EntryKind.POSTPONED, EntryKind.CANCELLED}
    newest = max(delivery.standing, key=first_recorded, default=None)
    happened = [one for one in delivery.standing if one.kind not in about_plan]
    if newest is None or newest.kind == EntryKind.POSTPONED:
        delivery.state, delivery.settled_at = DeliveryState.PLANNED, None
        return
    counts = newest if newest.kind == EntryKind.CANCELLED else happened[-1]
    delivery.state, delivery.settled_at = DeliveryState(counts.kind.value), counts.happened_at


def record(
    session: Session,
    actor: User,
    delivery: Delivery,
    action: str,
    personal: dict[str, str] | None = None,
    **details: str | None,
) -> None:
    """Writes an act down: which delivery and mission; what was written about people stays out of it."""
    about = delivery.petition
    audit.record(
        session,
        str(actor.id),
        action,
        about.slug,
        organisation_id=about.organisation_id,
        personal=personal,
        delivery=str(delivery.id),
        mission=delivery.mission_slug,
        **details,
    )
