"""Endorsements: organisations and public figures who stand behind a petition with their names."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition.accounts.models import User
from petition.core.clock import now
from petition.core.db import Base
from petition.core.ids import new_id
from petition.petitions.models import Petition


class Kind(enum.StrEnum):
    """Who endorses."""

    ORGANISATION = "organisation"
    PERSON = "person"


class EndorsementState(enum.StrEnum):
    """What became of the words as they stand in the row. The last three end an endorsement."""

    DRAFT = "draft"
    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"
    TAKEN_BACK = "taken back"
    TAKEN_DOWN = "taken down"


def _one_of(values: type[enum.StrEnum]) -> sa.Enum:
    return sa.Enum(values, native_enum=False, length=12, values_callable=lambda all_: [one.value for one in all_])


WORDS = ("kind", "name", "office", "country", "statement")


class Endorsement(Base):
    """An endorsement as an editor wrote it, and as its endorser agreed to it.

    The public sees `shown` alone: a copy of the words, made when the endorser agreed to them. So whatever an
    editor writes, nothing is published that nobody agreed to. `changed_at` is the last word about it from
    either side.
    """

    __tablename__ = "endorsement"
    __table_args__ = (
        sa.CheckConstraint("(shown IS NULL) = (agreed_at IS NULL)", name="shown_was_agreed"),
        sa.Index("ix_endorsement_petition_id", "petition_id", "agreed_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"))
    entered_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="SET NULL"))
    state: Mapped[EndorsementState] = mapped_column(_one_of(EndorsementState), default=EndorsementState.DRAFT)
    kind: Mapped[Kind] = mapped_column(_one_of(Kind))
    name: Mapped[str] = mapped_column(sa.String(120))
    office: Mapped[str] = mapped_column(sa.String(200))
    country: Mapped[str] = mapped_column(sa.String(2))
    statement: Mapped[str] = mapped_column(sa.String(600))
    shown: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    address: Mapped[str | None] = mapped_column(sa.String(254))
    locale: Mapped[str] = mapped_column(sa.String(20))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    agreed_at: Mapped[datetime | None]
    petition: Mapped[Petition] = relationship(lazy="joined")

    @property
    def words(self) -> dict[str, str]:
        """What would be public if its endorser agreed now."""
        return {name: str(getattr(self, name)) for name in WORDS}

    @property
    def is_over(self) -> bool:
        """Whether it was declined, taken back or taken down. Another one can be entered."""
        return self.state in {EndorsementState.DECLINED, EndorsementState.TAKEN_BACK, EndorsementState.TAKEN_DOWN}


class EndorsementLink(Base):
    """A mailed link to an endorsement. The mail holds the token, this row only its SHA-256.

    One that nobody has agreed by ends in time; by the others an endorsement can be taken back while it stands.
    """

    __tablename__ = "endorsement_link"

    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    endorsement_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Endorsement.id, ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime | None]
    endorsement: Mapped[Endorsement] = relationship(lazy="joined")
