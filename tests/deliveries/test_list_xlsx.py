"""The workbook is read back by openpyxl: text is text, in as many sheets as it takes."""

import io
import zipfile
from datetime import date, datetime
from unicodedata import normalize

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from petition.deliveries.heading import ListHeading
from petition.deliveries.lines import ListError, ListLine
from petition.deliveries.xlsx_list import write_xlsx


def written(lines, heading, **limits) -> bytes:
    stream = io.BytesIO()
    assert write_xlsx(stream, iter(lines), heading, **limits) == len(lines)
    return stream.getvalue()


def test_every_line_comes_back_and_every_text_is_of_type_string(people, heading_of):
    book = openpyxl.load_workbook(io.BytesIO(written(people, heading_of(people))))
    header, *rows = book.active.iter_rows()
    assert [cell.value for cell in header] == ["n", "country", "name", "city", "shown"]
    for line, (n, *texts) in zip(people, rows, strict=True):
        assert (n.value, n.data_type) == (line.n, "n")
        assert [unescape(cell.value or "") for cell in texts] == [
            normalize("NFC", text or "") for text in (line.country, line.name, line.city, line.shown)
        ]
        assert {cell.data_type for cell in texts if cell.value} == {"s"}
    assert book.active.freeze_panes == "A2"


def test_properties_name_the_list_and_nobody(people, heading_of):
    data = written(people, heading_of(people))
    properties = openpyxl.load_workbook(io.BytesIO(data)).properties
    assert properties.title == "Stop sending North Korean refugees back"
    assert properties.created == datetime(2012, 2, 29)  # noqa: DTZ001 (openpyxl reads it so)
    assert not properties.creator
    assert not properties.lastModifiedBy


def test_equal_lines_give_equal_bytes(people, heading_of):
    assert written(people, heading_of(people)) == written(people, heading_of(people))


def test_a_full_sheet_is_followed_by_another(people, heading_of):
    book = openpyxl.load_workbook(io.BytesIO(written(people, heading_of(people), rows_per_sheet=5)))
    assert book.sheetnames == ["List", "List 2", "List 3"]
    assert [[row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in book] == [
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10],
        [11, 12, 13, 14, 15],
    ]
    assert all(sheet["A1"].value == "n" for sheet in book)


def test_a_list_of_nobody_is_a_workbook_too(heading_of):
    book = openpyxl.load_workbook(io.BytesIO(written([], heading_of([]))))
    assert book.active.max_row == 1


def test_a_text_too_long_for_a_cell_is_refused_and_nothing_is_written(heading_of):
    stream = io.BytesIO()
    lines = [ListLine(1, "US", "United States", "x" * 40_000, None, "full")]
    with pytest.raises(ListError, match="line 1 is too long"):
        write_xlsx(stream, lines, heading_of(lines))
    assert stream.getvalue() == b""


@settings(max_examples=40, deadline=None)
@given(name=st.text(st.sampled_from("=+-@_x004A1{}<>&\"' \t\r\n\x00\x1b\ufffe한é"), min_size=1, max_size=9))
def test_no_text_is_read_as_a_formula_or_an_escape(name):
    lines = [ListLine(1, "US", "United States", name, name, "full")]
    heading = ListHeading("Title", "the President", "en", date(2012, 2, 29), 1, [("US", "United States", 1)])
    data = written(lines, heading)
    cell = openpyxl.load_workbook(io.BytesIO(data)).active["C2"]
    assert unescape(cell.value or "") == name
    assert cell.data_type in ("s", "n") or not cell.value
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
