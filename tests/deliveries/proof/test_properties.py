"""What holds for any package: no byte, line or order can change unseen, and every receipt verifies."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition.deliveries.proof import manifest, tree
from petition.deliveries.proof.report import Report
from petition.deliveries.proof.verify import check
from tests.deliveries.proof.packages import package

MADE = package()
WHOLE = MADE.zip()
few = settings(max_examples=60, derandomize=True, deadline=None)
texts = st.text(max_size=12)
people = st.lists(
    st.tuples(
        st.sampled_from(["KR", "US", "DE"]),
        st.sampled_from(["full", "initials", "count"]),
        st.text(min_size=1, max_size=12),
        texts | st.none(),
    ),
    max_size=12,
)


def checked(content: bytes, **options: object) -> Report:
    with TemporaryDirectory() as folder:
        path = Path(folder, "given")
        path.write_bytes(content)
        return check(path, **options)  # type: ignore[arg-type]


@settings(max_examples=250, derandomize=True, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_every_single_byte_change_of_the_zip_is_found(place: int, bits: int) -> None:
    content = bytearray(WHOLE)
    content[place] ^= bits
    report = checked(bytes(content))
    assert not report.ok
    assert all(str(fault).isprintable() for fault in report.faults)


def frame() -> list[int]:
    """The places in the ZIP that belong to no file."""
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as found:
        inside = set()
        for one in found.infolist():
            start = one.header_offset + 30 + len(one.filename)
            inside |= set(range(start, start + one.file_size))
    return sorted(set(range(len(WHOLE))) - inside)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.sampled_from(frame()), st.integers(1, 255))
def test_every_change_around_the_files_is_found(place: int, bits: int) -> None:
    content = bytearray(WHOLE)
    content[place] ^= bits
    assert not checked(bytes(content)).ok


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.sampled_from(sorted(MADE.files)), st.data())
def test_every_single_byte_change_in_a_folder_is_found(name: str, data: st.DataObject) -> None:
    content = bytearray(MADE.files[name])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    with TemporaryDirectory() as folder:
        path = package().unpack(Path(folder, "package"))
        (path / name).write_bytes(content)
        assert not check(path).ok


@few
@given(st.integers(0, len(WHOLE)), st.binary(min_size=1, max_size=4))
def test_nothing_can_be_put_in_and_nothing_taken_away(place: int, more: bytes) -> None:
    assert not checked(WHOLE[:place] + more + WHOLE[place:]).ok
    assert not checked(WHOLE[:place] + WHOLE[place + len(more) :]).ok or place == len(WHOLE)


def rewritten(change: Callable[[list[bytes]], object]) -> list[str]:
    """The faults of a package whose lines were changed by whoever has the key: root and hashes fit."""
    made = package()
    before = list(made.lines)
    change(made.lines)
    assert made.lines != before
    made.files[manifest.JSONL] = b"".join(line + b"\n" for line in made.lines)
    root = tree.root(map(tree.leaf, made.lines)).hex()
    made.facts["tree"] = {"algorithm": manifest.ALGORITHM, "size": len(MADE.lines), "root": root}
    return [str(fault) for fault in checked(made.sign().zip()).faults]


@few
@given(st.permutations(range(len(MADE.lines))).filter(lambda order: list(order) != sorted(order)))
def test_every_reordering_is_found_though_all_hashes_fit(order: list[int]) -> None:
    def reorder(lines: list[bytes]) -> None:
        lines[:] = [lines[place] for place in order]

    assert any("come after" in sentence for sentence in rewritten(reorder))


@pytest.mark.parametrize("renumbered", [False, True])
@few
@given(st.integers(0, len(MADE.lines) - 1), st.integers(0, len(MADE.lines) - 1))
def test_every_doubled_line_is_found_though_all_hashes_fit(renumbered: bool, one: int, other: int) -> None:
    if one == other:
        return

    def double(lines: list[bytes]) -> None:
        line = lines[one]
        lines[other] = line.replace(b'"n":%d,' % (one + 1), b'"n":%d,' % (other + 1)) if renumbered else line

    assert rewritten(double)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(people)
def test_any_signers_make_a_package_that_passes_and_receipts_that_hold(
    found: list[tuple[str, str, str, str | None]],
) -> None:
    made = package(found)
    report = checked(made.zip(), key=made.fingerprint, deep=True)
    assert (report.faults, report.authentic) == ([], True)
    assert report.summary["signature_count"] == sum(report.summary["shown"].values()) == len(found)
    for index in range(len(found)):
        assert checked(made.receipt(index), key=made.fingerprint).authentic
    withheld = [line for line in made.lines if b'"shown":"count"' in line]
    assert all(b'"name"' not in line and b'"city"' not in line for line in withheld)


@few
@given(st.integers(0, len(MADE.lines) - 1), st.data())
def test_every_single_byte_change_of_a_receipt_is_found(index: int, data: st.DataObject) -> None:
    content = bytearray(MADE.receipt(index))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    assert not checked(bytes(content)).ok
