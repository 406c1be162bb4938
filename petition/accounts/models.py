"""People who sign in: organisers and administrators. Signers have no account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition.core.addresses import Address, parse_address
from petition.core.clock import now
from petition.core.db import Base
from petition.core.ids import new_id


class User(Base):
    """An account. `email` is in its canonical form, `language` that of the page on which it last signed in."""

    __tablename__ = "user"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    admin: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(sa.String(20))
    created_at: Mapped[datetime] = mapped_column(default=now)
    exact_address: Mapped[ExactAddress | None] = relationship(viewonly=True)
    second_factor: Mapped[SecondFactor | None] = relationship(viewonly=True)
    blocked: Mapped[BlockedAccount | None] = relationship(lazy="joined", viewonly=True)

    @property
    def address(self) -> Address:
        """Where mail to this account goes."""
        return parse_address(self.exact_address.address if self.exact_address else self.email)

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in takes a code besides the password."""
        return self.second_factor is not None and self.second_factor.confirmed_at is not None


class ExactAddress(Base):
    """The address of an account as its owner wrote it, where that is not the canonical form."""

    __tablename__ = "exact_address"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(254))


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
    seen_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime] = mapped_column(default=now)  # when its user last proved who they are
    device: Mapped[str] = mapped_column(sa.String(60), default="")
    user: Mapped[User] = relationship(lazy="joined")


class BegunSignIn(Base):
    """The password was right, the code of the second factor is still to come."""

    __tablename__ = "begun_sign_in"

    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]


class SecondFactor(Base):
    """The secret that an account shares with its owner's authenticator (RFC 6238), sealed.

    `last_step` is the time step of the last code that was taken: no code is taken twice. The factor counts
    from `confirmed_at`, when its owner has shown a first code.
    """

    __tablename__ = "second_factor"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(sa.String(400))
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in for the second factor once, kept as a keyed hash."""

    __tablename__ = "recovery_code"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)


class KnownDevice(Base):
    """That an account was used with such a device in such a network, as a keyed hash of both."""

    __tablename__ = "known_device"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    device_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)


class Registration(Base):
    """An account that somebody asked for, until the address is confirmed. The mailed link names it by `handle`."""

    __tablename__ = "registration"

    handle_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), index=True)
    address: Mapped[str] = mapped_column(sa.String(254))
    name: Mapped[str] = mapped_column(sa.String(120))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)


class PasswordReset(Base):
    """That somebody asked for a new password. Without a user the address has no account: the row is all there is."""

    __tablename__ = "password_reset"

    handle_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    user: Mapped[User | None] = relationship()


class AddressChange(Base):
    """The new address of an account, until it is confirmed."""

    __tablename__ = "address_change"

    handle_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    address: Mapped[str] = mapped_column(sa.String(254))
    created_at: Mapped[datetime] = mapped_column(default=now)
