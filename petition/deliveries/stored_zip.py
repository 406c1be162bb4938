"""A ZIP of stored entries that can be sent while it is made."""

import io
import zipfile
from typing import BinaryIO

_FIXED = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP can name


class StoredZip:
    """Writes entries to a stream that need not seek; close() completes it.

    zipfile leaves sizes out of the local headers where it cannot seek back, which some readers refuse
    for stored entries. So each entry is built in memory and goes out whole, the same bytes anywhere.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._window = _Window()
        self._zip = zipfile.ZipFile(self._window, "w", zipfile.ZIP_STORED)

    def add(self, name: str, content: bytes) -> None:
        """Sends one entry, with a fixed time and mode 644."""
        entry = zipfile.ZipInfo(name, _FIXED)
        entry.create_system = 3
        entry.external_attr = 0o100644 << 16
        self._zip.writestr(entry, content)
        self._stream.write(self._window.take())

    def close(self) -> None:
        """Sends the directory; without it the bytes so far are no ZIP."""
        self._zip.close()
        self._stream.write(self._window.take())


class _Window(io.BytesIO):
    """A file of which only the end is in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._gone = 0

    def tell(self) -> int:
        return self._gone + super().tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET:
            offset -= self._gone
        return self._gone + super().seek(offset, whence)

    def take(self) -> bytes:
        content = self.getvalue()
        self._gone += len(content)
        super().seek(0)
        self.truncate(0)
        return content
