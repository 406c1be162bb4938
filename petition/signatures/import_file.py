"""A list from elsewhere as a file: its encoding, its separator, its columns (docs/collected-elsewhere.md).

Nothing here knows what a cell means. Every record is given with its number, the header being number 1, as
spreadsheets count.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from flask_babel import gettext as _

from petition.core.errors import DomainError
from petition.core.names import folded

ENCODINGS = ("utf-8", "utf-16", "windows-1252")
SEPARATORS = ",;\t"
LOST = "\ufffd"
"""What bytes become that the encoding does not know; a cell of ours with it is refused."""
SYNONYMS = {
    "name": ("name", "full name", "signer"),
    "country": ("country", "country code", "nation"),
    "city": ("city", "town", "place"),
    "email": ("email", "e-mail", "mail", "email address", "e-mail address"),
    "sheet": ("sheet", "sheet number"),
    "list_name": ("list_name", "name on lists"),
}


def plain(heading: str) -> str:
    """A heading without what people write differently: case, spaces, hyphens, underscores."""
    return "".join(letter for letter in folded(heading) if letter.isalnum())


FIELDS = {plain(heading): field for field, headings in SYNONYMS.items() for heading in headings}


class FileRefused(DomainError):
    """A list cannot be read at all; the words say what to change."""

    code = "file_refused"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a list: its cells by field, or in `broken` why it has none."""

    number: int
    cells: dict[str, str]
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """Where each field stands, how many cells a record has, and the headings that mean nothing to us."""

    separator: str
    places: dict[str, int]
    width: int
    not_read: tuple[str, ...]


class ListFile:
    """A list from elsewhere, read once from its beginning, a record at a time. Raises FileRefused."""

    def __init__(self, stream: BinaryIO, encoding: str | None = None) -> None:
        self.encoding = encoding or _encoding(stream)
        codec = {"utf-8": "utf-8-sig"}.get(self.encoding, self.encoding)
        try:
            self._text = io.TextIOWrapper(stream, codec, errors="replace", newline="")
            first = self._text.readline(MOST_HEADER)
        except UnicodeError:  # UTF-16 without its mark
            raise FileRefused(_("This is not UTF-16. Save the list as UTF-8.")) from None
        self.header = _header(first, self.encoding)

    def records(self) -> Iterator[Record]:
        """All records below the header; empty ones are passed over, but counted."""
        reader = csv.reader(self._text, delimiter=self.header.separator, strict=True)
        number = 1
        while True:
            number, began = number + 1, reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield Record(number, {}, _unclosed(reader.line_num - began))
                continue
            if any(map(str.strip, cells)):
                yield self._record(number, cells)

    def _record(self, number: int, cells: list[str]) -> Record:
        width = self.header.width
        if len(cells) < width or any(map(str.strip, cells[width:])):
            return Record(
                number, {}, _("has %(cells)s cells, the header has %(width)s", cells=len(cells), width=width)
            )
        return Record(number, {field: cells[place] for field, place in self.header.places.items()})

    def let_go(self) -> None:
        """Leaves the stream open to whoever gave it."""
        self._text.detach()


MOST_HEADER = 10_000


def _unclosed(lines: int) -> str:
    if lines > 1:
        return _("a quotation mark is not closed, and %(lines)s lines were lost after it", lines=lines)
    return _("a quotation mark stands in the wrong place")


def _encoding(stream: BinaryIO) -> str:
    beginning = stream.read(2)
    stream.seek(0)
    return "utf-16" if beginning in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"


def _header(line: str, encoding: str) -> Header:
    if LOST in line or "\0" in line:
        raise FileRefused(_("The first line is not in %(encoding)s: choose another encoding.", encoding=encoding))
    found = [_parsed(line, separator) for separator in SEPARATORS]
    header = max(found, key=lambda one: len(one.places))
    if not header.places:
        raise FileRefused(_("The first line must name the columns: name, country, and others if you like."))
    return header


def _parsed(line: str, separator: str) -> Header:
    try:
        headings = next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        headings = []
    while headings and not headings[-1].strip():
        headings.pop()
    fields = [FIELDS.get(plain(heading)) for heading in headings]
    _refuse_doubles(headings, fields)
    return Header(
        separator,
        {field: place for place, field in enumerate(fields) if field},
        len(headings),
        tuple(heading.strip() for heading, field in zip(headings, fields, strict=True) if not field),
    )


def _refuse_doubles(headings: list[str], fields: list[str | None]) -> None:
    meant = Counter(field or plain(heading) for heading, field in zip(headings, fields, strict=True))
    for double, times in meant.items():
        if double and times > 1:
            raise FileRefused(_("Two columns are called “%(name)s”: keep one of them.", name=double))
