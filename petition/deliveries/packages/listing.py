"""What organisers see of packages: those there are, and what a new one would hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.deliveries.missions.models import Mission
from petition.deliveries.packages.models import Package, PackageState
from petition.deliveries.packages.service import HOST, ShownCounts, count_shown
from petition.petitions.models import Petition

UNDER_WAY = (PackageState.WAITING, PackageState.BUILDING)


def of_petition(session: Session, petition: Petition) -> Sequence[Package]:
    """All packages of a petition, newest first."""
    theirs = sa.select(Package).where(Package.petition_id == petition.id)
    return session.scalars(theirs.order_by(Package.number.desc())).all()


def missions_for(session: Session, petition: Petition) -> Sequence[Mission]:
    """The missions a list can go to: those of the addressee's state, or all where that is not known or has none."""
    is_open = sa.or_(Mission.closed_on.is_(None), Mission.closed_on > now().date())
    in_order = (
        sa.select(Mission)
        .where(is_open)
        .order_by(Mission.sending_state, Mission.host_country, Mission.city, Mission.slug)
    )
    every = session.scalars(in_order).all()
    return [one for one in every if one.sending_state == petition.addressee_country] or every


def would_hold(
    session: Session,
    petition_id: UUID,
    missions: Sequence[Mission],
    countries: Sequence[str] | Literal["host"],
    since: datetime | None,
    until: datetime | None,
) -> list[tuple[Mission, ShownCounts]]:
    """How many signers would be shown how in each mission's package, now; what several share is counted once."""
    asked = {one.slug: (one.host_country,) if countries == HOST else tuple(countries) for one in missions}
    counted = {codes: count_shown(session, petition_id, codes, since, until) for codes in set(asked.values())}
    return [(one, counted[asked[one.slug]]) for one in missions]
