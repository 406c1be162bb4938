"""The audit log: whatever is done to it behind our back is found; what concerns persons can be erased."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import rfc8785
import sqlalchemy as sa
import time_machine
from flask import Flask

from petition.core import audit, audit_check, retention
from petition.core.audit import AuditDetail, AuditEntry
from petition.core.audit_chain import BEGINNING, entry_hash, personal_hash
from petition.core.audit_check import ChainBroken
from petition.core.clock import now
from petition.core.db import read_again, writing
from petition.core.errors import DomainError
from petition.settings import Settings
from tests.acts import confirm, sign
from tests.conftest import add_petition, running
from tests.databases import raw_engine
from tests.processes import FORKED

ORGANISATION = UUID(int=5)
PROCESSES, ACTS = 4, 15


def record(number: int = 1, **more: Any) -> None:
    with writing() as session:
        audit.record(session, "somebody", "tested", f"thing {number}", organisation_id=ORGANISATION, **more)


@pytest.fixture
def log(inside: Flask) -> Flask:
    """A log of six entries; the third and fifth have personal details."""
    for number in range(1, 7):
        record(number, numbers=[number, 0.5], words="kR‮'\"", personal={"name": "Ana"} if number in (3, 5) else None)
    return inside


def head() -> str:
    return audit.head(read_again()).hash


def tamper(app: Flask, *statements: str) -> None:
    """Does what somebody with the database's own password can do."""
    read_again()  # ends our own reading, for which the database would wait
    with raw_engine(app.config["DATABASE_URL"]) as engine, engine.begin() as connection:
        drop = "DROP TRIGGER {}" + (" ON audit_entry" if engine.dialect.name == "postgresql" else "")
        connection.exec_driver_sql(drop.format("audit_entry_stays"))
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql(drop.format("audit_entry_stays_as_it_is"))
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_an_untouched_log_is_whole(log: Flask) -> None:
    end = audit_check.verify(read_again())
    assert (end.number, end.hash) == (6, head())
    assert audit.head(read_again()) == end


def test_an_empty_log_is_whole(inside: Flask) -> None:
    assert audit_check.verify(read_again()) == audit.Head(0, "0" * 64)
    assert audit_check.verify(read_again(), "0" * 64).number == 0


