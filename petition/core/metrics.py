"""What a process counts and measures, for `/metrics` and `petition status`.

A series costs nothing until `start` is called: servers and workers do, commands and tests do not. Each process
then writes to files of its own in `<instance>/metrics/<machine>/`, and whoever is asked adds up all of them.
prometheus-client chooses its way of working when it is first loaded, so it is loaded by name, after its
environment is set. No series may hold personal data or name a petition: some are not public.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from petition.core.logs import log

FOLDER = "metrics"
SERIES: list[Series] = []


class Series:
    """One family of figures. Does nothing until `start` has made it real."""

    kind = ""

    def __init__(self, name: str, meaning: str, *labels: str, **options: Any) -> None:
        self.name, self.meaning, self.labels, self.options = f"petition_{name}", meaning, labels, options
        self._real: Any = None
        self._of: dict[tuple[str, ...], Any] = {}
        SERIES.append(self)

    def start(self, library: Any) -> None:
        """Makes it write from now on."""
        if self._real is None:
            make = getattr(library, self.kind)
            self._real = make(self.name, self.meaning, self.labels, registry=None, **self.options)

    def stop(self) -> None:
        """Makes it do nothing again."""
        self._real = None
        self._of.clear()

    def _labelled(self, values: tuple[str, ...]) -> Any:
        found = self._of.get(values)
        if found is None:
            found = self._of[values] = self._real.labels(*values) if values else self._real
        return found


class Counter(Series):
    """Something that happens."""

    kind = "Counter"

    def add(self, *labels: str, times: int = 1) -> None:
        """Counts it once, or so many times."""
        if self._real is not None:
            self._labelled(labels).inc(times)


class Gauge(Series):
    """Something that goes up and down; `multiprocess_mode` says what becomes of several processes' values."""

    kind = "Gauge"

    def set(self, value: float, *labels: str) -> None:
        """Says how much it is now."""
        if self._real is not None:
            self._labelled(labels).set(value)


class Histogram(Series):
    """Something that is measured each time it happens."""

    kind = "Histogram"

    def observe(self, value: float, *labels: str) -> None:
        """Adds one measurement."""
        if self._real is not None:
            self._labelled(labels).observe(value)

    @contextmanager
    def time(self, *labels: str) -> Iterator[None]:
        """Measures how many seconds the inside takes."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - began, *labels)


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

signs = Counter("signs", "Sign forms by what became of them.", "outcome")
confirmations = Counter("confirmations", "Uses of the mailed button by what became of them.", "outcome")
waiting_writes = Gauge("waiting_writes", "Writes that wait for a transaction.", multiprocess_mode="livesum")
batch = Histogram("batch_writes", "Writes in one transaction.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256))
commit_seconds = Histogram("commit_seconds", "Seconds from a transaction's begin to its commit.", buckets=SECONDS)
request_seconds = Histogram("request_seconds", "Seconds of answering, by page.", "page", buckets=SECONDS)
render_seconds = Histogram("render_seconds", "Seconds of making a page or mail from its template.", buckets=SECONDS)
mails = Counter("mails", "Tries to send a mail by what became of them.", "outcome")
packages = Counter("packages", "Builds of packages by what became of them.", "outcome")
tally_drift = Gauge(
    "tally_drift", "Countries whose counter the last check found wrong.", multiprocess_mode="mostrecent"
)
job_success = Gauge(
    "job_last_success_seconds", "When a periodic job last succeeded, in Unix time.", "job", multiprocess_mode="max"
)


def start(instance: Path) -> None:
    """Counts from now on in this process; each process that counts calls it, a forked one too.

    Where the files cannot be made nothing is counted: no figure is worth a refused signature.
    """
    own = instance / FOLDER / socket.gethostname()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(own)
    files: Any = import_module("petition.core.metric_files")
    try:
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.prepare(own)
        files.fold_dead(own)
    except OSError as error:
        log.warning("nothing is counted", extra={"why": error.strerror})
        for series in SERIES:
            series.stop()
        return
    library = import_module("prometheus_client")
    for series in SERIES:
        series.start(library)


def collected(instance: Path) -> list[Any]:
    """What all processes of the instance have counted, as prometheus-client's `Metric`s."""
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(instance / FOLDER))
    files: Any = import_module("petition.core.metric_files")
    return list(files.read(instance / FOLDER))
