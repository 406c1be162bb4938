"""When a package has been handed over, posted or sent, or shall be: its files are kept for some days after that."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from petition.deliveries.journal.models import DONE, Delivery, DeliveryEntry, DeliveryState
from petition.deliveries.packages import keeping


def done_at(session: Session, package_id: UUID) -> datetime | None:
    """When it was last recorded that a package had reached its mission or was on its way; None while it was not.

    Recorded, not happened: whoever enters a delivery months later still has the days that follow. An entry that
    was corrected or struck out does not count.
    """
    correction = aliased(DeliveryEntry)
    stands = ~sa.exists().where(correction.replaces == DeliveryEntry.id)
    done = DeliveryEntry.package_id == package_id, DeliveryEntry.kind.in_(DONE), stands
    return session.scalar(sa.select(sa.func.max(DeliveryEntry.created_at)).where(*done))


def planned_for(session: Session, package_id: UUID) -> datetime | None:
    """When the last delivery is planned for which this package was chosen; None where none is planned."""
    planned = Delivery.package_id == package_id, Delivery.state == DeliveryState.PLANNED
    return session.scalar(sa.select(sa.func.max(Delivery.planned_at)).where(*planned))


keeping.done_at = done_at
keeping.planned_for = planned_for
