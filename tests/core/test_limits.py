"""Limits: exact over processes and threads, over when their window is over, off when told so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from limits import parse

from petition.core import limits
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.errors import TooMany
from petition.settings import Settings
from tests.conftest import running
from tests.processes import FORKED

PROCESSES, THREADS, TRIES = 4, 4, 8
HALF = parse(f"{PROCESSES * THREADS * TRIES // 2} per 10 minutes")
THREE = parse("3 per 10 minutes")


def passes(item: limits.RateLimitItem, *who: str) -> bool:
    try:
        limits.hit(item, *who)
    except TooMany:
        return False
    return True


def try_often(settings: Settings) -> int:
    """In a process of its own: how often several threads got through."""
    with running(settings) as app:

        def thread(_number: int) -> int:
            with app.app_context():
                return sum(passes(HALF, "everybody") for _turn in range(TRIES))

        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(thread, range(THREADS)))


def test_a_limit_is_exact_over_processes_and_threads(settings: Settings) -> None:
    with FORKED.Pool(PROCESSES) as pool:
        passed = pool.map(try_often, [settings] * PROCESSES, chunksize=1)
        pool.close()
        pool.join()
    assert sum(passed) == HALF.amount


def test_who_is_over_the_limit_is_told_when_to_come_back(inside: Flask) -> None:
    assert [passes(THREE, "me") for _turn in range(4)] == [True, True, True, False]
    with pytest.raises(TooMany) as caught:
        limits.hit(THREE, "me")
    assert 590 <= caught.value.retry_after <= 600
    assert passes(THREE, "somebody else")


def test_the_window_ends_and_begins_anew(inside: Flask) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        assert [passes(THREE, "me") for _turn in range(4)] == [True, True, True, False]
        clock.shift(timedelta(minutes=9, seconds=59))
        assert not passes(THREE, "me")
        clock.shift(timedelta(seconds=2))
        assert [passes(THREE, "me") for _turn in range(4)] == [True, True, True, False]


def test_off_lifts_the_limits_but_those_that_guard_a_secret(settings: Settings) -> None:
    with running(replace(settings, limits="off")) as app, app.app_context():
        assert all(passes(THREE, "me") for _turn in range(10))
        for _turn in range(3):
            limits.hit_always(THREE, "me")
        with pytest.raises(TooMany):
            limits.hit_always(THREE, "me")


def test_counters_whose_window_is_over_are_forgotten(inside: Flask) -> None:
    counters = sa.select(sa.func.count()).select_from(limits.RateHit)
    limits.hit(THREE, "me")
    with writing() as session:
        limits.forget_old_hits(session)
    assert read_again().scalar(counters) == 1
    with time_machine.travel(now() + timedelta(minutes=11)), writing() as session:
        limits.forget_old_hits(session)
    assert read_again().scalar(counters) == 0


def test_a_counter_can_be_read_and_cleared(inside: Flask) -> None:
    limiter = inside.extensions["petition.limiter"]
    assert limiter.get_window_stats(THREE, "me").remaining == 3
    limits.hit(THREE, "me")
    assert limiter.get_window_stats(THREE, "me").remaining == 2
    limiter.clear(THREE, "me")
    assert limiter.get_window_stats(THREE, "me").remaining == 3
    assert limiter.storage.check()
