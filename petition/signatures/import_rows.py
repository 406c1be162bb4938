"""What the records of a list from elsewhere say: cleaned by the rules of the sign form, or refused in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from petition.core import countries, i18n
from petition.core.addresses import Address, AddressRefused, parse_address
from petition.core.errors import DomainError
from petition.core.names import ENDS, NameRefused, clean_line, clean_name, clean_words
from petition.signatures.answers import CITY_LENGTH, LIST_NAMES
from petition.signatures.import_file import LOST, FileRefused, Record
from petition.signatures.import_models import NOTE_LENGTH, SOURCE_LENGTH, WITNESS_LENGTH
from petition.signatures.models import ListName, Origin

FORMULAS = tuple("=+-@＝＋－＠")
SHEET_LENGTH = 40


class ImportRefused(DomainError):
    """Signatures cannot be added as they were given."""

    code = "import_refused"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where signatures come from, and why they may count: see `provenance`, which makes it."""

    origin: Origin
    source: str
    witnessed_by: str | None
    consent_note: str | None
    names_as_in_file: bool

    @property
    def by_mail(self) -> bool:
        """Whether each signer is mailed to: a list from elsewhere without a note on their consent."""
        return self.witnessed_by is None and self.consent_note is None


def provenance(
    origin: Origin, source: str = "", witnessed_by: str = "", consent_note: str = "", names_as_in_file: bool = False
) -> Provenance:
    """The same, cleaned. Raises ImportRefused when it does not say enough."""
    found = Provenance(
        origin,
        _cleaned(source, SOURCE_LENGTH, _("Where the list comes from")),
        _cleaned(witnessed_by, WITNESS_LENGTH, _("Who witnessed")) or None,
        _cleaned(consent_note, NOTE_LENGTH, _("The note on consent")) or None,
        names_as_in_file,
    )
    if origin == Origin.PAPER and not found.witnessed_by:
        raise ImportRefused(_("Say who witnessed the signing of the sheets."))
    if origin != Origin.PAPER and found.witnessed_by:
        raise ImportRefused(_("Only sheets of paper have a witness."))
    if names_as_in_file and not found.consent_note:
        raise ImportRefused(_("Names can be shown as the list says only with a note on where people agreed to that."))
    return found


def _cleaned(text: str, limit: int, what: str) -> str:
    """One line without a link: the source stands in mails to strangers, where a link would be bait."""
    try:
        return clean_words(text, limit)
    except NameRefused:
        raise ImportRefused(_("%(what)s: too long, or holds a link or unreadable characters.", what=what)) from None


@dataclass(frozen=True, slots=True)
class Row:
    """One signer of a list. `sheet` says on which sheet of paper, where people of one name live in one city."""

    number: int
    name: str
    country: str
    city: str | None
    email: Address | None
    sheet: str
    list_name: ListName


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is not taken; `column` is one of the fields, or empty."""

    number: int
    column: str
    why: str


class _CellRefused(ValueError):
    """One cell cannot be taken."""


def check_columns(fields: Iterable[str], given: Provenance) -> None:
    """Raises FileRefused when a column is missing that this list needs."""
    needed = ["name", "country"] if given.origin == Origin.PAPER else ["name", "country", "email"]
    needed += ["list_name"] if given.names_as_in_file else []
    if missing := [field for field in needed if field not in fields]:
        raise FileRefused(_("These columns are missing: %(columns)s.", columns=", ".join(missing)))


def read(records: Iterable[Record], given: Provenance) -> Iterator[Row | Refusal]:
    """Each record as a signer, or why not."""
    for record in records:
        yield Refusal(record.number, "", record.broken) if record.broken else _read(record, given)


def _read(record: Record, given: Provenance) -> Row | Refusal:
    cells: dict[str, Any] = {}
    for column, rule in RULES.items():
        try:
            cells[column] = rule(_readable(record.cells.get(column, "")), given)
        except NameRefused as error:
            return Refusal(record.number, column, _why(error.reason))
        except _CellRefused as error:
            return Refusal(record.number, column, str(error))
    return Row(record.number, **cells)


def _readable(cell: str) -> str:
    """The cell without white space around it; a lone hyphen is how tables say nothing."""
    text = cell.strip(ENDS)
    if LOST in text:
        raise _CellRefused(_("holds characters that are not in the encoding of the file"))
    if text == "-":
        return ""
    if text.startswith(FORMULAS):
        raise _CellRefused(_("begins like a formula"))
    return text


def _name(text: str, _given: Provenance) -> str:
    return clean_name(text)


def _country(text: str, _given: Provenance) -> str:
    code = countries.find_code(text, i18n.language())
    if code is None:
        raise _CellRefused(_("is not a country") if text else _("is empty"))
    return code


def _city(text: str, _given: Provenance) -> str | None:
    return clean_line(text, CITY_LENGTH) or None


def _email(text: str, given: Provenance) -> Address | None:
    if not text and given.origin == Origin.PAPER:
        return None
    try:
        return parse_address(text)
    except AddressRefused:
        raise _CellRefused(_("is not an address") if text else _("is empty")) from None


def _sheet(text: str, _given: Provenance) -> str:
    return clean_line(text, SHEET_LENGTH)


def _list_name(text: str, given: Provenance) -> ListName:
    if not given.names_as_in_file:
        return ListName.COUNT
    if text.lower() not in LIST_NAMES:
        raise _CellRefused(_("is neither full, initials nor count"))
    return LIST_NAMES[text.lower()]


RULES: dict[str, Callable[[str, Provenance], Any]] = {
    "name": _name,
    "country": _country,
    "city": _city,
    "email": _email,
    "sheet": _sheet,
    "list_name": _list_name,
}


def _why(reason: str) -> str:
    return {
        "empty": _("is empty"),
        "too_long": _("is too long"),
        "link": _("holds a link"),
        "control": _("holds characters that cannot be shown"),
    }[reason]
