"""What happened at the gate: each kind, what it makes of the delivery, and corrections that hide nothing."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from petition.core.audit import AuditDetail, AuditEntry
from petition.core.db import read_again, writing
from petition.deliveries.journal import recording
from petition.deliveries.journal.models import DeliveryEntry
from petition.deliveries.packages import keeping
from petition.deliveries.packages.models import Package
from tests.databases import raw_engine
from tests.deliveries.journal import made
from tests.deliveries.journal.conftest import ALL, Officer

STATE = re.compile(r'<p><span class="tag[^"]*">([^<]+)</span>')


def state(officer: Officer, one: str) -> str:
    """How the delivery stands, by its public page."""
    found = STATE.search(officer.look(f"/deliveries/{one}"))
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("kind", "words", "called"),
    [
        ("delivered", {"to_whom": "the counter", "by_whom": "Ana", "witnesses": "two friends"}, "Delivered"),
        ("posted", {"carrier": "Royal Mail", "reference": "RR123456785GB"}, "Posted"),
        ("sent", {"reference": "<a.b@example.org>", "to_whom": "embassy@example.org"}, "Sent by mail"),
        ("refused", {"said": "We take nothing.\nGo away.", "note": "It rained."}, "Refused at the gate"),
    ],
)
def test_what_was_recorded_stands_on_the_public_page(
    officer: Officer, kind: str, words: dict[str, str], called: str
) -> None:
    (one,) = officer.plan("Seoul")
    officer.record(one, kind, at="2026-02-22T11:00", **words)
    page = officer.look(f"/deliveries/{one}")
    assert state(officer, one) == called
    assert "22 February 2026" in page
    assert "11:00 UTC+9" in page
    for value in words.values():
        assert value.replace("<", "&lt;").replace(">", "&gt;") in page


@pytest.mark.parametrize(
    ("kind", "missing"), [("delivered", "to_whom"), ("posted", "carrier"), ("sent", "reference"), ("refused", "said")]
)
def test_what_a_kind_needs_must_be_told(officer: Officer, kind: str, missing: str) -> None:
    (one,) = officer.plan("London")
    path = f"/organiser/deliveries/{one}/record/{kind}"
    whole = {"to_whom": "a", "by_whom": "b", "carrier": "c", "reference": "d", "said": "e", "package": "none"}
    whole["at"] = "2026-02-22T11:00"
    for name in (missing, "package", "at"):
        answer = officer.press(path, **whole | {name: ""})
        assert answer.status_code == 422
        assert f'id="{name}-error"' in answer.text
    assert officer.press(path, **whole | {missing: "x" * 2001}).status_code == 422
    assert officer.press(path, **whole | {missing: "\u202eevil"}).status_code == 422
    assert state(officer, one) == "Planned"
    officer.done(path, **whole)


def test_nothing_has_happened_that_is_still_to_come(officer: Officer) -> None:
    (one,) = officer.plan("London")
    told = {"at": "2099-01-01T12:00", "package": "none", "said": "No."}
    answer = officer.press(f"/organiser/deliveries/{one}/record/refused", **told)
    assert (answer.status_code, "has not come yet" in answer.text) == (422, True)
    assert officer.press(f"/organiser/deliveries/{one}/record/postponed", **told).status_code == 404


def test_refused_at_the_gate_and_then_posted_counts_as_both(officer: Officer) -> None:
    one, other = officer.plan("London", "Seoul")
    officer.record(one, "posted", at="2026-02-23T09:00")
    officer.record(one, "refused", at="2026-02-22T12:00")  # told later, and happened before
    officer.record(other, "delivered")
    assert state(officer, one) == "Posted"
    page = officer.look(ALL)
    for words in ("delivered in one city", "posted to one mission", "refused at one gate"):
        assert words in page
    assert "planned" not in page.partition("<h2>")[0].rpartition("<ul")[2]


def test_two_missions_in_one_city_are_one_city(officer: Officer) -> None:
    with officer.app.app_context(), writing() as session:
        made.add_mission(session, "New York", kind="consulate", slug="zz-us-new-york-consulate")
    first = officer.plan("New York")
    with officer.app.app_context(), writing() as session:
        made.add_mission(session, "New York", sending_state="YY", slug="yy-us-new-york-embassy")
    second = officer.plan("New York", at="2026-03-02T12:00")
    for one in first + second:
        officer.record(one, "delivered")
    assert "delivered in one city" in officer.look(ALL)


def test_a_new_plan_counts_until_something_else_is_recorded(officer: Officer) -> None:
    (one,) = officer.plan("London")
    officer.record(one, "refused")
    officer.done(f"/organiser/deliveries/{one}/plan", at="2099-03-05T12:00", anew="yes", note="Once more")
    assert state(officer, one) == "Planned"
    officer.record(one, "delivered", at="2026-02-21T12:00")
    assert state(officer, one) == "Refused at the gate", "of what happened, the last"
    officer.done(f"{officer.entry(one)}/strike", why="It was not refused")
    assert state(officer, one) == "Delivered"


def test_a_corrected_entry_stays_visible_with_the_reason(officer: Officer) -> None:
    (one,) = officer.plan("London")
    officer.record(one, "delivered", to_whom="the gardener")
    first = officer.entry(one)
    told = {"at": "2026-02-22T11:30", "package": "none", "by_whom": "Ana", "to_whom": "a guard"}
    assert officer.press(first, **told).status_code == 422, "without a reason"
    officer.done(first, **told, why="It was a guard")
    second = officer.entry(one)
    officer.done(second, **told | {"to_whom": "the consul"}, why="It was the consul")
    page = officer.look(f"/deliveries/{one}")
    struck = re.findall(r'<div class="struck">(.*?)</div>', page, re.DOTALL)
    assert ["the gardener" in struck[0], "a guard" in struck[1], len(struck)] == [True, True, 2]
    assert "the consul" in re.sub(r'<div class="struck">.*?</div>', "", page, flags=re.DOTALL)
    assert re.findall(r"Corrected on .*?<bdi>(.*?)</bdi>", page) == ["It was a guard", "It was the consul"]
    for corrected in (first, second):
        assert officer.browser.get(corrected).status_code == 404
        assert officer.press(corrected, **told, why="Again").status_code == 404
        assert officer.press(f"{corrected}/strike", why="Again").status_code == 404


def test_an_entry_struck_out_stays_visible_and_counts_no_more(officer: Officer) -> None:
    (one,) = officer.plan("London")
    officer.record(one, "refused", said="Wrong city")
    officer.done(f"{officer.entry(one)}/strike", why="That was Paris")
    assert state(officer, one) == "Planned"
    page = officer.look(f"/deliveries/{one}")
    assert "Wrong city" in page.partition('<div class="struck">')[2].partition("</div>")[0]
    assert re.search(r"Struck out on .*That was Paris", page)
    overview = officer.look(ALL)
    assert "refused" not in overview
    assert "Wrong city" not in overview


def test_words_about_somebody_can_be_deleted_from_a_corrected_entry_too(officer: Officer) -> None:
    (one,) = officer.plan("London")
    officer.record(one, "delivered", to_whom="Mr Secret", note="He lives at 1 Secret Street")
    first = officer.entry(one)
    officer.done(
        first, at="2026-02-22T11:00", package="none", to_whom="a guard", by_whom="Ana", why="Mr Secret asked"
    )
    second = officer.entry(one)
    for entry in (first, second):
        officer.done(f"{entry}/remove", why="Somebody asked us to")
    for path in (f"/deliveries/{one}", f"/api/v1/deliveries/{one}", ALL):
        assert "Secret" not in officer.look(path), path
    assert "Secret" not in officer.desk(one)
    assert officer.look(f"/deliveries/{one}").count("Somebody asked us to") == 2
    assert state(officer, one) == "Delivered", "that it happened stays"
    with raw_engine(officer.app.config["DATABASE_URL"]) as engine, engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM delivery_entry").all()
    assert "Secret" not in repr(rows)


def test_a_reason_that_says_too_much_can_be_changed(officer: Officer) -> None:
    one, other = officer.plan("London", "Paris")
    officer.record(one, "refused", said="No.")
    officer.record(other, "refused", said="No.")
    entry = officer.entry(one)
    officer.done(f"{entry}/remove", why="Mr Secret asked us to")
    assert "Change the reason" in officer.desk(one)
    officer.done(f"{entry}/remove", why="Somebody asked us to")
    officer.done(f"{officer.entry(other)}/strike", why="Mr Secret was not there")
    [reason] = re.findall(r'href="([^"]+/remove)">Change the reason for', officer.desk(other))
    officer.done(reason, why="It was another day")
    for path in (f"/deliveries/{one}", f"/deliveries/{other}", f"/api/v1/deliveries/{other}", ALL):
        assert "Secret" not in officer.look(path), path
    assert "Somebody asked us to" in officer.look(f"/deliveries/{one}")
    assert "It was another day" in officer.look(f"/deliveries/{other}")
    with raw_engine(officer.app.config["DATABASE_URL"]) as engine, engine.connect() as connection:
        assert "Secret" not in repr(connection.exec_driver_sql("SELECT * FROM delivery_entry").all())


def test_the_hashes_of_what_was_handed_over_are_copied_when_it_is_recorded(officer: Officer) -> None:
    (one,) = officer.plan("London")
    package = officer.package(one)
    officer.record(one, "refused", package=package)
    wanted = {hashlib.sha256(made.MANIFEST).hexdigest(), hashlib.sha256(b"1").hexdigest()}
    with officer.app.app_context(), writing() as session:
        session.get_one(Package, UUID(package)).zip_sha256 = "0" * 64
    page = officer.look(f"/deliveries/{one}")
    told, _heading, proof = page.partition("What proves the list")
    assert set(re.findall(r"[0-9a-f]{64}", told)) == wanted
    assert f'<a href="/packages/{package}">Package 1: 35,102 signatures</a>' in proof
    assert "d" * 64 in proof, "the root of the package's tree"
    assert "have withdrawn since" in proof


def proven(officer: Officer, one: str) -> list[str]:
    """The packages that the public page of a delivery says were handed over, or will be."""
    return re.findall(
        r'<a href="/packages/([0-9a-f-]{36})">', officer.look(f"/deliveries/{one}").split("What proves the list")[-1]
    )


@pytest.mark.parametrize("corrected", [True, False])
def test_a_wrong_package_is_in_public_no_more_when_its_entry_is_corrected_or_struck_out(
    officer: Officer, corrected: bool
) -> None:
    (one,) = officer.plan("London")
    right, wrong = officer.package(one), officer.package(one, number=2)

    def take_back() -> None:
        told = {"at": "2026-02-22T12:00", "package": "none", "said": "No."} if corrected else {}
        officer.done(officer.entry(one) + ("" if corrected else "/strike"), **told, why="It was another list")

    officer.record(one, "refused", package=wrong)
    assert proven(officer, one) == [wrong]
    take_back()
    assert proven(officer, one) == []
    officer.record(one, "refused", package=right)
    officer.record(one, "posted", at="2026-02-23T11:00", package=wrong)
    officer.done(f"{officer.entry(one)}/strike", why="It was another list")
    assert proven(officer, one) == [right], "what happened before still names it"


def test_a_package_chosen_for_the_plan_stays_when_an_entry_is_corrected_that_did_not_name_it(
    officer: Officer,
) -> None:
    (one,) = officer.plan("London")
    former, chosen = officer.package(one), officer.package(one, number=2)
    told = {"at": "2026-02-22T11:00", "said": "No."}
    officer.record(one, "refused", package=former)
    officer.done(f"/organiser/deliveries/{one}", package=chosen)
    officer.done(officer.entry(one), **told, package=former, why="A word was wrong")
    assert proven(officer, one) == [chosen]
    officer.done(officer.entry(one), **told, package="none", why="That was no list of ours")
    assert proven(officer, one) == [chosen]
    officer.done(f"{officer.entry(one)}/strike", why="It was not refused")
    assert proven(officer, one) == [chosen]


def test_without_a_package_the_page_says_that_nothing_is_proven(officer: Officer) -> None:
    (one,) = officer.plan("London")
    officer.record(one, "delivered")
    assert "nothing here proves which list it was" in officer.look(f"/deliveries/{one}")


def test_a_package_is_done_when_it_was_handed_over_and_not_when_it_was_refused(officer: Officer) -> None:
    (one,) = officer.plan("London")
    package = officer.package(one)

    def done() -> datetime | None:
        with officer.app.app_context():
            return keeping.done_at(read_again(), UUID(package))

    officer.record(one, "refused", package=package)
    assert done() is None
    officer.record(one, "posted", at="2026-02-23T11:00", package=package)
    with officer.app.app_context():
        newest = read_again().scalar(sa.select(sa.func.max(DeliveryEntry.created_at)))
    assert done() == newest
    officer.done(f"{officer.entry(one)}/strike", why="It was not")
    assert done() is None


def test_a_package_to_be_handed_over_later_is_kept_until_then_and_some_days_more(officer: Officer) -> None:
    days = ("2020-03-01", "2099-03-01", "2099-03-05")
    soon, late, latest = [officer.plan("London", at=f"{day}T12:00")[0] for day in days]
    package = officer.package(soon)

    def kept_until() -> datetime:
        with officer.app.app_context():
            return keeping.kept_until(read_again(), read_again().get_one(Package, UUID(package)))

    unplanned = kept_until()
    for one in (soon, latest, late):
        officer.done(f"/organiser/deliveries/{one}", package=package)
        assert kept_until() == (unplanned if one == soon else datetime(2099, 4, 4, 12, tzinfo=UTC))
    officer.done(f"/organiser/deliveries/{latest}/plan", at="", cancel="yes", note="The street is closed")
    assert kept_until() == datetime(2099, 3, 31, 12, tzinfo=UTC)
    officer.record(late, "delivered", package=package)
    assert kept_until() < unplanned, "thirty days from now"


def test_a_delivery_has_so_many_entries_and_no_more(officer: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST", 1)
    (one,) = officer.plan("London")
    officer.record(one, "refused")
    told = {"at": "2026-02-22T11:00", "package": "none", "said": "No."}
    assert "1 entries at most" in officer.press(f"/organiser/deliveries/{one}/record/refused", **told).text


def test_every_act_is_in_the_audit_log_and_no_word_about_people_is_there_for_ever(officer: Officer) -> None:
    (one,) = officer.plan("London")
    officer.done(f"/organiser/deliveries/{one}/plan", at="2026-03-05T12:00", anew="yes", note="Secret note")
    officer.record(one, "refused", said="Secret words", witnesses="Secret Witness")
    officer.done(officer.entry(one), at="2026-02-22T11:00", package="none", said="Secret again", why="Secret reason")
    officer.done(f"{officer.entry(one)}/remove", why="Secret reason")
    officer.done(f"{officer.entry(one)}/strike", why="Secret reason")
    officer.done(f"/organiser/deliveries/{one}", package=officer.package(one))
    officer.done(f"/organiser/deliveries/{one}/photos", photo=(made.photo(), "secret.jpg"), alt="Secret Face")
    [photo] = re.findall(r'href="([^"]+/photos/[0-9a-f]+/remove)"', officer.desk(one))
    officer.done(photo, why="Secret reason")
    officer.done(f"/organiser/deliveries/{one}/plan", at="", cancel="yes", note="Secret note")
    with officer.app.app_context():
        session = read_again()
        found = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)).all()
        acts = [entry.action for entry in found if entry.details.get("delivery") == one]
        personal = session.scalars(sa.select(AuditDetail.personal)).all()
        assert "Secret" not in json.dumps([entry.details for entry in found])
    assert acts == [
        "delivery planned",
        "delivery planned anew",
        "delivery recorded",
        "delivery entry corrected",
        "delivery words removed",
        "delivery entry struck",
        "delivery package chosen",
        "photograph added",
        "photograph removed",
        "delivery cancelled",
    ]
    assert [one["reason"] for one in personal if "reason" in one] == ["Secret reason"] * 4
    page = officer.browser.get("/organiser/organisations/river-friends/audit").text
    where = "the delivery of free-the-river to zz-gb-london-embassy"
    assert f"struck out an entry about {where}: Secret reason" in page
    for sentence in ("chose the package for", "added a photograph of", "deleted a photograph of", "cancelled"):
        assert f"{sentence} {where}" in page
