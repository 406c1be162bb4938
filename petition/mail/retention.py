"""What is forgotten of mail, and when."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from petition.core.clock import now
from petition.core.retention import Rule, Transaction, deleted, keeps
from petition.mail.models import MailState, OwedMail
from petition.mail.transports import maildir_message_id

DEAD_LIFE = timedelta(days=14)
ROW_LIFE = timedelta(days=30)
LOCAL_MAIL_SECONDS = 24 * 3600
still_needed: list[Callable[[Session, UUID], bool]] = []  # features say whether a mail's recipient is still kept


def _forget_dead(transaction: Transaction) -> int:
    with transaction() as session:
        dead = OwedMail.state == MailState.DEAD, OwedMail.recipient.is_not(None)
        empty = sa.update(OwedMail).where(*dead, OwedMail.created_at < now() - DEAD_LIFE)
        return deleted(session, empty.values(recipient=None, content=None))


def _forget_rows(transaction: Transaction) -> int:
    with transaction() as session:
        old = OwedMail.state != MailState.WAITING, OwedMail.created_at < now() - ROW_LIFE
        return deleted(session, sa.delete(OwedMail).where(*old))


def _forget_local_mail(transaction: Transaction) -> int:
    """Empties the local mailbox (`maildir://`) of what is a day old or whose signer's address is forgotten."""
    url = urlsplit(current_app.config["MAIL_URL"])
    if url.scheme != "maildir":
        return 0
    gone = 0
    with transaction() as session:
        for path in [*Path(url.path).glob("new/*"), *Path(url.path).glob("cur/*"), *Path(url.path).glob("tmp/*")]:
            with contextlib.suppress(FileNotFoundError):  # a reader of the mailbox moved it
                if time.time() - path.stat().st_mtime > LOCAL_MAIL_SECONDS or not _is_needed(session, path.name):
                    path.unlink()
                    gone += 1
    return gone


def _is_needed(session: Session, filename: str) -> bool:
    try:
        mail_id = UUID(maildir_message_id(filename) or "")
    except ValueError:
        return False
    return any(asks(session, mail_id) for asks in still_needed)


keeps(
    Rule(
        what=lazy_gettext("A mail's recipient and content"),
        why=lazy_gettext("until it is sent; then both are erased at once"),
        how_long=lazy_gettext("until sent; 14 days when it cannot be delivered"),
        purge=_forget_dead,
    )
)
keeps(
    Rule(
        what=lazy_gettext("That a mail was sent: time, domain, a keyed hash of the address"),
        why=lazy_gettext("so that nobody is sent more than a few mails a day"),
        how_long=lazy_gettext("30 days"),
        purge=_forget_rows,
    )
)
keeps(
    Rule(
        what=lazy_gettext("Mails in the local mailbox of a demo"),
        why=lazy_gettext("so that visitors of the demo can read them"),
        how_long=lazy_gettext("one day at most"),
        purge=_forget_local_mail,
        follows_rows=True,
    )
)
