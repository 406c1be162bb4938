"""Packages forget: whoever asks, at once; everybody, when the delivery is long done. What proves the list stays."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.deliveries.journal.models import Delivery
from petition.deliveries.packages import files, keeping, withdrawn
from petition.deliveries.packages.building import work
from petition.deliveries.packages.models import Package, PackageLeaves
from petition.deliveries.proof import tree
from petition.petitions import service as petitions
from petition.petitions.models import Petition
from petition.signatures import attempts, own_changes
from petition.signatures.models import ListName, Signature
from tests import acts
from tests.conftest import SLUG
from tests.deliveries.packages.frozen import freeze, take_snapshot
from tests.deliveries.packages.making import add_mission, add_people, asked, now_as
from tests.deliveries.packages.test_receipts import address_of, assert_holds, receipt
from tests.site_visits import Visits

LINES = "SELECT n, line IS NULL FROM package_line ORDER BY package_id, n"


@pytest.fixture
def visits(app: Flask, petition: Petition) -> Visits:
    return Visits(app)


@pytest.fixture
def ana(visits: Visits) -> FlaskClient:
    """Ana's browser. She stands in full on lists."""
    return visits.counted("ana@example.org", name="Ana Zaphrentis", list_name="full")


@pytest.fixture
def eva(visits: Visits) -> FlaskClient:
    """Eva's browser. She stands in full on lists, after Ana."""
    return visits.counted("eva@example.org", name="Eva Other", list_name="full")


def folder_of(visits: Visits, package_id: UUID) -> Path:
    with visits.app.app_context():
        return files.folder(package_id)


def package(visits: Visits, package_id: UUID) -> Package:
    return now_as(visits.app, Package(id=package_id))


def erase(visits: Visits, browser: FlaskClient) -> None:
    assert visits.change(browser, visits.refs(browser)[0], "erase").status_code == 303


def root_of_leaves(visits: Visits, package_id: UUID) -> str:
    with visits.app.app_context():
        rows = read_again().query(PackageLeaves).filter_by(package_id=package_id).order_by(PackageLeaves.number)
        joined = b"".join(row.hashes for row in rows)
    return tree.root(joined[at : at + 32] for at in range(0, len(joined), 32)).hex()


def at(visits: Visits, moment: datetime) -> Any:
    return time_machine.travel(moment, tick=True)


def purge_after(visits: Visits, days: float) -> None:
    with at(visits, now() + timedelta(days=days)):
        visits.purge()


def test_an_erased_signer_is_out_of_every_package_at_once_and_the_root_still_holds(
    visits: Visits, ana: FlaskClient, eva: FlaskClient
) -> None:
    packages = [freeze(visits.app), freeze(visits.app, "cn-fr-paris-embassy")]
    other = freeze(visits.app, "cn-de-berlin-embassy", countries=["KR"])
    theirs = address_of(visits, ana, packages[0])
    erase(visits, ana)
    assert visits.rows(LINES) == [(2, 0)] * 3
    for package_id in (*packages, other):
        found = package(visits, package_id)
        assert (found.files_gone_why, found.files_gone_at is None) == ("erasure", False)
        assert not folder_of(visits, package_id).exists()
        assert root_of_leaves(visits, package_id) == (found.facts or {})["tree"]["root"]
        assert assert_holds(receipt(visits, eva, package_id))["name"] == "Eva Other"
    assert ana.get(theirs).status_code == 404


def test_a_package_without_them_keeps_its_files(visits: Visits, ana: FlaskClient) -> None:
    visits.counted("ida@example.org", name="Ida", country="FR")
    package_id = freeze(visits.app, countries=["FR"])
    erase(visits, ana)
    assert package(visits, package_id).files_gone_at is None
    assert folder_of(visits, package_id).exists()


def test_what_is_undone_removes_nothing(visits: Visits, petition: Petition) -> None:
    handle = acts.sign(visits.app, "ana@example.org")
    acts.confirm(visits.app, handle)
    package_id = freeze(visits.app)
    with visits.app.app_context():
        with contextlib.suppress(KeyError), writing() as session:
            own_changes.erase(session, attempts.find(session, handle))
            raise KeyError
        with writing() as session:
            petitions.lock(session, petitions.find(session, SLUG))
    assert package(visits, package_id).files_gone_at is None
    assert folder_of(visits, package_id).exists()


