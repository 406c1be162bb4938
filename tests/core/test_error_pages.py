"""Errors, as pages for people and in one shape of JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from petition.petitions.models import State
from petition.settings import Settings
from tests.conftest import SLUG, add_petition, running
from tests.core.page_checks import check_headers


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application with pages that fail, as a mistake of ours would."""

    def crash(**_arguments: str) -> str:
        raise ValueError("the secret of a signer: ana.secret@example.org")

    with running(settings) as made:
        made.add_url_rule("/crash", view_func=crash)
        made.add_url_rule("/<path:before>/crash.json", "crash_json", crash, methods=["GET"])
        made.add_url_rule(
            "/<path:before>/upload.json", "upload", lambda before: request.get_data(as_text=True), methods=["POST"]
        )
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A reader of a site with an open petition and one that was taken down."""
    add_petition(app)
    add_petition(app, "gone", state=State.TAKEN_DOWN)
    return app.test_client()


ERRORS: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/nowhere", {}, 404),
    ("GET", "/petitions/none", {}, 404),
    ("GET", "/petitions/gone", {}, 410),
    ("GET", "/confirm/none", {}, 404),
    ("GET", "/o/none", {}, 404),
    ("GET", "/static/none.css", {}, 404),
    ("GET", "/static/../wsgi.py", {}, 404),
    ("DELETE", f"/petitions/{SLUG}", {}, 405),
    ("POST", f"/petitions/{SLUG}/sign", {"data": {"name": "x" * 300_000}}, 413),
    ("POST", f"/petitions/{SLUG}/sign", {"headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
    ("GET", "/crash", {}, 500),
]


@pytest.mark.parametrize(("method", "url", "more", "status"), ERRORS)
def test_error_pages_have_the_headers_and_are_kept_by_nobody(
    client: FlaskClient, method: str, url: str, more: dict[str, Any], status: int
) -> None:
    answer = client.open(url, method=method, **more)
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    check_headers(answer)


@pytest.mark.parametrize("url", ["/api/v1/none", "/nowhere.json"])
@pytest.mark.parametrize(
    ("ending", "method", "status", "code"),
    [
        ("", "GET", 404, "not_found"),
        ("/crash.json", "GET", 500, "internal_error"),
        ("/crash.json", "POST", 405, "method_not_allowed"),
        ("/upload.json", "POST", 413, "request_entity_too_large"),
    ],
)
def test_programs_get_every_error_in_the_one_shape(
    client: FlaskClient, url: str, ending: str, method: str, status: int, code: str
) -> None:
    answer = client.open(url + ending, method=method, data=b"x" * 300_000)
    assert answer.status_code == status
    assert set(answer.json) == {"error"}
    error = answer.json["error"]
    assert (error["status"], error["code"]) == (status, code)
    assert set(error) == {"status", "code", "message"}
    assert error["message"]
    assert "secret of a signer" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    check_headers(answer)


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/api/v1/petitions/none", 404, "petition_not_found"),
        ("/api/v1/petitions/none/tally", 404, "petition_not_found"),
        ("/petitions/none/tally.json", 404, "petition_not_found"),
        ("/api/v1/petitions/gone", 410, "gone"),
        (f"/api/v1/petitions/{SLUG}/tally?by=minute", 400, "bad_parameter"),
    ],
)
def test_refusals_of_the_api_have_the_same_shape(client: FlaskClient, url: str, status: int, code: str) -> None:
    answer = client.get(url)
    assert (answer.status_code, answer.json["error"]["status"], answer.json["error"]["code"]) == (
        status,
        status,
        code,
    )
    assert answer.headers["Cache-Control"] == "no-store"
