"""The signer's own page: who may open it, for how long, and what they find there."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from petition.core.addresses import Address
from petition.core.clock import now
from petition.core.errors import Forbidden, NotFound
from petition.core.keyed_hashes import bucket_of_hash, keyed_hash, mailbox_hash, signature_hash
from petition.core.many_rows import ManyRows
from petition.core.tokens import new_handle
from petition.mail import outbox
from petition.petitions.models import Petition
from petition.signatures.attempts import SIGNER_OF, Attempt
from petition.signatures.models import OwnPageLink, OwnPageSession, Signature, SignatureState, Signer

LINK_LIFE = timedelta(hours=24)
SESSION_LIFE = timedelta(minutes=30)
MAIL = "own_page"
COOKIE = "own_page"
AT_ONCE = 200
SESSION = cast(sa.Table, OwnPageSession.__table__)
SESSION_COLUMNS = ("token_hash", "mailbox_hash", "petition_id", "address_hash")
ADDRESS_KEY = [
    sa.column(one.name, one.type) for one in (Signature.bucket, Signature.petition_id, Signature.address_hash)
]
SHOWN_STATES = (SignatureState.PENDING, SignatureState.CONFIRMED, SignatureState.WITHDRAWN)
BESIDE: dict[str, Callable[[Session, Attempt], Any]] = {}
"""What features above this one show beside a signature on its signer's own page."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose own page it is: a whole mailbox, or one address on one petition."""

    mailbox_hash: bytes | None = None
    petition_id: UUID | None = None
    address_hash: bytes | None = None

    def hashes(self, session: Session) -> list[tuple[UUID, bytes]]:
        """The owner's address hash on every petition there is to look at."""
        if self.petition_id is not None and self.address_hash is not None:
            return [(self.petition_id, self.address_hash)]
        assert self.mailbox_hash is not None
        return [(one, signature_hash(self.mailbox_hash, one)) for one in session.scalars(sa.select(Petition.id))]


def ask_link(session: Session, address: Address, locale: str) -> None:
    """Owes a mail with a link to the own page: the same two INSERTs for every address."""
    handle = new_handle()
    mailbox = mailbox_hash(address.canonical)
    session.execute(sa.insert(OwnPageLink).values(handle=handle, mailbox_hash=mailbox, created_at=now()))
    content = {"handle": handle.hex()}
    mail = outbox.row(template=MAIL, locale=locale, address=address, mailbox=mailbox, content=content)
    outbox.owe_many(session.connection(), [mail])


def owner_of_link(session: Session, handle: bytes) -> Owner:
    """Whose link it is. Raises NotFound after a day."""
    link = session.get(OwnPageLink, handle)
    if link is None or now() - link.created_at > LINK_LIFE:
        raise NotFound(_("This link has expired. Ask for a new one."))
    return Owner(mailbox_hash=link.mailbox_hash)


def start_session(session: Session, owner: Owner) -> str:
    """Opens thirty minutes on the own page; returns the token for the cookie."""
    token = new_token()
    start_sessions(session.connection(), [(hash_of(token), owner)])
    return token


def new_token() -> str:
    """What a cookie holds."""
    return secrets.token_urlsafe(32)


def start_sessions(connection: Connection, opened: Sequence[tuple[bytes, Owner]]) -> None:
    """Opens thirty minutes each, for owners with a token of this hash."""
    if opened:
        rows = [(hashed, owner.mailbox_hash, owner.petition_id, owner.address_hash) for hashed, owner in opened]
        until = now() + SESSION_LIFE
        ManyRows(connection.dialect, SESSION, SESSION_COLUMNS, rows, True, expires_at=until).insert(connection)


def owner_of_session(session: Session, token: str | None) -> Owner | None:
    """Whose own page a cookie's token opens, if its half hour is not over."""
    found = session.get(OwnPageSession, hash_of(token)) if token else None
    if found is None or found.expires_at <= now():
        return None
    return Owner(found.mailbox_hash, found.petition_id, found.address_hash)


def opened(session: Session, token: str | None) -> tuple[Owner, str]:
    """Whose own page a cookie's token opens, and the token. Raises Forbidden."""
    owner = owner_of_session(session, token)
    if owner is None or token is None:
        raise Forbidden(_("Your half hour on this page is over. Ask for a new link."))
    return owner, token


def end_session(session: Session, token: str | None) -> None:
    """Closes the own page; none is no error."""
    session.execute(sa.delete(OwnPageSession).where(OwnPageSession.token_hash == hash_of(token or "")))


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def own_signatures(session: Session, owner: Owner) -> list[Attempt]:
    """Everything an owner has signed and that still names somebody, newest first."""
    found: list[Attempt] = []
    hashes = owner.hashes(session)
    for start in range(0, len(hashes), AT_ONCE):
        rows = [(bucket_of_hash(hashed), pid, hashed) for pid, hashed in hashes[start : start + AT_ONCE]]
        keys = sa.values(*ADDRESS_KEY, name="keys").data(rows).cte()
        of_owner = sa.and_(*(getattr(Signature, key.name) == keys.c[key.name] for key in ADDRESS_KEY))
        found += [
            Attempt(*row)
            for row in session.execute(
                sa.select(Signature, Signer, Petition)
                .join_from(keys, Signature, of_owner)
                .join(Signer, SIGNER_OF)
                .join(Petition, Petition.id == Signature.petition_id)
                .where(Signature.state.in_(SHOWN_STATES))
            )
        ]
    return sorted(found, key=lambda own: own.signature.created_at, reverse=True)


def beside(session: Session, own: Attempt) -> dict[str, Any]:
    """What other features show beside this signature, by their names."""
    return {name: read(session, own) for name, read in BESIDE.items()}


def reference(token: str, own: Attempt) -> str:
    """What an own page calls a signature by, in one session: ids never leave the server."""
    return keyed_hash("own page", token.encode(), own.signature.id.bytes).hex()


def find_own(session: Session, owner: Owner, token: str, ref: str) -> Attempt:
    """The owner's signature of that reference. Raises NotFound: there is no way to another's."""
    for own in own_signatures(session, owner):
        if secrets.compare_digest(reference(token, own).encode(), ref.encode()):
            return own
    raise NotFound(_("This signature is not here any more."))
