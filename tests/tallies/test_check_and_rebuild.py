"""`petition tally --check` finds a drift of one, country by country; `--rebuild` mends it while signing goes on."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from petition import periodic_jobs
from petition.core.db import writing
from petition.core.logs import log
from tests import acts
from tests.commands import run_on
from tests.conftest import SLUG
from tests.site_visits import Visits

PLANTED = {
    "a country too many": ("UPDATE tally SET signatures = signatures + 1 WHERE country = 'JP'", "JP"),
    "a country too few": ("UPDATE tally SET signatures = signatures - 1 WHERE country = 'KR'", "KR"),
    "a country nobody signed from": (
        "INSERT INTO tally SELECT 63, petition_id, 'VA', 1 FROM tally LIMIT 1",
        "VA",
    ),
    "a counter that is gone": ("DELETE FROM tally WHERE country = 'US'", "US"),
    "two countries mixed up, the total right": (
        "UPDATE tally SET signatures = signatures + CASE country WHEN 'JP' THEN 1 WHEN 'KR' THEN -1 ELSE 0 END",
        "JP",
    ),
    "an hour too many": ("UPDATE hourly_tally SET signatures = signatures + 1 WHERE country = 'JP'", "JP"),
    "a signature in the wrong hour": (
        "UPDATE hourly_tally SET hour = '2020-01-01 00:00:00.000000' WHERE country = 'JP'",
        "JP",
    ),
    "a row lost behind our back": ("UPDATE signature SET country = 'FR' WHERE country = 'JP'", "FR"),
}


@pytest.fixture
def signed(visits: Visits) -> Visits:
    """Four counted signatures from three countries."""
    for number, country in enumerate(("KR", "KR", "JP", "US")):
        acts.confirm(visits.app, acts.sign(visits.app, f"p{number}@example.org", country=country))
    return visits


def test_what_is_right_is_called_right(signed: Visits) -> None:
    checked = run_on(signed.app, "tally", SLUG, "--check")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "3 countries compared, 0 wrong" in checked.stdout


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_drift_of_one_is_found_named_and_mended(signed: Visits, planted: str) -> None:
    statement, country = PLANTED[planted]
    signed.rows(statement)
    checked = run_on(signed.app, "tally", SLUG, "--check", "--json")
    found = json.loads(checked.stdout)
    assert (checked.returncode, found["ok"], found["signature_count"]) == (1, False, 4)
    assert country in {one["code"] for one in found["wrong"]}
    assert acts.rebuild(signed.app) > 0
    acts.look(signed.app).assert_adds_up()
    assert acts.rebuild(signed.app) == 0


def test_check_names_the_country_in_words_and_rebuild_mends_it(signed: Visits) -> None:
    signed.rows(PLANTED["a country too many"][0])
    checked = run_on(signed.app, "tally", SLUG, "--check")
    assert checked.returncode == 1
    assert "JP Japan: 1 confirmed signatures, the tally says 2" in checked.stdout
    assert "3 countries compared, 1 wrong" in checked.stdout
    mended = run_on(signed.app, "tally", SLUG, "--rebuild")
    assert (mended.returncode, mended.stdout) == (0, "1 counters mended\n")
    assert run_on(signed.app, "tally", SLUG, "--check").returncode == 0
    assert signed.rows("SELECT action FROM audit_entry WHERE action LIKE 'tally%'") == [("tally rebuilt",)]


def test_the_worker_says_in_its_log_where_counters_drifted(
    signed: Visits, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "propagate", True)
    signed.rows(PLANTED["an hour too many"][0])
    with signed.app.app_context(), caplog.at_level(logging.ERROR, "petition"):
        periodic_jobs.check_tallies()
    said = [vars(one)["countries"] for one in caplog.records if one.message == "tally drift"]
    assert said
    assert all(countries == ["JP"] for countries in said)


def until(done: Event, act: Callable[[int], None]) -> int:
    """Acts again and again until all is done; returns how often."""
    number = 0
    while not done.is_set():
        act(number)
        number += 1
    return number


def test_rebuild_mends_while_others_sign_and_confirm(signed: Visits) -> None:
    done = Event()

    def sign(lane: str, number: int) -> None:
        acts.confirm(signed.app, acts.sign(signed.app, f"{lane}{number}@example.org", country="JP"))

    with ThreadPoolExecutor(3) as threads:
        lanes = [threads.submit(until, done, lambda number, lane=lane: sign(lane, number)) for lane in "abc"]
        try:
            for _round in range(2):
                for planted in ("a country too many", "an hour too many", "a counter that is gone"):
                    plant(signed, PLANTED[planted][0])
                mended = run_on(signed.app, "tally", SLUG, "--rebuild", "--check")
                assert mended.returncode == 0, mended.stdout
        finally:
            done.set()
        signed_meanwhile = sum(lane.result(60) for lane in lanes)
    assert signed_meanwhile > 5
    seen = acts.look(signed.app)
    assert seen.rows.total() == 4 + signed_meanwhile
    seen.assert_adds_up()


def plant(visits: Visits, statement: str) -> None:
    """Through the gate, so that the drift comes between two signatures."""
    with visits.app.app_context(), writing() as session:
        session.connection().exec_driver_sql(statement)
