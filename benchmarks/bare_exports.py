"""The yardstick of exports: the same columns of the same rows in the same order, with nothing done to them.

Arguments: database URL, csv or xlsx, path. CSV is `COPY TO STDOUT` on PostgreSQL, fetchmany and csv on SQLite.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter

SLUG = "stop-the-repatriation"
FETCH = 5000
ROWS = """
SELECT signature.country,
       CASE WHEN list_name <> 0 THEN name END,
       CASE WHEN list_name <> 0 THEN city END,
       list_name
FROM signature JOIN signer ON signer.bucket = signature.bucket AND signer.signature_id = signature.id
WHERE petition_id = (SELECT id FROM petition WHERE slug = '{slug}') AND state = 1
ORDER BY signature.country, list_name DESC, CASE WHEN list_name = 2 THEN name END{collate}, address_hash, place
"""


def copy(url: str, path: Path) -> None:
    """Lets PostgreSQL write the CSV."""
    select = f"COPY ({_postgresql()}) TO STDOUT (FORMAT csv)"
    with psycopg.connect(url) as connection, connection.cursor().copy(select) as out, path.open("wb") as file:
        for block in out:
            file.write(block)


def _postgresql() -> Any:
    return ROWS.format(slug=SLUG, collate=' COLLATE "C"')


def postgresql_rows(url: str) -> Iterator[Any]:
    """The rows, fetched as they are used."""
    with psycopg.connect(url) as connection, connection.cursor("rows") as cursor:
        cursor.itersize = FETCH
        cursor.execute(_postgresql())
        yield from cursor


def sqlite_rows(file: str) -> Iterator[Any]:
    """The rows, fetched as they are used."""
    with closing(sqlite3.connect(file)) as connection:
        cursor = connection.execute(ROWS.format(slug=SLUG, collate=""))
        while part := cursor.fetchmany(FETCH):
            yield from part


def write_csv(rows: Iterable[Any], path: Path) -> None:
    """Python's own csv."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def write_xlsx(rows: Iterable[Any], path: Path) -> None:
    """XlsxWriter in flat memory, a cell at a time; the number stands in the first."""
    options = {"constant_memory": True, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options | {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        sheet = workbook.add_worksheet()
        for number, (country, name, city, shown) in enumerate(rows):
            sheet.write_number(number, 0, number)
            sheet.write_string(number, 1, country)
            if name:
                sheet.write_string(number, 2, name)
            if city:
                sheet.write_string(number, 3, city)
            sheet.write_string(number, 4, str(shown))


def main(url: str, format_: str, path: Path) -> None:
    """Writes one file."""
    postgresql = url.startswith("postgresql")
    plain = url.replace("+psycopg", "") if postgresql else url.removeprefix("sqlite:///")
    if format_ == "csv" and postgresql:
        copy(plain, path)
        return
    rows = postgresql_rows(plain) if postgresql else sqlite_rows(plain)
    (write_xlsx if format_ == "xlsx" else write_csv)(rows, path)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
