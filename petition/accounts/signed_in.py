"""Who is at work in this request."""

from __future__ import annotations

from flask import session

from petition.accounts.models import User
from petition.accounts.service import user_of
from petition.core.db import read_again
from petition.core.errors import DomainError

COOKIE = "organiser"


class NotSignedIn(DomainError):
    """The page is for organisers; the answer leads to the sign-in page."""

    status = 401
    code = "not_signed_in"


def actor() -> User:
    """Who is signed in. Raises NotSignedIn."""
    user = user_of(read_again(), session.get(COOKIE))
    if user is None:
        raise NotSignedIn
    return user
