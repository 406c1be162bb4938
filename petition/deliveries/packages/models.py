"""Packages, the lines frozen in them, the leaves of their trees, and the keys they are signed with."""

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
from petition.deliveries.missions.models import Mission
from petition.petitions.models import Petition

LEAVES_IN_A_ROW = 1024
"""How many leaf hashes a row of `package_leaves` holds: a power of two, so that each full row is a whole subtree."""


class PackageState(enum.StrEnum):
    """The life of a package."""

    WAITING = "waiting"  # for a worker
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


class FilesGone(enum.StrEnum):
    """Why the personal files of a package are kept no more."""

    TIME = "time"  # the delivery is done, and its days are over
    ERASURE = "erasure"  # somebody in it asked to be erased


class Package(Base):
    """The set of files made for one mission from one snapshot, `number` counting from 1 on the petition.

    What was asked: `language`, `countries` (alpha-2 codes; empty: all), confirmed from `since` to before `until`.
    What the snapshot found, from `snapshot_at` on never changed: `facts` (what stands in the manifest but for the
    files and the key), `letter` (what the cover letter takes from rows that may change later), `tops` (the roots of
    the rows of `package_leaves`, 32 bytes each, in order). What the build made: `manifest` and `signature`, byte for
    byte as in the ZIP. `done` of `steps` tells how far the build is; while `claimed_until` lies ahead, the worker
    that holds `lease` is at it. Where files are gone of a package that is not ready, its build begins anew.
    """

    __tablename__ = "package"
    __table_args__ = (sa.UniqueConstraint("petition_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id))
    number: Mapped[int]
    mission_slug: Mapped[str] = mapped_column(sa.ForeignKey(Mission.slug))
    language: Mapped[str] = mapped_column(sa.String(20))
    countries: Mapped[list[str]] = mapped_column(sa.JSON)
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    state: Mapped[PackageState] = mapped_column(
        sa.Enum(
            PackageState, native_enum=False, length=10, values_callable=lambda states: [one.value for one in states]
        ),
        default=PackageState.WAITING,
    )
    asked_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    lease: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(sa.String(300))
    snapshot_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    letter: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True), deferred=True)
    tops: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    built_at: Mapped[datetime | None]
    tools: Mapped[dict[str, str] | None] = mapped_column(sa.JSON)
    manifest: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    signature: Mapped[bytes | None] = mapped_column(sa.LargeBinary(64))
    key: Mapped[str | None] = mapped_column(sa.String(64))
    """The fingerprint of the key that signed: hexadecimal SHA-256 of its DER."""
    zip_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    zip_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    files_gone_at: Mapped[datetime | None]
    files_gone_why: Mapped[FilesGone | None] = mapped_column(
        sa.Enum(FilesGone, native_enum=False, length=10, values_callable=lambda whys: [one.value for one in whys])
    )
    withdrawn_since: Mapped[int | None]
    """How many of its signers have withdrawn since, rounded; counted at `withdrawn_counted_at`."""
    withdrawn_counted_at: Mapped[datetime | None]
    petition: Mapped[Petition] = relationship(lazy="joined")
    mission: Mapped[Mission] = relationship(lazy="joined")


class PackageLine(Base):
    """Where a signer stands in a package: line `n`, counting from 1, and its bytes as long as they are kept."""

    __tablename__ = "package_line"
    __table_args__ = (sa.Index("ix_package_line_package_id", "package_id"), {"sqlite_with_rowid": False})

    bucket: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    package_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Package.id), primary_key=True)
    signature_id: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[int]
    line: Mapped[bytes | None] = mapped_column(sa.LargeBinary)


class PackageLeaves(Base):
    """Leaf hashes of a package's tree (RFC 9162), 32 bytes each, LEAVES_IN_A_ROW a row from 0 on. Kept for ever."""

    __tablename__ = "package_leaves"

    package_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Package.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(sa.LargeBinary)


class PackageKey(Base):
    """The public half of a key that signs, or has signed, packages. It signs no more from `retired_at` on."""

    __tablename__ = "package_key"

    fingerprint: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    der: Mapped[bytes] = mapped_column(sa.LargeBinary)
    first_used_at: Mapped[datetime] = mapped_column(default=now)
    retired_at: Mapped[datetime | None]
