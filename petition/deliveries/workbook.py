"""A table as an Excel workbook, written in flat memory; its bytes depend on its content alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO
from unicodedata import normalize

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.worksheet import Worksheet

from petition.deliveries.atomic import scratch_folder
from petition.deliveries.lines import ListError

ROWS_PER_SHEET = 1_048_575  # Excel's 1,048,576 rows less the header
NEVER = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}


@dataclass(frozen=True, slots=True)
class Table:
    """What stands above the rows of every sheet, and about the workbook in its properties."""

    header: Sequence[str]
    widths: Sequence[int]
    created: date
    title: str = ""
    language: str = ""
    """BCP 47 tag of the title."""


def write_workbook(
    stream: BinaryIO, table: Table, rows: Iterable[Sequence[Any]], rows_per_sheet: int = ROWS_PER_SHEET
) -> int:
    """Writes the rows, on as many sheets as it takes; returns their number.

    Cells of text are text, never formulas or links. Nothing reaches `stream` before the workbook is whole.
    Raises ListError for a text that no cell can hold (32,767 characters).
    """
    with scratch_folder() as folder:
        path = folder / "list.xlsx"
        with _workbook(path, table) as workbook:
            count = _fill(workbook, table, rows, rows_per_sheet)
        with path.open("rb") as whole:
            shutil.copyfileobj(whole, stream, 1 << 20)
    return count


@contextmanager
def _workbook(path: Path, table: Table) -> Iterator[xlsxwriter.Workbook]:
    workbook = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent), **NEVER})
    created = datetime.combine(table.created, time(), UTC)
    workbook.set_properties({"title": normalize("NFC", table.title), "created": created})
    if table.language:
        workbook.set_custom_property("Language", table.language, "text")
    try:
        yield workbook
        workbook.close()
    except XlsxWriterException as error:
        raise ListError(f"the workbook could not be written: {error}") from None
    finally:
        for sheet in workbook.worksheets():
            sheet._opt_close()  # a workbook broken off is not worth finishing


def _fill(workbook: xlsxwriter.Workbook, table: Table, rows: Iterable[Sequence[Any]], rows_per_sheet: int) -> int:
    bold = workbook.add_format({"bold": True})
    sheet = _sheet(workbook, table, bold)
    count = row = 0
    for cells in rows:
        if row == rows_per_sheet:
            sheet, row = _sheet(workbook, table, bold), 0
        row += 1
        count += 1
        _write_row(sheet, row, cells)
    return count


def _sheet(workbook: xlsxwriter.Workbook, table: Table, bold: Any) -> Worksheet:
    number = len(workbook.worksheets()) + 1
    sheet = workbook.add_worksheet("List" if number == 1 else f"List {number}")
    for column, width in enumerate(table.widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    for column, word in enumerate(table.header):
        sheet.write_string(0, column, word, bold)
    return sheet


def _write_row(sheet: Worksheet, row: int, cells: Sequence[Any]) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            if cell and sheet.write_string(row, column, normalize("NFC", cell)):
                raise ListError(f"line {cells[0]} is too long for a cell of a workbook")
        elif isinstance(cell, bool):
            sheet.write_boolean(row, column, cell)
        elif cell is not None:
            sheet.write_number(row, column, cell)
