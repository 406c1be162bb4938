"""Asking for an export of personal data, having it approved by a second person, and using it up.

The views see to it that whoever acts has just given a code of their second factor again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit, i18n
from petition.core.clock import now
from petition.core.errors import DomainError, Forbidden, NotFound
from petition.core.keyed_hashes import mailbox_hash
from petition.core.labels import checked_line
from petition.core.retention import Rule, Transaction, deleted, keeps
from petition.deliveries.export import ExportRefused
from petition.deliveries.models import ExportRequest, ExportState
from petition.deliveries.personal import WRITERS
from petition.mail import outbox
from petition.organisations.models import Membership, OrganisationRules
from petition.organisations.roles import ALLOWED, Action
from petition.petitions.models import Petition

MAIL = "personal_export"
WAITING_LIFE = timedelta(days=3)
READY_LIFE = timedelta(days=1)
KEPT = timedelta(days=30)
LONGEST_REASON = 300


class NotNow(DomainError):
    """The request is not in a state in which that can be done."""

    status = 409
    code = "export_not_ready"


class SecondFactorMissing(DomainError):
    """Whoever handles personal data in bulk needs a second factor."""

    status = 403
    code = "second_factor_missing"


def of_petition(session: Session, petition: Petition) -> Sequence[ExportRequest]:
    """All requests about a petition, newest first."""
    about = sa.select(ExportRequest).where(ExportRequest.petition_id == petition.id)
    loaded = about.options(sa.orm.joinedload(ExportRequest.asker), sa.orm.joinedload(ExportRequest.decider))
    return session.scalars(loaded.order_by(ExportRequest.asked_at.desc(), ExportRequest.id.desc())).all()


def find(session: Session, petition: Petition, request_id: UUID, lock: bool = False) -> ExportRequest:
    """A request about this petition, on wish locked. Raises NotFound."""
    query = sa.select(ExportRequest).where(ExportRequest.id == request_id, ExportRequest.petition_id == petition.id)
    if lock:
        query = query.with_for_update(of=ExportRequest).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(_("There is no such request."))
    return found


def needs_approval(session: Session, petition: Petition) -> bool:
    """Whether the organisation wants a second person to approve exports of personal data."""
    rules = session.get(OrganisationRules, petition.organisation_id)
    return rules is not None and rules.second_approval


def ask(session: Session, actor: User, petition: Petition, format_: str, reason: str) -> ExportRequest:
    """Asks for an export, in place of what the actor has asked for before. Raises DomainError.

    Where a second person has to approve it, all who could are told by mail.
    """
    _need_second_factor(actor)
    reason = _checked(reason)
    if format_ not in WRITERS:
        raise ExportRefused(_("Choose one of the formats."))
    waits = needs_approval(session, petition)
    others = _others(session, actor, petition) if waits else []
    if waits and not others:
        raise DomainError(_("Nobody else here could approve it: that takes another owner or delivery officer."))
    _take_back(session, actor, petition)
    asked = ExportRequest(
        petition_id=petition.id,
        asked_by=actor.id,
        format=format_,
        reason=reason,
        state=ExportState.WAITING if waits else ExportState.READY,
        expires_at=now() + (WAITING_LIFE if waits else READY_LIFE),
    )
    session.add(asked)
    session.flush()
    _tell(session, petition, asked, others, "asked")
    _record(session, actor, petition, "personal export asked", asked, personal={"reason": reason})
    return asked


def decide(session: Session, actor: User, petition: Petition, request_id: UUID, approved: bool, reason: str) -> None:
    """Approves or refuses what somebody else has asked for. Raises DomainError."""
    found = find(session, petition, request_id, lock=True)
    _need_second_factor(actor)
    if found.asked_by == actor.id:
        raise Forbidden(_("Somebody else has to decide this: you have asked for it yourself."))
    if not found.is_waiting:
        raise NotNow(_("This request is not open any more."))
    found.answer = _checked(reason)
    found.state = ExportState.READY if approved else ExportState.REFUSED
    found.decided_by, found.decided_at = actor.id, now()
    if approved:
        found.expires_at = now() + READY_LIFE
    _tell(session, petition, found, [found.asker], "approved" if approved else "refused")
    action = "personal export approved" if approved else "personal export refused"
    _record(session, actor, petition, action, found, {"reason": found.answer}, person=str(found.asked_by))


def check(session: Session, actor: User, petition: Petition, found: ExportRequest) -> None:
    """Raises DomainError unless the actor may have the file now."""
    _need_second_factor(actor)
    if found.asked_by != actor.id:
        raise Forbidden(_("Only who asked for it can download it."))
    if not found.is_ready:
        raise NotNow(_("This request is not open any more.") if not found.is_waiting else _("It waits for approval."))
    if found.decided_at is None and needs_approval(session, petition):
        raise NotNow(_("The organisation wants a second person's approval by now. Ask again."))


def use(session: Session, actor: User, petition: Petition, request_id: UUID) -> None:
    """Uses the request up: the file leaves now. Raises DomainError."""
    found = find(session, petition, request_id, lock=True)
    check(session, actor, petition, found)
    found.state, found.used_at = ExportState.USED, now()
    _record(session, actor, petition, "personal export", found, {"reason": found.reason})


def _need_second_factor(actor: User) -> None:
    if not actor.has_second_factor:
        raise SecondFactorMissing(_("Set up a second factor for your account first."))


def _checked(reason: str) -> str:
    try:
        return checked_line(reason, LONGEST_REASON)
    except ValueError:
        raise DomainError(_("Say why, in a sentence.")) from None


def _others(session: Session, actor: User, petition: Petition) -> list[User]:
    """Who could approve what the actor asks for."""
    roles = [role for role, actions in ALLOWED.items() if Action.EXPORT_PERSONAL in actions]
    theirs = sa.select(Membership.user_id).where(
        Membership.organisation_id == petition.organisation_id, Membership.role.in_(roles)
    )
    found = sa.select(User).where(User.id.in_(theirs), User.id != actor.id).order_by(User.id)
    return [user for user in session.scalars(found) if not user.blocked]


def _take_back(session: Session, actor: User, petition: Petition) -> None:
    mine = ExportRequest.petition_id == petition.id, ExportRequest.asked_by == actor.id
    is_open = ExportRequest.state.in_((ExportState.WAITING, ExportState.READY))
    session.execute(sa.update(ExportRequest).where(*mine, is_open).values(state=ExportState.TAKEN_BACK))


def _tell(session: Session, petition: Petition, about: ExportRequest, whom: Sequence[User], news: str) -> None:
    """Owes each a mail that says what to look at, and nothing of who asked or why."""
    rows = [
        outbox.row(
            template=MAIL,
            locale=user.language or i18n.known(petition.locale) or i18n.SOURCE,
            address=user.address,
            mailbox=mailbox_hash(user.address.canonical),
            content={"request": about.id.hex, "news": news},
            about=petition.id,
        )
        for user in whom
    ]
    if rows:
        outbox.owe_many(session.connection(), rows)


def _record(
    session: Session,
    actor: User,
    petition: Petition,
    action: str,
    about: ExportRequest,
    personal: dict[str, Any],
    **details: object,
) -> None:
    audit.record(
        session,
        str(actor.id),
        action,
        petition.slug,
        organisation_id=petition.organisation_id,
        personal=personal,
        format=about.format,
        request=str(about.id),
        **details,
    )


def _forget(transaction: Transaction) -> int:
    with transaction() as session:
        return deleted(session, sa.delete(ExportRequest).where(ExportRequest.asked_at < now() - KEPT))


keeps(
    Rule(
        what=__("Requests for everything kept of signers: which organiser asked, why, and who decided"),
        why=__("so that a second person can decide; the file itself is kept nowhere"),
        how_long=__("30 days"),
        purge=_forget,
    )
)
