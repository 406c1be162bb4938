"""Partners of a petition: asking an organisation, its answer, and the end of working together."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.clock import now
from petition.core.errors import DomainError, NotFound
from petition.organisations.models import Organisation
from petition.organisations.roles import Action, reachable
from petition.petitions import partner_mails
from petition.petitions.models import Partner, PartnerState, Petition
from petition.petitions.reach import is_partner
from petition.petitions.service import lock

MOST = 500  # a signature keeps a bit for each
STANDING = (PartnerState.INVITED, PartnerState.ACCEPTED)
CODE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 5


class PartnerRefused(DomainError):
    """An organisation cannot be asked, or its answer comes too late; the message says why."""

    status = 422
    code = "partner_refused"


def invite(session: Session, actor: User, petition: Petition, typed: str) -> Partner:
    """Asks an organisation, by its address on the site, and mails its owners. Raises PartnerRefused."""
    slug = typed.strip().rstrip("/").rpartition("/")[2].lower()
    organisation = session.scalar(sa.select(Organisation).where(Organisation.slug == slug))
    if organisation is None:
        raise PartnerRefused(_("There is no organisation at that address. It stands at the end of its page: /o/…"))
    if organisation.id == petition.organisation_id:
        raise PartnerRefused(_("This is the petition's own organisation."))
    lock(session, petition)  # two who ask at once get two numbers
    before = session.scalars(sa.select(Partner).where(Partner.petition_id == petition.id)).all()
    if any(one.organisation_id == organisation.id and one.state in STANDING for one in before):
        raise PartnerRefused(_("This organisation is a partner, or has been asked already."))
    if len(before) >= MOST:
        raise PartnerRefused(_("No more organisations can be asked for this petition."))
    partner = Partner(
        petition_id=petition.id,
        number=len(before) + 1,
        organisation_id=organisation.id,
        code=_new_code({one.code for one in before}),
        name=organisation.name,
        state=PartnerState.INVITED,
        invited_by=actor.id,
        organisation=organisation,
    )
    session.add(partner)
    session.flush()
    partner_mails.tell(session, petition, partner)
    _record(session, actor, partner, "partner invited")
    return partner


def _new_code(taken: set[str]) -> str:
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _letter in range(CODE_LENGTH))
        if code not in taken:
            return code


def find(session: Session, actor: User, slug: str, number: int, change: bool = False) -> Partner:
    """What the actor's organisation was asked, or is: on wish locked. Raises NotFound when that is over."""
    mine = Partner.organisation_id.in_(reachable(actor, Action.ANSWER_PARTNERSHIPS))
    query = sa.select(Partner).join(Petition).where(Petition.slug == slug, Partner.number == number, mine)
    query = query.where(Partner.state.in_(STANDING))
    found = session.scalar(query.with_for_update(of=Partner) if change else query)
    if found is None:
        raise NotFound(_("There is no such invitation any more."))
    return found


def of_petition(session: Session, petition: Petition) -> Sequence[Partner]:
    """All that were ever asked, first asked first."""
    return session.scalars(
        sa.select(Partner).where(Partner.petition_id == petition.id).order_by(Partner.number)
    ).all()


def waiting(session: Session, actor: User) -> Sequence[Partner]:
    """What the organisations that the actor answers for were asked and have not answered."""
    mine = Partner.organisation_id.in_(reachable(actor, Action.ANSWER_PARTNERSHIPS))
    return session.scalars(
        sa.select(Partner).where(Partner.state == PartnerState.INVITED, mine).order_by(Partner.invited_at)
    ).all()


def of_actor(session: Session, actor: User) -> Sequence[Partner]:
    """The partners that the actor's organisations are, of whatever petition."""
    return session.scalars(
        sa.select(Partner).where(is_partner(actor, Action.SEE_FIGURES)).order_by(Partner.petition_id, Partner.number)
    ).all()


def answer(session: Session, actor: User, partner: Partner, accept: bool) -> None:
    """Accepts, under the name the organisation has now, or declines. Raises PartnerRefused."""
    if partner.state != PartnerState.INVITED:
        raise PartnerRefused(_("This has been answered already."))
    partner.state = PartnerState.ACCEPTED if accept else PartnerState.DECLINED
    partner.answered_at, partner.name = now(), partner.organisation.name
    _record(session, actor, partner, "partner accepted" if accept else "partner declined")


def end(session: Session, actor: User, partner: Partner) -> None:
    """Ends it from either side: nothing of the partner's is shown or sent from now on. Raises PartnerRefused.

    What signers allowed the partner is taken back by the purge.
    """
    if partner.state not in STANDING:
        raise PartnerRefused(_("This has ended already."))
    partner.state, partner.ended_at = PartnerState.ENDED, now()
    _record(session, actor, partner, "partner ended")


def of_lead(session: Session, petition: Petition, number: int) -> Partner:
    """One of the petition's partners, locked, for its lead to end. Raises NotFound."""
    one = sa.select(Partner).where(Partner.petition_id == petition.id, Partner.number == number)
    found = session.scalar(one.with_for_update(of=Partner))
    if found is None:
        raise NotFound
    return found


def _record(session: Session, actor: User, partner: Partner, action: str) -> None:
    """Both organisations' owners can read it."""
    slug, lead = session.execute(
        sa.select(Petition.slug, Petition.organisation_id).where(Petition.id == partner.petition_id)
    ).one()
    for organisation_id in (lead, partner.organisation_id):
        whose, which = organisation_id, partner.organisation.slug
        audit.record(session, str(actor.id), action, slug, organisation_id=whose, partner=which)
