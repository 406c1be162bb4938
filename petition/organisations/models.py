"""Organisations and who works for them."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

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
