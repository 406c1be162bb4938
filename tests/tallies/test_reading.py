"""What readers see of the counts: the page, the CSV, the JSON, and how old it may be."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import time_machine

from petition.core.clock import now
from petition.core.committer import submit
from petition.core.db import read_again
from petition.core.ids import new_id
from petition.petitions.models import Petition, State
from petition.signatures.confirming import Press, confirm
from petition.tallies.service import SLOTS, add, count, recent_count, running_total
from tests import acts
from tests.conftest import SLUG, add_petition
from tests.processes import wait_until
from tests.site_visits import Visits


@pytest.fixture
def signed(visits: Visits) -> Visits:
    """Three days of signatures; on the second nobody signed."""
    start = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    for number, (hours, country) in enumerate([(0, "KR"), (1, "KR"), (2, "JP"), (50, "KR"), (50, "XK")]):
        with time_machine.travel(start + timedelta(hours=hours), tick=True):
            acts.confirm(visits.app, acts.sign(visits.app, f"p{number}@example.org", country=country))
    return visits


def test_the_page_shows_number_countries_and_days(signed: Visits) -> None:
    page = signed.app.test_client().get(f"/petitions/{SLUG}/tally")
    assert page.headers["Cache-Control"].startswith("public")
    assert '<span class="count num">5</span>' in page.text
    assert "5 countries" not in page.text
    assert re.findall(r'<tr><th scope="row">([^<]+)</th>.*?<td>(\d+)</td></tr>', page.text) == [
        ("South Korea", "3"),
        ("Japan", "1"),
        ("Kosovo", "1"),
    ]
    days = re.findall(r'<tr><td>([^<]+)</td><td class="amount">(\d+)</td></tr>', page.text)
    assert days == [("1 March 2026", "2"), ("2 March 2026", "1"), ("3 March 2026", "0"), ("4 March 2026", "2")]
    assert page.text.count("<rect x=") == 4


def test_the_csv_is_the_same_numbers(signed: Visits) -> None:
    answer = signed.app.test_client().get(f"/petitions/{SLUG}/tally.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows == [
        ["code", "country", "signatures"],
        ["KR", "South Korea", "3"],
        ["JP", "Japan", "1"],
        ["XK", "Kosovo", "1"],
    ]


def test_the_series_goes_by_day_or_hour_of_all_or_one_country(signed: Visits) -> None:
    def series(query: str) -> list[tuple[str, int]]:
        found = signed.app.test_client().get(f"/api/v1/petitions/{SLUG}/tally?{query}").json
        assert found["signature_count"] == sum(point["signature_count"] for point in found["series"])
        return [(point["start"], point["signature_count"]) for point in found["series"]]

    assert series("by=day") == [("2026-03-01T00:00:00Z", 2), ("2026-03-02T00:00:00Z", 1), ("2026-03-04T00:00:00Z", 2)]
    assert series("by=hour")[0] == ("2026-03-01T22:00:00Z", 1)
    assert series("by=day&country=JP") == [("2026-03-02T00:00:00Z", 1)]
    assert series("by=hour&country=FR") == []
    client = signed.app.test_client()
    assert client.get(f"/api/v1/petitions/{SLUG}/tally?by=year").status_code == 400
    assert client.get(f"/api/v1/petitions/{SLUG}/tally?country=ZZ").status_code == 400


def test_nobody_has_signed_yet(visits: Visits) -> None:
    page = visits.app.test_client().get(f"/petitions/{SLUG}/tally")
    assert '<span class="count num">0</span>' in page.text
    assert '<svg class="series"' not in page.text
    assert visits.api()["signatures_by_country"] == []


@pytest.mark.parametrize("path", ["tally", "tally.csv", "tally.json"])
def test_a_petition_that_is_not_public_has_no_tally(visits: Visits, path: str) -> None:
    add_petition(visits.app, state=State.HIDDEN)
    assert visits.app.test_client().get(f"/petitions/{SLUG}/{path}").status_code == 404


def test_a_new_count_is_shown_within_a_second(visits: Visits) -> None:
    visits.app.config["KEEP_SECONDS"] = 1
    assert visits.total() == 0
    acts.confirm(visits.app, acts.sign(visits.app, "ana@example.org"))
    wait_until(lambda: visits.total() == 1, 1.5, "the new count")


def test_a_clock_set_back_does_not_keep_an_old_count(visits: Visits) -> None:
    visits.app.config["KEEP_SECONDS"] = 1
    with time_machine.travel(now() + timedelta(hours=1), tick=True):
        assert visits.total() == 0
    acts.confirm(visits.app, acts.sign(visits.app, "ana@example.org"))
    wait_until(lambda: visits.total() == 1, 1.5, "the new count")


def test_readers_of_one_second_ask_the_database_once(visits: Visits, petition: Petition) -> None:
    visits.app.config["KEEP_SECONDS"], reads = 3600, []

    def read() -> None:
        with visits.app.app_context():
            for _time in range(50):
                reads.append(recent_count(read_again(), petition.id).as_of)

    read()
    thread = Thread(target=read)
    thread.start()
    thread.join()
    assert len(reads) == 100
    assert len(set(reads)) == 1


def test_a_count_is_the_sum_over_slots_and_one_may_be_negative(visits: Visits, petition: Petition) -> None:
    for slot, number in ((0, 5), (7, -3), (SLOTS - 1, 2)):
        visits.rows("INSERT INTO tally SELECT ?, id, 'KR', ? FROM petition", slot, number)
    for slot, number in ((1, 5), (2, -5)):
        visits.rows("INSERT INTO tally SELECT ?, id, 'JP', ? FROM petition", slot, number)
    with visits.app.app_context():
        assert count(read_again(), petition.id).by_country == (("KR", 4),)


def test_adding_nothing_writes_nothing(visits: Visits, petition: Petition) -> None:
    with visits.app.app_context():
        add(read_again().connection(), {(petition.id, "KR", now()): 0})  # a reading session could not write
    assert visits.rows("SELECT * FROM tally") == []


@pytest.mark.parametrize("seconds", [0.0, 3600.0])
def test_whoever_is_counted_is_told_the_total_with_all_that_this_process_counted(
    visits: Visits, petition: Petition, seconds: float
) -> None:
    visits.app.config["KEEP_SECONDS"] = seconds
    handles = [acts.sign(visits.app, f"p{number}@example.org") for number in range(3)]
    with visits.app.app_context():
        told = [submit(confirm, Press(handle)).number for handle in (*handles, handles[0])]
    assert told == [1, 2, 3, 3]


def test_a_transaction_that_is_repeated_adds_to_the_running_total_once(visits: Visits, petition: Petition) -> None:
    visits.app.config["KEEP_SECONDS"] = 3600.0
    visits.rows("INSERT INTO tally SELECT 0, id, 'KR', 5 FROM petition")
    first, second = frozenset({new_id()}), frozenset({new_id(), new_id()})
    with visits.app.app_context():
        connection = read_again().connection()
        told = [running_total(connection, petition.id, counted) for counted in (first, first, second, second)]
    assert told == [5, 5, 7, 7]  # what was read held the first already