CHANGES = [
    "actor = 'somebody else'",
    "action = 'rested'",
    "object = 'thing 9'",
    "organisation_id = NULL",
    "details = '{}'",
    "personal_hash = NULL",
    "at = '2020-01-01 00:00:00'",
    "hash = (SELECT hash FROM audit_entry WHERE number = 2)",
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("number", [3, 6])
def test_a_changed_entry_is_found(log: Flask, change: str, number: int) -> None:
    if (number, change) == (6, "personal_hash = NULL"):
        change = "personal_hash = hash"
    tamper(log, f"UPDATE audit_entry SET {change} WHERE number = {number}")
    with pytest.raises(ChainBroken, match=f"entry {number} does not follow"):
        audit_check.verify(read_again())


def without(number: int) -> list[str]:
    return [f"DELETE FROM {table} WHERE number = {number}" for table in ("audit_detail", "audit_entry")]


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_removed_entry_is_found(log: Flask, number: int) -> None:
    tamper(log, *without(number))
    with pytest.raises(ChainBroken, match=f"entry {number} is missing: after entry {number - 1} comes"):
        audit_check.verify(read_again())


def test_a_removed_entry_whose_followers_moved_up_is_found(log: Flask) -> None:
    moved = [f"UPDATE audit_entry SET number = {number - 1} WHERE number = {number}" for number in (5, 6)]
    tamper(log, *without(4), "DELETE FROM audit_detail", *moved, "UPDATE audit_head SET number = 5")
    with pytest.raises(ChainBroken, match="entry 4 does not follow"):
        audit_check.verify(read_again())


def test_removed_last_entries_are_found(log: Flask) -> None:
    tamper(log, *without(5), *without(6))
    with pytest.raises(ChainBroken, match="entry 5 is missing, and all after it: there were 6"):
        audit_check.verify(read_again())


def test_a_log_that_was_emptied_is_found(log: Flask) -> None:
    tamper(log, "DELETE FROM audit_detail", "DELETE FROM audit_entry")
    with pytest.raises(ChainBroken, match="entry 1 is missing"):
        audit_check.verify(read_again())


def test_two_entries_that_changed_places_are_found(log: Flask) -> None:
    swap = ((1, 90), (2, 1), (90, 2))
    tamper(log, *(f"UPDATE audit_entry SET number = {to} WHERE number = {number}" for number, to in swap))
    with pytest.raises(ChainBroken, match="entry 1 does not follow"):
        audit_check.verify(read_again())


COLUMNS = "at, actor, action, object, organisation_id, details, personal_hash, hash"


def test_an_entry_put_in_at_the_end_is_found(log: Flask) -> None:
    tamper(log, f"INSERT INTO audit_entry (number, {COLUMNS}) SELECT 7, {COLUMNS} FROM audit_entry WHERE number = 6")
    with pytest.raises(ChainBroken, match="entry 7 does not follow"):
        audit_check.verify(read_again())


def forged(number: int, previous: bytes) -> AuditEntry:
    """An entry with the right hash, by somebody who has read our code."""
    entry = AuditEntry(number=number, at=now(), actor="nobody", action="forged", object="thing", details={})
    entry.hash = entry_hash(previous, entry.bound)
    return entry


def test_a_well_made_entry_put_in_at_the_end_is_found_by_the_head(log: Flask) -> None:
    last = bytes.fromhex(head())
    with writing() as session:
        session.add(forged(7, last))
    with pytest.raises(ChainBroken, match="entry 7 was put in: the log ends before it"):
        audit_check.verify(read_again())


def test_a_last_entry_that_was_replaced_is_found_by_the_head(log: Flask) -> None:
    tamper(log, *without(6))
    with writing() as session:
        session.add(forged(6, session.get_one(AuditEntry, 5).hash))
    with pytest.raises(ChainBroken, match="entry 6 is not the one that was written last"):
        audit_check.verify(read_again())


def test_a_whole_chain_rewritten_with_its_head_is_found_by_a_noted_head_alone(log: Flask) -> None:
    noted = head()
    record(7)
    assert audit_check.verify(read_again(), noted).number == 7
    assert audit_check.verify(read_again(), f" {noted.upper()}\n").number == 7
    tamper(log, "DELETE FROM audit_detail", "DELETE FROM audit_entry", "DELETE FROM audit_head")
    for number in range(1, 8):
        record(number)
    assert audit_check.verify(read_again()).number == 7
    with pytest.raises(ChainBroken, match="the noted hash is not in the log"):
        audit_check.verify(read_again(), noted)


@pytest.mark.parametrize("noted", ["", "abc", "g" * 64, "0" * 63])
def test_what_is_no_hash_is_said_to_be_none(log: Flask, noted: str) -> None:
    if not noted:
        assert audit_check.verify(read_again(), noted).number == 6
        return
    with pytest.raises(DomainError, match="64 hexadecimal digits"):
        audit_check.verify(read_again(), noted)


def test_erased_details_leave_the_log_whole_and_altered_ones_are_found(log: Flask) -> None:
    with writing() as session:
        assert audit.erase(session, 3)
        assert not audit.erase(session, 3)
        assert not audit.erase(session, 1)
    assert audit_check.verify(read_again()).number == 6
    tamper(log, """UPDATE audit_detail SET personal = '{"name": "Eve"}'""")
    with pytest.raises(ChainBroken, match="the personal details of entry 5 were changed"):
        audit_check.verify(read_again())


def test_details_put_to_an_entry_that_had_none_are_found(log: Flask) -> None:
    with writing() as session:
        session.add(AuditDetail(number=1, salt=bytes(16), network="192.0.2.0/24", personal={}))
    with pytest.raises(ChainBroken, match="the personal details of entry 1 were changed or put in"):
        audit_check.verify(read_again())


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry WHERE number = 6"]
)
def test_the_database_itself_refuses_to_change_or_remove_entries(log: Flask, statement: str) -> None:
    def attempt() -> None:
        with raw_engine(log.config["DATABASE_URL"]) as engine, engine.begin() as connection:
            connection.exec_driver_sql(statement)

    with pytest.raises(sa.exc.DBAPIError, match="audit entries are never"):
        attempt()


