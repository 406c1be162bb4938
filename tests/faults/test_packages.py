"""Packages while their worker is killed, and while the disk is full: finished, whole, and the same as undisturbed."""

from __future__ import annotations

import random
import signal
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from petition.core.clock import now
from petition.core.db import writing
from petition.deliveries.packages import building, files, service
from petition.deliveries.packages.models import Package, PackageState
from petition.deliveries.proof import verify
from tests.deliveries.packages.making import PEOPLE, add_mission, add_people, asked, built, now_as
from tests.faults.house import House
from tests.faults.length import LONG, SEED, rounds
from tests.faults.small_disk import SmallFiles, small_disk
from tests.processes import wait_until

SECONDS = 8.0 if LONG else 2.5  # that a build takes, about
PATIENCE = 300


def _ask(house: House) -> Package:
    """PEOPLE have signed, many times over in the long form, and a package of them is asked for."""
    add_mission(house.app)
    for turn in range(1000 if LONG else 1):
        add_people(house.app, PEOPLE, start=turn * len(PEOPLE))
    return asked(house.app)


def _folder(house: House, package: Package) -> Path:
    with house.app.app_context():
        return files.folder(package.id)


def _wait_for(house: House, package: Package, *states: PackageState, seconds: float = PATIENCE) -> None:
    wait_until(lambda: now_as(house.app, package).state in states, seconds, f"a package that is {states}")


def _change(house: House, **values: object) -> None:
    with house.app.app_context(), writing() as session:
        session.execute(sa.update(Package).values(**values))


def _kill_a_worker(house: House, package: Package, after: float) -> dict[tuple[datetime | None, str], str]:
    """A worker is killed so long after it took the package; the hashes of what has a final name then.

    Each with the time of the snapshot that it was made of. A minute later its lease is over.
    """
    worker = house.programs.start("worker")
    _wait_for(house, package, PackageState.BUILDING, PackageState.READY)
    with suppress(subprocess.TimeoutExpired):
        worker.wait(after)
    worker.send(signal.SIGKILL)
    worker.wait()
    row, folder = now_as(house.app, package), _folder(house, package)
    there = [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.exists() else []
    hashes = {(row.snapshot_at, path.name): sha256(path.read_bytes()).hexdigest() for path in there if path.is_file()}
    if row.state == PackageState.BUILDING:
        _change(house, claimed_until=now())
    return hashes


@pytest.mark.timeout(3600 if LONG else 300)
@pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)
def test_a_package_whose_worker_is_killed_is_finished_as_if_nothing_had_been(
    house: House, tell: Callable[[str], None]
) -> None:
    chance, package = random.Random(SEED), _ask(house)
    seen: dict[tuple[datetime | None, str], str] = {}
    kills = rounds(1)
    for _kill in range(kills):
        seen |= _kill_a_worker(house, package, chance.uniform(0, SECONDS))
    house.programs.run("worker", "--once", seconds=PATIENCE)
    ready = now_as(house.app, package)
    assert ready.state == PackageState.READY
    with house.app.app_context():
        path = files.zip_path(ready)
    assert verify.check(path).faults == []
    with zipfile.ZipFile(path) as archive:
        final = {name: sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    final[path.name] = ready.zip_sha256 or ""
    survived = {name: found for (snapshot_at, name), found in seen.items() if snapshot_at == ready.snapshot_at}
    assert survived.items() <= final.items()
    tell(f"package: {kills} kills (FAULT_SEED={SEED}), {len(survived)} files made before them are in the ZIP")
    with house.app.app_context():
        files.remove(package.id)
    _change(house, state=PackageState.WAITING)
    assert built(house.app, package).package.zip_sha256 == ready.zip_sha256


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)  # so that only the files lack room
def test_a_package_for_which_the_disk_has_no_room_fails_and_is_made_when_there_is(
    house: House, tmp_path: Path
) -> None:
    package = _ask(house)
    packages = _folder(house, package).parent
    with small_disk(packages) as disk:
        worker = house.programs.start("worker") if disk is None else None
        if worker:
            wait_until(lambda: "worker started" in worker.printed, 60)
        small = disk or SmallFiles(worker)
        small.fill()
        if worker:
            _wait_for(house, package, PackageState.FAILED)
        else:
            assert building.work(house.app)
        failed = now_as(house.app, package)
        assert (failed.state, (failed.failure or "")[:32]) == (
            PackageState.FAILED,
            "There is no room left on the dis",
        )
        small.make_room()
        left = [path for path in packages.rglob("*") if path.is_file()]
        assert left == []
        with house.app.app_context(), writing() as session:
            service.retry(session, None, session.get_one(Package, package.id))
        if worker:
            _wait_for(house, package, PackageState.READY)
        else:
            assert building.work(house.app)
        with house.app.app_context():
            assert verify.check(files.zip_path(now_as(house.app, package))).faults == []
