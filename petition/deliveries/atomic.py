"""Files that exist only when they are whole, and scratch space that is gone afterwards, however we end."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yields a binary stream whose bytes appear under `path`, mode 600, when the block ends well.

    Until then they have no name at all, or on file systems that cannot do that a hidden one beside it.
    Any error, KeyboardInterrupt too, removes them and leaves `path` as it was. Raises OSError where the
    folder cannot be written.
    """
    final = Path(path)
    part = final.with_name(f".petition-{secrets.token_hex(8)}.part")
    try:
        with _opened(part) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            _name(stream, part)
        part.replace(final)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(final.parent)


def _opened(part: Path) -> BinaryIO:
    """A file without a name, of which a `kill -9` leaves nothing either; else one called `part`."""
    try:
        handle = os.open(part.parent, os.O_TMPFILE | os.O_RDWR, 0o600)
    except (OSError, AttributeError):
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    return os.fdopen(handle, "w+b")


def _name(stream: BinaryIO, part: Path) -> None:
    if part.exists():
        return
    with _folder(part.parent) as folder:
        os.link(f"/proc/self/fd/{stream.fileno()}", part.name, dst_dir_fd=folder, follow_symlinks=True)


def _sync_folder(path: Path) -> None:
    """Makes the new name itself survive a loss of power."""
    with _folder(path) as folder:
        os.fsync(folder)


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of this process alone, gone after the block.

    Names may be in it, so a second process waits for the end of this one and clears up after a `kill -9`.
    """
    with TemporaryDirectory(prefix="petition-") as folder:
        clear_up = ("sh", "-c", 'cat >/dev/null; rm -rf "$1"', "sh", folder)
        with subprocess.Popen(clear_up, stdin=subprocess.PIPE, start_new_session=True):
            yield Path(folder)
