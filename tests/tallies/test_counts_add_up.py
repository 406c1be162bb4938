"""DESIGN rule 1: the public count is the confirmed rows, and the sum over countries, whenever anyone looks."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Event

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petition.core.clock import now
from petition.core.errors import DomainError
from petition.signatures.confirming import Outcome
from tests import acts
from tests.conftest import add_petition
from tests.site_visits import Visits

COUNTRIES = ("KR", "JP", "US", "XK")
PEOPLE = ("Ana", "Ben", "Eva")
ADDRESSES = ("a@example.org", "A+x@example.org", "b@example.org")
ACTS = ("sign", "confirm", "confirm", "correct", "withdraw", "erase", "rebuild")
numbers = count()

Step = tuple[str, int, str, str, str]
steps = st.tuples(
    st.sampled_from(ACTS),
    st.integers(0, 9),
    st.sampled_from(ADDRESSES),
    st.sampled_from(PEOPLE),
    st.sampled_from(COUNTRIES),
)


class Expected:
    """The rules in a few lines: who counts, by attempt."""

    def __init__(self) -> None:
        self.attempts: list[dict[str, str]] = []

    def counted(self) -> Counter[str]:
        return Counter(one["country"] for one in self.attempts if one["state"] == "counted")

    def outcome(self, attempt: dict[str, str]) -> Outcome:
        if attempt["state"] == "counted":
            return Outcome.COUNTED
        if attempt["state"] != "pending":
            return Outcome.ENDED
        others = [
            one["name"] for one in self.attempts if one["state"] == "counted" and one["address"] == attempt["address"]
        ]
        if attempt["name"] in others:
            return Outcome.ALREADY
        return Outcome.FULL if len(others) == 2 else Outcome.COUNTED


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=4, max_size=24))
def test_whatever_people_do_the_counts_are_what_the_rules_say(visits: Visits, what: list[Step]) -> None:
    slug = f"petition-{next(numbers)}"
    add_petition(visits.app, slug)
    expected, handles = Expected(), []
    for act, index, address, name, country in what:
        if act == "sign":
            handles.append(acts.sign(visits.app, address, name, country, slug))
            same = address.lower().replace("+x", "")
            expected.attempts.append({"address": same, "name": name, "country": country, "state": "pending"})
        elif act == "rebuild":
            assert acts.rebuild(visits.app, slug) == 0
        elif handles:
            do(visits, act, handles[index % len(handles)], expected, index % len(handles), country)
        seen = acts.look(visits.app, slug)
        assert seen.rows == expected.counted()
        seen.assert_adds_up()


def do(visits: Visits, act: str, handle: bytes, expected: Expected, index: int, country: str) -> None:
    attempt = expected.attempts[index]
    if attempt["state"] == "erased":
        with pytest.raises(DomainError, match="not known"):
            acts.confirm(visits.app, handle)
    elif act == "confirm":
        wanted = expected.outcome(attempt)
        assert acts.confirm(visits.app, handle) == wanted
        if wanted == Outcome.COUNTED:
            attempt["state"] = "counted"
    elif act == "correct" and attempt["state"] == "counted":
        acts.correct(visits.app, handle, country)
        attempt["country"] = country
    elif act == "withdraw":
        acts.withdraw(visits.app, handle)
        attempt["state"] = "withdrawn"
    elif act == "erase":
        acts.erase(visits.app, handle)
        for one in expected.attempts:
            same = one["address"] == attempt["address"] and one["name"] == attempt["name"]
            if one is attempt or (same and one["state"] != "counted"):
                one["state"] = "erased"


def live(visits: Visits, seed: int, acts_each: int) -> int:
    """One of many people at work: signs, confirms, corrects, withdraws, erases at random. Returns what counts."""
    choose = random.Random(seed)
    mine: dict[bytes, bool] = {}
    for number in range(acts_each):
        act = choose.choice(ACTS[:-1]) if mine else "sign"
        if act == "sign":
            handle = acts.sign(visits.app, f"p{seed}-{number}@example.org", country=choose.choice(COUNTRIES))
            mine[handle] = False
            continue
        handle = choose.choice(list(mine))
        if act == "confirm":
            mine[handle] = acts.confirm(visits.app, handle) == Outcome.COUNTED
        elif act == "correct" and mine[handle]:
            acts.correct(visits.app, handle, choose.choice(COUNTRIES))
        elif act == "withdraw":
            acts.withdraw(visits.app, handle)
            mine[handle] = False
        elif act == "erase":
            acts.erase(visits.app, handle)
            del mine[handle]
    return sum(mine.values())


def watch(done: Event, look: Callable[[], None]) -> int:
    """Looks until all is done; returns how often."""
    looks = 0
    while not done.is_set():
        look()
        looks += 1
    return looks


def test_many_threads_on_one_file_and_every_read_adds_up(visits: Visits) -> None:
    done = Event()
    client = visits.app.test_client()

    def read_file() -> None:
        acts.look(visits.app).assert_adds_up()

    def read_api() -> None:
        shown = visits.api()
        assert shown["signature_count"] == sum(one["signature_count"] for one in shown["signatures_by_country"])
        by_hour = client.get("/petitions/free-the-river/tally.json?by=hour").json
        assert by_hour["signature_count"] == sum(one["signature_count"] for one in by_hour["series"])

    def rebuild() -> None:
        assert acts.rebuild(visits.app) == 0

    with ThreadPoolExecutor(9) as threads:
        watchers: list[Future[int]] = [threads.submit(watch, done, look) for look in (read_file, read_api, rebuild)]
        people = [threads.submit(live, visits, seed, 40) for seed in range(6)]
        try:
            counted = sum(person.result(120) for person in people)
        finally:
            done.set()
        assert all(watcher.result(30) >= 5 for watcher in watchers)
    seen = acts.look(visits.app)
    assert seen.rows.total() == counted
    seen.assert_adds_up()
    with time_machine.travel(now() + timedelta(seconds=2), tick=True):
        assert visits.total() == counted


def test_a_change_moves_in_the_hour_of_confirming_and_no_other(visits: Visits) -> None:
    start = now().replace(minute=50)
    with time_machine.travel(start - timedelta(hours=30), tick=True):
        handles = [acts.sign(visits.app, f"p{number}@example.org") for number in range(4)]
    with time_machine.travel(start - timedelta(hours=7), tick=True):
        for handle in handles:
            acts.confirm(visits.app, handle)
    with time_machine.travel(start, tick=True):
        acts.correct(visits.app, handles[0], "JP")
        acts.withdraw(visits.app, handles[1])
        acts.erase(visits.app, handles[2])
        seen = acts.look(visits.app)
        hour = f"{start - timedelta(hours=7):%Y-%m-%d %H}"
        assert seen.hours == {(hour, "KR"): 1, (hour, "JP"): 1}
        seen.assert_adds_up()
