"""The list as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, BinaryIO
from unicodedata import normalize

from petition.deliveries.lines import ListLine

HEADER = ("n", "country", "name", "city", "shown")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BATCH = 2000


def write_csv(stream: BinaryIO, lines: Iterable[ListLine]) -> int:
    """Writes a row for each line of the list; returns the number of lines."""
    rows = ((line.n, line.country, line.name, line.city, line.shown) for line in lines)
    return write_csv_table(stream, HEADER, rows)


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
        writer.writerows([map(_guarded, row) for row in batch])
        count += len(batch)
        _turn_over(page, stream)
    return count


def _guarded(field: Any) -> Any:
    if not isinstance(field, str):
        return field
    field = normalize("NFC", field)
    return f"'{field}" if field.startswith(FORMULA_STARTS) else field


def _turn_over(page: io.StringIO, stream: BinaryIO) -> None:
    stream.write(page.getvalue().encode("utf-8"))
    page.seek(0)
    page.truncate()
