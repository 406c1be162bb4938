"""Registering: asking for an account, and making it when the address is confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts import devices, links, service
from petition.accounts.devices import Browser
from petition.accounts.models import Registration, User
from petition.core import limits
from petition.core.addresses import Address, parse_address
from petition.core.errors import Forbidden, NotFound
from petition.core.keyed_hashes import keyed_hash


def count_ask(sort: str, address: Address, network: bytes) -> None:
    """Counts one who asks for a mail to an address, whatever became of it. Raises TooMany."""
    limits.hit(limits.ASK_ACCOUNT_MAIL, sort, network.hex())
    account = keyed_hash("account", address.canonical.encode()).hex()
    limits.hit(limits.ASK_ACCOUNT_MAIL_ADDRESS, sort, account)


def refuse_when_closed() -> None:
    """Raises Forbidden while the site takes no new accounts."""
    if not service.registration_open():
        raise Forbidden(_("Registration is closed at the moment."))


def ask(session: Session, address: Address, name: str, password_hash: str, language: str) -> bytes:
    """Keeps what was filled in and owes the mail; returns the handle in its link.

    The same two INSERTs for every address: only the mail tells whether there is an account.
    """
    handle, hashed = links.new()
    whose = {"email": address.canonical, "address": address.exact, "name": name}
    session.execute(sa.insert(Registration).values(handle_hash=hashed, password_hash=password_hash, **whose))
    links.mail(session, links.REGISTER, address, handle, language)
    return handle


def find(session: Session, handle: bytes) -> Registration:
    """What was filled in. Raises NotFound a day later, or when the link was used."""
    found = links.find(session, links.REGISTER, Registration, handle)
    if found is None:
        raise NotFound(_("This link has expired or was used. Register again, or sign in."))
    return found


def finish(session: Session, handle: bytes, browser: Browser) -> User:
    """Makes the account. Raises NotFound, or AddressTaken when another link was quicker."""
    found = find(session, handle)
    address, name, password_hash = parse_address(found.address), found.name, found.password_hash
    session.execute(sa.delete(Registration).where(Registration.email == address.canonical))
    user = service.store_user(session, address, name, password_hash)
    devices.remember(session, user.id, browser)
    return user
