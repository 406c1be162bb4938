"""Updates: messages to the signers of a petition who asked for news."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition.accounts.models import User
from petition.core.clock import now
from petition.core.db import Base, partial_index
from petition.core.ids import new_id
from petition.petitions.models import Petition


class UpdateState(enum.StrEnum):
    """The life of an update."""

    DRAFT = "draft"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"


LEAD = 0
"""The sender of an update that is no partner's."""
UNDER_WAY = "state IN ('sending', 'paused')"


class Update(Base):
    """A message, and how far its sending is.

    Its mails are owed little by little, in the order of the signatures' keys: (`reached_bucket`, `reached_id`)
    is the last that was looked at. Each sender, the petition's lead or a partner, sends one at a time.
    """

    __tablename__ = "petition_update"
    __table_args__ = (
        partial_index(
            "ix_petition_update_sending",
            *("petition_id", "sender"),
            unique=True,
            where="state IN ('sending', 'paused')",
        ),
        sa.Index("ix_petition_update_petition_id", "petition_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"))
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="SET NULL"))
    sender: Mapped[int] = mapped_column(sa.SmallInteger, default=LEAD, server_default=sa.text("0"))
    """LEAD, or the number of the partner whose message it is."""
    state: Mapped[UpdateState] = mapped_column(
        sa.Enum(
            UpdateState, native_enum=False, length=10, values_callable=lambda states: [one.value for one in states]
        ),
        default=UpdateState.DRAFT,
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expected: Mapped[int] = mapped_column(default=0)
    owed: Mapped[int] = mapped_column(default=0)
    reached_bucket: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    reached_id: Mapped[UUID] = mapped_column(default=UUID(int=0))
    petition: Mapped[Petition] = relationship(lazy="joined")
    texts: Mapped[list[UpdateText]] = relationship(
        lazy="selectin", order_by="UpdateText.locale", cascade="all, delete-orphan", back_populates="update"
    )


class UpdateText(Base):
    """The message in one language."""

    __tablename__ = "petition_update_text"

    update_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Update.id, ondelete="CASCADE"), primary_key=True)
    locale: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
    update: Mapped[Update] = relationship(back_populates="texts")


class HeldMail(Base):
    """A mail that was taken back from the outbox when its update was paused."""

    __tablename__ = "held_update_mail"
    __table_args__ = ({"sqlite_with_rowid": False},)

    update_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Update.id, ondelete="CASCADE"), primary_key=True)
    bucket: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    signature_id: Mapped[UUID] = mapped_column(primary_key=True)
