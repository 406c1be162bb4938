"""Migrations: they make what the models say, both ways, with data in every table; and nothing runs without them."""

from __future__ import annotations

import functools
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from petition import migrating
from petition.core import audit, audit_check
from petition.core.bitmaps import Numbers
from petition.core.clock import now
from petition.core.db import Base, Id, Instant, Small, db, read_again, writing
from petition.core.migrations import current_and_newest, problem
from petition.organisations.models import Organisation
from petition.petitions.models import Petition
from petition.settings import Settings
from tests import commands
from tests.conftest import make_settings, running
from tests.databases import Databases, raw_engine

MISSIONS = 20  # the directory is there from the start
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def empty(tmp_path: Path, databases: Databases) -> Settings:
    """An instance whose database has no tables yet."""
    return make_settings(tmp_path / "empty", databases.empty(tmp_path / "empty"))


@pytest.fixture
def app(empty: Settings) -> Iterator[Flask]:
    with running(empty) as made, made.app_context():
        yield made


@pytest.fixture
def run(empty: Settings) -> Run:
    """Runs `petition …` on the empty instance."""
    return functools.partial(run_on, empty)


def run_on(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return commands.run(commands.environment(settings.instance, settings.database_url), *arguments)


POSTGRESQL_DEFINITIONS = """
SELECT conrelid::regclass::text || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT table_name || '.' || column_name,
    concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default, identity_generation)
FROM information_schema.columns WHERE table_schema = 'public'
"""


def definitions(connection: sa.Connection) -> dict[str, list[str]]:
    """Every table and index as the database keeps it: the lines of its definition, in a fixed order."""
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(POSTGRESQL_DEFINITIONS)
        return {name: [definition] for name, definition in found if not name.startswith("alembic")}
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'"
    )
    return {name: sorted(" ".join(line.split()).rstrip(",") for line in _parts(sql)) for name, sql in rows}


def _parts(sql: str) -> list[str]:
    # A column that was added later stands behind the last one, on its line.
    return re.split(r",\s*\n|, (?=[a-z_]+ [A-Z])|\(\s*\n|\n\)", re.sub(r'"(\w+)"', r"\1", sql))


def test_the_models_equal_the_migrated_tables(app: Flask, databases: Databases, tmp_path: Path) -> None:
    migrating.upgrade()
    made = sa.create_engine(databases.empty(tmp_path / "made"))
    Base.metadata.create_all(made)
    with db.engine.connect() as migrated, made.connect() as modelled:
        wanted = definitions(modelled)
        assert len(wanted) > len(Base.metadata.tables) > 15
        assert definitions(migrated) == wanted
    made.dispose()


def value_for(column: sa.Column[Any]) -> Any:
    """A value that fits the column; the same for the same type, so that references hold."""
    kind = column.type
    if isinstance(kind, Id):
        return UUID(int=7)
    if isinstance(kind, Instant):
        return datetime(2026, 1, 1, tzinfo=UTC)
    if isinstance(kind, sa.Date):
        return date(2026, 1, 1)
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.Enum):
        return kind.enums[0]
    if isinstance(kind, sa.LargeBinary):
        return b"\x07" * (kind.length or 16)
    if isinstance(kind, Numbers):
        return {1, 300}
    if isinstance(kind, sa.JSON):
        return {"a": 1}
    if isinstance(kind, sa.String):
        return "kR‮𝟘'\"%;--"[: kind.length]
    if isinstance(kind, Small):
        return next(iter(kind.members))
    return 1


def fill_every_table() -> None:
    """A row in every table, every column of it filled, nasty texts among them."""
    with writing() as session:
        for table in Base.metadata.sorted_tables:
            row = {column.name: value_for(column) for column in table.columns}
            if table.name == "signature":
                row["state"] = 1  # what is confirmed has all its columns
            session.execute(sa.insert(table).values(row))


