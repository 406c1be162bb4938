"""The files in which processes count; those of processes that are gone are folded into one. See `metrics`."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

BYTES = 1 << 18  # room for every series of ours, on every page
KINDS = ("counter", "histogram", "gauge_livesum", "gauge_mostrecent", "gauge_max")
GONE = "0"  # stands where the process's number stands in the names of other files


def prepare(folder: Path) -> None:
    """Makes this process's files, with all the room on the disk that they will ever need. Raises OSError.

    Files with holes would do as well until the disk is full: then writing into a mapped hole kills the process.
    """
    for kind in KINDS:
        _make_room(folder / f"{kind}_{os.getpid()}.db")


def _make_room(path: Path) -> None:
    if path.exists():
        return
    made = path.with_suffix(".new")
    try:
        with open(made, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, BYTES)
        made.rename(path)  # readers never see it empty
    except OSError:
        made.unlink(missing_ok=True)
        raise


def read(folder: Path) -> Iterable[Metric]:
    """The sums over all files under the folder, of every machine that has it."""
    machines = [path for path in folder.glob("*") if path.is_dir()]
    for machine in machines:
        fold_dead(machine)
    files = [str(path) for machine in machines for path in machine.glob("*.db")]
    merged: Iterable[Metric] = MultiProcessCollector.merge(files, accumulate=True)
    return merged


def fold_dead(folder: Path) -> None:
    """Adds what processes of this machine counted that are gone to one file, so that no sum ever goes back.

    What they had in hand (`live` gauges) is gone with them.
    """
    if folder.name != socket.gethostname():
        return
    with _alone(folder):
        dead = [path for path in folder.glob("*.db") if _pid(path) != GONE and not _alive(_pid(path))]
        kinds = {path.name.rpartition("_")[0] for path in dead}
        for kind in kinds:
            parts = [path for path in dead if path.name.rpartition("_")[0] == kind]
            if not kind.startswith("gauge_live"):
                _fold(folder / f"{kind}_{GONE}.db", parts)
            for path in parts:
                path.unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with open(folder / ".lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _pid(path: Path) -> str:
    return path.stem.rpartition("_")[2]


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _fold(kept: Path, parts: list[Path]) -> None:
    kind = kept.stem.rpartition("_")[0]
    found: dict[str, tuple[float, float]] = {}
    for path in [kept, *parts]:
        if path.exists():
            for key, value, at, _position in MmapedDict.read_all_values_from_file(str(path)):
                found[key] = _together(kind, found[key], (value, at)) if key in found else (value, at)
    made = kept.with_suffix(".sum")
    made.unlink(missing_ok=True)
    _make_room(made)
    file = MmapedDict(str(made))
    for key, (value, at) in found.items():
        file.write_value(key, value, at)
    file.close()
    made.rename(kept)


def _together(kind: str, one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    if kind == "gauge_mostrecent":
        return max(one, other, key=lambda value_and_time: value_and_time[1])
    if kind == "gauge_max":
        return max(one, other)
    return one[0] + other[0], 0.0
