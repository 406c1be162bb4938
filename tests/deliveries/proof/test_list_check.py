"""The list as it streams by: the same is found wherever it is cut in pieces, fast or slow."""

from __future__ import annotations

import json

import pytest
import rfc8785

from petition.deliveries.proof import tree
from petition.deliveries.proof.list_check import ListCheck
from tests.deliveries.proof.packages import package

NAMES = ["a", 'a"', 'a"b', "aBb", "a\\", "a\\\\", 'a\\"', "a]", "aé", "a가", "a😀", '"', "\\", '\\"\\"', "'=x"]
MADE = package([("KR", shown, name, name) for shown in ("full", "initials") for name in NAMES])
PIECES = [1, 7, 200, 1 << 20]


def checked(lines: list[bytes], piece: int) -> tuple[list[str], bytes]:
    """The faults and the root of lines that come in pieces of so many bytes."""
    content = b"".join(line + b"\n" for line in lines)
    seen = ListCheck()
    root = seen.root(content[at : at + piece] for at in range(0, len(content), piece))
    return [str(fault) for fault in seen.finish()], root


@pytest.mark.parametrize("piece", PIECES)
def test_names_with_signs_that_json_escapes_stand_in_the_order_of_what_they_say(piece: int) -> None:
    names = [json.loads(line)["name"] for line in MADE.lines]
    assert names == sorted(NAMES) * 2
    assert checked(MADE.lines, piece) == ([], tree.root(map(tree.leaf, MADE.lines)))


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("place", range(len(MADE.lines) - 1))
def test_two_lines_changed_about_are_found_wherever_the_file_is_cut(place: int, piece: int) -> None:
    lines = list(MADE.lines)
    lines[place], lines[place + 1] = (
        rfc8785.dumps({**json.loads(line), "n": n})
        for n, line in ((place + 1, lines[place + 1]), (place + 2, lines[place]))
    )
    faults, _root = checked(lines, piece)
    assert faults == [
        f"list.jsonl, line {place + 2}: It does not come after the line before it (country, shown, name, c)."
    ]


@pytest.mark.parametrize("piece", PIECES)
def test_a_line_without_end_is_not_kept(piece: int) -> None:
    faults, _root = checked([*MADE.lines, b"x" * 70_000], max(piece, 200))
    assert faults[0] == f"list.jsonl, line {len(MADE.lines) + 1}: A line is longer than any line can be."
