"""DESIGN rule 4 under load: whoever presses at the same moment, an address counts two people at most."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from petition.core.clock import now
from petition.core.db import db
from petition.core.errors import NotFound
from petition.core.tokens import sign_handle
from petition.settings import Settings
from petition.signatures import confirming
from petition.signatures.confirming import Confirmation, Outcome, Press
from petition.signatures.mails import CONFIRM
from tests import acts
from tests.conftest import running
from tests.processes import FORKED, wait_until
from tests.site_visits import Visits

THREADS, PROCESSES = 12, 4


def all_at_once(visits: Visits, act: Callable[[bytes], str], handles: list[bytes]) -> list[str]:
    """Each handle in a thread of its own, let go together."""
    start = Barrier(len(handles))

    def run(handle: bytes) -> str:
        start.wait(30)
        return act(handle)

    with ThreadPoolExecutor(len(handles)) as threads:
        return list(threads.map(run, handles))


def test_twelve_people_at_one_address_press_at_once_and_two_count(visits: Visits) -> None:
    handles = [acts.sign(visits.app, "ana@example.org", f"Person {number}") for number in range(THREADS)]
    outcomes = all_at_once(visits, lambda handle: acts.confirm(visits.app, handle), handles)
    assert Counter(outcomes) == {Outcome.COUNTED: 2, Outcome.FULL: THREADS - 2}
    assert acts.look(visits.app).rows == {"KR": 2}
    acts.look(visits.app).assert_adds_up()


def test_one_person_presses_twelve_links_at_once_and_counts_once(visits: Visits) -> None:
    handles = [acts.sign(visits.app, "ana@example.org") for _link in range(THREADS)]
    outcomes = all_at_once(visits, lambda handle: acts.confirm(visits.app, handle), handles)
    assert Counter(outcomes) == {Outcome.COUNTED: 1, Outcome.ALREADY: THREADS - 1}
    acts.look(visits.app).assert_adds_up()


def test_one_link_is_pressed_twelve_times_at_once_and_counts_once(visits: Visits) -> None:
    handle = acts.sign(visits.app, "ana@example.org")
    with visits.app.app_context():
        path = f"/confirm/{sign_handle(CONFIRM, handle)}"

    def press(_handle: bytes) -> str:
        page: str = visits.press(path, name="Ana Test", country="TW").text
        return page

    pages = all_at_once(visits, press, [handle] * THREADS)
    assert all("You are counted" in page for page in pages)
    assert acts.look(visits.app).tally == {"TW": 1}
    acts.look(visits.app).assert_adds_up()


def confirm_in_a_process(settings: Settings, handles: list[bytes]) -> list[str]:
    """Runs in a process of its own, as a web worker does: several threads on one file."""
    with running(settings) as app, ThreadPoolExecutor(3) as threads:
        return [str(outcome) for outcome in threads.map(lambda handle: acts.confirm(app, handle), handles)]


@pytest.mark.parametrize("people", [1, 3])
def test_four_processes_confirm_at_once(visits: Visits, settings: Settings, people: int) -> None:
    handles = [acts.sign(visits.app, "ana@example.org", f"Person {link % people}") for link in range(24)]
    others = [acts.sign(visits.app, f"p{number}@example.org") for number in range(24)]
    shares = [handles[number::PROCESSES] + others[number::PROCESSES] for number in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, FORKED) as pool:
        outcomes = [one for part in pool.map(confirm_in_a_process, [settings] * PROCESSES, shares) for one in part]
    assert outcomes.count("counted") == min(people, 2) + len(others)
    seen = acts.look(visits.app)
    assert seen.rows.total() == min(people, 2) + len(others)
    seen.assert_adds_up()


def somebody_waits(visits: Visits) -> bool:
    """Whether a transaction waits for another: at SQLite's gate, or for a lock of PostgreSQL."""
    if visits.app.config["DATABASE_URL"].startswith("sqlite"):
        return f"-> FLOCK  ADVISORY  WRITE {os.getpid()} " in Path("/proc/locks").read_text()
    blocked = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(visits.rows(blocked))


