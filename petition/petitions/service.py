"""Finding, listing and changing petitions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import switches
from petition.core.clock import now
from petition.core.db import db, read_again
from petition.core.errors import DomainError, Gone, PetitionNotFound
from petition.core.kept import kept
from petition.core.labels import SLUG
from petition.core.postgres import hurried
from petition.organisations.models import Organisation
from petition.organisations.roles import Action
from petition.petitions.loading import IN_FORCE, id_of, shown_in_lists, with_plan
from petition.petitions.models import (
    ENDED_STATES,
    PUBLIC_STATES,
    SIGNED_STATES,
    Petition,
    PetitionText,
    Review,
    State,
    Unfinished,
)
from petition.petitions.reach import within_reach

PAGE = 20

BESIDE: dict[str, Callable[[Session, UUID], Any]] = {}
"""What features above this one show on a petition's page: read with it, and kept as long."""

SIGNED_WORDS = ("title", "body", "summary", "risk")
OTHER_WORDS = ("thanks", "mail_words", "picture_alt")
PROMISES = ("controllers", "contact", "minimum_age", "kept_months")
"""What is promised beside the form, signed with the words."""


class TextRefused(DomainError):
    """A petition cannot be stored as it was given."""

    code = "petition_refused"


class Rejected(PetitionNotFound):
    """The petition was refused by an administrator; the message holds the public reason."""

    code = "petition_rejected"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its petitions, its number from 1, and how many pages there are."""

    petitions: Sequence[Petition]
    number: int
    pages: int


def takes_signatures(petition: Petition) -> bool:
    """Whether a signature can be confirmed now (and given, where there is a form), as of the last second."""
    return is_open(petition) and not switches.current().signing_paused


def is_open(petition: Petition | Any) -> bool:
    """Whether its state and its end let a petition take signatures."""
    return petition.state in SIGNED_STATES and (petition.closes_at is None or now() < petition.closes_at)


def in_force(connection: Connection, petition_ids: Collection[UUID]) -> dict[UUID, tuple[bool, int]]:
    """Whether each of these petitions takes signatures now, and the version of its text in force."""
    rows = IN_FORCE.rows(connection, [(petition_id,) for petition_id in petition_ids])
    return {row.id: (is_open(row) and not row.paused, row.version) for row in rows}


def recent(slug: str) -> Petition:
    """A petition that readers may see, as it was within the last second, with its texts and organisation.

    Belongs to no session. Raises PetitionNotFound or Gone.
    """
    found: Petition = kept("petition").get(slug, lambda: _by_slug(slug))
    return found


def recent_by_id(petition_id: UUID) -> Petition:
    """The same, whatever its state, for whoever has signed it."""
    found: Petition = kept("petition by id").get(petition_id, lambda: _by_id(petition_id))
    return found


@hurried()
def _by_slug(slug: str) -> Petition:
    return detached(find_public(read_again(), slug))


@hurried()
def _by_id(petition_id: UUID) -> Petition:
    its = sa.select(Petition).where(Petition.id == petition_id)
    return detached(read_again().scalars(its.options(with_plan())).one())


def detached(petition: Petition) -> Petition:
    """The petition with all that a page shows of it, belonging to no session; what was being read is over."""
    _loaded = petition.plan, petition.text.translations, petition.asked
    petition.beside = {name: read(db.session(), petition.id) for name, read in BESIDE.items()}
    db.session.expunge_all()
    db.session.rollback()  # whoever waits for a commit now must not hold a connection, or the log, meanwhile
    return petition


def shown_state(petition: Petition) -> State:
    """The state that readers see: an open petition past its end is closed."""
    if petition.state == State.OPEN and not is_open(petition):
        return State.CLOSED
    return petition.state


def find(session: Session, slug: str) -> Petition:
    """Any petition, whatever its state. Raises PetitionNotFound."""
    known = SLUG.fullmatch(slug) is not None
    by_slug = sa.select(Petition).where(Petition.slug == slug).options(with_plan())
    petition = session.scalar(by_slug) if known else None
    if petition is None:
        raise PetitionNotFound(_("There is no petition of that name."))
    return petition


def find_id(session: Session, slug: str) -> UUID:
    """The id of any petition. Raises PetitionNotFound."""
    found = id_of(session, slug) if SLUG.fullmatch(slug) else None
    if found is None:
        raise PetitionNotFound(_("There is no petition of that name."))
    return found


def lock(session: Session, petition: Petition) -> None:
    """Reads the petition anew and keeps it from other editors until the transaction ends; signers do not wait."""
    locked = sa.select(Petition).where(Petition.id == petition.id).with_for_update(key_share=True, of=Petition)
    session.execute(locked.execution_options(populate_existing=True))


def find_for(session: Session, actor: User, action: Action, slug: str) -> Petition:
    """A petition to which the actor may do this. Raises PetitionNotFound, and does not tell of any other."""
    found = session.scalar(sa.select(Petition).where(within_reach(actor, action), Petition.slug == slug))
    if found is None:
        raise PetitionNotFound(_("There is no petition of that name."))
    return found


def find_public(session: Session, slug: str) -> Petition:
    """A petition that readers may see. Raises PetitionNotFound or, when it was taken down, Gone."""
    petition = find(session, slug)
    if petition.state == State.TAKEN_DOWN:
        raise Gone(" ".join((_("This petition has been taken down."), reason(session, petition))).strip())
    if petition.state == State.REJECTED and (why := reason(session, petition)):
        raise Rejected(" ".join((_("This petition was rejected."), why)))
    if petition.state not in PUBLIC_STATES:
        raise PetitionNotFound(_("There is no petition of that name."))
    return petition


def reason(session: Session, petition: Petition) -> str:
    """The public reason of the petition's state, or nothing."""
    review = session.get(Review, petition.id)
    return (review and review.reason) or ""


