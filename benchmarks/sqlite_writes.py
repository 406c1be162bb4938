"""Signing and confirming on SQLite, beside one process that inserts and commits with full sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks import yardsticks
from benchmarks.bench import Bench
from benchmarks.figures import SQLITE_CONFIRM, SQLITE_SIGN
from benchmarks.results import Result, rates
from benchmarks.running import Service
from benchmarks.writes import SHARE, Links, signing

FIGURES = (SQLITE_SIGN, SQLITE_CONFIRM)


def run(bench: Bench) -> Iterator[Result]:
    """Measures both at each size."""
    for size in bench.plan.sizes:
        with bench.instance(size, bench.sqlite) as service:
            sign = signing(bench, service, SQLITE_SIGN)
            rate, commits = bench.beside(_commits(bench, service), sign)
            yield rates(SQLITE_SIGN, rate, commits, **service.where)
        with bench.instance(size, bench.sqlite) as service:
            links = Links(bench, service, bench.static() * SHARE)
            yield _confirm(bench, service, links)


def _confirm(bench: Bench, service: Service, links: Links) -> Result:
    rate, commits = bench.beside(_commits(bench, service), lambda: links.use(SQLITE_CONFIRM).rate)
    return rates(SQLITE_CONFIRM, rate, commits, **service.where)


def _commits(bench: Bench, service: Service) -> Callable[[], float]:
    file = service.settings.instance / "yardstick.db"
    return lambda: yardsticks.sqlite_commits(file, bench.plan.seconds)
