"""Where tests put their files: into memory, when there is plenty of it.

Thousands of databases are made, copied and dropped. On a disk its file system takes several times as long for that
as the database does, and SQLite waits for the disk at each commit. No test is about a loss of power: what a killed
process has written outlives it here as there. TMPDIR, when it is set, is where the files go.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

FOLDER = Path("/dev/shm")
ROOM = 4 << 30  # bytes; half a gigabyte was seen in use in the middle of a run on two cores


def prefer_memory() -> None:
    """For this process, and for those that it starts."""
    if "TMPDIR" not in os.environ and room() >= ROOM:
        os.environ["TMPDIR"] = str(FOLDER)
        tempfile.tempdir = None  # what it was, has perhaps been asked already


def room() -> int:
    """The bytes that may be taken: half of the free memory, and no more than the folder and the container allow."""
    with suppress(OSError):
        if os.access(FOLDER, os.W_OK) and not os.statvfs(FOLDER).f_flag & os.ST_NOEXEC:
            return min(shutil.disk_usage(FOLDER).free, _free_memory() // 2, _left_to_the_container() // 2)
    return 0


def _free_memory() -> int:
    found = re.search(r"^MemAvailable: +(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) << 10 if found else 0


def _left_to_the_container() -> int:
    group = Path("/sys/fs/cgroup")
    with suppress(OSError, ValueError):  # no container, or "max"
        return int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    return _free_memory()
