"""Missions from a CSV file: what would become of every row, then all of them or none.

The first line names the columns: those of the directory, in any order. What a file does not name stays as it is.
Bringing the same file again changes nothing.
"""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.accounts.models import User
from petition.core.errors import DomainError
from petition.deliveries.missions import service
from petition.deliveries.missions.facts import COLUMNS, SLUG, FactsRefused, as_cells, checked
from petition.deliveries.missions.models import Mission

SEPARATORS = ",;\t"
NEEDED = ("sending_state", "host_country", "city", "kind", "name", "time_zone")
"""What a file must say of missions that it does not name by their ids."""


class FileRefused(DomainError):
    """A file of missions cannot be read at all; the words say what to change."""

    status = 422
    code = "file_refused"


class Fate(enum.StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its number (the header is number 1): which mission it means, what becomes of it, and why.

    `columns` are those that change, or the one that is wrong.
    """

    number: int
    slug: str
    fate: Fate
    columns: tuple[str, ...] = ()
    why: str = ""
    facts: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Missions:
    """A file: its records with their numbers, and the columns that mean nothing to us."""

    records: Sequence[tuple[int, list[str]]]
    columns: tuple[str, ...]
    not_read: tuple[str, ...]


def read(content: bytes) -> Missions:
    """The file's records. Raises FileRefused."""
    try:
        text = content.decode("utf-8-sig")
        separator = max(SEPARATORS, key=text.partition("\n")[0].count)
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except UnicodeDecodeError:
        raise FileRefused(_("The file is not in UTF-8. Save it as CSV in UTF-8.")) from None
    except csv.Error:
        raise FileRefused(
            _("This is no CSV file: a quotation mark stands in the wrong place, or is not closed.")
        ) from None
    header = tuple(heading.strip().lower() for heading in (lines[0] if lines else ()))
    missing = [name for name in NEEDED if name not in header]
    if missing and "slug" not in header:
        raise FileRefused(
            _("The first line must name the columns; these are missing: %(names)s", names=", ".join(missing))
        )
    doubled = [name for name in header if name in COLUMNS and header.count(name) > 1]
    if doubled:
        raise FileRefused(_("Two columns are called “%(name)s”: keep one of them.", name=doubled[0]))
    records = [(number, cells) for number, cells in enumerate(lines[1:], 2) if any(map(str.strip, cells))]
    return Missions(records, header, tuple(name for name in header if name and name not in COLUMNS))


def compare(session: Session, file: Missions) -> list[Row]:
    """What would become of every row, in their order."""
    seen: dict[str, int] = {}
    return [_row(session, file.columns, number, cells, seen) for number, cells in file.records]


def _row(session: Session, columns: tuple[str, ...], number: int, cells: list[str], seen: dict[str, int]) -> Row:
    if len(cells) != len(columns):
        why = _("has %(cells)s cells, the header has %(width)s", cells=len(cells), width=len(columns))
        return Row(number, "", Fate.REFUSED, (), why)
    given = {name: cell for name, cell in zip(columns, cells, strict=True) if name in COLUMNS}
    slug = given.get("slug", "").strip()
    known = session.get(Mission, slug) if SLUG.fullmatch(slug) else None  # PostgreSQL takes no other text for a key
    try:
        facts = checked((as_cells(known) if known else {}) | given)
    except FactsRefused as error:
        column, why = next(iter(error.problems.items()))
        return Row(number, slug, Fate.REFUSED, (column,), why)
    slug = facts["slug"]
    if slug in seen:
        return Row(number, slug, Fate.REFUSED, (), _("the same mission as in row %(number)s", number=seen[slug]))
    seen[slug] = number
    return _compared(session, number, facts, given)


def _compared(session: Session, number: int, facts: dict[str, Any], given: dict[str, str]) -> Row:
    known = session.get(Mission, facts["slug"])
    if known is None:
        return Row(number, facts["slug"], Fate.NEW, (), "", facts)
    facts |= {column: getattr(known, column) for column in COLUMNS if column not in given}
    columns = tuple(service.differences(known, facts))
    return Row(number, known.slug, Fate.CHANGED if columns else Fate.SAME, columns, "", facts)


def bring(session: Session, actor: User | None, rows: Sequence[Row]) -> bool:
    """Writes the rows that are new or change something; nothing at all, and False, when any is refused."""
    if any(row.fate == Fate.REFUSED for row in rows):
        return False
    for row in rows:
        if row.fate == Fate.NEW:
            service.add(session, actor, row.facts)
        elif row.fate == Fate.CHANGED:
            service.change(session, actor, row.facts)
    return True


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows there are of each fate."""
    return {fate.value: sum(row.fate == fate for row in rows) for fate in Fate}
