"""A primary and its synchronous standby: the primary dies under load, the standby takes over.

Both are real PostgreSQL servers; the program knows them by one address with two hosts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path

import pytest

from petition.mail.sending import IN_HAND
from tests.faults import books
from tests.faults.crowd import Crowd, wait_for_work
from tests.faults.house import House, Service, open_house
from tests.faults.length import rounds, seconds
from tests.processes import wait_until
from tests.smtp_sink import SmtpSink
from tests.throwaway_postgres import USER, Standby, ThrowawayPostgres

SIGNING_GOES_ON_WITHIN_SECONDS = 5
NOTICED_AFTER_SECONDS = seconds(long=10, short=1)
ANSWER_WITHIN_SECONDS = 3

Pair = tuple[ThrowawayPostgres, Standby]


def address(*servers: ThrowawayPostgres) -> str:
    """One address of both: whichever takes writes is used."""
    hosts = "&".join(f"host=127.0.0.1:{server.port}" for server in servers)
    return f"postgresql+psycopg://{USER}@/petition?{hosts}&target_session_attrs=read-write"


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as stack:
        primary = stack.enter_context(ThrowawayPostgres(durable=True))
        primary.create("petition")
        yield primary, stack.enter_context(Standby(primary))


@pytest.mark.parametrize("_round", range(max(1, rounds(short=1) // 4)))
def test_when_the_primary_dies_nothing_acknowledged_is_lost_and_signing_goes_on(
    _round: int, pair: Pair, tmp_path: Path, sink: SmtpSink, tell: Callable[[str], None]
) -> None:
    primary, standby = pair
    with open_house(tmp_path, sink, standby, address(primary, standby)) as house:
        service = Service(house)
        with Crowd(house) as crowd:
            wait_for_work(crowd)
            primary.kill()
            threading.Event().wait(NOTICED_AFTER_SECONDS)
            standby.promote()
            promoted = time.monotonic()
            wait_until(lambda: crowd.acknowledged_at[-1] > promoted, 60, "an acknowledgment")
            gap = crowd.gap(promoted)
            wait_for_work(crowd)
        house.wait_for_all_mail()
        found = books.check(house, crowd)
        tell(f"failover: signing again {gap:.2f} s after the promotion: {found.words}")
        assert {refusal.rpartition(" ")[2] for refusal in crowd.refused} <= {"503"}
        assert gap <= SIGNING_GOES_ON_WITHIN_SECONDS
        assert found.duplicates <= IN_HAND
        service.end()


def test_what_the_standby_does_not_have_is_not_acknowledged(pair: Pair, tmp_path: Path, sink: SmtpSink) -> None:
    primary, standby = pair
    with open_house(tmp_path, sink, primary, address(primary, standby)) as house:
        house.programs.serve(house.port)
        assert house.sign("before@mail.test").status == 303
        standby.pause()
        assert not acknowledged(house, "during@mail.test")
        standby.resume()
        assert house.sign("after@mail.test").status == 303


def acknowledged(house: House, email: str) -> bool:
    try:
        return house.sign(email, ANSWER_WITHIN_SECONDS).status == 303
    except (OSError, HTTPException):
        return False
