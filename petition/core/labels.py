"""What people call things, checked before it is stored: slugs for addresses, names and titles of one line."""

from __future__ import annotations

import re

from petition.core.names import NameRefused, clean_line

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_LENGTH = 80


def checked_slug(text: object) -> str:
    """The text, if it can name a thing in an address. Raises ValueError with words that follow "the slug"."""
    if not isinstance(text, str) or not SLUG.fullmatch(text) or len(text) > SLUG_LENGTH:
        raise ValueError(f"must be lower-case letters, digits and single hyphens, {SLUG_LENGTH} at most")
    return text


def checked_line(text: object, limit: int) -> str:
    """One line that shows something, cleaned like a signer's name. Raises ValueError as `checked_slug` does."""
    if not isinstance(text, str):
        raise ValueError("must be a text")
    try:
        line = clean_line(text, limit)
    except NameRefused as error:
        if error.reason == "too_long":
            raise ValueError(f"is longer than {limit} characters") from None
        raise ValueError("must be one line without control characters") from None
    if not line:
        raise ValueError("must not be empty")
    return line
