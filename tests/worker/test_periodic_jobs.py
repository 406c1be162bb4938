"""Periodic jobs: done once however many workers there are, and none stops a worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from petition import periodic_jobs
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.mail.models import PeriodicJob
from petition.periodic_jobs import Job
from petition.tallies.models import Tally
from petition.worker import Worker
from tests.processes import Programs, wait_until
from tests.smtp_sink import SmtpSink

HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture
def clock() -> Iterator[Callable[[float], None]]:
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller.shift


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that workers of this test know: none at first."""
    known: list[Job] = []
    monkeypatch.setattr(periodic_jobs, "JOBS", known)
    return known


def due(name: str) -> datetime:
    found = read_again().scalar(sa.select(PeriodicJob.due).where(PeriodicJob.name == name))
    assert found
    return found


def test_a_new_job_waits_one_period_then_is_done_once_a_period(
    inside: Flask, jobs: list[Job], clock: Callable[[float], None]
) -> None:
    done: list[datetime] = []
    jobs.append(Job("count", timedelta(days=1), lambda: done.append(now())))
    for _round in range(3):
        periodic_jobs.do_due()
    assert done == []
    for day in range(1, 4):
        clock(DAY + 1)
        for _round in range(3):
            periodic_jobs.do_due()
        assert len(done) == day


def test_of_many_workers_that_look_at_once_one_does_the_job(
    app: Flask, jobs: list[Job], clock: Callable[[float], None]
) -> None:
    done: list[int] = []
    jobs.append(Job("count", timedelta(hours=1), lambda: done.append(1)))
    with app.app_context():
        periodic_jobs.do_due()
    clock(HOUR + 1)
    together = threading.Barrier(8)

    def look() -> None:
        with app.app_context():
            together.wait()
            periodic_jobs.do_due()

    workers = [threading.Thread(target=look) for _worker in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert done == [1]


def test_a_job_that_fails_stops_neither_the_worker_nor_the_next_job_and_is_done_again(
    app: Flask,
    jobs: list[Job],
    sign: Callable[..., Any],
    sink: SmtpSink,
    clock: Callable[[float], None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def fail() -> None:
        done.append("fails")
        raise OSError("anna@mail.test: disk full")

    jobs += [Job("fails", timedelta(days=1), fail), Job("works", timedelta(days=1), lambda: done.append("works"))]
    Worker(app, once=True).run()
    clock(DAY + 1)
    sign("anna@mail.test")
    monkeypatch.setattr(logging.getLogger("petition"), "propagate", True)
    Worker(app, once=True).run()
    assert done == ["fails", "works"]
    assert len(sink.messages) == 1
    assert "job failed" in caplog.text
    clock(HOUR + 1)
    Worker(app, once=True).run()
    assert done == ["fails", "works", "fails"]


def test_a_job_whose_worker_died_is_done_again_after_an_hour(
    inside: Flask, jobs: list[Job], clock: Callable[[float], None]
) -> None:
    done: list[int] = []
    job = Job("count", timedelta(days=1), lambda: done.append(1))
    jobs.append(job)
    periodic_jobs.do_due()
    clock(DAY + 1)
    assert periodic_jobs.claim(job)
    clock(HOUR - 60)
    periodic_jobs.do_due()
    assert done == []
    clock(120)
    periodic_jobs.do_due()
    assert done == [1]
    assert due("count") - now() > timedelta(hours=23)


def test_a_job_put_off_by_a_clock_that_ran_years_ahead_is_done_once_the_clock_is_right(
    inside: Flask, jobs: list[Job], clock: Callable[[float], None]
) -> None:
    done: list[int] = []
    jobs.append(Job("count", timedelta(days=1), lambda: done.append(1)))
    clock(1000 * DAY)
    periodic_jobs.do_due()
    clock(-1000 * DAY)
    for _time in range(2):
        periodic_jobs.do_due()
    assert done == [1]


def test_a_long_job_holds_up_no_mail(
    app: Flask, jobs: list[Job], sign: Callable[..., Any], sink: SmtpSink, clock: Callable[[float], None]
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def take_long() -> None:
        begun.set()
        assert may_end.wait(30)

    jobs.append(Job("long", timedelta(days=1), take_long))
    with app.app_context():
        periodic_jobs.do_due()
    clock(DAY + 1)
    worker = Worker(app)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        assert begun.wait(30)
        sign("anna@mail.test")
        sink.wait_for(1)
    finally:
        may_end.set()
        worker.stop()
        thread.join()


def test_the_worker_purges_and_checks_the_tallies(app: Flask, programs: Programs) -> None:
    Worker(app, once=True).run()
    with app.app_context(), writing() as session:
        assert set(session.scalars(sa.select(PeriodicJob.name))) == {
            *(
                "move petitions",
                "fold tallies",
                "purge",
                "empty log",
                "check tallies",
                "audit head",
                "watch withdrawals",
                "remove package files",
                "look at packages",
            )
        }
        session.execute(sa.update(PeriodicJob).values(due=now() - timedelta(seconds=1)))
    workers = [programs.start("worker") for _number in range(3)]
    wait_until(lambda: all("worker started" in worker.printed for worker in workers), 60)
    wait_until(lambda: sum('"event": "purge"' in worker.printed for worker in workers) == 1, 60)
    with app.app_context():
        wait_until(lambda: due("check tallies") > now() and due("purge") > now() + timedelta(hours=23))
    for worker in workers:
        worker.terminate()
    assert [worker.ends() for worker in workers] == [0, 0, 0]
    assert sum(worker.printed.count('"event": "purge"') for worker in workers) == 1


def test_a_drifted_tally_is_in_the_log(
    app: Flask, petition: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        with writing() as session:
            session.add(Tally(slot=0, petition_id=petition.id, country="KR", signatures=3))
        monkeypatch.setattr(logging.getLogger("petition"), "propagate", True)
        periodic_jobs.check_tallies()
    said = [vars(record)["countries"] for record in caplog.records if record.message == "tally drift"]
    assert said
    assert all(countries == ["KR"] for countries in said)
