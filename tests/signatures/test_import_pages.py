"""The organiser's page for signatures collected elsewhere: look first, add, type in sheets, take back."""

from __future__ import annotations

import base64
import io
import re
import zlib

import pytest
from flask import Flask

from petition.accounts.models import User
from petition.accounts.service import add_user, find_user
from petition.core.db import read_again, writing
from petition.organisations.models import Membership, Role
from petition.organisations.service import add_organisation, find_organisation
from petition.petitions import service as petitions
from petition.petitions.models import State
from petition.signatures import import_forms, import_views
from tests import acts
from tests.conftest import PASSWORD, SLUG, password_hash, signed_in
from tests.lists import PROVEN, bring

URL = f"/organiser/petitions/{SLUG}/signatures"
THREE = "name,country,email\nAna,KR,ana@example.org\nBen,KR,ben@example.org\nBEN,KR,ben@example.org\n"
PROOF = {"origin": "import", "confirmed_by": "contract of 2 May"}


class Desk:
    """An organiser's browser on the page."""

    def __init__(self, app: Flask, email: str = "owner@river.example.org") -> None:
        self.app = app
        self.client = signed_in(app, email)

    def page(self) -> str:
        return self.client.get(f"{URL}/add").text

    def send(self, where: str = "add", **fields):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page())[1]
        return self.client.post(f"{URL}/{where}", data={"csrf_token": token} | fields)

    def look(self, content: str | bytes, **fields):
        raw = content.encode() if isinstance(content, str) else content
        return self.send(file=(io.BytesIO(raw), "list.csv"), **PROOF | fields)

    def add_what_was_shown(self, page: str):
        """Sends the form that the report holds."""
        form = re.search(r'<form[^>]*class="inline"[^>]*>(.*?)</form>', page, re.DOTALL)[1]
        fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
        return self.client.post(f"{URL}/add", data=fields, content_type="multipart/form-data")


@pytest.fixture
def desk(visits) -> Desk:
    return Desk(visits.app)


def test_a_file_is_looked_at_first_then_added(visits, desk):
    report = desk.look(THREE)
    assert report.status_code == 200
    assert re.findall(r'<li class="num">(\d+) ([^<]+)</li>', report.text) == [
        *(("2", "new"), ("1", "there twice"), ("0", "cannot be taken")),
    ]
    assert "the same person as in row 3" in report.text
    assert visits.total() == 0
    assert visits.rows("SELECT * FROM signature_import") == []
    assert desk.add_what_was_shown(report.text).status_code == 303
    assert visits.total() == 2
    page = desk.page()
    assert "0 on the web, 0 on paper, 2 from elsewhere" in page
    with visits.app.app_context():
        owner = find_user(read_again(), "owner@river.example.org").id
    made = visits.rows("SELECT made_by, consent_note FROM signature_import")
    assert made == [(str(owner), "contract of 2 May")]
    acts.look(visits.app).assert_adds_up()


def test_what_cannot_be_taken_is_shown_by_row_and_column_and_nothing_can_be_added(visits, desk):
    report = desk.look(THREE + "=1,KR,x@example.org\nEve,Nowhere,e@example.org\n")
    assert "Name: begins like a formula" in report.text
    assert "Country: is not a country" in report.text
    assert 'name="act"' not in report.text
    report = desk.look(THREE + "=1,KR,x@example.org\n", skip_refused="yes")
    assert desk.add_what_was_shown(report.text).status_code == 303
    assert visits.total() == 2


def test_the_report_of_addresses_is_the_same_whoever_has_signed(visits, desk):
    """DESIGN rule 5."""

    def report():
        return re.sub(r'value="[^"]{60,}"|Counted now.*', "", desk.look(THREE).text)

    before = report()
    acts.confirm(visits.app, acts.sign(visits.app, "ana@example.org", "Ana"))
    assert report() == before


