"""Missions: embassies, consulates and permanent missions."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from petition.core.clock import now
from petition.core.db import Base


class MissionKind(enum.StrEnum):
    """What sort of mission it is (Vienna Conventions on Diplomatic and on Consular Relations)."""

    EMBASSY = "embassy"
    CONSULATE = "consulate"
    PERMANENT_MISSION = "permanent-mission"


class Mission(Base):
    """One mission of a state in a city.

    `slug` is `<sending state>-<host country>-<city>-<kind>` in small letters. States are alpha-2 codes, `time_zone`
    an IANA name, coordinates degrees (WGS 84). Nobody has compared what stands here with `source` while
    `checked_on` is empty. `closed_on` is the day the mission was closed.
    """

    __tablename__ = "mission"

    slug: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    sending_state: Mapped[str] = mapped_column(sa.String(2))
    host_country: Mapped[str] = mapped_column(sa.String(2))
    city: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[MissionKind] = mapped_column(
        sa.Enum(MissionKind, native_enum=False, length=20, values_callable=lambda kinds: [one.value for one in kinds])
    )
    name: Mapped[str] = mapped_column(sa.String(200))
    postal_address: Mapped[str] = mapped_column(sa.String(500), default="")
    email: Mapped[str | None] = mapped_column(sa.String(254))
    head_title: Mapped[str] = mapped_column(sa.String(120), default="")
    form_of_address: Mapped[str] = mapped_column(sa.String(200), default="")
    time_zone: Mapped[str] = mapped_column(sa.String(60))
    opening_hours: Mapped[str | None] = mapped_column(sa.String(300))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    source: Mapped[str] = mapped_column(sa.String(500), default="")
    checked_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)
