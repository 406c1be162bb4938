"""The list as CSV, for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, BinaryIO
from unicodedata import is_normalized, normalize

from petition.deliveries.lines import Stretch

HEADER = ("n", "country", "name", "city", "shown")
AS_HEADER = attrgetter(*HEADER)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_STARTS = re.compile(f"\0[{re.escape(''.join(FORMULA_STARTS))}]")
_QUOTED = '",\r\n'
_BATCH = 250


def write_csv(stream: BinaryIO, stretches: Iterable[Stretch]) -> int:
    """Writes a row for each line of the list, as `write_csv_table` would; returns the number of lines."""
    write_csv_table(stream, HEADER, ())
    count = 0
    for stretch in stretches:
        stream.write(_rows(stretch).encode("utf-8"))
        count += len(stretch.numbers)
    return count


def _rows(stretch: Stretch) -> str:
    """Put together without the csv module, which takes three times as long."""
    (country,) = _cells([stretch.country])
    if not (any(stretch.names) or any(stretch.cities)):
        return "".join(
            [f"{n},{country},,,{shown}\r\n" for n, shown in zip(stretch.numbers, stretch.shown, strict=True)]
        )
    columns = zip(stretch.numbers, _cells(stretch.names), _cells(stretch.cities), stretch.shown, strict=True)
    return "".join([f"{n},{country},{name},{city},{shown}\r\n" for n, name, city, shown in columns])


def _cells(fields: Sequence[str]) -> Sequence[str]:
    """A column of text as it stands in the file. Looking at all fields at once takes a tenth of the time."""
    whole = "\0".join(["", *fields])
    if _is_harmless(whole) and not any(mark in whole for mark in _QUOTED):
        return fields
    return [_cell(_guarded(field)) for field in fields]


def _cell(field: str) -> str:
    """In quotes where it must be (RFC 4180)."""
    if any(mark in field for mark in _QUOTED):
        return '"' + field.replace('"', '""') + '"'
    return field


def write_csv_table(stream: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Writes UTF-8 with BOM, CRLF, a header and the rows; returns the number of rows.

    A field that a spreadsheet could take for a formula gets an apostrophe before it (OWASP, "CSV
    Injection"; the full-width signs because Excel takes them too).
    """
    stream.write(b"\xef\xbb\xbf")
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow(header)
    _turn_over(page, stream)
    source = iter(rows)
    count = 0
    while batch := list(islice(source, _BATCH)):
        writer.writerows(batch if _harmless(batch) else [map(_guarded, row) for row in batch])
        count += len(batch)
        _turn_over(page, stream)
    return count


def _harmless(rows: Iterable[Sequence[Any]]) -> bool:
    """Whether `_guarded` would leave all fields as they are: looking at all at once takes a third of the time."""
    return _is_harmless("\0".join(["", *[field for row in rows for field in row if field.__class__ is str]]))


def _is_harmless(whole: str) -> bool:
    """The same for fields each of which stands after a zero character."""
    return is_normalized("NFC", whole) and not _STARTS.search(whole)


def _guarded(field: Any) -> Any:
    if not isinstance(field, str):
        return field
    field = normalize("NFC", field)
    return f"'{field}" if field.startswith(FORMULA_STARTS) else field


def _turn_over(page: io.StringIO, stream: BinaryIO) -> None:
    stream.write(page.getvalue().encode("utf-8"))
    page.seek(0)
    page.truncate()
