"""Lines of list.jsonl: one way to write each."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from petition.deliveries.proof import canonical
from petition.deliveries.proof.faults import Fault
from tests.deliveries.proof.packages import ID

C = "c" * 64
LINE = canonical.canonical_line(7, "KR", "full", "김민지", "서울", C)


def test_a_line_is_canonical_json_of_its_members() -> None:
    assert rfc8785.dumps({"c": C, "city": "서울", "country": "KR", "n": 7, "name": "김민지", "shown": "full"}) == LINE
    assert canonical.canonical_line(8, "KR", "count", "", None, C) == rfc8785.dumps(
        {"c": C, "country": "KR", "n": 8, "shown": "count"}
    )


def test_who_is_only_counted_is_not_named_whatever_is_known() -> None:
    assert b"name" not in canonical.canonical_line(1, "KR", "count", "김민지", "서울", C)
    assert b"city" not in canonical.canonical_line(1, "KR", "count", "김민지", "서울", C)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.text(min_size=1), st.text(), st.sampled_from(["full", "initials"]))
def test_any_text_makes_a_line_that_is_read_back(name: str, city: str, shown: str) -> None:
    line = canonical.canonical_line(1, "KR", shown, name, city, C)
    assert b"\n" not in line
    found = canonical.parse_line(line)
    assert found["name"] == canonical.clean(name) == canonical.clean(canonical.clean(name))
    assert found.get("city", "") == canonical.clean(city)
    assert line == rfc8785.dumps(found)


def test_the_commitment_is_of_the_secret_of_one_package() -> None:
    secret = canonical.secret_of(b"r" * 32, ID)
    assert secret == hmac.new(b"r" * 32, ID.encode(), hashlib.sha256).digest()
    assert canonical.commitment(secret) == hashlib.sha256(b"petition-line/1\x00" + secret).hexdigest()
    assert secret != canonical.secret_of(b"r" * 32, ID.replace("5", "6"))


def changed(**members: Any) -> bytes:
    """The line with other members; None takes one away."""
    found = {**json.loads(LINE), **members}
    return rfc8785.dumps({name: value for name, value in found.items() if value is not None})


REFUSED = {
    "byte_order_mark": [b"\xef\xbb\xbf" + LINE],
    "carriage_return": [LINE + b"\r"],
    "not_utf8": [LINE.replace("서".encode(), b"\xec\x84"), LINE.replace("서울".encode(), b"\\ud83d")],
    "not_json": [b"", LINE[:-1], LINE + b"}", b"[" * 100_000, LINE + b"\n" + LINE],
    "key_twice": [LINE.replace(b'"n":7', b'"n":7,"n":7'), LINE.replace(b'"n":7', b'"n":7,"\\u006e":7')],
    "no_number": [LINE.replace(b":7", b":NaN"), LINE.replace(b":7", b":-Infinity")],
    "not_whole": [LINE.replace(b":7", number) for number in (b":7.0", b":7e0", b":9007199254740992")],
    "not_canonical": [
        LINE.replace(b":7", b": 7"),
        LINE + b" ",
        LINE.replace(b'"KR"', b'"\\u004bR"'),
        LINE.replace("서울".encode(), b"\\uc11c\\uc6b8"),
        LINE.replace("서울".encode(), b"a\\/b"),
        b'{"shown":"count","n":7,"country":"KR","c":"' + C.encode() + b'"}',
    ],
    "not_nfc": [changed(name="Zoe\u0308"), changed(city="Ko\u0308ln")],
    "control_character": [changed(name=f"a{sign}b") for sign in "\0\t\n\r\x1b\x7f\x85\u2028\u2029"],
    "key_missing": [changed(c=None), changed(n=None), changed(name=None), b"{}"],
    "key_unknown": [changed(email="a@b"), changed(id=ID), changed(shown="count"), changed(shown="count", name=None)],
    "wrong_kind": [b"[]", b"7", b'"a"', b"null", changed(n="7"), changed(n=True), changed(name=7), changed(city=[])],
    "wrong_value": [
        *(changed(n=n) for n in (0, -1)),
        *(changed(country=code) for code in ("kr", "KOR", "", "K\n")),
        *(changed(c=c) for c in ("C" * 64, "c" * 63, "c" * 64 + "\n")),
        *(changed(name=""), changed(city=""), changed(shown="all")),
    ],
}


@pytest.mark.parametrize(
    ("code", "line"), [(code, line) for code, lines in REFUSED.items() for line in lines], ids=lambda one: one[:60]
)
def test_any_other_line_is_refused_in_its_own_words(code: str, line: bytes) -> None:
    with pytest.raises(Fault) as caught:
        canonical.parse_line(line)
    assert caught.value.code == code
    assert str(caught.value).isprintable()
