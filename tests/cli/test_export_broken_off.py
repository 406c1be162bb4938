"""An export that is broken off leaves no file and no name behind; one that runs stays small for any number."""

from __future__ import annotations

import os
import pty
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask

from benchmarks.running import timed
from petition.core.db import writing
from petition.signatures import bulk
from petition.signatures.models import ListName
from tests.cli.conftest import Instance, Person, collected, one_line
from tests.commands import COMMAND
from tests.conftest import add_petition
from tests.processes import wait_until

SMALL, LARGE = 10_000, 40_000
MEGABYTES = 10  # that the 30,000 more may need: 350 bytes each


@pytest.fixture(scope="module")
def large(new_instance: Callable[..., Instance]) -> Instance:
    """40,000 signatures, 10,000 of them from Korea."""

    def fill(app: Flask) -> None:
        choices = (ListName.FULL, ListName.INITIALS, ListName.COUNT)
        people = (
            Person(f"Person Number {n:06}", "KR" if n % 4 == 0 else "US", choices[n % 3], "Stadt")
            for n in range(LARGE)
        )
        petition = add_petition(app, "large")
        with app.app_context():
            bulk.add(writing, petition, collected(people))

    return new_instance(fill)


def written_so_far(pid: int, folder: Path) -> int:
    """Bytes in the files without a name that a process has open in the folder."""
    sizes = [0]
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if os.readlink(handle).startswith(f"{folder}/"):
                sizes.append(handle.stat().st_size)
        except OSError:
            continue
    return max(sizes)


@contextmanager
def halfway(instance: Instance, folder: Path, ending: str) -> Iterator[subprocess.Popen[bytes]]:
    """An export held still while it is being written; `folder` is also where its scratch files go."""
    environment = instance.environment | {"TMPDIR": str(folder)}
    process = instance.start("export", "large", "-o", folder / f"list.{ending}", env=environment)
    try:
        wait_until(lambda: process.poll() is not None or written_so_far(process.pid, folder) > 0, 120, "writing")
        assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx"])
def test_ctrl_c_leaves_nothing_and_ends_with_status_1(large, tmp_path, ending):
    with halfway(large, tmp_path, ending) as process:
        process.send_signal(signal.SIGINT)
        _out, said = process.communicate(timeout=60)
        assert process.returncode == 1
        assert said.decode().strip() == "Aborted!"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx"])
def test_kill_9_leaves_no_name_on_the_disk_either(large, tmp_path, ending):
    with halfway(large, tmp_path, ending) as process:
        process.kill()
        process.wait()
    wait_until(lambda: not list(tmp_path.iterdir()), 20, "clearing up")


def _ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx", "pdf"])
def test_a_full_disk_is_one_line_and_leaves_nothing(filled, tmp_path, ending):
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, 64 * 1024))

    if filled.url.startswith("sqlite"):  # the command writes down that it exports: its log must be short
        with closing(sqlite3.connect(filled.url.removeprefix("sqlite:///"))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    options = {"preexec_fn": no_room, "env": filled.environment | {"TMPDIR": str(tmp_path)}, "text": True}
    process = filled.start("export", "many", "-o", tmp_path / f"list.{ending}", stdout=subprocess.PIPE, **options)
    said = one_line(subprocess.CompletedProcess(process.args, *_ended(process)))
    assert "File too large" in said
    assert list(tmp_path.iterdir()) == []


def test_a_person_at_a_terminal_sees_how_far_it_is(filled, tmp_path):
    terminal, screen = pty.openpty()
    process = filled.start("export", "many", "-o", tmp_path / "list.csv", stderr=screen)
    os.close(screen)
    assert process.wait(120) == 0
    seen = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert "Exporting" in seen
    assert "100%" in seen
    assert "3000 signatures in" in seen


def test_a_program_sees_one_line_and_no_progress(filled, tmp_path):
    done = filled.run("export", "many", "-o", tmp_path / "list.csv")
    assert (done.stdout, done.stderr) == ("", f"3000 signatures in {tmp_path}/list.csv\n")


@pytest.mark.parametrize(("ending", "options"), [("csv", ()), ("jsonl", ()), ("xlsx", ()), ("xlsx", ("--personal",))])
def test_four_times_the_people_need_no_more_memory(large, tmp_path, ending, options, record_property):
    def exported(*more: str) -> float:
        command = [*COMMAND, "export", "large", "-o", str(tmp_path / f"list.{ending}"), *options, *more]
        return timed(command, large.environment).megabytes

    small, whole = exported("--country", "KR"), exported()
    what = " ".join((ending, *options))
    record_property("measured", f"export {what}: {SMALL:,} people {small:.0f} MB, {LARGE:,} people {whole:.0f} MB")
    assert whole < small + MEGABYTES
