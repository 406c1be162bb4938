"""A mission, people who have signed, and packages of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from petition.petitions.models import Petition
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


@pytest.fixture
def build(app: Flask, everybody: None) -> Callable[..., Built]:
    """Asks for a package and lets the worker build it: `build(countries=["KR"])`."""
    return lambda **how: built(app, asked(app, **how))