def test_files_that_a_crash_has_left_are_removed_later_and_no_others(visits: Visits, ana: FlaskClient) -> None:
    left, kept = freeze(visits.app), freeze(visits.app, "cn-fr-paris-embassy")
    with visits.app.app_context():
        (folder_of(visits, kept).parent / "lost+found").mkdir()
    visits.rows("UPDATE package SET files_gone_at = ?, files_gone_why = 'erasure' WHERE number = 1", now())
    with visits.app.app_context():
        keeping.sweep()
    assert (folder_of(visits, left).exists(), folder_of(visits, kept).exists()) == (False, True)


def test_a_package_being_built_is_made_anew_without_who_was_erased(
    visits: Visits, ana: FlaskClient, eva: FlaskClient
) -> None:
    add_mission(visits.app)
    begun = asked(visits.app)
    take_snapshot(visits.app, begun.id)
    erase(visits, ana)
    assert visits.rows(LINES) == [(2, 0)]
    with at(visits, now() + timedelta(minutes=2)):
        assert work(visits.app)
    found = now_as(visits.app, begun)
    assert (found.state, found.files_gone_at, (found.facts or {})["signature_count"]) == ("ready", None, 1)
    assert visits.rows(LINES) == [(1, 0)]


def test_who_was_erased_while_the_lines_were_being_frozen_is_found_within_a_day(
    visits: Visits, ana: FlaskClient, eva: FlaskClient
) -> None:
    package_id = freeze(visits.app)
    for table, column in (("signer", "signature_id"), ("signature", "id")):
        visits.rows(f"DELETE FROM {table} WHERE {column} IN (SELECT signature_id FROM package_line WHERE n = 1)")
    with visits.app.app_context():
        withdrawn.look()
    assert visits.rows(LINES) == [(2, 0)]
    assert package(visits, package_id).files_gone_why == "erasure"
    assert not folder_of(visits, package_id).exists()


def forget_names(visits: Visits) -> None:
    """The petition promised to delete names one month after its end, which was long ago."""
    visits.rows("UPDATE petition_text SET kept_months = 1")
    visits.rows("UPDATE petition SET ended_at = ?", now() - timedelta(days=40))
    visits.purge()


def test_names_forgotten_by_a_promise_go_out_of_packages_and_their_secrets_with_them(
    visits: Visits, ana: FlaskClient
) -> None:
    package_id = freeze(visits.app)
    secrets = visits.rows("SELECT receipt_secret FROM signature")
    forget_names(visits)
    assert visits.rows(LINES) == [(1, 1)]
    assert package(visits, package_id).files_gone_why == "erasure"
    assert not folder_of(visits, package_id).exists()
    (new,) = visits.rows("SELECT receipt_secret FROM signature")
    assert (len(new[0]), new in secrets) == (32, False)
    with visits.app.app_context():
        assert withdrawn.count(read_again(), package_id) == 0


def test_a_list_made_after_that_counts_them_and_has_nothing_to_forget(visits: Visits, ana: FlaskClient) -> None:
    forget_names(visits)
    package_id = freeze(visits.app)
    with visits.app.app_context():
        withdrawn.look()
    assert package(visits, package_id).files_gone_at is None
    assert visits.rows(LINES) == [(1, 0)]


def test_the_name_of_who_withdrew_goes_after_fourteen_days_there_too_and_the_rest_after_ninety(
    visits: Visits, ana: FlaskClient, eva: FlaskClient
) -> None:
    package_id = freeze(visits.app)
    visits.change(ana, visits.refs(ana)[0], "withdraw")
    purge_after(visits, 13)
    assert visits.rows(LINES) == [(1, 0), (2, 0)]
    assert folder_of(visits, package_id).exists()
    purge_after(visits, 15)
    assert visits.rows(LINES) == [(1, 1), (2, 0)]
    assert not folder_of(visits, package_id).exists()
    purge_after(visits, 91)
    assert visits.rows(LINES) == [(2, 0)]
    with visits.app.app_context():
        assert withdrawn.count(read_again(), package_id) == 1


