"""Where an account is signed in: begun and open sessions, looking at them and ending them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from petition.accounts import devices, notices
from petition.accounts.devices import Browser
from petition.accounts.models import BegunSignIn, User, UserSession
from petition.accounts.service import hash_of, start_session
from petition.core.clock import now
from petition.core.errors import NotFound
from petition.core.keyed_hashes import keyed_hash

BEGUN_LIFE = timedelta(minutes=10)
CONFIRMED_FOR = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=5)


def begin(session: Session, user_id: UUID) -> str:
    """Notes that the password was right and the second factor is to come; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(BegunSignIn(token_hash=hash_of(token), user_id=user_id, expires_at=now() + BEGUN_LIFE))
    return token


def begun_by(session: Session, token: str | None) -> User | None:
    """Who is in the middle of signing in."""
    found = session.get(BegunSignIn, hash_of(token)) if token else None
    return session.get(User, found.user_id) if found and found.expires_at > now() else None


def end_begun(session: Session, token: str | None) -> None:
    """Ends a begun sign-in; none is no error."""
    session.execute(sa.delete(BegunSignIn).where(BegunSignIn.token_hash == hash_of(token or "")))


def enter(session: Session, user: User, browser: Browser) -> str:
    """Opens a session, and tells the owner when it is from somewhere new; returns the token for the cookie."""
    if devices.remember(session, user.id, browser):
        notices.tell(session, user, notices.Notice.SIGN_IN, browser.device, browser.language)
    user.language = browser.language
    return start_session(session, user.id, browser.device)


def is_stale(found: UserSession) -> bool:
    """Whether it is time to note again that the session is in use."""
    return now() - found.seen_at > SEEN_EVERY


def see(session: Session, token: str) -> None:
    """Notes that a session is in use."""
    session.execute(sa.update(UserSession).where(_is(token)).values(seen_at=now()))


def was_confirmed_lately(found: UserSession) -> bool:
    """Whether its user has proven who they are within the last minutes."""
    return now() - found.confirmed_at < CONFIRMED_FOR


def confirm(session: Session, token: str) -> None:
    """Notes that the session's user has proven again who they are."""
    session.execute(sa.update(UserSession).where(_is(token)).values(confirmed_at=now(), seen_at=now()))


def of_user(session: Session, user_id: UUID) -> Sequence[UserSession]:
    """The open sessions of an account, the one used last first."""
    open_ones = sa.select(UserSession).where(UserSession.user_id == user_id, UserSession.expires_at > now())
    return session.scalars(open_ones.order_by(UserSession.seen_at.desc())).all()


def reference(found: UserSession) -> str:
    """What a page calls a session by."""
    return keyed_hash("session", found.token_hash).hex()


def end_one(session: Session, user_id: UUID, ref: str) -> None:
    """Ends the account's session of that reference. Raises NotFound: there is no way to another's."""
    for found in of_user(session, user_id):
        if secrets.compare_digest(reference(found), ref):
            session.execute(sa.delete(UserSession).where(UserSession.token_hash == found.token_hash))
            return
    raise NotFound


def end_all(session: Session, user_id: UUID, but: str | None = None) -> None:
    """Signs an account out everywhere, `but` in the session of this token; begun ones end too."""
    session.execute(sa.delete(BegunSignIn).where(BegunSignIn.user_id == user_id))
    ended = sa.delete(UserSession).where(UserSession.user_id == user_id)
    session.execute(ended if but is None else ended.where(~_is(but)))


def _is(token: str) -> sa.ColumnElement[bool]:
    return UserSession.token_hash == hash_of(token)
