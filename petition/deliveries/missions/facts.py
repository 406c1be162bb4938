"""What is said of a mission, as texts that a form or a file brings, checked before it is stored."""

from __future__ import annotations

import functools
import math
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from petition.core import countries
from petition.core.addresses import AddressRefused, parse_address
from petition.core.errors import DomainError
from petition.core.names import NameRefused, clean_line, clean_text
from petition.deliveries.missions.models import Mission, MissionKind

COLUMNS = tuple(column.name for column in Mission.__table__.columns if column.name != "changed_at")
"""What a form or a file may say of a mission."""
IDENTITY = ("slug", "sending_state", "host_country", "kind")
"""What cannot be changed of a mission: packages name it by these."""
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Check = Callable[[str], Any]


class FactsRefused(DomainError):
    """What is said of a mission cannot be stored: `problems` has the words for each column that is wrong."""

    status = 422
    code = "mission_refused"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{column}: {words}" for column, words in problems.items()))
        self.problems = problems


def as_cells(mission: Mission) -> dict[str, str]:
    """What is stored of a mission, as texts."""
    values = {column: getattr(mission, column) for column in COLUMNS}
    return {column: "" if value is None else str(value) for column, value in values.items()}


def checked(cells: Mapping[str, str]) -> dict[str, Any]:
    """What the cells say, by column; a column that is not there is empty. Raises FactsRefused.

    Without a slug one is made of the states, the city and the kind.
    """
    facts, problems = {}, {}
    for column, check in _checks().items():
        try:
            facts[column] = check(cells.get(column, ""))
        except ValueError as error:
            problems[column] = str(error)
    if problems:
        raise FactsRefused(problems)
    if (facts["latitude"] is None) != (facts["longitude"] is None):
        raise FactsRefused({"longitude": _("Give both coordinates or none.")})
    facts["slug"] = _checked_slug(facts)
    return facts


def _checks() -> dict[str, Check]:
    return {
        "slug": str.strip,
        "sending_state": _country,
        "host_country": _country,
        "city": _line("city", needed=True),
        "kind": _kind,
        "name": _line("name", needed=True),
        "postal_address": _postal_address,
        "email": _email,
        "head_title": _line("head_title"),
        "form_of_address": _line("form_of_address"),
        "time_zone": _time_zone,
        "opening_hours": lambda text: _line("opening_hours")(text) or None,
        "latitude": functools.partial(_degrees, most=90),
        "longitude": functools.partial(_degrees, most=180),
        "source": _line("source"),
        "checked_on": _day,
        "closed_on": _day,
    }


def _length(column: str) -> int:
    length: int = Mission.__table__.c[column].type.length  # type: ignore[attr-defined]
    return length


def _line(column: str, needed: bool = False) -> Check:
    most = _length(column)

    def check(text: str) -> str:
        try:
            line = clean_line(text, most)
        except NameRefused:
            line = None
        if line is None or (needed and not line):
            raise ValueError(_("Enter one line of %(most)s characters at most.", most=most))
        return line

    return check


def _postal_address(text: str) -> str:
    most = _length("postal_address")
    try:
        return clean_text(text, most)
    except NameRefused:
        raise ValueError(_("Write %(number)s characters at most, without formatting.", number=most)) from None


def _country(text: str) -> str:
    code = text.strip().upper()
    if code not in countries.CODES:
        raise ValueError(_("Choose a country; in a file, by its two letters."))
    return code


def _kind(text: str) -> MissionKind:
    try:
        return MissionKind(text.strip())
    except ValueError:
        names = ", ".join(MissionKind)
        raise ValueError(_("Write one of these: %(names)s.", names=names)) from None


def _email(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return parse_address(text).exact
    except AddressRefused:
        raise ValueError(_("Enter an address like name@example.org.")) from None


@functools.cache
def time_zones() -> frozenset[str]:
    """The names of all time zones there are."""
    return frozenset(zoneinfo.available_timezones())


def _time_zone(text: str) -> str:
    name = text.strip()
    if name not in time_zones():
        raise ValueError(_("Enter the name of a time zone, like Europe/Paris."))
    return name


def _degrees(text: str, most: int) -> float | None:
    if not text.strip():
        return None
    try:
        degrees = float(text)
    except ValueError:
        degrees = math.nan
    if not abs(degrees) <= most:
        raise ValueError(_("Enter degrees from -%(most)s to %(most)s, like 48.85.", most=most))
    return degrees


def _day(text: str) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text if DAY.fullmatch(text) else "")
    except ValueError:
        raise ValueError(_("Enter a day like 2026-02-12.")) from None


def _checked_slug(facts: Mapping[str, Any]) -> str:
    beginning = f"{facts['sending_state']}-{facts['host_country']}-".lower()
    ending = f"-{facts['kind']}"
    slug: str = facts["slug"] or beginning + _plain(facts["city"]) + ending
    middle = slug.removeprefix(beginning).removesuffix(ending)
    whole = len(slug) <= _length("slug") and slug == beginning + middle + ending
    if not (whole and SLUG.fullmatch(middle)):
        example = f"{beginning}…{ending}"
        words = _("Write the id as %(example)s, with lower-case Latin letters, digits and hyphens.", example=example)
        raise FactsRefused({"slug": words})
    return slug


def _plain(city: str) -> str:
    letters = unicodedata.normalize("NFKD", city).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", letters))
