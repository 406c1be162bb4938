"""What an attacker tried, and must not work again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petition.core.addresses import AddressRefused, parse_address
from petition.core.clock import now
from petition.core.db import db
from petition.core.tokens import form_token
from petition.petitions.models import Petition
from petition.petitions.service import find
from tests.conftest import SLUG


def test_an_address_with_an_encoded_word_is_refused_because_no_header_can_hold_it() -> None:
    with pytest.raises(AddressRefused):
        parse_address("=?utf-8?q?=0A?=@example.org")


@pytest.mark.parametrize("path", [f"/petitions/{SLUG}/sign", "/my", "/confirm", "/login"])
@pytest.mark.parametrize("body", [{"name": 5, "email": 5, "code": 7}, ["x"], 5])
def test_a_json_body_is_no_form_and_breaks_nothing(client: FlaskClient, path: str, body: Any) -> None:
    assert client.post(path, json=body).status_code in {403, 422}


def test_who_read_another_text_is_asked_to_read_again_and_loses_nothing(
    app: Flask, client: FlaskClient, petition: Petition, sign: Callable[..., Any]
) -> None:
    with app.app_context():
        token = form_token(now(), find(db.session(), SLUG).text.version + 1)
    answer = sign("a@example.org", name="Ana Kept", form_token=token)
    assert answer.status_code == 409
    assert "Ana Kept" in answer.text
