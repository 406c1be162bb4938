"""Lists and the check of the tallies, each a command that runs to its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import figures
from benchmarks.bench import Bench
from benchmarks.databases import SLUG, PostgresServer, SqliteFiles
from benchmarks.figures import Figure
from benchmarks.results import Result, times
from benchmarks.running import Ran, Service, petition, timed

FIGURES = (
    *(figures.EXPORT_CSV, figures.EXPORT_JSONL, figures.EXPORT_XLSX, figures.EXPORT_MEMORY),
    figures.TALLY_CHECK,
)
FORMATS = {figures.EXPORT_CSV: "csv", figures.EXPORT_JSONL: "jsonl", figures.EXPORT_XLSX: "xlsx"}


def run(bench: Bench) -> Iterator[Result]:
    """Exports and checks the largest database, on PostgreSQL and on SQLite."""
    databases: list[PostgresServer | SqliteFiles] = [bench.postgres, bench.sqlite]
    for database in databases:
        with bench.instance(bench.plan.sizes[-1], database) as service:
            with bench.profiled_command(figures.TALLY_CHECK, service.size) as prefix:
                checked = [
                    petition(service.settings, "tally", SLUG, "--check", prefix=prefix).seconds for _turn in range(3)
                ]
            yield Result(figures.TALLY_CHECK, min(checked), **service.where)
            yield from _exports(bench, service)


def _exports(bench: Bench, service: Service) -> Iterator[Result]:
    most = 0.0, ""
    for figure, format_ in FORMATS.items():
        bare, ours = [], []
        for _turn in range(1 if format_ == "xlsx" else 2):
            bare.append(bare_list(service, "xlsx" if format_ == "xlsx" else "csv").seconds)
            ours.append(_export(bench, service, figure, format_))
        most = max(most, *((one.megabytes, format_) for one in ours))
        yield times(figure, min(one.seconds for one in ours), min(bare), **service.where)
    megabytes, format_ = most
    yield Result(figures.EXPORT_MEMORY, megabytes, measured=f"{megabytes:.0f} MB ({format_})", **service.where)


def _export(bench: Bench, service: Service, figure: Figure, format_: str) -> Ran:
    path = service.settings.instance / f"list.{format_}"
    with bench.profiled_command(figure, service.size) as prefix:
        done = petition(service.settings, "export", SLUG, "-o", str(path), prefix=prefix)
    path.unlink()
    return done


def bare_list(service: Service, format_: str) -> Ran:
    """The same rows in a file of this format (`csv` or `xlsx`), with nothing of ours."""
    path = Path(service.settings.instance / f"bare.{format_}")
    command = [sys.executable, "-m", "benchmarks.bare_exports", service.settings.database_url, format_, str(path)]
    done = timed(command)
    path.unlink()
    return done
