"""The list as an Excel workbook."""

from collections.abc import Iterable
from typing import BinaryIO

from petition.deliveries.csv_list import AS_HEADER, HEADER
from petition.deliveries.heading import ListHeading
from petition.deliveries.lines import ListLine
from petition.deliveries.workbook import ROWS_PER_SHEET, Table, write_workbook

_WIDTHS = (10, 9, 40, 28, 10)


def write_xlsx(
    stream: BinaryIO, lines: Iterable[ListLine], heading: ListHeading, rows_per_sheet: int = ROWS_PER_SHEET
) -> int:
    """Writes a workbook with the columns of the CSV; returns the number of lines. Raises ListError."""
    table = Table(HEADER, _WIDTHS, heading.snapshot_on, heading.title, heading.language)
    return write_workbook(stream, table, map(AS_HEADER, lines), rows_per_sheet)