def test_who_presses_a_link_while_another_does_waits_and_is_not_counted_again(visits: Visits) -> None:
    handle = acts.sign(visits.app, "ana@example.org")
    with ThreadPoolExecutor(1) as thread, visits.app.app_context():
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            (first,) = confirming.confirm(connection, [Press(handle)])
            second = thread.submit(acts.confirm, visits.app, handle)
            wait_until(lambda: somebody_waits(visits), 20, "the second one's waiting")
        assert isinstance(first, Confirmation)
        assert [first.outcome, second.result(20)] == [Outcome.COUNTED] * 2
    assert acts.look(visits.app).rows == {"KR": 1}
    acts.look(visits.app).assert_adds_up()


def test_squatters_first_neither_lock_me_out_nor_change_what_i_confirm(visits: Visits) -> None:
    squatters = [acts.sign(visits.app, "ana@example.org", f"Mallory {number}", "VA") for number in range(30)]
    mine = acts.sign(visits.app, "ana@example.org", "Ana Test", "KR")
    assert acts.confirm(visits.app, mine) == Outcome.COUNTED
    assert visits.rows("SELECT name, country FROM signature JOIN signer ON id = signature_id WHERE state = 1") == [
        ("Ana Test", "KR")
    ]
    # Mallory never sees the mailbox; even the links lying there count no more than one other person.
    outcomes = Counter(acts.confirm(visits.app, handle) for handle in squatters)
    assert outcomes == {Outcome.COUNTED: 1, Outcome.FULL: 29}


def test_while_an_owner_withdraws_and_signs_again_the_place_is_never_taken_twice(visits: Visits) -> None:
    first = acts.sign(visits.app, "ana@example.org", "Ana")
    acts.confirm(visits.app, first)
    acts.confirm(visits.app, acts.sign(visits.app, "ana@example.org", "Ben"))
    waiting = [acts.sign(visits.app, "ana@example.org", f"Eva {number}") for number in range(5)]

    def act(handle: bytes) -> str:
        if handle == first:
            acts.withdraw(visits.app, handle)
            return "withdrawn"
        return acts.confirm(visits.app, handle)

    outcomes = Counter(all_at_once(visits, act, [first, *waiting]))
    assert outcomes[Outcome.COUNTED] <= 1
    assert acts.look(visits.app).rows.total() == 1 + outcomes[Outcome.COUNTED]
    acts.look(visits.app).assert_adds_up()


def test_erased_six_times_at_once_it_is_gone_and_the_counters_are_right(visits: Visits) -> None:
    handle = acts.sign(visits.app, "ana@example.org")
    acts.confirm(visits.app, handle)

    def act(handle: bytes) -> str:
        try:
            acts.erase(visits.app, handle)
        except NotFound:
            return "gone"
        return "erased"

    outcomes = Counter(all_at_once(visits, act, [handle] * 6))
    assert outcomes == {"erased": 1, "gone": 5}
    assert visits.rows("SELECT * FROM signature") == []
    acts.look(visits.app).assert_adds_up()


def test_a_signature_and_a_correction_at_once_leave_the_counters_right(visits: Visits) -> None:
    handles = [acts.sign(visits.app, f"p{number}@example.org") for number in range(THREADS)]
    for handle in handles[::2]:
        acts.confirm(visits.app, handle)

    def act(handle: bytes) -> str:
        if handles.index(handle) % 2:
            return acts.confirm(visits.app, handle)
        for country in ("JP", "KR", "US"):
            acts.correct(visits.app, handle, country)
        return "corrected"

    all_at_once(visits, act, handles)
    seen = acts.look(visits.app)
    assert seen.tally == {"US": 6, "KR": 6}
    assert {hour for hour, _country in seen.hours} <= {f"{now():%Y-%m-%d %H}", *(hour for hour, _c in seen.row_hours)}
    seen.assert_adds_up()
