"""What the mails to the people of organisations show."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core import audit, i18n
from petition.core.clock import now
from petition.core.errors import NotFound
from petition.core.keyed_hashes import mailbox_hash
from petition.core.tokens import sign_handle
from petition.mail import outbox
from petition.mail.outbox import Claimed
from petition.mail.rendering import Letter, context_for
from petition.organisations import invitations, people

AUDIT_HEAD = "audit_head"


@context_for(invitations.MAIL)
def _invitation(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    return [_way_in(session, bytes.fromhex(mail.content["handle"])) for mail in mails]


def _way_in(session: Session, handle: bytes) -> Letter | None:
    """The link, unless the invitation has ended while the mail had to wait."""
    try:
        found = invitations.find(session, handle)
    except NotFound:
        return None
    base = current_app.config["BASE_URL"]
    same = {"site": urlsplit(base).netloc, "organisation": found.organisation.name}
    return Letter(same, {"link": f"{base}/invitations/{sign_handle(invitations.PURPOSE, handle)}"})


def owe_audit_head(session: Session) -> int:
    """Owes every owner of an organisation a mail with the end of the audit log as it is now; says how many."""
    head = audit.head(session)
    if not head.number:
        return 0
    content = {"number": head.number, "hash": head.hash, "day": f"{now():%Y-%m-%d}"}
    rows = [_audit_head_row(owner, content) for owner in people.owners(session)]
    if rows:
        outbox.owe_many(session.connection(), rows)
    return len(rows)


def _audit_head_row(owner: User, content: dict[str, object]) -> tuple[object, ...]:
    address, language = owner.address, owner.language or i18n.SOURCE
    mailbox = mailbox_hash(address.canonical)
    return outbox.row(template=AUDIT_HEAD, locale=language, address=address, mailbox=mailbox, content=content)


@context_for(AUDIT_HEAD)
def _audit_head(session: Session, mails: Sequence[Claimed]) -> list[Letter | None]:
    base = current_app.config["BASE_URL"]
    same = {"site": urlsplit(base).netloc, "link": f"{base}/organiser/organisations"}
    return [Letter(same | {name: mail.content[name] for name in ("number", "hash", "day")}, {}) for mail in mails]