def test_an_undelivered_package_is_kept_for_half_a_year(visits: Visits, eva: FlaskClient) -> None:
    package_id = freeze(visits.app)
    before = receipt(visits, eva, package_id)
    purge_after(visits, 179)
    assert folder_of(visits, package_id).exists()
    assert visits.rows(LINES) == [(1, 0)]
    purge_after(visits, 181)
    found = package(visits, package_id)
    assert (found.files_gone_why, bool(found.manifest), bool(found.signature)) == ("time", True, True)
    assert not folder_of(visits, package_id).exists()
    assert visits.rows(LINES) == [(1, 1)]
    assert receipt(visits, visits_again(visits, "eva@example.org"), package_id) == before


def test_a_package_whose_delivery_is_planned_for_later_is_kept_until_thirty_days_after_that(
    visits: Visits, petition: Petition, eva: FlaskClient
) -> None:
    package_id = freeze(visits.app)
    about = {"petition_id": petition.id, "mission_slug": "cn-gb-london-embassy", "package_id": package_id}
    with visits.app.app_context(), writing() as session:
        session.add(Delivery(**about, planned_at=now() + timedelta(days=200)))
    purge_after(visits, 229)
    assert folder_of(visits, package_id).exists()
    assert visits.rows(LINES) == [(1, 0)]
    purge_after(visits, 231)
    assert not folder_of(visits, package_id).exists()
    assert visits.rows(LINES) == [(1, 1)]


def visits_again(visits: Visits, address: str) -> FlaskClient:
    """A browser in which the own page was opened by a mailed link."""
    browser = visits.app.test_client()
    browser.post("/my", data={"email": address})
    browser.post([mail.path for mail in visits.mails(address) if mail.path.startswith("/my/")][-1])
    return browser


@pytest.fixture
def delivered_now(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The journal says of every package that its delivery was done just now."""
    done = now()
    monkeypatch.setattr(keeping, "done_at", lambda _session, _package_id: done)
    return done


def test_a_delivered_package_is_kept_for_as_many_days_more_as_the_setting_says(
    visits: Visits, eva: FlaskClient, delivered_now: datetime
) -> None:
    package_id = freeze(visits.app)
    purge_after(visits, 29.9)
    assert folder_of(visits, package_id).exists()
    visits.app.config["PACKAGE_DAYS"] = 60
    purge_after(visits, 31)
    assert folder_of(visits, package_id).exists()
    purge_after(visits, 61)
    assert not folder_of(visits, package_id).exists()
    assert "until the delivery is done and 60 days more" in visits.app.test_client().get("/privacy").text


def test_the_lines_of_the_others_go_in_time_after_an_erasure_too(
    visits: Visits, ana: FlaskClient, eva: FlaskClient, delivered_now: datetime
) -> None:
    package_id = freeze(visits.app)
    erase(visits, ana)
    gone_at = package(visits, package_id).files_gone_at
    purge_after(visits, 31)
    found = package(visits, package_id)
    assert (found.files_gone_why, found.files_gone_at) == ("time", gone_at)
    assert visits.rows(LINES) == [(2, 1)]
    erase(visits, visits_again(visits, "eva@example.org"))
    assert package(visits, package_id).files_gone_why == "time"
    assert visits.rows(LINES) == []


def test_the_number_of_those_who_withdrew_is_counted_daily_and_rounded_down_to_tens(visits: Visits) -> None:
    add_people(visits.app, [("KR", f"Person Number {n:02}", None, ListName.FULL) for n in range(30)])
    package_id = freeze(visits.app)

    def withdraw(number: int) -> int | None:
        with visits.app.app_context(), writing() as session:
            for one in session.query(Signature).filter_by(state=1).limit(number).all():
                own = own_changes.Attempt(one, session.get(own_changes.Signer, (one.bucket, one.id)), one.petition_id)
                own_changes.withdraw(session, own)
        with visits.app.app_context():
            withdrawn.look()
        return package(visits, package_id).withdrawn_since

    assert withdraw(9) == 0
    assert withdraw(11) == 0
    with at(visits, now() + timedelta(days=1, minutes=1)):
        assert withdraw(0) == 20
