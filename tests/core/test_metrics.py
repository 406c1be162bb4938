"""Figures over several processes: nothing that was counted is lost or counted twice, and counting stops nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from petition.core import metrics
from petition.settings import ROOT
from tests.processes import alive

BEGIN = "import sys\nfrom pathlib import Path\nfrom petition.core import metrics\nmetrics.start(Path(sys.argv[1]))\n"
WAIT = "\nprint('done', flush=True)\nsys.stdin.read()"


class Counting(subprocess.Popen[str]):
    """A process that counts, and then waits for its end."""

    def __init__(self, instance: Path, statements: str, before: str = "") -> None:
        super().__init__(
            [sys.executable, "-c", before + BEGIN + statements + WAIT, str(instance)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.stdout
        assert self.stdout.readline() == "done\n", self.communicate()[1]

    def end(self) -> None:
        self.kill()
        self.communicate()
        assert not alive(self.pid)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[Counting]]:
    started = [
        Counting(tmp_path, "metrics.signs.add('accepted', times=2)\nmetrics.waiting_writes.set(3)\n" + more)
        for more in (
            "metrics.tally_drift.set(9)\nmetrics.job_success.set(200, 'purge')\nmetrics.batch.observe(4)",
            "metrics.tally_drift.set(1)\nmetrics.job_success.set(100, 'purge')\nmetrics.batch.observe(16)",
        )
    ]
    yield started
    for one in started:
        one.end()


def values(instance: Path) -> dict[str, float]:
    """The samples that the tests look at, by their names."""
    wanted = ("signs_total", "waiting_writes", "tally_drift", "job_last_success_seconds", "batch_writes_sum")
    return {
        sample.name.removeprefix("petition_"): sample.value
        for family in metrics.collected(instance)
        for sample in family.samples
        if sample.name.removeprefix("petition_") in wanted
    }


ALL = {
    "signs_total": 4,
    "waiting_writes": 6,
    "tally_drift": 1,
    "job_last_success_seconds": 200,
    "batch_writes_sum": 20,
}


def test_the_figures_of_all_processes_are_added_up(two: list[Counting], tmp_path: Path) -> None:
    assert values(tmp_path) == ALL


def test_what_dead_processes_have_counted_stays_and_what_they_had_in_hand_goes(
    two: list[Counting], tmp_path: Path
) -> None:
    two[0].end()
    for _again in range(2):  # folding what is folded already changes nothing
        assert values(tmp_path) == ALL | {"waiting_writes": 3}
    two[1].end()
    left = {name: value for name, value in ALL.items() if name != "waiting_writes"}
    assert values(tmp_path) == left
    third = Counting(tmp_path, "metrics.signs.add('accepted')")
    assert values(tmp_path) == left | {"signs_total": 5, "waiting_writes": 0}
    numbers = {path.stem.rpartition("_")[2] for path in tmp_path.rglob("*.db")}
    third.end()
    assert numbers == {"0", str(third.pid)}, "no file of a dead process is left"


def test_a_forked_process_counts_for_itself(tmp_path: Path) -> None:
    forking = (
        "import os\nmetrics.batch.observe(1)\nmetrics.signs.add('accepted')\n"
        "if os.fork() == 0:\n"
        "    metrics.start(Path(sys.argv[1]))\n    metrics.signs.add('accepted', times=10)\n    os._exit(0)\n"
        "os.wait()"
    )
    one = Counting(tmp_path, forking)
    assert values(tmp_path)["signs_total"] == 11
    assert values(tmp_path)["batch_writes_sum"] == 1
    one.end()


def test_where_the_files_have_no_room_nothing_is_counted_and_nothing_breaks(tmp_path: Path) -> None:
    limited = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    Counting(tmp_path, "metrics.signs.add('accepted')\nmetrics.batch.observe(4)", limited).end()
    assert values(tmp_path) == {}
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]


def test_every_file_has_its_room_on_the_disk_from_the_beginning(two: list[Counting], tmp_path: Path) -> None:
    files = list(tmp_path.rglob("*.db"))
    assert len(files) == 10
    for path in files:
        found = os.stat(path)
        assert found.st_blocks * 512 >= found.st_size > 0
        assert found.st_mode & 0o077 == 0 or os.stat(path.parent).st_mode & 0o077 == 0


def test_no_series_is_about_one_petition_or_person() -> None:
    assert {label for series in metrics.SERIES for label in series.labels} == {"outcome", "page", "job"}
