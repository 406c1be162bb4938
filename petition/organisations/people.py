"""The people of an organisation: who is what, who comes by invitation, who leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.db import insert
from petition.core.errors import DomainError, NotFound
from petition.organisations.models import Invitation, Membership, Organisation, Role
from petition.organisations.roles import demanding_second_factor


class Refused(DomainError):
    """What was asked for the people of an organisation cannot be; the message says why."""

    status = 422
    code = "people_refused"


class LastOwner(Refused):
    """Without this owner the organisation would have none."""

    status = 409
    code = "last_owner"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works for an organisation, and as what."""

    user: User
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation one works for, and as what; `locked` until one has the second factor it asks for."""

    organisation: Organisation
    roles: tuple[Role, ...]
    locked: bool


def in_order(roles: Collection[str]) -> tuple[Role, ...]:
    """Roles as `Role` lists them."""
    return tuple(role for role in Role if role in roles)


def members(session: Session, organisation: Organisation) -> list[Member]:
    """Everybody who works for the organisation, by name."""
    rows = session.execute(
        sa.select(User, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation.id)
        .order_by(User.name, User.id)
    )
    roles: defaultdict[User, list[str]] = defaultdict(list)
    for user, role in rows:
        roles[user].append(role)
    return [Member(user, in_order(of_user)) for user, of_user in roles.items()]


def places(session: Session, actor: User) -> list[Place]:
    """The organisations the actor works for, those too that ask for a second factor the actor has not."""
    rows = session.execute(
        sa.select(Organisation, Membership.role, Organisation.id.in_(demanding_second_factor()))
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == actor.id)
        .order_by(Organisation.name, Organisation.id)
    )
    roles: defaultdict[tuple[Organisation, bool], list[str]] = defaultdict(list)
    for organisation, role, demanding in rows:
        roles[organisation, demanding and not actor.has_second_factor].append(role)
    return [Place(organisation, in_order(mine), locked) for (organisation, locked), mine in roles.items()]


def set_roles(
    session: Session, actor: User, organisation: Organisation, user_id: UUID, roles: Collection[Role]
) -> None:
    """Gives a member these roles and no others. Raises Refused or NotFound."""
    if not roles:
        raise Refused(_("Choose at least one role."))
    _change(session, organisation, user_id, roles)
    audit.record(
        session,
        str(actor.id),
        "roles changed",
        organisation.slug,
        organisation_id=organisation.id,
        person=str(user_id),
        roles=list(in_order(roles)),
    )


def remove(session: Session, actor: User, organisation: Organisation, user_id: UUID) -> None:
    """Lets a member go, or the actor leave. Raises NotFound or LastOwner."""
    _change(session, organisation, user_id, ())
    action = "left" if user_id == actor.id else "member removed"
    audit.record(
        session,
        str(actor.id),
        action,
        organisation.slug,
        organisation_id=organisation.id,
        person=str(user_id),
    )


def _change(session: Session, organisation: Organisation, user_id: UUID, roles: Collection[Role]) -> None:
    """Two owners who dismiss each other at once do it one after the other: the second is the last owner then."""
    lock = sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update(key_share=True)
    session.execute(lock)
    theirs = sa.and_(Membership.organisation_id == organisation.id, Membership.user_id == user_id)
    had = session.scalars(sa.select(Membership.role).where(theirs)).all()
    if not had:
        raise NotFound(_("There is nobody of that name here."))
    session.execute(sa.delete(Membership).where(theirs, Membership.role.not_in(roles)))
    add_roles(session, organisation.id, user_id, roles)
    owner = sa.select(Membership.user_id).where(
        Membership.organisation_id == organisation.id, Membership.role == Role.OWNER
    )
    if session.execute(owner.limit(1)).first() is None:
        raise LastOwner(_("An organisation needs an owner. Make somebody else an owner first."))
    if Role.OWNER in had and Role.OWNER not in roles:  # their open invitations would let them in again
        invited = Invitation.organisation_id == organisation.id, Invitation.invited_by == user_id
        session.execute(sa.delete(Invitation).where(*invited))


def add_roles(session: Session, organisation_id: UUID, user_id: UUID, roles: Collection[str]) -> None:
    """Adds roles to those somebody has."""
    for role in in_order(roles):
        row = insert(session, Membership).values(organisation_id=organisation_id, user_id=user_id, role=role)
        session.execute(row.on_conflict_do_nothing())


def owners(session: Session) -> Sequence[User]:
    """Everybody who owns an organisation, once, but for those whose accounts are blocked."""
    owning = sa.select(Membership.user_id).where(Membership.role == Role.OWNER)
    found = session.scalars(sa.select(User).where(User.id.in_(owning)).order_by(User.id)).all()
    return [user for user in found if not user.blocked]