def test_personal_details_are_forgotten_after_a_year_and_entries_never(log: Flask) -> None:
    with time_machine.travel(now() + timedelta(days=364)):
        retention.purge()
        assert read_again().scalar(sa.select(sa.func.count()).select_from(AuditDetail)) == 2
    with time_machine.travel(now() + timedelta(days=366)):
        retention.purge()
    assert read_again().scalar(sa.select(sa.func.count()).select_from(AuditDetail)) == 0
    assert audit_check.verify(read_again()).number == 6


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1::/48"), ("::ffff:192.0.2.7", "192.0.2.0/24")],
)
def test_of_an_address_only_the_network_is_kept(app: Flask, address: str, network: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        record()
        entry = read_again().scalars(sa.select(AuditEntry)).one()
        detail = read_again().scalars(sa.select(AuditDetail)).one()
        assert detail.network == network
        assert entry.personal_hash == personal_hash(detail.salt, network, {})


def test_outside_a_request_nobodys_network_is_known(inside: Flask) -> None:
    record()
    assert read_again().scalar(sa.select(sa.func.count()).select_from(AuditDetail)) == 0


def test_the_hash_is_the_one_the_format_describes(inside: Flask) -> None:
    """Written out once more by hand: a program of somebody else's can check a log it was given."""
    record(countries=("KR",))
    entry = read_again().scalars(sa.select(AuditEntry)).one()
    plain = {
        "number": 1,
        "at": entry.at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00"),
        "actor": "somebody",
        "action": "tested",
        "object": "thing 1",
        "organisation_id": "00000000-0000-0000-0000-000000000005",
        "details": {"countries": ["KR"]},
        "personal": None,
    }
    assert entry.hash == hashlib.sha256(b"petition-audit/1\0" + bytes(32) + rfc8785.dumps(plain)).digest()
    assert bytes(32) == BEGINNING


def test_an_act_that_is_undone_leaves_no_entry_and_no_gap(log: Flask) -> None:
    def fail() -> None:
        with writing() as session:
            audit.record(session, "somebody", "tried", "in vain")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 (our own)
        fail()
    record(7)
    assert audit_check.verify(read_again()).number == 7


def act_often(settings: Settings) -> list[str]:
    """In a process of its own: acts, one commit each, and says what went wrong."""
    wrong = []
    with running(settings) as app, app.app_context():
        for number in range(ACTS):
            try:
                record(number)
            except sa.exc.SQLAlchemyError as error:
                wrong.append(repr(error))
    return wrong


def test_entries_of_many_processes_make_one_chain(settings: Settings) -> None:
    with FORKED.Pool(PROCESSES) as pool:
        wrong = pool.map(act_often, [settings] * PROCESSES, chunksize=1)
        pool.close()
        pool.join()
    assert not any(wrong), wrong
    with running(settings) as app, app.app_context():
        assert audit_check.verify(read_again()).number == PROCESSES * ACTS


def test_signing_and_confirming_write_no_entry(app: Flask) -> None:
    add_petition(app)
    confirm(app, sign(app, "ana@example.org", "Ana Test", "KR"))
    with app.app_context():
        assert audit.head(read_again()).number == 0
