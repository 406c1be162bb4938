"""The ZIP of a package: entries stored one after the other with fixed times, and nothing besides.

Every byte around the files follows from their names, sizes and check sums. So whoever reads one can build those
bytes anew, and refuse a ZIP in which two programs could see different things.
"""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
LARGEST = 0xFFFF_FFFE
"""Bytes of a whole ZIP: beyond, it would have to be a ZIP64."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION = 20
_UNIX = 3 << 8
_MIDNIGHT, _FIRST_DAY = 0, 0x21  # 1980-01-01, the earliest time a ZIP can name
MODE = 0o100644


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the ZIP: its size in bytes, its CRC-32, and where its local header begins."""

    name: str
    size: int
    crc: int
    offset: int

    def local_header(self) -> bytes:
        """What stands before the content."""
        name = self.name.encode()
        return _LOCAL.pack(b"PK\3\4", _VERSION, *self._facts(), len(name), 0) + name

    def central_header(self) -> bytes:
        """What stands in the directory at the end."""
        name = self.name.encode()
        places = len(name), 0, 0, 0, 0, MODE << 16, self.offset
        return _CENTRAL.pack(b"PK\1\2", _UNIX | _VERSION, _VERSION, *self._facts(), *places) + name

    def _facts(self) -> tuple[int, ...]:
        return 0, 0, _MIDNIGHT, _FIRST_DAY, self.crc, self.size, self.size

    @property
    def content_offset(self) -> int:
        """Where the content begins."""
        return self.offset + _LOCAL.size + len(self.name.encode())

    @property
    def end(self) -> int:
        """Where the next entry, or the directory, begins."""
        return self.content_offset + self.size


def directory(entries: Iterable[Entry], offset: int) -> bytes:
    """The end of the ZIP; `offset` is where it begins."""
    headers = [entry.central_header() for entry in entries]
    size = sum(map(len, headers))
    end = _END.pack(b"PK\5\6", 0, 0, len(headers), len(headers), size, offset, 0)
    return b"".join([*headers, end])


def write(stream: BinaryIO, members: Iterable[tuple[str, Path | bytes]]) -> None:
    """Writes the files, in flat memory, to a stream that need not seek. A path is read twice.

    Raises ValueError where the ZIP would have 4 GiB or more.
    """
    entries: list[Entry] = []
    offset = 0
    for name, content in members:
        size, crc = _measured(content)
        entry = Entry(name, size, crc, offset)
        if entry.end > LARGEST:
            raise ValueError("a package cannot have 4 GiB or more")
        stream.write(entry.local_header())
        _copy(content, stream)
        entries.append(entry)
        offset = entry.end
    stream.write(directory(entries, offset))


def _measured(content: Path | bytes) -> tuple[int, int]:
    if isinstance(content, bytes):
        return len(content), zlib.crc32(content)
    size = crc = 0
    with content.open("rb") as file:
        while chunk := file.read(CHUNK):
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
    return size, crc


def _copy(content: Path | bytes, stream: BinaryIO) -> None:
    if isinstance(content, bytes):
        stream.write(content)
        return
    with content.open("rb") as file:
        shutil.copyfileobj(file, stream, CHUNK)
