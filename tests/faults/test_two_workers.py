"""Two workers and one lease: whoever was stopped longer than its lease finds its work done by the other."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from petition import periodic_jobs
from petition.core.clock import now
from petition.core.db import writing
from petition.mail.models import OwedMail, PeriodicJob
from petition.mail.outbox import LEASE
from petition.mail.sending import CONNECTIONS, IN_HAND
from petition.periodic_jobs import Job
from tests.faults import books
from tests.faults.house import House
from tests.faults.length import LONG, rounds
from tests.processes import Program, wait_until

STOPS = rounds(short=1)
OPEN_TRANSACTIONS = """SELECT pid FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"""


def start_worker(house: House) -> Program:
    worker = house.programs.start("worker")
    wait_until(lambda: "worker started" in worker.printed, 60, "the worker")
    return worker


def in_hand(house: House) -> set[str]:
    """The mails under a lease."""
    with house.reading() as session:
        return {mail.hex for mail in session.scalars(sa.select(OwedMail.id).where(OwedMail.lease.is_not(None)))}


def come_twice(house: House) -> set[str]:
    return {mail for mail, copies in books.copies(house).items() if copies > 1}


def stopped_outside_transactions(house: House, worker: Program) -> bool:
    """Stops the worker, unless it is writing: its locks would stop the other one too, until it goes on."""
    assert house.postgres
    worker.send(signal.SIGSTOP)
    if house.postgres.execute(OPEN_TRANSACTIONS):
        worker.send(signal.SIGCONT)
        return False
    return True


def lease_runs_out(house: House) -> None:
    """Waits for it, or in the short form sets the mails' clock forward."""
    if not LONG:
        house.time_passes()

    def over() -> bool:
        with house.reading() as session:
            held = sa.select(OwedMail.id).where(OwedMail.lease.is_not(None), OwedMail.due > now())
            return session.scalars(held).first() is None

    wait_until(over, LEASE.total_seconds() + 10, "the end of the lease")


@pytest.mark.timeout(300 + 100 * STOPS)
@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_a_worker_stopped_longer_than_its_lease_repeats_at_most_what_it_had_in_hand(
    house: House, tell: Callable[[str], None]
) -> None:
    workers, owed = [start_worker(house)], 0
    held: set[str] = set()  # by whoever was stopped, and in the long form by the other too
    for number in range(STOPS):
        house.sink.be_slow(0.5)
        before = len(house.sink.messages)
        owed += len(house.people_sign(30, f"stop{number}-"))
        wait_until(lambda before=before: len(house.sink.messages) > before, 30, "mail")
        wait_until(lambda: stopped_outside_transactions(house, workers[0]))
        now_held = in_hand(house)
        assert 0 < len(now_held) <= len(workers) * IN_HAND
        held |= now_held
        lease_runs_out(house)
        if len(workers) == 1:
            workers.append(start_worker(house))
        house.sink.accept()
        wait_until(lambda: not house.waiting(), 60, "the sending of all mail by the other")
        assert len(come_twice(house)) <= (number + 1) * CONNECTIONS, (
            "what was not being sent when it stopped came twice"
        )
        workers[0].send(signal.SIGCONT)
        workers.reverse()
    for worker in workers:
        worker.terminate()
        assert worker.ends() == 0
    arrived = books.copies(house)
    twice = come_twice(house)
    tell(f"{STOPS} stops longer than the lease: mails owed {owed}, come {len(arrived)}, twice {len(twice)}")
    assert len(arrived) == owed
    assert max(arrived.values()) <= 2
    assert twice <= held, "a mail came twice that no stopped worker had in hand"
    if LONG:  # by the clock on the wall, which the short form leaves alone, what is in hand is no longer fresh
        assert len(twice) <= STOPS * CONNECTIONS, "what was not being sent when it stopped came twice"


@pytest.mark.parametrize("house", ["sqlite", "postgresql"] if LONG else ["sqlite"], indirect=True)
def test_a_periodic_job_is_done_by_one_worker_alone_each_time_it_is_due(
    house: House, tell: Callable[[str], None]
) -> None:
    workers = [house.programs.start("worker") for _number in range(2)]
    wait_until(lambda: _jobs(house) == {job.name for job in periodic_jobs.JOBS}, 60, "the first look at the jobs")
    done = 0
    for _round in range(rounds(short=2)):
        _make_due(house)
        done += 1
        wait_until(lambda: _due(house) == 0, 20, "the jobs")
        wait_until(lambda done=done: _purges(workers) >= done, 20, "a purge")
        wait_until(lambda: _purge_is_over(house), 20, "the end of the purge, which says when the next is due")
    for worker in workers:
        worker.terminate()
        assert worker.ends() == 0
    tell(f"periodic jobs of two workers: due {done} times, done {_purges(workers)} times")
    assert _purges(workers) == done
    assert all("job failed" not in worker.printed for worker in workers)


@pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)
def test_of_many_that_reach_for_a_due_job_at_once_one_gets_it(house: House) -> None:
    job, together, got = Job("count", timedelta(days=1), lambda: None), threading.Barrier(8 + 1), Counter[bool]()

    def reach() -> None:
        with house.app.app_context():
            assert not periodic_jobs.claim(job)  # a first look opens the connection
            together.wait(30)
            together.wait(30)
            got[periodic_jobs.claim(job)] += 1

    threads = [threading.Thread(target=reach) for _number in range(8)]
    for thread in threads:
        thread.start()
    together.wait(30)
    _make_due(house)
    together.wait(30)
    for thread in threads:
        thread.join()
    assert got == {True: 1, False: 7}


def _purges(workers: list[Program]) -> int:
    return sum(worker.printed.count('"event": "purge"') for worker in workers)


def _purge_is_over(house: House) -> bool:
    with house.reading() as session:
        return session.get_one(PeriodicJob, "purge").due > now() + periodic_jobs.LEASE


def _jobs(house: House) -> set[str]:
    with house.reading() as session:
        return set(session.scalars(sa.select(PeriodicJob.name)))


def _due(house: House) -> int:
    with house.reading() as session:
        return len(session.scalars(sa.select(PeriodicJob.name).where(PeriodicJob.due <= now())).all())


def _make_due(house: House) -> None:
    with house.app.app_context(), writing() as session:
        session.execute(sa.update(PeriodicJob).values(due=now() - timedelta(seconds=1)))