def rows() -> dict[str, int]:
    with db.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        count = {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() for name in names}
    return {name: int(number or 0) for name, number in count.items()}


def test_up_down_and_up_again_with_data_in_every_table(app: Flask) -> None:
    migrating.upgrade()
    with db.engine.connect() as connection:
        first = definitions(connection)
    shipped = rows()
    assert set(shipped.values()) == {0, 1, MISSIONS}
    fill_every_table()
    filled = dict.fromkeys([*Base.metadata.tables, "alembic_version"], 1) | {"mission": MISSIONS + 1}
    assert rows() == filled
    migrating.upgrade()
    assert rows() == filled, "nothing to do leaves everything as it was"
    migrating.downgrade(revision="base")
    assert rows() == {"alembic_version": 0}
    assert current_and_newest()[0] is None
    migrating.upgrade()
    with db.engine.connect() as connection:
        assert definitions(connection) == first
    assert rows() == shipped
    fill_every_table()


def test_the_audit_log_of_a_former_version_becomes_a_chain_and_plain_again(app: Flask) -> None:
    migrating.upgrade(revision="0003")
    at, details = sa.bindparam("at", type_=Instant()), sa.bindparam("details", type_=sa.JSON())
    plain = sa.text("INSERT INTO audit_entry VALUES (:id, :at, 'command line', :action, 'river', :details)")
    plain = plain.bindparams(sa.bindparam("id", type_=Id()), at, details)
    for number, action in ((3, "third"), (1, "first"), (2, "second")):
        day = datetime(2026, 1, number, 1, 2, 3, 450, tzinfo=UTC)
        with writing() as session:
            said = {"at": day, "action": action, "details": {"a": [0.5, "ü"]}}
            session.execute(plain, {"id": UUID(int=number), **said})
    migrating.upgrade()
    assert audit_check.verify(read_again()).number == 3
    with writing() as session:
        audit.record(session, "command line", "fourth", "river")
    assert audit_check.verify(read_again()).number == 4
    db.session.rollback()  # who reads holds up whoever changes a table
    migrating.downgrade(revision="0003")
    actions = read_again().execute(sa.text("SELECT action FROM audit_entry ORDER BY at")).scalars().all()
    assert actions == ["first", "second", "third", "fourth"]
    db.session.rollback()
    migrating.upgrade()
    assert audit_check.verify(read_again()).number == 4


def test_petitions_that_have_ended_get_their_end_when_nobody_wrote_it_down(app: Flask) -> None:
    migrating.upgrade(revision="0009")
    closing = datetime(2026, 1, 1, tzinfo=UTC)
    before = now()
    with writing() as session:
        session.execute(sa.insert(Organisation).values(id=UUID(int=1), slug="a", name="A"))
        ids = [sa.bindparam(name, type_=Id()) for name in ("id", "whose")]
        times = [sa.bindparam(name, type_=Instant()) for name in ("made", "closing")]
        plain = sa.text(
            "INSERT INTO petition (id, slug, organisation_id, state, addressee, locale, created_at, closes_at)"
            " VALUES (:id, :slug, :whose, :state, 'A', 'en', :made, :closing)"
        ).bindparams(*ids, *times)
        for number, (state, closes_at) in enumerate((("closed", closing), ("archived", None), ("open", closing))):
            row = {"id": UUID(int=number), "whose": UUID(int=1), "slug": state, "state": state}
            session.execute(plain, row | {"made": closing, "closing": closes_at})
    migrating.upgrade()
    ended = dict(read_again().execute(sa.select(Petition.slug, Petition.ended_at)).all())
    assert ended["closed"] == closing
    assert before <= ended["archived"] <= now()
    assert ended["open"] is None


