"""The database goes away for a while: a clear refusal, nothing lost, and the service recovers by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from petition.mail.sending import IN_HAND
from tests.faults import books
from tests.faults.crowd import PATIENCE_SECONDS, Crowd, wait_for_work
from tests.faults.house import House, Service
from tests.faults.length import seconds
from tests.processes import Answer, ask, wait_until

AWAY_SECONDS = seconds(long=60, short=3)
ANSWERS_WITHIN_SECONDS = 30  # 10 on a machine with nothing else to do
RECOVERS_WITHIN_SECONDS = 5
on_postgresql = pytest.mark.parametrize("house", ["postgresql"], indirect=True)


@contextmanager
def away(house: House, how: str) -> Iterator[None]:
    """Without a database: the server is shut down, or hangs."""
    assert house.postgres
    if how == "shut down":
        house.postgres.stop()
    else:
        house.postgres.pause()
    yield
    if how == "shut down":
        house.postgres.start()
    else:
        house.postgres.resume()


def refused_clearly(answer: Answer) -> bool:
    """A page in plain words; and when it is to be had, when to come again, and what was filled in."""
    assert answer.status == 503
    assert "Traceback" not in answer.text
    assert "<h1" in answer.text
    assert int(answer.headers["retry-after"]) <= 120
    assert "Ana Test" in answer.text
    assert "during@mail.test" in answer.text
    return True


@pytest.mark.timeout(300 + 8 * AWAY_SECONDS)
@on_postgresql
def test_without_a_database_requests_are_refused_and_afterwards_all_goes_on(
    house: House, tell: Callable[[str], None]
) -> None:
    service, gaps = Service(house), {}
    with Crowd(house) as crowd:
        for how in ("shut down", "hung"):
            wait_for_work(crowd)
            with away(house, how):
                _look_at_refusals(house, how)
                threading.Event().wait(AWAY_SECONDS)
            back = time.monotonic()
            wait_until(lambda back=back: crowd.acknowledged_at[-1] > back, PATIENCE_SECONDS, "an acknowledgment")
            gaps[how] = crowd.gap(back)
        wait_for_work(crowd)
    assert service.web.poll() is None
    assert service.worker.poll() is None, service.worker.printed[-2000:]
    house.wait_for_all_mail()
    found = books.check(house, crowd)
    words = ", ".join(f"{how} {AWAY_SECONDS:g} s and back after {gap:.2f} s" for how, gap in gaps.items())
    tell(f"database {words}: {found.words}")
    assert max(gaps.values()) <= RECOVERS_WITHIN_SECONDS
    assert found.duplicates <= 2 * IN_HAND
    strange = {refusal for refusal in crowd.refused if refusal.rpartition(" ")[2] != "503"}
    assert strange <= {"sign: TimeoutError", "confirm: TimeoutError"}
    service.end()


def _look_at_refusals(house: House, how: str) -> None:
    assert ask(house.port, "GET", "/healthz").status == 200
    if how == "shut down":
        assert refused_clearly(house.sign("during@mail.test"))
        assert ask(house.port, "GET", "/readyz").status == 503
    else:
        assert refused_clearly(house.sign("during@mail.test", ANSWERS_WITHIN_SECONDS))


@on_postgresql
def test_told_to_end_without_a_database_web_and_worker_end(house: House) -> None:
    service = Service(house)
    house.sink.be_slow(1)
    for number in range(8):
        assert house.sign(f"person{number}@mail.test").status == 303
    wait_until(lambda: house.sink.connections, 20, "mail in hand")
    with away(house, "shut down"):
        service.tell_to_end()
    assert "Traceback" not in service.worker.printed
