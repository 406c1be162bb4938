"""Petitions and the versions of their texts."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition.core.clock import now
from petition.core.db import Base
from petition.core.ids import new_id
from petition.organisations.models import Organisation


class State(enum.StrEnum):
    """The life of a petition."""

    DRAFT = "draft"
    GATHERING = "gathering"
    REVIEW = "review"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    ARCHIVED = "archived"
    REJECTED = "rejected"
    HIDDEN = "hidden"
    TAKEN_DOWN = "taken_down"


PUBLIC_STATES = (State.OPEN, State.PAUSED, State.CLOSED, State.ARCHIVED)
PUBLISHED_STATES = (*PUBLIC_STATES, State.HIDDEN, State.TAKEN_DOWN)


class Petition(Base):
    """A text addressed to somebody, open for signing. The words are in its texts, the latest in force."""

    __tablename__ = "petition"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Organisation.id), index=True)
    state: Mapped[State] = mapped_column(
        sa.Enum(State, native_enum=False, length=12, values_callable=lambda states: [state.value for state in states])
    )
    addressee: Mapped[str] = mapped_column(sa.String(300))
    addressee_country: Mapped[str | None] = mapped_column(sa.String(2))
    goal: Mapped[int | None]
    locale: Mapped[str] = mapped_column(sa.String(20))
    created_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    texts: Mapped[list[PetitionText]] = relationship(
        lazy="selectin", order_by="PetitionText.version", back_populates="petition"
    )

    @property
    def text(self) -> PetitionText:
        """The text in force."""
        return self.texts[-1]

    @property
    def title(self) -> str:
        """The title of the text in force."""
        return self.text.title


class PetitionText(Base):
    """One version of a petition's words. What people have signed is never altered."""

    __tablename__ = "petition_text"

    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    locale: Mapped[str] = mapped_column(sa.String(20))
    title: Mapped[str] = mapped_column(sa.String(300))
    body: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    petition: Mapped[Petition] = relationship(back_populates="texts")
