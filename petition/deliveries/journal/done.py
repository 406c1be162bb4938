"""When a package has been handed over, posted or sent: from then on its files are kept for some days only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from petition.deliveries.journal.models import DONE, DeliveryEntry
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


keeping.done_at = done_at
