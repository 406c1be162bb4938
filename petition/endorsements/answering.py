"""What endorsers do by their mailed link: agree, refuse, take back. Whoever holds the link is the endorser."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.core import audit
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.endorsements import service
from petition.endorsements.models import Endorsement, EndorsementLink, EndorsementState


class WordsChanged(DomainError):
    """What would be agreed to is not what stood on the page."""

    status = 409
    code = "endorsement_changed"


def find(session: Session, handle: bytes, lock: bool = False) -> EndorsementLink:
    """A link with its endorsement, on wish locked. Raises NotFound when either has ended."""
    query = sa.select(EndorsementLink).join(Endorsement)
    query = query.where(EndorsementLink.token_hash == service.hash_of(handle))
    link = session.scalar(query.with_for_update(of=Endorsement) if lock else query)
    if link is None or (link.expires_at is not None and link.expires_at <= now()):
        raise NotFound(_("This link has ended. Nothing is published by it."))
    return link


def agree(session: Session, handle: bytes, seen: str) -> None:
    """Publishes the words that the endorser saw. Can be repeated. Raises WordsChanged or NotFound."""
    link = find(session, handle, lock=True)
    endorsement = link.endorsement
    if seen != service.digest(endorsement.words) or endorsement.state == EndorsementState.DRAFT:
        raise WordsChanged(_("The words have been changed meanwhile. Please look at them again."))
    if endorsement.state != EndorsementState.ASKED:
        return
    endorsement.state, endorsement.shown = EndorsementState.AGREED, endorsement.words
    endorsement.agreed_at, endorsement.changed_at = endorsement.agreed_at or now(), now()
    link.expires_at = None
    _record(session, endorsement, "endorsement agreed")


def decline(session: Session, handle: bytes) -> None:
    """Refuses the words; those agreed to before, if any, stay. Raises NotFound or WordsChanged."""
    endorsement = find(session, handle, lock=True).endorsement
    if endorsement.state != EndorsementState.ASKED:
        raise WordsChanged(_("The words have been changed meanwhile. Please look at them again."))
    if endorsement.shown is None:
        service.end(session, endorsement, EndorsementState.DECLINED)
    else:
        keep_shown(session, endorsement)
    _record(session, endorsement, "endorsement declined")


def keep_shown(session: Session, endorsement: Endorsement) -> None:
    """Drops what was written since the endorser agreed."""
    for name, value in (endorsement.shown or {}).items():
        setattr(endorsement, name, value)
    endorsement.state, endorsement.changed_at = EndorsementState.AGREED, now()
    service.end_unanswered_links(session, endorsement)


def take_back(session: Session, handle: bytes) -> None:
    """Ends the endorsement. Raises NotFound."""
    endorsement = find(session, handle, lock=True).endorsement
    service.end(session, endorsement, EndorsementState.TAKEN_BACK)
    _record(session, endorsement, "endorsement taken back")


def _record(session: Session, endorsement: Endorsement, action: str) -> None:
    service.record(session, audit.ENDORSER, endorsement, action)
