"""Each test starts with nothing of the one before it: no row, file or setting, though they share what is compiled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.db import db
from petition.petitions.models import Petition
from petition.settings import Settings
from tests.conftest import SLUG, add_petition, running
from tests.databases import Databases, raw_engine

LEFT = "left-behind"


def rows(app: Flask) -> dict[str, int]:
    """How many rows each table has."""
    with raw_engine(app.config["DATABASE_URL"]) as engine, engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        return {one: connection.scalar(sa.text(f'SELECT count(*) FROM "{one}"')) or 0 for one in tables}


@pytest.fixture(scope="module")
def seen() -> dict[str, dict[str, int]]:
    """The rows that each test of this module has found at its beginning."""
    return {}


@pytest.mark.parametrize("turn", ["first", "second", "third"])
def test_what_a_test_leaves_behind_is_gone_for_the_next(
    app: Flask, settings: Settings, turn: str, seen: dict[str, dict[str, int]], database_kind: str
) -> None:
    """A row, a table, a file, a setting, a page: left by each turn, found by none."""
    found = rows(app)
    assert found["petition"] == 0
    assert seen.setdefault(database_kind, found) == found
    assert app.config["LIMITS"] == "on"
    assert "left.behind" not in app.view_functions
    assert not list(Path(app.config["INSTANCE"]).rglob(LEFT))
    assert app.test_client().get(f"/petitions/{SLUG}").status_code == 404

    add_petition(app)
    assert app.test_client().get(f"/petitions/{SLUG}").status_code == 200
    with raw_engine(settings.database_url) as engine, engine.begin() as connection:
        connection.execute(sa.text(f'CREATE TABLE "{LEFT}" (id integer)'))
        connection.execute(sa.text(f'INSERT INTO "{LEFT}" VALUES (1)'))
    app.config["LIMITS"] = "off"
    app.view_functions["left.behind"] = lambda: "left behind"
    (Path(app.config["INSTANCE"]) / LEFT).write_text("left behind")


def test_two_applications_at_once_have_each_their_own_rows(
    app: Flask, petition: Petition, databases: Databases, settings: Settings, tmp_path: Path
) -> None:
    """They share compiled SQL, which is sent on the connection of whoever asks."""
    url = databases.migrated(tmp_path / "other")
    (tmp_path / "other").mkdir(exist_ok=True)
    with running(replace(settings, instance=tmp_path / "other", database_url=url)) as other:
        assert rows(other)["petition"] == 0
        assert other.test_client().get(f"/petitions/{petition.slug}").status_code == 404
        with app.app_context():
            assert db.session.scalar(sa.select(sa.func.count()).select_from(Petition)) == 1
            db.session.rollback()
        with other.app_context():
            assert db.session.scalar(sa.select(sa.func.count()).select_from(Petition)) == 0
            db.session.rollback()
    databases.drop(url)
