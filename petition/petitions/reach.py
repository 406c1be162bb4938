"""Which petitions an actor reaches: through the organisation that leads them, or through a partner."""

from __future__ import annotations

import sqlalchemy as sa

from petition.accounts.models import User
from petition.organisations.roles import PARTNERS_MAY, Action, reachable
from petition.petitions.models import Partner, PartnerState, Petition


def within_reach(actor: User, action: Action) -> sa.ColumnElement[bool]:
    """Whether the actor may do this to a petition, for its organisation or for a partner; as `may` says."""
    own = Petition.organisation_id.in_(reachable(actor, action))
    if action not in PARTNERS_MAY:
        return own
    return sa.or_(own, sa.exists().where(Partner.petition_id == Petition.id, is_partner(actor, action)))


def is_partner(actor: User, action: Action) -> sa.ColumnElement[bool]:
    """Whether a `Partner` is one now, and the actor may do this for it."""
    return sa.and_(Partner.state == PartnerState.ACCEPTED, Partner.organisation_id.in_(reachable(actor, action)))
