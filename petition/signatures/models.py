"""Signatures: what counting needs in one table, what identifies a person in another.

`signature` and `signer` are one row to one row, so that forgetting has one place. Both keys begin with
the bucket, a keyed hash of petition and canonical address: what belongs to one address on one petition
lies together, also when the tables are spread over machines.
"""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from petition.core.bitmaps import Numbers
from petition.core.clock import now
from petition.core.db import Base, Small, partial_index
from petition.core.ids import new_id
from petition.petitions.models import Petition

PLACES = (1, 2)
"""What an address can hold on a petition. Queries ask for these: `IS NOT NULL` keeps SQLite from the unique index."""


class SignatureState(enum.IntEnum):
    """The life of a signature."""

    PENDING = 0
    CONFIRMED = 1
    WITHDRAWN = 2
    INVALIDATED = 3
    EXPIRED = 4


class Origin(enum.IntEnum):
    """Where a signature was given."""

    WEB = 0
    PAPER = 1
    IMPORT = 2


class ListName(enum.IntEnum):
    """How the signer appears on lists. Not answered means COUNT."""

    COUNT = 0
    INITIALS = 1
    FULL = 2


class Signature(Base):
    """One person's support of one petition.

    `place` (1 or 2) and `person_hash` are set exactly while the signature is confirmed: the unique keys
    over them are what makes one address count at most two differently named people, whatever the code does.
    `consent_version`, `locale` and `consented_at` say which words its choices answered: those of the last
    page on which they were made.
    """

    __tablename__ = "signature"
    __table_args__ = (
        sa.UniqueConstraint("bucket", "petition_id", "address_hash", "place"),
        partial_index(
            "ix_signature_person",
            "bucket",
            "petition_id",
            "address_hash",
            "person_hash",
            unique=True,
            where="person_hash IS NOT NULL",
        ),
        partial_index("ix_signature_handle", "bucket", "handle", unique=True, where="handle IS NOT NULL"),
        # Covers what the check of the tallies reads; `state` is in it because SQLite does not see that it is 1.
        partial_index("ix_signature_confirmed", "petition_id", "country", "confirmed_at", "state", where="state = 1"),
        partial_index("ix_signature_shown", "petition_id", "confirmed_at", where="state = 1 AND show_name"),
        partial_index("ix_signature_updates", "petition_id", "bucket", "id", where="state = 1 AND updates"),
        partial_index(
            "ix_signature_informed", *("petition_id", "bucket", "id"), where="state = 1 AND informed_by IS NOT NULL"
        ),
        partial_index("ix_signature_via", *("petition_id", "via", "state"), where="state = 1 AND via IS NOT NULL"),
        partial_index("ix_signature_pending", "created_at", where="state = 0"),
        partial_index("ix_signature_withdrawn", "ended_at", where="state = 2"),
        # Signing on the web never touches it: how many came from elsewhere is counted when somebody asks.
        partial_index(
            "ix_signature_elsewhere",
            *("petition_id", "country", "origin", "state"),
            where="state = 1 AND origin <> 0",
        ),
        sa.CheckConstraint("place IN (1, 2)", name="place"),
        sa.CheckConstraint("(state = 1) = (place IS NOT NULL)", name="confirmed_has_place"),
        sa.CheckConstraint("(state = 1) = (person_hash IS NOT NULL)", name="confirmed_has_person"),
        sa.CheckConstraint("state <> 1 OR confirmed_at IS NOT NULL", name="confirmed_has_time"),
        {"sqlite_with_rowid": False},
    )

    bucket: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id))
    text_version: Mapped[int]
    consent_version: Mapped[str] = mapped_column(sa.String(20))
    consented_at: Mapped[datetime] = mapped_column(default=now)
    locale: Mapped[str] = mapped_column(sa.String(20))
    country: Mapped[str] = mapped_column(sa.String(2))
    state: Mapped[SignatureState] = mapped_column(Small(SignatureState), default=SignatureState.PENDING)
    origin: Mapped[Origin] = mapped_column(Small(Origin), default=Origin.WEB)
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    address_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    place: Mapped[int | None] = mapped_column(sa.SmallInteger)
    person_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    handle: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    code_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    show_name: Mapped[bool] = mapped_column(default=False)
    list_name: Mapped[ListName] = mapped_column(Small(ListName), default=ListName.COUNT)
    updates: Mapped[bool] = mapped_column(default=False)
    informed_by: Mapped[frozenset[int]] = mapped_column(Numbers, nullable=True)
    """The numbers of the partners that may write to the signer."""
    via: Mapped[int | None] = mapped_column(sa.SmallInteger)
    """The number of the partner whose share link led to the form."""
    receipt_secret: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    domain: Mapped[str] = mapped_column(sa.String(255))
    network_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))


class Signer(Base):
    """Who gave a signature. `address` is kept while pending, then only for updates of the lead or a partner."""

    __tablename__ = "signer"
    __table_args__ = (
        sa.ForeignKeyConstraint(["bucket", "signature_id"], ["signature.bucket", "signature.id"]),
        {"sqlite_with_rowid": False},
    )

    bucket: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    signature_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    city: Mapped[str | None] = mapped_column(sa.String(80))
    comment: Mapped[str | None] = mapped_column(sa.String(1000))
    address: Mapped[str | None] = mapped_column(sa.String(254))


class OwnPageLink(Base):
    """A mailed link to a signer's own page. It lives for a day."""

    __tablename__ = "own_page_link"

    handle: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)
    mailbox_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    created_at: Mapped[datetime] = mapped_column(default=now)


class OwnPageSession(Base):
    """Thirty minutes on a signer's own page. The cookie holds the token, this row only its SHA-256.

    Opened by a link to the mailbox it shows everything of that mailbox; opened by confirming, when the
    address may be forgotten already, what that address signed on one petition.
    """

    __tablename__ = "own_page_session"

    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    mailbox_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    petition_id: Mapped[UUID | None]
    address_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    expires_at: Mapped[datetime]


class WithdrawalAlarm(Base):
    """When the owners were last told of many withdrawals on a petition from one mail domain."""

    __tablename__ = "withdrawal_alarm"

    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), primary_key=True)
    domain: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    told_at: Mapped[datetime]


class ConsentWording(Base):
    """The words that people agreed to, by version and language, as they were on the page."""

    __tablename__ = "consent_wording"

    version: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    locale: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    wording: Mapped[str] = mapped_column(sa.Text)
