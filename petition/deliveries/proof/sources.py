"""The files of a package, in a ZIP or a folder, read as strangers' files must be: nothing followed, nothing more
read than was declared."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from petition.deliveries.proof import zip_entries
from petition.deliveries.proof.faults import Fault, plain

CHUNK = 1 << 20
_LEADS_OUT = re.compile(r"[/\\:\0]|\.\.?")
_NOT_FOLLOWED = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Part:
    """A file as found: its size in bytes, its check sum if it is in a ZIP. `open` gives that many bytes at most."""

    name: str
    size: int
    crc: int | None
    open: Callable[[], BinaryIO]

    def chunks(self) -> Iterator[bytes]:
        """The content, piece by piece."""
        with self.open() as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def whole(self, largest: int) -> bytes:
        """The content of a small file. Raises Fault where it is larger."""
        if self.size > largest:
            raise Fault("oversized", name=self.name)
        return b"".join(self.chunks())


@contextmanager
def opened(path: Path) -> Iterator[list[Part]]:
    """The files in a ZIP, in its order, or in a folder, in that of their names. Raises Fault, or OSError."""
    if path.is_dir():
        yield _in_folder(path)
        return
    with path.open("rb") as file:
        found = zip_entries.read(file)
        for entry in found:
            _check_name(entry.name)
        yield [
            Part(entry.name, entry.size, entry.crc, partial(_window, file, entry.content_offset, entry.size))
            for entry in found
        ]


def _in_folder(folder: Path) -> list[Part]:
    parts = []
    with os.scandir(folder) as found:
        for one in found:
            if one.is_symlink():
                raise Fault("linked", name=plain(one.name))
            if not one.is_file(follow_symlinks=False):
                raise Fault("not_a_file", name=plain(one.name))
            size = one.stat(follow_symlinks=False).st_size
            parts.append(Part(one.name, size, None, partial(_opened_file, Path(one.path), size)))
    return sorted(parts, key=lambda part: part.name)


def _opened_file(path: Path, size: int) -> BinaryIO:
    file = os.fdopen(os.open(path, os.O_RDONLY | _NOT_FOLLOWED), "rb", buffering=0)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Fault("not_a_file", name=plain(path.name))
    return _window(file, 0, size, owned=True)


def _window(file: BinaryIO, offset: int, size: int, owned: bool = False) -> BinaryIO:
    return io.BufferedReader(_Window(file, offset, size, owned), CHUNK)


def _check_name(name: str) -> None:
    if _LEADS_OUT.match(name) or _LEADS_OUT.search(name.replace(".", "")):
        raise Fault("climbs_out", name=plain(name))


class _Window(io.RawIOBase):
    """Some bytes of a file, as a file; closes what it is a part of if it owns it."""

    def __init__(self, file: BinaryIO, offset: int, size: int, owned: bool) -> None:
        super().__init__()
        self._file = file
        self._offset = offset
        self._size = size
        self._at = 0
        self._owned = owned

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._offset + self._at)
        chunk = self._file.read(min(len(buffer), max(0, self._size - self._at)))
        buffer[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)

    def close(self) -> None:
        if self._owned:
            self._file.close()
        super().close()
