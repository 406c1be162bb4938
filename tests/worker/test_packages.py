"""A worker that is told to end while it builds a package."""

from __future__ import annotations

from flask import Flask

from petition.deliveries.packages.models import PackageState
from petition.petitions.models import Petition
from tests.deliveries.packages.making import PEOPLE, add_mission, add_people, asked, now_as
from tests.processes import Programs, wait_until


def test_a_worker_told_to_end_gives_its_package_back_and_leaves_no_process(
    app: Flask, petition: Petition, programs: Programs
) -> None:
    add_mission(app)
    add_people(app, PEOPLE)
    package = asked(app)
    worker = programs.start("worker")
    wait_until(lambda: len(worker.group) > 1, 60, "a process that sets a PDF")
    worker.terminate()
    assert worker.ends() == 0
    assert worker.group == []
    given_back = now_as(app, package)
    assert (given_back.state, given_back.lease) == (PackageState.WAITING, None)
    assert programs.run("worker", "--once").returncode == 0
    assert now_as(app, package).state == PackageState.READY
