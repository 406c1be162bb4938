"""Organisations, and what their people may reach: every question starts from the actor."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core.errors import DomainError, NotFound
from petition.core.labels import SLUG, checked_line, checked_slug
from petition.organisations.models import Membership, Organisation


def find_organisation(session: Session, slug: str) -> Organisation:
    """The organisation of that slug. Raises NotFound."""
    known = SLUG.fullmatch(slug) is not None
    organisation = session.scalar(sa.select(Organisation).where(Organisation.slug == slug)) if known else None
    if organisation is None:
        raise NotFound(f"there is no organisation {slug!r}; `petition org add` makes one")
    return organisation


def add_organisation(session: Session, slug: str, name: str, owner: User) -> Organisation:
    """Makes an organisation with its first owner. Raises DomainError for a bad or taken slug, or no name."""
    try:
        checked_slug(slug)
    except ValueError as error:
        raise DomainError(f"the slug {error}") from None
    try:
        name = checked_line(name, 200)
    except ValueError as error:
        raise DomainError(f"the name {error}") from None
    if session.scalar(sa.select(Organisation.id).where(Organisation.slug == slug)):
        raise DomainError(f"there is already an organisation {slug!r}")
    organisation = Organisation(slug=slug, name=name)
    session.add(organisation)
    session.flush()
    session.add(Membership(organisation_id=organisation.id, user_id=owner.id, role="owner"))
    session.flush()
    return organisation


def reachable(actor: User) -> sa.Select[UUID]:
    """The ids of the organisations the actor works for; every organiser query is built on it."""
    return sa.select(Membership.organisation_id).where(Membership.user_id == actor.id)
