"""Petitions and the versions of their texts."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition.accounts.models import User
from petition.core.clock import now
from petition.core.db import Base, partial_index
from petition.core.ids import new_id
from petition.organisations.models import Organisation


class State(enum.StrEnum):
    """The life of a petition."""

    DRAFT = "draft"
    GATHERING = "gathering"
    REVIEW = "review"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    ARCHIVED = "archived"
    REJECTED = "rejected"
    HIDDEN = "hidden"
    TAKEN_DOWN = "taken_down"


PUBLIC_STATES = (State.OPEN, State.PAUSED, State.CLOSED, State.ARCHIVED)
PUBLISHED_STATES = (*PUBLIC_STATES, State.HIDDEN, State.TAKEN_DOWN)
ENDED_STATES = (State.CLOSED, State.ARCHIVED, State.REJECTED, State.HIDDEN, State.TAKEN_DOWN)
"""Where nobody can sign, unless it is opened again; what was promised for after the end is counted from there."""
SIGNED_STATES = (State.GATHERING, State.REVIEW, State.OPEN)
"""Where a signature can be confirmed. Given it can be only where the page is: openly, or by the secret link."""


class Petition(Base):
    """A text addressed to somebody, open for signing. The words are in its texts, the latest in force."""

    __tablename__ = "petition"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Organisation.id), index=True)
    state: Mapped[State] = mapped_column(
        sa.Enum(State, native_enum=False, length=12, values_callable=lambda states: [state.value for state in states])
    )
    addressee: Mapped[str] = mapped_column(sa.String(300))
    addressee_country: Mapped[str | None] = mapped_column(sa.String(2))
    goal: Mapped[int | None]
    locale: Mapped[str] = mapped_column(sa.String(20))
    created_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    texts: Mapped[list[PetitionText]] = relationship(
        lazy="selectin", order_by="PetitionText.version", back_populates="petition"
    )
    plan: Mapped[Plan | None] = relationship(back_populates="petition")
    beside = cast("Mapping[str, Any]", MappingProxyType({}))
    """What other features show with it, by their names; read where `service.detached` keeps a petition."""
    asked: Mapped[list[Partner]] = relationship(order_by="Partner.number", back_populates="petition")

    @property
    def partners(self) -> list[Partner]:
        """The organisations that run it together with its own."""
        return [one for one in self.asked if one.state == PartnerState.ACCEPTED]

    @property
    def partner_ids(self) -> list[UUID]:
        """The ids of the organisations that run it together with its own."""
        return [one.organisation_id for one in self.partners]

    def partner_of_link(self, code: str) -> Partner | None:
        """The partner whose share link has this code."""
        return next((one for one in self.partners if one.code == code), None) if code else None

    @property
    def text(self) -> PetitionText:
        """The text in force."""
        return self.texts[-1]

    @property
    def title(self) -> str:
        """The title of the text in force."""
        return self.text.title

    @property
    def is_frozen(self) -> bool:
        """Whether somebody may have signed the text in force, so that other words are a new version."""
        signable = self.opened_at is not None or self.state in PUBLISHED_STATES
        return bool(self.texts) and (signable or self.text.frozen_at is not None)

    def in_language(self, tag: str) -> Words:
        """The words in force in a language, or else in the petition's own."""
        return self.text.in_language(tag)