def test_a_migration_that_fails_leaves_the_database_as_it_was(app: Flask) -> None:
    migrating.upgrade()
    with writing() as session:
        kind = "uuid" if db.engine.dialect.name == "postgresql" else "BLOB"
        session.execute(sa.text(f"CREATE TABLE depends (id {kind} REFERENCES organisation(id))"))
        session.execute(sa.insert(Organisation).values(slug="a", name="A"))
        session.execute(sa.text("INSERT INTO depends SELECT id FROM organisation"))
    before = rows()
    with pytest.raises(sa.exc.DBAPIError):
        migrating.downgrade(revision="base")
    db.session.remove()
    assert rows() == before
    current, newest = current_and_newest()
    assert current == newest


def test_the_commands_say_what_they_did(run: Run) -> None:
    newest = json.loads(run("db", "current", "--json").stdout)["newest"]
    for arguments, code, words in (
        (("current",), 0, f"none (newest: {newest})"),
        (("check",), 1, f"petition: the database is at revision none, not at {newest}: run `petition db upgrade`"),
        (("downgrade",), 1, "petition: Relative revision -1 "),
        (("upgrade", "nonsense"), 1, "petition: Can't locate revision"),
        (("upgrade",), 0, f"at revision {newest}"),
        (("check",), 0, "models and tables agree"),
        (("current",), 0, f"{newest} (newest: {newest})"),
        (("downgrade", "base"), 0, "at revision none"),
        (("check",), 1, "petition: the database is at revision none"),
    ):
        answer = run("db", *arguments)
        assert answer.returncode == code, arguments
        (line,) = (answer.stdout + answer.stderr).splitlines()
        assert line.startswith(words)


def change(settings: Settings, sql: str) -> None:
    with raw_engine(settings.database_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(sql)


@pytest.mark.parametrize(
    "drift",
    [
        "ALTER TABLE organisation ADD COLUMN colour VARCHAR(9)",
        "ALTER TABLE organisation DROP COLUMN name",
        "DROP INDEX ix_signature_pending",
        "CREATE TABLE forgotten (id INTEGER)",
    ],
)
def test_check_finds_tables_that_are_not_the_models(settings: Settings, drift: str) -> None:
    change(settings, drift)
    answer = run_on(settings, "db", "check")
    assert answer.returncode == 1
    assert answer.stderr.startswith("petition: models and tables differ")
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [["serve", "--port", "8218"], ["worker", "--once"], ["purge"]])
def test_nothing_works_on_a_database_that_is_not_migrated(run: Run, command: list[str]) -> None:
    answer = run(*command)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert re.fullmatch(r"petition: the database is at revision none, .*: run `petition db upgrade`\n", answer.stderr)


@pytest.mark.only_on("sqlite", "a file may be no database")
@pytest.mark.parametrize("command", ["current", "upgrade", "downgrade", "check"])
def test_a_file_that_is_no_database_is_refused_in_one_line(empty: Settings, run: Run, command: str) -> None:
    (empty.instance / "petition.db").write_bytes(b"no database at all " * 200)
    answer = run("db", command)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == "petition: the database cannot be reached (DatabaseError)\n"


def test_the_site_says_that_it_is_up_and_why_it_is_not_ready(app: Flask) -> None:
    client = app.test_client()
    assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, {"status": "ok"})
    newest = current_and_newest()[1]
    answer = client.get("/readyz")
    reason = f"the database is at revision none, not at {newest}: run `petition db upgrade`"
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "reason": reason})
    migrating.upgrade()
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (200, {"status": "ready"})
    with writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = 'of the future'"))
    assert problem() == f"the database is at revision of the future, not at {newest}: run `petition db upgrade`"
    assert client.get("/readyz").status_code == 503


def test_a_database_that_cannot_be_reached_is_not_ready(tmp_path: Path) -> None:
    nowhere = make_settings(tmp_path / "here", f"sqlite:///{tmp_path}/nowhere/petition.db")
    with running(nowhere) as app:
        answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["reason"] == "the database cannot be reached (OperationalError)"
    assert app.test_client().get("/healthz").status_code == 200
