"""Organisations and who works for them."""

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


class Organisation(Base):
    """A body that runs petitions."""

    __tablename__ = "organisation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)


class OrganisationRules(Base):
    """What an organisation asks of its people; without a row, nothing."""

    __tablename__ = "organisation_rules"

    organisation_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(Organisation.id, ondelete="CASCADE"), primary_key=True
    )
    second_factor: Mapped[bool] = mapped_column(default=False)
    """Whether they need a second factor."""
    second_approval: Mapped[bool] = mapped_column(default=False)
    """Whether an export of personal data needs a second person's approval."""


class Role(enum.StrEnum):
    """What somebody is in an organisation; what each may do stands in `roles`."""

    OWNER = "owner"
    EDITOR = "editor"
    DELIVERY_OFFICER = "delivery officer"
    MODERATOR = "moderator"
    OBSERVER = "observer"


class Membership(Base):
    """One role of a user in an organisation; somebody may have several."""

    __tablename__ = "membership"

    organisation_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(Organisation.id, ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(sa.String(20), primary_key=True, default=Role.OWNER)


class Invitation(Base):
    """A mailed link by which somebody may join; one at a time for an address. Used or withdrawn, the row goes.

    The mail holds the token, this row only its SHA-256.
    """

    __tablename__ = "invitation"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "canonical"), sa.UniqueConstraint("token_hash"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Organisation.id, ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    address: Mapped[str] = mapped_column(sa.String(254))
    canonical: Mapped[str] = mapped_column(sa.String(254))
    roles: Mapped[list[str]] = mapped_column(sa.JSON)
    invited_by: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    organisation: Mapped[Organisation] = relationship(lazy="joined")
