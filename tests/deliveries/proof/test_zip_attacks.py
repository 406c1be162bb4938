"""ZIPs in which two programs could see different things, or that swell, or lead out."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from petition.deliveries.proof import archive, sources
from petition.deliveries.proof.report import Report
from petition.deliveries.proof.verify import check
from petition.deliveries.stored_zip import StoredZip
from tests.deliveries.proof.packages import package

Check = Callable[..., Report]
FILES = package().entries
WHOLE = package().zip()


def codes(report: Report) -> list[str]:
    return [fault.code for fault in report.faults]


def zipped(change: Callable[[zipfile.ZipInfo], object] = lambda one: None, **more: bytes) -> bytes:
    """The package as zipfile writes it, each entry changed first; `more` are entries at the end."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in [*FILES.items(), *more.items()]:
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = archive.MODE << 16
            change(entry)
            file.writestr(entry, content)
    return stream.getvalue()


def only(name: str, **fields: object) -> Callable[[zipfile.ZipInfo], object]:
    def change(entry: zipfile.ZipInfo) -> None:
        if entry.filename == name:
            for field, value in fields.items():
                setattr(entry, field, value)

    return change


def test_the_layout_is_that_of_other_writers() -> None:
    stream = io.BytesIO()
    other = StoredZip(stream)
    for name, content in FILES.items():
        other.add(name, content)
    other.close()
    assert stream.getvalue() == WHOLE == zipped()


def test_a_package_is_written_from_files_as_from_bytes(tmp_path: Path) -> None:
    folder = package().unpack(tmp_path / "folder")
    stream = io.BytesIO()
    archive.write(stream, [(name, folder / name) for name in FILES])
    assert stream.getvalue() == WHOLE


def with_central(field: str, name: str, place: int, value: int) -> bytes:
    """The ZIP with a field changed in the directory's header of an entry."""
    content = bytearray(WHOLE)
    header = content.rindex(name.encode()) - 46
    assert content[header : header + 4] == b"PK\1\2"
    struct.pack_into(field, content, header + place, value)
    return bytes(content)


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return zipped(only("VERIFY.txt", filename="list.jsonl"))


def renamed_locally() -> bytes:
    """The entry calls itself other than the directory does."""
    return WHOLE.replace(b"list.csv", b"list.cxv", 1)


