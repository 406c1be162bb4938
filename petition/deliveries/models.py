"""Requests for exports of personal data."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition.accounts.models import User
from petition.core.clock import now
from petition.core.db import Base
from petition.core.ids import new_id
from petition.petitions.models import Petition


class ExportState(enum.StrEnum):
    """The life of a request."""

    WAITING = "waiting"  # for a second person
    READY = "ready"
    REFUSED = "refused"
    USED = "used"
    TAKEN_BACK = "taken back"


class ExportRequest(Base):
    """That somebody wants everything kept of a petition's signers, once, and what a second person said to it.

    WAITING and READY end at `expires_at`. The file itself is kept nowhere.
    """

    __tablename__ = "export_request"
    __table_args__ = (sa.Index("ix_export_request_petition_id", "petition_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"))
    asked_by: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"))
    format: Mapped[str] = mapped_column(sa.String(10))
    reason: Mapped[str] = mapped_column(sa.String(300))
    state: Mapped[ExportState] = mapped_column(
        sa.Enum(
            ExportState, native_enum=False, length=10, values_callable=lambda states: [one.value for one in states]
        )
    )
    asked_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(sa.String(300))
    used_at: Mapped[datetime | None]
    asker: Mapped[User] = relationship(foreign_keys=asked_by, viewonly=True)
    decider: Mapped[User | None] = relationship(foreign_keys=decided_by, viewonly=True)

    @property
    def is_waiting(self) -> bool:
        """Whether a second person can still decide."""
        return self.state == ExportState.WAITING and now() < self.expires_at

    @property
    def is_ready(self) -> bool:
        """Whether the file can still be had."""
        return self.state == ExportState.READY and now() < self.expires_at

    @property
    def has_run_out(self) -> bool:
        """Whether nobody decided, or nobody came for the file, in time."""
        return self.state in {ExportState.WAITING, ExportState.READY} and now() >= self.expires_at
