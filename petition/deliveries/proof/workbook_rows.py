"""The rows of a workbook, read in flat memory by a parser that knows the few words a list is written in.

Anything else in it (a formula, a link, a shared text, a document type, another part) is refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO
from xml.parsers import expat

from petition.deliveries.proof.faults import Fault
from petition.deliveries.proof.sources import Part

CHUNK = 1 << 16
LONGEST_MARKUP = 1 << 20
"""Bytes without the end of any tag, after which it is no list."""
LONGEST_CELL = 1 << 17
_PARTS = {
    "[Content_Types].xml",
    "_rels/.rels",
    "docProps/app.xml",
    "docProps/core.xml",
    "docProps/custom.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/theme/theme1.xml",
    "xl/workbook.xml",
}
_AROUND = "worksheet dimension sheetViews sheetView pane selection sheetFormatPr cols col sheetData pageMargins"
_WORDS = {*_AROUND.split(), "row", "c", "is", "t", "v"}
_ESCAPED = re.compile("_x([0-9A-F]{4})_")  # how a workbook writes what XML cannot

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError, RuntimeError, ValueError),
)
"""What the readers of ZIP and XML raise for files that are none."""

Row = tuple[str, ...]


def rows(part: Part, header: Sequence[str], largest: int) -> Iterator[Row]:
    """The rows of all sheets in order, without their headings; an empty cell is "". `largest` are the bytes to which
    it may unpack. Raises Fault."""
    with part.open() as file:
        try:
            with zipfile.ZipFile(file) as workbook:
                for name in _sheets(workbook, largest):
                    with workbook.open(name) as sheet:
                        yield from _rows_of_sheet(sheet, header)
        except Fault:
            raise
        except _BROKEN:
            raise Fault("table_not_workbook") from None


def _sheets(workbook: zipfile.ZipFile, largest: int) -> list[str]:
    found = workbook.infolist()
    names = [one.filename for one in found]
    sheets = [name for name in names if name.startswith("xl/worksheets/sheet")]
    expected = [f"xl/worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)]
    packed = {one.compress_type for one in found}
    if sorted(names) != sorted(_PARTS.union(expected)) or not packed <= {zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED}:
        raise Fault("table_not_workbook")
    if sum(one.file_size for one in found) > largest:
        raise Fault("table_swells")
    return expected


def _rows_of_sheet(sheet: IO[bytes], header: Sequence[str]) -> Iterator[Row]:
    reader = _Reader(len(header))
    first = True
    while chunk := sheet.read(CHUNK):
        for row in reader.feed(chunk):
            if first and row != tuple(header):
                raise Fault("table_heading")
            if not first:
                yield row
            first = False
    reader.feed(b"", last=True)
    if first:
        raise Fault("table_heading")


class _Reader:
    """Turns the XML of a sheet into rows."""

    def __init__(self, columns: int) -> None:
        self._columns = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:columns]
        self._rows: list[Row] = []
        self._number = 0
        self._cells: dict[str, str] = {}
        self._place = ""
        self._text: list[str] | None = None
        self._length = 0
        self._fed = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._refuse
        parser.ProcessingInstructionHandler = self._refuse
        self._parser = parser

    def feed(self, chunk: bytes, last: bool = False) -> list[Row]:
        """The rows that ended in this piece."""
        self._rows = []
        self._parser.Parse(chunk, last)
        self._fed += len(chunk)
        if self._fed - self._parser.CurrentByteIndex > LONGEST_MARKUP:
            raise Fault("table_not_workbook")
        return self._rows

    def _start(self, word: str, attributes: dict[str, str]) -> None:
        if word == "c":
            self._place = attributes.get("r", "") if attributes.get("t", "n") in ("inlineStr", "n") else ""
            if self._place[:1] not in self._columns or self._place[1:] != str(self._number):
                raise Fault("table_formula")
        elif word in ("t", "v"):
            self._text, self._length = [], 0
        elif word == "row":
            self._number += 1
            if attributes.get("r") != str(self._number):
                raise Fault("table_not_workbook")
        elif word not in _WORDS:
            raise Fault("table_formula")

    def _data(self, text: str) -> None:
        if self._text is None:
            return
        self._text.append(text)
        self._length += len(text)
        if self._length > LONGEST_CELL:
            raise Fault("table_not_workbook")

    def _end(self, word: str) -> None:
        if word in ("t", "v"):
            text = "".join(self._text or [])
            if self._place in self._cells:
                raise Fault("table_formula")
            self._cells[self._place] = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
            self._text = None
        elif word == "row":
            self._rows.append(tuple(self._cells.get(f"{column}{self._number}", "") for column in self._columns))
            self._cells = {}

    def _refuse(self, *_anything: object) -> None:
        raise Fault("table_not_workbook")
