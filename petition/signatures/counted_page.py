"""The page for those who are counted: the same for all but for the number, so it is made once a second."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask_babel import format_decimal

from petition.core import i18n
from petition.core.kept import Kept, kept

NUMBER = "\x00number\x00"  # stands for a number that is filled in later; no text holds it


def _pages() -> Kept[str]:
    return kept("counted page")


def _key(petition_id: UUID, query_string: str) -> tuple[UUID, str, str]:
    return petition_id, i18n.language(), query_string


def _filled(page: str, number: int) -> str:
    return page.replace(NUMBER, format_decimal(number))


def shown(petition_id: UUID, query_string: str, number: int, make: Callable[[], str]) -> str:
    """The page with its number; `make` makes it with NUMBER in its place."""
    return _filled(_pages().get(_key(petition_id, query_string), make), number)


def ready(petition_id: UUID, query_string: str, number: int) -> str | None:
    """The same, unless it is to be made anew."""
    page = _pages().at_hand(_key(petition_id, query_string))
    return None if page is None else _filled(page, number)
