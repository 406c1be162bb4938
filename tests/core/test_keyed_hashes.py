"""Keyed hashes: the same thing again gives the same, another key or another use gives another."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask

from petition.core import keyed_hashes
from petition.core.keyed_hashes import keyed_hash, mailbox_hash, network_hash, person_hash, signature_hash
from petition.settings import Settings
from tests.conftest import running

FIRST, SECOND = UUID(int=1), UUID(int=2)


def test_one_address_is_known_again_only_under_the_same_key(settings: Settings) -> None:
    def hashes(**changes: str) -> list[bytes]:
        with running(replace(settings, **changes)) as app, app.app_context():
            return [mailbox_hash("a@example.org"), network_hash("192.0.2.1"), person_hash(b"x", "a")]

    assert hashes() == hashes() == hashes(secret_key="another secret key, rotated today")
    assert not set(hashes()) & set(hashes(address_key="another address key, never to be used"))


def test_each_use_has_hashes_of_its_own(inside: Flask) -> None:
    one = b"same input"
    made = [
        keyed_hash("mailbox", one),
        keyed_hash("signature", one),
        keyed_hash("person", one),
        keyed_hash("code", one),
        keyed_hashes.code_hash(one, ""),
        person_hash(one, ""),
    ]
    assert len(set(made)) == len(made)
    assert {len(each) for each in made} == {keyed_hashes.HASH_BYTES}


def test_parts_cannot_be_shifted_into_each_other(inside: Flask) -> None:
    made = {
        keyed_hash("x", b"ab", b"c"),
        keyed_hash("x", b"a", b"bc"),
        keyed_hash("x", b"abc"),
        keyed_hash("x", b"abc", b""),
        keyed_hash("x", b"\x00", b""),
        keyed_hash("x", b"", b"\x00"),
    }
    assert len(made) == 6


def test_one_address_has_different_hashes_on_different_petitions(inside: Flask) -> None:
    mailbox = mailbox_hash("a@example.org")
    assert signature_hash(mailbox, FIRST) == signature_hash(mailbox, FIRST) != signature_hash(mailbox, SECOND)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("garbage", None, True),
        ("garbage", "192.0.2.1", False),
    ],
)
def test_a_network_is_an_ipv4_address_or_an_ipv6_line(
    inside: Flask, one: str | None, other: str | None, same: bool
) -> None:
    assert (network_hash(one) == network_hash(other)) is same
