from __future__ import annotations

import pytest
from flask import Flask

from petition.petitions.models import Petition
from tests.site_visits import Visits


@pytest.fixture
def visits(app: Flask, petition: Petition) -> Visits:
    return Visits(app)
