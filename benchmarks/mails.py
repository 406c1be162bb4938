"""Sending: a full outbox and one worker, beside smtplib with the same mail to the same server."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import MAIL
from benchmarks.pending import add_pending
from benchmarks.results import Result, rates
from benchmarks.running import Service
from benchmarks.sink import Sink, sink
from benchmarks.yardsticks import bare_smtp

FIGURES = (MAIL,)
A_SECOND = 400  # mails to send for each second that a measurement shall take
FIRST = 20


def run(bench: Bench) -> Iterator[Result]:
    """Empties the outbox at each size."""
    number = round(A_SECOND * bench.plan.seconds)
    for size in bench.plan.sizes:
        with sink(bench.scratch) as mails, bench.instance(size, mail_url=mails.url) as service:
            yield _measured(bench, service, mails, number)


def _measured(bench: Bench, service: Service, mails: Sink, number: int) -> Result:
    _send(bench, service, mails, FIRST)  # for a mail to measure smtplib with
    one_mail = mails.one_mail
    sent, bare = bench.beside(
        lambda: bare_smtp(mails.port, one_mail, number), lambda: _send(bench, service, mails, number)
    )
    return rates(MAIL, sent, bare, **service.where)


def _send(bench: Bench, service: Service, mails: Sink, number: int) -> float:
    """Mails a second, between the first and the last that arrives. RuntimeError when not each comes once."""
    add_pending(service.app, number)
    before = len(mails.mails)
    worker = service.programs.start("worker", "--once")
    with bench.profiling(MAIL, worker.pid, service.size):
        if worker.ends(600):
            raise RuntimeError(f"the worker failed: {worker.printed}")
    arrived = mails.mails[before:]
    if len(arrived) != number or len({known for _at, known in arrived}) != number:
        raise RuntimeError(f"{len(arrived)} mails came of {number}")
    return (number - 1) / (arrived[-1][0] - arrived[0][0])
