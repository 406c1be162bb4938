"""The life of a petition in one table: from where to where, who may, what the public sees, which mails go.

docs/states.md shows the same table; a test compares them. `petition load` alone may set any state.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.clock import now
from petition.core.errors import DomainError, Forbidden
from petition.organisations.roles import Action, may
from petition.petitions import mails, service
from petition.petitions.models import Petition, Review, State

SUPPORTERS = 5
"""So many confirmed supporters bring a petition from gathering to review."""


class ChangeRefused(DomainError):
    """The petition cannot go to that state from where it is."""

    status = 409
    code = "change_refused"


class Who(enum.StrEnum):
    """Who may make a change: whoever may publish for the organisation, an administrator, or the program itself."""

    ORGANISER = "organiser"
    ADMINISTRATOR = "administrator"
    PROGRAM = "program"


class Sees(enum.StrEnum):
    """What the public sees of a petition afterwards."""

    NOTHING = "nothing"
    LINK = "nothing without the secret link"
    FORM = "the page with the form"
    PAGE = "the page without the form"
    REASON = "the reason alone (404)"
    GONE = "the reason alone (410)"


SEEN: dict[State, Sees] = {
    State.DRAFT: Sees.NOTHING,
    State.GATHERING: Sees.LINK,
    State.REVIEW: Sees.NOTHING,
    State.OPEN: Sees.FORM,
    State.PAUSED: Sees.PAGE,
    State.CLOSED: Sees.PAGE,
    State.ARCHIVED: Sees.PAGE,
    State.REJECTED: Sees.REASON,
    State.HIDDEN: Sees.NOTHING,
    State.TAKEN_DOWN: Sees.GONE,
}


def sees_words(state: State) -> str:
    """What the public sees of a petition in a state, in a sentence."""
    return {
        Sees.NOTHING: _("The public sees nothing of it."),
        Sees.LINK: _("Only who has the secret link sees it."),
        Sees.FORM: _("Everybody can read and sign it."),
        Sees.PAGE: _("Everybody can read it; nobody can sign it."),
        Sees.REASON: _("The public sees nothing of it but the reason."),
        Sees.GONE: _("The public sees nothing of it but the reason."),
    }[SEEN[state]]


@dataclass(frozen=True)
class Change:
    """One line of the table. Owners and editors get a mail; with `tells_administrators` they do too."""

    source: State
    target: State
    who: frozenset[Who]
    words: LazyString
    needs_reason: bool = False
    mails: bool = True
    tells_administrators: bool = False

    @property
    def sees(self) -> Sees:
        """What the public sees afterwards."""
        return SEEN[self.target]


def _organiser(source: State, target: State, words: LazyString, *also: Who, mails: bool = True) -> Change:
    return Change(source, target, frozenset({Who.ORGANISER, *also}), words, mails=mails)


def _administrator(source: State, target: State, words: LazyString, needs_reason: bool = False) -> Change:
    return Change(source, target, frozenset({Who.ADMINISTRATOR}), words, needs_reason)


TABLE: tuple[Change, ...] = (
    _organiser(State.DRAFT, State.GATHERING, __("Gather supporters"), mails=False),
    _organiser(State.GATHERING, State.DRAFT, __("Back to the draft"), mails=False),
    Change(State.GATHERING, State.REVIEW, frozenset({Who.PROGRAM}), __("To review"), tells_administrators=True),
    Change(State.REVIEW, State.OPEN, frozenset({Who.ADMINISTRATOR, Who.PROGRAM}), __("Approve")),
    _administrator(State.REVIEW, State.REJECTED, __("Reject"), needs_reason=True),
    _organiser(State.REJECTED, State.DRAFT, __("Back to the draft"), mails=False),
    _organiser(State.OPEN, State.PAUSED, __("Pause")),
    _organiser(State.PAUSED, State.OPEN, __("Open again")),
    _organiser(State.OPEN, State.CLOSED, __("Close"), Who.PROGRAM),
    _organiser(State.PAUSED, State.CLOSED, __("Close"), Who.PROGRAM),
    _organiser(State.CLOSED, State.OPEN, __("Open again")),
    _organiser(State.CLOSED, State.ARCHIVED, __("Archive")),
    *(
        _administrator(source, State.HIDDEN, __("Hide"), needs_reason=True)
        for source in (State.OPEN, State.PAUSED, State.CLOSED, State.ARCHIVED)
    ),
    _administrator(State.HIDDEN, State.PAUSED, __("Show again, paused")),
    _administrator(State.HIDDEN, State.CLOSED, __("Show again, closed")),
    *(
        _administrator(source, State.TAKEN_DOWN, __("Take down"), needs_reason=True)
        for source in (
            *(State.GATHERING, State.REVIEW, State.OPEN, State.PAUSED),
            *(State.CLOSED, State.ARCHIVED, State.REJECTED, State.HIDDEN),
        )
    ),
    _administrator(State.TAKEN_DOWN, State.HIDDEN, __("Bring back, hidden")),
)


def allowed(actor: User | None, petition: Petition) -> list[Change]:
    """The changes that the actor (None: the program) may make to the petition now, in the order of the table."""
    roles = _roles(actor, petition)
    return [change for change in TABLE if change.source == petition.state and change.who & roles]


def _roles(actor: User | None, petition: Petition) -> set[Who]:
    if actor is None:
        return {Who.PROGRAM}
    organiser = {Who.ORGANISER} if may(actor, Action.PUBLISH, petition) else set()
    return organiser | ({Who.ADMINISTRATOR} if may(actor, Action.MODERATE_SITE) else set())


def move(session: Session, actor: User | None, petition: Petition, target: State, reason: str = "") -> None:
    """Brings a petition to another state, records it and owes the mails of the table.

    An actor of None is the program. The reason is shown to the public. Raises ChangeRefused where the table has
    no such change (two may have pressed at once) or a reason is missing, Forbidden where it is not the actor's.
    """
    service.lock(session, petition)
    source = petition.state
    change = next((one for one in TABLE if (one.source, one.target) == (source, target)), None)
    if change is None:
        raise ChangeRefused(_("That cannot be done to this petition now. Look at its state again."))
    if not change.who & _roles(actor, petition):
        raise Forbidden(_("You may not do that here."))
    if source == State.DRAFT and not (petition.text.body.strip() and petition.addressee):
        raise ChangeRefused(_("Write the text and its addressee first."))
    if change.needs_reason and not reason:
        raise ChangeRefused(_("Give a reason."))
    review = review_of(session, petition)
    review.reason = reason or None
    review.asked_at = now() if target == State.REVIEW else review.asked_at
    if target != State.OPEN:
        review.approved_at = None
    service.change_state(petition, target)
    who = str(actor.id) if actor else audit.PROGRAM
    audit.record(
        session,
        who,
        "petition state",
        petition.slug,
        organisation_id=petition.organisation_id,
        source=source,
        target=target,
        reason=reason,
    )
    if change.mails:
        mails.tell(session, petition, reason, change.tells_administrators)
    session.flush()


def review_of(session: Session, petition: Petition) -> Review:
    """What administrators decided about the petition so far."""
    review = session.get(Review, petition.id)
    if review is None:
        review = Review(petition_id=petition.id)
        session.add(review)
    return review
