"""The bulk path stores what signing one by one would store, and the counters move with it."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from itertools import pairwise

import pytest
import sqlalchemy as sa

from petition.core.addresses import parse_address
from petition.core.db import db, read_again, writing
from petition.core.keyed_hashes import hash_for_many, keyed_hash
from petition.core.names import same_person_form
from petition.signatures import bulk, recount
from petition.signatures.models import ListName, Origin, Signature, SignatureState, Signer
from petition.signatures.signing import Wish
from tests.conftest import KEYS

AT = datetime(2012, 2, 12, 23, 59, 59, 999000, tzinfo=UTC)


def collected(number: int, **wish) -> bulk.Collected:
    fields = {"name": f"Ana {number}", "country": "KR"} | wish
    address = parse_address(f"ana.{number}@example.org")
    return bulk.Collected(Wish(**fields), address, "ko", AT, AT.replace(hour=1), Origin.PAPER)


def test_a_row_comes_back_with_every_value_it_was_given(inside, petition):
    wish = {
        "name": "김민지",
        "city": "서울",
        "comment": "a\nb",
        "show_name": True,
        "list_name": ListName.FULL,
        "updates": True,
    }
    assert bulk.add(writing, petition, [collected(1, **wish)]) == 1
    row, who = (
        read_again().execute(sa.select(Signature, Signer).join(Signer, Signer.signature_id == Signature.id)).one()
    )
    assert (row.bucket, row.id) == (who.bucket, who.signature_id)
    assert (row.petition_id, row.text_version, row.locale, row.country) == (petition.id, 1, "ko", "KR")
    assert (row.state, row.origin, row.list_name) == (SignatureState.CONFIRMED, Origin.PAPER, ListName.FULL)
    assert (row.created_at, row.confirmed_at) == (AT, AT.replace(hour=1))
    assert (row.place, row.show_name, row.updates, row.domain) == (1, True, True, "example.org")
    assert len(row.receipt_secret) == 32
    assert (who.name, who.city, who.comment, who.address) == ("김민지", "서울", "a\nb", "ana.1@example.org")


def test_the_hashes_are_those_of_signing(inside, petition):
    bulk.add(writing, petition, [collected(1, name="Ana María")])
    mailbox = keyed_hash("mailbox", b"ana.1@example.org")
    expected = keyed_hash("signature", petition.id.bytes, mailbox)
    row = read_again().scalars(sa.select(Signature)).one()
    assert row.address_hash == expected
    assert row.bucket == expected[0] % 64
    assert row.person_hash == keyed_hash("person", expected, same_person_form("Ana María").encode())


def test_hashing_many_is_hmac_sha256_under_the_address_key(inside):
    message = b"mailbox\x00" + (3).to_bytes(4, "big") + b"a@b" + b"\x00" + (1).to_bytes(4, "big") + b"c"
    expected = hmac.digest(KEYS["PETITION_ADDRESS_KEY"].encode(), message, hashlib.sha256)[:16]
    many = hash_for_many()
    assert [many("mailbox", b"a@b", b"c") for _ in range(2)] == [expected, expected]
    assert keyed_hash("mailbox", b"a@b", b"c") == expected


def test_an_address_is_kept_only_for_those_who_want_news(inside, petition):
    bulk.add(writing, petition, [collected(1, updates=False), collected(2, updates=True)])
    assert list(read_again().scalars(sa.select(Signer.address))).count("ana.2@example.org") == 1
    assert list(read_again().scalars(sa.select(Signer.address))).count(None) == 1


def test_batches_keep_the_counters_exact_and_report_what_is_safe(inside, petition, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 7)
    safe = []
    stored = bulk.add(
        writing, petition, (collected(n, country=("KR", "US")[n % 2]) for n in range(30)), progress=safe.append
    )
    assert (stored, safe) == (30, [7, 7, 7, 7, 2])
    lines = recount.compare(read_again(), petition.id)
    assert [(line.country, line.rows, line.tally, line.hours) for line in lines] == [
        ("KR", 15, 15, 15),
        ("US", 15, 15, 15),
    ]


def test_a_batch_with_an_address_twice_is_refused_whole(inside, petition):
    with pytest.raises(sa.exc.IntegrityError) as refused:
        bulk.add(writing, petition, [collected(1), collected(2), collected(1)])
    assert "ana" not in str(refused.value)
    assert read_again().scalar(sa.select(sa.func.count()).select_from(Signature)) == 0
    assert recount.compare(db.session(), petition.id) == []


def test_ids_do_not_tell_the_order_of_signing(inside, petition):
    bulk.add(writing, petition, [collected(n, name=f"{n:03}") for n in range(200)])
    by_id = read_again().scalars(sa.select(Signer.name).order_by(Signer.signature_id))
    names = list(by_id)
    assert names != sorted(names)
    assert sum(a < b for a, b in pairwise(names)) < 150
