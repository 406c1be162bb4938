"""Everything at once: readers, open pages that poll, people who sign and who use the link in their mail.

The links come out of the mails that a worker sends meanwhile. In the last seconds only readers come, so that
every form that was sent has been answered when the load ends: what is found then must be what was sent.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from benchmarks import figures, load
from benchmarks.bench import Bench
from benchmarks.databases import SLUG
from benchmarks.load import Load
from benchmarks.results import Result
from benchmarks.running import Service
from benchmarks.sink import Sink, sink
from benchmarks.writes import PATH, form_token
from petition.core.db import read_again
from petition.petitions import service as petitions
from petition.signatures import recount
from petition.signatures.models import Signature
from petition.tallies import service as tallies
from tests.processes import wait_until

FIGURES = (
    *(figures.STORM_RATE, figures.STORM_ERRORS, figures.STORM_LOST, figures.STORM_DRIFT),
    *(figures.STORM_REPEATED, figures.STORM_OUTBOX),
)
CONNECTIONS = 200
QUIET_SECONDS = 3
PATIENCE_SECONDS = 300
OWED = sa.text("SELECT 1 FROM outbox WHERE state = 0 LIMIT 1")


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds: signatures in any state, and confirmed ones as the tally counts them."""

    signatures: int
    confirmed: int


def run(bench: Bench) -> Iterator[Result]:
    """One storm at each size."""
    for size in bench.plan.sizes:
        with sink(bench.scratch) as mails, bench.instance(size, mail_url=mails.url) as service:
            service.serve()
            service.warm_up(PATH)
            _start_worker(service)
            yield from _storm(bench, service, mails)


def _start_worker(service: Service) -> None:
    worker = service.programs.start("worker")
    wait_until(lambda: "worker started" in worker.printed or worker.poll() is not None, 60, "the worker's start")


def _storm(bench: Bench, service: Service, mails: Sink) -> Iterator[Result]:
    assert service.web
    before, seconds = _stored(service), bench.plan.storm_seconds
    quiet = max(1, seconds - QUIET_SECONDS)
    arguments = PATH, f"/api/v1{PATH}", form_token(service), mails.folder, round(quiet)
    with bench.profiling(figures.STORM_RATE, service.web.pid, service.size):
        done = load.wrk(f"{service.url}/", "storm", *arguments, seconds=seconds, connections=CONNECTIONS)
    empty_after = _wait_for_outbox(service)
    after = _stored(service)
    yield from _results(
        service, done, mails, Stored(after.signatures - before.signatures, after.confirmed - before.confirmed)
    )
    yield Result(figures.STORM_OUTBOX, empty_after, **service.where)


def _results(service: Service, done: Load, mails: Sink, found: Stored) -> Iterator[Result]:
    copies = [known for _at, known in mails.mails]
    arrived = len(set(copies))
    missing = [done.signs - found.signatures, done.confirms - found.confirmed, done.signs - arrived]
    lost = sum(max(0, number - done.errors) for number in missing)
    repeated = len(copies) - arrived + sum(max(0, -number) for number in missing)
    sys.stderr.write(
        f"  storm at {service.size:,}: {done.pages:,} page views, {done.polls:,} polls\n"
        f"    acknowledged {done.signs:,} signatures, {done.confirms:,} confirmations\n"
        f"    found        {found.signatures:,} signatures, {found.confirmed:,} confirmations, {arrived:,} mails\n"
        f"    lost {lost}, repeated {repeated}; p99 {done.p99:.0f} ms;"
        f" {done.statuses} bad answers, {done.sockets} broken connections\n"
    )
    words = f"{done.rate:,.0f}/s: {done.signs:,} signed, {done.confirms:,} confirmed"
    yield Result(figures.STORM_RATE, done.rate, measured=words, **service.where)
    yield Result(figures.STORM_ERRORS, done.errors, measured=f"{done.errors} of {done.requests:,}", **service.where)
    yield Result(figures.STORM_LOST, lost, **service.where)
    yield Result(figures.STORM_DRIFT, _drift(service), **service.where)
    yield Result(figures.STORM_REPEATED, repeated, **service.where)


def _wait_for_outbox(service: Service) -> float:
    """Seconds until no mail is owed any more. RuntimeError when that takes minutes."""
    began = time.monotonic()
    with service.app.app_context():
        while read_again().scalar(OWED):
            if time.monotonic() > began + PATIENCE_SECONDS:
                raise RuntimeError(f"mails are still owed after {PATIENCE_SECONDS} s")
            time.sleep(0.05)
    return time.monotonic() - began


def _stored(service: Service) -> Stored:
    with service.app.app_context():
        session = read_again()
        petition_id = petitions.find(session, SLUG).id
        mine = sa.select(sa.func.count()).where(Signature.petition_id == petition_id)
        return Stored(session.scalar(mine) or 0, tallies.count(session, petition_id).total)


def _drift(service: Service) -> int:
    with service.app.app_context():
        lines = recount.compare(read_again(), petitions.find(read_again(), SLUG).id)
        return sum(not line.right for line in lines)
