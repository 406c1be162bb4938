"""What commands share: the application, one-line refusals, JSON."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, ParamSpec, TypeVar

import click
from flask import Flask
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from petition.cli.json_output import json_option, print_json
from petition.core.db import db
from petition.core.errors import DomainError
from petition.core.garbage import loading
from petition.core.logs import start_logging
from petition.core.migrations import problem
from petition.foundation import create_foundation

__all__ = ["json_option", "make_app", "print_json", "refuse", "with_any_database", "with_app", "with_figures_only"]

P = ParamSpec("P")
R = TypeVar("R")


def refuse(words: str) -> NoReturn:
    """Ends the command with one line on standard error and exit status 1."""
    click.echo(f"petition: {words}", err=True)
    sys.exit(1)


def make_app(migrated: bool = True, pages: bool = True) -> Flask:
    """The application, or one line that says why there is none."""
    start_logging()
    try:
        with loading():
            app = _with_pages() if pages else create_foundation()
    except DomainError as error:
        refuse(error.message)
    if migrated:
        with app.app_context():
            if reason := problem():
                db.engine.dispose()
                refuse(reason)
    return app


def _with_pages() -> Flask:
    from petition.app import create_app  # half of the time that a short command takes

    return create_app()


def with_app(function: Callable[P, R], migrated: bool = True, pages: bool = True) -> Callable[P, R]:
    """Runs a command inside the application; a refusal becomes one line and exit status 1."""

    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> R:
        with make_app(migrated, pages).app_context():
            try:
                return function(*args, **kwargs)
            except DomainError as error:
                refuse(error.message or error.code)
            except OperationalError as error:
                refuse(f"the database refused: {error.orig}")  # locked, full, gone: never anybody's data
            except SQLAlchemyError as error:
                refuse(f"the database refused: {type(error).__name__}")
            finally:
                with suppress(SQLAlchemyError):  # of a connection that broke: the command ends by its own reason
                    db.session.remove()
                db.engine.dispose()

    return command


def with_any_database(function: Callable[P, R]) -> Callable[P, R]:
    """As `with_app`, for commands that work on a database of any revision."""
    return with_app(function, migrated=False)


def with_figures_only(function: Callable[P, R]) -> Callable[P, R]:
    """As `with_app`, for commands that need no page, mail or rule of any feature: they start twice as fast."""
    return with_app(function, pages=False)
