"""What each role may do. DESIGN rule 8: every question starts from the actor."""

from __future__ import annotations

import enum
from collections.abc import Collection
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from petition.accounts.models import User
from petition.organisations.models import Membership, Organisation, OrganisationRules, Role


class Action(enum.StrEnum):
    """What can be done to an organisation and what belongs to it, or to the whole site."""

    SEE_FIGURES = "see figures"
    SEE_SIGNATURES = "see signatures"
    INVALIDATE = "invalidate signatures"
    EXPORT = "export lists"
    EXPORT_PERSONAL = "export personal data"
    BUILD_PACKAGES = "build packages"
    RECORD_DELIVERIES = "record deliveries"
    EDIT_MISSIONS = "edit missions"
    WRITE = "write petitions"
    PUBLISH = "publish petitions"
    SEND_UPDATES = "send updates"
    ADD_SIGNATURES = "add signatures"
    MANAGE_ENDORSEMENTS = "manage endorsements"
    INVITE_PARTNERS = "invite partners"
    ANSWER_PARTNERSHIPS = "answer partnerships"
    MANAGE_PEOPLE = "manage people"
    SEE_AUDIT_LOG = "see the audit log"
    MODERATE_SITE = "moderate the site"


ALLOWED: dict[Role, frozenset[Action]] = {
    Role.OWNER: frozenset(Action) - {Action.MODERATE_SITE},
    Role.EDITOR: frozenset(
        {Action.SEE_FIGURES, Action.WRITE, Action.PUBLISH, Action.SEND_UPDATES}
        | {Action.MANAGE_ENDORSEMENTS, Action.INVITE_PARTNERS}
    ),
    Role.DELIVERY_OFFICER: frozenset(
        {Action.SEE_FIGURES, Action.EXPORT, Action.EXPORT_PERSONAL, Action.ADD_SIGNATURES}
        | {Action.BUILD_PACKAGES, Action.RECORD_DELIVERIES, Action.EDIT_MISSIONS}
    ),
    Role.MODERATOR: frozenset({Action.SEE_FIGURES, Action.SEE_SIGNATURES, Action.INVALIDATE}),
    Role.OBSERVER: frozenset({Action.SEE_FIGURES}),
}
PARTNERS_MAY = frozenset({Action.SEE_FIGURES, Action.SEND_UPDATES})
"""The most that the people of a partner may do on a petition; updates go to the partner's own readers."""


class Owned(Protocol):
    """What belongs to an organisation and may have partners: a petition, say."""

    @property
    def organisation_id(self) -> UUID | sa.orm.Mapped[UUID]: ...

    @property
    def partner_ids(self) -> Collection[UUID]:
        """The ids of the organisations that are its partners now."""


def may(actor: User, action: Action, what: Organisation | Owned | None = None) -> bool:
    """Whether the actor may do this to that; without an object it is about the whole site.

    The actor must belong to an open session.
    """
    if what is None:
        return actor.admin and action == Action.MODERATE_SITE
    session = object_session(actor)
    assert session is not None
    whose: list[Any] = [what.id if isinstance(what, Organisation) else what.organisation_id]
    if action in PARTNERS_MAY and not isinstance(what, Organisation):
        whose += what.partner_ids
    return session.scalar(reachable(actor, action).where(Membership.organisation_id.in_(whose)).limit(1)) is not None


def reachable(actor: User, action: Action) -> sa.Select[UUID]:
    """The ids of the organisations for which the actor may do this; every organiser query is built on it."""
    roles = [role for role, allowed in ALLOWED.items() if action in allowed]
    mine = sa.select(Membership.organisation_id).where(Membership.user_id == actor.id, Membership.role.in_(roles))
    if not actor.has_second_factor:
        mine = mine.where(Membership.organisation_id.not_in(demanding_second_factor()))
    return mine.distinct()


def demanding_second_factor() -> sa.Select[UUID]:
    """The ids of the organisations that let nobody in who has no second factor."""
    return sa.select(OrganisationRules.organisation_id).where(OrganisationRules.second_factor)
