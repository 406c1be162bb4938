"""Accounts: adding, signing in, sessions."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from petition.accounts.models import User, UserSession
from petition.core import limits, retention
from petition.core.addresses import AddressRefused, parse_address
from petition.core.clock import now
from petition.core.errors import DomainError
from petition.core.keyed_hashes import keyed_hash
from petition.core.labels import checked_line

SESSION_LIFE = timedelta(hours=12)
SHORTEST_PASSWORD = 12
_hasher = PasswordHasher()


def decoy() -> str:
    """The hash of a password that nobody has: to verify one against it takes as long as against a real one."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (_hasher.salt_len, _hasher.hash_len)
    )
    return f"$argon2id$v=19${cost}${salt}${digest}"


class SignInRefused(DomainError):
    """Address and password do not belong together; which of them is wrong is not said."""

    status = 403
    code = "sign_in_refused"


def add_user(session: Session, email: str, name: str, password: str, admin: bool = False) -> User:
    """Makes an account. Raises DomainError for a bad or taken address, no name, or a short password."""
    canonical = _canonical(email)
    try:
        name = checked_line(name, 120)
    except ValueError as error:
        raise DomainError(f"the name {error}") from None
    if len(password) < SHORTEST_PASSWORD:
        raise DomainError(f"the password must have at least {SHORTEST_PASSWORD} characters")
    if session.scalar(sa.select(User.id).where(User.email == canonical)):
        raise DomainError("there is already an account with this address")
    user = User(email=canonical, name=name, password_hash=_hasher.hash(password), admin=admin)
    session.add(user)
    session.flush()
    return user


def register_proven(session: Session, canonical: str, name: str, password: str) -> User:
    """Makes the account of somebody who has just used a link mailed to the address. Raises DomainError."""
    return add_user(session, canonical, name, password)


def _canonical(email: str) -> str:
    try:
        return parse_address(email).canonical
    except AddressRefused:
        raise DomainError("this is not a mail address") from None


def find_user(session: Session, email: str) -> User:
    """The account of an address. Raises DomainError."""
    user = session.scalar(sa.select(User).where(User.email == _canonical(email)))
    if user is None:
        raise DomainError("there is no account with this address; `petition user add` makes one")
    return user


def check_password(session: Session, canonical: str, password: str, network: bytes) -> User:
    """The account whose address and password these are. Raises SignInRefused or TooMany.

    An unknown address costs the same Argon2 work as a known one.
    """
    limits.hit(limits.SIGN_IN, "sign-in", network.hex())
    account = keyed_hash("account", canonical.encode()).hex()
    limits.hit(limits.SIGN_IN_ACCOUNT, "account", account, network.hex())
    limits.hit(limits.SIGN_IN_ACCOUNT_ANYWHERE, "account anywhere", account)
    user = session.scalar(sa.select(User).where(User.email == canonical))
    try:
        _hasher.verify(user.password_hash if user else decoy(), password)
    except (VerificationError, InvalidHashError):
        user = None
    if user is None or user.blocked:
        raise SignInRefused(_("This address and password do not belong together."))
    return user


def start_session(session: Session, user_id: UUID) -> str:
    """Opens a session on the server; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(UserSession(token_hash=_hash(token), user_id=user_id, expires_at=now() + SESSION_LIFE))
    return token


def user_of(session: Session, token: str | None) -> User | None:
    """Whose session a cookie's token is, if it has not ended."""
    if not token:
        return None
    found = session.get(UserSession, _hash(token))
    return found.user if found and found.expires_at > now() and not found.user.blocked else None


def end_session(session: Session, token: str | None) -> None:
    """Ends a session; none is no error."""
    session.execute(sa.delete(UserSession).where(UserSession.token_hash == _hash(token or "")))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _purge(transaction: retention.Transaction) -> int:
    with transaction() as session:
        return retention.deleted(session, sa.delete(UserSession).where(UserSession.expires_at < now()))


retention.keeps(
    retention.Rule(
        what=lazy_gettext("Sessions of signed-in organisers"),
        why=lazy_gettext("to know who is at work"),
        how_long=lazy_gettext("12 hours"),
        purge=_purge,
    )
)
