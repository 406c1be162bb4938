"""Counters of confirmed signatures. Each is kept in slots, so that many processes can count at once.

A count is always the sum over its slots; one slot alone may be negative. Counters change in the
transaction that changes the signature, never before or after.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from petition.core.db import Base
from petition.petitions.models import Petition

SLOTS = 64


class Tally(Base):
    """Confirmed signatures of a petition by country."""

    __tablename__ = "tally"
    __table_args__ = ({"sqlite_with_rowid": False},)

    slot: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), primary_key=True)
    country: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    signatures: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class HourlyTally(Base):
    """Confirmed signatures of a petition by the hour of confirming (UTC) and country."""

    __tablename__ = "hourly_tally"
    __table_args__ = ({"sqlite_with_rowid": False},)

    slot: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    signatures: Mapped[int] = mapped_column(sa.BigInteger, default=0)
