"""What readers and their programs get: pages, calendar, JSON; only of petitions that are public."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
from flask import Flask

from petition.core.clock import now
from petition.core.db import writing
from petition.petitions import service as petitions
from petition.petitions.models import State
from tests.api.schema import faults
from tests.conftest import SLUG, add_petition
from tests.deliveries.journal import made
from tests.deliveries.journal.conftest import ALL, Officer

API = "/api/v1"
SOON = (now() + timedelta(days=20)).strftime("%Y-%m-%dT12:00")
LATER = (now() + timedelta(days=30)).strftime("%Y-%m-%dT12:00")


def addresses(one: str, slug: str = SLUG) -> list[str]:
    of_petition = [f"/petitions/{slug}/deliveries{ending}" for ending in ("", ".ics", ".json")]
    return [*of_petition, f"{API}/petitions/{slug}/deliveries", f"/deliveries/{one}", f"{API}/deliveries/{one}"]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.OPEN, 200),
        (State.PAUSED, 200),
        (State.CLOSED, 200),
        (State.ARCHIVED, 200),
        (State.DRAFT, 404),
        (State.GATHERING, 404),
        (State.REVIEW, 404),
        (State.REJECTED, 404),
        (State.HIDDEN, 404),
        (State.TAKEN_DOWN, 410),
    ],
)
def test_a_journal_is_as_public_as_its_petition(officer: Officer, state: State, status: int) -> None:
    (one,) = officer.plan("London")
    with officer.app.app_context(), writing() as session:
        petitions.find(session, SLUG).state = state
    for address in addresses(one):
        assert officer.app.test_client().get(address).status_code == status, address


def test_deliveries_stand_in_order_and_link_to_their_pages(officer: Officer) -> None:
    later, soon = officer.plan("London", at=LATER)[0], officer.plan("Seoul", at=SOON)[0]
    past, last = officer.plan("Sydney", "New York")
    officer.record(past, "delivered", at="2026-02-01T12:00")
    officer.record(last, "refused", at="2026-02-22T12:00", said="x" * 500)
    page = officer.look(ALL)
    assert re.findall(r'<a href="/deliveries/([^"]+)"', page) == [soon, later, last, past]
    assert "x" * 200 in page
    assert "x" * 300 not in page


def test_the_petition_shows_the_last_that_happened_and_the_next_in_the_order_of_time(officer: Officer) -> None:
    officer.plan("London", at="2020-03-01T12:00")  # planned, long over, and nobody said what became of it
    happened = officer.plan("Seoul", "Sydney", "New York", "London", "Paris")
    for day, one in enumerate(happened, start=1):
        officer.record(one, "posted", at=f"2026-02-0{day}T12:00")
    (cancelled,) = officer.plan("Oslo")
    officer.done(f"/organiser/deliveries/{cancelled}/plan", at=SOON, cancel="yes", note="Holiday")
    (later,), (soon,) = officer.plan("London", at=LATER), officer.plan("Seoul", at=SOON)
    page = officer.look(f"/petitions/{SLUG}")
    assert re.findall(r'<a href="/deliveries/([^"]+)"', page) == [*happened[1:], soon, later]
    assert f'<a href="{ALL}">All 9 deliveries</a>' in page


def test_a_petition_without_deliveries_says_nothing_of_gates(officer: Officer) -> None:
    assert "At the gates" not in officer.look(f"/petitions/{SLUG}")
    assert "No delivery is planned yet." in officer.look(ALL)
    assert officer.app.test_client().get(f"{ALL}.ics").status_code == 200


def test_the_petition_page_with_its_journal_keeps_its_budget(officer: Officer) -> None:
    for number, city in enumerate(("London", "Seoul", "Sydney", "New York")):
        (one,) = officer.plan(city)
        officer.record(one, "refused", package=officer.package(one, number=number))
    officer.plan("London", "Seoul", "Sydney", at=SOON)
    page = officer.look(f"/petitions/{SLUG}")
    assert page.count("35,102") == 4
    static = Path(officer.app.static_folder or "")
    files = [(static / name).read_bytes() for name in ("petition.css", "count.js", "icon.svg")]
    assert sum(len(gzip.compress(part)) for part in (page.encode(), *files)) < 16_000, "of 25 kB for everything"


def events(officer: Officer, **query: str) -> list[icalendar.Event]:
    answer = officer.app.test_client().get(f"{ALL}.ics", query_string=query)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(answer.data)
    assert (str(calendar["VERSION"]), bool(calendar["PRODID"])) == ("2.0", True)
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    assert b"\n" not in answer.data.replace(b"\r\n", b"")
    return list(calendar.walk("VEVENT"))


def test_the_calendar_has_the_planned_ones_and_a_parser_reads_them(officer: Officer) -> None:
    address = "1 Long, Winding; Street\\Road\nLondon W1\nБританія " + "й" * 90
    with officer.app.app_context(), writing() as session:
        made.add_mission(session, "London", postal_address=address, latitude=51.5, longitude=-0.25)
    (one,) = officer.plan("London", at="2026-07-01T12:00")
    (done,) = officer.plan("Seoul")
    officer.record(done, "delivered")
    (event,) = events(officer)
    assert event.decoded("DTSTART") == datetime(2026, 7, 1, 11, tzinfo=UTC)
    assert event.decoded("DTSTAMP").tzinfo is not None
    assert str(event["UID"]) == f"{one}@127.0.0.1"
    assert str(event["LOCATION"]) == f"Embassy of Nowhere in London\n{address}"
    assert (event["GEO"].latitude, event["GEO"].longitude) == (51.5, -0.25)
    assert str(event["URL"]) == f"{officer.app.config['BASE_URL']}/deliveries/{one}"
    assert str(event["SUMMARY"]) == "London, Embassy: Free the river"
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "LOCATION", "GEO", "URL", "SUMMARY"}


def test_an_event_keeps_its_id_when_it_is_planned_anew_and_goes_when_it_happened(officer: Officer) -> None:
    (one,) = officer.plan("New York", at=SOON)
    (before,) = events(officer)
    officer.done(f"/organiser/deliveries/{one}/plan", at=LATER, anew="yes", note="They asked")
    (after,) = events(officer)
    assert before["UID"] == after["UID"]
    assert before.decoded("DTSTART") < after.decoded("DTSTART")
    assert before.decoded("DTSTAMP") <= after.decoded("DTSTAMP")
    officer.record(one, "refused")
    assert events(officer) == []


def test_nothing_in_a_title_or_name_becomes_another_event(app: Flask, officer: Officer) -> None:
    with app.app_context(), writing() as session:
        name = "Embassy\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil"
        made.add_mission(session, "London", name=name, postal_address=name)
    officer.plan("London", at=SOON)
    (event,) = events(officer)
    assert str(event["UID"]).endswith("@127.0.0.1")


@pytest.fixture
def described(officer: Officer) -> dict[str, Any]:
    document: dict[str, Any] = officer.app.test_client().get(f"{API}/openapi.json").json
    return document


def test_the_json_is_as_described_and_holds_what_the_pages_show(officer: Officer, described: dict[str, Any]) -> None:
    one, other = officer.plan("London", "Seoul")
    package = officer.package(one)
    officer.record(one, "refused", package=package, witnesses="two friends")
    officer.done(officer.entry(one), at="2026-02-22T12:00", package=package, said="No.", why="The hour")
    officer.record(one, "sent", at="2026-02-23T12:00", reference="<1@example.org>")
    officer.done(f"/organiser/deliveries/{one}/photos", photo=(made.photo(), "a.jpg"), alt="A gate")
    reader = officer.app.test_client()
    all_of_them = reader.get(f"{API}/petitions/{SLUG}/deliveries").json
    whole = reader.get(f"{API}/deliveries/{one}").json
    schemas = described["components"]["schemas"]
    assert faults(schemas["Deliveries"], all_of_them, described) == []
    assert faults(schemas["Delivery"], whole, described) == []
    assert reader.get(f"{ALL}.json").json == all_of_them
    assert all_of_them["counts"] == {"delivered_cities": 0, "posted": 0, "sent": 1, "refused": 1, "planned": 1}
    assert [line["id"] for line in all_of_them["deliveries"]] == [other, one]
    refused, corrected, sent = whole["entries"]
    assert (corrected["replaces"], corrected["why"]) == (refused["id"], "The hour")
    assert (refused["witnesses"], refused["package"]) == ("two friends", package)
    assert len(refused["zip_sha256"]) == len(refused["manifest_sha256"]) == 64
    assert (sent["message_id"], sent["number"]) == ("<1@example.org>", None)
    assert reader.get(whole["photos"][0]["path"]).status_code == 200
    assert whole["happened_at"] == "2026-02-23T12:00:00Z"
    nobody = reader.get(f"{API}/deliveries/{package}")
    assert (nobody.status_code, nobody.json["error"]["code"]) == (404, "not_found")


def test_other_sites_may_read_it_and_are_told_when_nothing_is_new(officer: Officer) -> None:
    (one,) = officer.plan("London")
    reader = officer.app.test_client()
    for address in addresses(one):
        first = reader.get(address)
        again = reader.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), address
        assert first.headers["Cache-Control"].startswith("public, max-age=")
        assert "Set-Cookie" not in first.headers
        opens = "Access-Control-Allow-Origin"
        assert first.headers.get(opens) == ("*" if "json" in first.mimetype else None)
    tags = {address: reader.get(address).headers["ETag"] for address in addresses(one)}
    officer.record(one, "refused")
    for address, tag in tags.items():
        assert reader.get(address, headers={"If-None-Match": tag}).status_code == 200, address


def test_nobody_says_who_planned_and_recorded(officer: Officer) -> None:
    (one,) = officer.plan("London")
    officer.record(one, "refused")
    with officer.app.app_context(), writing() as session:
        owner = made.owner_of(session)
        known = str(owner.id), owner.email
    for address in addresses(one):
        shown = officer.look(address)
        assert not [one for one in known if one in shown], address


def test_names_and_words_are_never_markup(app: Flask, officer: Officer) -> None:
    nasty = "<script>alert(1)</script>"
    with app.app_context(), writing() as session:
        made.add_mission(session, f"London{nasty}", name=nasty, slug="zz-gb-nasty-embassy")
    (one,) = officer.plan(f"London{nasty}")
    officer.record(one, "refused", said=nasty, witnesses=nasty, note=nasty, by_whom=nasty)
    for page in (officer.look(f"/deliveries/{one}"), officer.look(ALL), officer.look(f"/petitions/{SLUG}")):
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
    assert "<script>alert" not in officer.desk(one)


def test_another_petitions_deliveries_are_not_among_them(app: Flask, officer: Officer) -> None:
    add_petition(app, "another")
    officer.plan("London")
    (theirs,) = made.plan(app, "London", slug="another")
    assert theirs not in officer.look(ALL)
    assert theirs in officer.look("/petitions/another/deliveries")
    assert theirs not in officer.look(f"{ALL}.ics")
