"""What every scenario is given: the servers, the sizes, how long to measure, and the profiler."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import figures, load, running
from benchmarks.databases import PostgresServer, SqliteFiles
from benchmarks.figures import Figure
from benchmarks.load import Load
from benchmarks.results import Result, rates
from benchmarks.running import Service
from benchmarks.yardsticks import Commits

ROUNDS = 2
TOP = 25
PROFILED = (
    *(figures.PAGE, figures.POLL, figures.SIGN, figures.CONFIRM, figures.CONFIRM_P99),
    *(figures.SQLITE_SIGN, figures.SQLITE_CONFIRM, figures.STORM_RATE, figures.MAIL),
    *(figures.EXPORT_CSV, figures.EXPORT_JSONL, figures.EXPORT_XLSX, figures.TALLY_CHECK),
    *(figures.PACKAGE, figures.VERIFY),
)


@dataclass(frozen=True)
class Plan:
    """How long each measurement takes, in seconds, at which numbers of signatures; which figure is profiled."""

    seconds: float = 3
    storm_seconds: float = 60
    sizes: tuple[int, ...] = (1_000, 1_000_000)
    profile: str | None = None


@dataclass
class Bench:
    """One run of the benchmarks."""

    plan: Plan
    folder: Path
    scratch: Path
    postgres: PostgresServer
    sqlite: SqliteFiles
    commits: Commits
    static_url: str

    def instance(
        self, size: int, database: PostgresServer | SqliteFiles | None = None, mail_url: str = ""
    ) -> AbstractContextManager[Service]:
        """An instance on a fresh copy of the database of this size (PostgreSQL, if none is named)."""
        return running.instance(database or self.postgres, size, self.scratch, mail_url)

    def static(self) -> float:
        """Answers a second of the view that returns a string."""
        return load.wrk(self.static_url, "get", seconds=self.plan.seconds).whole().rate

    def beside(self, yardstick: Callable[[], float], subject: Callable[[], float]) -> tuple[float, float]:
        """Both in turn, so that what else the machine does meets both alike: subject and yardstick."""
        pairs = [(yardstick(), subject()) for _round in range(ROUNDS)]
        return statistics.mean(pair[1] for pair in pairs), statistics.mean(pair[0] for pair in pairs)

    def growth(self, figure: Figure, begin: Callable[[Service, Figure], Callable[[], float]]) -> Iterator[Result]:
        """What the largest database leaves of the smallest one's rate, both measured in turn; nothing with one size.

        `begin` starts the server of an instance and returns what measures it.
        """
        small, large = min(self.plan.sizes), max(self.plan.sizes)
        if small == large:
            return
        with self.instance(small) as first, self.instance(large) as second:
            rate, rate_of_small = self.beside(begin(first, figure), begin(second, figure))
            yield rates(figure, rate, rate_of_small, **second.where)

    def load(self, figure: Figure, service: Service, path: str, script: str, *arguments: object) -> Load:
        """Load on a path of the running instance, profiled if this figure is to be. Raises LoadFailed."""
        assert service.web
        with self.profiling(figure, service.web.pid, service.size):
            return load.wrk(f"{service.url}{path}", script, *arguments, seconds=self.plan.seconds).whole()

    @contextlib.contextmanager
    def profiling(self, figure: Figure, pid: int, size: int) -> Iterator[None]:
        """Watches a process and its children with py-spy during the block, if this figure is to be profiled."""
        if figure.name != self.plan.profile:
            yield
            return
        path = self._profile_path(figure, size)
        command = [*_py_spy(path), "--subprocesses", "--duration", "3600", "--pid", str(pid)]
        watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            yield
        finally:
            watcher.send_signal(signal.SIGINT)
            _output, said = watcher.communicate(timeout=60)
            sys.stderr.write(top_of(path.read_text("utf-8")) if path.exists() else said)

    @contextlib.contextmanager
    def profiled_command(self, figure: Figure, size: int) -> Iterator[tuple[str, ...]]:
        """What to start a command with so that it is profiled, if this figure is to be."""
        if figure.name != self.plan.profile:
            yield ()
            return
        path = self._profile_path(figure, size)
        yield (*_py_spy(path), "--")
        sys.stderr.write(top_of(path.read_text("utf-8")))

    def _profile_path(self, figure: Figure, size: int) -> Path:
        path = self.folder / "profiles" / f"{figure.name}-{size}.collapsed"
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        return path


def _py_spy(path: Path) -> list[str]:
    program = os.path.join(os.path.dirname(sys.executable), "py-spy")
    return [program, "record", "--format", "raw", "--rate", "200", "--output", str(path)]


def top_of(profile: str) -> str:
    """Where most samples were taken, by the innermost frame. The profile itself is for flame graphs."""
    inner: Counter[str] = Counter()
    for line in profile.splitlines():
        stack, _space, samples = line.rpartition(" ")
        inner[stack.rpartition(";")[2]] += int(samples)
    rows = (f"    {number / inner.total():6.1%}  {frame}\n" for frame, number in inner.most_common(TOP))
    return "".join(["  where the samples were taken:\n", *rows])
