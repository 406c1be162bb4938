"""Finding and making organisations."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core.errors import DomainError, NotFound
from petition.core.labels import SLUG, checked_line, checked_slug
from petition.organisations.models import Membership, Organisation, Role


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
    session.add(Membership(organisation_id=organisation.id, user_id=owner.id, role=Role.OWNER))
    session.flush()
    return organisation
