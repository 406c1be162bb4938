"""Changes to several tables in one statement, where the database takes that."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from petition.core.db import db, read_again, writing
from petition.core.many_rows import ForEach, ManyRows
from petition.core.switches import SiteSwitch
from petition.core.together import change, together
from petition.petitions.models import Petition
from petition.tallies.models import Tally

SWITCHES, TALLY = SiteSwitch.__table__, Tally.__table__
RENAME = ForEach(
    lambda given: sa.update(SWITCHES).where(SWITCHES.c.name == given.c.name).values(value=given.c.value),
    name=sa.String,
    value=sa.String,
)
FIND = ForEach(
    lambda given: sa.select(SWITCHES.c.name, SWITCHES.c.value).join_from(
        given, SWITCHES, SWITCHES.c.name == given.c.name
    ),
    name=sa.String,
)


def switches(rows: list[tuple[str, str]]) -> ManyRows:
    return ManyRows(db.engine.dialect, SWITCHES, ("name", "value"), rows)


def counts(petition: Petition, rows: list[tuple[str, int]], **how: object) -> ManyRows:
    return ManyRows(db.engine.dialect, TALLY, ("country", "signatures"), rows, slot=1, petition_id=petition.id, **how)


def stored() -> list[tuple[object, ...]]:
    session = read_again()
    found = [tuple(row) for row in session.execute(sa.select(SWITCHES.c.name, SWITCHES.c.value))]
    return sorted(found + [tuple(row) for row in session.execute(sa.select(TALLY.c.country, TALLY.c.signatures))])


def test_changes_of_several_tables_are_all_made(inside: Flask, petition: Petition) -> None:
    with writing() as session:
        switches([("a 100 %", "old"), ("b", "old")]).insert(session.connection())
        with together(session.connection()):
            RENAME.changed(session.connection(), [("a 100 %", "it's %s"), ("b", "x")])
            counts(petition, [("KR", 1), ("MX", 2)]).insert(session.connection())
            counts(petition, []).insert(session.connection())
        counts(petition, [("KR", 5)], adding="signatures").insert(session.connection())
    assert stored() == [("KR", 6), ("MX", 2), ("a 100 %", "it's %s"), ("b", "x")]


def test_one_change_that_fails_undoes_all_and_leaves_nothing_behind(inside: Flask, petition: Petition) -> None:
    with writing() as session:
        switches([("a", "old")]).insert(session.connection())

    def fail() -> None:
        with writing() as session, together(session.connection()):
            counts(petition, [("KR", 1)]).insert(session.connection())
            switches([("a", "again")]).insert(session.connection())

    with pytest.raises(IntegrityError):
        fail()
    with writing() as session:
        counts(petition, [("MX", 2)]).insert(session.connection())
    assert stored() == [("MX", 2), ("a", "old")]


def test_what_was_not_sent_because_of_an_error_is_never_sent(inside: Flask, petition: Petition) -> None:
    def fail() -> None:
        with writing() as session, together(session.connection()):
            counts(petition, [("KR", 1)]).insert(session.connection())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with writing() as session:
        counts(petition, [("MX", 2)]).insert(session.connection())
    assert stored() == [("MX", 2)]


SAY = """
CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE NOTICE '%%', TG_TABLE_NAME; RETURN NEW; END $$
"""
TABLES = ("site_switch", "tally", "third", "fourth")


@pytest.mark.only_on("postgresql", "elsewhere they are sent one by one")
def test_rows_are_locked_in_the_order_in_which_the_changes_were_made(inside: Flask, petition: Petition) -> None:
    said: list[str] = []
    with writing() as session:
        connection = session.connection()
        raw = connection.connection.driver_connection
        raw.add_notice_handler(lambda notice: said.append(notice.message_primary))
        connection.exec_driver_sql(SAY)
        for table in TABLES:
            connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {table} (number int)")
            connection.exec_driver_sql(
                f"CREATE TRIGGER say BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION say()"
            )
        with together(connection):
            switches([("a", "on")]).insert(connection)
            counts(petition, [("KR", 1)]).insert(connection)
            for table in TABLES[2:]:
                change(connection, f"INSERT INTO {table} VALUES (%(number)s)", {"number": 1})
        session.rollback()
    assert [one for one in said if one in TABLES] == [*TABLES]


@pytest.mark.parametrize("number", [0, 1, 3, 8, 9])
def test_rows_are_found_for_any_number_of_given_ones(inside: Flask, number: int) -> None:
    with writing() as session:
        switches([(str(one), "on") for one in range(9)]).insert(session.connection())
    found = FIND.rows(read_again().connection(), [(str(one),) for one in range(number)])
    assert sorted((row.name, row.value) for row in found) == [(str(one), "on") for one in range(number)]
