"""Mail tests send over SMTP to a real server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.core.db import read_again
from petition.mail.models import OwedMail
from petition.settings import Settings
from tests.smtp_sink import SmtpSink


@pytest.fixture
def settings(settings: Settings, sink: SmtpSink) -> Settings:
    return replace(settings, mail_url=sink.url, limits="off")


@pytest.fixture
def owed(app: Flask) -> Callable[..., list[Any]]:
    """A column of all owed mails, oldest first: `owed("state")`."""

    def column(name: str) -> list[Any]:
        with app.app_context():
            ordered = sa.select(getattr(OwedMail, name)).order_by(OwedMail.created_at, OwedMail.id)
            return list(read_again().scalars(ordered))

    return column
