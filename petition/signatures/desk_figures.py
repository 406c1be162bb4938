"""What organisers see of a petition at a glance, besides its count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.core.clock import hour_of, now
from petition.mail.models import Bounce, BounceKind, MailState, OwedMail
from petition.signatures.models import Signature, SignatureState
from petition.tallies.models import HourlyTally

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """Signatures of the last 24 hours (from the full hour on), attempts not confirmed yet, mails not delivered.

    Not delivered are dead letters, and mails that came back within the last 90 days.
    """

    last_day: int = 0
    pending: int = 0
    undelivered: int = 0


def desk_figures(session: Session, petition_ids: Sequence[UUID]) -> dict[UUID, DeskFigures]:
    """The figures of each petition."""
    recent = _by_petition(
        session,
        HourlyTally.petition_id,
        sa.func.sum(HourlyTally.signatures),
        HourlyTally.hour >= hour_of(now() - DAY),
        HourlyTally.petition_id.in_(petition_ids),
    )
    of_these = Signature.petition_id.in_(petition_ids)
    pending = _by_petition(
        session, Signature.petition_id, sa.func.count(), Signature.state == SignatureState.PENDING, of_these
    )
    dead = _by_petition(
        session, OwedMail.about, sa.func.count(), OwedMail.state == MailState.DEAD, OwedMail.about.in_(petition_ids)
    )
    back = _by_petition(
        session,
        Bounce.about,
        sa.func.count(),
        Bounce.kind != BounceKind.COMPLAINT,
        _left(),
        Bounce.about.in_(petition_ids),
    )
    return {
        one: DeskFigures(recent.get(one, 0), pending.get(one, 0), dead.get(one, 0) + back.get(one, 0))
        for one in petition_ids
    }


def _left() -> sa.ColumnElement[bool]:
    """That the mail did leave: one refused at once is a dead letter, and counted as such."""
    dead = OwedMail.bucket == Bounce.bucket, OwedMail.id == Bounce.mail_id, OwedMail.state == MailState.DEAD
    return ~sa.exists().where(*dead)


def _by_petition(
    session: Session, key: Any, number: sa.ColumnElement[int], *where: sa.ColumnElement[bool]
) -> dict[UUID, int]:
    rows = session.execute(sa.select(key, number).where(*where).group_by(key))
    return {petition_id: int(found) for petition_id, found in rows}
