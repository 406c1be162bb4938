"""The organisers' pages of the directory of missions."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition.core.audit import AuditEntry
from petition.core.clock import now
from petition.core.db import read_again
from petition.deliveries.missions import forms, service
from petition.deliveries.missions.models import Mission
from petition.foundation import MAX_FORM_BYTES
from petition.organisations.service import find_organisation
from tests.conftest import add_petition, signed_in

URL = "/organiser/missions"
LONDON = "cn-gb-london-embassy"
ROME = {
    **{"sending_state": "CN", "host_country": "IT", "city": "Rome", "kind": "embassy"},
    **{"name": "Embassy in Rome", "time_zone": "Europe/Rome", "postal_address": "Via 1\r\nRoma"},
}


@pytest.fixture
def desk(app: Flask) -> FlaskClient:
    """The browser of the owner of an organisation."""
    add_petition(app)
    return signed_in(app)


def send(desk: FlaskClient, path: str, **fields: Any) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', desk.get(f"{URL}/new").text)
    assert token
    return desk.post(f"{URL}{path}", data={"csrf_token": token[1]} | fields, content_type="multipart/form-data")


def fields_of(page: str) -> dict[str, str]:
    """What stands in the form of a mission."""
    given = dict(re.findall(r'<input[^>]* name="([a-z_]+)"[^>]* value="([^"]*)"', page))
    given |= dict(re.findall(r'<textarea[^>]* name="([a-z_]+)"[^>]*>([^<]*)<', page))
    return {name: html.unescape(value) for name, value in given.items() if name != "checked_today"}


def stored(app: Flask, slug: str) -> Mission:
    with app.app_context():
        return service.find(read_again(), slug)


def test_the_desk_leads_to_the_directory_and_it_shows_what_is_not_checked_and_what_is_closed(
    desk: FlaskClient,
) -> None:
    assert f'href="{URL}"' in desk.get("/organiser").text
    page = desk.get(URL).text
    assert page.count("address to be checked") == 19
    assert "closed on 24 July 2020" in page
    assert "49-51 Portland Place, London W1B 1JL" in page


def test_missions_are_found_by_who_sends_them_and_who_hosts_them(desk: FlaskClient) -> None:
    found = re.findall(r'href="/organiser/missions/(cn-[^"]+)"', desk.get(f"{URL}?host_country=KR").text)
    assert found == ["cn-kr-busan-consulate", "cn-kr-seoul-embassy"]
    assert "No mission was found." in desk.get(f"{URL}?sending_state=GB").text


def test_a_mission_is_entered_and_its_id_made(app: Flask, desk: FlaskClient) -> None:
    answer = send(desk, "/new", **ROME)
    assert (answer.status_code, answer.location) == (303, f"{URL}/cn-it-rome-embassy")
    found = stored(app, "cn-it-rome-embassy")
    assert (found.postal_address, found.checked_on, found.email) == ("Via 1\nRoma", None, None)
    again = send(desk, "/new", **ROME)
    assert again.status_code == 409
    assert "There is a mission of this name already" in again.text


def test_saving_what_stands_in_the_form_changes_nothing(app: Flask, desk: FlaskClient) -> None:
    before = stored(app, LONDON)
    answer = send(desk, f"/{LONDON}", **fields_of(desk.get(f"{URL}/{LONDON}").text))
    assert answer.status_code == 303
    after = stored(app, LONDON)
    assert after.changed_at == before.changed_at
    with app.app_context():
        assert read_again().query(AuditEntry).filter(AuditEntry.action.startswith("mission")).count() == 0


def test_a_change_a_check_and_a_closing_are_written_down(app: Flask, desk: FlaskClient) -> None:
    form = fields_of(desk.get(f"{URL}/{LONDON}").text)
    send(desk, f"/{LONDON}", **form | {"email": "post@example.org", "checked_today": "yes"})
    page = desk.get(f"{URL}/{LONDON}").text
    assert (stored(app, LONDON).email, stored(app, LONDON).checked_on) == ("post@example.org", now().date())
    assert "address to be checked" not in page
    send(desk, f"/{LONDON}", **fields_of(page) | {"closed_on": "2026-02-11"})
    assert "closed on 11 February 2026" in desk.get(f"{URL}/{LONDON}").text
    with app.app_context():
        entries = read_again().query(AuditEntry).filter(AuditEntry.action == "mission changed").all()
        river = find_organisation(read_again(), "river-friends").id
        assert [(one.object, one.organisation_id, one.details) for one in entries] == [
            (LONDON, river, {"columns": "email, checked_on"}),
            (LONDON, river, {"columns": "closed_on"}),
        ]
    log = desk.get("/organiser/organisations/river-friends/audit").text
    assert f"changed the mission {LONDON}: email, checked_on" in log


def test_what_is_wrong_is_said_beside_each_field_and_nothing_is_written(app: Flask, desk: FlaskClient) -> None:
    form = fields_of(desk.get(f"{URL}/{LONDON}").text)
    wrong = {"name": "", "time_zone": "Europe/Atlantis", "latitude": "100", "email": "no", "closed_on": "today"}
    answer = send(desk, f"/{LONDON}", **form | wrong)
    assert answer.status_code == 422
    for name in wrong:
        assert f'id="{name}-error"' in answer.text
        assert f'href="#{name}"' in answer.text
    assert stored(app, LONDON).name.startswith("Embassy")


def test_a_mission_nobody_knows_is_not_found(desk: FlaskClient) -> None:
    assert desk.get(f"{URL}/cn-gb-atlantis-embassy").status_code == 404
    assert send(desk, "/cn-gb-atlantis-embassy", **ROME).status_code == 404


def test_a_file_is_looked_at_first_then_written(app: Flask, desk: FlaskClient) -> None:
    text = f'slug,city,name,opening_hours\n{LONDON},London,"New ""name"" <b>",9 to 12\n'
    report = send(desk, "/import", file=(io.BytesIO(text.encode()), "missions.csv"))
    assert report.status_code == 200
    assert re.findall(r'<li class="num">(\d+) ([^<]+)</li>', report.text) == [
        *(("0", "new"), ("1", "changed"), ("0", "as it is"), ("0", "cannot be taken")),
    ]
    assert "name, opening_hours" in report.text
    assert stored(app, LONDON).opening_hours is None
    held = re.search(r'name="text" value="([^"]*)"', report.text)
    assert held
    assert send(desk, "/import", act="write", text=html.unescape(held[1])).status_code == 303
    assert (stored(app, LONDON).name, stored(app, LONDON).opening_hours) == ('New "name" <b>', "9 to 12")


def test_a_file_with_a_wrong_row_cannot_be_written(app: Flask, desk: FlaskClient) -> None:
    text = f"slug,opening_hours,closed_on\n{LONDON},9 to 12,\ncn-fr-paris-embassy,,soon\n"
    report = send(desk, "/import", act="write", text=text)
    assert "Nothing is written while a row cannot be taken" in report.text
    assert 'name="act"' not in report.text
    assert stored(app, LONDON).opening_hours is None


def test_a_file_may_be_longer_than_other_forms_but_not_endless(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = ("slug,colour\n" + f"{LONDON},{'a' * 250}\n" * 1200).encode()
    assert MAX_FORM_BYTES < len(content) < forms.MOST_BYTES
    assert send(desk, "/import", file=(io.BytesIO(content), "m.csv")).status_code == 200
    monkeypatch.setattr(forms, "MOST_BYTES", 300_000)
    answer = send(desk, "/import", file=(io.BytesIO(content), "m.csv"))
    assert answer.status_code == 422
    assert "too long for this page" in answer.text
