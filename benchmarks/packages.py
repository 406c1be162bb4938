"""A package built and verified, each by the command, at the size of the campaign of 2012 and at the largest."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import figures
from benchmarks.bench import Bench
from benchmarks.databases import SLUG
from benchmarks.exports import bare_list
from benchmarks.results import Result, times
from benchmarks.running import Service, petition, timed

FIGURES = (
    *(figures.PACKAGE, figures.PACKAGE_SECONDS, figures.PACKAGE_MEMORY),
    *(figures.VERIFY, figures.VERIFY_SECONDS, figures.VERIFY_MEMORY),
)
MISSION = "cn-gb-london-embassy"


def run(bench: Bench) -> Iterator[Result]:
    """Builds a package of everyone on SQLite, and checks it."""
    for size in dict.fromkeys((figures.CAMPAIGN, bench.plan.sizes[-1])):
        with bench.instance(size, bench.sqlite) as service:
            yield from _package(bench, service)


def _package(bench: Bench, service: Service) -> Iterator[Result]:
    folder = service.settings.instance / "for-the-embassy"
    folder.mkdir()
    bare = bare_list(service, "csv").seconds + bare_list(service, "xlsx").seconds
    with bench.profiled_command(figures.PACKAGE, service.size) as prefix:
        command = "delivery", "build", SLUG, "--mission", MISSION, "-o", str(folder)
        built = petition(service.settings, *command, prefix=prefix)
    (package,) = folder.glob("*.zip")
    yield times(figures.PACKAGE, built.seconds, bare, **service.where)
    yield Result(figures.PACKAGE_SECONDS, built.seconds, **service.where)
    yield Result(figures.PACKAGE_MEMORY, built.megabytes, **service.where)
    hashed = timed(["sha256sum", str(package)])
    with bench.profiled_command(figures.VERIFY, service.size) as prefix:
        checked = petition(service.settings, "delivery", "verify", str(package), prefix=prefix)
    yield times(figures.VERIFY, checked.seconds, hashed.seconds, **service.where)
    yield Result(figures.VERIFY_SECONDS, checked.seconds, **service.where)
    yield Result(figures.VERIFY_MEMORY, checked.megabytes, **service.where)