def test_a_list_without_proof_is_mailed_to(visits, desk):
    report = desk.look(THREE, confirmed_by="", source="The Bazaar")
    assert desk.add_what_was_shown(report.text).status_code == 303
    assert {mail.to for mail in visits.mails()} == {"ana@example.org", "ben@example.org"}


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        ("", {}, "Choose a file."),
        ("name,country\n", {}, "These columns are missing: email."),
        ("name,name,country,email\n", {}, "Two columns are called"),
        (THREE, {"origin": "paper", "witnessed_by": ""}, "Say who witnessed"),
        (THREE, {"names_as_in_file": "yes", "confirmed_by": ""}, "Names can be shown as the list says only"),
        (THREE.encode("utf-16-le"), {}, "choose another encoding"),
        (THREE, {"csrf_token": "stale"}, "This page was open for too long"),
        (THREE, {"origin": "elsewhere"}, "This page was open for too long"),
        (THREE, {"encoding": "ebcdic"}, "This page was open for too long"),
    ],
)
def test_a_file_or_form_that_is_wrong_is_refused_in_words(visits, desk, content, fields, words):
    answer = desk.look(content, **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert visits.rows("SELECT * FROM signature_import") == []


def test_what_comes_back_packed_is_checked_like_a_file(visits, desk, monkeypatch):
    def send(packed: bytes) -> str:
        return desk.send(packed=packed.decode(), act="add", **PROOF).text

    assert "Choose the file again." in send(b"no base64 at all!")
    assert "Choose the file again." in send(base64.b64encode(b"not packed"))
    monkeypatch.setattr(import_forms, "MOST_BYTES", 100_000)
    assert "too long for this page" in send(base64.b64encode(zlib.compress(b"x" * 50_000_000)))
    assert "too long for this page" in desk.look("x" * 100_001).text
    monkeypatch.setattr(import_views, "FORM_BYTES", 1000)
    assert desk.look("x" * 2000).status_code == 413
    assert visits.rows("SELECT * FROM signature_import") == []


def sheet(*rows: tuple[str, str, str, str], **fields):
    columns = zip(*rows, strict=True)
    typed = {f"row-{name}": list(cells) for name, cells in zip(import_forms.SHEET_COLUMNS, columns, strict=True)}
    return {"witnessed_by": "Wit Ness"} | typed | fields


EMPTY = ("", "", "", "")


def test_sheets_are_typed_in(visits, desk):
    typed = sheet(("Ana", "South Korea", "Seoul", ""), EMPTY, ("Ben", "de", "", "ben@example.org"))
    assert desk.send("sheet", **typed).status_code == 303
    assert visits.rows("SELECT country, origin FROM signature ORDER BY country") == [("DE", 1), ("KR", 1)]
    assert "witnessed by Wit Ness" in desk.page()
    again = desk.send("sheet", **typed)
    assert again.status_code == 303
    assert visits.total() == 2
    acts.look(visits.app).assert_adds_up()


def test_a_typed_row_that_is_wrong_keeps_what_was_typed_and_adds_nothing(visits, desk):
    answer = desk.send("sheet", **sheet(("Ana", "Korea", "", ""), ("Ben", "Atlantis", "Köln", "")))
    assert answer.status_code == 400
    assert "1 rows cannot be taken: nothing was added." in answer.text
    assert re.search(r"<td[^>]*>2</td><td>cannot be taken</td><td>Country: is not a country</td>", answer.text)
    assert 'value="Köln"' in answer.text
    assert 'value="Wit Ness"' in answer.text
    assert visits.total() == 0


@pytest.mark.parametrize(
    ("typed", "words"),
    [(sheet(EMPTY), "There is nobody to add."), (sheet(("A", "KR", "", ""), witnessed_by=""), "Say who witnessed")],
)
def test_an_empty_sheet_or_one_without_witness_is_refused(visits, desk, typed, words):
    assert words in desk.send("sheet", **typed).text
    assert visits.total() == 0


def test_of_rows_without_an_address_it_is_told_that_they_are_here(visits, desk):
    paper = "name,country,city\nAna,KR,Seoul\nBen,KR,\n"
    given = {"origin": "paper", "witnessed_by": "Wit Ness"}
    assert desk.add_what_was_shown(desk.look(paper, **given).text).status_code == 303
    assert desk.look(paper, **given).text.count("is here already, and does not count again") == 2


def test_an_import_is_taken_back_with_a_reason(visits, desk):
    added = bring(visits.app, THREE, **PROVEN)
    assert "Say why" in desk.send(f"{added.import_id}/undo", reason="").text
    assert visits.total() == 2
    assert desk.send(f"{added.import_id}/undo", reason="wrong <list>").status_code == 303
    assert visits.total() == 0
    assert "wrong &lt;list&gt;" in desk.page()
    assert "taken back already" in desk.send(f"{added.import_id}/undo", reason="again").text
    assert desk.send("nonsense/undo", reason="x").status_code == 404


ROLES = {
    Role.OWNER: True,
    Role.DELIVERY_OFFICER: True,
    Role.EDITOR: False,
    Role.MODERATOR: False,
    Role.OBSERVER: False,
}


@pytest.mark.parametrize(("role", "may"), [*ROLES.items(), (None, False)])
def test_only_the_roles_that_may_add_reach_any_of_it(visits, role, may):
    app = visits.app
    added = bring(app, THREE, **PROVEN)
    with app.app_context(), writing() as session:
        user = User(email="x@example.org", name="X", password_hash=password_hash())
        session.add(user)
        session.flush()
        if role:
            river = find_organisation(session, "river-friends")
            session.add(Membership(organisation_id=river.id, user_id=user.id, role=role))
    browser = signed_in(app, "x@example.org")
    page = browser.get(f"/organiser/petitions/{SLUG}")
    assert (f"{URL}/add" in page.text) is may
    assert browser.get(f"{URL}/add").status_code == (200 if may else 404)
    for where in ("add", "sheet", f"{added.import_id}/undo"):
        assert browser.post(f"{URL}/{where}", data={}).status_code == (400 if may else 404)
    assert visits.total() == 2


def test_nobody_and_administrators_of_the_site_reach_none_of_it(visits):
    with visits.app.app_context(), writing() as session:
        add_user(session, "admin@example.org", "Admin", PASSWORD, admin=True)
    admin, nobody = signed_in(visits.app, "admin@example.org"), visits.app.test_client()
    for method, where in (("GET", "add"), ("POST", "add"), ("POST", "sheet"), ("POST", "x/undo")):
        assert admin.open(f"{URL}/{where}", method=method).status_code == 404
        assert nobody.open(f"{URL}/{where}", method=method).location == "/login"


def test_the_import_of_another_organisation_is_not_to_be_taken_back_through_ones_own_petition(visits, desk):
    added = bring(visits.app, THREE, **PROVEN)
    with visits.app.app_context(), writing() as session:
        user = User(email="x@example.org", name="X", password_hash=password_hash())
        session.add(user)
        session.flush()
        lake = add_organisation(session, "lake", "Lake", user)
        words = {"title": "Free the lake", "addressee": "All", "body": "Now.", "locale": "en"}
        petitions.store(session, petitions.Draft(slug="lake", organisation=lake, state=State.OPEN, **words))
    browser = signed_in(visits.app, "x@example.org")
    own = "/organiser/petitions/lake/signatures"
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(f"{own}/add").text)[1]
    said = {"reason": "theirs", "csrf_token": token}
    assert browser.post(f"{own}/{added.import_id}/undo", data=said).status_code == 404
    assert visits.total() == 2
