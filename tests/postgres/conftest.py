"""A PostgreSQL server that a test may stop, with an instance on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from petition.settings import Settings
from tests.conftest import make_settings, running
from tests.databases import migrate
from tests.throwaway_postgres import ThrowawayPostgres


@pytest.fixture(scope="module")
def server() -> Iterator[ThrowawayPostgres]:
    with ThrowawayPostgres() as made:
        yield made


@pytest.fixture(scope="module")
def database(server: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a migrated database on that server."""
    url = server.create("petitions")
    with running(make_settings(tmp_path_factory.mktemp("migrated"), url)) as app:
        migrate(app)
    return url


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return make_settings(tmp_path / "instance", database)
