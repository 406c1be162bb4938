"""The outbox in figures: for `/metrics`, `petition status` and `petition doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.mail.models import OwedMail

WAITING = sa.text("outbox.state = 0")  # literals: with parameters the partial indexes are of no use
DEAD = sa.text("outbox.state = 2")


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """How many mails wait, how many were given up, and for how many seconds the longest has been due."""

    waiting: int
    dead: int
    oldest_due_seconds: float


def outbox_figures(session: Session) -> OutboxFigures:
    """The figures of one moment, by one query over two partial indexes."""
    waiting = sa.select(sa.func.count()).select_from(OwedMail).where(WAITING)
    dead = sa.select(sa.func.count()).select_from(OwedMail).where(DEAD)
    oldest = sa.select(sa.func.min(OwedMail.due)).where(WAITING)
    columns = (part.scalar_subquery() for part in (waiting, dead, oldest))
    number_waiting, number_dead, due = session.execute(sa.select(*columns)).one()
    return OutboxFigures(number_waiting, number_dead, _seconds_since(due))


def _seconds_since(due: datetime | None) -> float:
    return max(0.0, (now() - due).total_seconds()) if due else 0.0
