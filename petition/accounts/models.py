"""People who sign in: organisers and administrators. Signers have no account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition.core.clock import now
from petition.core.db import Base
from petition.core.ids import new_id


class User(Base):
    """An account. `email` is in its canonical form."""

    __tablename__ = "user"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    blocked: Mapped[BlockedAccount | None] = relationship(lazy="joined", viewonly=True)

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in asks for more than the password."""
        return False


class BlockedAccount(Base):
    """An account that an administrator has closed; why stands in the audit log."""

    __tablename__ = "blocked_account"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)


class UserSession(Base):
    """One signed-in browser. The cookie holds the token, this row only its SHA-256."""

    __tablename__ = "user_session"

    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    user: Mapped[User] = relationship(lazy="joined")
