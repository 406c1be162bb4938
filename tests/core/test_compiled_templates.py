"""Templates are compiled once an instance; where that cannot be kept, pages are there all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from petition.core import compiled_templates
from petition.settings import Settings
from tests.conftest import running

pytestmark = pytest.mark.only_on("sqlite", "nothing of it is in the database")


@pytest.fixture
def opened(settings: Settings) -> Callable[[Callable[[Flask], Any]], int]:
    """The status of the front page in a program of its own, after something was done to it."""

    def open_(prepare: Callable[[Flask], Any]) -> int:
        with running(settings) as app:
            compiled_templates.init_app(app)
            prepare(app)
            return app.test_client().get("/").status_code

    return open_


def refuse(app: Flask) -> None:
    """Makes the program unable to compile."""

    def compile_(*_arguments: object, **_settings: object) -> None:
        raise AssertionError("compiled")

    app.jinja_env.compile = compile_  # type: ignore[method-assign,assignment]


def test_the_next_program_compiles_nothing(opened) -> None:
    with pytest.raises(AssertionError, match="compiled"):
        opened(refuse)
    assert opened(lambda _app: None) == 200
    assert opened(refuse) == 200


def test_where_nothing_can_be_written_pages_are_there(opened, settings: Settings) -> None:
    (settings.instance / compiled_templates.FOLDER).write_text("a file is in the way")
    assert opened(lambda _app: None) == 200


def test_others_cannot_read_or_change_them(opened, settings: Settings) -> None:
    opened(lambda _app: None)
    folder = settings.instance / compiled_templates.FOLDER
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    assert list(folder.iterdir())
