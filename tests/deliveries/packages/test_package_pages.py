"""The delivery officer's pages: seeing beforehand, asking, watching, downloading; and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from petition.accounts.models import UserSession
from petition.accounts.service import find_user
from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.deliveries.packages import files, listing
from petition.deliveries.packages.models import Package
from petition.organisations.models import Role
from petition.organisations.service import add_organisation
from petition.petitions import service as petitions
from petition.petitions.models import Petition, State
from petition.signatures.models import ListName
from tests.conftest import SLUG, add_petition, signed_in
from tests.deliveries.packages.frozen import ZIP, freeze
from tests.deliveries.packages.making import add_mission, add_people, asked, now_as
from tests.petitions.writing import administrator, member

PACKAGES = f"/organiser/petitions/{SLUG}/packages"
LAKE = "free-the-lake"
LONDON, PARIS = "cn-gb-london-embassy", "cn-fr-paris-embassy"
PEOPLE = [
    ("GB", "Ana Zaphrentis", None, ListName.FULL),
    ("GB", "Wilhelmina Quisenberry", "Leeds", ListName.INITIALS),
    ("FR", "Al", "Paris", ListName.INITIALS),  # whose initials would give the name away
    ("FR", "Bartholomew", None, ListName.COUNT),
]


@pytest.fixture
def people(app: Flask, petition: Petition) -> None:
    """Four signers in two countries, and a mission in each."""
    add_people(app, PEOPLE)
    add_mission(app, LONDON)
    add_mission(app, PARIS)


@pytest.fixture
def officer(app: Flask, people: None) -> FlaskClient:
    """The browser of a delivery officer."""
    with app.app_context():
        member(app, Role.DELIVERY_OFFICER)
    return signed_in(app, "delivery-officer@river-friends.example.org")


def token(officer: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', officer.get(path).text)
    assert found
    return found[1]


def ask(officer: FlaskClient, **fields: Any) -> Any:
    form = {"csrf_token": token(officer, f"{PACKAGES}/new"), "missions": [LONDON, PARIS], "whom": "everyone"}
    return officer.post(f"{PACKAGES}/new", data=form | {"language": "en"} | fields)


def numbers(page: str) -> list[list[int]]:
    """The rows of numbers on the page that shows what would be in the packages."""
    rows = re.findall(r"<tr><td><bdi>.*?</tr>", page, re.DOTALL)
    return [[int(cell) for cell in re.findall(r"<td>(?:<strong>)?(\d+)", row)] for row in rows]


def packages(app: Flask) -> list[Package]:
    return [now_as(app, Package(id=one)) for one in ids(app)]


def ids(app: Flask) -> list[UUID]:
    with app.app_context():
        return list(read_again().scalars(sa.select(Package.id).order_by(Package.number)))


def acts(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        entries = read_again().scalars(sa.select(AuditEntry).order_by(AuditEntry.number))
        return [(one.action, one.actor) for one in entries if one.action.startswith("package")]


def test_before_anything_is_built_the_officer_sees_how_many_would_appear_how(
    app: Flask, officer: FlaskClient
) -> None:
    wishes: list[tuple[dict[str, Any], list[list[int]]]] = [
        ({"whom": "everyone"}, [[1, 1, 2, 4], [1, 1, 2, 4]]),
        ({"whom": "host"}, [[0, 0, 2, 2], [1, 1, 0, 2]]),
        ({"whom": "some", "countries": ["FR"]}, [[0, 0, 2, 2], [0, 0, 2, 2]]),
        ({"until": "2020-12-31"}, [[0, 0, 0, 0], [0, 0, 0, 0]]),
        ({"since": "2020-12-31"}, [[1, 1, 2, 4], [1, 1, 2, 4]]),
    ]
    for whom, expected in wishes:
        answer = ask(officer, **whom)
        assert answer.status_code == 200
        assert numbers(answer.text) == expected  # France before the United Kingdom
        assert not any(name.split()[0] in answer.text for _country, name, _city, _choice in PEOPLE if name != "Al")
    assert ids(app) == []


def test_the_button_under_the_numbers_asks_for_what_was_seen(app: Flask, officer: FlaskClient) -> None:
    page = ask(
        officer, whom="some", countries=["FR", "GB"], since="2026-01-01", until="2026-12-31", missions=[PARIS]
    ).text
    form = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    fields: dict[str, list[str]] = {}
    for name, value in form:
        fields.setdefault(name, []).append(value)
    answer = officer.post(f"{PACKAGES}/new", data=fields | {"do": "build"})
    assert answer.headers["Location"] == PACKAGES
    (package,) = packages(app)
    assert (package.mission_slug, package.language, package.countries) == (PARIS, "en", ["FR", "GB"])
    assert [str(one)[:10] for one in (package.since, package.until)] == ["2026-01-01", "2027-01-01"]
    assert [action for action, _actor in acts(app)] == ["package asked"]


def test_many_missions_at_once_each_with_who_lives_there(app: Flask, officer: FlaskClient) -> None:
    assert ask(officer, whom="host", do="build").status_code == 303
    found = packages(app)
    assert [(one.number, one.mission_slug, one.countries) for one in found] == [
        (1, PARIS, ["FR"]),
        (2, LONDON, ["GB"]),
    ]
    listed = officer.get(PACKAGES).text
    assert listed.count("waits to be built") == 2
    assert "London" in listed


def test_all_missions_that_are_open_are_asked_for_at_once_and_numbered_in_their_order(
    app: Flask, officer: FlaskClient
) -> None:
    offered = re.findall(r'name="missions" value="([^"]+)"', officer.get(f"{PACKAGES}/new").text)
    assert len(offered) == 19, "all that ship but the closed one"
    assert ask(officer, missions=offered, whom="host", do="build").status_code == 303
    hosts = [[slug.split("-")[1].upper()] for slug in offered]
    found = [(one.number, one.mission_slug, one.countries) for one in packages(app)]
    assert found == list(zip(range(1, 20), offered, hosts, strict=True))
    assert acts(app) == [("package asked", acts(app)[0][1])] * 19
    assert officer.get(PACKAGES).text.count("waits to be built") == 19


def test_what_cannot_be_built_is_said_beside_the_field(app: Flask, officer: FlaskClient) -> None:
    wrong: list[dict[str, Any]] = [
        {"missions": []},
        {"missions": ["cn-us-nowhere-embassy"]},
        {"whom": "nobody"},
        {"whom": "some"},
        {"whom": "some", "countries": ["ZZ"]},
        {"since": "yesterday"},
        {"until": "9999-12-31"},
        {"since": "2026-02-02", "until": "2026-02-01"},
        {"language": "xx"},
    ]
    for fields in wrong:
        for do in ("", "build"):
            answer = ask(officer, do=do, **fields)
            assert (answer.status_code, 'class="summary"' in answer.text) == (422, True), fields
            assert 'class="problem"' in answer.text or "language" in fields, fields
    assert ids(app) == []


def test_only_missions_of_the_addressees_state_that_are_open_are_offered(app: Flask, officer: FlaskClient) -> None:
    add_mission(app, "ru-gb-london-embassy")
    add_mission(app, "cn-us-houston-consulate", closed_on=now().date() - timedelta(days=1))
    assert "ru-gb-london" in officer.get(f"{PACKAGES}/new").text
    with app.app_context(), writing() as session:
        session.query(Petition).one().addressee_country = "CN"
    page = officer.get(f"{PACKAGES}/new").text
    offered = re.findall(r'name="missions" value="([^"]+)"', page)
    assert {PARIS, LONDON} < set(offered)
    assert {one[:3] for one in offered} == {"cn-"}
    assert "cn-us-houston-consulate" not in offered


def test_progress_is_shown_and_a_failure_can_be_tried_again(app: Flask, officer: FlaskClient) -> None:
    package_id = asked(app, LONDON).id
    path = f"{PACKAGES}/{package_id}"
    assert "It begins when a worker is free." in officer.get(path).text
    _set(app, state="building", done=3, steps=9)
    page = officer.get(path).text
    assert "3 of 9 steps are done." in page
    assert re.search(r'<progress [^>]*value="3" max="9"', page)
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "progress.js" in page
    form = {"csrf_token": token(officer, f"{PACKAGES}/new")}
    assert officer.post(f"{path}/retry", data=form).status_code == 409
    _set(app, state="failed", failure="There is no room left on the disk: 100% of <b>it</b>.")
    page = officer.get(path).text
    assert "There is no room left on the disk: 100% of &lt;b&gt;it&lt;/b&gt;." in page
    assert "refresh" not in page
    assert officer.post(f"{path}/retry").status_code == 403
    assert officer.post(f"{path}/retry", data=form).headers["Location"] == path
    assert packages(app)[0].state == "waiting"


def _set(app: Flask, **values: Any) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.update(Package).values(values))


def test_a_package_that_is_ready_shows_what_was_frozen_and_with_which_tools(app: Flask, officer: FlaskClient) -> None:
    package_id = freeze(app)
    (package,) = packages(app)
    page = officer.get(f"{PACKAGES}/{package_id}").text
    for shown in (package.zip_sha256, package.key, (package.facts or {})["tree"]["root"], "typst", "0.15"):
        assert str(shown) in page
    assert f"/packages/{package_id}" in page
    assert "Fewer than 10 of its signers have withdrawn since" in page


def download(officer: FlaskClient, package_id: UUID) -> Any:
    form = {"csrf_token": token(officer, f"{PACKAGES}/new")}
    return officer.post(f"{PACKAGES}/{package_id}/download", data=form, buffered=True)


def test_the_zip_is_downloaded_whole_and_the_log_says_by_whom(app: Flask, officer: FlaskClient) -> None:
    package_id = freeze(app)
    answer = download(officer, package_id)
    assert (answer.status_code, answer.data, answer.content_length) == (200, ZIP, len(ZIP))
    assert answer.content_type == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{SLUG}-1-{LONDON}.zip"'
    action, who = acts(app)[-1]
    assert action == "package downloaded"
    log = signed_in(app).get("/organiser/organisations/river-friends/audit").text
    assert "downloaded package 1 of" in log
    assert len(who) > 30


def test_the_log_has_it_before_the_first_byte_and_a_file_that_is_not_there_is_no_download(
    app: Flask, officer: FlaskClient
) -> None:
    package_id = freeze(app)
    form = {"csrf_token": token(officer, f"{PACKAGES}/new")}
    answer = officer.post(f"{PACKAGES}/{package_id}/download", data=form)  # nothing of its body is read
    assert acts(app)[-1][0] == "package downloaded"
    answer.close()
    before = acts(app)
    with app.app_context():
        files.remove(package_id)
    assert download(officer, package_id).status_code == 410
    assert acts(app) == before


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"state": "building"}, 409),
        ({"files_gone_at": sa.func.current_timestamp(), "files_gone_why": "erasure"}, 410),
    ],
)
def test_what_is_not_ready_or_kept_no_more_is_not_downloaded(
    app: Flask, officer: FlaskClient, values: dict[str, Any], status: int
) -> None:
    package_id = freeze(app)
    _set(app, **values)
    assert download(officer, package_id).status_code == status
    page = officer.get(f"{PACKAGES}/{package_id}").text
    assert "/download" not in page
    assert status == 409 or "somebody who is in it has erased or withdrawn their signature since" in page


def test_whoever_signed_in_long_ago_proves_it_again_before_a_download(app: Flask, officer: FlaskClient) -> None:
    package_id = freeze(app)
    form = {"csrf_token": token(officer, f"{PACKAGES}/new")}
    with app.app_context(), writing() as session:
        session.execute(sa.update(UserSession).values(confirmed_at=now() - timedelta(minutes=11)))
    answer = officer.post(f"{PACKAGES}/{package_id}/download", data=form)
    assert answer.headers["Location"].startswith("/account/confirm")
    assert "package downloaded" not in dict(acts(app))


def everywhere(app: Flask, package_id: UUID) -> list[str]:
    """Addresses by which somebody might try to get the ZIP."""
    with app.app_context():
        path = files.folder(package_id)
        name = next(path.iterdir()).name
    return [
        *(
            f"{start}packages/{package_id}/{name}"
            for start in ("/", "/static/../", "/static/", "/instance/", "/uploads/")
        ),
        *(f"/packages/{package_id}/{one}" for one in (name, "list.csv", "list.jsonl", "zip", "download")),
        f"{PACKAGES}/{package_id}",
        f"{PACKAGES}/{package_id}/download",
        f"{PACKAGES}/{package_id}/{name}",
        f"/organiser/petitions/{LAKE}/packages/{package_id}",
        f"/organiser/petitions/{LAKE}/packages/{package_id}/download",
    ]


def officer_of_another(app: Flask) -> FlaskClient:
    """A delivery officer of another organisation, which has a petition of its own."""
    with app.app_context(), writing() as session:
        lake = add_organisation(
            session, "lake-friends", "Lake Friends", find_user(session, "owner@river.example.org")
        )
        about: dict[str, Any] = {
            "title": "Free the lake",
            "addressee": "the Minister",
            "body": "Now.",
            "locale": "en",
        }
        petitions.store(session, petitions.Draft(slug=LAKE, organisation=lake, state=State.OPEN, **about))
    return member(app, Role.DELIVERY_OFFICER, "lake-friends")


OTHERS: dict[str, Callable[[Flask], FlaskClient]] = {
    "an observer": lambda app: member(app, Role.OBSERVER),
    "an editor": lambda app: member(app, Role.EDITOR),
    "a moderator": lambda app: member(app, Role.MODERATOR),
    "a delivery officer of another organisation": officer_of_another,
    "an administrator of the site": administrator,
}


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_reaches_a_personal_file_by_any_address(app: Flask, people: None, who: str) -> None:
    package_id, client = freeze(app), OTHERS[who](app)
    form = {"csrf_token": token(client, "/organiser")}
    for address in everywhere(app, package_id):
        for answer in (client.get(address, buffered=True), client.post(address, data=form, buffered=True)):
            assert answer.status_code in {404, 405}, address
            assert ZIP not in answer.data
    assert "package downloaded" not in dict(acts(app))


def test_nobody_reaches_a_personal_file_without_signing_in(app: Flask, people: None) -> None:
    package_id, client = freeze(app), app.test_client()
    for address in everywhere(app, package_id):
        for answer in (client.get(address, buffered=True), client.post(address, buffered=True)):
            assert answer.status_code in {404, 405} or answer.location.startswith("/login"), address
            assert ZIP not in answer.data


def test_a_package_is_not_found_under_another_petition(app: Flask, officer: FlaskClient) -> None:
    add_petition(app, "another")
    package_id = freeze(app)
    assert officer.get(f"/organiser/petitions/another/packages/{package_id}").status_code == 404


def test_what_several_missions_share_is_counted_once(app: Flask, officer: FlaskClient) -> None:
    with app.app_context():
        session = read_again()
        petition = session.query(Petition).one()
        found = listing.would_hold(session, petition.id, listing.missions_for(session, petition), (), None, None)
        assert found[0][1] is found[1][1]


def test_it_says_until_when_the_files_are_kept(app: Flask, officer: FlaskClient) -> None:
    with time_machine.travel("2026-02-12T09:00:00+00:00", tick=True):
        package_id = freeze(app)
        page = signed_in(app).get(f"{PACKAGES}/{package_id}").text
    assert "Kept here until 11 August 2026" in page
