"""The administrators' queue: who sees it, what each decision does, what the public is told."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition.petitions.models import State
from petition.petitions.moderation import GROUNDS
from tests.conftest import SLUG, add_petition, signed_in
from tests.petitions.writing import administrator, decide, go, state_of


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    add_petition(app, state=State.REVIEW)
    return administrator(app)


def test_the_queue_shows_what_waits_to_administrators_alone(app: Flask, admin: FlaskClient) -> None:
    add_petition(app, "draft", state=State.DRAFT, title="A draft")
    page = admin.get("/admin/petitions").text
    assert "Free the river" in page
    assert "A draft" not in page
    assert admin.get(f"/admin/petitions/{SLUG}").status_code == 200
    assert admin.get("/admin/petitions/draft").status_code == 404, "a draft is its organisation's own"
    owner = signed_in(app)
    for path in ("/admin/petitions", f"/admin/petitions/{SLUG}", "/admin/petitions/none"):
        assert owner.get(path).status_code == 404
        assert app.test_client().get(path).location == "/login"
    for what in ("state", "note", "assign"):
        assert owner.post(f"/admin/petitions/{SLUG}/{what}").status_code == 404
    assert state_of(app) == State.REVIEW


def test_a_petition_is_taken_on_noted_and_given_back(app: Flask, admin: FlaskClient) -> None:
    assert decide(admin, "assign", do="take").status_code == 303
    assert "taken on by Site Admin" in admin.get("/admin/petitions").text
    assert decide(admin, "note", words="Ask the lawyer.\nToday.").status_code == 303
    assert decide(admin, "note", words=" ").status_code == 400
    assert "Ask the lawyer." in admin.get(f"/admin/petitions/{SLUG}").text
    assert "Ask the lawyer." not in signed_in(app).get(f"/organiser/petitions/{SLUG}/state").text
    assert decide(admin, "assign", do="give back").status_code == 303
    assert "taken on by" not in admin.get("/admin/petitions").text


def test_a_rejection_gives_its_reason_in_public_and_can_be_answered(app: Flask, admin: FlaskClient) -> None:
    assert decide(admin, "state", state="rejected", ground="other").status_code == 400
    assert decide(admin, "state", state="rejected", ground="person", words="It names a judge.").status_code == 303
    public = app.test_client().get(f"/petitions/{SLUG}")
    assert public.status_code == 404
    assert f"{GROUNDS['person']} It names a judge." in public.text
    assert "Free the river" not in public.text
    answer = app.test_client().get(f"/api/v1/petitions/{SLUG}").json
    assert answer["error"]["code"] == "petition_rejected"
    owner = signed_in(app)
    assert "It names a judge." in owner.get(f"/organiser/petitions/{SLUG}/state").text
    assert go(owner, "draft").status_code == 303
    assert "judge" not in app.test_client().get(f"/petitions/{SLUG}").text


def test_what_is_taken_down_is_gone_with_a_reason_and_can_come_back(app: Flask, admin: FlaskClient) -> None:
    assert decide(admin, "state", state="open").status_code == 303
    assert decide(admin, "state", state="taken_down", ground="law").status_code == 303
    for page in ("", "/tally", "/tally.csv", "/text/1", "/check-inbox"):
        gone = app.test_client().get(f"/petitions/{SLUG}{page}")
        assert gone.status_code == 410
        assert str(GROUNDS["law"]) in gone.text
    assert decide(admin, "state", state="hidden").status_code == 303
    assert app.test_client().get(f"/petitions/{SLUG}").status_code == 404
    assert decide(admin, "state", state="closed").status_code == 303
    assert app.test_client().get(f"/petitions/{SLUG}").status_code == 200


def test_a_form_without_its_token_decides_nothing(app: Flask, admin: FlaskClient) -> None:
    for what in ("state", "note", "assign"):
        sent = admin.post(f"/admin/petitions/{SLUG}/{what}", data={"state": "open", "words": "x", "do": "take"})
        assert sent.status_code == 409
    assert state_of(app) == State.REVIEW
    assert "taken on by" not in admin.get("/admin/petitions").text


def test_an_organiser_cannot_decide_for_the_site(app: Flask, admin: FlaskClient) -> None:
    owner = signed_in(app)
    for state in ("open", "rejected", "taken_down"):
        assert go(owner, state).status_code in (403, 409)
    assert state_of(app) == State.REVIEW
