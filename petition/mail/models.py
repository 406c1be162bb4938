"""The outbox: every mail we owe is a row, written in the transaction that promised it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from petition.core.clock import now
from petition.core.db import Base, Small, partial_index
from petition.core.ids import new_id


class MailState(enum.IntEnum):
    """What became of an owed mail."""

    WAITING = 0
    SENT = 1
    DEAD = 2  # given up; `petition mail retry` tries again
    SUPERSEDED = 3  # a newer mail to the same address took its turn
    SUPPRESSED = 4  # the address takes no mail, or its owner wants none of this sort


class OwedMail(Base):
    """A mail to be made from a template and sent once.

    The words are made at sending time from `template` and `content`. Once sent, the recipient and the
    content are erased; `mailbox_hash` and `about` (the petition, or a sort of mail about accounts) stay for
    the caps on mail per address.
    A worker claims a mail by pushing `due` forward (its lease); one that dies loses the lease.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        partial_index("ix_outbox_due", "due", where="state = 0"),
        partial_index("ix_outbox_dead", "created_at", where="state = 2"),
        sa.Index("ix_outbox_mailbox", "mailbox_hash", "claimed_at"),
        sa.Index("ix_outbox_signature", "bucket", "signature_id"),
        {"sqlite_with_rowid": False},
    )

    bucket: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[MailState] = mapped_column(Small(MailState), default=MailState.WAITING)
    template: Mapped[str] = mapped_column(sa.String(40))
    locale: Mapped[str] = mapped_column(sa.String(20))
    recipient: Mapped[str | None] = mapped_column(sa.String(254))
    content: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    mailbox_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    domain: Mapped[str] = mapped_column(sa.String(255))
    about: Mapped[UUID | None]
    signature_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    due: Mapped[datetime] = mapped_column(default=now)
    claimed_at: Mapped[datetime | None]
    lease: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    finished_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(sa.String(200))


class PeriodicJob(Base):
    """When a periodic job is next due. Whoever moves `due` forward first does the job."""

    __tablename__ = "periodic_job"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    due: Mapped[datetime]


class BounceKind(enum.IntEnum):
    """What a report says of a mail."""

    HARD = 1  # the address takes no mail
    SOFT = 2  # this mail was not delivered; the next may be
    COMPLAINT = 3  # its reader called it unwanted


class Bounce(Base):
    """A report about one mail, counted once."""

    __tablename__ = "bounce"
    __table_args__ = (sa.Index("ix_bounce_at", "at"), {"sqlite_with_rowid": False})

    bucket: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    mail_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[BounceKind] = mapped_column(Small(BounceKind), primary_key=True)
    status: Mapped[str] = mapped_column(sa.String(12))
    about: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(default=now)


class SuppressedAddress(Base):
    """A mailbox that is left in peace, by its keyed hash."""

    __tablename__ = "suppressed_address"
    __table_args__ = ({"sqlite_with_rowid": False},)

    mailbox_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)
    kind: Mapped[BounceKind] = mapped_column(Small(BounceKind))
    since: Mapped[datetime] = mapped_column(default=now)
