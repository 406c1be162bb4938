"""Who is at work in this request, and from where."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import request, session, url_for
from sqlalchemy.exc import SQLAlchemyError

from petition.accounts import sessions
from petition.accounts.devices import Browser, described
from petition.accounts.models import User, UserSession
from petition.accounts.service import open_session
from petition.core import i18n
from petition.core.db import is_away, read_again, writing
from petition.core.errors import DomainError
from petition.core.keyed_hashes import network_hash

COOKIE = "organiser"
LOCAL_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")  # no host, no backslash, which browsers read as a slash


class NotSignedIn(DomainError):
    """The page is for organisers; the answer leads to the sign-in page."""

    status = 401
    code = "not_signed_in"


class ConfirmAgain(DomainError):
    """Who is signed in has to prove again who they are; the answer leads to the page for that."""

    status = 403
    code = "confirm_again"


def actor() -> User:
    """Who is signed in. Raises NotSignedIn."""
    return _session().user


def confirmed_lately() -> User:
    """Who is signed in and has proven it within the last ten minutes: for sensitive acts.

    Raises NotSignedIn or ConfirmAgain.
    """
    found = _session()
    if not sessions.was_confirmed_lately(found):
        raise ConfirmAgain
    return found.user


def token() -> str | None:
    """The token of the session, whether it is open or not."""
    found: str | None = session.get(COOKIE)
    return found


def browser() -> Browser:
    """Where the request comes from."""
    device = described(request.headers.get("User-Agent", ""))
    return Browser(device, network_hash(request.remote_addr), i18n.language())


def local_path(text: str | None) -> str | None:
    """An address on this site, to lead somebody back to; None for everything else."""
    return text if text and LOCAL_PATH.fullmatch(text) else None


def way_back() -> str:
    """Where to go on after this request was put off: the page itself, or the one that its form stood on."""
    if request.method in {"GET", "HEAD"}:
        return local_path(request.full_path.rstrip("?")) or url_for("account.page")
    came_from = urlsplit(request.referrer or "")
    path = came_from.path if came_from.netloc == request.host else None
    return local_path(path) or url_for("account.page")


def _session() -> UserSession:
    found = _open()
    if sessions.is_stale(found):
        _note_use()
        found = _open()
    return found


def _open() -> UserSession:
    found = open_session(read_again(), token())
    if found is None:
        raise NotSignedIn
    return found


def _note_use() -> None:
    """Notes that the session is in use. A database that takes no writes just now keeps nobody from reading."""
    try:
        with writing() as writer:
            sessions.see(writer, token() or "")
    except SQLAlchemyError as error:
        if not is_away(error):
            raise
