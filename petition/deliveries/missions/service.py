"""The directory of missions: finding them, writing what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.clock import now
from petition.core.db import insert
from petition.core.errors import DomainError, NotFound
from petition.deliveries.missions.facts import COLUMNS, IDENTITY
from petition.deliveries.missions.models import Mission
from petition.organisations.models import Membership
from petition.organisations.roles import Action, reachable

IN_ORDER = (Mission.sending_state, Mission.host_country, Mission.city, Mission.slug)


class SlugTaken(DomainError):
    """There is a mission of that id already."""

    status = 409
    code = "mission_exists"


def find(session: Session, slug: str) -> Mission:
    """The mission of that id. Raises NotFound."""
    found = session.get(Mission, slug)
    if found is None:
        raise NotFound(_("There is no mission of that name."))
    return found


def all_missions(session: Session, sending_state: str | None = None, open_only: bool = True) -> Sequence[Mission]:
    """The missions of one state or of all, by host country and city; the closed ones only if asked for."""
    wanted = sa.select(Mission).order_by(*IN_ORDER)
    if sending_state:
        wanted = wanted.where(Mission.sending_state == sending_state)
    if open_only:
        wanted = wanted.where(Mission.closed_on.is_(None))
    return session.scalars(wanted).all()


def local_time(mission: Mission, instant: datetime) -> datetime:
    """The instant as clocks at the mission show it."""
    return instant.astimezone(ZoneInfo(mission.time_zone))


def acting_for(session: Session, actor: User, action: Action) -> UUID:
    """The organisation in whose name the actor does this to what belongs to all. Raises NotFound for others."""
    mine = reachable(actor, action).order_by(Membership.organisation_id).limit(1)
    found = session.scalar(mine)
    if found is None:
        raise NotFound
    return found


def add(session: Session, actor: User | None, facts: dict[str, Any]) -> str:
    """Writes a mission that is not there yet; returns its id. Without an actor it is the command line.

    Raises NotFound, SlugTaken.
    """
    whose = acting_for(session, actor, Action.EDIT_MISSIONS) if actor else None
    new = insert(session, Mission).values(**facts, changed_at=now()).on_conflict_do_nothing()
    slug = session.scalar(new.returning(Mission.slug))
    if slug is None:
        raise SlugTaken(_("There is a mission of this name already: %(slug)s", slug=facts["slug"]))
    audit.record(session, _name(actor), "mission added", slug, organisation_id=whose)
    return slug


def change(session: Session, actor: User | None, facts: dict[str, Any]) -> list[str]:
    """Writes what is known of a mission by now; returns the columns that were other. Raises NotFound."""
    whose = acting_for(session, actor, Action.EDIT_MISSIONS) if actor else None
    mission = session.get(Mission, facts["slug"], with_for_update=True, populate_existing=True)
    if mission is None:
        raise NotFound(_("There is no mission of that name."))
    changed = differences(mission, facts)
    for column in changed:
        setattr(mission, column, facts[column])
    if changed:
        mission.changed_at = now()
        audit.record(
            session, _name(actor), "mission changed", mission.slug, organisation_id=whose, columns=", ".join(changed)
        )
    return changed


def differences(mission: Mission, facts: dict[str, Any]) -> list[str]:
    """The columns of which the facts say something else than what is stored."""
    return [column for column in COLUMNS if column not in IDENTITY and getattr(mission, column) != facts[column]]


def _name(actor: User | None) -> str:
    return str(actor.id) if actor else audit.COMMAND_LINE
