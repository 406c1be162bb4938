"""What the owner of an account changes: name, password, address; and the way back to a forgotten password."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts import links, notices, sessions
from petition.accounts.devices import Browser
from petition.accounts.models import AddressChange, ExactAddress, PasswordReset, User
from petition.accounts.notices import Notice
from petition.accounts.service import flush_address, keep_exact, refuse_taken
from petition.core import audit
from petition.core.addresses import Address, parse_address
from petition.core.errors import NotFound


def rename(session: Session, user: User, name: str) -> None:
    """Gives the account another name."""
    user.name = name
    audit.record(session, str(user.id), "name changed", str(user.id))


def change_password(session: Session, user: User, password_hash: str, browser: Browser, token: str | None) -> None:
    """Sets a password: every other session and every mailed link to a new password ends with the old one."""
    _set_password(session, user, password_hash, browser, token)
    audit.record(session, str(user.id), "password changed", str(user.id))


def ask_reset(session: Session, address: Address, language: str) -> bytes:
    """Owes a mail with a link to a new password; returns the handle in it.

    The same statements for every address; the worker sends nothing where there is no account.
    """
    exact = sa.func.coalesce(ExactAddress.address, User.email)
    wanted = sa.select(User.id, exact).outerjoin(ExactAddress, ExactAddress.user_id == User.id)
    found = session.execute(wanted.where(User.email == address.canonical)).one_or_none()
    user_id, to = (found[0], parse_address(found[1])) if found else (None, address)
    handle, hashed = links.new()
    session.execute(sa.insert(PasswordReset).values(handle_hash=hashed, user_id=user_id))
    links.mail(session, links.RESET, to, handle, language)
    return handle


def find_reset(session: Session, handle: bytes) -> User:
    """Whose password the link resets. Raises NotFound after an hour, or when the link was used."""
    found = links.find(session, links.RESET, PasswordReset, handle)
    if found is None or found.user is None:
        raise NotFound(_("This link has expired or was used. Ask for a new one."))
    return found.user


def reset_password(session: Session, handle: bytes, password_hash: str, browser: Browser) -> None:
    """Sets a password by a mailed link. It signs nobody in: a second factor is still asked for. Raises NotFound."""
    user = find_reset(session, handle)
    if not links.spend(session, PasswordReset, handle):
        raise NotFound(_("This link has expired or was used. Ask for a new one."))
    _set_password(session, user, password_hash, browser, None)
    audit.record(session, str(user.id), "password reset", str(user.id))


def _set_password(session: Session, user: User, password_hash: str, browser: Browser, but: str | None) -> None:
    user.password_hash = password_hash
    session.flush()
    _end_resets(session, user)
    sessions.end_all(session, user.id, but)
    notices.tell(session, user, Notice.PASSWORD, browser.device, browser.language)


def _end_resets(session: Session, user: User) -> None:
    session.execute(sa.delete(PasswordReset).where(PasswordReset.user_id == user.id))


def ask_address(session: Session, user: User, address: Address, language: str) -> bytes:
    """Owes a mail to the new address; returns the handle in its link.

    Whether another account has the address, that mail alone tells.
    """
    handle, hashed = links.new()
    new = {"email": address.canonical, "address": address.exact}
    session.execute(sa.insert(AddressChange).values(handle_hash=hashed, user_id=user.id, **new))
    links.mail(session, links.NEW_ADDRESS, address, handle, language)
    return handle


def find_address(session: Session, user: User, handle: bytes) -> AddressChange:
    """The new address that the user asked for. Raises NotFound for a link that is old, used or another's."""
    found = links.find(session, links.NEW_ADDRESS, AddressChange, handle)
    if found is None or found.user_id != user.id:
        raise NotFound(_("This link has expired or was used, or it belongs to another account."))
    return found


def change_address(session: Session, user: User, handle: bytes, browser: Browser) -> None:
    """Moves the account to the new address and tells the old one. Raises NotFound or AddressTaken."""
    new, old = parse_address(find_address(session, user, handle).address), user.address
    session.execute(sa.delete(AddressChange).where(AddressChange.user_id == user.id))
    refuse_taken(session, new.canonical)
    user.email = new.canonical
    flush_address(session)
    keep_exact(session, user.id, new)
    _end_resets(session, user)
    notices.tell(session, user, Notice.ADDRESS, browser.device, browser.language, to=old)
    audit.record(session, str(user.id), "address changed", str(user.id))
