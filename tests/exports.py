"""A request for everything kept, and the second factor of whoever handles it: for tests of pages."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.accounts.models import SecondFactor, User
from petition.accounts.second_factor import SEAL
from petition.core.clock import now
from petition.core.sealing import seal
from petition.deliveries.models import ExportRequest, ExportState
from petition.petitions.models import Petition

SECRET = "JBSWY3DPEHPK3PXP" * 2


def give_second_factor(session: Session) -> None:
    """Everybody's account has SECRET for its second factor."""
    for user in session.scalars(sa.select(User)):
        session.add(SecondFactor(user_id=user.id, secret=seal(SEAL, SECRET), confirmed_at=now()))


def add_request(session: Session, petition: Petition, asker: User, state: ExportState) -> ExportRequest:
    """What somebody has asked for, whatever the rules."""
    made = ExportRequest(
        petition_id=petition.id,
        asked_by=asker.id,
        format="csv",
        reason="ნ",
        state=state,
        expires_at=now() + timedelta(days=1),
    )
    session.add(made)
    session.flush()
    return made
