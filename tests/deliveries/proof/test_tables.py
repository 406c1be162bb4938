"""`--deep`: the cells of CSV and XLSX are those of the list."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition.deliveries import csv_list
from petition.deliveries.proof import tables
from petition.deliveries.proof.report import Report
from petition.deliveries.proof.verify import check
from tests.deliveries.proof.packages import PEOPLE, package

Check = Callable[..., Report]
CSV, XLSX = package().files["list.csv"], package().files["list.xlsx"]
SHEET = "xl/worksheets/sheet1.xml"


def codes(report: Report) -> list[str]:
    """The codes of the faults; of a table that cannot be read, the code of why."""
    return [getattr(fault.values.get("why"), "code", fault.code) for fault in report.faults]


def sentences(checked: Check, **files: bytes) -> list[str]:
    """What is said of a package in which a table was exchanged, everything else made to fit."""
    made = package()
    made.files |= {name.replace("_", "."): content for name, content in files.items()}
    report = checked(made.sign().zip(), deep=True)
    assert checked(made.zip()).ok, "only --deep sees it"
    return codes(report)


def test_the_guard_is_that_of_the_writer() -> None:
    assert tables.GUARDED == csv_list.FORMULA_STARTS
    assert tables.HEADER == csv_list.HEADER


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("김민지", "김민수", "cells_differ"),
        ("김민지,서울,full", "김민지,서울,full,x", "cells_differ"),
        ("김민지,서울,full", "김민지,서울", "cells_differ"),
        ("4,KR,,,count", "4,KR,박지우,,count", "cells_differ"),
        ("4,KR,,,count\r\n", "", "cells_differ"),
        ("'=cmd", "=cmd", "cells_differ"),
        ("'＠SUM", "＠SUM", "cells_differ"),
        ("n,country", "N,country", "table_heading"),
        ("\ufeff", "", "table_not_csv"),
        ("\r\n", "\n", "table_not_csv"),
        ("김민지", '김"민지', "cells_differ"),
        ("김민지", '"김"민지', "table_not_csv"),
        ("김민지", "x" * 200_000, "table_not_csv"),
        ("김민지", "\0", "cells_differ"),
    ],
)
def test_a_csv_that_says_something_else_is_refused(checked: Check, old: str, new: str, code: str) -> None:
    text = CSV.decode()
    assert old in text
    assert sentences(checked, list_csv=text.replace(old, new).encode()) == [code]


def test_a_csv_that_ends_early_or_goes_on_is_refused(checked: Check) -> None:
    assert sentences(checked, list_csv=CSV[: CSV.rindex(b"12,US")]) == ["rows_missing"]
    assert sentences(checked, list_csv=CSV + b"13,US,Eve,,full\r\n") == ["rows_too_many"]
    assert sentences(checked, list_csv=CSV + b"\xff\r\n") == ["table_not_csv"]
    assert sentences(checked, list_csv=b"") == ["table_not_csv"]


def rezipped(name: str, change: Callable[[str], str], method: int = zipfile.ZIP_DEFLATED, **more: str) -> bytes:
    """The workbook with one of its parts changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(XLSX)) as old, zipfile.ZipFile(stream, "w", method) as new:
        for one in old.namelist():
            text = old.read(one).decode()
            if one == name:
                assert change(text) != text
                text = change(text)
            new.writestr(one, text)
        for one, text in more.items():
            new.writestr(one, text)
    return stream.getvalue()


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


WORKBOOKS = {
    "another name": ("cells_differ", replaced("山田 太郎", "山田 次郎")),
    "another number": ("cells_differ", replaced("<v>3</v>", "<v>4</v>")),
    "a formula": ("table_formula", replaced("<v>3</v>", "<f>1+2</f><v>3</v>")),
    "a shared text": ("table_formula", replaced('t="inlineStr"', 't="s"')),
    "a cell beside the list": (
        "table_formula",
        lambda text: text.replace('<c r="E2"', '<c r="F2" t="n"><v>1</v></c><c r="E2"', 1),
    ),
    "a cell twice": ("table_formula", lambda text: text.replace("</row>", '<c r="A1"><v>1</v></c></row>', 1)),
    "a cell of another row": ("table_formula", replaced('<c r="A3"', '<c r="A4"')),
    "a cell without a place": ("table_formula", replaced('<c r="A3"', "<c")),
    "a row left out": ("table_not_workbook", lambda text: re.sub(r'<row r="3".*?</row>', "", text)),
    "a last row left out": ("cells_differ", lambda text: re.sub(r'<row r="8".*?</row>', "", text)),
    "a link": (
        "table_formula",
        replaced("</sheetData>", '</sheetData><hyperlinks><hyperlink ref="A1"/></hyperlinks>'),
    ),
    "entities": (
        "table_not_workbook",
        replaced("<worksheet", '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><worksheet'),
    ),
    "no XML": ("table_not_workbook", lambda text: "no XML"),
    "no rows": ("table_heading", lambda text: re.sub(r"<row.*</row>", "", text, flags=re.DOTALL)),
    "another heading": ("table_heading", replaced("<t>country</t>", "<t>state</t>")),
    "a bomb": ("table_swells", replaced("<sheetData>", "<sheetData>" + " " * (8 << 20))),
    "a tag without end": ("table_not_workbook", replaced("<sheetData>", "<sheetData " + " " * (3 << 20) + ">")),
    "a cell without end": ("table_not_workbook", replaced("山田", "山" * 200_000)),
}


@pytest.mark.parametrize("attack", WORKBOOKS)
def test_a_workbook_that_says_something_else_is_refused(checked: Check, attack: str) -> None:
    code, change = WORKBOOKS[attack]
    assert sentences(checked, list_xlsx=rezipped(SHEET, change)) == [code]


def test_a_workbook_of_other_parts_is_refused(checked: Check) -> None:
    same = str.upper
    assert sentences(checked, list_xlsx=b"PK no workbook") == ["table_not_workbook"]
    assert sentences(checked, list_xlsx=XLSX[:-30]) == ["table_not_workbook"]
    extra = rezipped("docProps/app.xml", same, **{"xl/vbaProject.bin": "macro"})
    assert sentences(checked, list_xlsx=extra) == ["table_not_workbook"]
    packed = rezipped("docProps/app.xml", same, zipfile.ZIP_BZIP2)
    assert sentences(checked, list_xlsx=packed) == ["table_not_workbook"]
    third = rezipped("docProps/app.xml", same, **{"xl/worksheets/sheet3.xml": "<worksheet/>"})
    assert sentences(checked, list_xlsx=third) == ["table_heading"]


def test_a_damaged_workbook_is_refused(checked: Check) -> None:
    broken = bytearray(XLSX)
    broken[XLSX.index(b"sheet1.xml") + 60] ^= 255
    assert sentences(checked, list_xlsx=bytes(broken))[0] in ("table_not_workbook", "cells_differ")


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=8)), max_size=8))
def test_whatever_names_are_the_tables_agree(
    tmp_path_factory: pytest.TempPathFactory, named: list[tuple[str, str]]
) -> None:
    people = [("KR", "full", name, city or None) for name, city in named]
    path = package([*people, PEOPLE[0]]).pack(tmp_path_factory.mktemp("deep") / "package.zip")
    assert check(path, deep=True).faults == []


def test_a_workbook_with_a_name_that_is_no_text_is_refused(checked: Check) -> None:
    name = "xl/nämes.xml"
    broken = rezipped(SHEET, replaced("山田", "山本"), **{name: ""}).replace("ä".encode(), b"\xff\xff")
    assert sentences(checked, list_xlsx=broken) == ["table_not_workbook"]