def list_public(
    session: Session, words: str = "", state: str = "", page: int = 1, organisation: object = None
) -> Page:
    """Public petitions, newest first, whose title or addressee holds the words, in one state or all."""
    query = sa.select(Petition).where(_shown_as(state) if state else Petition.state.in_(PUBLIC_STATES))
    if organisation is not None:
        query = query.where(Petition.organisation_id == organisation)
    for word in words.replace("\x00", " ").split()[:8]:
        title = sa.exists().where(
            PetitionText.petition_id == Petition.id,
            PetitionText.version == _version_in_force(),
            _holds(PetitionText.title, word),
        )
        query = query.where(sa.or_(title, _holds(Petition.addressee, word)))
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE))
    number = min(max(page, 1), pages)
    order = sa.func.coalesce(Petition.opened_at, Petition.created_at).desc(), Petition.slug
    rows = session.scalars(
        query.options(*shown_in_lists()).order_by(*order).limit(PAGE).offset((number - 1) * PAGE)
    ).all()
    return Page(rows, number, pages)


def _holds(text: sa.orm.InstrumentedAttribute[str], word: str) -> sa.ColumnElement[bool]:
    """Whether the text holds the word in whatever case. Databases do not know that a Greek word ends in ς."""
    folded = sa.func.replace(sa.func.lower(text), "ς", "σ")
    return folded.contains(word.lower().replace("ς", "σ"), autoescape=True)


def _shown_as(state: str) -> sa.ColumnElement[bool]:
    """The condition under which `shown_state` is this state and public."""
    if state not in PUBLIC_STATES:
        return sa.false()
    over = sa.and_(Petition.state == State.OPEN, Petition.closes_at.is_not(None), Petition.closes_at <= now())
    if state == State.CLOSED:
        return sa.or_(Petition.state == State.CLOSED, over)
    return sa.and_(Petition.state == State(state), sa.not_(over))


def _version_in_force() -> sa.ScalarSelect[int]:
    newest = sa.orm.aliased(PetitionText)
    return sa.select(sa.func.max(newest.version)).where(newest.petition_id == Petition.id).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Draft:
    """A petition as its author gives it. A state of None leaves the state as it is (`draft` when new)."""

    slug: str
    organisation: Organisation
    title: str
    addressee: str
    body: str
    locale: str
    goal: int | None = None
    addressee_country: str | None = None
    closes_at: datetime | None = None
    state: State | None = None


def store(session: Session, draft: Draft) -> Petition:
    """Creates or updates a petition. Words once published are never altered: new words are a new version."""
    petition = session.scalar(sa.select(Petition).where(Petition.slug == draft.slug))
    if petition is None:
        petition = Petition(slug=draft.slug, state=State.DRAFT, texts=[])
        session.add(petition)
    elif petition.organisation_id != draft.organisation.id:
        raise TextRefused(_("A petition of that name belongs to another organisation."))
    petition.organisation = draft.organisation
    petition.addressee = draft.addressee
    petition.addressee_country = draft.addressee_country
    petition.goal = draft.goal
    petition.locale = draft.locale
    petition.closes_at = draft.closes_at
    _store_text(petition, draft)
    if draft.state is not None:
        change_state(petition, draft.state)
    session.flush()
    session.execute(sa.delete(Unfinished).where(Unfinished.petition_id == petition.id))
    return petition


def _store_text(petition: Petition, draft: Draft) -> None:
    words_hash = sha256(draft.locale, draft.title, draft.body)
    if petition.texts and petition.text.sha256 == words_hash:
        return
    text = writable_text(petition)
    text.locale, text.title, text.body, text.sha256 = draft.locale, draft.title, draft.body, words_hash


def sha256(locale: str, title: str, body: str) -> str:
    """The hash by which a text in its own language is known again."""
    return hashlib.sha256("\x00".join((locale, title, body)).encode()).hexdigest()


def writable_text(petition: Petition) -> PetitionText:
    """The text to write other words into: the one in force while nobody could sign it, or else a new version.

    A new version begins as the former was, but for its translations, which have to be given again.
    """
    if petition.texts and not petition.is_frozen:
        return petition.text
    former = petition.text if petition.texts else None
    text = PetitionText(version=len(petition.texts) + 1, translations=[])
    for name in (*SIGNED_WORDS, *OTHER_WORDS, *PROMISES) if former else ():
        setattr(text, name, getattr(former, name))
    petition.texts.append(text)
    freeze(petition)
    return text


def freeze(petition: Petition) -> None:
    """From now on the words in force can be signed, if the petition is where it takes signatures."""
    if petition.texts and petition.state in (*SIGNED_STATES, *PUBLIC_STATES) and petition.text.frozen_at is None:
        petition.text.frozen_at = now()


def change_state(petition: Petition, state: State) -> None:
    """Moves a petition to a state, whatever the table says; when it first became public, and when it ended, is kept.

    Everybody but `petition load` goes through `states.move`.
    """
    petition.state = state
    freeze(petition)
    if state in PUBLIC_STATES and petition.opened_at is None:
        petition.opened_at = now()
    if state not in ENDED_STATES:
        petition.ended_at = None
    elif petition.ended_at is None:
        petition.ended_at = min(now(), petition.closes_at or now())
