"""Tokens: made for one purpose, changed by nobody, alive after a key is rotated, and the form's by the hour."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from petition.core.tokens import (
    HANDLE_BYTES,
    TokenRefused,
    bucket_of,
    form_token,
    handle_of,
    new_handle,
    read_handle,
    sign_handle,
    version_in_form_token,
)
from petition.settings import Settings
from tests.conftest import running

LETTERS = string.ascii_letters + string.digits + "-_~.="
NOON = datetime(2026, 3, 1, 12, 20, tzinfo=UTC)
OTHER_KEY = "quite another secret key " * 3


def test_a_token_gives_back_its_handle(inside: Flask) -> None:
    handle = new_handle()
    assert read_handle("confirm", sign_handle("confirm", handle)) == handle


def test_a_token_opens_nothing_it_was_not_made_for(inside: Flask) -> None:
    with pytest.raises(TokenRefused):
        read_handle("own page", sign_handle("confirm", new_handle()))
    assert not version_in_form_token(sign_handle("form", new_handle()), NOON)
    with pytest.raises(TokenRefused):
        read_handle("form", form_token(NOON, 1))


def test_no_character_of_a_token_can_be_changed(inside: Flask) -> None:
    """All 64 values of the last one among them: base64 leaves bits of it unused."""
    token = sign_handle("confirm", new_handle())
    for place in range(len(token)):
        for letter in LETTERS.replace(token[place], ""):
            with pytest.raises(TokenRefused):
                read_handle("confirm", token[:place] + letter + token[place + 1 :])


def test_no_character_of_a_forms_token_can_be_changed(inside: Flask) -> None:
    token = form_token(NOON, 1)
    assert version_in_form_token(token, NOON)
    for place in range(len(token)):
        for letter in LETTERS.replace(token[place], ""):
            assert not version_in_form_token(token[:place] + letter + token[place + 1 :], NOON)


@pytest.mark.parametrize("wrong", ["", "~", "a", "~~", "é", "\x00", "a~b", "%00", "𝟘~𝟘", "-" * 4000])
def test_what_is_no_token_is_refused(inside: Flask, wrong: str) -> None:
    with pytest.raises(TokenRefused):
        read_handle("confirm", wrong)
    assert not version_in_form_token(wrong, NOON)


@pytest.mark.parametrize("added", ["=", "==", " ", "\n", "~", "A", "/"])
def test_nothing_can_be_added_to_a_token(inside: Flask, added: str) -> None:
    token = sign_handle("confirm", new_handle())
    for changed in (token + added, added + token, token.replace("~", added + "~")):
        with pytest.raises(TokenRefused):
            read_handle("confirm", changed)


def test_tokens_outlive_the_rotation_of_the_key_but_not_its_removal(settings: Settings) -> None:
    handle = new_handle()
    with running(settings) as app, app.app_context():
        link, form = sign_handle("confirm", handle), form_token(NOON, 1)
    older = ["the key before the last one", settings.secret_key]
    for fallbacks in (older, list(reversed(older))):
        rotated = replace(settings, secret_key=OTHER_KEY, secret_key_fallbacks=fallbacks)
        with running(rotated) as app, app.app_context():
            assert read_handle("confirm", link) == handle
            assert version_in_form_token(form, NOON)
            made = sign_handle("confirm", handle)
            assert made != link
    with running(replace(settings, secret_key=OTHER_KEY)) as app, app.app_context():
        assert read_handle("confirm", made) == handle, "what is signed is signed with the newest key"
        assert not version_in_form_token(form, NOON)
        with pytest.raises(TokenRefused):
            read_handle("confirm", link)


def test_a_forms_token_is_one_for_all_within_the_hour(inside: Flask) -> None:
    within = {form_token(NOON.replace(minute=minute), 1) for minute in range(60)}
    assert len(within) == 1
    assert form_token(NOON + timedelta(hours=1), 1) not in within


@pytest.mark.parametrize(
    ("age", "fresh"),
    [
        (timedelta(0), True),
        (timedelta(hours=24), True),
        (timedelta(hours=25, seconds=1), False),
        (timedelta(days=400), False),
        (timedelta(minutes=-30), True),
        (timedelta(hours=-3), False),
    ],
)
def test_a_form_may_be_sent_within_a_day_of_being_served(inside: Flask, age: timedelta, fresh: bool) -> None:
    for served in (NOON.replace(minute=0, second=0), NOON.replace(minute=59, second=59)):
        assert (version_in_form_token(form_token(served, 1), served + age) == 1) is fresh


@given(st.integers(0, 63))
def test_a_handle_carries_its_bucket_and_is_otherwise_random(bucket: int) -> None:
    first, second = handle_of(new_handle(), bucket), handle_of(new_handle(), bucket)
    assert bucket_of(first) == bucket_of(second) == bucket
    assert len(first) == HANDLE_BYTES
    assert first != second
