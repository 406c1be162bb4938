"""What editors do with endorsements: enter them, ask the endorsers, take them down. Starts from the actor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.addresses import Address, parse_address
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.core.keyed_hashes import mailbox_hash
from petition.core.tokens import new_handle
from petition.endorsements.models import Endorsement, EndorsementLink, EndorsementState
from petition.mail import outbox
from petition.organisations.roles import Action, reachable
from petition.petitions.models import Petition

MAIL = "endorsement"
PURPOSE = "endorsement"
LIFE = timedelta(days=30)
"""So long a link waits for an answer."""
MOST = 500
"""Endorsements of a petition: they all stand on one page."""


def find(session: Session, actor: User, endorsement_id: UUID, lock: bool = False) -> Endorsement:
    """An endorsement of a petition whose endorsements are the actor's to manage. Raises NotFound."""
    mine = Petition.organisation_id.in_(reachable(actor, Action.MANAGE_ENDORSEMENTS))
    query = sa.select(Endorsement).join(Petition).where(Endorsement.id == endorsement_id, mine)
    found = session.scalar(query.with_for_update(of=Endorsement) if lock else query)
    if found is None:
        raise NotFound(_("There is no such endorsement."))
    return found


def endorsements_of(session: Session, petition: Petition) -> Sequence[Endorsement]:
    """All endorsements of a petition, those entered last first."""
    about = sa.select(Endorsement).where(Endorsement.petition_id == petition.id)
    return session.scalars(about.order_by(Endorsement.created_at.desc(), Endorsement.id.desc())).all()


def digest(words: Mapping[str, str]) -> str:
    """What a page names as the words that stood on it."""
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def hash_of(handle: bytes) -> bytes:
    """What is kept of the handle in a link."""
    return hashlib.sha256(handle).digest()


def mask(address: str) -> str:
    """An address as pages show it after it was entered: enough to know which one it was."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def enter(
    session: Session, actor: User, petition: Petition, words: Mapping[str, str], address: Address, locale: str
) -> Endorsement:
    """A draft, of which nobody is told yet. Raises DomainError when a petition has too many."""
    number = sa.select(sa.func.count()).where(Endorsement.petition_id == petition.id)
    if (session.scalar(number) or 0) >= MOST:
        raise DomainError(_("A petition can have %(number)s endorsements at most.", number=MOST))
    entered = Endorsement(
        petition_id=petition.id,
        petition=petition,
        entered_by=actor.id,
        state=EndorsementState.DRAFT,
        address=address.exact,
        locale=locale,
        **words,
    )
    session.add(entered)
    session.flush()
    record(session, str(actor.id), entered, "endorsement entered")
    return entered


def rewrite(session: Session, actor: User, endorsement: Endorsement, words: Mapping[str, str]) -> None:
    """Other words, to which the endorser has to agree anew; until then what stands on the page stays there.

    Raises DomainError when it is over, or when nobody knows any more whom to ask.
    """
    if words == endorsement.words:
        return
    _refuse_if_settled(endorsement)
    for name, value in words.items():
        setattr(endorsement, name, value)
    endorsement.state = EndorsementState.AGREED if words == endorsement.shown else EndorsementState.DRAFT
    endorsement.changed_at = now()
    end_unanswered_links(session, endorsement)
    record(session, str(actor.id), endorsement, "endorsement changed")


def _refuse_if_settled(endorsement: Endorsement) -> None:
    if endorsement.is_over:
        raise DomainError(_("This endorsement is over. Enter another one."))
    if endorsement.address is None:
        raise DomainError(_("The address is forgotten. For other words take this down, and enter it again."))


def ask(session: Session, actor: User, endorsement: Endorsement) -> None:
    """Owes the endorser a mail with a new link; a link that nobody answered ends. Raises DomainError."""
    _refuse_if_settled(endorsement)
    if endorsement.state == EndorsementState.AGREED:
        raise DomainError(_("The endorser has agreed to these words already."))
    end_unanswered_links(session, endorsement)
    handle, address = new_handle(), parse_address(endorsement.address or "")
    link = EndorsementLink(token_hash=hash_of(handle), endorsement_id=endorsement.id, expires_at=now() + LIFE)
    session.add(link)
    endorsement.state, endorsement.changed_at = EndorsementState.ASKED, now()
    mail = outbox.row(
        template=MAIL,
        locale=endorsement.locale,
        address=address,
        mailbox=mailbox_hash(address.canonical),
        content={"handle": handle.hex()},
        about=endorsement.petition_id,
    )
    outbox.owe_many(session.connection(), [mail])
    record(session, str(actor.id), endorsement, "endorser asked")


def take_down(session: Session, actor: User, endorsement: Endorsement) -> None:
    """Ends an endorsement; nothing of it is public any more. Can be repeated."""
    if not endorsement.is_over:
        end(session, endorsement, EndorsementState.TAKEN_DOWN)
        record(session, str(actor.id), endorsement, "endorsement taken down")


def end(session: Session, endorsement: Endorsement, state: EndorsementState) -> None:
    """Nothing of it is shown any more, and its links and its address are gone."""
    endorsement.state, endorsement.changed_at = state, now()
    endorsement.shown = endorsement.agreed_at = endorsement.address = None
    of_it = sa.delete(EndorsementLink).where(EndorsementLink.endorsement_id == endorsement.id)
    session.execute(of_it.execution_options(synchronize_session=False))


def end_unanswered_links(session: Session, endorsement: Endorsement) -> None:
    """Ends the links by which nobody has agreed to anything."""
    waiting = EndorsementLink.endorsement_id == endorsement.id, EndorsementLink.expires_at.is_not(None)
    session.execute(sa.delete(EndorsementLink).where(*waiting).execution_options(synchronize_session=False))


def record(session: Session, actor: str, endorsement: Endorsement, action: str) -> None:
    """Writes an act down; the endorser's name is forgotten there in time."""
    about = endorsement.petition
    whose, who = about.organisation_id, {"endorser": endorsement.name}
    audit.record(
        session,
        actor,
        action,
        about.slug,
        organisation_id=whose,
        personal=who,
        endorsement=str(endorsement.id),
    )
