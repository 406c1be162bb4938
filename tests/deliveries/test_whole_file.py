"""A file has its final name only when it is whole."""

import os

import pytest

from petition.deliveries.atomic import whole_file
from petition.deliveries.csv_list import write_csv
from petition.deliveries.jsonl_list import write_jsonl
from petition.deliveries.lines import ListError, in_stretches
from petition.deliveries.pdf_list import write_pdf
from petition.deliveries.xlsx_list import write_xlsx


def test_the_file_appears_when_the_block_ends_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "list.csv"
    with whole_file(path) as stream:
        stream.write(b"half")
        assert not path.exists()
        assert all(part.stat().st_mode & 0o777 == 0o600 for part in tmp_path.iterdir())
    assert path.read_bytes() == b"half"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["list.csv"]


def fail_halfway(stream, error):
    stream.write(b"half")
    raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_nothing_and_keeps_the_former_file(tmp_path, error):
    path = tmp_path / "list.csv"
    path.write_bytes(b"former")
    with pytest.raises(error), whole_file(path) as stream:
        fail_halfway(stream, error)
    assert path.read_bytes() == b"former"
    assert os.listdir(tmp_path) == ["list.csv"]


def breaks_off(lines):
    yield from lines[:5]
    raise ListError("the database went away")


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "pdf"])
def test_lines_that_break_off_leave_nothing_under_the_final_name(tmp_path, people, heading_of, form):
    heading = heading_of(people)
    writers = {
        "csv": lambda stream, lines: write_csv(stream, in_stretches(lines)),
        "jsonl": lambda stream, lines: write_jsonl(stream, in_stretches(lines)),
        "xlsx": lambda stream, lines: write_xlsx(stream, lines, heading),
        "pdf": lambda stream, lines: write_pdf(stream, lines, heading, rows_per_volume=2),
    }
    with pytest.raises(ListError, match="went away"), whole_file(tmp_path / "list") as stream:
        writers[form](stream, breaks_off(people))
    assert os.listdir(tmp_path) == []
