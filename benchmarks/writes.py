"""Signing and confirming on PostgreSQL. Afterwards the rows are counted: a speed at which one is lost is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from benchmarks import figures
from benchmarks.bench import ROUNDS, Bench
from benchmarks.databases import SLUG
from benchmarks.figures import Figure
from benchmarks.load import CONNECTIONS, THREADS, Load, LoadFailed
from benchmarks.pending import add_pending
from benchmarks.results import Result, rates
from benchmarks.running import Service
from petition.core.db import read_again
from petition.mail.models import MailState, OwedMail
from petition.petitions import service as petitions
from petition.signatures import recount
from petition.signatures.models import Signature, SignatureState
from petition.tallies import service as tallies

FIGURES = (
    *(figures.SIGN, figures.SIGN_COMMITS, figures.SIGN_GROWTH),
    *(figures.CONFIRM, figures.CONFIRM_COMMITS, figures.CONFIRM_P99),
)
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
SHARE = 0.45  # of the static view's rate: nobody confirms faster, so that the links will do
WARM = 1000
PATH = f"/petitions/{SLUG}"


def run(bench: Bench) -> Iterator[Result]:
    """Measures both at each size, and how much slower signing is at the larger."""
    for size in bench.plan.sizes:
        yield from _sign(bench, size)
        yield from _confirm(bench, size)
    yield from bench.growth(figures.SIGN_GROWTH, partial(signing, bench))


def _sign(bench: Bench, size: int) -> Iterator[Result]:
    with bench.instance(size) as service:
        sign = signing(bench, service, figures.SIGN)
        rate, static = bench.beside(bench.static, sign)
        commits = bench.commits.rate(bench.plan.seconds)
        yield rates(figures.SIGN, rate, static, **service.where)
        yield rates(figures.SIGN_COMMITS, rate, commits, **service.where)


def signing(bench: Bench, service: Service, figure: Figure) -> Callable[[], float]:
    """Starts the server; returns what signs under load and gives the rate.

    It raises LoadFailed when rows or mails are not as acknowledged.
    """
    service.serve()
    token, turns = form_token(service), count(1)
    service.warm_up(f"{PATH}/sign", "sign", token, "warm")

    def sign() -> float:
        before = waiting_rows(service)
        done = bench.load(figure, service, f"{PATH}/sign", "sign", token, f"sign{next(turns)}")
        found = [after - known for known, after in zip(before, waiting_rows(service), strict=True)]
        check_found(done.requests, found)
        return done.rate

    return sign


def form_token(service: Service) -> str:
    """The token in the form of the petition page."""
    found = TOKEN.search(service.get(PATH))
    assert found, "the page has no form"
    return found[1]


def check_found(acknowledged: int, found: list[int]) -> None:
    """What is in the tables is what was acknowledged, and at most the answers that wrk did not wait for.

    That is one on each connection, of this load and of the one before. Raises LoadFailed.
    """
    if not all(acknowledged <= number <= acknowledged + 2 * CONNECTIONS for number in found):
        raise LoadFailed(f"{acknowledged} were acknowledged, {found} are in the tables")


def waiting_rows(service: Service) -> list[int]:
    """How many signatures are pending, and how many mails are owed."""
    with service.app.app_context():
        session = read_again()
        pending = sa.select(sa.func.count()).where(Signature.state == SignatureState.PENDING)
        owed = sa.select(sa.func.count()).where(OwedMail.state == MailState.WAITING)
        return [session.scalar(pending) or 0, session.scalar(owed) or 0]


def _confirm(bench: Bench, size: int) -> Iterator[Result]:
    with bench.instance(size) as service:
        static = bench.static()
        links = Links(bench, service, static * SHARE)
        rate, static = bench.beside(bench.static, lambda: links.use(figures.CONFIRM).rate)
        commits = bench.commits.rate(bench.plan.seconds)
        yield rates(figures.CONFIRM, rate, static, **service.where)
        yield rates(figures.CONFIRM_COMMITS, rate, commits, **service.where)
        half = links.use(figures.CONFIRM_P99, rate / 2)
        measured = f"{half.p99:.1f} ms at {half.rate:,.0f}/s"
        yield Result(figures.CONFIRM_P99, half.p99, measured=measured, **service.where)


class Links:
    """Enough links for every measurement of one instance, each used once. Starts the server when they are made."""

    def __init__(self, bench: Bench, service: Service, fastest: float) -> None:
        self._bench, self._service = bench, service
        number = int(fastest * bench.plan.seconds) + CONNECTIONS
        self._files = [self._file(number, turn) for turn in range(ROUNDS + 1)]
        warm = self._file(WARM, ROUNDS + 1)
        service.serve()
        service.warm_up("/", "confirm", warm, THREADS, WARM / 2)

    def _file(self, number: int, turn: int) -> Path:
        path = self._service.settings.instance / f"links-{turn}"
        path.write_text("\n".join(add_pending(self._service.app, number)) + "\n")
        return path

    def use(self, figure: Figure, per_second: float = 0) -> Load:
        """Confirms, as fast as it goes or at a rate. Raises LoadFailed when the counters do not say as many."""
        before = _counted(self._service)
        arguments = self._files.pop(), THREADS, per_second
        done = self._bench.load(figure, self._service, "/", "confirm", *arguments)
        check_found(done.requests, [_counted(self._service) - before])
        return done


def _counted(service: Service) -> int:
    """The public count. Raises LoadFailed when it is not what the rows say."""
    with service.app.app_context():
        petition = petitions.find(read_again(), SLUG)
        if any(not line.right for line in recount.compare(read_again(), petition.id)):
            raise LoadFailed("the counters are not what the rows say")
        return tallies.count(read_again(), petition.id).total
