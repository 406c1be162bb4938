"""The list as an Excel workbook."""

import shutil
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import BinaryIO
from unicodedata import normalize

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from petition.deliveries.csv_list import HEADER
from petition.deliveries.heading import ListHeading
from petition.deliveries.lines import ListError, ListLine

ROWS_PER_SHEET = 1_048_575  # Excel's 1,048,576 rows less the header
_WIDTHS = (10, 9, 40, 28, 10)


def write_xlsx(
    stream: BinaryIO, lines: Iterable[ListLine], heading: ListHeading, rows_per_sheet: int = ROWS_PER_SHEET
) -> int:
    """Writes a workbook with the columns of the CSV; returns the number of lines.

    Cells of text are text, never formulas or links. The bytes depend on the lines and the heading
    alone. Nothing reaches `stream` before the workbook is whole. Raises ListError for a text that
    no cell can hold (32,767 characters).
    """
    with tempfile.TemporaryDirectory(prefix="petition-xlsx-") as folder:
        scratch = Path(folder, "list.xlsx")
        with _workbook(scratch, heading) as workbook:
            count = _fill(workbook, lines, rows_per_sheet)
        with scratch.open("rb") as whole:
            shutil.copyfileobj(whole, stream, 1 << 20)
    return count


def _workbook(path: Path, heading: ListHeading) -> xlsxwriter.Workbook:
    never = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent), **never})
    day = datetime.combine(heading.snapshot_on, time(), UTC)
    workbook.set_properties({"title": normalize("NFC", heading.title), "created": day})
    return workbook


def _fill(workbook: xlsxwriter.Workbook, lines: Iterable[ListLine], rows_per_sheet: int) -> int:
    sheet = _sheet(workbook)
    count = row = 0
    for line in lines:
        if row == rows_per_sheet:
            sheet, row = _sheet(workbook), 0
        row += 1
        count += 1
        _write_row(sheet, row, line)
    return count


def _sheet(workbook: xlsxwriter.Workbook) -> Worksheet:
    number = len(workbook.worksheets()) + 1
    sheet = workbook.add_worksheet("List" if number == 1 else f"List {number}")
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    bold = workbook.add_format({"bold": True})
    for column, word in enumerate(HEADER):
        sheet.write_string(0, column, word, bold)
    return sheet


def _write_row(sheet: Worksheet, row: int, line: ListLine) -> None:
    sheet.write_number(row, 0, line.n)
    for column, text in enumerate((line.country, line.name, line.city or "", line.shown), start=1):
        if text and sheet.write_string(row, column, normalize("NFC", text)):
            raise ListError(f"line {line.n} is too long for a cell of a workbook")
