"""The mail that tells organisers, and where it is theirs to act administrators, of a petition's new state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import i18n
from petition.core.keyed_hashes import mailbox_hash
from petition.mail import outbox
from petition.mail.outbox import Claimed
from petition.mail.rendering import Letter, context_for
from petition.organisations.models import Membership
from petition.organisations.roles import ALLOWED, Action
from petition.petitions.models import Petition

MAIL = "petition_state"
APPROVED = "approved"


def tell(session: Session, petition: Petition, reason: str, administrators: bool = False, news: str = "") -> None:
    """Owes a mail to each owner and editor, and if told so to each administrator of the site.

    What is told is the state, or other `news`. The mail says what was so at this moment, whatever comes later.
    """
    content = {"petition": str(petition.id), "state": news or petition.state.value, "reason": reason}
    rows = []
    for user in _organisers(session, petition.organisation_id):
        rows.append(row_to(user, petition, MAIL, content | {"page": f"/organiser/petitions/{petition.slug}"}))
    for user in session.scalars(sa.select(User).where(User.admin)) if administrators else ():
        rows.append(row_to(user, petition, MAIL, content | {"page": f"/admin/petitions/{petition.slug}"}))
    outbox.owe_many(session.connection(), rows)


def _organisers(session: Session, organisation_id: UUID) -> Sequence[User]:
    roles = [role for role, actions in ALLOWED.items() if Action.WRITE in actions]
    theirs = sa.select(Membership.user_id).where(
        Membership.organisation_id == organisation_id, Membership.role.in_(roles)
    )
    return session.scalars(sa.select(User).where(User.id.in_(theirs)).order_by(User.id)).all()


def row_to(user: User, petition: Petition, template: str, content: Mapping[str, object]) -> tuple[object, ...]:
    """A mail about a petition that is owed to an account, in the language of whoever reads it."""
    address = user.address
    return outbox.row(
        template=template,
        locale=user.language or i18n.known(petition.locale) or i18n.SOURCE,
        address=address,
        mailbox=mailbox_hash(address.canonical),
        content=dict(content),
        about=petition.id,
    )


@context_for(MAIL)
def _state(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    return [_letter(session, mail.content) for mail in mails]


def _letter(session: Session, content: dict[str, str]) -> Letter | None:
    petition = session.get(Petition, UUID(content["petition"]))
    if petition is None:
        return None
    same = {
        "title": petition.title,
        "locale": petition.locale,
        "state": content["state"],
        "reason": content["reason"],
    }
    return Letter(same, {"link": current_app.config["BASE_URL"] + content["page"]})
