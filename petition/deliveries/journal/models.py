"""Deliveries: what was planned for a mission, what happened there, and photographs of it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition.accounts.models import User
from petition.core.clock import now
from petition.core.db import Base
from petition.core.ids import new_id
from petition.deliveries.missions.models import Mission
from petition.deliveries.packages.models import Package
from petition.petitions.models import Petition


class DeliveryState(enum.StrEnum):
    """How a delivery stands."""

    PLANNED = "planned"
    DELIVERED = "delivered"
    POSTED = "posted"
    SENT = "sent"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class EntryKind(enum.StrEnum):
    """What an entry of the journal tells."""

    DELIVERED = "delivered"
    POSTED = "posted"
    SENT = "sent"  # by mail
    REFUSED = "refused"
    POSTPONED = "postponed"  # planned anew
    CANCELLED = "cancelled"
    STRUCK = "struck"  # that an entry is wrong, and nothing stands in its place


HAPPENINGS = (EntryKind.DELIVERED, EntryKind.POSTED, EntryKind.SENT, EntryKind.REFUSED)
"""What happens to a list; the others are about the plan, or about entries."""
DONE = (EntryKind.DELIVERED, EntryKind.POSTED, EntryKind.SENT)
"""After these the mission has the list, or will have it."""
WORDS = ("to_whom", "by_whom", "carrier", "reference", "said", "witnesses", "note")
"""What an organiser writes in an entry."""


def _one_of(values: type[enum.StrEnum]) -> sa.Enum:
    return sa.Enum(values, native_enum=False, length=10, values_callable=lambda all_: [one.value for one in all_])


class Delivery(Base):
    """One delivery to one mission. What happened is in its entries; `state` and `settled_at` follow from them.

    `planned_at` is an instant; it is entered and shown in the mission's own time. `settled_at` is when the last
    of it happened, empty while it is planned. `changed_at` is the last change of the plan.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        sa.Index("ix_delivery_petition_id", "petition_id", "state", "planned_at"),
        sa.Index("ix_delivery_package_id", "package_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id))
    mission_slug: Mapped[str] = mapped_column(sa.ForeignKey(Mission.slug))
    package_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey(Package.id))
    planned_at: Mapped[datetime]
    state: Mapped[DeliveryState] = mapped_column(_one_of(DeliveryState), default=DeliveryState.PLANNED)
    settled_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    petition: Mapped[Petition] = relationship(lazy="joined")
    mission: Mapped[Mission] = relationship(lazy="joined")
    package: Mapped[Package | None] = relationship(lazy="selectin")
    entries: Mapped[list[DeliveryEntry]] = relationship(
        lazy="selectin",
        order_by=lambda: (DeliveryEntry.created_at, DeliveryEntry.id),
        back_populates="delivery",
    )

    @property
    def at(self) -> datetime:
        """When it happened, or else when it is planned for."""
        return self.settled_at or self.planned_at

    @property
    def standing(self) -> Sequence[DeliveryEntry]:
        """The entries that no other one corrects or strikes out, in the order of what they tell."""
        corrected = self.corrections
        return [one for one in self.story if one.id not in corrected]

    @property
    def corrections(self) -> dict[UUID, DeliveryEntry]:
        """What corrects an entry or strikes it out, by the id of that entry."""
        return {one.replaces: one for one in self.entries if one.replaces}

    @property
    def story(self) -> Sequence[DeliveryEntry]:
        """All entries that tell something, corrected ones among them, in the order of what they tell."""
        told = [one for one in self.entries if one.kind != EntryKind.STRUCK]
        return sorted(told, key=lambda one: (one.happened_at, one.created_at, one.id))

    def has(self, kind: EntryKind) -> bool:
        """Whether an entry that stands tells this."""
        return any(one.kind == kind for one in self.standing)


class DeliveryEntry(Base):
    """What happened. Entries are only added: one that corrects another names it (`replaces`) and says `why`.

    `reference` is the carrier's number, or the Message-ID of the mail. `former_plan` is the instant that a
    postponed delivery had been planned for. The hashes are hexadecimal SHA-256, copied from the package when the
    entry was made. The words alone can be removed, when somebody is named who does not want to be; `removed_why`
    then says why, in public.
    """

    __tablename__ = "delivery_entry"
    __table_args__ = (sa.Index("ix_delivery_entry_delivery_id", "delivery_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Delivery.id))
    kind: Mapped[EntryKind] = mapped_column(_one_of(EntryKind))
    happened_at: Mapped[datetime]
    to_whom: Mapped[str] = mapped_column(sa.String(200), default="")
    by_whom: Mapped[str] = mapped_column(sa.String(200), default="")
    carrier: Mapped[str] = mapped_column(sa.String(200), default="")
    reference: Mapped[str] = mapped_column(sa.String(300), default="")
    said: Mapped[str] = mapped_column(sa.String(2000), default="")
    witnesses: Mapped[str] = mapped_column(sa.String(500), default="")
    note: Mapped[str] = mapped_column(sa.String(2000), default="")
    former_plan: Mapped[datetime | None]
    package_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey(Package.id))
    zip_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    manifest_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    replaces: Mapped[UUID | None] = mapped_column(sa.ForeignKey("delivery_entry.id"), unique=True)
    why: Mapped[str] = mapped_column(sa.String(300), default="")
    author: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
    removed_why: Mapped[str] = mapped_column(sa.String(300), default="")
    delivery: Mapped[Delivery] = relationship(back_populates="entries")
    package: Mapped[Package | None] = relationship()

    @property
    def has_facts(self) -> bool:
        """Whether it says to whom, by whom, how or before whom."""
        return any((self.to_whom, self.by_whom, self.carrier, self.reference, self.witnesses))

    @property
    def has_words(self) -> bool:
        """Whether somebody has written something in it."""
        return any(getattr(self, name) for name in (*WORDS, "why"))


class DeliveryPhoto(Base):
    """A photograph as we made it anew, in two sizes. `name` is the beginning of the hash of the larger.

    One that was taken away has no content any more; `removed_why` says why, in public.
    """

    __tablename__ = "delivery_photo"

    delivery_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Delivery.id), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    large: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    small: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    alt: Mapped[str] = mapped_column(sa.String(300))
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
    removed_why: Mapped[str] = mapped_column(sa.String(300), default="")
