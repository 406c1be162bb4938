"""The CSV is read back by the csv module, and by spreadsheets without running anything."""

import csv
import io
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petition.deliveries.csv_list import AS_HEADER, HEADER, write_csv, write_csv_table
from petition.deliveries.lines import ListLine, in_stretches

FORMULA = set("=+-@\t\r\n＝＋－＠")


def written(lines) -> bytes:
    stream = io.BytesIO()
    assert write_csv(stream, in_stretches(lines)) == len(lines)
    return stream.getvalue()


def test_every_line_comes_back_in_its_script(people):
    data = written(people)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert data.startswith(b"\xef\xbb\xbfn,country,name,city,shown\r\n1,EG,")
    assert rows[1] == ["1", "EG", "محمد علي حسن", "القاهرة", "full"]
    assert rows[5] == ["5", "KR", "", "", "count"]
    assert rows[8] == ["8", "KR", "최", "부산", "initials"]
    assert rows[10][2:4] == ["'=cmd|' /C calc'!A0", "'+1 (202) 555"]
    assert rows[13][2] == "Zoë <b>&amp;</b> _x0041_"
    assert len(rows) == 1 + len(people)


def test_a_list_of_nobody_has_its_header():
    assert written([]) == b"\xef\xbb\xbfn,country,name,city,shown\r\n"


def test_equal_lines_give_equal_bytes(people):
    assert written(people) == written(people)


def test_batches_join_without_a_seam():
    lines = [ListLine(n, "KR", "South Korea", f"김{n}", None, "full") for n in range(1, 4502)]
    rows = list(csv.reader(io.StringIO(written(lines).decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(1, 4502)]


@pytest.mark.parametrize("at", [1, 249, 250, 251, 600])
@pytest.mark.parametrize(
    ("name", "city"), [("=1+1", None), ("Zoë", "＋1"), ("Zoe\u0308", None), ("Zoë", "-"), ("a\0=b", "\0")]
)
def test_one_field_that_needs_care_among_many_gets_it(at, name, city):
    lines = [ListLine(n, "KR", "South Korea", "김민지", "서울", "full") for n in range(1, 601)]
    lines[at - 1] = lines[at - 1]._replace(name=name, city=city)
    rows = list(csv.reader(io.StringIO(written(lines).decode("utf-8-sig"), newline="")))[1:]
    assert rows.pop(at - 1)[2:4] == [
        f"'{text}" if text and text[0] in FORMULA else text for text in (normalize("NFC", name), city or "")
    ]
    assert {tuple(row[1:]) for row in rows} == {("KR", "김민지", "서울", "full")}


@given(
    st.text(st.sampled_from("=+-@\t\r\n＝＋－＠'\",;ab é"), max_size=6),
    st.text(max_size=8),
)
def test_no_field_can_be_taken_for_a_formula(name, city):
    data = written([ListLine(1, "US", "United States", name, city or None, "full")]).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(data, newline=""))
    assert len(row) == len(header)
    assert not any(field[:1] in FORMULA for field in row if field)
    assert row[2].removeprefix("'") == name.removeprefix("'")


NASTY = st.text(st.sampled_from("=+-@\t\r\n＝＋－＠'\",;\0\u0301 aeé김"), max_size=4) | st.text(max_size=8)
LINES = st.lists(st.tuples(st.sampled_from(["KR", "US", '"']), NASTY, NASTY, st.sampled_from(["full", "count"])))


@given(LINES)
def test_lists_are_written_as_the_csv_module_writes_a_table(entries):
    lines = [
        ListLine(n, code, code, name, city or None, shown) for n, (code, name, city, shown) in enumerate(entries)
    ]
    table = io.BytesIO()
    write_csv_table(table, HEADER, map(AS_HEADER, lines))
    assert written(lines) == table.getvalue()
