"""How soon a command is there."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator

from benchmarks import figures
from benchmarks.bench import Bench
from benchmarks.results import Result, times
from benchmarks.running import Service, petition, timed

FIGURES = (figures.HELP, figures.SERVE)
TURNS = 5


def run(bench: Bench) -> Iterator[Result]:
    """Starts them some times, each beside the import of Flask; what counts is the median."""
    with bench.instance(bench.plan.sizes[0], bench.sqlite) as service:
        flask, help_, serve = zip(*(_once(service) for _turn in range(TURNS)), strict=True)
    yield times(figures.HELP, statistics.median(help_), statistics.median(flask))
    where = {"database": service.database, "size": service.size}
    yield times(figures.SERVE, statistics.median(serve), statistics.median(flask), **where)


def _once(service: Service) -> tuple[float, float, float]:
    flask = timed([sys.executable, "-c", "import flask"]).seconds
    help_ = petition(service.settings, "--help").seconds
    began = time.monotonic()
    service.serve()
    serve = time.monotonic() - began
    assert service.web
    service.web.close()
    return flask, help_, serve
