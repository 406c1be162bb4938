"""What administrators of the site do with petitions that ask to be opened."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound, PetitionNotFound
from petition.organisations.roles import Action, may
from petition.petitions import mails, states
from petition.petitions.models import Petition, Plan, Review, ReviewNote, State
from petition.petitions.service import find

MOST_WORDS = 2000
GROUNDS = {
    "duplicate": __("There is already a petition like it."),
    "unclear": __("It does not say clearly what somebody should do."),
    "addressee": __("Its addressee cannot do what it asks for."),
    "person": __("It accuses or exposes a person."),
    "law": __("It breaks the law."),
    "hate": __("It is hateful, or calls for violence."),
    "advertising": __("It advertises something."),
    "other": __("Another reason."),
}


def require(actor: User) -> None:
    """Raises NotFound unless the actor moderates the site."""
    if not may(actor, Action.MODERATE_SITE):
        raise NotFound


def queue(session: Session, actor: User) -> Sequence[tuple[Petition, Review | None]]:
    """The petitions in review, the one that waits longest first. Raises NotFound."""
    require(actor)
    waiting = (
        sa.select(Petition, Review)
        .outerjoin(Review, Review.petition_id == Petition.id)
        .where(Petition.state == State.REVIEW)
        .order_by(Review.asked_at, Petition.created_at)
    )
    return [(row[0], row[1]) for row in session.execute(waiting)]


def look(session: Session, actor: User, slug: str) -> Petition:
    """A petition in any state but its organisation's own draft. Raises NotFound or PetitionNotFound."""
    require(actor)
    petition = find(session, slug)
    if petition.state == State.DRAFT:
        raise PetitionNotFound(_("There is no petition of that name."))
    return petition


def notes(session: Session, petition: Petition) -> Sequence[ReviewNote]:
    """What administrators noted, oldest first."""
    of_it = sa.select(ReviewNote).where(ReviewNote.petition_id == petition.id)
    return session.scalars(of_it.order_by(ReviewNote.at, ReviewNote.id)).all()


def note(session: Session, actor: User, petition: Petition, words: str) -> None:
    """Adds a note for the other administrators. Raises NotFound or DomainError."""
    require(actor)
    if not words.strip():
        raise DomainError(_("Write something first."))
    session.add(ReviewNote(petition_id=petition.id, author_id=actor.id, words=words.strip()[:MOST_WORDS]))
    audit.record(session, str(actor.id), "petition noted", petition.slug)


def assign(session: Session, actor: User, petition: Petition, taken: bool) -> None:
    """Takes the petition on, or gives it back. Raises NotFound."""
    require(actor)
    states.review_of(session, petition).assignee_id = actor.id if taken else None
    audit.record(session, str(actor.id), "petition assigned", petition.slug, taken=taken)


def approve(session: Session, actor: User, petition: Petition) -> None:
    """Opens the petition, or lets the program open it when its opening time comes. Raises DomainErrors of `move`."""
    require(actor)
    opens_at = petition.plan.opens_at if petition.plan else None
    if petition.state != State.REVIEW or opens_at is None or opens_at <= now():
        states.move(session, actor, petition, State.OPEN)
        return
    states.review_of(session, petition).approved_at = now()
    audit.record(session, str(actor.id), "petition approved", petition.slug, organisation_id=petition.organisation_id)
    mails.tell(session, petition, "", news=mails.APPROVED)


def public_reason(ground: str, words: str) -> str:
    """The reason to be shown: a ground from the list, more words, or both. Raises DomainError for neither."""
    listed = str(GROUNDS[ground]) if ground in GROUNDS and ground != "other" else ""
    reason = " ".join([listed, *words.split()]).strip()
    if not reason:
        raise DomainError(_("Give a reason."))
    return reason[:MOST_WORDS]


def anything_due(session: Session) -> bool:
    """Whether `do_due` would do something: a read, so that nobody waits for the write lock in vain."""
    return bool(_over(session) or _approved(session))


def do_due(session: Session) -> None:
    """Closes what is over and opens what was approved for now."""
    for petition in _over(session):
        states.move(session, None, petition, State.CLOSED)
    for petition in _approved(session):
        states.move(session, None, petition, State.OPEN)


def _over(session: Session) -> Sequence[Petition]:
    running = Petition.state.in_((State.OPEN, State.PAUSED))
    return session.scalars(sa.select(Petition).where(running, Petition.closes_at <= now())).all()


def _approved(session: Session) -> Sequence[Petition]:
    approved = sa.select(Petition).join(Review, Review.petition_id == Petition.id).outerjoin(Petition.plan)
    due = sa.or_(Plan.opens_at.is_(None), Plan.opens_at <= now())
    return session.scalars(approved.where(Petition.state == State.REVIEW, Review.approved_at.is_not(None), due)).all()
