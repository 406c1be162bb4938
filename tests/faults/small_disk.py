"""A disk that is full when a test says so."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.processes import Program

MEGABYTES = 16
ROOM_BYTES = 1 << 10  # that files may have where sizes are limited


class SmallDisk:
    """A tmpfs of a few megabytes: ENOSPC, for everybody, once a ballast has taken the room that is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leaves no room at all."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (1 << 16, 1):
                _write_until_full(ballast.fileno(), size)

    def make_room(self) -> None:
        """Takes the ballast away."""
        self._ballast.unlink()


def _write_until_full(handle: int, size: int) -> None:
    try:
        while True:
            os.write(handle, b"x" * size)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk | None]:
    """A small disk mounted at the folder, or None where this user may mount nothing."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=700", "tmpfs", str(folder)]
    with suppress(FileNotFoundError):
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0:
            try:
                yield SmallDisk(folder)
            finally:
                subprocess.run(["umount", "--lazy", str(folder)], check=True)
            return
    yield None


class SmallFiles:
    """The same for some programs: a file of theirs that is larger than a kilobyte cannot grow (RLIMIT_FSIZE)."""

    def __init__(self, *programs: Program) -> None:
        self._programs = programs

    def fill(self) -> None:
        """From now on nothing grows."""
        self._limit(ROOM_BYTES)

    def make_room(self) -> None:
        """Lets files grow again."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for program in self._programs:
            for pid in program.group:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
