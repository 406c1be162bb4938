"""DESIGN rule 2: an acknowledged signature or confirmation survives any crash, and every mail owed is sent.

Web server, worker and database run as real processes, people sign and confirm over HTTP, and at random
moments one of the processes is killed with `kill -9`. FAULT_ROUNDS sets how many kills, FAULT_SEED repeats a run.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest

from petition.mail.sending import CONNECTIONS
from tests.faults import books
from tests.faults.crowd import Crowd
from tests.faults.house import House, Service
from tests.faults.length import SEED, rounds
from tests.processes import wait_until

KILLS = rounds(short=4)


@pytest.mark.timeout(300 + 20 * KILLS)
@pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)
def test_nothing_acknowledged_is_lost_and_every_owed_mail_is_sent_under_kill_9(
    house: House, tell: Callable[[str], None]
) -> None:
    chance = random.Random(SEED)
    kinds = ["web", "child", "worker"] + (["database"] if house.postgres else [])
    victims = [kinds[number % len(kinds)] for number in range(KILLS)]
    chance.shuffle(victims)
    service = Service(house)
    with Crowd(house) as crowd:
        for victim in victims:
            _let_work(service, crowd, victim)
            threading.Event().wait(chance.uniform(0, 0.8))
            service.kill(victim)
        wait_until(service.up, 60, "an answer")
    house.wait_for_all_mail()
    found = books.check(house, crowd)
    tell(f"{KILLS} kills of {', '.join(kinds)} (FAULT_SEED={SEED}): {found.words}")
    assert found.duplicates <= CONNECTIONS * sum(victim in ("worker", "database") for victim in victims)
    service.end()


def _let_work(service: Service, crowd: Crowd, victim: str) -> None:
    seen = crowd.done(victim)
    wait_until(lambda: service.up() and crowd.done(victim) > seen + 9, 90, f"work of the {victim}")
