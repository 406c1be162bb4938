"""The whole service as real processes, and people who use it over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask

from petition.core.clock import now
from petition.core.tokens import form_token
from petition.petitions.models import Petition
from petition.settings import Settings
from tests.conftest import SLUG
from tests.faults.house import House, open_house
from tests.processes import Programs, free_port, request
from tests.smtp_sink import SmtpSink
from tests.throwaway_postgres import ThrowawayPostgres


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, sink: SmtpSink) -> Iterator[House]:
    """An instance on the database that the test's parameter names, `sqlite` or `postgresql`."""
    with ExitStack() as stack:
        server = None
        if request.param == "postgresql":
            server = stack.enter_context(ThrowawayPostgres(durable=True))
        yield stack.enter_context(open_house(tmp_path, sink, server))


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Prints what a test has counted, also at the end of the run."""

    def say(words: str) -> None:
        sys.stdout.write(f"{words}\n")
        record_property("measured", words)

    return say


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings(settings: Settings, sink: SmtpSink, port: int) -> Settings:
    return replace(settings, mail_url=sink.url, limits="off", base_url=f"http://127.0.0.1:{port}")


@pytest.fixture
def programs(settings: Settings, tmp_path: Path) -> Iterator[Programs]:
    started = Programs(settings, tmp_path)
    yield started
    started.close()


@pytest.fixture
def sign_over_http(app: Flask, petition: Petition, port: int) -> Callable[..., int]:
    """Fills in the form of the running service; returns the answer's status (303: acknowledged)."""

    def fill_in(email: str, seconds: float = 30) -> int:
        with app.app_context():
            token = form_token(now(), 1)
        form = {"name": "Ana Test", "country": "KR", "email": email, "form_token": token}
        return request(port, "POST", f"/petitions/{SLUG}/sign", urlencode(form), seconds)[0]

    return fill_in
