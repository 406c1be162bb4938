"""A mission, people who have signed, and packages of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from petition.petitions.models import Petition
from tests.conftest import add_petition, make_settings, running
from tests.databases import Databases
from tests.deliveries.packages.making import MISSION, PEOPLE, Built, add_mission, add_people, asked, built


@pytest.fixture
def mission(app: Flask) -> str:
    """The id of the embassy in London."""
    add_mission(app)
    return MISSION


@pytest.fixture
def everybody(petition: Petition, app: Flask, mission: str) -> None:
    """PEOPLE have signed, and there is a mission."""
    add_people(app, PEOPLE)


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application for all tests of a module that do not change it: PEOPLE have signed, and there is a mission."""
    instance = tmp_path_factory.mktemp("packages")
    url = databases.migrated(instance)
    with running(make_settings(instance, url)) as app:
        add_petition(app)
        add_mission(app)
        add_people(app, PEOPLE)
        yield app
    databases.drop(url)


@pytest.fixture(scope="module")
def made(house: Flask) -> Built:
    """A package of everybody."""
    return built(house, asked(house))
