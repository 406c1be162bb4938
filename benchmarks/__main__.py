"""The command line: `python -m benchmarks` measures everything; `--help` tells the rest."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from benchmarks import (
    commands,
    exports,
    figures,
    machine,
    mails,
    packages,
    pages,
    results,
    sqlite_writes,
    storm,
    writes,
)
from benchmarks.bench import PROFILED, Bench, Plan
from benchmarks.databases import PostgresServer, SqliteFiles
from benchmarks.load import LoadFailed
from benchmarks.results import Result
from benchmarks.running import static_server
from benchmarks.yardsticks import Commits
from petition.settings import ROOT

GROUPS = {
    "commands": commands,
    "pages": pages,
    "writes": writes,
    "sqlite": sqlite_writes,
    "mails": mails,
    "exports": exports,
    "storm": storm,
    "packages": packages,  # last: the disk has gigabytes to swallow after it
}
FOLDER = ROOT / "instance" / "bench"
RUNS = FOLDER / "runs"
BUSY = 0.5
FAILURES = (LoadFailed, RuntimeError, AssertionError, OSError, subprocess.SubprocessError, SQLAlchemyError)
EPILOG = "BENCH_SECONDS (3), BENCH_STORM_SECONDS (60) and BENCH_SIZES (1000,1000000) change what is measured."


def main() -> int:
    """Does what was asked; returns the exit status."""
    asked = _arguments()
    if asked.markdown:
        return _print_markdown()
    if shutil.which("wrk") is None:
        sys.stderr.write("wrk is missing (Debian package wrk)\n")
        return 1
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(1))  # servers are ended on the way out
    plan, names = _plan(asked.profile), asked.groups or _groups_of(asked.profile)
    began = time.monotonic()
    run, found, failures = _measure(plan, names)
    last = results.last_values(results.runs(RUNS), run["machine"])
    if not asked.profile:
        _keep(run)
    sys.stdout.write(f"\n{_heading(run)}\n\n{results.table(found, last)}\n\n{_verdict(found)}\n")
    sys.stdout.write("".join(f"{failure}\n" for failure in failures))
    sys.stdout.write(f"It took {(time.monotonic() - began) / 60:.0f} minutes.\n")
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, epilog=EPILOG)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    profiled = [figure.name for figure in PROFILED]
    parser.add_argument("--profile", choices=profiled, metavar="FIGURE", help=f"with py-spy: {', '.join(profiled)}")
    parser.add_argument("--markdown", action="store_true", help="print the last run's table for the README")
    return parser.parse_args()


def _groups_of(figure: str | None) -> list[str]:
    if figure is None:
        return [*GROUPS]
    return [name for name, group in GROUPS.items() if figures.named(figure) in group.FIGURES]


def _plan(profile: str | None) -> Plan:
    usual = Plan()
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "").split(",") if size.strip()]
    return Plan(
        seconds=float(os.environ.get("BENCH_SECONDS", usual.seconds)),
        storm_seconds=float(os.environ.get("BENCH_STORM_SECONDS", usual.storm_seconds)),
        sizes=tuple(sorted(sizes)) or usual.sizes,
        profile=profile,
    )


def _measure(plan: Plan, names: list[str]) -> tuple[dict[str, Any], list[Result], list[str]]:
    """What the history keeps of the run, its results, and a line for each group that could not be measured."""
    found: list[Result] = []
    failures: list[str] = []
    others = machine.others()
    with _bench(plan) as bench:
        for name in names:
            sys.stderr.write(f"{name} …\n")
            os.sync()  # what the disk has yet to swallow of the group before is not this one's
            try:
                for result in GROUPS[name].run(bench):
                    sys.stderr.write(f"  {results.one_line(result)}\n")
                    found.append(result)
            except FAILURES as error:  # the others are worth measuring all the same
                failures.append(f"{name} failed: {error or type(error).__name__}")
                sys.stderr.write(f"  {failures[-1]}\n")
        versions = machine.versions(bench.postgres.version)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    what = {"groups": names, "seconds": plan.seconds, "results": [results.as_json(result) for result in found]}
    where = {"commit": machine.commit(), "machine": machine.size(), "others": others, "versions": versions}
    return {"at": at, **where, **what}, found, failures


@contextmanager
def _bench(plan: Plan) -> Iterator[Bench]:
    scratch = FOLDER / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        with PostgresServer(FOLDER, scratch) as postgres, static_server() as url:
            sqlite = SqliteFiles(FOLDER)
            postgres.make([*plan.sizes])
            for size in plan.sizes:
                sqlite.make(size)
            yield Bench(plan, FOLDER, scratch, postgres, sqlite, Commits(postgres, scratch), url)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _keep(run: dict[str, Any]) -> None:
    RUNS.mkdir(exist_ok=True)
    name = run["at"].replace(":", "").partition("+")[0]
    (RUNS / f"{name}.json").write_text(json.dumps(run, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _heading(run: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in run["versions"].items())
    lines = [f"{run['at']}, commit {run['commit']}, {machine.in_words(run['machine'])}", versions]
    if run["others"] > BUSY:
        lines.append(f"The machine was busy before it began (load average {run['others']}): do not trust this run.")
    return "\n".join(lines)


def _verdict(found: list[Result]) -> str:
    missed = [result.figure.name for result in found if result.reached is False]
    if not missed:
        return "Every goal is reached."
    return f"Goals missed: {', '.join(dict.fromkeys(missed))}. --profile FIGURE says where the time goes."


def _print_markdown() -> int:
    whole = [run for run in results.runs(RUNS) if run.get("groups") == [*GROUPS]]
    if not whole:
        sys.stderr.write("not everything was measured yet: run `make bench`\n")
        return 1
    run = whole[-1]
    sys.stdout.write(f"Measured on {machine.in_words(run['machine'])}, commit {run['commit']}.\n\n")
    sys.stdout.write(results.markdown(results.read(run)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
