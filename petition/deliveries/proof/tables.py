"""Whether `list.csv` and `list.xlsx` say the same as `list.jsonl`, cell by cell."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest

from petition.deliveries.proof.faults import Fault
from petition.deliveries.proof.sources import Part
from petition.deliveries.proof.workbook_rows import rows as workbook_rows

HEADER = ("n", "country", "name", "city", "shown")
GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet could take for the start of a formula: in the CSV an apostrophe stands before it."""
LONGEST_ROW = 1 << 17

Row = tuple[str, ...]


def faults(jsonl: Part, csv_list: Part, workbook: Part) -> Iterator[Fault]:
    """The first line where each of the two differs; `jsonl` must have passed its own checks."""
    largest = 8 * jsonl.size + (4 << 20)
    yield from _compared(csv_list.name, _lines(jsonl, guarded=True), _csv_rows(csv_list))
    yield from _compared(workbook.name, _lines(jsonl, guarded=False), workbook_rows(workbook, HEADER, largest))


def _compared(name: str, lines: Iterator[Row], rows: Iterator[Row]) -> Iterator[Fault]:
    with closing(lines), closing(rows):  # type: ignore[type-var]
        try:
            for n, (line, row) in enumerate(zip_longest(lines, rows), start=1):
                if line != row:
                    code = "rows_too_many" if line is None else "rows_missing" if row is None else "cells_differ"
                    yield Fault(code, name=name, **({} if line is None else {"n": n}))
                    return
        except Fault as fault:
            yield Fault("table_broken", name=name, why=fault)


def _lines(part: Part, guarded: bool) -> Iterator[Row]:
    with part.open() as file:
        for line in file:
            found = json.loads(line)
            name, city = found.get("name", ""), found.get("city", "")
            if guarded:
                name, city = _guarded(name), _guarded(city)
            yield str(found["n"]), found["country"], name, city, found["shown"]


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(GUARDED) else text


def _csv_rows(part: Part) -> Iterator[Row]:
    with part.open() as file:
        try:
            if file.read(3) != b"\xef\xbb\xbf":
                raise Fault("table_not_csv")
            rows = csv.reader(_short_lines(io.TextIOWrapper(file, "utf-8", newline="")), strict=True)
            if next(rows, None) != list(HEADER):
                raise Fault("table_heading")
            yield from map(tuple, rows)
        except (csv.Error, UnicodeDecodeError):
            raise Fault("table_not_csv") from None


def _short_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_ROW):
        if not line.endswith("\r\n"):
            raise Fault("table_not_csv")
        yield line
