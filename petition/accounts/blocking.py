"""Accounts that administrators close, and open again."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import BlockedAccount, User, UserSession
from petition.core import audit
from petition.core.db import insert
from petition.core.errors import DomainError, NotFound


def block(session: Session, actor: User, user_id: UUID, reason: str) -> None:
    """Closes an account: its sessions end, and it cannot sign in. Raises NotFound or DomainError."""
    if _found(session, user_id) is actor:
        raise DomainError(_("You cannot block yourself."))
    session.execute(insert(session, BlockedAccount).values(user_id=user_id).on_conflict_do_nothing())
    session.execute(sa.delete(UserSession).where(UserSession.user_id == user_id))
    audit.record(session, str(actor.id), "account blocked", str(user_id), personal={"reason": reason})


def unblock(session: Session, actor: User, user_id: UUID, reason: str) -> None:
    """Opens an account again. Raises NotFound."""
    _found(session, user_id)
    session.execute(sa.delete(BlockedAccount).where(BlockedAccount.user_id == user_id))
    audit.record(session, str(actor.id), "account unblocked", str(user_id), personal={"reason": reason})


def _found(session: Session, user_id: UUID) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(_("There is no such account."))
    return user
