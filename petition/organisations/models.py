"""Organisations and who works for them."""

from __future__ import annotations

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


class Membership(Base):
    """A user's role in an organisation. `owner` is the only role so far."""

    __tablename__ = "membership"

    organisation_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(Organisation.id, ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(sa.String(20), default="owner")
