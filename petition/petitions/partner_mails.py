"""The mail that asks the owners of an organisation whether it wants to be a partner."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.mail import outbox
from petition.mail.outbox import Claimed
from petition.mail.rendering import Letter, context_for
from petition.organisations.models import Membership
from petition.organisations.roles import ALLOWED, Action
from petition.petitions.mails import row_to
from petition.petitions.models import Partner, PartnerState, Petition

MAIL = "partner_invitation"


def tell(session: Session, petition: Petition, partner: Partner) -> None:
    """Owes a mail to everybody who may answer for the organisation."""
    roles = [role for role, actions in ALLOWED.items() if Action.ANSWER_PARTNERSHIPS in actions]
    theirs = sa.select(Membership.user_id).where(
        Membership.organisation_id == partner.organisation_id, Membership.role.in_(roles)
    )
    people = session.scalars(sa.select(User).where(User.id.in_(theirs)).order_by(User.id)).all()
    content = {"petition": petition.id.hex, "number": partner.number}
    outbox.owe_many(session.connection(), [row_to(one, petition, MAIL, content) for one in people if not one.blocked])


@context_for(MAIL)
def _invitation(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    return [_letter(session, mail.content) for mail in mails]


def _letter(session: Session, content: dict[str, object]) -> Letter | None:
    """Who asks what, unless that has been answered or taken back meanwhile."""
    partner = session.get(Partner, (UUID(str(content["petition"])), content["number"]))
    if partner is None or partner.state != PartnerState.INVITED:
        return None
    petition, base = partner.petition, current_app.config["BASE_URL"]
    same = {
        "lead": petition.organisation.name,
        "organisation": partner.organisation.name,
        "title": petition.title,
        "locale": petition.locale,
        "site": urlsplit(base).netloc,
    }
    return Letter(same, {"link": f"{base}/organiser/petitions/{petition.slug}/partners/{partner.number}"})
