"""Petitions as text files: TOML between `+++` lines, then the text in Markdown."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from babel import Locale, UnknownLocaleError
from sqlalchemy.orm import Session

from petition.core.countries import CODES
from petition.core.labels import checked_line, checked_slug
from petition.organisations.service import find_organisation
from petition.petitions.models import Petition, State
from petition.petitions.service import Draft, TextRefused

FENCE = "+++"
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
HIGHEST_GOAL = 2_000_000_000
LONGEST_TEXT = 200_000
KEYS = {"slug", "organisation", "title", "addressee", "goal", "locale", "closes", "state", "addressee_country"}


def read(session: Session, content: str) -> Draft:
    """The petition in a file. Raises TextRefused, naming the key, for anything missing, unknown or bad."""
    front, body = _split(content)
    for key in front:
        if key not in KEYS:
            raise TextRefused(f"{_quoted(key)} is not a key of a petition file ({', '.join(sorted(KEYS))})")
    return Draft(
        slug=_take(front, "slug", checked_slug),
        organisation=find_organisation(session, _take(front, "organisation", _words)),
        title=_take(front, "title", _words),
        addressee=_take(front, "addressee", _words),
        body=body,
        locale=_take(front, "locale", _locale, "en"),
        goal=_take(front, "goal", _goal, None),
        addressee_country=_take(front, "addressee_country", _country, None),
        closes_at=_take(front, "closes", _moment, None),
        state=_take(front, "state", State, None),
    )


def write(petition: Petition) -> str:
    """The file that `read` would make this petition from."""
    lines = [FENCE]
    for key, value in (
        ("slug", petition.slug),
        ("organisation", petition.organisation.slug),
        ("title", petition.title),
        ("addressee", petition.addressee),
        ("addressee_country", petition.addressee_country),
        ("goal", petition.goal),
        ("locale", petition.locale),
        ("closes", petition.closes_at),
        ("state", petition.state.value),
    ):
        if value is not None:
            lines.append(f"{key} = {_toml(value)}")
    return "\n".join([*lines, FENCE, petition.text.body])


def _split(content: str) -> tuple[dict[str, Any], str]:
    lines = content.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != FENCE or FENCE not in (line.rstrip() for line in lines[1:]):
        raise TextRefused(f"the file must begin with its front matter between two {FENCE} lines")
    end = next(number for number, line in enumerate(lines) if number and line.rstrip() == FENCE)
    try:
        front = tomllib.loads("\n".join(lines[1:end]))
    except tomllib.TOMLDecodeError as error:
        raise TextRefused(f"the front matter is not TOML: {error}") from None
    return front, checked_body("\n".join(lines[end + 1 :]))


def checked_body(body: str) -> str:
    """The text of a petition. Raises TextRefused when it is empty, too long, or holds control characters."""
    if not body.strip():
        raise TextRefused("the petition has no text")
    if len(body) > LONGEST_TEXT:
        raise TextRefused(f"the text is longer than {LONGEST_TEXT} characters")
    if found := CONTROL.search(body):
        raise TextRefused(f"the text holds the control character {_quoted(found[0])}")
    return body


def _quoted(text: str) -> str:
    return text if text.isprintable() else ascii(text)


def _take(front: dict[str, Any], key: str, parse: Callable[[Any], Any], *default: Any) -> Any:
    if key not in front:
        if default:
            return default[0]
        raise TextRefused(f"{key} is missing")
    try:
        return parse(front[key])
    except (ValueError, TypeError, OverflowError) as error:
        raise TextRefused(f"{key}: {error}") from None


def _words(value: Any) -> str:
    return checked_line(value, 300)


def _goal(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= HIGHEST_GOAL:
        raise ValueError(f"must be a whole number from 1 to {HIGHEST_GOAL}")
    return value


def _country(value: Any) -> str:
    if value not in CODES:
        raise ValueError("must be an ISO 3166-1 code of two capital letters, or XK")
    return str(value)


def _locale(value: Any) -> str:
    try:
        if not isinstance(value, str) or not LANGUAGE.fullmatch(value) or len(value) > 20:
            raise ValueError
        Locale.parse(value, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValueError("must be a language tag, such as en, ko or pt-BR") from None
    return value


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise ValueError("must be a TOML date or date and time")


def _toml(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\u{ord(match[0]):04x}", escaped) + '"'