def moved() -> bytes:
    """Bytes put between two entries, and all offsets mended."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in FILES.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, archive.MODE << 16
            if name == "list.csv":
                file.fp.write(b"hidden")  # type: ignore[union-attr]
                file.start_dir += 6
            file.writestr(entry, content)
    return stream.getvalue()


def leading() -> bytes:
    """Bytes before the first entry, and all offsets mended."""
    stream = io.BytesIO(b"#!/bin/sh\n")
    stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream, "a") as file:
        for name, content in FILES.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, archive.MODE << 16
            file.writestr(entry, content)
    return stream.getvalue()


def zip64_entry() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in FILES.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, archive.MODE << 16
            with file.open(entry, "w", force_zip64=name == "list.csv") as part:
                part.write(content)
    return stream.getvalue()


def before_the_directory() -> bytes:
    """Bytes between the last entry and the directory, whose place is mended."""
    at = WHOLE.rindex(b"PK\5\6")
    (start,) = struct.unpack_from("<L", WHOLE, at + 16)
    end = WHOLE[at : at + 16] + struct.pack("<L", start + 6) + WHOLE[at + 20 :]
    return WHOLE[:start] + b"hidden" + WHOLE[start:at] + end


def zip64_end() -> bytes:
    """The end of very large ZIPs before the usual one."""
    at = WHOLE.rindex(b"PK\5\6")
    count, size, start = struct.unpack_from("<HLL", WHOLE, at + 10)
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    return WHOLE[:at] + large + struct.pack("<4sLQL", b"PK\6\7", 0, at, 1) + WHOLE[at:]


def commented() -> bytes:
    return WHOLE[:-2] + struct.pack("<H", 5) + b"hello"


ATTACKS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an entry twice": ("twice", twice),
    "an entry too many": ("too_many", lambda: zipped(**{"run.exe": b"MZ"})),
    "a folder": ("climbs_out", lambda: zipped(**{"folder/": b""})),
    "a name that climbs out": ("climbs_out", lambda: zipped(**{"../../etc/passwd": b"x"})),
    "a name from the root": ("climbs_out", lambda: zipped(**{"/etc/passwd": b"x"})),
    "a name with a backslash": ("climbs_out", lambda: zipped(**{"..\\evil": b"x"})),
    "a name of a drive": ("climbs_out", lambda: zipped(**{"C:evil": b"x"})),
    "a name that controls terminals": ("too_many", lambda: zipped(**{"\x1b[2J": b"x"})),
    "a bomb": (
        "zip_compressed",
        lambda: zipped(only("list.csv", compress_type=zipfile.ZIP_DEFLATED), bomb=bytes(9**7)),
    ),
    "encryption": ("zip_encrypted", lambda: with_central("<H", "list.csv", 8, 1)),
    "an extra field": ("zip_extra", lambda: zipped(only("list.csv", extra=b"\x99\x99\2\0hi"))),
    "a comment on an entry": ("zip_entry_comment", lambda: zipped(only("list.csv", comment=b"hi"))),
    "a comment": ("zip_comment", commented),
    "a symbolic link": ("linked", lambda: zipped(only("list.csv", external_attr=(stat.S_IFLNK | 0o777) << 16))),
    "another mode": ("zip_form", lambda: zipped(only("list.csv", external_attr=0o100755 << 16))),
    "another time": ("zip_form", lambda: zipped(only("list.csv", date_time=(2012, 2, 29, 12, 0, 0)))),
    "another system": ("zip_form", lambda: zipped(only("list.csv", create_system=0))),
    "two sizes": ("zip_sizes", lambda: with_central("<L", "list.csv", 20, 1)),
    "another name at its place": ("zip_two_heads", renamed_locally),
    "bytes before it": ("zip_leading", lambda: b"#!/bin/sh\n" + WHOLE),
    "bytes before it, offsets mended": ("zip_leading", leading),
    "bytes between entries": ("zip_between", moved),
    "bytes before its directory": ("zip_between", before_the_directory),
    "bytes before the end": ("zip_between", lambda: WHOLE[:-22] + b"hidden" + WHOLE[-22:]),
    "bytes after it": ("zip_trailing", lambda: WHOLE + b"hidden"),
    "a ZIP after it": ("zip_between", lambda: WHOLE + WHOLE),
    "entries over one another": ("zip_overlap", lambda: with_central("<L", "list.csv", 42, 0)),
    "ZIP64 entries": ("zip64", zip64_entry),
    "a ZIP64 end": ("zip64", zip64_end),
    "half of it": ("not_a_zip", lambda: WHOLE[: len(WHOLE) // 2]),
    "another order": ("zip_order", lambda: another_order()),
    "something else": ("neither", lambda: b"Dear Ambassador,"),
    "nothing": ("neither", lambda: b""),
}


def another_order() -> bytes:
    stream = io.BytesIO()
    archive.write(stream, sorted(FILES.items()))
    return stream.getvalue()


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_unusual_zip_is_refused_in_its_own_words(checked: Check, attack: str) -> None:
    code, made = ATTACKS[attack]
    report = checked(made())
    assert codes(report) == [code]
    assert all(str(fault).isprintable() for fault in report.faults)


def test_a_wrong_check_sum_is_found(checked: Check) -> None:
    right = WHOLE
    crc = struct.pack("<L", zipfile.ZipFile(io.BytesIO(right)).getinfo("list.csv").CRC)
    assert right.count(crc) == 2
    assert codes(checked(right.replace(crc, b"abcd"))) == ["crc"]
    crc = struct.pack("<L", zipfile.ZipFile(io.BytesIO(right)).getinfo("manifest.json").CRC)
    assert codes(checked(right.replace(crc, b"abcd"))) == ["crc"]


def test_a_folder_has_plain_files_only(tmp_path: Path) -> None:
    def spoiled(name: str, spoil: Callable[[Path], object]) -> list[str]:
        folder = package().unpack(tmp_path / name)
        spoil(folder)
        return codes(check(folder))

    secret = tmp_path / "secret"
    secret.write_bytes(FILES["list.csv"])

    def link(folder: Path) -> None:
        (folder / "list.csv").unlink()
        (folder / "list.csv").symlink_to(secret)

    assert spoiled("linked", link) == ["linked"]
    assert spoiled("dangling", lambda folder: (folder / "more").symlink_to("nowhere")) == ["linked"]
    assert spoiled("nested", lambda folder: (folder / "more").mkdir()) == ["not_a_file"]

    def fifo(folder: Path) -> None:
        (folder / "list.csv").unlink()
        os.mkfifo(folder / "list.csv")

    assert spoiled("waiting", fifo) == ["not_a_file"]
    assert spoiled("more", lambda folder: (folder / "notes.txt").write_text("x")) == ["too_many"]


def test_a_file_that_becomes_a_link_while_it_is_checked_is_not_followed(tmp_path: Path) -> None:
    folder = package().unpack(tmp_path / "folder")
    with sources.opened(folder) as parts:
        part = {part.name: part for part in parts}["list.csv"]
        (folder / "list.csv").rename(tmp_path / "elsewhere")
        (folder / "list.csv").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(OSError, match="symbolic links"):
            part.open()


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert codes(check(tmp_path / "nowhere")) == ["not_readable"]
