"""Invitations: a mailed link, good for seven days and for one use, that makes somebody a member."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.accounts.service import register_proven
from petition.core import audit, retention
from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import Forbidden, NotFound
from petition.core.keyed_hashes import mailbox_hash
from petition.core.tokens import new_handle
from petition.mail import outbox
from petition.organisations import people
from petition.organisations.models import Invitation, Membership, Organisation, Role

LIFE = timedelta(days=7)
MAIL = "invitation"
PURPOSE = "invitation"


def invite(
    session: Session, actor: User, organisation: Organisation, address: Address, roles: Collection[Role], locale: str
) -> Invitation:
    """Owes the mail with the link. An earlier invitation of the same address ends. Raises Refused."""
    if not roles:
        raise people.Refused(_("Choose at least one role."))
    here = sa.select(User.id).join(Membership, Membership.user_id == User.id)
    if session.scalar(here.where(User.email == address.canonical, Membership.organisation_id == organisation.id)):
        raise people.Refused(_("This person is here already."))
    earlier = Invitation.organisation_id == organisation.id, Invitation.canonical == address.canonical
    session.execute(sa.delete(Invitation).where(*earlier))
    handle = new_handle()
    invitation = Invitation(
        organisation_id=organisation.id,
        token_hash=_hash(handle),
        address=address.exact,
        canonical=address.canonical,
        roles=list(people.in_order(roles)),
        invited_by=actor.id,
        expires_at=now() + LIFE,
    )
    session.add(invitation)
    mailbox, content = mailbox_hash(address.canonical), {"handle": handle.hex()}
    mail = outbox.row(template=MAIL, locale=locale, address=address, mailbox=mailbox, content=content)
    outbox.owe_many(session.connection(), [mail])
    _record(session, actor, "invited", invitation, organisation)
    return invitation


def _record(session: Session, actor: User, action: str, invitation: Invitation, organisation: Organisation) -> None:
    audit.record(
        session,
        str(actor.id),
        action,
        organisation.slug,
        organisation_id=organisation.id,
        personal={"address": invitation.canonical},
        roles=invitation.roles,
    )


def open_ones(session: Session, organisation: Organisation) -> Sequence[Invitation]:
    """The invitations that can still be used, newest first."""
    waiting = Invitation.organisation_id == organisation.id, Invitation.expires_at > now()
    return session.scalars(sa.select(Invitation).where(*waiting).order_by(Invitation.created_at.desc())).all()


def withdraw(session: Session, actor: User, organisation: Organisation, invitation_id: UUID) -> None:
    """Ends an invitation; its link is dead from now on. Raises NotFound."""
    invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.organisation_id != organisation.id:
        raise NotFound(_("This invitation has been used or withdrawn, or its seven days are over."))
    session.delete(invitation)
    _record(session, actor, "invitation withdrawn", invitation, organisation)


def find(session: Session, handle: bytes) -> Invitation:
    """The invitation of a link. Raises NotFound when it was used or withdrawn, or is too old."""
    invitation = session.scalar(sa.select(Invitation).where(Invitation.token_hash == _hash(handle)))
    if invitation is None or invitation.expires_at <= now():
        raise NotFound(_("This invitation has been used or withdrawn, or its seven days are over."))
    return invitation


def account_of(session: Session, invitation: Invitation) -> User | None:
    """The account of the invited address, if there is one."""
    return session.scalar(sa.select(User).where(User.email == invitation.canonical))


def accept(session: Session, actor: User, handle: bytes) -> Organisation:
    """Makes the actor a member. Raises NotFound, or Forbidden when somebody else was invited."""
    invitation = find(session, handle)
    if actor.email != invitation.canonical:
        raise Forbidden(_("This invitation is for another address. Sign in with that one."))
    organisation = invitation.organisation
    used = sa.delete(Invitation).where(Invitation.id == invitation.id).returning(Invitation.id)
    if session.execute(used.execution_options(synchronize_session=False)).first() is None:
        raise NotFound(_("This invitation has been used or withdrawn, or its seven days are over."))
    session.expunge(invitation)
    people.add_roles(session, organisation.id, actor.id, invitation.roles)
    audit.record(
        session,
        str(actor.id),
        "joined",
        organisation.slug,
        organisation_id=organisation.id,
        roles=invitation.roles,
    )
    return organisation


def accept_as_new(session: Session, handle: bytes, name: str, password: str) -> User:
    """Makes the account of the invited address, which the link has proven, and a member. Raises DomainError."""
    user = register_proven(session, find(session, handle).canonical, name, password)
    accept(session, user, handle)
    return user


def _hash(handle: bytes) -> bytes:
    return hashlib.sha256(handle).digest()


def _forget(transaction: retention.Transaction) -> int:
    with transaction() as session:
        return retention.deleted(session, sa.delete(Invitation).where(Invitation.expires_at <= now()))


retention.keeps(
    retention.Rule(
        what=__("Invitations to work for an organisation, with the address"),
        why=__("so that the mailed link can work"),
        how_long=__("until used or withdrawn; 7 days at most"),
        purge=_forget,
    )
)
