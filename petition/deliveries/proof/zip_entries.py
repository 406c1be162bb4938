"""Reading a package's ZIP: refused unless every byte around the files is the one that `archive` would write.

Python reads the last of two entries with one name, other programs the first; some trust the directory, others the
entries themselves; some unpack what was never declared. None of that can be told apart here, because none of it
passes.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from typing import BinaryIO

from petition.deliveries.proof.archive import Entry, directory
from petition.deliveries.proof.faults import Fault, plain

LARGEST_DIRECTORY = 4 << 20
"""Bytes of a directory: about 70,000 volumes."""

_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LONGEST_COMMENT = 0xFFFF
_ENCRYPTED = 1
_VERSION_OF_ZIP64 = 45
_IN_ZIP64 = 0xFFFF_FFFF


def read(file: BinaryIO) -> list[Entry]:
    """The entries, in order. Raises Fault for the first thing that no package has."""
    start, headers = _directory(file)
    entries: list[Entry] = []
    names: set[str] = set()
    for entry, header in _entries(headers):
        if entry.name in names:
            raise Fault("twice", name=entry.name)
        names.add(entry.name)
        _check_place(entry.offset, entries[-1].end if entries else 0, first=not entries)
        if header != entry.central_header():
            raise Fault("zip_form", name=entry.name)
        entries.append(entry)
    _check_place(start, entries[-1].end if entries else 0, first=False)
    for entry in entries:
        file.seek(entry.offset)
        if file.read(entry.content_offset - entry.offset) != entry.local_header():
            raise Fault("zip_two_heads", name=entry.name)
    file.seek(start)
    if file.read() != directory(entries, start):
        raise Fault("not_a_zip")
    return entries


def _directory(file: BinaryIO) -> tuple[int, bytes]:
    """Where the directory begins, and its bytes."""
    size = file.seek(0, os.SEEK_END)
    tail_size = min(size, _END.size + _LONGEST_COMMENT)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END.size:
        file.seek(0)
        raise Fault("not_a_zip" if file.read(4) == b"PK\3\4" else "neither")
    _sign, _disk, _start_disk, _here, _count, length, start, comment = _END.unpack_from(tail, at)
    if tail[max(0, at - 20) :].startswith(b"PK\6\7") or _IN_ZIP64 in (length, start):
        raise Fault("zip64")
    end = size - len(tail) + at
    if after := len(tail) - at - _END.size:
        own = start + length == end  # or it is the end of the workbook, in what is left of a ZIP
        raise Fault("not_a_zip" if not own else "zip_comment" if after == comment else "zip_trailing")
    if length > LARGEST_DIRECTORY:
        raise Fault("zip_many")
    if start + length != end:
        file.seek(0)
        leading = start + length < end and file.read(4) != b"PK\3\4"
        raise Fault("zip_leading" if leading else "zip_between" if start + length < end else "not_a_zip")
    file.seek(start)
    return start, file.read(length)


def _entries(headers: bytes) -> Iterator[tuple[Entry, bytes]]:
    """Each entry with what the directory says of it."""
    at = 0
    while at < len(headers):
        if len(headers) - at < _CENTRAL.size or headers[at : at + 4] != b"PK\1\2":
            raise Fault("not_a_zip")
        fields = _CENTRAL.unpack_from(headers, at)
        length = _CENTRAL.size + sum(fields[10:13])
        header = headers[at : at + length]
        yield _entry(fields, header), header
        at += length


def _entry(fields: tuple[int, ...], header: bytes) -> Entry:
    (_sign, _maker, version, flags, method, _time, _day, crc, packed, size) = fields[:10]
    (name_length, extra, comment, _disk, _internal, external, offset) = fields[10:]
    written = header[_CENTRAL.size : _CENTRAL.size + name_length]
    name = plain(written.decode("utf-8", "replace"))
    wrong = {
        "zip_encrypted": flags & _ENCRYPTED,
        "zip_compressed": method,
        "linked": stat.S_ISLNK(external >> 16),
        "zip64": version >= _VERSION_OF_ZIP64 or _IN_ZIP64 in (packed, size, offset),
        "zip_extra": extra,
        "zip_entry_comment": comment,
        "zip_sizes": packed != size,
        "too_many": name.encode() != written,
    }
    for code, so in wrong.items():
        if so:
            raise Fault(code, name=name)
    return Entry(name, size, crc, offset)


def _check_place(found: int, expected: int, first: bool) -> None:
    """Raises Fault where an entry, or the directory, does not begin just where what is before it ends."""
    if found > expected:
        raise Fault("zip_leading" if first else "zip_between")
    if found < expected:
        raise Fault("zip_overlap")
