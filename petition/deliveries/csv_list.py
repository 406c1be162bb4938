"""The list as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO
from unicodedata import normalize

from petition.deliveries.lines import ListLine

HEADER = ("n", "country", "name", "city", "shown")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BATCH = 2000


def write_csv(stream: BinaryIO, lines: Iterable[ListLine]) -> int:
    """Writes UTF-8 with BOM, CRLF, a header and a row per line; returns the number of lines.

    A field that a spreadsheet could take for a formula gets an apostrophe before it (OWASP, "CSV
    Injection"; the full-width signs because Excel takes them too).
    """
    stream.write(b"\xef\xbb\xbf")
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow(HEADER)
    _turn_over(page, stream)
    rows = _rows(lines)
    count = 0
    while batch := list(islice(rows, _BATCH)):
        writer.writerows(batch)
        count += len(batch)
        _turn_over(page, stream)
    return count


def _rows(lines: Iterable[ListLine]) -> Iterator[tuple[int, str, str, str, str]]:
    for line in lines:
        yield line.n, line.country, guarded(line.name), guarded(line.city or ""), line.shown


def guarded(field: str) -> str:
    """The field, with an apostrophe before what a spreadsheet could take for a formula."""
    field = normalize("NFC", field)
    return f"'{field}" if field.startswith(FORMULA_STARTS) else field


def _turn_over(page: io.StringIO, stream: BinaryIO) -> None:
    stream.write(page.getvalue().encode("utf-8"))
    page.seek(0)
    page.truncate()