class PartnerState(enum.StrEnum):
    """What became of asking an organisation."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENDED = "ended"


class Partner(Base):
    """An organisation that was asked to run a petition together with the lead, the petition's own organisation.

    `number` counts from 1 on the petition and is never used again: signatures name it. `name` is the
    organisation's when it accepted; signers agree to it, so another name of the organisation does not change it.
    `code` stands in the partner's share link.
    """

    __tablename__ = "partner"
    __table_args__ = (
        sa.UniqueConstraint("petition_id", "code"),
        partial_index(
            "ix_partner_once",
            *("petition_id", "organisation_id"),
            unique=True,
            where="state IN ('invited', 'accepted')",
        ),
    )

    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Organisation.id), index=True)
    code: Mapped[str] = mapped_column(sa.String(10))
    name: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[PartnerState] = mapped_column(
        sa.Enum(
            PartnerState, native_enum=False, length=10, values_callable=lambda states: [one.value for one in states]
        ),
        default=PartnerState.INVITED,
    )
    invited_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="SET NULL"))
    invited_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    petition: Mapped[Petition] = relationship(back_populates="asked")
    inviter: Mapped[User | None] = relationship()


class Words:
    """What is written in one language. Title, body, summary and risk are what people sign."""

    locale: Mapped[str] = mapped_column(sa.String(20))
    title: Mapped[str] = mapped_column(sa.String(300))
    body: Mapped[str] = mapped_column(sa.Text)
    summary: Mapped[str | None] = mapped_column(sa.String(500))
    risk: Mapped[str | None] = mapped_column(sa.String(2000))
    thanks: Mapped[str | None] = mapped_column(sa.String(2000))
    mail_words: Mapped[str | None] = mapped_column(sa.String(1000))
    picture_alt: Mapped[str | None] = mapped_column(sa.String(300))


class PetitionText(Words, Base):
    """One version of a petition's words, in its own language. What people could sign is never altered.

    `controllers`, `contact`, `minimum_age` and `kept_months` (months that signatures are kept after the end)
    are promised beside the form and so signed with the words.
    """

    __tablename__ = "petition_text"

    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    frozen_at: Mapped[datetime | None]
    controllers: Mapped[str | None] = mapped_column(sa.String(1000))
    contact: Mapped[str | None] = mapped_column(sa.String(300))
    minimum_age: Mapped[int | None]
    kept_months: Mapped[int | None]
    petition: Mapped[Petition] = relationship(back_populates="texts")
    translations: Mapped[list[Translation]] = relationship(
        order_by="Translation.locale", cascade="all, delete-orphan"
    )

    @property
    def in_all_languages(self) -> list[Words]:
        """The words in every language there is, the petition's own first."""
        return [self, *self.translations]

    @property
    def languages(self) -> list[str]:
        """The languages it can be read in, the petition's own first."""
        return [words.locale for words in self.in_all_languages]

    def in_language(self, tag: str) -> Words:
        """The words in a language, or else in the petition's own."""
        return next((one for one in self.translations if one.locale == tag != self.locale), self)


class Translation(Words, Base):
    """A version of a text in another language than the petition's own."""

    __tablename__ = "petition_translation"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["petition_id", "version"], [PetitionText.petition_id, PetitionText.version], ondelete="CASCADE"
        ),
    )

    petition_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    locale: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Picture(Base):
    """A picture as we made it anew, in two sizes. `name` is the beginning of the hash of the larger."""

    __tablename__ = "picture"

    name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), index=True)
    width: Mapped[int]
    height: Mapped[int]
    large: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    small: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)


class Plan(Base):
    """What an organiser settles besides the words. Times are entered and shown in `zone`."""

    __tablename__ = "petition_plan"

    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), primary_key=True)
    opens_at: Mapped[datetime | None]
    zone: Mapped[str] = mapped_column(sa.String(60), default="UTC")
    asks_city: Mapped[bool] = mapped_column(default=True)
    asks_comment: Mapped[bool] = mapped_column(default=True)
    picture_name: Mapped[str | None] = mapped_column(sa.ForeignKey(Picture.name))
    picture: Mapped[Picture | None] = relationship(lazy="joined")
    petition: Mapped[Petition] = relationship(back_populates="plan")


class Unfinished(Base):
    """An organiser's form as it was typed, saved before it was whole or put in force."""

    __tablename__ = "petition_draft"

    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), primary_key=True)
    fields: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    saved_at: Mapped[datetime] = mapped_column(default=now)
    saved_by: Mapped[UUID] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"))


class Review(Base):
    """What administrators of the site decided about a petition. `reason` is public."""

    __tablename__ = "petition_review"

    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), primary_key=True)
    assignee_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="SET NULL"))
    asked_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(sa.String(2000))
    assignee: Mapped[User | None] = relationship()


class ReviewNote(Base):
    """What administrators tell each other about a petition. Nobody else reads it."""

    __tablename__ = "petition_review_note"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    petition_id: Mapped[UUID] = mapped_column(sa.ForeignKey(Petition.id, ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey(User.id, ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=now)
    words: Mapped[str] = mapped_column(sa.Text)
    author: Mapped[User | None] = relationship()
