"""What signers send is read in two ways, the short one and the forms': they must agree on everything."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from petition.core.clock import now
from petition.core.tokens import form_token
from petition.signatures.answers import read_signed
from petition.signatures.forms import SignForm

TEXT = st.text(max_size=12)
SENT = st.fixed_dictionaries(
    {},
    optional={
        "name": st.one_of(TEXT, st.sampled_from(["Ana Test", "x" * 121, "http://a.example", "\u202eevil", " "])),
        "email": st.one_of(TEXT, st.sampled_from(["a@example.org", "A+b@gmail.com", "a@b", " c@example.org "])),
        "country": st.sampled_from(["KR", "XK", "kr", "", "ZZ"]),
        "city": st.one_of(TEXT, st.sampled_from(["Seoul", "c" * 81])),
        "comment": st.one_of(TEXT, st.sampled_from(["Two\r\nlines", "c" * 1001])),
        "show_name": st.sampled_from(["yes", "", "false", "on"]),
        "list_name": st.sampled_from(["full", "initials", "count", "FULL", "", "half"]),
        "updates": st.sampled_from(["yes", "", "false"]),
        "form_token": st.sampled_from(["good", "bad", ""]),
    },
)


def by_form(sent: MultiDict[str, str]) -> Any:
    form = SignForm(formdata=sent)
    return (form.wish(), form.address, form.text_version) if form.validate() else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(sent=SENT)
def test_the_short_way_reads_what_the_form_reads(inside: Flask, sent: dict[str, str]) -> None:
    if sent.get("form_token") == "good":
        sent = sent | {"form_token": form_token(now(), 1)}
    with inside.test_request_context(method="POST"):
        short = read_signed(sent)
        assert by_form(MultiDict(sent)) == (
            None if short is None else (short.wish, short.address, short.text_version)
        )


@pytest.mark.parametrize("left_out", ["name", "email", "country", "form_token"])
def test_a_whole_form_is_read_and_one_with_a_gap_is_not(inside: Flask, left_out: str) -> None:
    whole = {"name": "Ana Test", "email": "a@example.org", "country": "KR", "form_token": form_token(now(), 3)}
    found = read_signed(whole)
    assert found
    assert (found.wish.name, found.address.exact, found.text_version) == ("Ana Test", "a@example.org", 3)
    del whole[left_out]
    assert read_signed(whole) is None
