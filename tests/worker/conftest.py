"""Workers as real processes, mailing to a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from petition.core.addresses import parse_address
from petition.core.db import writing
from petition.petitions import service as petitions
from petition.petitions.models import Petition
from petition.settings import Settings
from petition.signatures import signing
from petition.signatures.signing import Wish
from tests.conftest import SLUG
from tests.processes import Programs
from tests.smtp_sink import SmtpSink


@pytest.fixture
def settings(settings: Settings, sink: SmtpSink) -> Settings:
    return replace(settings, mail_url=sink.url, limits="off")


@pytest.fixture
def programs(settings: Settings, tmp_path: Path) -> Iterator[Programs]:
    started = Programs(settings, tmp_path)
    yield started
    started.close()


@pytest.fixture
def owe(app: Flask, petition: Petition) -> Callable[..., None]:
    """Signs for many addresses in one transaction: `owe("a@mail.test", "b@mail.test")`."""

    def sign_all(*addresses: str) -> None:
        with app.app_context(), writing() as session:
            found, page = petitions.find_public(session, SLUG), signing.Page(1, "en", b"0" * 16)
            new = [signing.sign(found, parse_address(one), Wish("Ana Test", "KR"), page) for one in addresses]
            signing.store(session.connection(), new)

    return sign_all


def people(number: int) -> list[str]:
    """So many addresses."""
    return [f"person{one}@mail.test" for one in range(number)]
