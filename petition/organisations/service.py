"""Finding, making and changing organisations."""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit
from petition.core.errors import DomainError, NotFound
from petition.core.labels import SLUG, SLUG_LENGTH, checked_line, checked_slug
from petition.organisations.models import Membership, Organisation, OrganisationRules, Role
from petition.organisations.roles import Action, reachable


class SlugRefused(DomainError):
    """The slug is taken, or cannot stand in an address."""

    status = 422
    code = "slug_refused"


class WouldLockOut(DomainError):
    """Whoever demands a second factor of others needs one."""

    status = 422
    code = "second_factor_missing"


def find_organisation(session: Session, slug: str) -> Organisation:
    """The organisation of that slug. Raises NotFound."""
    known = SLUG.fullmatch(slug) is not None
    organisation = session.scalar(sa.select(Organisation).where(Organisation.slug == slug)) if known else None
    if organisation is None:
        raise NotFound(f"there is no organisation {slug!r}; `petition org add` makes one")
    return organisation


def find_reachable(session: Session, actor: User, action: Action, slug: str) -> Organisation:
    """An organisation for which the actor may do this. Raises NotFound for others, whether they exist or not."""
    mine = sa.select(Organisation).where(Organisation.id.in_(reachable(actor, action)), Organisation.slug == slug)
    found = session.scalar(mine)
    if found is None:
        raise NotFound(_("There is no organisation of that name."))
    return found


def rules_of(session: Session, organisation: Organisation) -> OrganisationRules:
    """What the organisation asks of its people; belongs to no session until it is stored."""
    found = session.get(OrganisationRules, organisation.id)
    unset = {"second_factor": False, "second_approval": False}
    return found or OrganisationRules(organisation_id=organisation.id, **unset)


def change(
    session: Session,
    actor: User,
    organisation: Organisation,
    name: str,
    *,
    second_factor: bool,
    second_approval: bool,
) -> None:
    """Sets an organisation's name and rules. Raises WouldLockOut, or DomainError for a bad name."""
    if second_factor and not actor.has_second_factor:
        raise WouldLockOut(_("Set up a second factor for your own account first, or you would lock yourself out."))
    organisation.name = _checked_name(name)
    rules = rules_of(session, organisation)
    rules.second_factor, rules.second_approval = second_factor, second_approval
    session.add(rules)
    audit.record(
        session,
        str(actor.id),
        "organisation changed",
        organisation.slug,
        organisation_id=organisation.id,
        name=organisation.name,
        second_factor=second_factor,
        second_approval=second_approval,
    )


def _checked_name(name: str) -> str:
    try:
        return checked_line(name, 200)
    except ValueError as error:
        raise DomainError(f"the name {error}") from None


def proposed_slug(session: Session, name: str) -> str:
    """A free slug made of the name's Latin letters and digits. Raises SlugRefused when it has none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall("[a-z0-9]+", plain))[: SLUG_LENGTH - 5].strip("-")
    if not stem:
        raise SlugRefused(_("Choose an address of Latin letters and digits: we cannot make one from this name."))
    for slug in (stem, *(f"{stem}-{number}" for number in range(2, 1000))):
        if session.scalar(sa.select(Organisation.id).where(Organisation.slug == slug)) is None:
            return slug
    raise SlugRefused(_("There are many organisations of this name. Choose an address yourself."))


def add_organisation(session: Session, slug: str, name: str, owner: User) -> Organisation:
    """Makes an organisation with its first owner. Raises DomainError for a bad or taken slug, or no name."""
    try:
        checked_slug(slug)
    except ValueError as error:
        raise SlugRefused(f"the slug {error}") from None
    name = _checked_name(name)
    if session.scalar(sa.select(Organisation.id).where(Organisation.slug == slug)):
        raise SlugRefused(_("there is already an organisation %(slug)s", slug=repr(slug)))
    organisation = Organisation(slug=slug, name=name)
    session.add(organisation)
    session.flush()
    session.add(Membership(organisation_id=organisation.id, user_id=owner.id, role=Role.OWNER))
    session.flush()
    return organisation
