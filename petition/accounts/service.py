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
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition.accounts.models import ExactAddress, User, UserSession
from petition.core import limits, switches
from petition.core.addresses import Address, AddressRefused, parse_address
from petition.core.clock import now
from petition.core.errors import DomainError
from petition.core.keyed_hashes import keyed_hash
from petition.core.labels import checked_line

SESSION_LIFE = timedelta(hours=12)
SHORTEST_PASSWORD = 12
NAME_LENGTH = 120
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


class AddressTaken(DomainError):
    """There is already an account with this address. Only who can read its mail may see this."""

    status = 409
    code = "address_taken"


def registration_open() -> bool:
    """Whether anybody may make an account. An invitation lets its owner make one all the same."""
    return not switches.current().registration_closed


def add_user(session: Session, email: str, name: str, password: str, admin: bool = False) -> User:
    """Makes an account. Raises DomainError for a bad or taken address, no name, or a short password."""
    address = _parsed(email)
    try:
        name = checked_line(name, NAME_LENGTH)
    except ValueError as error:
        raise DomainError(f"the name {error}") from None
    if len(password) < SHORTEST_PASSWORD:
        raise DomainError(f"the password must have at least {SHORTEST_PASSWORD} characters")
    return store_user(session, address, name, hash_password(password), admin)


def register_proven(session: Session, canonical_address: str, name: str, password: str) -> User:
    """Makes an account for somebody who has shown, by a mailed link, that the address is theirs.

    Raises DomainError as `add_user` does.
    """
    return add_user(session, canonical_address, name, password)


def store_user(session: Session, address: Address, name: str, password_hash: str, admin: bool = False) -> User:
    """Stores an account whose parts are checked. Raises AddressTaken."""
    refuse_taken(session, address.canonical)
    user = User(email=address.canonical, name=name, password_hash=password_hash, admin=admin)
    session.add(user)
    flush_address(session)
    keep_exact(session, user.id, address)
    return user


def refuse_taken(session: Session, canonical: str) -> None:
    """Raises AddressTaken when an account has the address."""
    if session.scalar(sa.select(User.id).where(User.email == canonical)):
        raise AddressTaken(_("There is already an account with this address."))


def flush_address(session: Session) -> None:
    """Writes a new or changed account. Raises AddressTaken when another took the address at the same time."""
    try:
        session.flush()
    except IntegrityError:
        raise AddressTaken(_("There is already an account with this address.")) from None


def keep_exact(session: Session, user_id: UUID, address: Address) -> None:
    """Keeps where mail to an account goes, if the canonical form does not tell."""
    session.execute(sa.delete(ExactAddress).where(ExactAddress.user_id == user_id))
    if address.exact != address.canonical:
        session.execute(sa.insert(ExactAddress).values(user_id=user_id, address=address.exact))


def hash_password(password: str) -> str:
    """What is kept of a password. Takes long on purpose: call it outside of a writing transaction."""
    return _hasher.hash(password)


def is_password(password_hash: str, password: str) -> bool:
    """Whether a hash was made of this password. Takes as long as hashing."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _parsed(email: str) -> Address:
    try:
        return parse_address(email)
    except AddressRefused:
        raise DomainError("this is not a mail address") from None


def find_user(session: Session, email: str) -> User:
    """The account of an address. Raises DomainError."""
    user = session.scalar(sa.select(User).where(User.email == _parsed(email).canonical))
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
    if not is_password(user.password_hash if user else decoy(), password) or user is None or user.blocked:
        raise wrong_password()
    return user


def wrong_password() -> SignInRefused:
    """Says no more than that one of the two is wrong."""
    return SignInRefused(_("This address and password do not belong together."))


def start_session(session: Session, user_id: UUID, device: str = "") -> str:
    """Opens a session on the server; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    opened = UserSession(token_hash=hash_of(token), user_id=user_id, expires_at=now() + SESSION_LIFE, device=device)
    session.add(opened)
    return token


def open_session(session: Session, token: str | None) -> UserSession | None:
    """The session that a cookie's token opens, if it has not ended."""
    found = session.get(UserSession, hash_of(token)) if token else None
    return found if found and found.expires_at > now() else None


def user_of(session: Session, token: str | None) -> User | None:
    """Whose session a cookie's token is, if it has not ended."""
    found = open_session(session, token)
    return found.user if found and not found.user.blocked else None


def end_session(session: Session, token: str | None) -> None:
    """Ends a session; none is no error."""
    session.execute(sa.delete(UserSession).where(UserSession.token_hash == hash_of(token or "")))


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()
