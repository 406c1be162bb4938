"""A file that exists only when it is whole."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yields a binary stream whose bytes appear under `path`, mode 600, when the block ends well.

    Until then they are in a hidden file beside it. Any error, KeyboardInterrupt too, removes that
    file and leaves `path` as it was. Raises OSError where the folder cannot be written.
    """
    final = Path(path)
    handle, name = tempfile.mkstemp(dir=final.parent, prefix=f".{final.name[:60]}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(final)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(final.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the new name itself survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
