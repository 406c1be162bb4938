"""The page for those who are counted: the same for all but for the number, so it is kept for a while.

For longer than other pages: it says thank you and how to tell others. Whoever comes while it is made waits several
times as long as others, and made each second, or each five, that was what the slowest hundredth waited for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from uuid import UUID

from babel.numbers import format_decimal

from petition.core.kept import Kept, kept

LONGER = 30
NUMBER = "\x00number\x00"  # stands for a number that is filled in later; no text holds it


def _pages() -> Kept[str]:
    return kept("counted page", LONGER)


@functools.lru_cache(16)
def _filled(page: str, number: int, language: str) -> bytes:
    """Many are told the same: what was counted together comes to one number."""
    return page.replace(NUMBER, format_decimal(number, locale=language.replace("-", "_"))).encode()


def shown(petition_id: UUID, language: str, query_string: str, number: int, make: Callable[[], str]) -> bytes:
    """The page with its number; `make` makes it with NUMBER in its place."""
    return _filled(_pages().get((petition_id, language, query_string), make), number, language)


def ready(petition_id: UUID, language: str, query_string: str, number: int) -> bytes | None:
    """The same, unless it is to be made anew."""
    page = _pages().at_hand((petition_id, language, query_string))
    return None if page is None else _filled(page, number, language)
